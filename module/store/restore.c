/*
 * Reading a backup: first all of it, for its MAC; then again, into a
 * transaction.  What stays sealed under the numbers of its old home keeps them
 * (struct store_full: home, shift).
 */
#include "module/store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/text.h"
#include "common/vendor.h"
#include "module/crypto/kdf.h"
#include "module/store/database.h"
#include "module/store/slots.h"

#define RECORD_MAX (64UL * 1024 * 1024)

struct input {
	FILE *file;
	struct span key;
	uint8_t chain_key[SEAL_KEY], chain[BACKUP_CHAIN];
	uint64_t records; /* before the current one */
	enum backup_record type;
	struct secret payload; /* of the current one */
};

static CK_RV
invalid(const char *why)
{
	return fail_quiet(CKR_DATA_INVALID, "the backup %s", why);
}

static CK_RV
bytes_read(struct input *in, void *out, size_t len)
{
	return fread(out, 1, len, in->file) == len ? CKR_OK
	                                           : invalid("is cut off");
}

static CK_RV
chain_on(struct input *in, struct span head)
{
	struct span parts[] = { { in->chain, BACKUP_CHAIN }, head,
		{ in->payload.data, in->payload.len } };
	uint8_t next[KDF_LEN];

	TRY(hmac_sha256(KEY_SPAN(in->chain_key), parts, 3, next));
	memcpy(in->chain, next, BACKUP_CHAIN);
	return CKR_OK;
}

static CK_RV
record_next(struct input *in)
{
	uint8_t head[5];
	struct reader r = { head, sizeof(head), false };
	uint32_t len;

	TRY(bytes_read(in, head, sizeof(head)));
	in->type = (enum backup_record)reader_u8(&r);
	len = reader_u32(&r);
	if (in->type < BACKUP_STORE || in->type > BACKUP_END ||
	    len > RECORD_MAX)
		return invalid("is damaged");
	secret_wipe(&in->payload);
	TRY(secret_new(len, &in->payload));
	TRY(bytes_read(in, in->payload.data, len));
	return chain_on(in, (struct span){ head, sizeof(head) });
}

static CK_RV
input_begin(struct input *in)
{
	char magic[8];

	rewind(in->file);
	memset(in->chain, 0, sizeof(in->chain));
	in->records = 0;
	TRY(bytes_read(in, magic, sizeof(magic)));
	return memcmp(magic, BACKUP_MAGIC, 8) == 0 ? CKR_OK
	                                           : invalid("is none");
}

/* The end's MAC, and nothing behind it. */
static CK_RV
end_check(struct input *in)
{
	struct reader r = { in->payload.data, in->payload.len, false };
	uint8_t chain[BACKUP_CHAIN];
	uint64_t count = reader_u64(&r);

	TRY(bytes_read(in, chain, sizeof(chain)));
	if (!reader_done(&r) || count != in->records ||
	    !secret_equal(chain, in->chain, BACKUP_CHAIN) ||
	    fgetc(in->file) != EOF)
		return invalid("is damaged, or under another key");
	return CKR_OK;
}

static CK_RV
input_verify(struct input *in)
{
	TRY(input_begin(in));
	for (;; in->records++) {
		TRY(record_next(in));
		if (in->type == BACKUP_END)
			return end_check(in);
	}
}

/* What a row makes impossible is the backup's fault, unless the database itself
 * has failed. */
static CK_RV
because(const struct db *conn, CK_RV rv)
{
	int code = sqlite3_errcode(conn->sql) & 0xff;

	if (rv != CKR_DEVICE_ERROR || (code != SQLITE_OK &&
	    code != SQLITE_ROW && code != SQLITE_DONE &&
	    code != SQLITE_CONSTRAINT))
		return rv;
	return invalid("is damaged");
}

/* One store */

struct restoring {
	struct transaction *t;
	const struct restore_how *how;
	struct store_full *s; /* the transaction's; NULL: none yet */
	struct store_full *as; /* what the backup says of it, or NULL */
	size_t stores;        /* begun */
	uint64_t last;        /* the id of the last object, as it is sealed */
};

/* Whoever has made the backup had its key: nothing of it is believed. */
static bool
store_is_sound(const struct store_full *s)
{
	const struct store *pub = &s->pub;
	bool pin = (pub->flags & STORE_PIN) != 0;

	return text_is_store_name(pub->name, strlen(pub->name)) &&
	    strspn(pub->serial, "0123456789abcdef") ==
		sizeof(pub->serial) - 1 &&
	    s->private_key.len == (pin ? 0 : SEAL_KEY);
}

static CK_RV
store_open_record(struct input *in, struct store_full *as)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT;
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	size_t manifests = MANIFEST_PARTS * (8 + MANIFEST_SUM);
	struct reader r;

	buf_u32(&aad, SEAL_FORMAT);
	buf_u64(&aad, in->records);
	TRY(buf_check(&aad));
	if (seal_open(in->key, PURPOSE_BACKUP, (struct span){ aad.data,
	    aad.len }, secret_span(&in->payload), &plain) != CKR_OK ||
	    plain.len < manifests ||
	    store_parse((struct span){ plain.data, plain.len - manifests },
		as) != CKR_OK || !store_is_sound(as))
		return invalid("is damaged, or under another key");
	r = (struct reader){ plain.data + plain.len - manifests, manifests,
		false };
	for (int i = 0; i < MANIFEST_PARTS; i++)
		manifest_read(&r, &as->manifests[i]);
	return store_derive(as);
}

static void
stores_put(struct store **stores, size_t count)
{
	for (size_t i = 0; i < count; i++)
		store_put(stores[i]);
	free(stores);
}

/* The store that has the name now, or NULL. */
static CK_RV
store_named(struct transaction *t, const char *name, struct store_full **out)
{
	struct store **stores = NULL;
	size_t count = 0;
	CK_RV rv = CKR_OK;

	*out = NULL;
	TRY(store_list(t->db, &stores, &count));
	for (size_t i = 0; i < count; i++)
		if (text_equal_folded(stores[i]->name,
		    strlen(stores[i]->name), name, strlen(name)))
			rv = transaction_store(t, stores[i]->id, out);
	stores_put(stores, count);
	return rv;
}

/* The serial number is unique for ever: a second copy gets a new one. */
static CK_RV
serial_check(struct restoring *r)
{
	struct store **stores = NULL;
	size_t count = 0;
	bool taken = false;

	TRY(store_list(r->t->db, &stores, &count));
	for (size_t i = 0; i < count; i++)
		taken |= stores[i]->id != r->s->pub.id &&
		    strcmp(stores[i]->serial, r->s->pub.serial) == 0;
	stores_put(stores, count);
	return taken ? serial_make(r->s) : CKR_OK;
}

static CK_RV
store_new(struct restoring *r)
{
	struct store_full *s = store_alloc();
	struct db *conn = &r->t->db->writer;
	CK_RV rv;

	if (s == NULL)
		return CKR_HOST_MEMORY;
	rv = db_simple(conn, ST_STORE_ADD);
	if (rv == CKR_OK) {
		s->pub.id = (uint64_t)sqlite3_last_insert_rowid(conn->sql);
		rv = transaction_adopt(r->t, s);
	}
	if (rv != CKR_OK)
		store_put(&s->pub);
	else
		r->s = s;
	return rv;
}

/* An empty store is as good as none. */
static CK_RV
store_clear(struct restoring *r)
{
	if (!r->how->replace &&
	    r->s->manifests[MANIFEST_OBJECTS].count != 0)
		return fail_quiet(CKR_VECS_EXISTS,
		    "store %s exists and holds objects", r->s->pub.name);
	return contents_destroy(r->t, r->s);
}

/* What the backup says, in the place that the store has here. */
static void
store_become(struct restoring *r, const char *name)
{
	struct store_full *s = r->s, *as = r->as;
	uint32_t fixed = s->pub.flags & (STORE_SYSTEM | STORE_PROTECTED);

	snprintf(s->pub.name, sizeof(s->pub.name), "%s", name);
	memcpy(s->pub.serial, as->pub.serial, sizeof(s->pub.serial));
	s->pub.owner = as->pub.owner;
	s->pub.created = as->pub.created;
	s->pub.flags = fixed | (as->pub.flags & STORE_PIN);
	s->home = as->home;
	s->shift = 0;
	secret_wipe(&s->public_key);
	secret_wipe(&s->private_key);
	s->public_key = as->public_key;
	s->private_key = as->private_key;
	as->public_key = as->private_key = (struct secret){ NULL, 0 };
	memcpy(s->private_id, as->private_id, KEY_ID);
	memcpy(s->manifests, as->manifests, sizeof(s->manifests));
}

static CK_RV
store_begin(struct restoring *r, struct input *in)
{
	const char *name;

	r->last = 0;
	r->s = NULL;
	if (r->stores++ != 0 && r->how->as != NULL)
		return invalid("holds several stores: give no new name");
	if (r->as != NULL)
		store_put(&r->as->pub);
	if ((r->as = store_alloc()) == NULL)
		return CKR_HOST_MEMORY;
	TRY(store_open_record(in, r->as));
	name = r->how->as != NULL ? r->how->as : r->as->pub.name;
	TRY(store_named(r->t, name, &r->s));
	TRY(r->how->may(r->how->arg, r->as->pub.owner,
	    r->s != NULL ? &r->s->pub : NULL));
	TRY(r->s != NULL ? store_clear(r) : store_new(r));
	store_become(r, name);
	TRY(serial_check(r));
	return store_derive(r->s);
}

static CK_RV
slot_restore(struct restoring *r, struct input *in)
{
	struct reader p = { in->payload.data, in->payload.len, false };
	size_t who_len, slot_len;
	const uint8_t *who = reader_blob(&p, &who_len);
	uint64_t version = reader_u64(&p);
	const uint8_t *slot = reader_blob(&p, &slot_len);
	struct db *conn = &r->t->db->writer;
	sqlite3_stmt *st;

	if (!reader_done(&p) || !slot_is_name(who, who_len))
		return invalid("is damaged");
	TRY(db_statement(conn, ST_SLOT_PUT, &st));
	db_bind_u64(st, 1, r->s->pub.id);
	sqlite3_bind_text(st, 2, (const char *)who, (int)who_len,
	    SQLITE_STATIC);
	db_bind_u64(st, 3, version);
	db_bind_span(st, 4, (struct span){ slot, slot_len });
	return db_run(conn, st);
}

static bool
object_parse(struct span payload, struct row *row, struct span *sealed)
{
	struct reader p = { payload.data, payload.len, false };

	row->id = reader_u64(&p);
	row->version = reader_u64(&p);
	row->class = (CK_OBJECT_CLASS)reader_u64(&p);
	row->private = reader_u8(&p) != 0;
	for (int i = 0; i < INDEX_COUNT; i++) {
		size_t len;
		const uint8_t *digest = reader_blob(&p, &len);

		row->digests[i] = (struct span){ len != 0 ? digest : NULL,
			len };
		if (len != 0 && len != DIGEST)
			return false;
	}
	sealed->data = reader_blob(&p, &sealed->len);
	return reader_done(&p);
}

/* The first object says by how much the ids have grown. */
static CK_RV
object_restore(struct restoring *r, struct input *in)
{
	struct row row = { .store = r->s->pub.id };
	struct span sealed;
	uint64_t next;

	if (!object_parse(secret_span(&in->payload), &row, &sealed) ||
	    (r->last != 0 && row.id <= r->last) || row.id == 0)
		return invalid("is damaged");
	if (r->last == 0) {
		TRY(next_object(r->t, &next));
		r->s->shift = next - row.id;
	}
	r->last = row.id;
	row.id += r->s->shift;
	if (row.id > INT64_MAX)
		return invalid("is damaged");
	TRY(row_put(r->t, ST_OBJECT_ADD, &row, sealed));
	return transaction_touch(r->t, row.id);
}

/* All rows are there, and none too many. */
static CK_RV
store_finish(struct restoring *r)
{
	struct db *conn = &r->t->db->writer;

	if (r->s == NULL)
		return CKR_OK;
	TRY(because(conn, slots_read(conn, r->s)));
	TRY(because(conn, objects_compare(conn, r->s)));
	return store_write_meta(r->t->db, r->s);
}

static CK_RV
record_restore(struct restoring *r, struct input *in)
{
	if (in->type == BACKUP_STORE) {
		TRY(store_finish(r));
		return store_begin(r, in);
	}
	if (r->s == NULL)
		return invalid("is damaged");
	return because(&r->t->db->writer, in->type == BACKUP_SLOT
	    ? slot_restore(r, in) : object_restore(r, in));
}

static void
restoring_wipe(struct restoring *r)
{
	if (r->as != NULL)
		store_put(&r->as->pub);
}

static CK_RV
stores_restore(struct transaction *t, struct input *in,
    const struct restore_how *how)
{
	_cleanup_(restoring_wipe) struct restoring r = { .t = t, .how = how };

	TRY(input_begin(in));
	for (;; in->records++) {
		TRY(record_next(in));
		if (in->type == BACKUP_END)
			return store_finish(&r);
		TRY(record_restore(&r, in));
	}
}

static void
input_wipe(struct input *in)
{
	secret_wipe(&in->payload);
	if (in->file != NULL)
		fclose(in->file);
	explicit_bzero(in, sizeof(*in));
}

CK_RV
backup_restore(struct database *db, struct span key, int fd,
    const struct restore_how *how)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	_cleanup_(input_wipe) struct input in = { .key = key };
	int copy;

	if (key.len != BACKUP_KEY)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	TRY(seal_subkey(key, SUBKEY_BACKUP, in.chain_key));
	if ((copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0)
		return CKR_HOST_MEMORY;
	if ((in.file = fdopen(copy, "r")) == NULL) {
		close(copy);
		return CKR_HOST_MEMORY;
	}
	TRY(input_verify(&in));
	TRY(transaction_begin(db, &t));
	TRY(stores_restore(&t, &in, how));
	return transaction_commit(&t);
}
