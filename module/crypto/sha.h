/*
 * SHA-1 and SHA-2 with a state that is plain memory: it can be kept as bytes,
 * which an EVP_MD_CTX cannot, and begin from the value of any SHA-512/t.  And
 * the HMAC over them (FIPS 198-1), for the same reason.
 */
#ifndef VECS_SHA_H
#define VECS_SHA_H

/* the only interface of libcrypto whose state is open, deprecated for that */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stdbool.h>

#include "common/span.h"

#define SHA_MAX 64

struct sha_kind;

struct sha {
	const struct sha_kind *kind;
	size_t size; /* of the digest, in bytes */
	union {
		SHA_CTX sha1;
		SHA256_CTX sha256;
		SHA512_CTX sha512;
	} u;
};

/* By EVP name; false for all but SHA-1 and SHA-2. */
bool sha_begin(struct sha *sha, const char *name);
/* SHA-512/t (FIPS 180-4, 5.3.6); false unless whole bytes, 0 < bits < 512, and
 * not 384. */
bool sha_begin_512t(struct sha *sha, unsigned long bits);
void sha_update(struct sha *sha, const void *in, size_t len);
void sha_final(struct sha *sha, uint8_t out[SHA_MAX]);

/* The state between two inputs, for this machine only. */
struct span sha_state(const struct sha *sha);
/* Of a begun one of the same kind; false unless it has the right length. */
bool sha_resume(struct sha *sha, struct span state);

struct sha_hmac {
	struct sha inner, outer;
};

/* begun: the hash to use. */
void sha_hmac_begin(struct sha_hmac *hmac, const struct sha *begun,
    struct span key);
void sha_hmac_final(struct sha_hmac *hmac, uint8_t out[SHA_MAX]);

#endif
