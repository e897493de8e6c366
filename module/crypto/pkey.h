/* From numbers to libcrypto's EVP_PKEY, and back. */
#ifndef VECS_PKEY_H
#define VECS_PKEY_H

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/secret.h"
#include "common/span.h"

DEFINE_CLEANUP(BIGNUM *, BN_clear_free)
DEFINE_CLEANUP(BN_CTX *, BN_CTX_free)
DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)

/* The parts of a key on their way to EVP_PKEY_fromdata: at most PARTS_MAX. */
#define PARTS_MAX 9
struct pkey_parts {
	OSSL_PARAM params[PARTS_MAX + 1];
	struct secret bytes[PARTS_MAX];
	size_t count;
};

CK_RV pkey_add_number(struct pkey_parts *parts, const char *name,
    const BIGNUM *number) MUST_USE;
/* The bytes or the text stay the caller's until the key is made. */
void pkey_add_octets(struct pkey_parts *parts, const char *name,
    struct span octets);
void pkey_add_text(struct pkey_parts *parts, const char *name,
    const char *text);
void pkey_parts_wipe(struct pkey_parts *parts);

/* For making keys of this type in our own context; NULL if libcrypto fails. */
EVP_PKEY_CTX *pkey_context(const char *type);

/* type is "RSA" or "EC", selection EVP_PKEY_PUBLIC_KEY or EVP_PKEY_KEYPAIR;
 * what libcrypto refuses is CKR_ATTRIBUTE_VALUE_INVALID. */
CK_RV pkey_make(const char *type, int selection, struct pkey_parts *parts,
    EVP_PKEY **out) MUST_USE;

/* A number of a key, big-endian, of len bytes; 0: as many as it has. */
CK_RV pkey_number(const EVP_PKEY *pkey, const char *name, size_t len,
    struct secret *out) MUST_USE;

/* DER SubjectPublicKeyInfo from the whole AlgorithmIdentifier's content and
 * the bytes of the key. */
CK_RV pkey_spki(struct span algorithm, struct span key,
    struct secret *out) MUST_USE;

#endif
