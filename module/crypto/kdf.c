/* HMAC and HKDF with one algorithm, fetched once. */
#include "module/crypto/kdf.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdatomic.h>
#include <string.h>

#include "module/crypto/errors.h"
#include "module/crypto/libctx.h"

DEFINE_CLEANUP(EVP_MAC_CTX *, EVP_MAC_CTX_free)

/* HMAC-SHA-256 without a key: duplicated for use. */
static EVP_MAC_CTX *_Atomic hmac;

static EVP_MAC_CTX *
hmac_make(void)
{
	char sha256[] = "SHA2-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256,
		    0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(libctx_get(), "HMAC", NULL);
	_cleanup_(EVP_MAC_CTX_freep) EVP_MAC_CTX *ctx =
	    mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (ctx == NULL || EVP_MAC_CTX_set_params(ctx, params) != 1)
		return NULL;
	return TAKE(ctx);
}

/* Of several threads that make it at once, one is kept; a failure is not. */
static EVP_MAC_CTX *
hmac_known(void)
{
	EVP_MAC_CTX *ctx = atomic_load_explicit(&hmac, memory_order_acquire);
	EVP_MAC_CTX *other = NULL;

	if (ctx != NULL || (ctx = hmac_make()) == NULL ||
	    atomic_compare_exchange_strong(&hmac, &other, ctx))
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return other;
}

CK_RV
hmac_sha256(struct span key, const struct span *parts, size_t count,
    uint8_t out[KDF_LEN])
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	_cleanup_(EVP_MAC_CTX_freep) EVP_MAC_CTX *ctx = NULL;
	const EVP_MAC_CTX *empty = hmac_known();
	size_t len = 0;

	if (empty == NULL || (ctx = EVP_MAC_CTX_dup(empty)) == NULL ||
	    EVP_MAC_init(ctx, key.data, key.len, NULL) != 1)
		return CKR_FUNCTION_FAILED;
	for (size_t i = 0; i < count; i++)
		if (parts[i].len != 0 &&
		    EVP_MAC_update(ctx, parts[i].data, parts[i].len) != 1)
			return CKR_FUNCTION_FAILED;
	if (EVP_MAC_final(ctx, out, &len, KDF_LEN) != 1 || len != KDF_LEN)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

CK_RV
hkdf_sha256(struct span key, struct span salt, struct span info,
    uint8_t out[KDF_LEN])
{
	static const uint8_t zeros[KDF_LEN], one[] = { 1 };
	uint8_t prk[KDF_LEN];
	struct span expand[] = { info, { one, sizeof(one) } };
	CK_RV rv;

	if (salt.len == 0)
		salt = (struct span){ zeros, sizeof(zeros) };
	rv = hmac_sha256(salt, &key, 1, prk);
	if (rv == CKR_OK)
		rv = hmac_sha256((struct span){ prk, sizeof(prk) }, expand,
		    COUNT(expand), out);
	explicit_bzero(prk, sizeof(prk));
	return rv;
}
