/* Keys on curves, Weierstrass and Edwards: EVP_PKEY from attributes. */
#ifndef VECS_ECKEY_H
#define VECS_ECKEY_H

#include "module/crypto/curve.h"
#include "module/crypto/key.h"
#include "module/crypto/pkey.h"

/* Errors as of key_new.  A private key's EVP_PKEY of a Weierstrass curve has
 * no public half: it costs a multiplication, and nothing here needs it. */
CK_RV eckey_load(const struct key_parts *parts, const struct curve *curve,
    EVP_PKEY **out) MUST_USE;

/* The bytes of the public key, uncompressed; computed where needed. */
CK_RV eckey_point(const struct curve *curve, const EVP_PKEY *pkey,
    struct secret *out) MUST_USE;
/* CKA_EC_POINT: the same in an OCTET STRING. */
CK_RV eckey_point_attribute(struct span point, struct secret *out) MUST_USE;
CK_RV eckey_spki(const struct curve *curve, struct span point,
    struct secret *out) MUST_USE;

/* params as they came are the params of the key made. */
CK_RV eckey_generate(const struct curve *curve, struct span params,
    struct key_made *out) MUST_USE;

#endif
