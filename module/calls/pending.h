/*
 * What a batch has collected: the fate of each object that it touches, found
 * by object.  Whoever owns the list locks it.
 */
#ifndef VECS_PENDING_H
#define VECS_PENDING_H

#include "module/object/object.h"
#include "module/session/context.h"

/* One object's fate in a batch. */
struct pending {
	struct object *before; /* as it is on disk, held; NULL: created here */
	struct object *after;  /* as it will be, held; NULL: deleted; both
	                        * NULL: created and deleted, never been */
	uint64_t store, to;    /* where it is, where it goes */
	CK_OBJECT_HANDLE handle; /* of a created one */
};

struct pendings {
	struct context *context; /* of the handles */
	struct pending *items;
	size_t count, cap;
	struct map index; /* by object: its place in items, plus one */
};

/* Borrowed until the next addition, or NULL. */
struct pending *pendings_find(const struct pendings *list,
    const struct object *o);
/* Holds what the pending one names; CKR_HOST_MEMORY. */
CK_RV pendings_add(struct pendings *list, const struct pending *p) MUST_USE;
/* A second change of an object replaces the first: its handle follows. */
CK_RV pendings_change(struct pendings *list, struct pending *p,
    struct object *after, uint64_t to) MUST_USE;
/* Lets go of all; dropped: what was created has no handle any more. */
void pendings_end(struct pendings *list, bool dropped);

#endif
