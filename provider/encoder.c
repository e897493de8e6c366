/*
 * How a private key in a token is written: as text, and, where the
 * configuration wants it, as the PEM file of its URI in place of the key that
 * nobody can have.  Public halves are written by other providers.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <string.h>

#include "common/log.h"
#include "provider/core.h"
#include "provider/operations.h"
#include "provider/pemblock.h"
#include "provider/pemuri.h"
#include "provider/provider.h"
#include "provider/sigalg.h"

DEFINE_CLEANUP(BIO *, BIO_free)
DEFINE_CLEANUP(OSSL_ENCODER_CTX *, OSSL_ENCODER_CTX_free)

struct encoder {
	struct provider *prov;
	char cipher[64]; /* for soft keys; "" is none */
};

struct ask {
	OSSL_PASSPHRASE_CALLBACK *callback;
	void *arg;
};

static void *
encoder_newctx(void *provctx)
{
	struct encoder *e = calloc(1, sizeof(*e));

	if (e != NULL)
		e->prov = provctx;
	return e;
}

static void
encoder_freectx(void *ctx)
{
	free(ctx);
}

static int
set_ctx_params(void *ctx, const OSSL_PARAM params[])
{
	struct encoder *e = ctx;
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params,
	    OSSL_ENCODER_PARAM_CIPHER);
	char *name = e->cipher;

	return p == NULL || OSSL_PARAM_get_utf8_string(p, &name,
	    sizeof(e->cipher));
}

static const OSSL_PARAM *
settable_ctx_params(void *provctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_ENCODER_PARAM_CIPHER, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_ENCODER_PARAM_PROPERTIES, NULL, 0),
		OSSL_PARAM_END
	};

	(void)provctx;
	return params;
}

static int
does_selection(void *provctx, int selection)
{
	(void)provctx;
	return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

static bool
bio_deliver(const struct encoder *e, BIO *from, OSSL_CORE_BIO *out)
{
	char *data;
	long len = BIO_get_mem_data(from, &data);

	return len > 0 && core_write(e->prov, out, data, (size_t)len);
}

/* Our own libcrypto writes soft keys. */
static bool
encode_soft(const struct encoder *e, const struct key *k, int selection,
    const char *type, const struct ask *ask, BIO *out)
{
	_cleanup_(OSSL_ENCODER_CTX_freep) OSSL_ENCODER_CTX *ctx
	    = OSSL_ENCODER_CTX_new_for_pkey(k->pub, selection, type,
	        strcmp(type, "TEXT") == 0 ? NULL : "PrivateKeyInfo", NULL);
	_cleanup_(secret_wipe) struct secret phrase = { NULL, 0 };
	size_t len = 0;

	if (ctx == NULL)
		return false;
	if (e->cipher[0] != '\0'
	    && (secret_new(1024, &phrase) != CKR_OK || ask->callback == NULL
	        || !ask->callback((char *)phrase.data, phrase.len, &len, NULL,
	            ask->arg)
	        || !OSSL_ENCODER_CTX_set_cipher(ctx, e->cipher, NULL)
	        || !OSSL_ENCODER_CTX_set_passphrase(ctx, phrase.data, len)))
		return false;
	return OSSL_ENCODER_to_bio(ctx, out) == 1;
}

static bool
text_write(const struct key *k, BIO *out)
{
	_cleanup_(uri_freep) struct uri *uri = NULL;

	return uri_parse(k->uri, &uri) == CKR_OK
	    && BIO_printf(out, "PKCS#11 private key\nURI: %s\n",
	        uri_text(uri)) > 0
	    && EVP_PKEY_print_public(out, k->pub, 0, NULL) > 0;
}

static bool
uri_write(const struct key *k, bool pem, BIO *out)
{
	_cleanup_(uri_freep) struct uri *uri = NULL;
	_cleanup_(freep) uint8_t *der = NULL;
	size_t len;

	if (uri_parse(k->uri, &uri) != CKR_OK
	    || pemuri_build(uri_text(uri), &der, &len) != CKR_OK)
		return false;
	if (!pem)
		return BIO_write(out, der, (int)len) == (int)len;
	return PEM_write_bio(out, PEMBLOCK_NAME, "", der, (long)len) > 0;
}

static int
encode(struct encoder *e, const struct key *k, int selection,
    const char *type, const struct ask *ask, OSSL_CORE_BIO *out)
{
	_cleanup_(BIO_freep) BIO *text = BIO_new(BIO_s_secmem());
	bool ok;

	if (k == NULL || k->pub == NULL || text == NULL
	    || (k->token == NULL && !k->soft_private))
		return 0;
	if (k->token == NULL)
		ok = encode_soft(e, k, selection, type, ask, text);
	else if (strcmp(type, "TEXT") == 0)
		ok = text_write(k, text);
	else if (config_is(e->prov->config.encode_uri, "true")
	    || config_is(e->prov->config.encode_uri, "1"))
		ok = uri_write(k, strcmp(type, "PEM") == 0, text);
	else
		ok = core_ok(e->prov, fail_quiet(
		    CKR_KEY_FUNCTION_NOT_PERMITTED,
		    "a private key does not leave its token; its URI is "
		    "written with pkcs11-module-encode-provider-uri-to-pem"));
	return ok && bio_deliver(e, text, out);
}

#define TYPE(name, type) \
static int name##_encode(void *ctx, OSSL_CORE_BIO *out, const void *key, \
    const OSSL_PARAM abstract[], int selection, \
    OSSL_PASSPHRASE_CALLBACK *callback, void *arg) \
{ \
	const struct ask ask = { callback, arg }; \
	(void)abstract; \
	return encode(ctx, key, selection, type, &ask, out); \
} \
static const OSSL_DISPATCH name##_functions[] = { \
	FUNCTION(OSSL_FUNC_ENCODER_NEWCTX, encoder_newctx), \
	FUNCTION(OSSL_FUNC_ENCODER_FREECTX, encoder_freectx), \
	FUNCTION(OSSL_FUNC_ENCODER_SET_CTX_PARAMS, set_ctx_params), \
	FUNCTION(OSSL_FUNC_ENCODER_SETTABLE_CTX_PARAMS, settable_ctx_params), \
	FUNCTION(OSSL_FUNC_ENCODER_DOES_SELECTION, does_selection), \
	FUNCTION(OSSL_FUNC_ENCODER_ENCODE, name##_encode), \
	{ 0, NULL } \
};

TYPE(text, "TEXT")
TYPE(pem, "PEM")
TYPE(der, "DER")

#define ROWS(name) \
	{ name, "output=text", text_functions, "private key as text" }, \
	{ name, "output=pem,structure=PrivateKeyInfo", pem_functions, \
	    "PEM file of a private key's URI" }, \
	{ name, "output=der,structure=PrivateKeyInfo", der_functions, \
	    "DER of a private key's URI" }

const struct offer encoder_offers[] = {
	ROWS("RSA"), ROWS("RSA-PSS"), ROWS("EC"), ROWS("ED25519"),
	ROWS("ED448"), { NULL, NULL, NULL, NULL }
};
