/* RSA: PKCS #1 signatures and encryption in all their paddings. */
#include "module/mech/op.h"
#include "module/mech/rows.h"

#include <openssl/rsa.h>

#include "module/crypto/libctx.h"

#define PKCS1_OVERHEAD 11
#define PKCS1 RSA_PKCS1_PADDING
#define PSS RSA_PKCS1_PSS_PADDING
#define OAEP RSA_PKCS1_OAEP_PADDING

static size_t
modulus_len(const struct op *op)
{
	return (key_bits(op->key) + 7) / 8;
}

static size_t
rsa_size(const struct op *op, size_t in_len)
{
	(void)in_len;
	return modulus_len(op);
}

static CK_RV
rsa_prepare(struct op *op)
{
	static const struct {
		mech_use use;
		int (*init)(EVP_PKEY_CTX *ctx);
	} rows[] = {
		{ CKF_SIGN, EVP_PKEY_sign_init },
		{ CKF_VERIFY, EVP_PKEY_verify_init },
		{ CKF_ENCRYPT, EVP_PKEY_encrypt_init },
		{ CKF_DECRYPT, EVP_PKEY_decrypt_init },
	};

	op->pkey = EVP_PKEY_CTX_new_from_pkey(libctx_get(), key_pkey(op->key),
	    NULL);
	if (op->pkey == NULL)
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].use == op->use && rows[i].init(op->pkey) != 1)
			return CKR_FUNCTION_FAILED;
	if (EVP_PKEY_CTX_set_rsa_padding(op->pkey, op->mech->arg) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV
pkcs1_hash_prepare(struct op *op)
{
	TRY(rsa_prepare(op));
	if (EVP_PKEY_CTX_set_signature_md(op->pkey,
	    digest_md(op->digest)) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

/* The standard's limit: a modulus of 8n + 1 bits has one byte less to give. */
static CK_RV
salt_check(const struct op *op)
{
	size_t room = (key_bits(op->key) + 6) / 8;
	size_t hash = digest_size(op->param.hash);

	if (room < hash + 2 || op->param.len > room - hash - 2)
		return CKR_MECHANISM_PARAM_INVALID;
	return CKR_OK;
}

static CK_RV
pss_prepare(struct op *op)
{
	TRY(salt_check(op));
	TRY(rsa_prepare(op));
	if (EVP_PKEY_CTX_set_signature_md(op->pkey,
	    digest_md(op->param.hash)) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(op->pkey,
	    digest_md(op->param.mgf)) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(op->pkey,
	    (int)op->param.len) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV
label_set(struct op *op)
{
	void *label;

	if (op->label.len == 0)
		return CKR_OK;
	label = OPENSSL_memdup(op->label.data, op->label.len);
	if (label == NULL)
		return CKR_HOST_MEMORY;
	if (EVP_PKEY_CTX_set0_rsa_oaep_label(op->pkey, label,
	    (int)op->label.len) != 1) {
		OPENSSL_free(label);
		return CKR_FUNCTION_FAILED;
	}
	return CKR_OK;
}

static CK_RV
oaep_prepare(struct op *op)
{
	TRY(rsa_prepare(op));
	if (EVP_PKEY_CTX_set_rsa_oaep_md(op->pkey,
	    digest_md(op->param.hash)) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(op->pkey,
	    digest_md(op->param.mgf)) != 1)
		return CKR_FUNCTION_FAILED;
	return label_set(op);
}

/* What the padding leaves of the modulus for the caller's bytes. */
static CK_RV
length_check(const struct op *op, size_t len)
{
	size_t k = modulus_len(op), over = PKCS1_OVERHEAD;

	if (op->mech->arg == RSA_PKCS1_PSS_PADDING)
		return len == digest_size(op->param.hash) ? CKR_OK :
		    CKR_DATA_LEN_RANGE;
	if (op->mech->arg == RSA_PKCS1_OAEP_PADDING)
		over = 2 + 2 * digest_size(op->param.hash);
	if (k < over || len > k - over)
		return CKR_DATA_LEN_RANGE;
	if (len == 0 && (op->use == CKF_SIGN || op->use == CKF_VERIFY))
		return CKR_DATA_LEN_RANGE; /* libcrypto would never verify it */
	return CKR_OK;
}

static CK_RV
rsa_decrypt(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	size_t len = modulus_len(op);

	if (in_len != len)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	if (EVP_PKEY_decrypt(op->pkey, out, &len, in, in_len) != 1)
		return CKR_ENCRYPTED_DATA_INVALID;
	*out_len = len;
	return CKR_OK;
}

static CK_RV
rsa_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	size_t len = modulus_len(op);
	int ok;

	if (op->use == CKF_DECRYPT)
		return rsa_decrypt(op, in, in_len, out, out_len);
	TRY(length_check(op, in_len));
	if (in_len == 0)
		in = ""; /* NULL would mean something else to libcrypto */
	if (op->use == CKF_SIGN)
		ok = EVP_PKEY_sign(op->pkey, out, &len, in, in_len);
	else
		ok = EVP_PKEY_encrypt(op->pkey, out, &len, in, in_len);
	if (ok != 1)
		return CKR_FUNCTION_FAILED;
	*out_len = len;
	return CKR_OK;
}

static CK_RV
rsa_verify(struct op *op, const void *in, size_t in_len, const void *sig,
    size_t sig_len)
{
	TRY(length_check(op, in_len));
	if (sig_len != modulus_len(op))
		return CKR_SIGNATURE_LEN_RANGE;
	if (EVP_PKEY_verify(op->pkey, sig, sig_len, in_len != 0 ? in : "",
	    in_len) != 1)
		return CKR_SIGNATURE_INVALID;
	return CKR_OK;
}

static const struct mech_ops rsa_pkcs1_ops = {
	.unit = 1,
	.read = param_none,
	.prepare = rsa_prepare,
	.size = rsa_size,
	.finish = rsa_finish,
	.verify = rsa_verify,
};

static const struct mech_ops rsa_pkcs1_hash_ops = {
	.unit = 1,
	.hashes = true,
	.read = param_none,
	.prepare = pkcs1_hash_prepare,
	.size = rsa_size,
	.finish = rsa_finish,
	.verify = rsa_verify,
};

static const struct mech_ops rsa_oaep_ops = {
	.unit = 1,
	.read = param_oaep,
	.prepare = oaep_prepare,
	.size = rsa_size,
	.finish = rsa_finish,
};

static const struct mech_ops rsa_pss_ops = {
	.unit = 1,
	.read = param_pss,
	.prepare = pss_prepare,
	.size = rsa_size,
	.finish = rsa_finish,
	.verify = rsa_verify,
};

static const struct mech_ops rsa_pss_hash_ops = {
	.unit = 1,
	.hashes = true,
	.read = param_pss,
	.prepare = pss_prepare,
	.size = rsa_size,
	.finish = rsa_finish,
	.verify = rsa_verify,
};

static const struct mech rsa_rows[] = {
	{ CKM_RSA_PKCS, CKK_RSA, RSA_SIZES, SV | ED,
	    NULL, PKCS1, &rsa_pkcs1_ops },
	{ CKM_SHA1_RSA_PKCS, CKK_RSA, RSA_SIZES, V,
	    "SHA1", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_RSA_PKCS_OAEP, CKK_RSA, RSA_SIZES, ED,
	    NULL, OAEP, &rsa_oaep_ops },
	{ CKM_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    NULL, PSS, &rsa_pss_ops },
	{ CKM_SHA1_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, V,
	    "SHA1", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA256_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-256", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA384_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-384", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA512_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-512", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA256_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-256", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA384_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-384", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA512_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-512", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA224_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-224", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA224_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-224", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA3_256_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-256", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA3_384_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-384", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA3_512_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-512", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA3_256_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-256", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA3_384_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-384", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA3_512_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-512", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA3_224_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-224", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA3_224_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-224", PSS, &rsa_pss_hash_ops },
};

const struct mech_family rsa_family = FAMILY(rsa_rows);
