/* Wrapping mechanisms with their parameters, and which one a key can do. */
#ifndef VECS_TOOL_WRAPPING_H
#define VECS_TOOL_WRAPPING_H

#include "tool/object.h"

#define WRAPPING_IV 16

struct wrapping {
	CK_MECHANISM_TYPE type;
	CK_MECHANISM_TYPE hash; /* of RSA */
};

/*
 * The mechanism NAME, or the best that the token offers with this flag
 * (CKF_WRAP or CKF_UNWRAP) for a wrapping key of this type and a key of this
 * class; hash is "sha256" and the like, or NULL.  Says what is wrong.
 */
CK_RV wrapping_choose(const struct token *token, CK_KEY_TYPE with,
    CK_OBJECT_CLASS class, CK_FLAGS flag, const char *name, const char *hash,
    struct wrapping *out) MUST_USE;

/* Does the token offer this with the flag? */
bool wrapping_offered(const struct token *token, CK_MECHANISM_TYPE type,
    CK_FLAGS flag);

/* The wrapped key; for a mechanism with an IV a fresh one stands before it. */
CK_RV wrapping_wrap(const struct wrapping *w, const struct token *token,
    CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key, struct secret *out) MUST_USE;

CK_RV wrapping_unwrap(const struct wrapping *w, const struct token *token,
    CK_OBJECT_HANDLE with, const struct secret *wrapped,
    const struct attrs *a, CK_OBJECT_HANDLE *out) MUST_USE;

#endif
