/* The MAC algorithms of our libcrypto, each fetched once and kept. */
#ifndef VECS_MAC_H
#define VECS_MAC_H

#include <openssl/evp.h>

/* By EVP name: "HMAC", "CMAC", "GMAC"; borrowed.  NULL if this libcrypto does
 * not offer it. */
EVP_MAC *mac_find(const char *name);

#endif
