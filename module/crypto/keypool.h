/*
 * What an operation needs of a key: its EVP_PKEY or its bytes, and the pool of
 * idle operations that are kept ready with it.
 */
#ifndef VECS_KEYPOOL_H
#define VECS_KEYPOOL_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "module/crypto/key.h"

CK_OBJECT_CLASS key_class(const struct key *key);
CK_KEY_TYPE key_type(const struct key *key);
/* Borrowed; NULL for secret keys. */
EVP_PKEY *key_pkey(const struct key *key);
/* Borrowed; data NULL for asymmetric keys. */
struct span key_value(const struct key *key);

/* The head of anything kept in a pool; it must not hold the key. */
struct idle {
	void (*free)(struct idle *idle);
};

/* Takes out the idle thing that matches, or NULL. */
struct idle *key_idle_take(struct key *key,
    bool (*matches)(const struct idle *idle, const void *wanted),
    const void *wanted);
/* Hands it over; the pool keeps a few and frees those unused for longest. */
void key_idle_give(struct key *key, struct idle *idle);

#endif
