/* The MAC algorithms of our libcrypto, each fetched once and kept. */
#ifndef VECS_MAC_H
#define VECS_MAC_H

#include <openssl/evp.h>

/* Borrowed; NULL if this libcrypto does not offer it. */
EVP_MAC *mac_hmac(void);

#endif
