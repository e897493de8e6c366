/*
 * Key slots: a PIN, hashed by Argon2id, wraps the private-objects key; tries
 * are counted before the hash is computed.  A slot's name is who it is for.
 */
#include "module/store/slots.h"

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/text.h"
#include "module/crypto/libctx.h"

#define SLOT_FORMAT 1
#define SLOT_NAME_MAX 96

static const char *const names[] = { [PIN_SO] = "so", [PIN_USER] = "user" };

void
slot_wipe(struct slot *slot)
{
	secret_wipe(&slot->wrapped);
}

bool
slot_is_name(const void *name, size_t len)
{
	return len > 0 && len < SLOT_NAME_MAX && text_is_utf8(name, len) &&
	    memchr(name, '\0', len) == NULL;
}

static CK_RV
slot_binding(uint64_t store, const char *who, uint64_t version,
    struct buf *out)
{
	buf_u32(out, SEAL_FORMAT);
	buf_u64(out, store);
	buf_blob(out, who, strlen(who));
	buf_u64(out, version);
	return buf_check(out);
}

/* The limits of vecs.conf: a restored slot can name any cost, and a login
 * would pay it. */
static bool
cost_is_sound(const struct pin_cost *cost)
{
	return cost->memory >= 32 && cost->memory <= 4194304 &&
	    cost->passes >= 1 && cost->passes <= 1000 && cost->lanes >= 1 &&
	    cost->lanes <= 64;
}

static CK_RV
slot_parse(struct span plain, struct slot *slot)
{
	struct reader r = { plain.data, plain.len, false };
	uint8_t format = reader_u8(&r);
	const uint8_t *bytes;
	size_t len;

	slot->cost.memory = reader_u32(&r);
	slot->cost.passes = reader_u32(&r);
	slot->cost.lanes = reader_u32(&r);
	if ((bytes = reader_bytes(&r, PINHASH_SALT)) != NULL)
		memcpy(slot->salt, bytes, PINHASH_SALT);
	slot->state.tries_left = reader_u32(&r);
	slot->state.tries_max = reader_u32(&r);
	slot->state.failed_before = reader_u8(&r) != 0;
	bytes = reader_blob(&r, &len);
	if (!reader_done(&r) || format != SLOT_FORMAT ||
	    !cost_is_sound(&slot->cost))
		return CKR_DEVICE_ERROR;
	return secret_dup(bytes, len, &slot->wrapped);
}

static void
slot_print(const struct slot *slot, struct buf *out)
{
	buf_u8(out, SLOT_FORMAT);
	buf_u32(out, slot->cost.memory);
	buf_u32(out, slot->cost.passes);
	buf_u32(out, slot->cost.lanes);
	buf_bytes(out, slot->salt, PINHASH_SALT);
	buf_u32(out, slot->state.tries_left);
	buf_u32(out, slot->state.tries_max);
	buf_u8(out, slot->state.failed_before ? 1 : 0);
	buf_blob(out, slot->wrapped.data, slot->wrapped.len);
}

/* Under the store's own key: what a store held before it was made anew opens
 * no more. */
static CK_RV
slot_open(const struct store_full *s, const char *who, struct span sealed,
    struct slot *slot)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT;
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	CK_RV rv;

	TRY(slot_binding(s->home, who, slot->version, &aad));
	rv = seal_open(secret_span(&s->public_key), PURPOSE_SLOT,
	    (struct span){ aad.data, aad.len }, sealed, &plain);
	if (rv == CKR_OK)
		rv = slot_parse(secret_span(&plain), slot);
	if (rv == CKR_ENCRYPTED_DATA_INVALID || rv == CKR_DEVICE_ERROR)
		return fail(CKR_DEVICE_ERROR,
		    "store %s: the key slot '%s' is damaged or was exchanged",
		    s->pub.name, who);
	return rv;
}

/* The slot as it is in this transaction; *there false when it has none. */
static CK_RV
slot_load(struct transaction *t, const struct store_full *s,
    enum pin_who who, struct slot *slot, bool *there)
{
	struct db *conn = &t->db->writer;
	sqlite3_stmt *st;
	CK_RV rv;

	TRY(db_statement(conn, ST_SLOT, &st));
	db_bind_u64(st, 1, s->pub.id);
	sqlite3_bind_text(st, 2, names[who], -1, SQLITE_STATIC);
	TRY(db_step(conn, st, there));
	if (!*there)
		return CKR_OK;
	slot->version = db_u64(st, 0);
	rv = slot_open(s, names[who], db_span(st, 1), slot);
	sqlite3_reset(st);
	return rv;
}

static void
state_note(struct store_full *s, const char *who,
    const struct pin_state *state)
{
	if (strcmp(who, names[PIN_SO]) == 0)
		s->pub.so = *state;
	if (strcmp(who, names[PIN_USER]) == 0) {
		s->pub.user = *state;
		s->pub.flags |= STORE_USER_PIN;
	}
}

/* Seals the slot into its row, as it is. */
static CK_RV
slot_write(struct transaction *t, struct store_full *s, const char *who,
    const struct slot *slot)
{
	_cleanup_(buf_wipe) struct buf plain = BUF_INIT, aad = BUF_INIT,
	    sealed = BUF_INIT;
	sqlite3_stmt *st;

	slot_print(slot, &plain);
	TRY(buf_check(&plain));
	TRY(slot_binding(s->home, who, slot->version, &aad));
	TRY(seal(secret_span(&s->public_key), PURPOSE_SLOT,
	    (struct span){ aad.data, aad.len },
	    (struct span){ plain.data, plain.len }, &sealed));
	TRY(db_statement(&t->db->writer, ST_SLOT_PUT, &st));
	db_bind_u64(st, 1, s->pub.id);
	sqlite3_bind_text(st, 2, who, -1, SQLITE_STATIC);
	db_bind_u64(st, 3, slot->version);
	db_bind_span(st, 4, (struct span){ sealed.data, sealed.len });
	return db_run(&t->db->writer, st);
}

CK_RV
slot_store(struct transaction *t, struct store_full *s, enum pin_who who,
    struct slot *slot)
{
	struct manifest_item item = { .kind = MANIFEST_SLOTS,
		.version = slot->version, .name = names[who] };

	if (slot->version != 0)
		TRY(store_excludes(s, &item));
	slot->version++;
	TRY(slot_write(t, s, names[who], slot));
	item.version = slot->version;
	state_note(s, names[who], &slot->state);
	return store_includes(s, &item);
}

static CK_RV
slot_reseal(struct transaction *t, struct store_full *s, const char *who,
    struct slot *slot)
{
	struct manifest_item item = { .kind = MANIFEST_SLOTS,
		.version = slot->version, .name = who };

	TRY(store_includes(s, &item));
	return slot_write(t, s, who, slot);
}

CK_RV
slots_reseal(struct transaction *t, const struct store_full *before,
    struct store_full *s)
{
	struct db *conn = &t->db->writer;
	char last[SLOT_NAME_MAX] = "";

	for (;;) {
		_cleanup_(slot_wipe) struct slot slot = { .version = 0 };
		sqlite3_stmt *st;
		bool there;
		CK_RV rv;

		TRY(db_statement(conn, ST_SLOT_AFTER, &st));
		db_bind_u64(st, 1, s->pub.id);
		sqlite3_bind_text(st, 2, last, -1, SQLITE_STATIC);
		TRY(db_step(conn, st, &there));
		if (!there)
			return CKR_OK;
		snprintf(last, sizeof(last), "%s", db_text(st, 0));
		slot.version = db_u64(st, 1);
		rv = slot_open(before, last, db_span(st, 2), &slot);
		sqlite3_reset(st);
		TRY(rv);
		TRY(slot_reseal(t, s, last, &slot));
	}
}

static CK_RV
slot_note(struct store_full *s, sqlite3_stmt *st, struct manifest *met)
{
	_cleanup_(slot_wipe) struct slot slot = { .version = db_u64(st, 1) };
	const char *who = db_text(st, 0);
	struct manifest_item item = { .kind = MANIFEST_SLOTS,
		.version = slot.version, .name = who };

	if (who == NULL)
		return CKR_HOST_MEMORY;
	TRY(manifest_add(met, KEY_SPAN(s->manifest_key), &item));
	TRY(slot_open(s, who, db_span(st, 2), &slot));
	state_note(s, who, &slot.state);
	return CKR_OK;
}

/* An older slot would give back tries that are used up. */
CK_RV
slots_read(struct db *conn, struct store_full *s)
{
	struct manifest met = { 0 };
	sqlite3_stmt *st;
	bool row;

	TRY(db_statement(conn, ST_SLOTS, &st));
	db_bind_u64(st, 1, s->pub.id);
	for (;;) {
		TRY(db_step(conn, st, &row));
		if (!row)
			return store_compare(s, MANIFEST_SLOTS, &met);
		TRY(slot_note(s, st, &met));
	}
}

/* Wrapping: the store and the slot's name are bound, so that one user's
 * wrapped key does not pass for another's. */
static CK_RV
wrap_binding(uint64_t home, enum pin_who who, struct buf *out)
{
	buf_u32(out, SEAL_FORMAT);
	buf_u64(out, home);
	buf_blob(out, names[who], strlen(names[who]));
	return buf_check(out);
}

/* A slot for this PIN that wraps the key (or nothing). */
CK_RV
slot_make(struct database *db, uint64_t home, enum pin_who who,
    struct span pin, struct span key, struct slot *slot)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT, sealed = BUF_INIT;
	uint8_t hash[PINHASH_LEN];
	CK_RV rv;

	slot->cost = db->cost;
	slot->state = (struct pin_state){ db->pin_tries, db->pin_tries,
		false };
	TRY(rng_bytes(slot->salt, PINHASH_SALT));
	TRY(wrap_binding(home, who, &aad));
	rv = pinhash(pin, slot->salt, &slot->cost, hash);
	if (rv == CKR_OK)
		rv = seal((struct span){ hash, sizeof(hash) }, PURPOSE_PIN,
		    (struct span){ aad.data, aad.len }, key, &sealed);
	explicit_bzero(hash, sizeof(hash));
	TRY(rv);
	secret_wipe(&slot->wrapped);
	return secret_dup(sealed.data, sealed.len, &slot->wrapped);
}

/* The number that a store's contents are sealed under. */
static CK_RV
home_of(struct database *db, uint64_t store, uint64_t *home)
{
	_cleanup_(store_putp) struct store *s = NULL;

	TRY(store_get(db, store, &s));
	*home = full(s)->home;
	return CKR_OK;
}

static CK_RV
slot_unwrap(uint64_t home, enum pin_who who, const struct slot *slot,
    struct span pin, struct secret *key)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT;
	uint8_t hash[PINHASH_LEN];
	CK_RV rv;

	TRY(wrap_binding(home, who, &aad));
	rv = pinhash(pin, slot->salt, &slot->cost, hash);
	if (rv == CKR_OK)
		rv = seal_open((struct span){ hash, sizeof(hash) },
		    PURPOSE_PIN, (struct span){ aad.data, aad.len },
		    secret_span(&slot->wrapped), key);
	explicit_bzero(hash, sizeof(hash));
	return rv == CKR_ENCRYPTED_DATA_INVALID ? CKR_PIN_INCORRECT : rv;
}

/* One try is used up, durably, before anybody learns whether it was right. */
static CK_RV
try_count(struct database *db, uint64_t store, enum pin_who who,
    struct slot *slot)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	struct store_full *s;
	bool there;

	TRY(transaction_begin(db, &t));
	TRY(transaction_store(&t, store, &s));
	TRY(slot_load(&t, s, who, slot, &there));
	if (!there)
		return CKR_USER_PIN_NOT_INITIALIZED;
	if (slot->state.tries_left == 0)
		return CKR_PIN_LOCKED;
	slot->state.tries_left--;
	slot->state.failed_before = true;
	TRY(slot_store(&t, s, who, slot));
	return transaction_commit(&t);
}

/* The PIN was right: the tries are there again, or a new slot takes the place
 * of the one that was tried.  Not if another PIN was set meanwhile: its salt
 * is another. */
static CK_RV
try_forgive(struct database *db, uint64_t store, enum pin_who who,
    const struct slot *tried, struct slot *fresh)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	_cleanup_(slot_wipe) struct slot now = { .version = 0 };
	struct store_full *s;
	bool there;

	TRY(transaction_begin(db, &t));
	TRY(transaction_store(&t, store, &s));
	TRY(slot_load(&t, s, who, &now, &there));
	if (!there || memcmp(now.salt, tried->salt, PINHASH_SALT) != 0)
		return fail_quiet(CKR_PIN_INCORRECT,
		    "the PIN was changed meanwhile");
	now.state.tries_left = now.state.tries_max;
	now.state.failed_before = false;
	if (fresh != NULL)
		fresh->version = now.version;
	TRY(slot_store(&t, s, who, fresh != NULL ? fresh : &now));
	return transaction_commit(&t);
}

CK_RV
pin_login(struct database *db, uint64_t store, enum pin_who who,
    struct span pin, struct secret *private_key)
{
	_cleanup_(slot_wipe) struct slot slot = { .version = 0 };
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };
	uint64_t home;

	TRY(home_of(db, store, &home));
	TRY(try_count(db, store, who, &slot));
	TRY(slot_unwrap(home, who, &slot, pin, &key));
	TRY(try_forgive(db, store, who, &slot, NULL));
	*private_key = key;
	key = (struct secret){ NULL, 0 };
	return CKR_OK;
}

/* What was sealed under a key that nobody has any more. */
static CK_RV
private_objects_destroy(struct transaction *t, struct store_full *s)
{
	struct db *conn = &t->db->writer;
	struct manifest_item item;
	sqlite3_stmt *st;
	bool row;

	TRY(db_statement(conn, ST_OBJECTS_ALL, &st));
	db_bind_u64(st, 1, s->pub.id);
	for (;;) {
		TRY(db_step(conn, st, &row));
		if (!row)
			break;
		if (db_u64(st, 3) == 0)
			continue;
		item = object_item(s, (CK_OBJECT_CLASS)db_u64(st, 2),
		    db_u64(st, 0), db_u64(st, 1));
		TRY(store_excludes(s, &item));
		TRY(transaction_touch(t, db_u64(st, 0)));
	}
	TRY(db_statement(conn, ST_DIGESTS_DELETE, &st));
	db_bind_u64(st, 1, s->pub.id);
	db_bind_u64(st, 2, 1);
	TRY(db_run(conn, st));
	TRY(db_statement(conn, ST_OBJECTS_DELETE, &st));
	db_bind_u64(st, 1, s->pub.id);
	db_bind_u64(st, 2, 1);
	return db_run(conn, st);
}

/* With a key that is not the store's yet, what was sealed before goes. */
static CK_RV
user_slot_set(struct transaction *t, uint64_t store, struct span key,
    bool known, struct slot *slot)
{
	_cleanup_(slot_wipe) struct slot old = { .version = 0 };
	struct store_full *s;
	bool there;

	TRY(transaction_store(t, store, &s));
	if (known) {
		TRY(private_key_check(s, key));
	} else {
		TRY(private_objects_destroy(t, s));
		TRY(private_key_id(key, s->private_id));
		TRY(store_write_meta(t->db, s));
	}
	TRY(slot_load(t, s, PIN_USER, &old, &there));
	slot->version = old.version;
	return slot_store(t, s, PIN_USER, slot);
}

CK_RV
pin_init(struct database *db, uint64_t store, const struct secret *private_key,
    struct span pin)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	_cleanup_(slot_wipe) struct slot slot = { .version = 0 };
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };
	bool known = private_key != NULL && private_key->len != 0;
	uint64_t home;

	TRY(home_of(db, store, &home));
	if (known)
		TRY(secret_dup(private_key->data, private_key->len, &key));
	else
		TRY(secret_new(SEAL_KEY, &key));
	if (!known)
		TRY(rng_bytes(key.data, key.len));
	TRY(slot_make(db, home, PIN_USER, pin, secret_span(&key), &slot));
	TRY(transaction_begin(db, &t));
	TRY(user_slot_set(&t, store, secret_span(&key), known, &slot));
	return transaction_commit(&t);
}

CK_RV
pin_set(struct database *db, uint64_t store, enum pin_who who,
    struct span old_pin, struct span new_pin)
{
	_cleanup_(slot_wipe) struct slot tried = { .version = 0 },
	    fresh = { .version = 0 };
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };
	uint64_t home;

	TRY(home_of(db, store, &home));
	TRY(try_count(db, store, who, &tried));
	TRY(slot_unwrap(home, who, &tried, old_pin, &key));
	TRY(slot_make(db, home, who, new_pin, secret_span(&key), &fresh));
	return try_forgive(db, store, who, &tried, &fresh);
}
