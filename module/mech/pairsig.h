/*
 * Signatures that are two numbers, of ECDSA and DSA: DER on libcrypto's side, r
 * and s side by side on the standard's.  A family sets op->len, the bytes of
 * each half, when it prepares.
 */
#ifndef VECS_PAIRSIG_H
#define VECS_PAIRSIG_H

#include "module/mech/op.h"

/* The context for the operation's use, and the bytes of the order. */
CK_RV pairsig_prepare(struct op *op, size_t half) MUST_USE;

size_t pairsig_size(const struct op *op, size_t in_len);
CK_RV pairsig_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len) MUST_USE;
CK_RV pairsig_verify(struct op *op, const void *in, size_t in_len,
    const void *sig, size_t sig_len) MUST_USE;

#endif
