/* ECDSA. */
#include "module/mech/pairsig.h"
#include "module/mech/rows.h"

/* The bytes of an order are as many as those of the field on these curves. */
static CK_RV
ecdsa_prepare(struct op *op)
{
	return pairsig_prepare(op, (key_bits(op->key) + 7) / 8);
}

static const struct mech_ops ecdsa_ops = {
	.unit = 1,
	.read = param_none,
	.prepare = ecdsa_prepare,
	.size = pairsig_size,
	.finish = pairsig_finish,
	.verify = pairsig_verify,
};

static const struct mech_ops ecdsa_hash_ops = {
	.unit = 1,
	.hashes = true,
	.read = param_none,
	.prepare = ecdsa_prepare,
	.size = pairsig_size,
	.finish = pairsig_finish,
	.verify = pairsig_verify,
};

static const struct mech ec_rows[] = {
	{ CKM_ECDSA, CKK_EC, EC_SIZES, SV | EC_FLAGS,
	    NULL, 0, &ecdsa_ops },
	{ CKM_ECDSA_SHA1, CKK_EC, EC_SIZES, V | EC_FLAGS,
	    "SHA1", 0, &ecdsa_hash_ops, .standard = S },
	{ CKM_ECDSA_SHA224, CKK_EC, EC_SIZES, SV | EC_FLAGS,
	    "SHA2-224", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA256, CKK_EC, EC_SIZES, SV | EC_FLAGS,
	    "SHA2-256", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA384, CKK_EC, EC_SIZES, SV | EC_FLAGS,
	    "SHA2-384", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA512, CKK_EC, EC_SIZES, SV | EC_FLAGS,
	    "SHA2-512", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA3_224, CKK_EC, EC_SIZES, SV | EC_FLAGS,
	    "SHA3-224", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA3_256, CKK_EC, EC_SIZES, SV | EC_FLAGS,
	    "SHA3-256", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA3_384, CKK_EC, EC_SIZES, SV | EC_FLAGS,
	    "SHA3-384", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA3_512, CKK_EC, EC_SIZES, SV | EC_FLAGS,
	    "SHA3-512", 0, &ecdsa_hash_ops },
};

const struct mech_family ec_family = FAMILY(ec_rows);
