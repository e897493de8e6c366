/*
 * AES-256-GCM under a key that is used once: the nonce is all zeros, and the
 * caller's key derivation gives every message a key of its own.
 */
#ifndef VECS_AEAD_H
#define VECS_AEAD_H

#include <stdint.h>

#include "common/secret.h"
#include "common/span.h"

#define AEAD_KEY 32
#define AEAD_TAG 16

/* out: plain.len + AEAD_TAG bytes. */
CK_RV aead_seal(const uint8_t key[AEAD_KEY], struct span aad,
    struct span plain, uint8_t *out) MUST_USE;

/* sealed.len >= AEAD_TAG; out: sealed.len - AEAD_TAG bytes.  What is not
 * authentic: CKR_ENCRYPTED_DATA_INVALID, and out is wiped. */
CK_RV aead_open(const uint8_t key[AEAD_KEY], struct span aad,
    struct span sealed, uint8_t *out) MUST_USE;

#endif
