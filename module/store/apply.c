/* Changes of objects, applied in one transaction or not at all. */
#include "module/store/database.h"

#include <string.h>

#include "common/log.h"
#include "common/vendor.h"

struct digest_set {
	uint8_t bytes[INDEX_COUNT][DIGEST];
};

static CK_RV
digests_fill(const struct store_full *s, struct span private_key,
    const struct record_new *record, struct digest_set *set, struct row *row)
{
	uint8_t key[SEAL_KEY];
	CK_RV rv = index_key(s, private_key, record->private, key);

	for (int i = 0; rv == CKR_OK && i < INDEX_COUNT; i++) {
		row->digests[i] = (struct span){ NULL, 0 };
		if (record->index[i].data == NULL)
			continue;
		rv = index_digest(key, s->home, i, record->index[i],
		    set->bytes[i]);
		row->digests[i] = (struct span){ set->bytes[i], DIGEST };
	}
	explicit_bzero(key, sizeof(key));
	return rv;
}

/* The index's entries of an object, added or deleted. */
static CK_RV
digests_put(struct db *conn, enum statement which, const struct row *row)
{
	sqlite3_stmt *st;

	for (int i = 0; i < INDEX_COUNT; i++) {
		if (row->digests[i].data == NULL)
			continue;
		TRY(db_statement(conn, which, &st));
		db_bind_span(st, 1, row->digests[i]);
		db_bind_u64(st, 2, row->id);
		TRY(db_run(conn, st));
	}
	return CKR_OK;
}

CK_RV
row_put(struct transaction *t, enum statement which, const struct row *row,
    struct span sealed)
{
	struct db *conn = &t->db->writer;
	sqlite3_stmt *st;

	TRY(db_statement(conn, which, &st));
	db_bind_u64(st, 1, row->id);
	db_bind_u64(st, 2, row->version);
	db_bind_u64(st, 3, row->class);
	db_bind_u64(st, 4, row->private ? 1 : 0);
	for (int i = 0; i < INDEX_COUNT; i++)
		db_bind_span(st, 5 + i, row->digests[i]);
	db_bind_span(st, 5 + INDEX_COUNT, sealed);
	db_bind_u64(st, 6 + INDEX_COUNT, row->store);
	TRY(db_run(conn, st));
	return digests_put(conn, ST_DIGEST_ADD, row);
}

/* Seals the record for its row and writes it by ST_OBJECT_ADD or _PUT. */
static CK_RV
row_write(struct transaction *t, const struct store_full *s,
    struct span private_key, const struct record_new *record,
    enum statement which, struct row *row)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT, sealed = BUF_INIT;
	struct digest_set set;

	if (record->private)
		TRY(private_key_check(s, private_key));
	row->store = s->pub.id;
	row->class = record->class;
	row->private = record->private;
	TRY(digests_fill(s, private_key, record, &set, row));
	TRY(row_aad(s, row, &aad));
	TRY(seal(record->private ? private_key : secret_span(&s->public_key),
	    PURPOSE_OBJECT, (struct span){ aad.data, aad.len }, record->plain,
	    &sealed));
	return row_put(t, which, row, (struct span){ sealed.data,
	    sealed.len });
}

CK_RV
row_reseal(struct transaction *t, const struct store_full *s,
    struct span private_key, const struct record_new *record,
    struct row *row)
{
	TRY(digests_put(&t->db->writer, ST_DIGEST_DELETE, row));
	return row_write(t, s, private_key, record, ST_OBJECT_PUT, row);
}

/* Ids are never used again, not even those of deleted objects. */
CK_RV
next_object(struct transaction *t, uint64_t *id)
{
	sqlite3_stmt *st;
	bool row;

	TRY(db_statement(&t->db->writer, ST_NEXT_OBJECT, &st));
	TRY(db_step(&t->db->writer, st, &row));
	*id = row ? db_u64(st, 0) + 1 : 1;
	sqlite3_reset(st);
	return CKR_OK;
}

CK_RV
object_insert(struct transaction *t, struct store_full *s,
    const struct record_new *record, struct span private_key, uint64_t *id)
{
	struct row row = { .version = 1 };
	struct manifest_item item;

	TRY(next_object(t, &row.id));
	TRY(row_write(t, s, private_key, record, ST_OBJECT_ADD, &row));
	item = object_item(s, row.class, row.id, row.version);
	TRY(store_includes(s, &item));
	*id = row.id;
	return CKR_OK;
}

/* The row that a change means, if it is as the caller knows it: out of the index
 * and of its store's manifest, because it is about to go or to be another. */
static CK_RV
row_take(struct transaction *t, const struct change *c)
{
	struct db *conn = &t->db->writer;
	struct row row = { .id = 0 };
	struct manifest_item item;
	struct store_full *s;
	sqlite3_stmt *st;
	bool found;
	CK_RV rv;

	TRY(transaction_store(t, c->store, &s));
	TRY(db_statement(conn, ST_OBJECT, &st));
	db_bind_u64(st, 1, c->id);
	TRY(db_step(conn, st, &found));
	if (found)
		row_read(st, &row);
	if (!found || row.store != c->store || row.version != c->version) {
		sqlite3_reset(st);
		return fail_quiet(CKR_ACTION_PROHIBITED,
		    "an object was changed or deleted meanwhile");
	}
	/* The digests are the statement's: it is reset after their use. */
	rv = digests_put(conn, ST_DIGEST_DELETE, &row);
	sqlite3_reset(st);
	TRY(rv);
	item = object_item(s, row.class, row.id, row.version);
	return store_excludes(s, &item);
}

static CK_RV
apply_update(struct transaction *t, struct change *c)
{
	struct row row = { .id = c->id, .version = c->version + 1 };
	struct manifest_item item;
	struct store_full *to;

	TRY(row_take(t, c));
	TRY(transaction_store(t, c->kind == CHANGE_MOVE ? c->to : c->store,
	    &to));
	TRY(row_write(t, to, private_key_of(to, c->private_key), &c->record,
	    ST_OBJECT_PUT, &row));
	item = object_item(to, row.class, row.id, row.version);
	TRY(store_includes(to, &item));
	/* Who holds a moved key goes on using it: its cell stays. */
	return c->kind == CHANGE_MOVE ? CKR_OK : transaction_touch(t, c->id);
}

static CK_RV
apply_delete(struct transaction *t, struct change *c)
{
	struct db *conn = &t->db->writer;
	sqlite3_stmt *st;

	TRY(row_take(t, c));
	TRY(db_statement(conn, ST_OBJECT_DELETE, &st));
	db_bind_u64(st, 1, c->id);
	TRY(db_run(conn, st));
	return transaction_touch(t, c->id);
}

static CK_RV
private_digest(const struct store_full *s, struct span private_key,
    struct span folded, uint8_t out[DIGEST])
{
	uint8_t key[SEAL_KEY];
	CK_RV rv = index_key(s, private_key, true, key);

	if (rv == CKR_OK)
		rv = index_digest(key, s->home, INDEX_FOLDED_LABEL, folded,
		    out);
	explicit_bzero(key, sizeof(key));
	return rv;
}

/* An alias is taken if any object, public or private, has it folded. */
static CK_RV
label_is_free(struct transaction *t, const struct store_full *s,
    struct span private_key, struct span folded)
{
	struct db *conn = &t->db->writer;
	uint8_t digests[2][DIGEST];
	sqlite3_stmt *st;
	bool row;

	TRY(index_digest(s->index_public, s->home, INDEX_FOLDED_LABEL,
	    folded, digests[0]));
	memcpy(digests[1], digests[0], DIGEST);
	if (private_key.len != 0)
		TRY(private_digest(s, private_key, folded, digests[1]));
	TRY(db_statement(conn, ST_OBJECTS_BY, &st));
	db_bind_u64(st, 1, s->pub.id);
	db_bind_span(st, 2, (struct span){ digests[0], DIGEST });
	db_bind_span(st, 3, (struct span){ digests[1], DIGEST });
	TRY(db_step(conn, st, &row));
	sqlite3_reset(st);
	return row ? fail_quiet(CKR_VECS_EXISTS, "the alias is taken")
	           : CKR_OK;
}

static CK_RV
apply_absent(struct transaction *t, struct change *c)
{
	struct store_full *s;

	TRY(transaction_store(t, c->store, &s));
	return label_is_free(t, s, private_key_of(s, c->private_key),
	    c->record.index[INDEX_FOLDED_LABEL]);
}

static CK_RV
apply_create(struct transaction *t, struct change *c)
{
	struct store_full *s;

	TRY(transaction_store(t, c->store, &s));
	TRY(object_insert(t, s, &c->record, private_key_of(s, c->private_key),
	    &c->id));
	/* So that the coherence file has a cell for it. */
	return transaction_touch(t, c->id);
}

/* In this order: what goes makes room for what comes. */
static const struct {
	enum change_kind kind;
	CK_RV (*apply)(struct transaction *t, struct change *c);
} steps[] = {
	{ CHANGE_DELETE, apply_delete },
	{ CHANGE_MOVE, apply_update },
	{ CHANGE_UPDATE, apply_update },
	{ CHANGE_ABSENT, apply_absent },
	{ CHANGE_CREATE, apply_create },
};

static CK_RV
changes_apply(struct transaction *t, struct change *changes, size_t count)
{
	for (size_t step = 0; step < COUNT(steps); step++)
		for (size_t i = 0; i < count; i++)
			if (changes[i].kind == steps[step].kind)
				TRY(steps[step].apply(t, &changes[i]));
	return transaction_commit(t);
}

CK_RV
database_apply(struct database *db, struct change *changes, size_t count)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };

	if (count == 0)
		return CKR_OK;
	TRY(transaction_begin(db, &t));
	return changes_apply(&t, changes, count);
}
