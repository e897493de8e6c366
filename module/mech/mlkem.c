/* ML-KEM (FIPS 203): a secret that two sides share, and its ciphertext. */
#include "module/crypto/libctx.h"
#include "module/crypto/pqkey.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

#define SHARED 32

static bool
mlkem_is_offered(const struct mech *mech)
{
	return pqset_is_offered(mech->key_type);
}

static size_t
mlkem_size(const struct mech *mech, const struct key *key)
{
	const struct pqset *set = pqset_of(key_pkey(key));

	(void)mech;
	return set != NULL ? set->out : 0;
}

static CK_RV
context_new(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, const struct key *key,
    EVP_PKEY_CTX **out)
{
	struct param none;

	TRY(param_none(mech, use, mechanism, &none));
	*out = EVP_PKEY_CTX_new_from_pkey(libctx_get(), key_pkey(key), NULL);
	return *out != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_RV
mlkem_encapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct secret *ciphertext, struct secret *shared)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = NULL;
	_cleanup_(secret_wipe) struct secret text = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret both = { NULL, 0 };
	size_t text_len, both_len = SHARED;

	TRY(context_new(mech, CKF_ENCAPSULATE, mechanism, key, &ctx));
	TRY(secret_new(mlkem_size(mech, key), &text));
	TRY(secret_new(SHARED, &both));
	text_len = text.len;
	if (EVP_PKEY_encapsulate_init(ctx, NULL) != 1 ||
	    EVP_PKEY_encapsulate(ctx, text.data, &text_len, both.data,
		&both_len) != 1 ||
	    text_len != text.len || both_len != SHARED)
		return CKR_FUNCTION_FAILED;
	*ciphertext = text;
	*shared = both;
	text = both = (struct secret){ NULL, 0 };
	return CKR_OK;
}

/* A wrong ciphertext of the right length gives a wrong secret, and nothing
 * tells (FIPS 203, 6.3). */
static CK_RV
mlkem_decapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span ciphertext, struct secret *shared)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = NULL;
	_cleanup_(secret_wipe) struct secret both = { NULL, 0 };
	size_t len = SHARED;

	TRY(context_new(mech, CKF_DECAPSULATE, mechanism, key, &ctx));
	if (ciphertext.len != mlkem_size(mech, key))
		return CKR_WRAPPED_KEY_LEN_RANGE;
	TRY(secret_new(SHARED, &both));
	if (EVP_PKEY_decapsulate_init(ctx, NULL) != 1 ||
	    EVP_PKEY_decapsulate(ctx, both.data, &len, ciphertext.data,
		ciphertext.len) != 1 || len != SHARED)
		return CKR_FUNCTION_FAILED;
	*shared = both;
	both = (struct secret){ NULL, 0 };
	return CKR_OK;
}

static const struct mech_ops mlkem_ops = {
	.unit = 8,
	.is_offered = mlkem_is_offered,
	.encapsulate = mlkem_encapsulate,
	.decapsulate = mlkem_decapsulate,
	.encapsulated_size = mlkem_size,
};

static const struct mech ml_kem_rows[] = {
	{ CKM_ML_KEM, CKK_ML_KEM, ML_KEM_SIZES,
	    CKF_ENCAPSULATE | CKF_DECAPSULATE, NULL, 0, &mlkem_ops },
};

const struct mech_family ml_kem_family = FAMILY(ml_kem_rows);
