/*
 * New keys for a whole instance (docs/STORE-FORMAT.md, "New keys"): a new
 * master key at once, then new keys for one store after the other.  What is
 * interrupted goes on where it stopped when it is called again.
 */
#ifndef VECS_REKEY_H
#define VECS_REKEY_H

#include "module/store/store.h"

/* Calls then with the values of a record's index, whose digests the keys change:
 * from above, for the store knows no attributes. */
typedef CK_RV (*rekey_then)(void *arg, const struct span index[INDEX_COUNT]);
typedef CK_RV (*rekey_index)(struct span plain, rekey_then then, void *arg);

/* A new master key, unless stores of the last time are left. */
CK_RV rekey_begin(struct database *db) MUST_USE;
/* The next store that still has its old keys.  *done and *total count stores:
 * when they are the same, nothing is left.  The private-objects key of a token
 * with PINs stays: nobody knows it here. */
CK_RV rekey_step(struct database *db, rekey_index index, size_t *done,
    size_t *total) MUST_USE;

#endif
