/* The digests of our libcrypto, each fetched once and kept. */
#ifndef VECS_DIGEST_H
#define VECS_DIGEST_H

#include <openssl/evp.h>
#include <stddef.h>

struct digest;

/* By EVP name ("SHA2-256"); NULL if this libcrypto does not offer it.  Two
 * digests are the same if their pointers are. */
const struct digest *digest_find(const char *name);

const char *digest_name(const struct digest *digest);
size_t digest_size(const struct digest *digest);
/* Borrowed, never NULL. */
const EVP_MD *digest_md(const struct digest *digest);

#endif
