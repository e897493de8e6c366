/*
 * ML-DSA, ML-KEM and SLH-DSA keys (FIPS 204, 203, 205), where this libcrypto
 * has them; loading and parts are in crypto/keykind.h.
 */
#ifndef VECS_PQKEY_H
#define VECS_PQKEY_H

#include <stdbool.h>
#include <stdint.h>

#include "module/crypto/key.h"
#include "module/crypto/pkey.h"

struct pqset {
	CK_KEY_TYPE type;
	CK_ULONG number;         /* CKP_ */
	const char *name;        /* of the key type, for EVP */
	uint8_t oid[2];          /* behind 2.16.840.1.101.3.4 */
	size_t public, private;  /* bytes of a key */
	size_t seed;             /* 0: the type has none */
	size_t out;              /* bytes of a signature or a ciphertext */
};

/* Does this libcrypto have keys of the type? */
bool pqset_is_offered(CK_KEY_TYPE type);

/* CKR_PARAMETER_SET_NOT_SUPPORTED. */
CK_RV pqset_find(CK_KEY_TYPE type, CK_ULONG number,
    const struct pqset **out) MUST_USE;

/* The set of a key; NULL for one of other types. */
const struct pqset *pqset_of(const EVP_PKEY *pkey);

CK_RV pqkey_generate(const struct pqset *set, struct key_made *out) MUST_USE;

#endif
