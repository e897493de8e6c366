/* AES-256-GCM, one message for one key. */
#include "module/crypto/aead.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <string.h>

#include "module/crypto/errors.h"
#include "module/crypto/libctx.h"

#define NONCE_LEN 12
#define PIECE_MAX (1 << 30) /* libcrypto counts in int */

DEFINE_CLEANUP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

static EVP_CIPHER *_Atomic gcm;

static const uint8_t nonce[NONCE_LEN];

/* Of several threads that fetch at once, one fetched cipher is kept. */
static EVP_CIPHER *
gcm_fetch(void)
{
	EVP_CIPHER *mine = EVP_CIPHER_fetch(libctx_get(), "AES-256-GCM", NULL);
	EVP_CIPHER *other = NULL;

	if (mine == NULL || atomic_compare_exchange_strong(&gcm, &other, mine))
		return mine;
	EVP_CIPHER_free(mine);
	return other;
}

static EVP_CIPHER *
gcm_cipher(void)
{
	EVP_CIPHER *known = atomic_load_explicit(&gcm, memory_order_acquire);

	return known != NULL ? known : gcm_fetch();
}

CK_RV
aead_seal(const uint8_t key[AEAD_KEY], struct span aad, struct span plain,
    uint8_t *out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	EVP_CIPHER *cipher = gcm_cipher();
	_cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *ctx =
	    cipher != NULL ? EVP_CIPHER_CTX_new() : NULL;
	int len = 0;

	if (ctx == NULL || plain.len > PIECE_MAX || aad.len > PIECE_MAX)
		return CKR_HOST_MEMORY;
	if (EVP_EncryptInit_ex2(ctx, cipher, key, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &len, aad.data, (int)aad.len) != 1)
		return CKR_FUNCTION_FAILED;
	if (plain.len != 0 && EVP_EncryptUpdate(ctx, out, &len, plain.data,
	    (int)plain.len) != 1)
		return CKR_FUNCTION_FAILED;
	if (EVP_EncryptFinal_ex(ctx, out + plain.len, &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG,
		out + plain.len) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

CK_RV
aead_open(const uint8_t key[AEAD_KEY], struct span aad, struct span sealed,
    uint8_t *out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	EVP_CIPHER *cipher = gcm_cipher();
	_cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *ctx =
	    cipher != NULL ? EVP_CIPHER_CTX_new() : NULL;
	uint8_t tag[AEAD_TAG];
	size_t plain = sealed.len - AEAD_TAG;
	int len = 0;

	if (ctx == NULL || sealed.len > PIECE_MAX || aad.len > PIECE_MAX)
		return CKR_HOST_MEMORY;
	memcpy(tag, (const uint8_t *)sealed.data + plain, AEAD_TAG);
	if (EVP_DecryptInit_ex2(ctx, cipher, key, nonce, NULL) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &len, aad.data, (int)aad.len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG,
		tag) != 1 ||
	    (plain != 0 && EVP_DecryptUpdate(ctx, out, &len, sealed.data,
		(int)plain) != 1))
		return CKR_FUNCTION_FAILED;
	if (EVP_DecryptFinal_ex(ctx, tag, &len) == 1) /* writes no byte */
		return CKR_OK;
	if (plain != 0)
		explicit_bzero(out, plain);
	return CKR_ENCRYPTED_DATA_INVALID;
}
