/* What the RSA families share. */
#ifndef VECS_RSA_H
#define VECS_RSA_H

#include "module/mech/op.h"

/* The context for the operation's use, with the row's padding. */
CK_RV rsa_prepare(struct op *op) MUST_USE;

size_t rsa_modulus_len(const struct op *op);
/* For any input: as many bytes as the modulus. */
size_t rsa_size(const struct op *op, size_t in_len);

/* Any of the uses that write, on input of a length that is right; failed is the
 * answer for what libcrypto refuses to sign or encrypt. */
CK_RV rsa_run(struct op *op, struct span in, CK_RV failed, void *out,
    size_t *out_len) MUST_USE;

/* Encapsulation: see op.h. */
size_t rsa_kem_size(const struct mech *mech, const struct key *key);
CK_RV rsa_encapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, size_t len, struct secret *ciphertext,
    struct secret *shared) MUST_USE;
CK_RV rsa_decapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, size_t len, struct span ciphertext,
    struct secret *shared) MUST_USE;
CK_RV rsasve_encapsulate(const struct mech *mech,
    const CK_MECHANISM *mechanism, struct key *key, size_t len,
    struct secret *ciphertext, struct secret *shared) MUST_USE;

#endif
