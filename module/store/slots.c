/*
 * Key slots as rows: what is in one, under which name, in which manifest.  A
 * slot's name is who it is for.
 */
#include "module/store/slots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

#define SLOT_FORMAT 1
#define SLOT_NAMED 2 /* with name and rights at its end */

void
slot_wipe(struct slot *slot)
{
	secret_wipe(&slot->wrapped);
}

static bool
who_is_named(const char *who)
{
	return strncmp(who, WHO_PREFIX, strlen(WHO_PREFIX)) == 0;
}

/* In the form that the format gives it. */
static bool
who_is_known(const char *who)
{
	const char *digits;

	if (!who_is_named(who))
		return strcmp(who, PIN_SO) == 0 || strcmp(who, PIN_USER) == 0;
	digits = who + strlen(WHO_PREFIX);
	return strlen(digits) == WHO_DIGITS &&
	    strspn(digits, "0123456789abcdef") == WHO_DIGITS;
}

bool
slot_is_name(const void *name, size_t len)
{
	char who[PIN_WHO_SIZE] = "";

	if (len >= sizeof(who) || memchr(name, '\0', len) != NULL)
		return false;
	memcpy(who, name, len);
	return who_is_known(who);
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

static void
name_parse(struct reader *r, struct slot *slot)
{
	size_t len;
	const uint8_t *name = reader_blob(r, &len);

	slot->rights = reader_u8(r);
	if (len == 0 || len > USER_NAME_MAX || slot->rights == 0)
		r->failed = true;
	else
		memcpy(slot->name, name, len);
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
slot_parse(struct span plain, bool named, struct slot *slot)
{
	struct reader r = { plain.data, plain.len, false };
	uint8_t format = reader_u8(&r);
	const uint8_t *bytes;
	struct span wrapped;

	slot->cost.memory = reader_u32(&r);
	slot->cost.passes = reader_u32(&r);
	slot->cost.lanes = reader_u32(&r);
	if ((bytes = reader_bytes(&r, PINHASH_SALT)) != NULL)
		memcpy(slot->salt, bytes, PINHASH_SALT);
	slot->state.tries_left = reader_u32(&r);
	slot->state.tries_max = reader_u32(&r);
	slot->state.failed_before = reader_u8(&r) != 0;
	wrapped.data = reader_blob(&r, &wrapped.len);
	if (format == SLOT_NAMED)
		name_parse(&r, slot);
	if (!reader_done(&r) ||
	    format != (named ? SLOT_NAMED : SLOT_FORMAT) ||
	    !cost_is_sound(&slot->cost))
		return CKR_DEVICE_ERROR;
	return secret_dup(wrapped.data, wrapped.len, &slot->wrapped);
}

void
slot_print(const struct slot *slot, struct buf *out)
{
	bool named = slot->name[0] != '\0';

	buf_u8(out, named ? SLOT_NAMED : SLOT_FORMAT);
	buf_u32(out, slot->cost.memory);
	buf_u32(out, slot->cost.passes);
	buf_u32(out, slot->cost.lanes);
	buf_bytes(out, slot->salt, PINHASH_SALT);
	buf_u32(out, slot->state.tries_left);
	buf_u32(out, slot->state.tries_max);
	buf_u8(out, slot->state.failed_before ? 1 : 0);
	buf_blob(out, slot->wrapped.data, slot->wrapped.len);
	if (!named)
		return;
	buf_blob(out, slot->name, strlen(slot->name));
	buf_u8(out, (uint8_t)slot->rights);
}

/* Under the store's own key: what a store held before it was made anew opens
 * no more. */
CK_RV
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
		rv = slot_parse(secret_span(&plain), who_is_named(who), slot);
	if (rv == CKR_ENCRYPTED_DATA_INVALID || rv == CKR_DEVICE_ERROR)
		return fail(CKR_DEVICE_ERROR,
		    "store %s: the key slot '%s' is damaged or was exchanged",
		    s->pub.name, who);
	return rv;
}

CK_RV
slot_load(struct transaction *t, const struct store_full *s, const char *who,
    struct slot *slot, bool *there)
{
	struct db *conn = &t->db->writer;
	sqlite3_stmt *st;
	CK_RV rv;

	TRY(db_statement(conn, ST_SLOT, &st));
	db_bind_u64(st, 1, s->pub.id);
	sqlite3_bind_text(st, 2, who, -1, SQLITE_STATIC);
	TRY(db_step(conn, st, there));
	if (!*there)
		return CKR_OK;
	slot->version = db_u64(st, 0);
	rv = slot_open(s, who, db_span(st, 1), slot);
	sqlite3_reset(st);
	return rv;
}

static struct store_user *
user_at(const struct store_full *s, const char *who)
{
	for (size_t i = 0; i < s->pub.user_count; i++)
		if (strcmp(s->pub.users[i].who, who) == 0)
			return &s->pub.users[i];
	return NULL;
}

static CK_RV
user_append(struct store_full *s, const char *who, struct store_user **out)
{
	size_t n = s->pub.user_count;
	struct store_user *more =
	    realloc(s->pub.users, (n + 1) * sizeof(*more));

	if (more == NULL)
		return CKR_HOST_MEMORY;
	s->pub.users = more;
	*out = &more[n];
	memset(*out, 0, sizeof(**out));
	snprintf((*out)->who, sizeof((*out)->who), "%s", who);
	s->pub.user_count = n + 1;
	return CKR_OK;
}

static CK_RV
user_note(struct store_full *s, const char *who, const struct slot *slot)
{
	struct store_user *user = user_at(s, who);

	if (user == NULL)
		TRY(user_append(s, who, &user));
	memcpy(user->name, slot->name, sizeof(user->name));
	user->rights = slot->rights;
	user->pin = slot->state;
	return CKR_OK;
}

/* What the store says of its PINs is what its slots say. */
static CK_RV
slot_seen(struct store_full *s, const char *who, const struct slot *slot)
{
	if (who_is_named(who))
		return user_note(s, who, slot);
	if (strcmp(who, PIN_SO) == 0) {
		s->pub.so = slot->state;
	} else {
		s->pub.user = slot->state;
		s->pub.flags |= STORE_USER_PIN;
	}
	return CKR_OK;
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
slot_store(struct transaction *t, struct store_full *s, const char *who,
    struct slot *slot)
{
	struct manifest_item item = { .kind = MANIFEST_SLOTS,
		.version = slot->version, .name = who };

	if (slot->version != 0)
		TRY(store_excludes(s, &item));
	slot->version++;
	TRY(slot_write(t, s, who, slot));
	item.version = slot->version;
	TRY(slot_seen(s, who, slot));
	return store_includes(s, &item);
}

CK_RV
slot_drop(struct transaction *t, struct store_full *s, const char *who,
    const struct slot *slot)
{
	struct manifest_item item = { .kind = MANIFEST_SLOTS,
		.version = slot->version, .name = who };
	struct store_user *user = user_at(s, who);
	sqlite3_stmt *st;

	TRY(store_excludes(s, &item));
	TRY(db_statement(&t->db->writer, ST_SLOTS_DELETE, &st));
	db_bind_u64(st, 1, s->pub.id);
	sqlite3_bind_text(st, 2, who, -1, SQLITE_STATIC);
	TRY(db_run(&t->db->writer, st));
	if (user != NULL)
		*user = s->pub.users[--s->pub.user_count];
	return CKR_OK;
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
	char last[PIN_WHO_SIZE] = "";

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
	if (!who_is_known(who))
		return fail(CKR_DEVICE_ERROR,
		    "store %s: a key slot is damaged", s->pub.name);
	TRY(manifest_add(met, KEY_SPAN(s->manifest_key), &item));
	TRY(slot_open(s, who, db_span(st, 2), &slot));
	return slot_seen(s, who, &slot);
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
