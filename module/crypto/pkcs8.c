/* PKCS #8 by libcrypto's encoder and decoder. */
#include "module/crypto/pkcs8.h"

#include <openssl/encoder.h>
#include <openssl/x509.h>
#include <string.h>

#include "module/crypto/der.h"
#include "module/crypto/errors.h"
#include "module/crypto/keykind.h"
#include "module/crypto/keypool.h"
#include "module/crypto/libctx.h"

DEFINE_CLEANUP(OSSL_ENCODER_CTX *, OSSL_ENCODER_CTX_free)
DEFINE_CLEANUP(PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free)

/* What signs needs no public half; what is written has one. */
static CK_RV
with_public(const struct key *key, EVP_PKEY **out)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pkey = EVP_PKEY_dup(
	    key_pkey(key));
	_cleanup_(key_made_wipe) struct key_made parts = { 0 };
	struct span point;

	if (pkey == NULL)
		return CKR_HOST_MEMORY;
	if (key_type(key) == CKK_EC) {
		TRY(key_public_parts(key, &parts));
		TRY(der_only((struct span){ parts.point.data,
		    parts.point.len }, DER_OCTET_STRING, &point));
		if (EVP_PKEY_set1_encoded_public_key(pkey, point.data,
		    point.len) != 1)
			return CKR_FUNCTION_FAILED;
	}
	*out = TAKE(pkey);
	return CKR_OK;
}

CK_RV
pkcs8_write(const struct key *key, struct secret *out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;
	_cleanup_(OSSL_ENCODER_CTX_freep) OSSL_ENCODER_CTX *ctx = NULL;
	unsigned char *der = NULL;
	size_t len = 0;
	CK_RV rv;

	if (key_class(key) != CKO_PRIVATE_KEY)
		return CKR_KEY_NOT_WRAPPABLE;
	TRY(with_public(key, &pkey));
	ctx = OSSL_ENCODER_CTX_new_for_pkey(pkey, EVP_PKEY_KEYPAIR, "DER",
	    "PrivateKeyInfo", NULL);
	if (ctx == NULL || OSSL_ENCODER_to_data(ctx, &der, &len) != 1)
		return CKR_KEY_NOT_WRAPPABLE;
	rv = secret_dup(der, len, out);
	OPENSSL_clear_free(der, len);
	return rv;
}

/* A block cipher without padding has filled the last block up with zeros. */
static CK_RV
fill_cut(struct span *der)
{
	struct span rest = *der;
	uint8_t wrong = 0;

	if (der_take_whole(&rest, DER_SEQUENCE, der) != CKR_OK ||
	    rest.len >= 16)
		return CKR_WRAPPED_KEY_INVALID;
	for (size_t i = 0; i < rest.len; i++)
		wrong |= ((const uint8_t *)rest.data)[i];
	return wrong == 0 ? CKR_OK : CKR_WRAPPED_KEY_INVALID;
}

CK_RV
pkcs8_read(struct span der, CK_KEY_TYPE *type, struct key_made *out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	_cleanup_(PKCS8_PRIV_KEY_INFO_freep) PKCS8_PRIV_KEY_INFO *info = NULL;
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;
	const unsigned char *at;

	TRY(fill_cut(&der));
	if (der.len > INT32_MAX)
		return CKR_WRAPPED_KEY_INVALID;
	at = der.data;
	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
	if (info == NULL || at != (const unsigned char *)der.data + der.len)
		return CKR_WRAPPED_KEY_INVALID;
	pkey = EVP_PKCS82PKEY_ex(info, libctx_get(), NULL);
	if (pkey == NULL)
		return CKR_WRAPPED_KEY_INVALID;
	return key_export(pkey, type, out);
}
