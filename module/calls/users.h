/*
 * Named users of a token as objects (CKO_VECS_USER of common/vendor.h).  They
 * are shown to the SO, the store's owner and administrators; an object is what
 * the store says of the user at the moment.
 */
#ifndef VECS_USERS_H
#define VECS_USERS_H

#include "module/calls/resolve.h"

/* A search that names the class, by somebody who is shown users. */
bool users_asked_for(const struct token *token, const CK_ATTRIBUTE *t,
    CK_ULONG n);
/* The users in the order of their names: *last is NULL before the first, *out
 * is NULL after the last. */
CK_RV user_next(const struct token *token, const struct store_user **last,
    struct object **out) MUST_USE;

/* Their place in the handle table; CKR_OBJECT_HANDLE_INVALID for one that is
 * gone, or who asks is not shown. */
bool user_is_id(uint64_t id);
CK_RV user_object(const struct token *token, uint64_t id,
    struct object **out) MUST_USE;

/* The row of calls/vendor.h. */
CK_RV user_create(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out) MUST_USE;
CK_RV user_change(struct session *s, const struct token *token,
    struct object *o, const CK_ATTRIBUTE *t, CK_ULONG n) MUST_USE;
CK_RV user_destroy(struct session *s, const struct token *token,
    struct object *o) MUST_USE;

#endif
