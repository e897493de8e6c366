/* New keys: the master's in one transaction, each store's in its own. */
#include "module/store/rekey.h"

#include <stdlib.h>
#include <string.h>

#include "module/crypto/libctx.h"
#include "module/store/database.h"
#include "module/store/slots.h"

/* The master key.  The new one lies beside the old one before anything is
 * sealed under it; its name comes last, and open.c gives it if we could not. */

/* All stores take part, opened while the old key is there. */
static CK_RV
stores_join(struct transaction *t)
{
	struct store **stores = NULL;
	struct store_full *s;
	size_t count = 0;
	CK_RV rv = CKR_OK;

	TRY(store_list(t->db, &stores, &count));
	for (size_t i = 0; i < count; i++) {
		if (rv == CKR_OK)
			rv = transaction_store(t, stores[i]->id, &s);
		store_put(stores[i]);
	}
	free(stores);
	return rv;
}

static CK_RV
stores_seal(struct transaction *t)
{
	for (size_t i = 0; i < t->loaded_count; i++) {
		t->loaded[i]->pub.flags |= STORE_STALE;
		TRY(store_write_meta(t->db, t->loaded[i]));
	}
	return CKR_OK;
}

static CK_RV
key_id_write(struct database *db)
{
	uint8_t key_id[KEY_ID];
	sqlite3_stmt *st;

	TRY(master_key_id(db, key_id));
	TRY(db_statement(&db->writer, ST_KEY_ID_SET, &st));
	db_bind_span(st, 1, (struct span){ key_id, KEY_ID });
	return db_run(&db->writer, st);
}

/* The manifest of the stores is summed anew under the new key. */
static CK_RV
manifest_renew(struct transaction *t)
{
	struct manifest_item item = { .kind = MANIFEST_STORES };

	memset(&t->manifest, 0, sizeof(t->manifest));
	for (size_t i = 0; i < t->loaded_count; i++) {
		item.id = t->loaded[i]->pub.id;
		item.version = t->loaded[i]->pub.version;
		TRY(manifest_add(&t->manifest, KEY_SPAN(t->db->manifest_key),
		    &item));
	}
	return CKR_OK;
}

/* Readers open what they find under one key or the other, never in between. */
static CK_RV
master_swap(struct database *db, struct secret *key)
{
	struct secret old;
	CK_RV rv;

	pthread_mutex_lock(&db->reader.lock);
	old = db->master;
	db->master = *key;
	*key = old;
	rv = seal_subkey(secret_span(&db->master), SUBKEY_MANIFEST,
	    db->manifest_key);
	pthread_mutex_unlock(&db->reader.lock);
	return rv;
}

static CK_RV
master_write(struct transaction *t)
{
	TRY(stores_seal(t));
	TRY(manifest_renew(t));
	TRY(key_id_write(t->db));
	return transaction_commit(t);
}

/* From the swap on this process seals under the new key; when it fails, under
 * the old one again. */
static CK_RV
master_turn(struct database *db, struct secret *key)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	CK_RV rv;

	TRY(transaction_begin(db, &t));
	TRY(stores_join(&t));
	rv = master_swap(db, key);
	if (rv == CKR_OK)
		rv = master_write(&t);
	if (rv != CKR_OK)
		(void)!master_swap(db, key);
	return rv;
}

static bool
any_is_stale(struct database *db, size_t *stale, size_t *total,
    uint64_t *first)
{
	struct store **stores = NULL;
	size_t count = 0;

	*stale = *total = 0;
	if (store_list(db, &stores, &count) != CKR_OK)
		return false;
	for (size_t i = 0; i < count; i++) {
		if ((stores[i]->flags & STORE_STALE) != 0 && (*stale)++ == 0)
			*first = stores[i]->id;
		store_put(stores[i]);
	}
	free(stores);
	*total = count;
	return *stale != 0;
}

CK_RV
rekey_begin(struct database *db)
{
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };
	size_t stale, total;
	uint64_t first;

	TRY(database_sync(db));
	if (any_is_stale(db, &stale, &total, &first))
		return CKR_OK; /* goes on */
	TRY(secret_new(SEAL_KEY, &key));
	TRY(rng_bytes(key.data, key.len));
	TRY(master_key_prepare(db, secret_span(&key)));
	TRY(master_turn(db, &key));
	return master_key_settle(db);
}

/* The keys of one store */

struct resealing {
	struct transaction *t;
	struct store_full *before; /* a copy, with the old keys */
	struct store_full *s;      /* the transaction's, with the new ones */
	rekey_index index;
};

static bool
keeps_private_key(const struct store_full *s)
{
	return (s->pub.flags & STORE_PIN) != 0;
}

static CK_RV
keys_make(struct store_full *s)
{
	secret_wipe(&s->public_key);
	TRY(secret_new(SEAL_KEY, &s->public_key));
	TRY(rng_bytes(s->public_key.data, SEAL_KEY));
	if (!keeps_private_key(s)) {
		secret_wipe(&s->private_key);
		TRY(secret_new(SEAL_KEY, &s->private_key));
		TRY(rng_bytes(s->private_key.data, SEAL_KEY));
		TRY(private_key_id(secret_span(&s->private_key),
		    s->private_id));
	}
	return store_derive(s);
}

/* The same contents under the new key; the version stays, for nothing that a
 * client sees has changed. */
struct again {
	const struct resealing *x;
	struct row *row;
	struct span plain;
};

static CK_RV
sealed_again(void *arg, const struct span index[INDEX_COUNT])
{
	const struct again *a = arg;
	struct record_new record = { .class = a->row->class,
		.private = a->row->private, .plain = a->plain };

	memcpy(record.index, index, sizeof(record.index));
	return row_reseal(a->x->t, a->x->s, private_key_of(a->x->s, NULL),
	    &record, a->row);
}

static CK_RV
object_again(const struct resealing *x, struct row *row, struct span sealed)
{
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	struct again again = { x, row, { NULL, 0 } };
	struct manifest_item item = object_item(x->s, row->class, row->id,
	    row->version);

	TRY(store_includes(x->s, &item));
	if (row->private && keeps_private_key(x->s))
		return CKR_OK;
	TRY(row_open(x->before, private_key_of(x->before, NULL), row, sealed,
	    &plain));
	again.plain = secret_span(&plain);
	return x->index(again.plain, sealed_again, &again);
}

static CK_RV
objects_again(const struct resealing *x)
{
	struct db *conn = &x->t->db->writer;
	uint64_t last = 0;

	for (;;) {
		sqlite3_stmt *st;
		struct row row;
		bool there;
		CK_RV rv;

		TRY(db_statement(conn, ST_OBJECT_AFTER, &st));
		db_bind_u64(st, 1, x->s->pub.id);
		db_bind_u64(st, 2, last);
		TRY(db_step(conn, st, &there));
		if (!there)
			return CKR_OK;
		row_read(st, &row);
		last = row.id;
		rv = object_again(x, &row, db_span(st, 4 + INDEX_COUNT));
		sqlite3_reset(st);
		TRY(rv);
	}
}

static CK_RV
store_again(struct resealing *x)
{
	memset(x->s->manifests, 0, sizeof(x->s->manifests));
	TRY(keys_make(x->s));
	TRY(objects_again(x));
	TRY(slots_reseal(x->t, x->before, x->s));
	x->s->pub.flags &= ~(uint32_t)STORE_STALE;
	return store_write_meta(x->t->db, x->s);
}

static CK_RV
store_turn(struct database *db, uint64_t id, rekey_index index)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	_cleanup_(store_putp) struct store *before = NULL;
	struct resealing x = { .t = &t, .index = index };

	TRY(transaction_begin(db, &t));
	TRY(transaction_store(&t, id, &x.s));
	TRY(store_copy(x.s, &before));
	x.before = full(before);
	/* What is damaged is not sealed anew as if it were whole. */
	TRY(objects_compare(&db->writer, x.before));
	TRY(store_again(&x));
	return transaction_commit(&t);
}

CK_RV
rekey_step(struct database *db, rekey_index index, size_t *done,
    size_t *total)
{
	size_t stale;
	uint64_t id = 0;

	TRY(database_sync(db));
	if (any_is_stale(db, &stale, total, &id)) {
		TRY(store_turn(db, id, index));
		stale--;
	}
	*done = *total - stale;
	return CKR_OK;
}
