/* Objects on disk: digests, sealing, finding, loading. */
#include "module/store/database.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/vendor.h"
#include "module/crypto/kdf.h"

/* Columns of ST_OBJECT and ST_OBJECTS_WALK */
enum {
	COLUMN_ID,
	COLUMN_VERSION,
	COLUMN_CLASS,
	COLUMN_PRIVATE,
	COLUMN_DIGESTS,
	COLUMN_RECORD = COLUMN_DIGESTS + INDEX_COUNT,
	COLUMN_STORE
};

CK_RV
index_digest(const uint8_t key[SEAL_KEY], uint64_t store,
    enum index_kind kind, struct span value, uint8_t out[DIGEST])
{
	_cleanup_(buf_wipe) struct buf head = BUF_INIT;
	uint8_t hash[KDF_LEN];
	struct span parts[2];

	buf_u64(&head, store);
	buf_u8(&head, (uint8_t)kind);
	TRY(buf_check(&head));
	parts[0] = (struct span){ head.data, head.len };
	parts[1] = value;
	TRY(hmac_sha256(KEY_SPAN(key), parts, 2, hash));
	memcpy(out, hash, DIGEST);
	return CKR_OK;
}

CK_RV
index_key(const struct store_full *s, struct span private_key, bool private,
    uint8_t out[SEAL_KEY])
{
	if (!private) {
		memcpy(out, s->index_public, SEAL_KEY);
		return CKR_OK;
	}
	if (s->private_key.len != 0) {
		memcpy(out, s->index_private, SEAL_KEY);
		return CKR_OK;
	}
	return seal_subkey(private_key, SUBKEY_INDEX, out);
}

CK_RV
row_aad(const struct store_full *s, const struct row *row, struct buf *out)
{
	buf_u32(out, SEAL_FORMAT);
	buf_u64(out, s->home);
	buf_u64(out, row->id - s->shift);
	buf_u64(out, row->version);
	buf_u64(out, row->class);
	buf_u8(out, row->private ? 1 : 0);
	for (int i = 0; i < INDEX_COUNT; i++)
		buf_blob(out, row->digests[i].data, row->digests[i].len);
	return buf_check(out);
}

void
row_read(sqlite3_stmt *st, struct row *row)
{
	row->id = db_u64(st, COLUMN_ID);
	row->version = db_u64(st, COLUMN_VERSION);
	row->class = (CK_OBJECT_CLASS)db_u64(st, COLUMN_CLASS);
	row->private = db_u64(st, COLUMN_PRIVATE) != 0;
	row->store = db_u64(st, COLUMN_STORE);
	for (int i = 0; i < INDEX_COUNT; i++)
		row->digests[i] = db_span(st, COLUMN_DIGESTS + i);
}

static struct span
sealing_key(const struct store_full *s, struct span private_key, bool private)
{
	return private ? private_key : secret_span(&s->public_key);
}

CK_RV
row_open(const struct store_full *s, struct span private_key,
    const struct row *row, struct span sealed, struct secret *out)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT;
	CK_RV rv;

	TRY(row_aad(s, row, &aad));
	rv = seal_open(sealing_key(s, private_key, row->private),
	    PURPOSE_OBJECT, (struct span){ aad.data, aad.len }, sealed, out);
	if (rv == CKR_ENCRYPTED_DATA_INVALID)
		return fail(CKR_DEVICE_ERROR,
		    "store %s: object %llu is damaged or was exchanged",
		    s->pub.name, (unsigned long long)row->id);
	return rv;
}

/* Finding */

/* What a search finds, and what all rows that it met add up to. */
struct refs {
	struct record_ref *items;
	size_t count, cap;
	struct manifest met[MANIFEST_PARTS];
};

static CK_RV
refs_add(struct refs *refs, const struct record_ref *ref)
{
	if (refs->count == refs->cap) {
		size_t cap = refs->cap * 2 + 4;
		struct record_ref *more =
		    realloc(refs->items, cap * sizeof(*more));

		if (more == NULL)
			return CKR_HOST_MEMORY;
		refs->items = more;
		refs->cap = cap;
	}
	refs->items[refs->count++] = *ref;
	return CKR_OK;
}

static struct record_ref
ref_read(sqlite3_stmt *st)
{
	return (struct record_ref){
		.id = db_u64(st, COLUMN_ID),
		.version = db_u64(st, COLUMN_VERSION),
		.class = (CK_OBJECT_CLASS)db_u64(st, COLUMN_CLASS),
		.private = db_u64(st, COLUMN_PRIVATE) != 0,
	};
}

static CK_RV
ref_count(const struct store_full *s, const struct record_ref *ref,
    struct manifest met[MANIFEST_PARTS])
{
	struct manifest_item item = object_item(s, ref->class, ref->id,
	    ref->version);

	return manifest_add(&met[item.kind], KEY_SPAN(s->manifest_key),
	    &item);
}

/* With a store: adds up what is met under its key. */
static CK_RV
refs_collect(struct db *conn, sqlite3_stmt *st, bool private,
    const struct store_full *counted, struct refs *refs)
{
	bool row;

	for (;;) {
		struct record_ref ref;

		TRY(db_step(conn, st, &row));
		if (!row)
			return CKR_OK;
		ref = ref_read(st);
		if (counted != NULL)
			TRY(ref_count(counted, &ref, refs->met));
		if (private || !ref.private)
			TRY(refs_add(refs, &ref));
	}
}

/* The digest under the key of public objects, and of private ones. */
struct digests {
	uint8_t bytes[2][DIGEST];
};

static CK_RV
digests_make(const struct store_full *s, struct span private_key,
    const struct query *q, struct digests *out)
{
	uint8_t key[SEAL_KEY];
	CK_RV rv = CKR_OK;

	for (int private = 0; rv == CKR_OK && private < 2; private++) {
		if (private && (!q->private || private_key.len == 0)) {
			memcpy(out->bytes[1], out->bytes[0], DIGEST);
			break;
		}
		rv = index_key(s, private_key, private, key);
		if (rv == CKR_OK)
			rv = index_digest(key, s->home, q->index, q->value,
			    out->bytes[private]);
	}
	explicit_bzero(key, sizeof(key));
	return rv;
}

static CK_RV
query_prepare(struct database *db, const struct store_full *s,
    struct span private_key, const struct query *q, struct digests *digests,
    sqlite3_stmt **out)
{
	sqlite3_stmt *st;

	if (q->index == INDEX_COUNT) {
		TRY(db_statement(&db->reader, q->has_class ? ST_OBJECTS_CLASS
		                                           : ST_OBJECTS_ALL,
		    &st));
		if (q->has_class)
			db_bind_u64(st, 2, q->class);
	} else {
		TRY(digests_make(s, private_key, q, digests));
		TRY(db_statement(&db->reader, ST_OBJECTS_BY, &st));
		for (int i = 0; i < 2; i++)
			db_bind_span(st, 2 + i, (struct span){
			    digests->bytes[i], DIGEST });
		if (q->has_class)
			db_bind_u64(st, 4, q->class);
	}
	db_bind_u64(st, 1, s->pub.id);
	*out = st;
	return CKR_OK;
}

CK_RV
objects_compare(struct db *conn, const struct store_full *s)
{
	struct refs refs = { .items = NULL };
	sqlite3_stmt *st;
	CK_RV rv;

	TRY(db_statement(conn, ST_OBJECTS_ALL, &st));
	db_bind_u64(st, 1, s->pub.id);
	rv = refs_collect(conn, st, false, s, &refs);
	free(refs.items);
	TRY(rv);
	TRY(store_compare(s, MANIFEST_OBJECTS, &refs.met[MANIFEST_OBJECTS]));
	return store_compare(s, MANIFEST_GRANTS, &refs.met[MANIFEST_GRANTS]);
}

/* The store as this read transaction sees it. */
static CK_RV
store_now(struct database *db, uint64_t id, struct store **out)
{
	sqlite3_stmt *st;
	bool row;
	CK_RV rv;

	TRY(db_statement(&db->reader, ST_STORE, &st));
	db_bind_u64(st, 1, id);
	TRY(db_step(&db->reader, st, &row));
	if (!row)
		return CKR_TOKEN_NOT_PRESENT;
	rv = store_from_row(db, &db->reader, st, out);
	sqlite3_reset(st);
	return rv;
}

/* Listings and grants show what there is: whether it is all is asked too. */
static CK_RV
query_counted(struct database *db, sqlite3_stmt *st, const struct query *q,
    uint64_t store, struct refs *refs)
{
	_cleanup_(store_putp) struct store *now = NULL;
	bool listing = !q->has_class;

	TRY(store_now(db, store, &now));
	TRY(refs_collect(&db->reader, st, q->private, full(now), refs));
	if (listing)
		TRY(store_compare(full(now), MANIFEST_OBJECTS,
		    &refs->met[MANIFEST_OBJECTS]));
	return store_compare(full(now), MANIFEST_GRANTS,
	    &refs->met[MANIFEST_GRANTS]);
}

static CK_RV
query_run(struct database *db, const struct store_full *s,
    struct span private_key, const struct query *q, struct refs *refs)
{
	struct digests digests;
	sqlite3_stmt *st;

	TRY(query_prepare(db, s, private_key, q, &digests, &st));
	if (q->index == INDEX_COUNT &&
	    (!q->has_class || q->class == CKO_VECS_GRANT))
		return query_counted(db, st, q, s->pub.id, refs);
	return refs_collect(&db->reader, st, q->private, NULL, refs);
}

/* Every read is a transaction of its own: what it sees belongs together. */
static CK_RV
read_end(struct database *db, CK_RV rv)
{
	db_end(&db->reader, ST_COMMIT);
	pthread_mutex_unlock(&db->reader.lock);
	return rv;
}

CK_RV
records_find(struct database *db, const struct store *store,
    const struct secret *private_key, const struct query *query,
    struct record_ref **out, size_t *count)
{
	const struct store_full *s = full(store);
	struct refs refs = { .items = NULL };
	CK_RV rv;

	pthread_mutex_lock(&db->reader.lock);
	rv = db_simple(&db->reader, ST_BEGIN);
	if (rv == CKR_OK)
		rv = query_run(db, s, private_key_of(s, private_key), query,
		    &refs);
	rv = read_end(db, rv);
	if (rv != CKR_OK) {
		free(refs.items);
		return rv;
	}
	*out = refs.items;
	*count = refs.count;
	return CKR_OK;
}

/* Loading */

static CK_RV
load_row(struct database *db, const struct store_full *s,
    struct span private_key, uint64_t id, struct record *out)
{
	struct row row;
	sqlite3_stmt *st;
	bool found;
	CK_RV rv;

	TRY(db_statement(&db->reader, ST_OBJECT, &st));
	db_bind_u64(st, 1, id);
	TRY(db_step(&db->reader, st, &found));
	if (!found)
		return CKR_OBJECT_HANDLE_INVALID;
	row_read(st, &row);
	if (row.store != s->pub.id || (row.private && private_key.len == 0))
		rv = CKR_OBJECT_HANDLE_INVALID;
	else
		rv = row_open(s, private_key, &row, db_span(st, COLUMN_RECORD),
		    &out->plain);
	sqlite3_reset(st);
	out->id = row.id;
	out->version = row.version;
	out->store = row.store;
	out->class = row.class;
	out->private = row.private;
	return rv;
}

static CK_RV
load(struct database *db, const struct store_full *s,
    const struct secret *private_key, uint64_t id, struct record *record)
{
	CK_RV rv;

	pthread_mutex_lock(&db->reader.lock);
	rv = load_row(db, s, private_key_of(s, private_key), id, record);
	pthread_mutex_unlock(&db->reader.lock);
	return rv;
}

/* What does not open may have been sealed under new keys meanwhile. */
CK_RV
record_load(struct database *db, const struct store *store,
    const struct secret *private_key, uint64_t id, struct record *out)
{
	struct record record = { .cell = cell_sample(db, id) };
	CK_RV rv = load(db, full(store), private_key, id, &record);

	if (rv == CKR_DEVICE_ERROR) {
		_cleanup_(store_putp) struct store *now = NULL;

		if (store_get(db, store->id, &now) == CKR_OK &&
		    now->version != store->version)
			rv = load(db, full(now), private_key, id, &record);
	}
	TRY(rv);
	*out = record;
	return CKR_OK;
}
