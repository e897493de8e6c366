/* Keys derived by encrypting data (PKCS#11 6.13, 6.19, 6.48): the first bytes of
 * the ciphertext. */
#include <string.h>

#include "module/mech/op.h"
#include "module/mech/rows.h"

#define DATA_MAX 65536

/* The mechanism that encrypts, in the row's arg. */
static CK_RV
encrypt(const struct mech *mech, const struct span *iv, struct span data,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	CK_MECHANISM how = { (CK_MECHANISM_TYPE)mech->arg,
		(void *)(uintptr_t)iv->data, iv->len };
	const struct mech *cipher = mech_find(how.mechanism);
	_cleanup_(op_freep) struct op *op = NULL;
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	size_t len = data.len;
	CK_RV rv;

	if (cipher == NULL)
		return CKR_MECHANISM_INVALID;
	if (data.data == NULL || data.len == 0 || data.len > DATA_MAX)
		return CKR_MECHANISM_PARAM_INVALID;
	if (args->len > data.len)
		return CKR_KEY_SIZE_RANGE;
	TRY(op_start(cipher, CKF_ENCRYPT, &how, base, &op));
	TRY(secret_new(len, &made));
	rv = op_once(op, data.data, data.len, made.data, &len);
	if (rv != CKR_OK)
		return rv == CKR_DATA_LEN_RANGE ? CKR_MECHANISM_PARAM_INVALID
		                                : rv;
	TRY(secret_cut(&made, args->len != 0 ? args->len : len));
	out->keys[0].made.value = made;
	made = (struct secret){ NULL, 0 };
	out->count = 1;
	return CKR_OK;
}

static CK_RV
ecb_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	CK_KEY_DERIVATION_STRING_DATA data;
	struct span none = { NULL, 0 };

	TRY(param_copy(mechanism, &data, sizeof(data)));
	return encrypt(mech, &none, (struct span){ data.pData, data.ulLen },
	    base, args, out);
}

static CK_RV
cbc16_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	CK_AES_CBC_ENCRYPT_DATA_PARAMS data;
	struct span iv = { data.iv, sizeof(data.iv) };

	TRY(param_copy(mechanism, &data, sizeof(data)));
	return encrypt(mech, &iv, (struct span){ data.pData, data.length },
	    base, args, out);
}

static CK_RV
cbc8_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	CK_DES_CBC_ENCRYPT_DATA_PARAMS data;
	struct span iv = { data.iv, sizeof(data.iv) };

	TRY(param_copy(mechanism, &data, sizeof(data)));
	return encrypt(mech, &iv, (struct span){ data.pData, data.length },
	    base, args, out);
}

static bool
cipher_is_there(const struct mech *mech)
{
	return mech_find((CK_MECHANISM_TYPE)mech->arg) != NULL;
}

#define ENCDATA .unit = 8, .is_offered = cipher_is_there, .inherits = INHERITS_LIMITS

static const struct mech_ops ecb_ops = { ENCDATA, .derive = ecb_derive };
static const struct mech_ops cbc16_ops = { ENCDATA, .derive = cbc16_derive };
static const struct mech_ops cbc8_ops = { ENCDATA, .derive = cbc8_derive };

#define D CKF_DERIVE

static const struct mech encdata_rows[] = {
	{ CKM_AES_ECB_ENCRYPT_DATA, CKK_AES, AES_SIZES, D, NULL, CKM_AES_ECB,
	    &ecb_ops },
	{ CKM_AES_CBC_ENCRYPT_DATA, CKK_AES, AES_SIZES, D, NULL, CKM_AES_CBC,
	    &cbc16_ops },
	{ CKM_CAMELLIA_ECB_ENCRYPT_DATA, CKK_CAMELLIA, AES_SIZES, D, NULL,
	    CKM_CAMELLIA_ECB, &ecb_ops },
	{ CKM_CAMELLIA_CBC_ENCRYPT_DATA, CKK_CAMELLIA, AES_SIZES, D, NULL,
	    CKM_CAMELLIA_CBC, &cbc16_ops },
	{ CKM_DES_ECB_ENCRYPT_DATA, CKK_DES, 8, 8, 0, NULL, CKM_DES_ECB,
	    &ecb_ops, .legacy = D },
	{ CKM_DES_CBC_ENCRYPT_DATA, CKK_DES, 8, 8, 0, NULL, CKM_DES_CBC,
	    &cbc8_ops, .legacy = D },
	{ CKM_DES3_ECB_ENCRYPT_DATA, CKK_DES3, 16, 24, 0, NULL, CKM_DES3_ECB,
	    &ecb_ops, .also = KEYS(CKK_DES2), .standard = D },
	{ CKM_DES3_CBC_ENCRYPT_DATA, CKK_DES3, 16, 24, 0, NULL, CKM_DES3_CBC,
	    &cbc8_ops, .also = KEYS(CKK_DES2), .standard = D },
};

const struct mech_family encdata_family = FAMILY(encdata_rows);
