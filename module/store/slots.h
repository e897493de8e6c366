/* Key slots, as the files of this folder use them. */
#ifndef VECS_SLOTS_H
#define VECS_SLOTS_H

#include "module/store/database.h"

/* A named user's who: the prefix and random digits. */
#define WHO_PREFIX "u:"
#define WHO_DIGITS 32

struct slot {
	uint64_t version; /* 0: not on disk yet */
	struct pin_cost cost;
	uint8_t salt[PINHASH_SALT];
	struct pin_state state;
	struct secret wrapped; /* sealed under the hash; may hold no key */
	char name[USER_NAME_MAX + 1]; /* of a named user; else empty */
	unsigned rights;              /* his */
};

void slot_wipe(struct slot *slot);
/* What is sealed of it. */
void slot_print(const struct slot *slot, struct buf *out);

/* What is sealed in the row of this name; slot->version is set before. */
CK_RV slot_open(const struct store_full *s, const char *who,
    struct span sealed, struct slot *slot) MUST_USE;
/* May be what a row is called. */
bool slot_is_name(const void *name, size_t len);

/* A slot for this PIN that wraps the key (or nothing): hashes, so that no lock
 * may be held.  The store's home is bound. */
CK_RV slot_make(struct database *db, uint64_t home, const char *who,
    struct span pin, struct span key, struct slot *slot) MUST_USE;
/* The slot as it is in this transaction; *there false when there is none. */
CK_RV slot_load(struct transaction *t, const struct store_full *s,
    const char *who, struct slot *slot, bool *there) MUST_USE;
/* Writes it, one version further, and the store's manifest. */
CK_RV slot_store(struct transaction *t, struct store_full *s,
    const char *who, struct slot *slot) MUST_USE;
/* Takes out a slot that was loaded. */
CK_RV slot_drop(struct transaction *t, struct store_full *s,
    const char *who, const struct slot *slot) MUST_USE;
/* Another PIN in the same slot: what hangs on the PIN changes hands, and all
 * tries are there. */
void slot_exchange(struct slot *slot, struct slot *fresh);

/* The number that a store's contents are sealed under. */
CK_RV home_of(struct database *db, uint64_t store, uint64_t *home) MUST_USE;
/* All named users go: they know a key that is the store's no more. */
CK_RV users_drop(struct transaction *t, struct store_full *s) MUST_USE;

#endif
