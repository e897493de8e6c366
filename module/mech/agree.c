/* Shared secrets by libcrypto, and the hashes of SP 800-56A and X9.63. */
#include "module/mech/agree.h"

#include <openssl/dh.h>
#include <string.h>

#include "common/log.h"
#include "module/crypto/digest.h"
#include "module/crypto/libctx.h"
#include "module/crypto/pkey.h"

#define DERIVED_LEN_MAX 65536

DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free)

enum scheme {
	PLAIN,
	X963,    /* the counter behind the secret */
	SP800_56 /* the counter in front */
};

static const struct kdf {
	CK_ULONG type;
	enum scheme scheme;
	const char *md;
} kdfs[] = {
	{ CKD_NULL, PLAIN, NULL },
	{ CKD_SHA1_KDF, X963, "SHA1" },
	{ CKD_SHA1_KDF_CONCATENATE, X963, "SHA1" },
	{ CKD_SHA224_KDF, X963, "SHA2-224" },
	{ CKD_SHA256_KDF, X963, "SHA2-256" },
	{ CKD_SHA384_KDF, X963, "SHA2-384" },
	{ CKD_SHA512_KDF, X963, "SHA2-512" },
	{ CKD_SHA3_224_KDF, X963, "SHA3-224" },
	{ CKD_SHA3_256_KDF, X963, "SHA3-256" },
	{ CKD_SHA3_384_KDF, X963, "SHA3-384" },
	{ CKD_SHA3_512_KDF, X963, "SHA3-512" },
	{ CKD_SHA1_KDF_SP800, SP800_56, "SHA1" },
	{ CKD_SHA224_KDF_SP800, SP800_56, "SHA2-224" },
	{ CKD_SHA256_KDF_SP800, SP800_56, "SHA2-256" },
	{ CKD_SHA384_KDF_SP800, SP800_56, "SHA2-384" },
	{ CKD_SHA512_KDF_SP800, SP800_56, "SHA2-512" },
	{ CKD_SHA3_224_KDF_SP800, SP800_56, "SHA3-224" },
	{ CKD_SHA3_256_KDF_SP800, SP800_56, "SHA3-256" },
	{ CKD_SHA3_384_KDF_SP800, SP800_56, "SHA3-384" },
	{ CKD_SHA3_512_KDF_SP800, SP800_56, "SHA3-512" },
	/* the standard derives with BLAKE2b as SP 800-56A does, too; libcrypto
	 * has the longest one */
	{ CKD_BLAKE2B_512_KDF, SP800_56, "BLAKE2B-512" },
};

static const struct kdf *
kdf_find(CK_ULONG type)
{
	for (size_t i = 0; i < COUNT(kdfs); i++)
		if (kdfs[i].type == type && (kdfs[i].md == NULL ||
		    digest_find(kdfs[i].md) != NULL))
			return &kdfs[i];
	return NULL;
}

static bool
is_dh(const EVP_PKEY *pkey)
{
	return EVP_PKEY_is_a(pkey, "DH") || EVP_PKEY_is_a(pkey, "DHX");
}

CK_RV
agree_secret(EVP_PKEY *own, EVP_PKEY *peer, struct secret *out)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_pkey(libctx_get(), own, NULL);
	_cleanup_(secret_wipe) struct secret secret = { NULL, 0 };
	size_t len;

	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    (is_dh(own) && EVP_PKEY_CTX_set_dh_pad(ctx, 1) != 1))
		return CKR_FUNCTION_FAILED;
	if (EVP_PKEY_derive_set_peer(ctx, peer) != 1)
		return CKR_PUBLIC_KEY_INVALID;
	if (EVP_PKEY_derive(ctx, NULL, &len) != 1)
		return CKR_FUNCTION_FAILED;
	TRY(secret_new(len, &secret));
	/* zero as a secret is refused here too */
	if (EVP_PKEY_derive(ctx, secret.data, &len) != 1)
		return CKR_PUBLIC_KEY_INVALID;
	TRY(secret_cut(&secret, len));
	*out = secret;
	secret = (struct secret){ NULL, 0 };
	return CKR_OK;
}

CK_RV
agree_kdf_check(const struct agree_kdf *kdf)
{
	if (kdf_find(kdf->type) == NULL)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "kdf is not offered");
	if ((kdf->info == NULL && kdf->info_len != 0) ||
	    (kdf->type == CKD_NULL && kdf->info_len != 0) ||
	    kdf->info_len > DERIVED_LEN_MAX)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "the shared data is absent, too long, or not for this kdf");
	return CKR_OK;
}

/* One block of output: a hash of counter, secret and shared data. */
static CK_RV
block(const struct kdf *row, uint32_t n, struct span secret,
    const struct agree_kdf *kdf, uint8_t out[EVP_MAX_MD_SIZE])
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t counter[] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16),
		(uint8_t)(n >> 8), (uint8_t)n };
	struct span middle = { counter, sizeof(counter) };
	struct span info = { kdf->info, kdf->info_len };
	const struct span parts[] = {
		row->scheme == X963 ? secret : middle,
		row->scheme == X963 ? middle : secret,
		info,
	};

	if (ctx == NULL || EVP_DigestInit_ex2(ctx,
	    digest_md(digest_find(row->md)), NULL) != 1)
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < COUNT(parts); i++)
		if (parts[i].len != 0 && EVP_DigestUpdate(ctx, parts[i].data,
		    parts[i].len) != 1)
			return CKR_FUNCTION_FAILED;
	return EVP_DigestFinal_ex(ctx, out, NULL) == 1 ? CKR_OK
	                                               : CKR_FUNCTION_FAILED;
}

static CK_RV
hashed(const struct kdf *row, const struct agree_kdf *kdf, size_t len,
    struct secret *secret)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	size_t size = digest_size(digest_find(row->md));
	size_t blocks = (len + size - 1) / size;

	if (len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (len > DERIVED_LEN_MAX)
		return CKR_KEY_SIZE_RANGE;
	TRY(secret_new(blocks * size, &made));
	for (size_t i = 0; i < blocks; i++)
		TRY(block(row, (uint32_t)i + 1, (struct span){ secret->data,
		    secret->len }, kdf, made.data + i * size));
	TRY(secret_cut(&made, len));
	secret_wipe(secret);
	*secret = made;
	made = (struct secret){ NULL, 0 };
	return CKR_OK;
}

CK_RV
agree_derive(const struct agree_kdf *kdf, size_t len, struct secret *secret)
{
	const struct kdf *row = kdf_find(kdf->type);

	if (row == NULL)
		return CKR_MECHANISM_PARAM_INVALID;
	if (row->md != NULL)
		return hashed(row, kdf, len, secret);
	if (len == 0 || len == secret->len)
		return CKR_OK;
	if (len > secret->len)
		return fail_quiet(CKR_KEY_SIZE_RANGE,
		    "the shared secret is not so long");
	memmove(secret->data, secret->data + secret->len - len, len);
	return secret_cut(secret, len);
}

CK_RV
agree_shared(EVP_PKEY *own, EVP_PKEY *peer, const struct agree_kdf *kdf,
    size_t len, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret secret = { NULL, 0 };

	TRY(agree_secret(own, peer, &secret));
	TRY(agree_derive(kdf, len, &secret));
	*out = secret;
	secret = (struct secret){ NULL, 0 };
	return CKR_OK;
}

CK_RV
agree_answer(CK_RV rv)
{
	static const struct {
		CK_RV is, told;
	} rows[] = {
		{ CKR_MECHANISM_PARAM_INVALID, CKR_WRAPPED_KEY_LEN_RANGE },
		{ CKR_PUBLIC_KEY_INVALID, CKR_WRAPPED_KEY_INVALID },
		{ CKR_KEY_SIZE_RANGE, CKR_TEMPLATE_INCONSISTENT },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].is == rv)
			return rows[i].told;
	return rv;
}

CK_RV
agree_finish(EVP_PKEY *own, EVP_PKEY *peer, const struct agree_kdf *kdf,
    const struct derive_args *args, struct derived *out)
{
	if (args->class != CKO_SECRET_KEY)
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(agree_shared(own, peer, kdf, args->len,
	    &out->keys[0].made.value));
	out->count = 1;
	return CKR_OK;
}
