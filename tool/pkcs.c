/* PKCS#12 files, and PKCS#8 under a password. */
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <string.h>

#include "tool/pem.h"

#define PBKDF2_ROUNDS 600000

DEFINE_CLEANUP(OSSL_PROVIDER *, OSSL_PROVIDER_unload)
DEFINE_CLEANUP(PKCS12 *, PKCS12_free)

/* Old files need algorithms that only this provider still has. */
static bool
pkcs12_try(PKCS12 *p12, const char *password, EVP_PKEY **key, X509 **leaf,
    STACK_OF(X509) **others)
{
	_cleanup_(OSSL_PROVIDER_unloadp) OSSL_PROVIDER *legacy = NULL;

	if (PKCS12_parse(p12, password, key, leaf, others))
		return true;
	legacy = OSSL_PROVIDER_try_load(NULL, "legacy", 1);
	return legacy != NULL &&
	       PKCS12_parse(p12, password, key, leaf, others);
}

static CK_RV
pkcs12_open(PKCS12 *p12, struct input_password *password, EVP_PKEY **key,
    X509 **leaf, STACK_OF(X509) **others)
{
	_cleanup_(secret_wipe) struct secret text = { NULL, 0 };

	if (PKCS12_verify_mac(p12, NULL, 0) || PKCS12_verify_mac(p12, "", 0))
		return pkcs12_try(p12, "", key, leaf, others) ||
		       pkcs12_try(p12, NULL, key, leaf, others)
		    ? CKR_OK : E_BAD_FORMAT;
	TRY(input_password_get(password));
	TRY(secret_new(password->value.len + 1, &text));
	if (password->value.len != 0)
		memcpy(text.data, password->value.data, password->value.len);
	if (!PKCS12_verify_mac(p12, (char *)text.data, -1))
		return E_WRONG_PASSWORD;
	return pkcs12_try(p12, (char *)text.data, key, leaf, others)
	    ? CKR_OK : E_BAD_FORMAT;
}

CK_RV
pem_pkcs12(const struct secret *file, struct input_password *password,
    EVP_PKEY **key, STACK_OF(X509) **certs)
{
	_cleanup_(certs_freep) STACK_OF(X509) *all = NULL;
	_cleanup_(X509_freep) X509 *leaf = NULL;
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *found = NULL;
	const unsigned char *at = file->data;
	_cleanup_(PKCS12_freep) PKCS12 *p12 =
	    d2i_PKCS12(NULL, &at, (long)file->len);
	CK_RV rv;

	if (p12 == NULL) {
		ERR_clear_error();
		return E_BAD_FORMAT;
	}
	rv = pkcs12_open(p12, password, &found, &leaf, &all);
	ERR_clear_error();
	TRY(rv);
	if (all == NULL && (all = sk_X509_new_null()) == NULL)
		return CKR_HOST_MEMORY;
	if (leaf != NULL && sk_X509_unshift(all, leaf) <= 0)
		return CKR_HOST_MEMORY;
	leaf = NULL; /* the stack's now */
	*key = TAKE(found);
	*certs = TAKE(all);
	return CKR_OK;
}

CK_RV
pkcs8_seal(EVP_PKEY *key, const struct secret *password, struct secret *out)
{
	_cleanup_(PKCS8_PRIV_KEY_INFO_freep) PKCS8_PRIV_KEY_INFO *plain =
	    EVP_PKEY2PKCS8(key);
	_cleanup_(X509_SIG_freep) X509_SIG *sealed = NULL;
	X509_ALGOR *pbe = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), PBKDF2_ROUNDS,
	    NULL, 0, NULL, NID_hmacWithSHA256);
	unsigned char *der = NULL;
	int len;
	CK_RV rv;

	if (plain == NULL || pbe == NULL ||
	    (sealed = PKCS8_set0_pbe((char *)password->data,
	         (int)password->len, plain, pbe)) == NULL) {
		X509_ALGOR_free(pbe);
		return CKR_FUNCTION_FAILED;
	}
	len = i2d_X509_SIG(sealed, &der);
	if (len <= 0)
		return CKR_HOST_MEMORY;
	rv = secret_dup(der, (size_t)len, out);
	OPENSSL_free(der);
	return rv;
}

CK_RV
pkcs8_open(const struct secret *sealed, const struct secret *password,
    EVP_PKEY **out)
{
	const unsigned char *at = sealed->data;
	_cleanup_(X509_SIG_freep) X509_SIG *sig =
	    d2i_X509_SIG(NULL, &at, (long)sealed->len);
	_cleanup_(PKCS8_PRIV_KEY_INFO_freep) PKCS8_PRIV_KEY_INFO *plain = NULL;

	if (sig == NULL)
		return E_BAD_FORMAT;
	plain = PKCS8_decrypt(sig, (char *)password->data,
	    (int)password->len);
	ERR_clear_error();
	if (plain == NULL)
		return E_WRONG_PASSWORD;
	if ((*out = EVP_PKCS82PKEY(plain)) == NULL)
		return E_BAD_FORMAT;
	return CKR_OK;
}
