/* Encapsulation by RSA (PKCS#11 6.1): a secret of the token's, wrapped; and the
 * RSASVE of SP 800-56B, whose secret is a number below the modulus. */
#include <openssl/bn.h>
#include <openssl/core_names.h>

#include "module/crypto/libctx.h"
#include "module/crypto/pkey.h"
#include "module/mech/rsa.h"

size_t
rsa_kem_size(const struct mech *mech, const struct key *key)
{
	(void)mech;
	return (key_bits(key) + 7) / 8;
}

CK_RV
rsa_encapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, size_t len, struct secret *ciphertext,
    struct secret *shared)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	struct span plain;
	CK_RV rv;

	if (len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (len > rsa_kem_size(mech, key))
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(secret_new(len, &made));
	TRY(rng_bytes(made.data, len));
	plain = (struct span){ made.data, len };
	rv = mech_wrap(mech, mechanism, key, plain, ciphertext);
	if (rv == CKR_KEY_SIZE_RANGE) /* the padding leaves no room for it */
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(rv);
	*shared = made;
	made = (struct secret){ NULL, 0 };
	return CKR_OK;
}

CK_RV
rsa_decapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, size_t len, struct span ciphertext,
    struct secret *shared)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };

	TRY(mech_unwrap(mech, mechanism, key, ciphertext, &made));
	if (len != 0 && made.len != len)
		return CKR_WRAPPED_KEY_LEN_RANGE;
	*shared = made;
	made = (struct secret){ NULL, 0 };
	return CKR_OK;
}

/* 1 < z < n - 1, in as many bytes as n. */
static CK_RV
number_make(const struct key *key, struct secret *out)
{
	_cleanup_(BN_clear_freep) BIGNUM *n = NULL, *z = BN_new();
	_cleanup_(BN_CTX_freep) BN_CTX *ctx = BN_CTX_new_ex(libctx_get());

	if (z == NULL || ctx == NULL)
		return CKR_HOST_MEMORY;
	if (EVP_PKEY_get_bn_param(key_pkey(key), OSSL_PKEY_PARAM_RSA_N,
	    &n) != 1 || BN_sub_word(n, 3) != 1 ||
	    BN_priv_rand_range_ex(z, n, 0, ctx) != 1 ||
	    BN_add_word(z, 2) != 1)
		return CKR_FUNCTION_FAILED;
	TRY(secret_new(rsa_kem_size(NULL, key), out));
	return BN_bn2binpad(z, out->data, (int)out->len) >= 0
	    ? CKR_OK
	    : CKR_FUNCTION_FAILED;
}

CK_RV
rsasve_encapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, size_t len, struct secret *ciphertext,
    struct secret *shared)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };

	if (len != 0 && len != rsa_kem_size(mech, key))
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(number_make(key, &made));
	TRY(mech_wrap(mech, mechanism, key, (struct span){ made.data,
	    made.len }, ciphertext));
	*shared = made;
	made = (struct secret){ NULL, 0 };
	return CKR_OK;
}
