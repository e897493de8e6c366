/* Keys as libcrypto has them, to the standard's attributes and back. */
#ifndef VECS_TOOL_KEY_H
#define VECS_TOOL_KEY_H

#include "tool/attrs.h"
#include "tool/object.h"
#include "tool/pem.h"

/* The numbers of an RSA key, as libcrypto and as the standard call them. */
#define RSA_NUMBERS 8
extern const struct rsa_number {
	const char *param;
	CK_ATTRIBUTE_TYPE type;
	bool secret;
} rsa_numbers[RSA_NUMBERS];

struct key_policy {
	bool sensitive, extractable;
};

/* CKR_OK for RSA, EC on a named curve, Ed25519 and Ed448; ML-DSA, ML-KEM and
 * SLH-DSA where libcrypto has them. */
CK_RV key_check(EVP_PKEY *key) MUST_USE;

/* Templates of token objects; id as of cert_id, subject is the leaf's name. */
CK_RV key_private_attrs(EVP_PKEY *key, const char *label,
    const struct secret *id, const struct secret *subject,
    const struct key_policy *policy, struct attrs *out) MUST_USE;
CK_RV key_public_attrs(EVP_PKEY *key, const char *label,
    const struct secret *id, struct attrs *out) MUST_USE;

/* Fetches a private key out of a token: CKR_ATTRIBUTE_SENSITIVE if it stays. */
CK_RV key_fetch(const struct token *token, CK_OBJECT_HANDLE object,
    EVP_PKEY **out) MUST_USE;

#endif
