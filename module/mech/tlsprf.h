/* The pseudo-random function of TLS 1.2 (RFC 5246, 5). */
#ifndef VECS_TLSPRF_H
#define VECS_TLSPRF_H

#include "module/crypto/digest.h"
#include "module/mech/mech.h"

#define TLS_SEED_MAX 5

/* The seed is all parts one after the other, at most TLS_SEED_MAX, with the
 * label as the first. */
CK_RV tls_prf(const struct digest *digest, struct span secret,
    const struct span *seed, size_t count, uint8_t *out, size_t len) MUST_USE;

#endif
