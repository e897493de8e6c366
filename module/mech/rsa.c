/* RSA: PKCS #1 signatures and encryption in all their paddings. */
#include "module/mech/rows.h"
#include "module/mech/rsa.h"

#include <openssl/rsa.h>

#include "module/crypto/libctx.h"

#define PKCS1_OVERHEAD 11
#define PKCS1 RSA_PKCS1_PADDING
#define PSS RSA_PKCS1_PSS_PADDING
#define OAEP RSA_PKCS1_OAEP_PADDING

static const struct rsa_use {
	mech_use use;
	int (*init)(EVP_PKEY_CTX *ctx);
	int (*run)(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *out_len,
	    const unsigned char *in, size_t in_len);
	/* answers when the input is not as long as the modulus, where it must
	 * be, and when libcrypto refuses it; 0: the caller's */
	CK_RV bad_length, refused;
} rsa_uses[] = {
	{ CKF_SIGN, EVP_PKEY_sign_init, EVP_PKEY_sign, 0, 0 },
	{ CKF_SIGN_RECOVER, EVP_PKEY_sign_init, EVP_PKEY_sign, 0, 0 },
	{ CKF_VERIFY, EVP_PKEY_verify_init, NULL, 0, 0 },
	{ CKF_VERIFY_RECOVER, EVP_PKEY_verify_recover_init,
	    EVP_PKEY_verify_recover, CKR_SIGNATURE_LEN_RANGE,
	    CKR_SIGNATURE_INVALID },
	{ CKF_ENCRYPT, EVP_PKEY_encrypt_init, EVP_PKEY_encrypt, 0, 0 },
	{ CKF_DECRYPT, EVP_PKEY_decrypt_init, EVP_PKEY_decrypt,
	    CKR_ENCRYPTED_DATA_LEN_RANGE, CKR_ENCRYPTED_DATA_INVALID },
};

static const struct rsa_use *
use_find(mech_use use)
{
	for (size_t i = 0; i < COUNT(rsa_uses); i++)
		if (rsa_uses[i].use == use)
			return &rsa_uses[i];
	return NULL;
}

size_t
rsa_modulus_len(const struct op *op)
{
	return (key_bits(op->key) + 7) / 8;
}

size_t
rsa_size(const struct op *op, size_t in_len)
{
	(void)in_len;
	return rsa_modulus_len(op);
}

CK_RV
rsa_prepare(struct op *op)
{
	const struct rsa_use *row = use_find(op->use);

	op->pkey = EVP_PKEY_CTX_new_from_pkey(libctx_get(), key_pkey(op->key),
	    NULL);
	if (op->pkey == NULL)
		return CKR_HOST_MEMORY;
	if (row == NULL || row->init(op->pkey) != 1)
		return CKR_FUNCTION_FAILED;
	if (EVP_PKEY_CTX_set_rsa_padding(op->pkey, op->mech->arg) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

CK_RV
rsa_run(struct op *op, struct span in, CK_RV failed, void *out,
    size_t *out_len)
{
	const struct rsa_use *row = use_find(op->use);
	size_t len = rsa_modulus_len(op);

	if (row->bad_length != 0 && in.len != len)
		return row->bad_length;
	/* NULL would mean something else to libcrypto */
	if (row->run(op->pkey, out, &len, in.len != 0 ? in.data : "",
	    in.len) != 1)
		return row->refused != 0 ? row->refused : failed;
	*out_len = len;
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
	size_t k = rsa_modulus_len(op), over = PKCS1_OVERHEAD;

	if (op->mech->arg == RSA_PKCS1_PSS_PADDING)
		return len == digest_size(op->param.hash) ? CKR_OK :
		    CKR_DATA_LEN_RANGE;
	if (op->mech->arg == RSA_PKCS1_OAEP_PADDING)
		over = 2 + 2 * digest_size(op->param.hash);
	if (k < over || len > k - over)
		return CKR_DATA_LEN_RANGE;
	if (len == 0 && op->use != CKF_ENCRYPT)
		return CKR_DATA_LEN_RANGE; /* libcrypto would never verify it */
	return CKR_OK;
}

static CK_RV
rsa_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	if (op->use != CKF_DECRYPT && op->use != CKF_VERIFY_RECOVER)
		TRY(length_check(op, in_len));
	return rsa_run(op, (struct span){ in, in_len }, CKR_FUNCTION_FAILED,
	    out, out_len);
}

static CK_RV
rsa_verify(struct op *op, const void *in, size_t in_len, const void *sig,
    size_t sig_len)
{
	TRY(length_check(op, in_len));
	if (sig_len != rsa_modulus_len(op))
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
	.encapsulate_as = rsa_encapsulate,
	.decapsulate_as = rsa_decapsulate,
	.encapsulated_size = rsa_kem_size,
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
	.encapsulate_as = rsa_encapsulate,
	.decapsulate_as = rsa_decapsulate,
	.encapsulated_size = rsa_kem_size,
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
	{ CKM_RSA_PKCS, CKK_RSA, RSA_SIZES, SV | SVR | ED | WU | KEM,
	    NULL, PKCS1, &rsa_pkcs1_ops },
	{ CKM_SHA1_RSA_PKCS, CKK_RSA, RSA_SIZES, V,
	    "SHA1", PKCS1, &rsa_pkcs1_hash_ops, .standard = S },
	{ CKM_RSA_PKCS_OAEP, CKK_RSA, RSA_SIZES, ED | WU | KEM,
	    NULL, OAEP, &rsa_oaep_ops },
	{ CKM_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    NULL, PSS, &rsa_pss_ops },
	{ CKM_SHA1_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, V,
	    "SHA1", PSS, &rsa_pss_hash_ops, .standard = S },
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
