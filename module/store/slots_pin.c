/*
 * PINs: hashed by Argon2id, each wraps the private-objects key; tries are
 * counted before the hash is computed.
 */
#include "module/store/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/log.h"
#include "module/crypto/libctx.h"

/* In the coherence file, behind all cells: a byte for each store. */
#define TRY_LOCKS ((off_t)1 << 62)

/* Wrapping: the store and the slot's name are bound, so that one user's
 * wrapped key does not pass for another's. */
static CK_RV
wrap_binding(uint64_t home, const char *who, struct buf *out)
{
	buf_u32(out, SEAL_FORMAT);
	buf_u64(out, home);
	buf_blob(out, who, strlen(who));
	return buf_check(out);
}

static CK_RV
slot_make_at(const struct pin_cost *cost, unsigned tries, uint64_t home,
    const char *who, struct span pin, struct span key, struct slot *slot)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT, sealed = BUF_INIT;
	uint8_t hash[PINHASH_LEN];
	CK_RV rv;

	slot->cost = *cost;
	slot->state = (struct pin_state){ tries, tries, false };
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

CK_RV
slot_make(struct database *db, uint64_t home, const char *who,
    struct span pin, struct span key, struct slot *slot)
{
	return slot_make_at(&db->cost, db->pin_tries, home, who, pin, key,
	    slot);
}

void
slot_exchange(struct slot *slot, struct slot *fresh)
{
	struct secret wrapped = slot->wrapped;

	slot->cost = fresh->cost;
	slot->state = fresh->state;
	memcpy(slot->salt, fresh->salt, PINHASH_SALT);
	slot->wrapped = fresh->wrapped;
	fresh->wrapped = wrapped;
}

CK_RV
home_of(struct database *db, uint64_t store, uint64_t *home)
{
	_cleanup_(store_putp) struct store *s = NULL;

	TRY(store_get(db, store, &s));
	*home = full(s)->home;
	return CKR_OK;
}

static CK_RV
slot_unwrap(uint64_t home, const char *who, const struct slot *slot,
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

/* Types as of fcntl(2).  Another process's new file makes no difference that
 * matters: counting does not depend on it. */
static CK_RV
try_lock(struct database *db, uint64_t store, short type, int *fd)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET,
		.l_start = TRY_LOCKS + (off_t)store, .l_len = 1 };

	if (*fd < 0)
		*fd = open(db->gen_path, O_RDWR | O_CLOEXEC);
	while (*fd < 0 || fcntl(*fd, F_OFD_SETLKW, &lock) != 0)
		if (*fd < 0 || errno != EINTR)
			return fail(CKR_DEVICE_ERROR, "%s: %s", db->gen_path,
			    strerror(errno));
	return CKR_OK;
}

/* One try is used up, durably, before anybody learns whether it was right. */
static CK_RV
try_count(struct database *db, uint64_t store, const char *who,
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

/* None left may mean that right PINs have yet to give their tries back: who is
 * alone with the slot knows. */
static CK_RV
try_begin(struct database *db, uint64_t store, const char *who,
    struct slot *slot, int *lock)
{
	CK_RV rv;

	TRY(try_lock(db, store, F_RDLCK, lock));
	rv = try_count(db, store, who, slot);
	if (rv != CKR_PIN_LOCKED)
		return rv;
	slot_wipe(slot);
	TRY(try_lock(db, store, F_UNLCK, lock));
	TRY(try_lock(db, store, F_WRLCK, lock));
	TRY(try_count(db, store, who, slot));
	return try_lock(db, store, F_RDLCK, lock);
}

/* The PIN was right: the tries are there again, or another PIN takes the place
 * of the one that was tried.  Not if one was set meanwhile: its salt is
 * another. */
static CK_RV
try_forgive(struct database *db, uint64_t store, const char *who,
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
	now.state = (struct pin_state){ db->pin_tries, db->pin_tries, false };
	if (fresh != NULL)
		slot_exchange(&now, fresh);
	TRY(slot_store(&t, s, who, &now));
	return transaction_commit(&t);
}

static uint32_t
greater(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* The same PIN and key in a slot of today's cost, if that is more.  *raised is
 * false where the memory for it is not to be had: the PIN was right. */
static void
slot_raise(struct database *db, uint64_t home, const char *who,
    struct span pin, const struct secret *key, const struct slot *old,
    struct slot *fresh, bool *raised)
{
	struct pin_cost cost = {
		.memory = greater(old->cost.memory, db->cost.memory),
		.passes = greater(old->cost.passes, db->cost.passes),
		.lanes = db->cost.lanes,
	};

	*raised = (cost.memory != old->cost.memory ||
	    cost.passes != old->cost.passes) &&
	    slot_make_at(&cost, db->pin_tries, home, who, pin,
		secret_span(key), fresh) == CKR_OK;
}

CK_RV
pin_login(struct database *db, uint64_t store, const char *who,
    struct span pin, struct secret *private_key)
{
	_cleanup_(closep) int lock = -1;
	_cleanup_(slot_wipe) struct slot slot = { .version = 0 },
	    fresh = { .version = 0 };
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };
	uint64_t home;
	bool raised;

	TRY(home_of(db, store, &home));
	TRY(try_begin(db, store, who, &slot, &lock));
	TRY(slot_unwrap(home, who, &slot, pin, &key));
	slot_raise(db, home, who, pin, &key, &slot, &fresh, &raised);
	TRY(try_forgive(db, store, who, &slot, raised ? &fresh : NULL));
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
		TRY(users_drop(t, s));
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
pin_set(struct database *db, uint64_t store, const char *who,
    struct span old_pin, struct span new_pin)
{
	_cleanup_(slot_wipe) struct slot tried = { .version = 0 },
	    fresh = { .version = 0 };
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };
	_cleanup_(closep) int lock = -1;
	uint64_t home;

	TRY(home_of(db, store, &home));
	TRY(try_begin(db, store, who, &tried, &lock));
	TRY(slot_unwrap(home, who, &tried, old_pin, &key));
	TRY(slot_make(db, home, who, new_pin, secret_span(&key), &fresh));
	return try_forgive(db, store, who, &tried, &fresh);
}
