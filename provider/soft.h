/*
 * Our own libcrypto context, with the default provider in it and nothing from
 * the application's configuration: public keys live there, and digests.
 */
#ifndef VECS_PROVIDER_SOFT_H
#define VECS_PROVIDER_SOFT_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free)
DEFINE_CLEANUP(X509 *, X509_free)

/* Made once, never freed: keys of ours may outlive every provider.  NULL when
 * memory is short. */
OSSL_LIB_CTX *soft_libctx(void);

#endif
