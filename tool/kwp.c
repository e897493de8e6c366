/* AES-256-WRAP-PAD of libcrypto. */
#include "tool/kwp.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#define ROOM 16

DEFINE_CLEANUP(EVP_CIPHER *, EVP_CIPHER_free)
DEFINE_CLEANUP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

static CK_RV
kwp(const struct secret *kek, const struct secret *in, int wrap,
    struct secret *out)
{
	_cleanup_(EVP_CIPHER_freep) EVP_CIPHER *cipher =
	    EVP_CIPHER_fetch(NULL, "AES-256-WRAP-PAD", NULL);
	_cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *ctx =
	    EVP_CIPHER_CTX_new();
	_cleanup_(secret_wipe) struct secret all = { NULL, 0 };
	int len = 0;

	if (cipher == NULL || ctx == NULL || kek->len != KWP_KEY)
		return CKR_FUNCTION_FAILED;
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	TRY(secret_new(in->len + ROOM, &all));
	if (!EVP_CipherInit_ex2(ctx, cipher, kek->data, NULL, wrap, NULL) ||
	    EVP_CipherUpdate(ctx, all.data, &len, in->data, (int)in->len) <=
	        0) {
		ERR_clear_error();
		return CKR_WRAPPED_KEY_INVALID;
	}
	TRY(secret_cut(&all, (size_t)len));
	*out = all;
	all = (struct secret){ NULL, 0 };
	return CKR_OK;
}

CK_RV
kwp_wrap(const struct secret *kek, const struct secret *plain,
    struct secret *out)
{
	return kwp(kek, plain, 1, out);
}

CK_RV
kwp_unwrap(const struct secret *kek, const struct secret *wrapped,
    struct secret *out)
{
	return kwp(kek, wrapped, 0, out);
}
