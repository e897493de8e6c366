/*
 * An object in memory: one state of it, shared by reference and never changed.
 * A token object remembers where on disk and at which version it was read, and
 * the sample of its coherence cell; the key ready for use is made at first
 * need and kept with it.
 */
#ifndef VECS_OBJECT_H
#define VECS_OBJECT_H

#include <pthread.h>
#include <stdatomic.h>

#include "module/object/attrs.h"
#include "module/crypto/key.h"
#include "module/store/store.h"

struct object {
	atomic_uint refs;
	uint64_t id, version, store, cell; /* id 0: not on disk */
	CK_OBJECT_CLASS class;
	bool private, token;
	/* of a key, so that its use need not search the attributes */
	bool limited;         /* has CKA_ALLOWED_MECHANISMS */
	bool always_authenticates;
	uint16_t allowed;     /* see object_allows */
	CK_KEY_TYPE key_type; /* unavailable for all else */
	struct attrs attrs;
	pthread_mutex_t lock; /* of the making of key */
	struct key *_Atomic key;
	struct object *origin; /* held: what this is an image of, and whose key
	                        * it uses; or NULL */
};

/* Takes the attributes over, with one reference for the caller. */
CK_RV object_new(struct attrs *attrs, struct object **out) MUST_USE;
/* The same with other attributes: its place on disk and its key. */
CK_RV object_image(struct object *o, struct attrs *attrs,
    struct object **out) MUST_USE;
struct object *object_hold(struct object *o);
void object_put(struct object *o);
DEFINE_CLEANUP(struct object *, object_put)

/* Is this attribute of use (CKA_SIGN, CKA_WRAP, ...) there and true? */
bool object_allows(const struct object *o, CK_ATTRIBUTE_TYPE use);

/* The key ready for use, held for the caller. */
CK_RV object_key_get(struct object *o, struct key **out) MUST_USE;

#endif
