/* Key slots, as the files of this folder use them. */
#ifndef VECS_SLOTS_H
#define VECS_SLOTS_H

#include "module/store/database.h"

struct slot {
	uint64_t version; /* 0: not on disk yet */
	struct pin_cost cost;
	uint8_t salt[PINHASH_SALT];
	struct pin_state state;
	struct secret wrapped; /* sealed under the hash; may hold no key */
};

void slot_wipe(struct slot *slot);

/* May be what a slot is called: short, and text to its last byte. */
bool slot_is_name(const void *name, size_t len);

/* A slot for this PIN that wraps the key (or nothing): hashes, so that no lock
 * may be held.  The store's home is bound. */
CK_RV slot_make(struct database *db, uint64_t home, enum pin_who who,
    struct span pin, struct span key, struct slot *slot) MUST_USE;
/* Writes it, one version further, and the store's manifest. */
CK_RV slot_store(struct transaction *t, struct store_full *s,
    enum pin_who who, struct slot *slot) MUST_USE;

#endif
