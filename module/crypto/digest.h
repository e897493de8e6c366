/* The digests of our libcrypto, each fetched once and kept. */
#ifndef VECS_DIGEST_H
#define VECS_DIGEST_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

struct digest;

/* By EVP name ("SHA2-256"); NULL if this libcrypto does not offer it.  Two
 * digests are the same if their pointers are. */
const struct digest *digest_find(const char *name);

const char *digest_name(const struct digest *digest);
/* Of SHAKE128 and SHAKE256, as long as their strength needs: 32 and 64. */
size_t digest_size(const struct digest *digest);
/* Writes digest_size bytes; false if libcrypto fails. */
bool digest_final(const struct digest *digest, EVP_MD_CTX *ctx, void *out);
/* Borrowed, never NULL. */
const EVP_MD *digest_md(const struct digest *digest);

#endif
