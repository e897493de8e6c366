/* The curves that are offered, and the forms in which keys name them. */
#ifndef VECS_CURVE_H
#define VECS_CURVE_H

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"
#include "common/span.h"

struct curve {
	const char *name; /* of the group or the key type, for EVP */
	CK_KEY_TYPE type; /* CKK_EC, _EDWARDS or _MONTGOMERY */
	unsigned bits;    /* of the field */
	size_t len;       /* bytes of a private key and of a coordinate */
	int nid;          /* of the group; 0 for those of RFC 7748 and 8032 */
	struct span oid;  /* the whole OBJECT IDENTIFIER */
};

/* By CKA_EC_PARAMS, an OBJECT IDENTIFIER or a PrintableString.  Another curve:
 * CKR_CURVE_NOT_SUPPORTED; no name of a curve: CKR_DOMAIN_PARAMS_INVALID. */
CK_RV curve_find(CK_KEY_TYPE type, struct span params,
    const struct curve **out) MUST_USE;

/* The curve of a key; NULL for one that is not offered. */
const struct curve *curve_of(const EVP_PKEY *pkey);

/* The group of a CKK_EC curve, borrowed; NULL if libcrypto fails. */
const EC_GROUP *curve_group(const struct curve *curve);

/*
 * The bytes of a public key inside CKA_EC_POINT: bare, in an OCTET STRING or
 * in a BIT STRING.  CKR_ATTRIBUTE_VALUE_INVALID if they have not the length
 * and the first byte of a point of the curve; that it lies on it is not
 * checked.
 */
CK_RV curve_point(const struct curve *curve, struct span point,
    struct span *out) MUST_USE;

#endif
