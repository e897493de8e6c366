/*
 * Search by template: the most selective indexed attribute narrows in the
 * database, class and index that decide alone need no unsealing, everything
 * else is compared with the unsealed attributes.
 */
#ifndef VECS_FIND_H
#define VECS_FIND_H

#include "module/object/cache.h"

/* The token objects of a store that match, ascending by id; private ones only
 * if `private`.  The array is the caller's to free. */
CK_RV find_objects(struct cache *cache, const struct store *store,
    const struct secret *private_key, bool private, const CK_ATTRIBUTE *t,
    CK_ULONG n, struct record_ref **out, size_t *count) MUST_USE;

#endif
