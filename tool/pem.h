/*
 * Files of certificates, keys and CRLs, in PEM, DER or PKCS#12, to libcrypto's
 * objects and back.  What does not parse is E_BAD_FORMAT.
 */
#ifndef VECS_TOOL_PEM_H
#define VECS_TOOL_PEM_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "tool/error.h"
#include "common/secret.h"

DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(X509 *, X509_free)
DEFINE_CLEANUP(X509_CRL *, X509_CRL_free)
DEFINE_CLEANUP(BIO *, BIO_free_all)
DEFINE_CLEANUP(PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free)
DEFINE_CLEANUP(X509_SIG *, X509_SIG_free)

void certs_free(STACK_OF(X509) *certs);
void crls_free(STACK_OF(X509_CRL) *crls);
DEFINE_CLEANUP(STACK_OF(X509) *, certs_free)
DEFINE_CLEANUP(STACK_OF(X509_CRL) *, crls_free)

/* Where the password of an encrypted input comes from, asked at need only. */
struct input_password {
	const char *file;     /* --key-password-file, or NULL */
	const char *fallback; /* --password, or NULL */
	bool asked;           /* set when the input needed one */
	struct secret value;
};

/* File, --password, terminal; the value stays for a second need. */
CK_RV input_password_get(struct input_password *password) MUST_USE;

/* All certificates of the file; other PEM blocks are passed over. */
CK_RV pem_certs(const struct secret *file,
    STACK_OF(X509) **out) MUST_USE;
CK_RV pem_crls(const struct secret *file,
    STACK_OF(X509_CRL) **out) MUST_USE;

/* PKCS#1, SEC1, PKCS#8, plain or encrypted: E_WRONG_PASSWORD. */
CK_RV pem_key(const struct secret *file, struct input_password *password,
    EVP_PKEY **out) MUST_USE;

/* Key and certificates of a PKCS#12 file; key is NULL if it holds none. */
CK_RV pem_pkcs12(const struct secret *file, struct input_password *password,
    EVP_PKEY **key, STACK_OF(X509) **certs) MUST_USE;

/* DER under a PEM heading, appended to what is there. */
CK_RV pem_wrap(const char *heading, const void *der, size_t len,
    BIO *out) MUST_USE;

/* An unencrypted PKCS#8 PEM. */
CK_RV pem_write_key(EVP_PKEY *key, BIO *out) MUST_USE;

/* Encrypted PKCS#8 DER (PBES2: AES-256-CBC, PBKDF2) and back. */
CK_RV pkcs8_seal(EVP_PKEY *key, const struct secret *password,
    struct secret *out) MUST_USE;
CK_RV pkcs8_open(const struct secret *sealed, const struct secret *password,
    EVP_PKEY **out) MUST_USE;

/* A memory BIO whose bytes are wiped when it is freed. */
BIO *bio_secret(void) MUST_USE;

#endif
