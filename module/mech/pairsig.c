/* Signatures of two numbers, from and to DER. */
#include "module/mech/pairsig.h"

#include <string.h>

#include "module/crypto/der.h"
#include "module/crypto/libctx.h"

#define HALF_MAX 66
#define DER_MAX (2 * (HALF_MAX + 8) + 8)

CK_RV
pairsig_prepare(struct op *op, size_t half)
{
	int ok;

	if (half > HALF_MAX)
		return CKR_KEY_SIZE_RANGE;
	op->len = half;
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

size_t
pairsig_size(const struct op *op, size_t in_len)
{
	(void)in_len;
	return 2 * op->len;
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

CK_RV
pairsig_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	uint8_t der[DER_MAX];
	size_t der_len = sizeof(der), len = op->len;
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
CK_RV
pairsig_verify(struct op *op, const void *in, size_t in_len, const void *sig,
    size_t sig_len)
{
	uint8_t der[DER_MAX];
	struct der_writer w = { der, der + sizeof(der), false };
	const uint8_t *end = w.at, *r = sig;
	size_t half = sig_len / 2;

	if (sig_len == 0 || sig_len % 2 != 0 || half > op->len)
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
