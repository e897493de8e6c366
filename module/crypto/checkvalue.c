/* SHA-1 fingerprints and check values. */
#include "module/crypto/checkvalue.h"

#include <openssl/evp.h>
#include <string.h>

#include "module/crypto/cipher.h"
#include "module/crypto/errors.h"
#include "module/crypto/libctx.h"

CK_RV
sha1_of(struct span value, uint8_t out[SHA1_LEN])
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	size_t len = SHA1_LEN;

	return EVP_Q_digest(libctx_get(), "SHA1", NULL, value.data, value.len,
	    out, &len) == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
}

/* Keys whose check value is the start of an encrypted block of zeros. */
static const struct {
	CK_KEY_TYPE type;
	const char *cipher;
} ciphers[] = {
	{ CKK_AES, "AES-%u-ECB" },
	{ CKK_CAMELLIA, "CAMELLIA-%u-ECB" },
	{ CKK_DES, "DES-ECB" },
	{ CKK_DES2, "DES-EDE-ECB" },
	{ CKK_DES3, "DES-EDE3-ECB" },
};

static const EVP_CIPHER *
cipher_of(CK_KEY_TYPE type, size_t len)
{
	for (size_t i = 0; i < COUNT(ciphers); i++)
		if (ciphers[i].type == type)
			return cipher_find(ciphers[i].cipher,
			    (unsigned)len * 8);
	return NULL;
}

static CK_RV
block_check_value(const EVP_CIPHER *cipher, struct span value,
    uint8_t out[CHECK_VALUE_LEN])
{
	static const uint8_t zeros[16];
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	_cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *ctx =
	    EVP_CIPHER_CTX_new();
	uint8_t block[32];
	int len = 0;

	if (ctx == NULL ||
	    EVP_EncryptInit_ex2(ctx, cipher, value.data, NULL, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, block, &len, zeros, sizeof(zeros)) != 1)
		return CKR_FUNCTION_FAILED;
	memcpy(out, block, CHECK_VALUE_LEN);
	return CKR_OK;
}

CK_RV
check_value(CK_KEY_TYPE type, struct span value, uint8_t out[CHECK_VALUE_LEN])
{
	const EVP_CIPHER *cipher = cipher_of(type, value.len);
	uint8_t sha1[SHA1_LEN];

	if (cipher != NULL)
		return block_check_value(cipher, value, out);
	TRY(sha1_of(value, sha1));
	memcpy(out, sha1, CHECK_VALUE_LEN);
	return CKR_OK;
}
