/* CMAC (SP 800-38B) and GMAC (SP 800-38D): MACs of block ciphers. */
#include <openssl/core_names.h>
#include <string.h>

#include "module/crypto/cipher.h"
#include "module/crypto/mac.h"
#include "module/mech/aeadparam.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

/* A row's arg: the bytes of the whole MAC. */

#define MAC_MAX 16

static CK_RV
general_read(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct param *out)
{
	(void)use;
	return param_number(mechanism, 1, (CK_ULONG)mech->arg, &out->len);
}

/* The structure of GCM; what it would encrypt is nothing. */
static CK_RV
gmac_read(const struct mech *mech, mech_use use, const CK_MECHANISM *mechanism,
    struct param *out)
{
	struct aead_param p;

	(void)mech;
	(void)use;
	TRY(aead_param_read(AEAD_GCM, AEAD_PLAIN, mechanism->pParameter,
	    mechanism->ulParameterLen, &p));
	if (p.aad.len != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(out->iv, p.iv, p.iv_len);
	out->iv_len = p.iv_len;
	out->len = p.tag_len;
	return CKR_OK;
}

static bool
mac_is_same(const struct param *a, const struct param *b)
{
	return a->len == b->len;
}

static bool
mac_is_offered(const struct mech *mech)
{
	return cipher_find(mech->alg, (unsigned)mech->min * 8) != NULL;
}

static CK_RV
mac_prepare(struct op *op, const char *name)
{
	EVP_MAC *mac = mac_find(name);

	if (mac == NULL)
		return CKR_MECHANISM_INVALID;
	op->len = op->param.len != 0 ? op->param.len : (size_t)op->mech->arg;
	op->mac = EVP_MAC_CTX_new(mac);
	return op->mac != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_RV
cmac_prepare(struct op *op)
{
	return mac_prepare(op, "CMAC");
}

static CK_RV
gmac_prepare(struct op *op)
{
	return mac_prepare(op, "GMAC");
}

/* Two-key Triple DES is the three-key one whose third is the first again. */
static CK_RV
init(struct op *op, const OSSL_PARAM *params)
{
	struct span key = key_value(op->key);
	uint8_t three[24];
	int ok;

	if (key_type(op->key) != CKK_DES2) {
		ok = EVP_MAC_init(op->mac, key.data, key.len, params);
	} else {
		memcpy(three, key.data, 16);
		memcpy(three + 16, key.data, 8);
		ok = EVP_MAC_init(op->mac, three, sizeof(three), params);
		explicit_bzero(three, sizeof(three));
	}
	return ok == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
}

static char *
cipher_name(const struct op *op)
{
	const EVP_CIPHER *cipher = cipher_find(op->mech->alg,
	    key_type(op->key) == CKK_AES ? key_bits(op->key) : 0);

	return cipher == NULL ? NULL
	    : (char *)(uintptr_t)EVP_CIPHER_get0_name(cipher);
}

/* The first time with the key, then with what the context made of it. */
static CK_RV
cmac_start(struct op *op)
{
	char *name = cipher_name(op);
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_end(),
		OSSL_PARAM_construct_end() };

	if (op->prepared)
		return EVP_MAC_init(op->mac, NULL, 0, NULL) == 1
		    ? CKR_OK
		    : CKR_FUNCTION_FAILED;
	if (name == NULL)
		return CKR_KEY_SIZE_RANGE;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER,
	    name, 0);
	return init(op, params);
}

static CK_RV
gmac_start(struct op *op)
{
	char *name = cipher_name(op);
	OSSL_PARAM params[3] = { OSSL_PARAM_construct_end(),
		OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end() };

	if (name == NULL)
		return CKR_KEY_SIZE_RANGE;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER,
	    name, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV,
	    op->param.iv, op->param.iv_len);
	return init(op, params);
}

static size_t
mac_size(const struct op *op, size_t in_len)
{
	(void)in_len;
	return op->len;
}

static CK_RV
mac_feed(struct op *op, const void *in, size_t len)
{
	return EVP_MAC_update(op->mac, in, len) == 1 ? CKR_OK
	                                             : CKR_FUNCTION_FAILED;
}

static CK_RV
mac_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	uint8_t whole[MAC_MAX];
	size_t len;

	if (in_len != 0)
		TRY(mac_feed(op, in, in_len));
	if (EVP_MAC_final(op->mac, whole, &len, sizeof(whole)) != 1)
		return CKR_FUNCTION_FAILED;
	memcpy(out, whole, op->len);
	*out_len = op->len;
	explicit_bzero(whole, sizeof(whole));
	return CKR_OK;
}

#define MAC \
	.unit = 8, .is_offered = mac_is_offered, .is_same = mac_is_same, \
	.size = mac_size, .feed = mac_feed, .finish = mac_finish, \
	.verify = op_mac_verify

static const struct mech_ops cmac_ops = {
	MAC,
	.read = param_none,
	.prepare = cmac_prepare,
	.begin = cmac_start,
};

static const struct mech_ops general_ops = {
	MAC,
	.read = general_read,
	.prepare = cmac_prepare,
	.begin = cmac_start,
};

static const struct mech_ops gmac_ops = {
	MAC,
	.read = gmac_read,
	.prepare = gmac_prepare,
	.begin = gmac_start,
};

static const struct mech cmac_rows[] = {
	{ CKM_AES_CMAC, CKK_AES, AES_SIZES, SV, NULL, 16, &cmac_ops,
	    .alg = "AES-%u-CBC" },
	{ CKM_AES_CMAC_GENERAL, CKK_AES, AES_SIZES, SV, NULL, 16,
	    &general_ops, .alg = "AES-%u-CBC" },
	{ CKM_AES_GMAC, CKK_AES, AES_SIZES, SV, NULL, 16, &gmac_ops,
	    .alg = "AES-%u-GCM" },
	{ CKM_DES3_CMAC, CKK_DES3, 16, 24, V, NULL, 8, &cmac_ops,
	    .alg = "DES-EDE3-CBC", .also = KEYS(CKK_DES2), .standard = S },
	{ CKM_DES3_CMAC_GENERAL, CKK_DES3, 16, 24, V, NULL, 8, &general_ops,
	    .alg = "DES-EDE3-CBC", .also = KEYS(CKK_DES2), .standard = S },
};

const struct mech_family cmac_family = FAMILY(cmac_rows);
