/*
 * For tests: keys made by plain libcrypto in a context of the test's own, and
 * the same keys as this module has them; and the other side's signatures.
 */
#ifndef VECS_MECH_FIXTURE_H
#define VECS_MECH_FIXTURE_H

#include <openssl/evp.h>

#include "module/crypto/key.h"
#include "module/mech/run.h"

struct pair {
	EVP_PKEY *pkey; /* of the test's context */
	struct key_made numbers;
	struct key_parts private_parts, public_parts; /* point to numbers */
	struct key *private, *public;
};

/* The test's own context; also opens the module's. */
OSSL_LIB_CTX *fixture_open(void);

/* name: "RSA-2048", "P-256", "ED25519", ...  Stops the test on failure. */
void pair_make(const char *name, struct pair *out);
void pair_wipe(struct pair *pair);

struct key *secret_key_make(CK_KEY_TYPE type, const void *value, size_t len);

/* Hexadecimal digits as bytes; returns how many. */
size_t unhex(const char *hex, uint8_t *out);

/* A valid parameter of a row, kept in the thread's static memory. */
CK_MECHANISM mechanism_make(const struct mech *mech);

/* What plain libcrypto says for a row: true if the signature is right. */
bool other_verify(const struct mech *mech, EVP_PKEY *pkey, const void *in,
    size_t len, const uint8_t *sig, size_t sig_len);
/* Its own signature, in the standard's form; returns its length. */
size_t other_sign(const struct mech *mech, EVP_PKEY *pkey, const void *in,
    size_t len, uint8_t out[1024]);

/* Our one-call operations; CK_RV as they answer. */
CK_RV sign_once(const struct mech *mech, struct key *key, const void *in,
    size_t len, uint8_t out[1024], size_t *out_len);
CK_RV sign_parts(const struct mech *mech, struct key *key, const void *in,
    size_t len, size_t step, uint8_t out[1024], size_t *out_len);
CK_RV verify_once(const struct mech *mech, struct key *key, const void *in,
    size_t len, const void *sig, size_t sig_len);
CK_RV verify_parts(const struct mech *mech, struct key *key, const void *in,
    size_t len, size_t step, const void *sig, size_t sig_len);

#endif
