/*
 * A pseudo-random function for derivations: HMAC or CMAC with one key, called
 * as often as it takes.
 */
#ifndef VECS_PRF_H
#define VECS_PRF_H

#include "module/crypto/digest.h"
#include "module/mech/mech.h"

#define PRF_SIZE_MAX 64

struct prf {
	EVP_MAC_CTX *ctx;
	size_t size; /* bytes of an output */
};

/* The key is not empty.  prf_close lets go, also of one that did not open. */
CK_RV prf_hmac(const struct digest *digest, struct span key,
    struct prf *out) MUST_USE;
/* cipher: the EVP name, in which %u stands for the bits of the key. */
CK_RV prf_cmac(const char *cipher, struct span key, struct prf *out) MUST_USE;
void prf_close(struct prf *prf);

/* The output for all parts one after the other, of which empty ones may be
 * nowhere; out may be one of them. */
CK_RV prf_call(const struct prf *prf, const struct span *parts, size_t count,
    uint8_t *out) MUST_USE;

/* A digest that a parameter names by its mechanism;
 * CKR_MECHANISM_PARAM_INVALID. */
CK_RV prf_digest(CK_MECHANISM_TYPE type, const struct digest **out) MUST_USE;

#endif
