/* Digests: the hash of the input is the result. */
#include <stdlib.h>
#include <string.h>

#include "module/crypto/sha.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

static size_t
digest_length(const struct op *op, size_t in_len)
{
	(void)in_len;
	return digest_size(op->digest);
}

static CK_RV
digest_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	(void)op;
	memcpy(out, in, in_len);
	*out_len = in_len;
	return CKR_OK;
}

/* SHA-1 and SHA-2, whose state can be saved */

static CK_RV
sha_read(const struct mech *mech, mech_use use, const CK_MECHANISM *mechanism,
    struct param *out)
{
	struct sha sha;

	if (mech->type != CKM_SHA512_T)
		return param_none(mech, use, mechanism, out);
	TRY(param_number(mechanism, 1, 511, &out->bits));
	return sha_begin_512t(&sha, out->bits) ? CKR_OK
	                                       : CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV
sha_prepare(struct op *op)
{
	op->own = secret_alloc(sizeof(struct sha));
	return op->own != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

static void
sha_forget(struct op *op)
{
	secret_free(op->own, sizeof(struct sha));
}

static CK_RV
sha_start(struct op *op)
{
	bool ok = op->param.bits != 0 ? sha_begin_512t(op->own, op->param.bits)
	                              : sha_begin(op->own, op->mech->md);

	return ok ? CKR_OK : CKR_FUNCTION_FAILED;
}

static size_t
sha_length(const struct op *op, size_t in_len)
{
	const struct sha *sha = op->own;

	(void)in_len;
	return sha->size;
}

static CK_RV
sha_feed(struct op *op, const void *in, size_t len)
{
	sha_update(op->own, in, len);
	return CKR_OK;
}

static CK_RV
sha_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	struct sha *sha = op->own;
	uint8_t whole[SHA_MAX];

	sha_update(sha, in, in_len);
	sha_final(sha, whole);
	memcpy(out, whole, sha->size);
	*out_len = sha->size;
	return CKR_OK;
}

static CK_RV
sha_save(const struct op *op, struct buf *out)
{
	struct span state = sha_state(op->own);

	buf_bytes(out, state.data, state.len);
	return CKR_OK;
}

static CK_RV
sha_restore(struct op *op, struct span state)
{
	return sha_resume(op->own, state) ? CKR_OK : CKR_SAVED_STATE_INVALID;
}

static const struct mech_ops sha_ops = {
	.unit = 1,
	.read = sha_read,
	.prepare = sha_prepare,
	.begin = sha_start,
	.size = sha_length,
	.feed = sha_feed,
	.finish = sha_finish,
	.save = sha_save,
	.restore = sha_restore,
	.forget = sha_forget,
};

static const struct mech_ops digest_ops = {
	.unit = 1,
	.hashes = true,
	.read = param_none,
	.size = digest_length,
	.finish = digest_finish,
};

#define D CKF_DIGEST

static const struct mech digest_rows[] = {
	{ CKM_SHA_1, MECH_NO_KEY, 0, 0, D, "SHA1", 0, &sha_ops },
	{ CKM_SHA224, MECH_NO_KEY, 0, 0, D, "SHA2-224", 0, &sha_ops },
	{ CKM_SHA256, MECH_NO_KEY, 0, 0, D, "SHA2-256", 0, &sha_ops },
	{ CKM_SHA384, MECH_NO_KEY, 0, 0, D, "SHA2-384", 0, &sha_ops },
	{ CKM_SHA512, MECH_NO_KEY, 0, 0, D, "SHA2-512", 0, &sha_ops },
	{ CKM_SHA512_224, MECH_NO_KEY, 0, 0, D, "SHA2-512/224", 0, &sha_ops },
	{ CKM_SHA512_256, MECH_NO_KEY, 0, 0, D, "SHA2-512/256", 0, &sha_ops },
	{ CKM_SHA512_T, MECH_NO_KEY, 0, 0, D, "SHA2-512", 0, &sha_ops },
	{ CKM_SHA3_224, MECH_NO_KEY, 0, 0, D, "SHA3-224", 0, &digest_ops },
	{ CKM_SHA3_256, MECH_NO_KEY, 0, 0, D, "SHA3-256", 0, &digest_ops },
	{ CKM_SHA3_384, MECH_NO_KEY, 0, 0, D, "SHA3-384", 0, &digest_ops },
	{ CKM_SHA3_512, MECH_NO_KEY, 0, 0, D, "SHA3-512", 0, &digest_ops },
	{ CKM_BLAKE2B_512, MECH_NO_KEY, 0, 0, D, "BLAKE2B-512", 0,
	    &digest_ops },
	{ CKM_MD5, MECH_NO_KEY, 0, 0, 0, "MD5", 0, &digest_ops, .legacy = D },
};

const struct mech_family digest_family = FAMILY(digest_rows);
