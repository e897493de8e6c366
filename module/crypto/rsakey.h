/* RSA keys: from attributes to EVP_PKEY, and the parts of one. */
#ifndef VECS_RSAKEY_H
#define VECS_RSAKEY_H

#include "module/crypto/key.h"
#include "module/crypto/pkey.h"

/*
 * Checks that the numbers belong together (not that the primes are prime) and
 * computes what is absent: the public exponent, the exponents and the
 * coefficient of the Chinese remainder theorem.  Errors as of key_new.
 */
CK_RV rsakey_load(const struct key_parts *parts, EVP_PKEY **out) MUST_USE;

/* DER SubjectPublicKeyInfo, and the public exponent. */
CK_RV rsakey_spki(const EVP_PKEY *pkey, struct secret *out) MUST_USE;
CK_RV rsakey_public_exponent(const EVP_PKEY *pkey,
    struct secret *out) MUST_USE;

/* Exponent absent: 65537; smaller ones and even ones are
 * CKR_ATTRIBUTE_VALUE_INVALID. */
CK_RV rsakey_generate(unsigned bits, struct span exponent,
    struct key_made *out) MUST_USE;

#endif
