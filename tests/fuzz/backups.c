/*
 * Target functions: backup_restore and what it uses of the store: store_parse,
 * slots_read, objects_compare.
 *
 * Whoever restores a backup may have made it, for he has its key: the input is
 * a list of edits to the records of a true one, which is sealed and chained
 * again.  What is restored is a store whose name may be and whose manifests
 * hold; what is refused leaves the database as it was.  The first byte: 0 is a raw stream;
 * bit 1, stores are replaced.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/log.h"
#include "common/text.h"
#include "common/vendor.h"
#include "module/crypto/libctx.h"
#include "module/store/backup.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/stream.h"

static struct stream base;
static struct database *db;

static struct database *
database_make(const char *name)
{
	char dir[4200];
	struct database_config config = { .dir = dir, .owner = geteuid(),
		.argon2_memory = 64, .argon2_passes = 1, .argon2_lanes = 1,
		.pin_tries = 3, .so_recovery = true };
	struct database *made = NULL;

	snprintf(dir, sizeof(dir), "%s/%s", fuzz_folder(), name);
	FUZZ_HOLDS(database_open(&config, &made) == CKR_OK);
	return made;
}

static uint64_t
store_make(struct database *in, const char *name, const char *pin)
{
	struct store_new how = { .name = name, .owner = geteuid() };
	uint64_t id = 0;

	if (pin != NULL)
		how.so_pin = (struct span){ pin, strlen(pin) };
	FUZZ_HOLDS(store_create(in, &how, &id) == CKR_OK);
	return id;
}

static void
object_make(struct database *in, uint64_t store, const char *label)
{
	struct change c = { .kind = CHANGE_CREATE, .store = store,
		.record = { .class = CKO_DATA } };

	c.record.plain = (struct span){ label, strlen(label) };
	c.record.index[INDEX_LABEL] = c.record.plain;
	c.record.index[INDEX_FOLDED_LABEL] = c.record.plain;
	FUZZ_HOLDS(database_apply(in, &c, 1) == CKR_OK);
}

/* Two stores with objects, the second with PINs, as one backup. */
static void
base_make(void)
{
	struct database *from = database_make("from");
	uint64_t ids[2];
	uint8_t bytes[16384];
	int fd = memfd_create("backup", MFD_CLOEXEC);
	ssize_t n;

	ids[0] = store_make(from, "alpha", NULL);
	ids[1] = store_make(from, "token", "so-pin");
	for (int i = 0; i < 4; i++)
		object_make(from, ids[i / 2], i % 2 == 0 ? "one" : "two");
	FUZZ_HOLDS(backup_write(from, ids, 2, stream_key, fd) == CKR_OK);
	n = pread(fd, bytes, sizeof(bytes), 0);
	FUZZ_HOLDS(n > 0 && (size_t)n < sizeof(bytes));
	close(fd);
	database_close(from);
	stream_open((struct span){ bytes, (size_t)n }, &base);
}

/* Edits: u8 what, u8 record, u16 offset, u8 value; those of a record that is
 * not there are passed over. */

static void
payload_cut(struct piece *p, size_t len)
{
	if (len < p->payload.len)
		p->payload.len = len;
}

static void
piece_remove(struct stream *s, size_t i)
{
	buf_wipe(&s->pieces[i].payload);
	memmove(&s->pieces[i], &s->pieces[i + 1],
	    (s->count - i - 1) * sizeof(s->pieces[0]));
	s->count--;
}

static void
piece_double(struct stream *s, size_t i)
{
	struct piece *to = &s->pieces[s->count];

	if (s->count == STREAM_RECORDS)
		return;
	*to = (struct piece){ s->pieces[i].type, BUF_INIT };
	buf_bytes(&to->payload, s->pieces[i].payload.data,
	    s->pieces[i].payload.len);
	s->count++;
}

static void
edit(struct stream *s, const uint8_t e[5])
{
	size_t i = e[1], at = e[2] | (size_t)e[3] << 8;
	struct piece *p;

	if (i >= s->count)
		return;
	p = &s->pieces[i];
	if (e[0] == 'x' && at < p->payload.len)
		p->payload.data[at] ^= e[4];
	else if (e[0] == '=' && at < p->payload.len)
		p->payload.data[at] = e[4];
	else if (e[0] == 'c')
		payload_cut(p, at);
	else if (e[0] == '+')
		buf_bytes(&p->payload, &e[4], 1);
	else if (e[0] == 't')
		p->type = e[4];
	else if (e[0] == '-')
		piece_remove(s, i);
	else if (e[0] == 'd')
		piece_double(s, i);
}

/* What must be true of every database. */

/* Objects stay sealed as they are: who has the key may have sealed anything,
 * and finds it in his own store. */
static void
line_found(void *arg, const char *line)
{
	(void)arg;
	if (strstr(line, ": object ") == NULL)
		fuzz_die(__FILE__, __LINE__, line);
}

static void
store_drop(struct store *store)
{
	FUZZ_HOLDS(text_is_store_name(store->name, strlen(store->name)));
	FUZZ_HOLDS(store_delete(db, store->id) == CKR_OK);
	store_put(store);
}

/* Says how many stores there are, and has them deleted if told. */
static size_t
stores_count(bool drop)
{
	struct store **stores = NULL;
	size_t n = 0;

	FUZZ_HOLDS(store_list(db, &stores, &n) == CKR_OK);
	for (size_t i = 0; i < n; i++)
		if (drop)
			store_drop(stores[i]);
		else
			store_put(stores[i]);
	free(stores);
	return n;
}

static CK_RV
may(void *arg, uint32_t owner, const struct store *there)
{
	(void)arg;
	(void)owner;
	(void)there;
	return CKR_OK;
}

static void
restore(struct span bytes, bool replace)
{
	struct restore_how how = { .replace = replace, .may = may };
	int fd = memfd_create("backup", MFD_CLOEXEC);
	size_t before;
	CK_RV rv;

	FUZZ_HOLDS(write(fd, bytes.data, bytes.len) == (ssize_t)bytes.len);
	if ((before = stores_count(false)) == 0) {
		object_make(db, store_make(db, "Alpha", NULL), "here");
		before = 1;
	}
	rv = backup_restore(db, stream_key, fd, &how);
	close(fd);
	if (rv != CKR_OK) {
		FUZZ_HOLDS(rv == CKR_DATA_INVALID || rv == CKR_VECS_EXISTS);
		FUZZ_HOLDS(stores_count(false) == before);
		return;
	}
	FUZZ_HOLDS(database_check(db, 0, line_found, NULL) == CKR_OK);
	stores_count(true);
}

static void
set_up(void)
{
	log_target("none");
	FUZZ_HOLDS(libctx_open() == CKR_OK);
	if (db != NULL)
		return;
	base_make();
	db = database_make("to");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(stream_wipe) struct stream s = { .count = 0 };
	_cleanup_(buf_wipe) struct buf bytes = BUF_INIT;

	set_up();
	if (size == 0)
		return 0;
	if (data[0] == 0) {
		restore((struct span){ data + 1, size - 1 }, false);
		return 0;
	}
	stream_copy(&base, &s);
	for (size_t at = 1; at + 5 <= size; at += 5)
		edit(&s, data + at);
	stream_close(&s, &bytes);
	restore((struct span){ bytes.data, bytes.len }, (data[0] & 2) != 0);
	return 0;
}
