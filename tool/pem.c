/* Readers and writers of the formats in which people keep keys. */
#include "tool/pem.h"

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <limits.h>
#include <string.h>

#include "tool/prompt.h"

DEFINE_CLEANUP(OSSL_DECODER_CTX *, OSSL_DECODER_CTX_free)

void
certs_free(STACK_OF(X509) *certs)
{
	sk_X509_pop_free(certs, X509_free);
}

void
crls_free(STACK_OF(X509_CRL) *crls)
{
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
}

static bool
is_pem(const struct secret *file)
{
	return file->len != 0 &&
	       memmem(file->data, file->len, "-----BEGIN ", 11) != NULL;
}

static BIO *
bio_of(const struct secret *file)
{
	if (file->len > INT_MAX)
		return NULL;
	return BIO_new_mem_buf(file->len != 0 ? (void *)file->data : "",
	    (int)file->len);
}

BIO *
bio_secret(void)
{
	return BIO_new(BIO_s_secmem());
}

/* The next PEM block named so or so; false at the end, rv tells of damage. */
static bool
block_next(BIO *in, const char *const names[3], unsigned char **der,
    long *len, CK_RV *rv)
{
	for (;;) {
		char *name = NULL, *header = NULL;
		unsigned char *data = NULL;
		bool wanted = false;

		if (!PEM_read_bio(in, &name, &header, &data, len)) {
			if (ERR_GET_REASON(ERR_peek_last_error()) !=
			    PEM_R_NO_START_LINE)
				*rv = E_BAD_FORMAT;
			ERR_clear_error();
			return false;
		}
		for (int i = 0; i < 3; i++)
			wanted = wanted || strcmp(name, names[i]) == 0;
		OPENSSL_free(name);
		OPENSSL_free(header);
		if (wanted) {
			*der = data;
			return true;
		}
		OPENSSL_free(data);
	}
}

static CK_RV
cert_push(STACK_OF(X509) *certs, const unsigned char *der, long len)
{
	const unsigned char *at = der;
	X509 *cert = len != 0 ? d2i_X509(NULL, &at, len) : NULL;

	ERR_clear_error();
	if (cert == NULL)
		return E_BAD_FORMAT;
	if (sk_X509_push(certs, cert) > 0)
		return CKR_OK;
	X509_free(cert);
	return CKR_HOST_MEMORY;
}

static CK_RV
crl_push(STACK_OF(X509_CRL) *crls, const unsigned char *der, long len)
{
	const unsigned char *at = der;
	X509_CRL *crl = len != 0 ? d2i_X509_CRL(NULL, &at, len) : NULL;

	ERR_clear_error();
	if (crl == NULL)
		return E_BAD_FORMAT;
	if (sk_X509_CRL_push(crls, crl) > 0)
		return CKR_OK;
	X509_CRL_free(crl);
	return CKR_HOST_MEMORY;
}

CK_RV
pem_certs(const struct secret *file, STACK_OF(X509) **out)
{
	static const char *const names[3] = { PEM_STRING_X509,
		PEM_STRING_X509_OLD, PEM_STRING_X509_TRUSTED };
	_cleanup_(certs_freep) STACK_OF(X509) *certs = sk_X509_new_null();
	_cleanup_(BIO_free_allp) BIO *in = bio_of(file);
	unsigned char *der;
	long len = 0;
	CK_RV rv = CKR_OK;

	if (certs == NULL || in == NULL)
		return CKR_HOST_MEMORY;
	if (!is_pem(file))
		rv = cert_push(certs, file->data, (long)file->len);
	else
		while (rv == CKR_OK && block_next(in, names, &der, &len, &rv)) {
			rv = cert_push(certs, der, len);
			OPENSSL_free(der);
		}
	TRY(rv);
	if (sk_X509_num(certs) == 0)
		return E_BAD_FORMAT;
	*out = TAKE(certs);
	return CKR_OK;
}

CK_RV
pem_crls(const struct secret *file, STACK_OF(X509_CRL) **out)
{
	static const char *const names[3] = { PEM_STRING_X509_CRL, "", "" };
	_cleanup_(crls_freep) STACK_OF(X509_CRL) *crls =
	    sk_X509_CRL_new_null();
	_cleanup_(BIO_free_allp) BIO *in = bio_of(file);
	unsigned char *der;
	long len = 0;
	CK_RV rv = CKR_OK;

	if (crls == NULL || in == NULL)
		return CKR_HOST_MEMORY;
	if (!is_pem(file))
		rv = crl_push(crls, file->data, (long)file->len);
	else
		while (rv == CKR_OK && block_next(in, names, &der, &len, &rv)) {
			rv = crl_push(crls, der, len);
			OPENSSL_free(der);
		}
	TRY(rv);
	if (sk_X509_CRL_num(crls) == 0)
		return E_BAD_FORMAT;
	*out = TAKE(crls);
	return CKR_OK;
}

CK_RV
input_password_get(struct input_password *password)
{
	bool known = false;

	if (password->asked)
		return CKR_OK;
	password->asked = true;
	if (password->file != NULL)
		return prompt_source(password->file, &password->value);
	if (password->fallback != NULL)
		return secret_dup(password->fallback,
		    strlen(password->fallback), &password->value);
	TRY(prompt_terminal("Password of the input file: ", &password->value,
	    &known));
	return known ? CKR_OK : E_WRONG_PASSWORD;
}

/* pem_password_cb */
static int
password_answer(char *to, int size, int writing, void *user)
{
	struct input_password *password = user;

	(void)writing;
	if (input_password_get(password) != CKR_OK ||
	    password->value.len > (size_t)size)
		return -1;
	if (password->value.len != 0)
		memcpy(to, password->value.data, password->value.len);
	return (int)password->value.len;
}

static EVP_PKEY *
key_from_der(const struct secret *file, struct input_password *password)
{
	EVP_PKEY *key = NULL;
	_cleanup_(OSSL_DECODER_CTX_freep) OSSL_DECODER_CTX *ctx =
	    OSSL_DECODER_CTX_new_for_pkey(&key, "DER", NULL, NULL,
	        OSSL_KEYMGMT_SELECT_PRIVATE_KEY, NULL, NULL);
	const unsigned char *at = file->data;
	size_t left = file->len;

	if (ctx == NULL ||
	    !OSSL_DECODER_CTX_set_pem_password_cb(ctx, password_answer,
	        password) ||
	    !OSSL_DECODER_from_data(ctx, &at, &left))
		return NULL;
	return key;
}

CK_RV
pem_key(const struct secret *file, struct input_password *password,
    EVP_PKEY **out)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	_cleanup_(BIO_free_allp) BIO *in = bio_of(file);

	if (in == NULL)
		return CKR_HOST_MEMORY;
	if (is_pem(file))
		key = PEM_read_bio_PrivateKey(in, NULL, password_answer,
		    password);
	else
		key = key_from_der(file, password);
	ERR_clear_error();
	if (key == NULL)
		return password->asked ? E_WRONG_PASSWORD : E_BAD_FORMAT;
	*out = TAKE(key);
	return CKR_OK;
}

CK_RV
pem_wrap(const char *heading, const void *der, size_t len, BIO *out)
{
	return len <= LONG_MAX &&
	       PEM_write_bio(out, heading, "", der, (long)len) > 0
	    ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV
pem_write_key(EVP_PKEY *key, BIO *out)
{
	return PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL,
	           NULL) ? CKR_OK : CKR_FUNCTION_FAILED;
}
