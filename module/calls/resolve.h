/* From a handle to the object as this session sees it. */
#ifndef VECS_RESOLVE_H
#define VECS_RESOLVE_H

#include "module/calls/batch.h"
#include "module/mech/run.h"

/* CKR_ARGUMENTS_BAD for a NULL where the standard wants bytes. */
CK_RV template_check(const CK_ATTRIBUTE *t, CK_ULONG n) MUST_USE;

/* The row of a mechanism that offers this CKF_; CKR_MECHANISM_INVALID. */
CK_RV mech_for(const CK_MECHANISM *mechanism, CK_FLAGS flag,
    const struct mech **out) MUST_USE;

/* Held for the caller; CKR_OBJECT_HANDLE_INVALID when there is none, it is
 * gone, of another token, private without a login, or in another's batch. */
CK_RV object_resolve(struct session *s, const struct token *token,
    CK_OBJECT_HANDLE handle, struct object **out) MUST_USE;

/* After a refused change of a token object outside a batch: true if it has been
 * changed elsewhere since it was read, and *o is what it is now. */
bool object_moved_on(struct session *s, const struct token *token,
    struct object **o);

/* A handle for an object of this session's token: taken over in any case.  A
 * token object that is on disk is remembered by its id alone. */
CK_RV object_name(struct session *s, struct object *o,
    CK_OBJECT_HANDLE *out) MUST_USE;
CK_RV object_name_id(struct session *s, uint64_t id, bool private,
    CK_OBJECT_HANDLE *out) MUST_USE;

/* Puts a state of an object (held for it, or NULL: read it from the disk) behind
 * a handle; id as it is on disk now, 0 for none. */
void object_rename(struct context *context, CK_OBJECT_HANDLE handle,
    uint64_t id, struct object *o);

#endif
