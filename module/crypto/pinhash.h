/* Argon2id of a PIN (RFC 9106), in the caller's own thread. */
#ifndef VECS_PINHASH_H
#define VECS_PINHASH_H

#include <stdint.h>

#include "common/secret.h"
#include "common/span.h"

#define PINHASH_LEN 32
#define PINHASH_SALT 16

struct pin_cost {
	uint32_t memory; /* KiB */
	uint32_t passes, lanes;
};

/* CKR_HOST_MEMORY when the memory is not to be had. */
CK_RV pinhash(struct span pin, const uint8_t salt[PINHASH_SALT],
    const struct pin_cost *cost, uint8_t out[PINHASH_LEN]) MUST_USE;

#endif
