/*
 * What has been read from the database, kept as long as it is true: objects by
 * id and version, and the answers of searches as long as their store has not
 * changed.  Shared by all contexts; whoever asks has already been found
 * entitled.  Bounded: what nobody holds is dropped when there is too much.
 */
#ifndef VECS_CACHE_H
#define VECS_CACHE_H

#include "module/object/object.h"

struct cache;

CK_RV cache_new(struct database *db, struct cache **out) MUST_USE;
void cache_free(struct cache *cache);
DEFINE_CLEANUP(struct cache *, cache_free)

struct database *cache_database(const struct cache *cache);

/* The object of this reference, from memory if the version is the same; held
 * for the caller.  Errors of record_load. */
CK_RV cache_object(struct cache *cache, const struct store *store,
    const struct secret *private_key, const struct record_ref *ref,
    struct object **out) MUST_USE;

/* The object of this id as it is now: `old` (may be NULL) or what is in memory
 * while its cell is unchanged, else read again; CKR_OBJECT_HANDLE_INVALID when
 * it is gone from this store. */
CK_RV cache_current(struct cache *cache, const struct store *store,
    const struct secret *private_key, uint64_t id, struct object *old,
    struct object **out) MUST_USE;

/* The object as it is on disk at this moment, whatever memory says. */
CK_RV cache_reread(struct cache *cache, const struct store *store,
    const struct secret *private_key, uint64_t id,
    struct object **out) MUST_USE;

/* An answer that several have: it is never changed. */
struct shared_refs {
	size_t holders; /* the cache's lock guards it */
	size_t count;
	struct record_ref ref[];
};

/* records_find, remembered: held for the caller. */
CK_RV cache_share(struct cache *cache, const struct store *store,
    const struct secret *private_key, const struct query *query,
    struct shared_refs **out) MUST_USE;
void cache_unshare(struct cache *cache, struct shared_refs *refs);

/* The same as an array of the caller's own, to free. */
CK_RV cache_search(struct cache *cache, const struct store *store,
    const struct secret *private_key, const struct query *query,
    struct record_ref **out, size_t *count) MUST_USE;

/* At logout: private objects of this store leave the memory. */
void cache_drop_private(struct cache *cache, uint64_t store);

#endif
