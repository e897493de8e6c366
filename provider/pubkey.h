/* The public half of a key in a token, as a key of our own libcrypto. */
#ifndef VECS_PROVIDER_PUBKEY_H
#define VECS_PROVIDER_PUBKEY_H

#include "provider/soft.h"
#include "provider/token.h"

/*
 * Of a private or public key: from its own attributes where they suffice,
 * else from a public key or certificate of the same CKA_ID.  The caller frees.
 * CKR_KEY_TYPE_INCONSISTENT for types that we do not have.
 */
CK_RV pubkey_get(const struct session *s, CK_OBJECT_HANDLE key,
    EVP_PKEY **out) MUST_USE;

#endif
