/* Certificates and CRLs: order of a chain, names, templates. */
#ifndef VECS_TOOL_CERT_H
#define VECS_TOOL_CERT_H

#include "tool/attrs.h"
#include "tool/pem.h"

#define SHA1_HEX 41

/* SHA-1 of the DER as 40 lower-case digits. */
CK_RV cert_alias(const X509 *cert, char out[SHA1_HEX]) MUST_USE;
CK_RV crl_alias(const X509_CRL *crl, char out[SHA1_HEX]) MUST_USE;

bool cert_is_ca(X509 *cert);

/*
 * Puts the leaf first and each issuer after what it issued; copies of one
 * certificate count once.  With a key the leaf is the certificate of that key:
 * E_KEY_MISMATCH.  A certificate outside the chain is E_BAD_FORMAT, and named
 * on stderr; lax keeps it at the end instead.
 */
CK_RV chain_sort(STACK_OF(X509) *certs, EVP_PKEY *key, bool lax) MUST_USE;

/* Drops what is there twice; of several CRLs of one issuer keeps the newest. */
void certs_unique(STACK_OF(X509) *certs);
void crls_newest(STACK_OF(X509_CRL) *crls);

/* SHA-1 of the public key, the CKA_ID of all objects that belong to it. */
CK_RV cert_id(const X509 *cert, struct secret *out) MUST_USE;

/* The DER of a name, by i2d. */
CK_RV name_der(const X509_NAME *name, struct secret *out) MUST_USE;

/* Template of a token object. */
CK_RV cert_attrs(X509 *cert, const char *label, bool authority,
    struct attrs *out) MUST_USE;
/* native: CKO_NSS_CRL; otherwise CKO_DATA, application vecs:crl. */
CK_RV crl_attrs(const X509_CRL *crl, const char *label, bool native,
    struct attrs *out) MUST_USE;

/* Above 0 if a is newer than b: by CRL number, else by date. */
int crl_compare(const X509_CRL *a, const X509_CRL *b);

#endif
