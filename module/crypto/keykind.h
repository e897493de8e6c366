/*
 * The types of asymmetric keys, one row each, at the end of the file that
 * serves it; key.c lists them.
 */
#ifndef VECS_KEYKIND_H
#define VECS_KEYKIND_H

#include "module/crypto/key.h"
#include "module/crypto/pkey.h"

struct key_kind {
	CK_KEY_TYPE type;
	/* Checks the parts and makes the EVP_PKEY; errors as of key_new.  bits
	 * is the size in the standard's unit, times eight where it is bytes. */
	CK_RV (*load)(const struct key_parts *parts, EVP_PKEY **out,
	    unsigned *bits);
	/* The public attributes and the SubjectPublicKeyInfo of a loaded key,
	 * public or private. */
	CK_RV (*public_parts)(const EVP_PKEY *pkey, struct key_made *out);
	/* All attributes of a private key that libcrypto has generated or
	 * decoded; CKR_WRAPPED_KEY_INVALID if it is of another type. */
	CK_RV (*export)(const EVP_PKEY *pkey, struct key_made *out);
	/* See key_prove; NULL: load has found out everything. */
	CK_RV (*prove)(EVP_PKEY *pkey);
};

/* By whichever row takes it. */
CK_RV key_export(const EVP_PKEY *pkey, CK_KEY_TYPE *type,
    struct key_made *out) MUST_USE;

extern const struct key_kind rsa_kind, ec_kind, edwards_kind,
    montgomery_kind, ml_dsa_kind, ml_kem_kind, slh_dsa_kind, dh_kind,
    x942_kind, dsa_kind;

#endif
