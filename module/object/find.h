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

/* Does the template ask for no more than a class, so that what the database
 * finds needs no second look? */
bool find_is_plain(const CK_ATTRIBUTE *t, CK_ULONG n);
/* find_objects for such a template, without a copy; cache_unshare lets go. */
CK_RV find_plain(struct cache *cache, const struct store *store,
    const struct secret *private_key, bool private, const CK_ATTRIBUTE *t,
    CK_ULONG n, struct shared_refs **out) MUST_USE;

#endif
