/* HMAC, of the digest's length or of one that the parameter says. */
#include "module/mech/op.h"
#include "module/mech/rows.h"

#include <openssl/core_names.h>
#include <string.h>

#include "module/crypto/mac.h"
#include "module/crypto/sha.h"

/* A row's arg: which parameter it takes. */
enum length { WHOLE, GENERAL, BITS };

/* SHA-512/t's parameter is t in bits. */
static CK_RV
hmac_read(const struct mech *mech, mech_use use, const CK_MECHANISM *mechanism,
    struct param *out)
{
	struct sha sha;

	if (mech->arg == WHOLE)
		return param_none(mech, use, mechanism, out);
	if (mech->arg == GENERAL)
		return param_number(mechanism, 1,
		    digest_size(digest_find(mech->md)), &out->len);
	TRY(param_number(mechanism, 1, 511, &out->bits));
	return sha_begin_512t(&sha, out->bits) ? CKR_OK
	                                       : CKR_MECHANISM_PARAM_INVALID;
}

static bool
hmac_is_same(const struct param *a, const struct param *b)
{
	return a->len == b->len && a->bits == b->bits;
}

static size_t
hmac_size(const struct op *op, size_t in_len)
{
	(void)in_len;
	return op->len;
}

static size_t
length_of(const struct op *op, size_t whole)
{
	return op->param.len != 0 ? op->param.len : whole;
}

/* By libcrypto */

static CK_RV
hmac_prepare(struct op *op)
{
	EVP_MAC *mac = mac_find("HMAC");

	if (mac == NULL)
		return CKR_MECHANISM_INVALID;
	op->len = length_of(op, digest_size(op->digest));
	op->mac = EVP_MAC_CTX_new(mac);
	return op->mac != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

/* The first time with the key, then with what the context made of it. */
static CK_RV
hmac_start(struct op *op)
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

/* On open states, which can be saved */

struct sha_mac {
	struct sha_hmac keyed, now;
};

static CK_RV
sha_prepare(struct op *op)
{
	struct sha_mac *mac = op->own = secret_alloc(sizeof(*mac));
	struct sha sha;
	bool ok = op->param.bits != 0 ? sha_begin_512t(&sha, op->param.bits)
	                              : sha_begin(&sha, op->mech->md);

	if (mac == NULL)
		return CKR_HOST_MEMORY;
	if (!ok)
		return CKR_MECHANISM_INVALID;
	sha_hmac_begin(&mac->keyed, &sha, key_value(op->key));
	op->len = length_of(op, sha.size);
	return CKR_OK;
}

static void
sha_forget(struct op *op)
{
	secret_free(op->own, sizeof(struct sha_mac));
}

static CK_RV
sha_start(struct op *op)
{
	struct sha_mac *mac = op->own;

	mac->now = mac->keyed;
	return CKR_OK;
}

static CK_RV
sha_feed(struct op *op, const void *in, size_t len)
{
	struct sha_mac *mac = op->own;

	sha_update(&mac->now.inner, in, len);
	return CKR_OK;
}

static CK_RV
sha_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	struct sha_mac *mac = op->own;
	uint8_t whole[SHA_MAX];

	sha_update(&mac->now.inner, in, in_len);
	sha_hmac_final(&mac->now, whole);
	memcpy(out, whole, op->len);
	*out_len = op->len;
	explicit_bzero(whole, sizeof(whole));
	return CKR_OK;
}

/* The outer hash follows from the key. */
static CK_RV
sha_save(const struct op *op, struct buf *out)
{
	const struct sha_mac *mac = op->own;
	struct span state = sha_state(&mac->now.inner);

	buf_bytes(out, state.data, state.len);
	return CKR_OK;
}

static CK_RV
sha_restore(struct op *op, struct span state)
{
	struct sha_mac *mac = op->own;

	return sha_resume(&mac->now.inner, state) ? CKR_OK
	                                          : CKR_SAVED_STATE_INVALID;
}

#define HMAC \
	.unit = 8, .read = hmac_read, .is_same = hmac_is_same, \
	.size = hmac_size, .verify = op_mac_verify

static const struct mech_ops hmac_ops = {
	HMAC,
	.prepare = hmac_prepare,
	.begin = hmac_start,
	.feed = hmac_feed,
	.finish = hmac_finish,
};

static const struct mech_ops sha_ops = {
	HMAC,
	.prepare = sha_prepare,
	.begin = sha_start,
	.feed = sha_feed,
	.finish = sha_finish,
	.save = sha_save,
	.restore = sha_restore,
	.forget = sha_forget,
};

/* Both forms of a hash, for generic keys and those of its own type. */
#define ROWS(name, flags, md, ops, ...) \
	{ CKM_##name##_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, flags, md, \
	    WHOLE, ops, .also = KEYS(CKK_##name##_HMAC), __VA_ARGS__ }, \
	{ CKM_##name##_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, flags, \
	    md, GENERAL, ops, .also = KEYS(CKK_##name##_HMAC), __VA_ARGS__ }

static const struct mech hmac_rows[] = {
	ROWS(SHA_1, SV, "SHA1", &sha_ops, ),
	ROWS(SHA224, SV, "SHA2-224", &sha_ops, ),
	ROWS(SHA256, SV, "SHA2-256", &sha_ops, ),
	ROWS(SHA384, SV, "SHA2-384", &sha_ops, ),
	ROWS(SHA512, SV, "SHA2-512", &sha_ops, ),
	ROWS(SHA512_224, SV, "SHA2-512/224", &sha_ops, ),
	ROWS(SHA512_256, SV, "SHA2-512/256", &sha_ops, ),
	{ CKM_SHA512_T_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV, "SHA2-512",
	    BITS, &sha_ops, .also = KEYS(CKK_SHA512_T_HMAC) },
	ROWS(SHA3_224, SV, "SHA3-224", &hmac_ops, ),
	ROWS(SHA3_256, SV, "SHA3-256", &hmac_ops, ),
	ROWS(SHA3_384, SV, "SHA3-384", &hmac_ops, ),
	ROWS(SHA3_512, SV, "SHA3-512", &hmac_ops, ),
	ROWS(BLAKE2B_512, SV, "BLAKE2B-512", &hmac_ops, ),
	ROWS(MD5, V, "MD5", &hmac_ops, .legacy = S),
};

const struct mech_family hmac_family = FAMILY(hmac_rows);
