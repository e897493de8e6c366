/*
 * Bytes to sealed bytes: AES-256-GCM under a key of its own for each message,
 * HKDF of the sealing key with 32 random bytes of salt that stand before it
 * (docs/STORE-FORMAT.md, "Sealing").
 */
#ifndef VECS_SEAL_H
#define VECS_SEAL_H

#include "common/buf.h"
#include "common/span.h"

#define SEAL_KEY 32
#define SEAL_SALT 32
#define SEAL_TAG 16
#define SEAL_FORMAT 1

/* What is sealed, so that nothing passes for something else. */
#define PURPOSE_STORE "vecs store"
#define PURPOSE_MANIFEST "vecs manifest"
#define PURPOSE_INSTANCE "vecs instance"
#define PURPOSE_OBJECT "vecs object"
#define PURPOSE_SLOT "vecs keyslot"
#define PURPOSE_PIN "vecs pin"
#define PURPOSE_BACKUP "vecs backup"

/* Keys derived from a sealing key for another use than sealing. */
#define SUBKEY_ID "vecs master key id"
#define SUBKEY_PRIVATE_ID "vecs private key id"
#define SUBKEY_INDEX "vecs index"
#define SUBKEY_MANIFEST "vecs manifest sum"
#define SUBKEY_BACKUP "vecs backup chain"

/* Appends salt, ciphertext and tag. */
CK_RV seal(struct span key, const char *purpose, struct span aad,
    struct span plain, struct buf *out) MUST_USE;
/* The same with a given salt: what the test vectors are made of. */
CK_RV seal_with_salt(struct span key, const char *purpose, struct span aad,
    struct span plain, const uint8_t salt[SEAL_SALT],
    struct buf *out) MUST_USE;

/* CKR_ENCRYPTED_DATA_INVALID for anything that is not authentic. */
CK_RV seal_open(struct span key, const char *purpose, struct span aad,
    struct span sealed, struct secret *out) MUST_USE;

CK_RV seal_subkey(struct span key, const char *use,
    uint8_t out[SEAL_KEY]) MUST_USE;

#endif
