/* ECDSA: libcrypto's DER signatures on one side, r and s side by side, as the
 * standard has them, on the other. */
#include "module/mech/op.h"
#include "module/mech/rows.h"

#include <string.h>

#include "module/crypto/der.h"
#include "module/crypto/libctx.h"

#define ORDER_MAX 66
#define DER_MAX (2 * (ORDER_MAX + 8) + 8)

/* The bytes of an order are as many as those of the field on these curves. */
static size_t
order_len(const struct op *op)
{
	return (key_bits(op->key) + 7) / 8;
}

static size_t
ecdsa_size(const struct op *op, size_t in_len)
{
	(void)in_len;
	return 2 * order_len(op);
}

static CK_RV
ecdsa_prepare(struct op *op)
{
	int ok;

	op->pkey = EVP_PKEY_CTX_new_from_pkey(libctx_get(), key_pkey(op->key),
	    NULL);
	if (op->pkey == NULL)
		return CKR_HOST_MEMORY;
	if (op->use == CKF_SIGN)
		ok = EVP_PKEY_sign_init(op->pkey);
	else
		ok = EVP_PKEY_verify_init(op->pkey);
	return ok == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
}

static CK_RV
number_out(struct span *from, uint8_t *out, size_t len)
{
	struct span number;

	TRY(der_take_number(from, &number));
	if (number.len > len)
		return CKR_FUNCTION_FAILED;
	memset(out, 0, len - number.len);
	memcpy(out + len - number.len, number.data, number.len);
	return CKR_OK;
}

static CK_RV
ecdsa_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	uint8_t der[DER_MAX];
	size_t der_len = sizeof(der), len = order_len(op);
	struct span pair;

	if (EVP_PKEY_sign(op->pkey, der, &der_len, in_len != 0 ? in : "",
	    in_len) != 1)
		return CKR_FUNCTION_FAILED;
	TRY(der_only((struct span){ der, der_len }, DER_SEQUENCE, &pair));
	TRY(number_out(&pair, out, len));
	TRY(number_out(&pair, (uint8_t *)out + len, len));
	*out_len = 2 * len;
	return CKR_OK;
}

/* A signature may be shorter than twice the order, but both halves alike. */
static CK_RV
ecdsa_verify(struct op *op, const void *in, size_t in_len, const void *sig,
    size_t sig_len)
{
	uint8_t der[DER_MAX];
	struct der_writer w = { der, der + sizeof(der), false };
	const uint8_t *end = w.at, *r = sig;
	size_t half = sig_len / 2;

	if (sig_len == 0 || sig_len % 2 != 0 || half > order_len(op))
		return CKR_SIGNATURE_LEN_RANGE;
	der_put_number(&w, (struct span){ r + half, half });
	der_put_number(&w, (struct span){ r, half });
	der_put_header(&w, DER_SEQUENCE, end);
	if (w.failed)
		return CKR_GENERAL_ERROR;
	if (EVP_PKEY_verify(op->pkey, w.at, (size_t)(end - w.at),
	    in_len != 0 ? in : "", in_len) != 1)
		return CKR_SIGNATURE_INVALID;
	return CKR_OK;
}

static const struct mech_ops ecdsa_ops = {
	.unit = 1,
	.read = param_none,
	.prepare = ecdsa_prepare,
	.size = ecdsa_size,
	.finish = ecdsa_finish,
	.verify = ecdsa_verify,
};

static const struct mech_ops ecdsa_hash_ops = {
	.unit = 1,
	.hashes = true,
	.read = param_none,
	.prepare = ecdsa_prepare,
	.size = ecdsa_size,
	.finish = ecdsa_finish,
	.verify = ecdsa_verify,
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
