/* Private keys as the DER of a PKCS #8 PrivateKeyInfo (RFC 5958). */
#ifndef VECS_PKCS8_H
#define VECS_PKCS8_H

#include "module/crypto/key.h"

/* An EC key comes with its public half. */
CK_RV pkcs8_write(const struct key *key, struct secret *out) MUST_USE;

/* The attributes of the key, and its type; CKR_WRAPPED_KEY_INVALID for anything
 * but exactly one private key of a type that is offered, with fewer than 16
 * zeros behind it. */
CK_RV pkcs8_read(struct span der, CK_KEY_TYPE *type,
    struct key_made *out) MUST_USE;

#endif
