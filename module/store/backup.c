/* Writing a backup. */
#include "module/store/backup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "module/crypto/kdf.h"
#include "module/store/database.h"
#include "module/store/files.h"

struct writer {
	int fd;
	struct span key;
	uint8_t chain_key[SEAL_KEY], chain[BACKUP_CHAIN];
	uint64_t records;
	struct buf out; /* not yet written */
};

#define WRITE_SIZE 262144

static CK_RV
flush(struct writer *w)
{
	size_t at = 0;

	TRY(buf_check(&w->out));
	while (at < w->out.len) {
		ssize_t n = write(w->fd, w->out.data + at, w->out.len - at);

		if (n < 0 && errno != EINTR)
			return file_error("the backup");
		at += n > 0 ? (size_t)n : 0;
	}
	w->out.len = 0;
	return CKR_OK;
}

/* Each record's MAC covers the one before. */
static CK_RV
chain_on(struct writer *w, struct span record)
{
	struct span parts[] = { { w->chain, BACKUP_CHAIN }, record };
	uint8_t next[KDF_LEN];

	TRY(hmac_sha256(KEY_SPAN(w->chain_key), parts, 2, next));
	memcpy(w->chain, next, BACKUP_CHAIN);
	return CKR_OK;
}

static CK_RV
record_add(struct writer *w, enum backup_record type,
    const struct buf *payload)
{
	_cleanup_(buf_wipe) struct buf record = BUF_INIT;

	TRY(buf_check(payload));
	buf_u8(&record, (uint8_t)type);
	buf_blob(&record, payload->data, payload->len);
	TRY(buf_check(&record));
	TRY(chain_on(w, (struct span){ record.data, record.len }));
	w->records++;
	buf_bytes(&w->out, record.data, record.len);
	return w->out.len < WRITE_SIZE ? CKR_OK : flush(w);
}

/* The place in the stream is bound, so that no store's keys pass for
 * another's. */
static CK_RV
store_add(struct writer *w, const struct store_full *s)
{
	_cleanup_(buf_wipe) struct buf plain = BUF_INIT, aad = BUF_INIT,
	    sealed = BUF_INIT;

	store_print(s, true, &plain);
	for (int i = 0; i < MANIFEST_PARTS; i++)
		manifest_write(&s->manifests[i], &plain);
	TRY(buf_check(&plain));
	buf_u32(&aad, SEAL_FORMAT);
	buf_u64(&aad, w->records);
	TRY(buf_check(&aad));
	TRY(seal(w->key, PURPOSE_BACKUP, (struct span){ aad.data, aad.len },
	    (struct span){ plain.data, plain.len }, &sealed));
	return record_add(w, BACKUP_STORE, &sealed);
}

static CK_RV
slots_add(struct writer *w, struct db *conn, const struct store_full *s)
{
	sqlite3_stmt *st;
	bool row;

	TRY(db_statement(conn, ST_SLOTS, &st));
	db_bind_u64(st, 1, s->pub.id);
	for (;;) {
		_cleanup_(buf_wipe) struct buf slot = BUF_INIT;
		const char *who;

		TRY(db_step(conn, st, &row));
		if (!row)
			return CKR_OK;
		who = db_text(st, 0);
		buf_blob(&slot, who, strlen(who));
		buf_u64(&slot, db_u64(st, 1));
		buf_blob(&slot, db_span(st, 2).data, db_span(st, 2).len);
		TRY(record_add(w, BACKUP_SLOT, &slot));
	}
}

static void
object_print(const struct store_full *s, const struct row *row,
    struct span sealed, struct buf *out)
{
	buf_u64(out, row->id - s->shift);
	buf_u64(out, row->version);
	buf_u64(out, row->class);
	buf_u8(out, row->private ? 1 : 0);
	for (int i = 0; i < INDEX_COUNT; i++)
		buf_blob(out, row->digests[i].data, row->digests[i].len);
	buf_blob(out, sealed.data, sealed.len);
}

static CK_RV
objects_add(struct writer *w, struct db *conn, const struct store_full *s)
{
	sqlite3_stmt *st;
	bool there;

	TRY(db_statement(conn, ST_OBJECTS_WALK, &st));
	db_bind_u64(st, 1, s->pub.id);
	for (;;) {
		_cleanup_(buf_wipe) struct buf object = BUF_INIT;
		struct row row;

		TRY(db_step(conn, st, &there));
		if (!there)
			return CKR_OK;
		row_read(st, &row);
		object_print(s, &row, db_span(st, 4 + INDEX_COUNT), &object);
		TRY(record_add(w, BACKUP_OBJECT, &object));
	}
}

/* What is damaged is not carried on: its manifests must hold. */
static CK_RV
whole_store_add(struct writer *w, struct database *db, uint64_t id)
{
	struct db *conn = &db->reader;
	_cleanup_(store_putp) struct store *store = NULL;
	sqlite3_stmt *st;
	bool row;
	CK_RV rv;

	TRY(db_statement(conn, ST_STORE, &st));
	db_bind_u64(st, 1, id);
	TRY(db_step(conn, st, &row));
	if (!row)
		return CKR_TOKEN_NOT_PRESENT;
	rv = store_from_row(db, conn, st, &store);
	sqlite3_reset(st);
	TRY(rv);
	TRY(objects_compare(conn, full(store)));
	TRY(store_add(w, full(store)));
	TRY(slots_add(w, conn, full(store)));
	return objects_add(w, conn, full(store));
}

static CK_RV
end_add(struct writer *w)
{
	_cleanup_(buf_wipe) struct buf end = BUF_INIT;

	buf_u64(&end, w->records);
	TRY(record_add(w, BACKUP_END, &end));
	buf_bytes(&w->out, w->chain, BACKUP_CHAIN);
	return flush(w);
}

static CK_RV
stores_add(struct writer *w, struct database *db, const uint64_t *stores,
    size_t count)
{
	buf_bytes(&w->out, BACKUP_MAGIC, 8);
	for (size_t i = 0; i < count; i++)
		TRY(whole_store_add(w, db, stores[i]));
	return end_add(w);
}

static void
writer_wipe(struct writer *w)
{
	buf_wipe(&w->out);
	explicit_bzero(w, sizeof(*w));
}

CK_RV
backup_write(struct database *db, const uint64_t *stores, size_t count,
    struct span key, int fd)
{
	_cleanup_(writer_wipe) struct writer w = { .fd = fd, .key = key,
		.out = BUF_INIT };
	CK_RV rv;

	if (key.len != BACKUP_KEY)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	TRY(seal_subkey(key, SUBKEY_BACKUP, w.chain_key));
	pthread_mutex_lock(&db->reader.lock);
	rv = db_simple(&db->reader, ST_BEGIN);
	if (rv == CKR_OK)
		rv = stores_add(&w, db, stores, count);
	db_end(&db->reader, ST_COMMIT);
	pthread_mutex_unlock(&db->reader.lock);
	return rv;
}
