/*
 * How a private key in a token signs: what the application set (padding,
 * digests, salt) and the PKCS#11 mechanism and bytes that follow from it.
 */
#ifndef VECS_PROVIDER_SIGALG_H
#define VECS_PROVIDER_SIGALG_H

#include <openssl/core.h>

#include "provider/digest.h"
#include "provider/key.h"

struct sigalg {
	const struct digest *md, *mgf_md; /* NULL: none, and as md */
	int pad;                          /* RSA_*_PADDING */
	int salt;                         /* RSA_PSS_SALTLEN_*, or its size */
};

extern const OSSL_PARAM sigalg_settable[];
extern const OSSL_PARAM sigalg_gettable[];

/* What a key starts with. */
void sigalg_init(struct sigalg *a, const struct key *k);

/* An empty name or UNDEF means no digest. */
CK_RV sigalg_set_digest(struct sigalg *a, const struct key *k,
    const char *name) MUST_USE;
CK_RV sigalg_set(struct sigalg *a, const struct key *k,
    const OSSL_PARAM params[]) MUST_USE;
CK_RV sigalg_get(const struct sigalg *a, const struct key *k,
    OSSL_PARAM params[]) MUST_USE;

/* Signs a digest, or what stands for one; *len: room, then size. */
CK_RV sigalg_sign(const struct sigalg *a, struct key *k, const void *in,
    size_t in_len, unsigned char *out, size_t *len) MUST_USE;

#endif
