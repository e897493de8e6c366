/* HMAC-SHA-256 and HKDF-SHA-256 (RFC 5869), as the store derives its keys. */
#ifndef VECS_KDF_H
#define VECS_KDF_H

#include <stdint.h>

#include "common/secret.h"
#include "common/span.h"

#define KDF_LEN 32

/* The HMAC of all parts one after the other; CKR_FUNCTION_FAILED. */
CK_RV hmac_sha256(struct span key, const struct span *parts, size_t count,
    uint8_t out[KDF_LEN]) MUST_USE;

/* One block of output; an empty salt is 32 zeros, as the RFC has it. */
CK_RV hkdf_sha256(struct span key, struct span salt, struct span info,
    uint8_t out[KDF_LEN]) MUST_USE;

#endif
