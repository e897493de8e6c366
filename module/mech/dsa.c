/* DSA (PKCS#11 6.2): old signatures are verified, new ones made under policy
 * legacy only. */
#include <openssl/core_names.h>

#include "module/crypto/ffckey.h"
#include "module/crypto/pkey.h"
#include "module/mech/pairsig.h"
#include "module/mech/rows.h"

static CK_RV
dsa_prepare(struct op *op)
{
	_cleanup_(BN_clear_freep) BIGNUM *q = NULL;

	if (EVP_PKEY_get_bn_param(key_pkey(op->key), OSSL_PKEY_PARAM_FFC_Q,
	    &q) != 1)
		return CKR_FUNCTION_FAILED;
	return pairsig_prepare(op, (size_t)BN_num_bytes(q));
}

static CK_RV
dsa_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, struct key_made *out)
{
	const struct ffc_domain domain = { args->prime, args->subprime,
		args->base };
	struct param none;
	CK_ULONG bits = ffckey_bits(&domain);

	TRY(param_none(mech, CKF_GENERATE_KEY_PAIR, mechanism, &none));
	if (args->prime.data != NULL && (bits < mech->min || bits > mech->max))
		return CKR_KEY_SIZE_RANGE;
	return ffckey_generate(CKK_DSA, &domain, 0, out);
}

#define DSA \
	.unit = 1, .read = param_none, .prepare = dsa_prepare, \
	.size = pairsig_size, .finish = pairsig_finish, \
	.verify = pairsig_verify

static const struct mech_ops dsa_ops = { DSA };
static const struct mech_ops dsa_hash_ops = { DSA, .hashes = true };
static const struct mech_ops dsa_keygen_ops = {
	.unit = 1,
	.generate = dsa_generate,
};

#define DSA_SIZES 1024, 3072

static const struct mech dsa_rows[] = {
	{ CKM_DSA_KEY_PAIR_GEN, CKK_DSA, DSA_SIZES, 0, NULL, 0,
	    &dsa_keygen_ops, .legacy = CKF_GENERATE_KEY_PAIR },
	{ CKM_DSA, CKK_DSA, DSA_SIZES, V, NULL, 0, &dsa_ops, .legacy = S },
	{ CKM_DSA_SHA1, CKK_DSA, DSA_SIZES, V, "SHA1", 0, &dsa_hash_ops,
	    .legacy = S },
	{ CKM_DSA_SHA224, CKK_DSA, DSA_SIZES, V, "SHA2-224", 0, &dsa_hash_ops,
	    .legacy = S },
	{ CKM_DSA_SHA256, CKK_DSA, DSA_SIZES, V, "SHA2-256", 0, &dsa_hash_ops,
	    .legacy = S },
	{ CKM_DSA_SHA384, CKK_DSA, DSA_SIZES, V, "SHA2-384", 0, &dsa_hash_ops,
	    .legacy = S },
	{ CKM_DSA_SHA512, CKK_DSA, DSA_SIZES, V, "SHA2-512", 0, &dsa_hash_ops,
	    .legacy = S },
	{ CKM_DSA_SHA3_224, CKK_DSA, DSA_SIZES, V, "SHA3-224", 0,
	    &dsa_hash_ops, .legacy = S },
	{ CKM_DSA_SHA3_256, CKK_DSA, DSA_SIZES, V, "SHA3-256", 0,
	    &dsa_hash_ops, .legacy = S },
	{ CKM_DSA_SHA3_384, CKK_DSA, DSA_SIZES, V, "SHA3-384", 0,
	    &dsa_hash_ops, .legacy = S },
	{ CKM_DSA_SHA3_512, CKK_DSA, DSA_SIZES, V, "SHA3-512", 0,
	    &dsa_hash_ops, .legacy = S },
};

const struct mech_family dsa_family = FAMILY(dsa_rows);
