/* HMAC, of the digest's length or of one that the parameter says. */
#include "module/mech/op.h"
#include "module/mech/rows.h"

#include <openssl/core_names.h>
#include <string.h>

#include "module/crypto/mac.h"

static CK_RV
hmac_prepare(struct op *op)
{
	if (mac_hmac() == NULL)
		return CKR_MECHANISM_INVALID;
	op->len = op->param.len != 0 ? op->param.len :
	    digest_size(op->digest);
	op->mac = EVP_MAC_CTX_new(mac_hmac());
	return op->mac != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

/* The first time with the key, then with what the context made of it. */
static CK_RV
hmac_begin(struct op *op)
{
	char name[32];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name,
		    0),
		OSSL_PARAM_construct_end(),
	};
	struct span key = key_value(op->key);
	int ok;

	if (op->prepared) {
		ok = EVP_MAC_init(op->mac, NULL, 0, NULL);
	} else {
		snprintf(name, sizeof(name), "%s", digest_name(op->digest));
		ok = EVP_MAC_init(op->mac, key.data, key.len, params);
	}
	return ok == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
}

static size_t
hmac_size(const struct op *op, size_t in_len)
{
	(void)in_len;
	return op->len;
}

static CK_RV
hmac_feed(struct op *op, const void *in, size_t len)
{
	return EVP_MAC_update(op->mac, in, len) == 1 ? CKR_OK :
	    CKR_FUNCTION_FAILED;
}

static CK_RV
hmac_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	uint8_t whole[EVP_MAX_MD_SIZE];
	size_t len;

	if (in_len != 0)
		TRY(hmac_feed(op, in, in_len));
	if (EVP_MAC_final(op->mac, whole, &len, sizeof(whole)) != 1)
		return CKR_FUNCTION_FAILED;
	memcpy(out, whole, op->len);
	*out_len = op->len;
	explicit_bzero(whole, sizeof(whole));
	return CKR_OK;
}

static CK_RV
hmac_verify(struct op *op, const void *in, size_t in_len, const void *sig,
    size_t sig_len)
{
	uint8_t want[EVP_MAX_MD_SIZE];
	size_t len;
	int same;

	if (sig_len != op->len)
		return CKR_SIGNATURE_LEN_RANGE;
	TRY(hmac_finish(op, in, in_len, want, &len));
	same = secret_equal(want, sig, len);
	explicit_bzero(want, sizeof(want));
	return same ? CKR_OK : CKR_SIGNATURE_INVALID;
}

static const struct mech_ops hmac_ops = {
	.unit = 8,
	.read = param_none,
	.prepare = hmac_prepare,
	.begin = hmac_begin,
	.size = hmac_size,
	.feed = hmac_feed,
	.finish = hmac_finish,
	.verify = hmac_verify,
};

static const struct mech_ops hmac_general_ops = {
	.unit = 8,
	.read = param_mac_general,
	.prepare = hmac_prepare,
	.begin = hmac_begin,
	.size = hmac_size,
	.feed = hmac_feed,
	.finish = hmac_finish,
	.verify = hmac_verify,
};

static const struct mech hmac_rows[] = {
	{ CKM_SHA512_224_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-512/224", 0, &hmac_ops,
	    .also = KEYS(CKK_SHA512_224_HMAC) },
	{ CKM_SHA512_224_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-512/224", 1, &hmac_general_ops,
	    .also = KEYS(CKK_SHA512_224_HMAC) },
	{ CKM_SHA512_256_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-512/256", 0, &hmac_ops,
	    .also = KEYS(CKK_SHA512_256_HMAC) },
	{ CKM_SHA512_256_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-512/256", 1, &hmac_general_ops,
	    .also = KEYS(CKK_SHA512_256_HMAC) },
	{ CKM_SHA_1_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA1", 0, &hmac_ops,
	    .also = KEYS(CKK_SHA_1_HMAC) },
	{ CKM_SHA_1_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA1", 1, &hmac_general_ops,
	    .also = KEYS(CKK_SHA_1_HMAC) },
	{ CKM_SHA256_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-256", 0, &hmac_ops,
	    .also = KEYS(CKK_SHA256_HMAC) },
	{ CKM_SHA256_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-256", 1, &hmac_general_ops,
	    .also = KEYS(CKK_SHA256_HMAC) },
	{ CKM_SHA224_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-224", 0, &hmac_ops,
	    .also = KEYS(CKK_SHA224_HMAC) },
	{ CKM_SHA224_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-224", 1, &hmac_general_ops,
	    .also = KEYS(CKK_SHA224_HMAC) },
	{ CKM_SHA384_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-384", 0, &hmac_ops,
	    .also = KEYS(CKK_SHA384_HMAC) },
	{ CKM_SHA384_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-384", 1, &hmac_general_ops,
	    .also = KEYS(CKK_SHA384_HMAC) },
	{ CKM_SHA512_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-512", 0, &hmac_ops,
	    .also = KEYS(CKK_SHA512_HMAC) },
	{ CKM_SHA512_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-512", 1, &hmac_general_ops,
	    .also = KEYS(CKK_SHA512_HMAC) },
	{ CKM_SHA3_256_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-256", 0, &hmac_ops,
	    .also = KEYS(CKK_SHA3_256_HMAC) },
	{ CKM_SHA3_256_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-256", 1, &hmac_general_ops,
	    .also = KEYS(CKK_SHA3_256_HMAC) },
	{ CKM_SHA3_224_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-224", 0, &hmac_ops,
	    .also = KEYS(CKK_SHA3_224_HMAC) },
	{ CKM_SHA3_224_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-224", 1, &hmac_general_ops,
	    .also = KEYS(CKK_SHA3_224_HMAC) },
	{ CKM_SHA3_384_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-384", 0, &hmac_ops,
	    .also = KEYS(CKK_SHA3_384_HMAC) },
	{ CKM_SHA3_384_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-384", 1, &hmac_general_ops,
	    .also = KEYS(CKK_SHA3_384_HMAC) },
	{ CKM_SHA3_512_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-512", 0, &hmac_ops,
	    .also = KEYS(CKK_SHA3_512_HMAC) },
	{ CKM_SHA3_512_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-512", 1, &hmac_general_ops,
	    .also = KEYS(CKK_SHA3_512_HMAC) },
};

const struct mech_family hmac_family = FAMILY(hmac_rows);
