/* Keys that are the digest of a key (PKCS#11 6.21), or what an extendable
 * function makes of it (6.32). */
#include "module/mech/derived.h"

#include "module/crypto/errors.h"
#include "module/crypto/libctx.h"
#include "module/mech/rows.h"

DEFINE_CLEANUP(EVP_MD *, EVP_MD_free)
DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free)

/* The mechanism that digests is in the row's arg; the parameter is its own. */
static CK_RV
hash_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	CK_MECHANISM how = { (CK_MECHANISM_TYPE)mech->arg,
		mechanism->pParameter, mechanism->ulParameterLen };
	const struct mech *digest = mech_find(how.mechanism);
	struct span key = key_value(base);
	_cleanup_(op_freep) struct op *op = NULL;
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	size_t len, whole;

	if (digest == NULL)
		return CKR_MECHANISM_INVALID;
	TRY(op_start(digest, CKF_DIGEST, &how, NULL, &op));
	whole = op_size(op, key.len);
	TRY(derived_length(args, whole, &len));
	TRY(secret_new(whole, &made));
	TRY(op_once(op, key.data, key.len, made.data, &whole));
	return derived_add(&made, len, out);
}

static bool
digest_is_there(const struct mech *mech)
{
	return mech_find((CK_MECHANISM_TYPE)mech->arg) != NULL;
}

static CK_RV
xof(const char *name, struct span in, struct secret *out)
{
	_cleanup_(EVP_MD_freep) EVP_MD *md = EVP_MD_fetch(libctx_get(), name,
	    NULL);
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx == NULL)
		return CKR_HOST_MEMORY;
	if (md == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, in.data, in.len) != 1 ||
	    EVP_DigestFinalXOF(ctx, out->data, out->len) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV
xof_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	struct param none;
	size_t len;

	TRY(param_none(mech, CKF_DERIVE, mechanism, &none));
	TRY(derived_length(args, 0, &len));
	TRY(secret_new(len, &made));
	TRY(xof(mech->alg, key_value(base), &made));
	return derived_add(&made, len, out);
}

static bool
xof_is_there(const struct mech *mech)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	_cleanup_(EVP_MD_freep) EVP_MD *md = EVP_MD_fetch(libctx_get(),
	    mech->alg, NULL);

	return md != NULL;
}

static const struct mech_ops hash_ops = {
	.unit = 8,
	.is_offered = digest_is_there,
	.derive = hash_derive,
};
static const struct mech_ops xof_ops = {
	.unit = 8,
	.is_offered = xof_is_there,
	.derive = xof_derive,
};

#define OF(digest) MECH_ANY_SECRET, 1, DERIVED_BYTES_MAX, CKF_DERIVE, NULL, \
	digest, &hash_ops
#define XOF MECH_ANY_SECRET, 1, DERIVED_BYTES_MAX, CKF_DERIVE, NULL, 0, \
	&xof_ops

static const struct mech hashkdf_rows[] = {
	{ CKM_MD5_KEY_DERIVATION, MECH_ANY_SECRET, 1, DERIVED_BYTES_MAX, 0,
	    NULL, CKM_MD5, &hash_ops, .legacy = CKF_DERIVE },
	{ CKM_SHA1_KEY_DERIVATION, OF(CKM_SHA_1) },
	{ CKM_SHA224_KEY_DERIVATION, OF(CKM_SHA224) },
	{ CKM_SHA256_KEY_DERIVATION, OF(CKM_SHA256) },
	{ CKM_SHA384_KEY_DERIVATION, OF(CKM_SHA384) },
	{ CKM_SHA512_KEY_DERIVATION, OF(CKM_SHA512) },
	{ CKM_SHA512_224_KEY_DERIVATION, OF(CKM_SHA512_224) },
	{ CKM_SHA512_256_KEY_DERIVATION, OF(CKM_SHA512_256) },
	{ CKM_SHA512_T_KEY_DERIVATION, OF(CKM_SHA512_T) },
	{ CKM_SHA3_224_KEY_DERIVATION, OF(CKM_SHA3_224) },
	{ CKM_SHA3_256_KEY_DERIVATION, OF(CKM_SHA3_256) },
	{ CKM_SHA3_384_KEY_DERIVATION, OF(CKM_SHA3_384) },
	{ CKM_SHA3_512_KEY_DERIVATION, OF(CKM_SHA3_512) },
	{ CKM_SHAKE_128_KEY_DERIVATION, XOF, .alg = "SHAKE-128" },
	{ CKM_SHAKE_256_KEY_DERIVATION, XOF, .alg = "SHAKE-256" },
	{ CKM_BLAKE2B_160_KEY_DERIVE, OF(CKM_BLAKE2B_160) },
	{ CKM_BLAKE2B_256_KEY_DERIVE, OF(CKM_BLAKE2B_256) },
	{ CKM_BLAKE2B_384_KEY_DERIVE, OF(CKM_BLAKE2B_384) },
	{ CKM_BLAKE2B_512_KEY_DERIVE, OF(CKM_BLAKE2B_512) },
};

const struct mech_family hashkdf_family = FAMILY(hashkdf_rows);
