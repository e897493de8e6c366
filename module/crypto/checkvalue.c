/* SHA-1 fingerprints and check values. */
#include "module/crypto/checkvalue.h"

#include <openssl/evp.h>
#include <string.h>

#include "module/crypto/errors.h"
#include "module/crypto/libctx.h"

DEFINE_CLEANUP(EVP_CIPHER *, EVP_CIPHER_free)
DEFINE_CLEANUP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

CK_RV
sha1_of(struct span value, uint8_t out[SHA1_LEN])
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	size_t len = SHA1_LEN;

	return EVP_Q_digest(libctx_get(), "SHA1", NULL, value.data, value.len,
	    out, &len) == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
}

static CK_RV
aes_check_value(struct span value, uint8_t out[CHECK_VALUE_LEN])
{
	static const uint8_t zeros[16];
	const char *name = value.len == 16 ? "AES-128-ECB"
	    : value.len == 24              ? "AES-192-ECB"
	                                   : "AES-256-ECB";
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	_cleanup_(EVP_CIPHER_freep) EVP_CIPHER *cipher =
	    EVP_CIPHER_fetch(libctx_get(), name, NULL);
	_cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *ctx =
	    EVP_CIPHER_CTX_new();
	uint8_t block[32];
	int len = 0;

	if (cipher == NULL || ctx == NULL ||
	    EVP_EncryptInit_ex2(ctx, cipher, value.data, NULL, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, block, &len, zeros, sizeof(zeros)) != 1)
		return CKR_FUNCTION_FAILED;
	memcpy(out, block, CHECK_VALUE_LEN);
	return CKR_OK;
}

CK_RV
check_value(CK_KEY_TYPE type, struct span value, uint8_t out[CHECK_VALUE_LEN])
{
	uint8_t sha1[SHA1_LEN];

	if (type == CKK_AES)
		return aes_check_value(value, out);
	TRY(sha1_of(value, sha1));
	memcpy(out, sha1, CHECK_VALUE_LEN);
	return CKR_OK;
}
