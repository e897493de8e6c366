/* Key generation. */
#include "module/mech/op.h"

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
rsa_generate(const struct mech *mech, const struct generate_args *args,
    struct key_made *out)
{
	if (args->bits == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	TRY(size_check(mech, args->bits));
	return rsakey_generate((unsigned)args->bits, args->public_exponent,
	    out);
}

static CK_RV
ec_generate(const struct mech *mech, const struct generate_args *args,
    struct key_made *out)
{
	const struct curve *curve;

	if (args->params.data == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	TRY(curve_find(mech->key_type, args->params, &curve));
	return eckey_generate(curve, args->params, out);
}

/* The row's arg is what the lengths are multiples of, in bytes. */
static CK_RV
secret_generate(const struct mech *mech, const struct generate_args *args,
    struct key_made *out)
{
	_cleanup_(secret_wipe) struct secret value = { NULL, 0 };

	if (args->len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (args->len > mech->max * mech->ops->unit / 8)
		return CKR_KEY_SIZE_RANGE;
	TRY(size_check(mech, args->len * 8 / mech->ops->unit));
	if (args->len % (CK_ULONG)mech->arg != 0)
		return CKR_KEY_SIZE_RANGE;
	TRY(secret_new(args->len, &value));
	TRY(rng_bytes(value.data, value.len));
	out->value = value;
	value = (struct secret){ NULL, 0 };
	return CKR_OK;
}

CK_RV
mech_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, CK_KEY_TYPE *type, struct key_made *out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	struct key_made made = { 0 };
	struct param param;

	if (mech->ops->generate == NULL)
		return CKR_MECHANISM_INVALID;
	TRY(param_none(mech, CKF_GENERATE, mechanism, &param));
	TRY(mech->ops->generate(mech, args, &made));
	*type = mech->key_type;
	*out = made;
	return CKR_OK;
}

const struct mech_ops rsa_keygen_ops = { .unit = 1, .generate = rsa_generate };
const struct mech_ops ec_keygen_ops = { .unit = 1, .generate = ec_generate };
const struct mech_ops secret_keygen_ops = {
	.unit = 1,
	.generate = secret_generate,
};
const struct mech_ops aes_keygen_ops = {
	.unit = 8,
	.generate = secret_generate,
};
