/* Making, remaking and deleting stores. */
#include "module/store/slots.h"

#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/text.h"
#include "module/crypto/libctx.h"


CK_RV
serial_make(struct store_full *s)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t serial[8];

	TRY(rng_bytes(serial, sizeof(serial)));
	for (size_t i = 0; i < 16; i++)
		s->pub.serial[i] = digits[serial[i / 2] >> (4 * (i & 1)) & 15];
	return CKR_OK;
}

static CK_RV
store_fresh(const struct store_new *how, uint32_t flags, struct store_full *s)
{
	snprintf(s->pub.name, sizeof(s->pub.name), "%s", how->name);
	TRY(serial_make(s));
	s->pub.owner = how->owner;
	s->pub.created = (uint64_t)time(NULL);
	s->pub.flags = how->flags | flags |
	    (how->so_pin.data != NULL ? STORE_PIN : 0);
	return CKR_OK;
}

/* New keys, which make what was sealed under the old ones unreadable. */
static CK_RV
store_rekey(struct store_full *s)
{
	secret_wipe(&s->public_key);
	secret_wipe(&s->private_key);
	TRY(secret_new(SEAL_KEY, &s->public_key));
	TRY(rng_bytes(s->public_key.data, SEAL_KEY));
	if (s->pub.flags & STORE_PIN)
		return store_derive(s);
	TRY(secret_new(SEAL_KEY, &s->private_key));
	TRY(rng_bytes(s->private_key.data, SEAL_KEY));
	TRY(private_key_id(secret_span(&s->private_key), s->private_id));
	return store_derive(s);
}

/* What is made before the lock is taken, because it hashes a PIN. */
struct so {
	struct slot slot;
	uint8_t private_id[KEY_ID];
};

static void
so_wipe(struct so *so)
{
	slot_wipe(&so->slot);
}

/* The SO's slot of a token; with recovery it knows the private-objects key. */
static CK_RV
so_make(struct database *db, uint64_t store, struct span pin, struct so *so)
{
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };

	if (pin.data == NULL)
		return CKR_OK;
	if (db->so_recovery) {
		TRY(secret_new(SEAL_KEY, &key));
		TRY(rng_bytes(key.data, key.len));
	}
	TRY(private_key_id(secret_span(&key), so->private_id));
	return slot_make(db, store, PIN_SO, pin, secret_span(&key), &so->slot);
}

static CK_RV
so_put(struct transaction *t, struct store_full *s, struct so *so)
{
	memcpy(s->private_id, so->private_id, KEY_ID);
	TRY(store_write_meta(t->db, s));
	return slot_store(t, s, PIN_SO, &so->slot);
}

/* The name of the row's store: as this transaction has it, else as the disk
 * has it. */
static CK_RV
name_read(struct transaction *t, sqlite3_stmt *st, char name[33])
{
	struct store *store = NULL;

	for (size_t i = 0; i < t->loaded_count; i++)
		if (t->loaded[i]->pub.id == db_u64(st, 0)) {
			strcpy(name, t->loaded[i]->pub.name);
			return CKR_OK;
		}
	TRY(store_from_row(t->db, &t->db->writer, st, &store));
	strcpy(name, store->name);
	store_put(store);
	return CKR_OK;
}

CK_RV
name_is_free(struct transaction *t, const char *name, uint64_t own)
{
	struct db *conn = &t->db->writer;
	sqlite3_stmt *st;
	char other[33];
	bool row;

	TRY(db_statement(conn, ST_STORES, &st));
	for (;;) {
		TRY(db_step(conn, st, &row));
		if (!row)
			return CKR_OK;
		TRY(name_read(t, st, other));
		if (db_u64(st, 0) == own || !text_equal_folded(other,
		    strlen(other), name, strlen(name)))
			continue;
		sqlite3_reset(st);
		return fail_quiet(CKR_ARGUMENTS_BAD,
		    "a store named %s exists already", name);
	}
}

static CK_RV
insert(struct transaction *t, const struct store_new *how, uint32_t flags,
    struct store_full *s)
{
	struct db *conn = &t->db->writer;

	TRY(store_fresh(how, flags, s));
	TRY(name_is_free(t, s->pub.name, 0));
	TRY(store_rekey(s));
	TRY(db_simple(conn, ST_STORE_ADD));
	s->pub.id = (uint64_t)sqlite3_last_insert_rowid(conn->sql);
	s->home = s->pub.id;
	return store_write_meta(t->db, s);
}

CK_RV
store_insert(struct transaction *t, const struct store_new *how,
    uint32_t flags, struct store_full **out)
{
	struct store_full *s = store_alloc();
	CK_RV rv;

	if (s == NULL)
		return CKR_HOST_MEMORY;
	rv = insert(t, how, flags, s);
	if (rv == CKR_OK)
		rv = transaction_adopt(t, s);
	if (rv != CKR_OK) {
		store_put(&s->pub);
		return rv;
	}
	*out = s;
	return CKR_OK;
}

/* The hash is bound to the store's id, which the transaction alone knows; the
 * id that the next store gets is known before, and hashing under the lock is
 * not done: who was overtaken tries again. */
static CK_RV
create_once(struct database *db, const struct store_new *how,
    struct so *so, uint64_t expected, uint64_t *id)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	struct store_full *s;

	TRY(transaction_begin(db, &t));
	TRY(store_insert(&t, how, 0, &s));
	*id = s->pub.id;
	if (how->so_pin.data != NULL) {
		if (s->pub.id != expected)
			return CKR_CANT_LOCK;
		TRY(so_put(&t, s, so));
	}
	return transaction_commit(&t);
}

CK_RV
store_create(struct database *db, const struct store_new *how, uint64_t *id)
{
	CK_RV rv;

	do {
		_cleanup_(so_wipe) struct so so = { .slot = { .version = 0 } };
		uint64_t expected;

		TRY(database_sync(db));
		expected = store_next_id(db);
		TRY(so_make(db, expected, how->so_pin, &so));
		rv = create_once(db, how, &so, expected, id);
	} while (rv == CKR_CANT_LOCK);
	return rv;
}

CK_RV
contents_destroy(struct transaction *t, struct store_full *s)
{
	struct db *conn = &t->db->writer;
	sqlite3_stmt *st;
	bool row;

	TRY(db_statement(conn, ST_OBJECTS_ALL, &st));
	db_bind_u64(st, 1, s->pub.id);
	for (;;) {
		TRY(db_step(conn, st, &row));
		if (!row)
			break;
		TRY(transaction_touch(t, db_u64(st, 0)));
	}
	TRY(db_statement(conn, ST_DIGESTS_DELETE, &st));
	db_bind_u64(st, 1, s->pub.id);
	TRY(db_run(conn, st));
	TRY(db_statement(conn, ST_OBJECTS_DELETE, &st));
	db_bind_u64(st, 1, s->pub.id);
	TRY(db_run(conn, st));
	TRY(db_statement(conn, ST_SLOTS_DELETE, &st));
	db_bind_u64(st, 1, s->pub.id);
	TRY(db_run(conn, st));
	memset(s->manifests, 0, sizeof(s->manifests));
	s->pub.so = s->pub.user = (struct pin_state){ 0, 0, false };
	s->pub.user_count = 0;
	s->pub.flags &= ~(uint32_t)STORE_USER_PIN;
	return CKR_OK;
}

CK_RV
store_delete(struct database *db, uint64_t id)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	struct store_full *s;
	sqlite3_stmt *st;

	TRY(transaction_begin(db, &t));
	TRY(transaction_store(&t, id, &s));
	if (s->pub.flags & STORE_PROTECTED)
		return CKR_ACTION_PROHIBITED;
	TRY(contents_destroy(&t, s));
	TRY(db_statement(&db->writer, ST_STORE_DELETE, &st));
	db_bind_u64(st, 1, id);
	TRY(db_run(&db->writer, st));
	TRY(transaction_forget(&t, id));
	return transaction_commit(&t);
}

static CK_RV
reinit_check(struct store_full *s)
{
	if (s->pub.flags & STORE_PROTECTED)
		return CKR_ACTION_PROHIBITED;
	if ((s->pub.flags & STORE_PIN) == 0 &&
	    (s->manifests[MANIFEST_OBJECTS].count != 0 ||
		s->manifests[MANIFEST_GRANTS].count != 0))
		return fail_quiet(CKR_FUNCTION_REJECTED,
		    "store %s is not empty", s->pub.name);
	return CKR_OK;
}

static CK_RV
reinit(struct transaction *t, struct store_full *s,
    const struct store_new *how, struct so *so)
{
	uint64_t id = s->pub.id, version = s->pub.version;
	uint64_t created = s->pub.created;
	char serial[17];

	memcpy(serial, s->pub.serial, sizeof(serial));
	TRY(reinit_check(s));
	TRY(name_is_free(t, how->name, id));
	TRY(contents_destroy(t, s));
	/* What was made at the database's birth stays that. */
	TRY(store_fresh(how, s->pub.flags & STORE_SYSTEM, s));
	s->pub.id = s->home = id;
	s->shift = 0;
	s->pub.version = version;
	s->pub.created = created;
	memcpy(s->pub.serial, serial, sizeof(serial));
	TRY(store_rekey(s));
	TRY(how->so_pin.data != NULL ? so_put(t, s, so)
	                             : store_write_meta(t->db, s));
	return transaction_commit(t);
}

CK_RV
store_reinit(struct database *db, uint64_t id, const struct store_new *how)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	_cleanup_(so_wipe) struct so so = { .slot = { .version = 0 } };
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };
	struct store *now = NULL;
	struct store_full *s;
	bool has_pin;

	TRY(store_get(db, id, &now));
	has_pin = (now->flags & STORE_PIN) != 0;
	store_put(now);
	if (has_pin && how->so_pin.data == NULL)
		return CKR_PIN_INCORRECT;
	if (has_pin)
		TRY(pin_login(db, id, PIN_SO, how->so_pin, &key));
	TRY(so_make(db, id, how->so_pin, &so));
	TRY(transaction_begin(db, &t));
	TRY(transaction_store(&t, id, &s));
	if (((s->pub.flags & STORE_PIN) != 0) != has_pin)
		return fail_quiet(CKR_FUNCTION_REJECTED,
		    "store %s was made anew meanwhile", s->pub.name);
	return reinit(&t, s, how, &so);
}
