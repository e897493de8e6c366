/*
 * The parameters of authenticated ciphers (PKCS#11 6.13, 6.61): nine structures
 * that say the same in nine ways, as one.
 */
#ifndef VECS_AEADPARAM_H
#define VECS_AEADPARAM_H

#include "module/mech/param.h"

/* A row's arg. */
enum aead_scheme { AEAD_GCM, AEAD_CCM, AEAD_CHACHA20 };

/* Which of a scheme's structures. */
enum aead_form { AEAD_PLAIN, AEAD_MESSAGE, AEAD_WRAP };

struct aead_param {
	uint8_t *iv; /* the caller's, where a generated one goes too */
	size_t iv_len;
	CK_ULONG fixed_bits; /* of the IV, when the rest is generated */
	CK_GENERATOR_FUNCTION generator;
	struct span aad;
	uint8_t *tag; /* the caller's, of a message */
	size_t tag_len;
	size_t data_len; /* of CCM */
};

/* The size of the structure; 0 where the scheme has none of the form. */
size_t aead_param_size(enum aead_scheme scheme, enum aead_form form);

/* Checked: lengths that the scheme has, no NULL where there are bytes.  The
 * spans are the caller's memory. */
CK_RV aead_param_read(enum aead_scheme scheme, enum aead_form form,
    const void *parameter, size_t len, struct aead_param *out) MUST_USE;

/* The IVs of a key that the token makes, and their counter. */
struct iv_maker {
	bool begun;
	uint64_t count;
	/* what must not vary from call to call */
	CK_GENERATOR_FUNCTION generator;
	CK_ULONG fixed_bits;
	uint8_t iv[IV_MAX];
	size_t iv_len;
};

/* The IV of the next message, by the parameter's generator, into out. */
CK_RV iv_make(struct iv_maker *maker, const struct aead_param *p,
    uint8_t out[IV_MAX]) MUST_USE;

#endif
