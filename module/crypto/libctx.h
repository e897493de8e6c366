/*
 * The one OSSL_LIB_CTX of this module, with the default provider loaded by
 * name and no configuration read: we may be loaded by a provider that libcrypto
 * itself loads, and must never meet the application's context.  It lives as
 * long as the process.
 */
#ifndef VECS_LIBCTX_H
#define VECS_LIBCTX_H

#include <openssl/types.h>
#include <stdbool.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

/* Makes the context at the first call; CKR_GENERAL_ERROR if libcrypto fails. */
CK_RV libctx_open(void) MUST_USE;

/*
 * libcrypto looks for engines at the first key and the first random byte, and
 * reads the application's configuration for that, whatever context is meant.
 * Here it does so at once: call it where no lock is held and the module may be
 * entered again, for the configuration can name a provider that loads us.
 */
void libctx_settle(void);

/* Loads libcrypto's legacy provider too, for what is dated (single DES); false
 * where it is not installed.  Called when something is not found. */
bool libctx_legacy(void);

/* The context; NULL before libctx_open. */
OSSL_LIB_CTX *libctx_get(void);

/* Random bytes from the context's private generator; CKR_RANDOM_NO_RNG. */
CK_RV rng_bytes(void *out, size_t len) MUST_USE;

/* Mixes bytes into this thread's generator, beside fresh ones of libcrypto's
 * own: the seed can make nothing worse. */
CK_RV rng_mix(const void *seed, size_t len) MUST_USE;

#endif
