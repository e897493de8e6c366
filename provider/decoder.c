/* PEM files that hold a URI. */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

#include "common/log.h"
#include "provider/core.h"
#include "provider/operations.h"
#include "provider/pemblock.h"
#include "provider/pemuri.h"
#include "provider/provider.h"
#include "provider/sigalg.h"
#include "provider/store.h"

#define INPUT_MAX (64 * 1024)

/* What pem_decode found, for the decoders of each type of key, which libcrypto
 * calls from within: a token is asked once. */
struct lookup {
	const char *uri;
	struct key *key;
};

static _Thread_local const struct lookup *under_way;

/* A URI may hold a PIN. */
static void
text_wipe(char **text)
{
	if (*text != NULL)
		OPENSSL_cleanse(*text, strlen(*text));
	free(*text);
}

/* The first object of the wanted classes. */
static CK_RV
find_one(struct provider *prov, const char *text, unsigned want,
    OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg, struct found *out)
{
	_cleanup_(uri_freep) struct uri *uri = NULL;
	_cleanup_(freep) struct found *found = NULL;
	struct search q = {
		.want = want,
		.from = { NULL, &prov->config, ask, ask_arg, false }
	};
	size_t count = 0;

	TRY(uri_parse(text, &uri));
	q.from.uri = uri;
	TRY(search_run(&q, &found, &count));
	if (count == 0)
		return fail_quiet(CKR_OBJECT_HANDLE_INVALID,
		    "%s: no such object", uri_text(uri));
	*out = found[0];
	return CKR_OK;
}

static CK_RV
find_key(struct provider *prov, const char *text,
    OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg, struct key **out)
{
	struct found found;

	TRY(find_one(prov, text, WANT_PRIVATE | WANT_PUBLIC, ask, ask_arg,
	    &found));
	return key_load(prov, &found, text, out);
}

static struct key *
lookup(struct provider *prov, const char *text, OSSL_PASSPHRASE_CALLBACK *ask,
    void *ask_arg)
{
	struct key *k = NULL;

	if (under_way != NULL && under_way->key->prov == prov
	    && strcmp(under_way->uri, text) == 0)
		return key_ref(under_way->key);
	return core_ok(prov, find_key(prov, text, ask, ask_arg, &k)) ? k
	    : NULL;
}

/* libcrypto's contract: 1 also for input that is somebody else's, 0 to look
 * no further. */
static int
decode(struct provider *prov, enum key_kind kind, OSSL_CORE_BIO *in,
    OSSL_CALLBACK *callback, void *arg, OSSL_PASSPHRASE_CALLBACK *ask,
    void *ask_arg)
{
	_cleanup_(buf_wipe) struct buf der = BUF_INIT;
	_cleanup_(key_freep) struct key *k = NULL;
	_cleanup_(text_wipe) char *text = NULL;

	if (core_read(prov, in, INPUT_MAX, &der) != CKR_OK
	    || pemuri_parse(der.data, der.len, &text) != CKR_OK)
		return 1;
	k = lookup(prov, text, ask, ask_arg);
	if (k == NULL)
		return 0;
	return k->kind != kind || key_deliver(k, callback, arg);
}

/* A URI of a certificate: its bytes instead. */
static int
pem_certificate(struct provider *prov, const char *text,
    OSSL_CALLBACK *callback, void *arg, OSSL_PASSPHRASE_CALLBACK *ask,
    void *ask_arg)
{
	struct found found;

	return core_ok(prov, find_one(prov, text, WANT_CERT, ask, ask_arg,
	    &found)) && blob_deliver(prov, &found, callback, arg);
}

static int
der_deliver(struct buf *der, const struct lookup *found,
    OSSL_CALLBACK *callback, void *arg)
{
	const struct lookup *outer = under_way;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA,
		    der->data, der->len),
		OSSL_PARAM_construct_end()
	};
	int ok;

	under_way = found;
	ok = callback(params, arg);
	under_way = outer;
	return ok;
}

static bool
uri_is_certificate(const char *text)
{
	_cleanup_(uri_freep) struct uri *uri = NULL;

	return uri_parse(text, &uri) == CKR_OK
	    && uri_class(uri) == CKO_CERTIFICATE;
}

/*
 * One PEM block to DER.  No more is read than that block: libcrypto goes on
 * from there.
 */
static int
pem_decode(void *ctx, OSSL_CORE_BIO *in, int selection,
    OSSL_CALLBACK *callback, void *arg, OSSL_PASSPHRASE_CALLBACK *ask,
    void *ask_arg)
{
	struct provider *prov = ctx;
	_cleanup_(pemblock_wipe) struct pemblock block = { .open = false };
	_cleanup_(buf_wipe) struct buf der = BUF_INIT;
	_cleanup_(key_freep) struct key *k = NULL;
	_cleanup_(text_wipe) char *text = NULL;
	char line[1024];
	bool done = false;

	(void)selection;
	while (!done && core_line(prov, in, line, sizeof(line)))
		done = pemblock_line(&block, line);
	OPENSSL_cleanse(line, sizeof(line));
	if (!done || pemblock_der(&block, &der) != CKR_OK
	    || pemuri_parse(der.data, der.len, &text) != CKR_OK)
		return 1;
	if (uri_is_certificate(text))
		return pem_certificate(prov, text, callback, arg, ask,
		    ask_arg);
	/* Here, because libcrypto forgets what the decoders of a type say. */
	k = lookup(prov, text, ask, ask_arg);
	return k != NULL && der_deliver(&der, &(struct lookup){ text, k },
	    callback, arg);
}

static void *
decoder_newctx(void *provctx)
{
	return provctx;
}

static void
decoder_freectx(void *ctx)
{
	(void)ctx;
}

static int
does_selection(void *provctx, int selection)
{
	(void)provctx;
	return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_KEYPAIR)
	    != 0;
}

static const OSSL_DISPATCH pem_functions[] = {
	FUNCTION(OSSL_FUNC_DECODER_NEWCTX, decoder_newctx),
	FUNCTION(OSSL_FUNC_DECODER_FREECTX, decoder_freectx),
	FUNCTION(OSSL_FUNC_DECODER_DECODE, pem_decode),
	{ 0, NULL }
};

#define TYPE(name, kind) \
static int name##_decode(void *ctx, OSSL_CORE_BIO *in, int selection, \
    OSSL_CALLBACK *callback, void *arg, OSSL_PASSPHRASE_CALLBACK *ask, \
    void *ask_arg) \
{ \
	(void)selection; \
	return decode(ctx, kind, in, callback, arg, ask, ask_arg); \
} \
static const OSSL_DISPATCH name##_functions[] = { \
	FUNCTION(OSSL_FUNC_DECODER_NEWCTX, decoder_newctx), \
	FUNCTION(OSSL_FUNC_DECODER_FREECTX, decoder_freectx), \
	FUNCTION(OSSL_FUNC_DECODER_DOES_SELECTION, does_selection), \
	FUNCTION(OSSL_FUNC_DECODER_DECODE, name##_decode), \
	{ 0, NULL } \
};

TYPE(rsa, KEY_RSA)
TYPE(rsa_pss, KEY_RSA_PSS)
TYPE(ec, KEY_EC)
TYPE(ed25519, KEY_ED25519)
TYPE(ed448, KEY_ED448)

#define DER "input=der"

const struct offer decoder_offers[] = {
	{ "DER", "input=pem", pem_functions, "PEM file of a URI" },
	{ "RSA", DER, rsa_functions, "URI of an RSA key" },
	{ "RSA-PSS", DER, rsa_pss_functions, "URI of an RSASSA-PSS key" },
	{ "EC", DER, ec_functions, "URI of an EC key" },
	{ "ED25519", DER, ed25519_functions, "URI of an Ed25519 key" },
	{ "ED448", DER, ed448_functions, "URI of an Ed448 key" },
	{ NULL, NULL, NULL, NULL }
};
