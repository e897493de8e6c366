/* The ciphers of our libcrypto, each fetched once and kept. */
#ifndef VECS_CIPHER_H
#define VECS_CIPHER_H

#include <openssl/evp.h>

#include "common/cleanup.h"

DEFINE_CLEANUP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

/* By EVP name, in which a %u stands for the bits of the key; borrowed.  NULL if
 * this libcrypto does not offer it. */
const EVP_CIPHER *cipher_find(const char *name, unsigned bits);

#endif
