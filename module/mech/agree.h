/*
 * Agreement: a secret of one's own key and another's public one, and what the
 * key derivation functions of EC and DH make of it.
 */
#ifndef VECS_AGREE_H
#define VECS_AGREE_H

#include <openssl/evp.h>

#include "module/mech/keywork.h"

/* The whole secret, as long as the field or the prime, zeros in front too.
 * CKR_PUBLIC_KEY_INVALID for a public key that no honest party has. */
CK_RV agree_secret(EVP_PKEY *own, EVP_PKEY *peer,
    struct secret *out) MUST_USE;

/* What a mechanism's parameter says of the secret's use. */
struct agree_kdf {
	CK_ULONG type; /* CKD_ */
	const void *info;
	CK_ULONG info_len;
};

/* CKR_MECHANISM_PARAM_INVALID for a function that is not offered, or one that
 * takes no data and has some. */
CK_RV agree_kdf_check(const struct agree_kdf *kdf) MUST_USE;

/*
 * Puts the derived bytes in the place of the secret: len of them, or without a
 * length all of a secret that is used as it is; of that, the last ones.
 * CKR_TEMPLATE_INCOMPLETE, CKR_KEY_SIZE_RANGE.
 */
CK_RV agree_derive(const struct agree_kdf *kdf, size_t len,
    struct secret *secret) MUST_USE;

/* The same as the one key of a derivation; the parameter is checked. */
CK_RV agree_finish(EVP_PKEY *own, EVP_PKEY *peer, const struct agree_kdf *kdf,
    const struct derive_args *args, struct derived *out) MUST_USE;

/* The same for encapsulation. */
CK_RV agree_shared(EVP_PKEY *own, EVP_PKEY *peer, const struct agree_kdf *kdf,
    size_t len, struct secret *out) MUST_USE;

/* What is wrong with a ciphertext or with the length that a template wants, by
 * the names that they have there. */
CK_RV agree_answer(CK_RV rv) MUST_USE;

/* A key pair on the curve of a key, for this once: the private key ready for
 * use, and the attributes of both. */
CK_RV ecdh_ephemeral(const struct key *like, struct key_made *made,
    struct key **out) MUST_USE;

/* A key that a public value of the caller's makes, on the curve of own.
 * CKR_MECHANISM_PARAM_INVALID if it has not the form of one,
 * CKR_PUBLIC_KEY_INVALID if it is none. */
CK_RV ecdh_peer(const struct key *own, struct span point,
    struct key **out) MUST_USE;

#endif
