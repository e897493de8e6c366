/* Who is logged in to a token, and whose PIN a login asks for. */
#ifndef VECS_LOGINS_H
#define VECS_LOGINS_H

#include "module/calls/token.h"

/* Whose PIN C_Login(CKU_USER) and C_SetPIN mean: the token's own user's, or
 * that of the named user of vecs.conf (CKR_USER_PIN_NOT_INITIALIZED where the
 * store has none of the name).  *who is the store's. */
CK_RV login_means(const struct context *context, const struct store *store,
    const char **who) MUST_USE;

/* What a logout takes along: operations, handles and memory; own is the session
 * that the caller holds, or NULL. */
void private_forget(struct context *context, uint64_t slot,
    struct session *own);

#endif
