/* Named users: each has a slot of his own that wraps the private-objects key. */
#include "module/store/slots.h"

#include <string.h>

#include "common/log.h"
#include "common/text.h"
#include "common/vendor.h"
#include "module/crypto/libctx.h"

const struct store_user *
user_named(const struct store *store, struct span name)
{
	for (size_t i = 0; i < store->user_count; i++)
		if (strlen(store->users[i].name) == name.len &&
		    memcmp(store->users[i].name, name.data, name.len) == 0)
			return &store->users[i];
	return NULL;
}

const struct store_user *
user_find(const struct store *store, const char *who)
{
	for (size_t i = 0; i < store->user_count; i++)
		if (strcmp(store->users[i].who, who) == 0)
			return &store->users[i];
	return NULL;
}

/* Random: a name in its place would lie on the disk in clear text. */
static CK_RV
who_make(char who[PIN_WHO_SIZE])
{
	uint8_t bytes[WHO_DIGITS / 2];

	TRY(rng_bytes(bytes, sizeof(bytes)));
	strcpy(who, WHO_PREFIX);
	text_hex(bytes, sizeof(bytes), who + strlen(WHO_PREFIX));
	return CKR_OK;
}

static struct span
key_span(const struct secret *key)
{
	return key != NULL ? secret_span(key) : (struct span){ NULL, 0 };
}

static CK_RV
add(struct transaction *t, uint64_t store, const struct secret *key,
    const char *who, struct slot *slot)
{
	struct store_full *s;

	TRY(transaction_store(t, store, &s));
	TRY(private_key_check(s, key_span(key)));
	if (user_named(&s->pub, (struct span){ slot->name,
	    strlen(slot->name) }) != NULL)
		return fail_quiet(CKR_VECS_EXISTS,
		    "store %s has a user %s already", s->pub.name,
		    slot->name);
	return slot_store(t, s, who, slot);
}

CK_RV
user_add(struct database *db, uint64_t store, const struct secret *key,
    const struct user_new *how, char who[PIN_WHO_SIZE])
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	_cleanup_(slot_wipe) struct slot slot = { .version = 0 };
	uint64_t home;

	TRY(home_of(db, store, &home));
	TRY(who_make(who));
	TRY(slot_make(db, home, who, how->pin, key_span(key), &slot));
	memcpy(slot.name, how->name.data, how->name.len);
	slot.rights = how->rights;
	TRY(transaction_begin(db, &t));
	TRY(add(&t, store, key, who, &slot));
	return transaction_commit(&t);
}

static CK_RV
load(struct transaction *t, uint64_t store, const char *who,
    struct store_full **s, struct slot *slot)
{
	bool there;

	TRY(transaction_store(t, store, s));
	TRY(slot_load(t, *s, who, slot, &there));
	return there ? CKR_OK : CKR_OBJECT_HANDLE_INVALID;
}

CK_RV
user_set(struct database *db, uint64_t store, const struct secret *key,
    const char *who, const struct user_change *how)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	_cleanup_(slot_wipe) struct slot slot = { .version = 0 },
	    fresh = { .version = 0 };
	struct store_full *s;
	uint64_t home;

	TRY(home_of(db, store, &home));
	if (how->pin.data != NULL)
		TRY(slot_make(db, home, who, how->pin, key_span(key), &fresh));
	TRY(transaction_begin(db, &t));
	TRY(load(&t, store, who, &s, &slot));
	if (how->rights != 0)
		slot.rights = how->rights;
	if (how->pin.data != NULL) {
		TRY(private_key_check(s, key_span(key)));
		slot_exchange(&slot, &fresh);
	}
	TRY(slot_store(&t, s, who, &slot));
	return transaction_commit(&t);
}

static CK_RV
drop(struct transaction *t, uint64_t store, const char *who)
{
	_cleanup_(slot_wipe) struct slot slot = { .version = 0 };
	struct store_full *s;

	TRY(load(t, store, who, &s, &slot));
	return slot_drop(t, s, who, &slot);
}

CK_RV
user_remove(struct database *db, uint64_t store, const char *who)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };

	TRY(transaction_begin(db, &t));
	TRY(drop(&t, store, who));
	return transaction_commit(&t);
}

CK_RV
users_drop(struct transaction *t, struct store_full *s)
{
	while (s->pub.user_count != 0) {
		char who[PIN_WHO_SIZE];

		memcpy(who, s->pub.users[0].who, sizeof(who));
		TRY(drop(t, s->pub.id, who));
	}
	return CKR_OK;
}
