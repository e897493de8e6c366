/* Key generation. */
#include "module/mech/derived.h"
#include "module/mech/rows.h"

#include "common/log.h"
#include "module/crypto/eckey.h"
#include "module/crypto/errors.h"
#include "module/crypto/libctx.h"
#include "module/crypto/rsakey.h"

static CK_RV
size_check(const struct mech *mech, CK_ULONG size)
{
	if (size < mech->min || size > mech->max)
		return fail_quiet(CKR_KEY_SIZE_RANGE,
		    "keys of this size are not generated");
	return CKR_OK;
}

static CK_RV
no_parameter(const struct mech *mech, const CK_MECHANISM *mechanism)
{
	struct param param;

	return param_none(mech, CKF_GENERATE, mechanism, &param);
}

static CK_RV
rsa_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, struct key_made *out)
{
	TRY(no_parameter(mech, mechanism));
	if (args->bits == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	TRY(size_check(mech, args->bits));
	return rsakey_generate((unsigned)args->bits, args->public_exponent,
	    out);
}

static CK_RV
ec_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, struct key_made *out)
{
	const struct curve *curve;

	TRY(no_parameter(mech, mechanism));
	if (args->params.data == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	TRY(curve_find(mech->key_type, args->params, &curve));
	return eckey_generate(curve, args->params, out);
}

static CK_RV
random_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, struct key_made *out)
{
	_cleanup_(secret_wipe) struct secret value = { NULL, 0 };

	TRY(no_parameter(mech, mechanism));
	TRY(secret_new(args->len, &value));
	TRY(rng_bytes(value.data, value.len));
	out->value = value;
	value = (struct secret){ NULL, 0 };
	return CKR_OK;
}

/* The row's arg is what the lengths are multiples of, in bytes. */
static CK_RV
secret_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, struct key_made *out)
{
	if (args->len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (args->len > mech->max * mech->ops->unit / 8)
		return CKR_KEY_SIZE_RANGE;
	TRY(size_check(mech, args->len * 8 / mech->ops->unit));
	if (args->len % (CK_ULONG)mech->arg != 0)
		return CKR_KEY_SIZE_RANGE;
	return random_generate(mech, mechanism, args, out);
}

static const struct mech_ops rsa_keygen_ops = { .unit = 1, .generate = rsa_generate };
static const struct mech_ops ec_keygen_ops = { .unit = 1, .generate = ec_generate };
static const struct mech_ops secret_keygen_ops = {
	.unit = 1,
	.generate = secret_generate,
};
/* Types of one length need not say it. */
static CK_RV
fixed_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, struct key_made *out)
{
	struct generate_args sized = *args;

	if (sized.len == 0)
		sized.len = (CK_ULONG)mech->arg;
	if (sized.len != (CK_ULONG)mech->arg)
		return CKR_KEY_SIZE_RANGE;
	TRY(random_generate(mech, mechanism, &sized, out));
	return CKR_OK;
}

static CK_RV
des_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, struct key_made *out)
{
	TRY(fixed_generate(mech, mechanism, args, out));
	parity_set(mech->key_type, &out->value);
	return CKR_OK;
}

static const struct mech_ops fixed_keygen_ops = {
	.unit = 8,
	.generate = fixed_generate,
};
static const struct mech_ops des_keygen_ops = {
	.unit = 8,
	.generate = des_generate,
};
static const struct mech_ops aes_keygen_ops = {
	.unit = 8,
	.generate = secret_generate,
};

/* A key for one hash's HMAC, of any length (6.22). */
#define HMAC_KEY(name) \
	{ CKM_##name##_KEY_GEN, CKK_##name##_HMAC, HMAC_SIZES, CKF_GENERATE, \
	    NULL, 1, &aes_keygen_ops }

static const struct mech keygen_rows[] = {
	{ CKM_RSA_PKCS_KEY_PAIR_GEN, CKK_RSA, 2048, 8192, CKF_GENERATE_KEY_PAIR,
	    NULL, 0, &rsa_keygen_ops },
	{ CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, 8, 8 * 65536,
	    CKF_GENERATE, NULL, 1, &secret_keygen_ops },
	{ CKM_EC_KEY_PAIR_GEN, CKK_EC, EC_SIZES, CKF_GENERATE_KEY_PAIR | EC_FLAGS,
	    NULL, 0, &ec_keygen_ops },
	{ CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, 255, 448,
	    CKF_GENERATE_KEY_PAIR | CKF_EC_F_P |
	    CKF_EC_OID | CKF_EC_CURVENAME, NULL, 0, &ec_keygen_ops },
	{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKK_EC_MONTGOMERY, 255, 448,
	    CKF_GENERATE_KEY_PAIR | CKF_EC_F_P |
	    CKF_EC_OID | CKF_EC_CURVENAME, NULL, 0, &ec_keygen_ops },
	HMAC_KEY(SHA_1),
	HMAC_KEY(SHA224),
	HMAC_KEY(SHA256),
	HMAC_KEY(SHA384),
	HMAC_KEY(SHA512),
	HMAC_KEY(SHA512_224),
	HMAC_KEY(SHA512_256),
	HMAC_KEY(SHA512_T),
	HMAC_KEY(SHA3_224),
	HMAC_KEY(SHA3_256),
	HMAC_KEY(SHA3_384),
	HMAC_KEY(SHA3_512),
	HMAC_KEY(BLAKE2B_512),
	{ CKM_AES_KEY_GEN, CKK_AES, 16, 32, CKF_GENERATE,
	    NULL, 8, &aes_keygen_ops },
	{ CKM_AES_XTS_KEY_GEN, CKK_AES_XTS, 32, 64, CKF_GENERATE,
	    NULL, 32, &aes_keygen_ops },
	{ CKM_CAMELLIA_KEY_GEN, CKK_CAMELLIA, 16, 32, CKF_GENERATE,
	    NULL, 8, &aes_keygen_ops },
	{ CKM_CHACHA20_KEY_GEN, CKK_CHACHA20, 32, 32, CKF_GENERATE,
	    NULL, 32, &fixed_keygen_ops },
	{ CKM_DES_KEY_GEN, CKK_DES, 8, 8, 0,
	    NULL, 8, &des_keygen_ops, .legacy = CKF_GENERATE },
	{ CKM_DES2_KEY_GEN, CKK_DES2, 16, 16, 0,
	    NULL, 16, &des_keygen_ops, .standard = CKF_GENERATE },
	{ CKM_DES3_KEY_GEN, CKK_DES3, 24, 24, 0,
	    NULL, 24, &des_keygen_ops, .standard = CKF_GENERATE },
};

const struct mech_family keygen_family = FAMILY(keygen_rows);
