/* Digests: the hash of the input is the result. */
#include "module/mech/op.h"
#include "module/mech/rows.h"

#include <string.h>

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

static const struct mech_ops digest_ops = {
	.unit = 1,
	.hashes = true,
	.read = param_none,
	.size = digest_length,
	.finish = digest_finish,
};

static const struct mech digest_rows[] = {
	{ CKM_SHA512_224, MECH_NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA2-512/224", 0, &digest_ops },
	{ CKM_SHA512_256, MECH_NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA2-512/256", 0, &digest_ops },
	{ CKM_SHA_1, MECH_NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA1", 0, &digest_ops },
	{ CKM_SHA256, MECH_NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA2-256", 0, &digest_ops },
	{ CKM_SHA224, MECH_NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA2-224", 0, &digest_ops },
	{ CKM_SHA384, MECH_NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA2-384", 0, &digest_ops },
	{ CKM_SHA512, MECH_NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA2-512", 0, &digest_ops },
	{ CKM_SHA3_256, MECH_NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA3-256", 0, &digest_ops },
	{ CKM_SHA3_224, MECH_NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA3-224", 0, &digest_ops },
	{ CKM_SHA3_384, MECH_NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA3-384", 0, &digest_ops },
	{ CKM_SHA3_512, MECH_NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA3-512", 0, &digest_ops },
};

const struct mech_family digest_family = FAMILY(digest_rows);
