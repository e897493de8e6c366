/* The pkcs11: store: what a URI means, object by object. */
#include <openssl/asn1.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <openssl/store.h>
#include <string.h>

#include "common/log.h"
#include "provider/attr.h"
#include "provider/core.h"
#include "provider/operations.h"
#include "provider/provider.h"
#include "provider/sigalg.h"
#include "provider/store.h"

#define SEARCH_MAX 4

struct store {
	struct provider *prov;
	struct uri *uri;
	char *text; /* with its query */
	unsigned want;
	struct buf values[SEARCH_MAX];
	CK_ATTRIBUTE also[SEARCH_MAX];
	size_t also_count;
	unsigned loads; /* calls of it; the first searches */
	struct found *found;
	size_t count, next;
};

static int
store_close(void *ctx)
{
	struct store *st = ctx;

	if (st == NULL)
		return 1;
	if (st->uri != NULL)
		uri_free(st->uri);
	if (st->text != NULL)
		OPENSSL_cleanse(st->text, strlen(st->text));
	free(st->text);
	for (size_t i = 0; i < SEARCH_MAX; i++)
		buf_wipe(&st->values[i]);
	free(st->found);
	free(st);
	return 1;
}

static void *
store_open(void *provctx, const char *uri)
{
	struct provider *prov = provctx;
	struct store *st = calloc(1, sizeof(*st));

	if (st == NULL)
		return NULL;
	st->prov = prov;
	st->want = WANT_PRIVATE | WANT_PUBLIC | WANT_CERT;
	st->text = strdup(uri);
	if (st->text == NULL || !core_ok(prov, uri_parse(uri, &st->uri))) {
		store_close(st);
		return NULL;
	}
	return st;
}

static const struct {
	int expect;
	unsigned want;
} expects[] = {
	{ OSSL_STORE_INFO_PKEY, WANT_PRIVATE },
	{ OSSL_STORE_INFO_PUBKEY, WANT_PUBLIC },
	{ OSSL_STORE_INFO_CERT, WANT_CERT },
	{ OSSL_STORE_INFO_CRL, WANT_CRL },
};

static int
set_expect(struct store *st, const OSSL_PARAM *p)
{
	int expect;

	if (!OSSL_PARAM_get_int(p, &expect))
		return 0;
	if (expect == 0)
		return 1;
	st->want = 0;
	for (size_t i = 0; i < COUNT(expects); i++)
		if (expects[i].expect == expect)
			st->want = expects[i].want;
	return 1;
}

/* A serial number as CKA_SERIAL_NUMBER has it: a DER INTEGER. */
static bool
serial_der(const OSSL_PARAM *p, struct buf *out)
{
	BIGNUM *bn = NULL;
	ASN1_INTEGER *number = NULL;
	unsigned char *der = NULL;
	int len = -1;

	if (OSSL_PARAM_get_BN(p, &bn)
	    && (number = BN_to_ASN1_INTEGER(bn, NULL)) != NULL)
		len = i2d_ASN1_INTEGER(number, &der);
	if (len > 0)
		buf_bytes(out, der, (size_t)len);
	OPENSSL_free(der);
	ASN1_INTEGER_free(number);
	BN_free(bn);
	return len > 0 && buf_check(out) == CKR_OK;
}

static bool
bytes_of(const OSSL_PARAM *p, struct buf *out)
{
	if (p->data == NULL)
		return false;
	buf_bytes(out, p->data, p->data_type == OSSL_PARAM_UTF8_STRING
	    ? strnlen(p->data, p->data_size) : p->data_size);
	return buf_check(out) == CKR_OK;
}

static const struct criterion {
	const char *name;
	CK_ATTRIBUTE_TYPE type;
	bool (*value)(const OSSL_PARAM *p, struct buf *out);
} criteria[SEARCH_MAX] = {
	{ OSSL_STORE_PARAM_SUBJECT, CKA_SUBJECT, bytes_of },
	{ OSSL_STORE_PARAM_ISSUER, CKA_ISSUER, bytes_of },
	{ OSSL_STORE_PARAM_SERIAL, CKA_SERIAL_NUMBER, serial_der },
	{ OSSL_STORE_PARAM_ALIAS, CKA_LABEL, bytes_of },
};

static const OSSL_PARAM settable[] = {
	OSSL_PARAM_int(OSSL_STORE_PARAM_EXPECT, NULL),
	OSSL_PARAM_utf8_string(OSSL_STORE_PARAM_PROPERTIES, NULL, 0),
	OSSL_PARAM_octet_string(OSSL_STORE_PARAM_SUBJECT, NULL, 0),
	OSSL_PARAM_octet_string(OSSL_STORE_PARAM_ISSUER, NULL, 0),
	OSSL_PARAM_BN(OSSL_STORE_PARAM_SERIAL, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_STORE_PARAM_ALIAS, NULL, 0),
	OSSL_PARAM_END
};

static const OSSL_PARAM *
store_settable(void *provctx)
{
	(void)provctx;
	return settable;
}

static int
store_set_params(void *ctx, const OSSL_PARAM params[])
{
	struct store *st = ctx;
	const OSSL_PARAM *p;

	p = OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_EXPECT);
	if (p != NULL && !set_expect(st, p))
		return 0;
	for (size_t i = 0; i < COUNT(criteria); i++) {
		struct buf *value = &st->values[st->also_count];

		p = OSSL_PARAM_locate_const(params, criteria[i].name);
		if (p == NULL)
			continue;
		if (st->also_count == SEARCH_MAX
		    || !criteria[i].value(p, value))
			return 0;
		st->also[st->also_count++] = (CK_ATTRIBUTE){ criteria[i].type,
		    value->data, value->len };
	}
	return 1;
}

static CK_RV
store_search(struct store *st, OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
	struct search q = {
		.want = st->want,
		.from = { st->uri, &st->prov->config, ask, ask_arg, false },
		.also = st->also,
		.also_count = st->also_count,
	};

	TRY(search_run(&q, &st->found, &st->count));
	if (st->count == 0)
		return fail_quiet(CKR_OBJECT_HANDLE_INVALID,
		    "%s: no such object", uri_text(st->uri));
	return CKR_OK;
}

static int
deliver_key(struct provider *prov, const struct found *f, const char *uri,
    OSSL_CALLBACK *callback, void *arg)
{
	_cleanup_(key_freep) struct key *k = NULL;

	if (!core_ok(prov, key_load(prov, f, uri, &k)))
		return 0;
	return key_deliver(k, callback, arg);
}

int
key_deliver(struct key *k, OSSL_CALLBACK *callback, void *arg)
{
	int type = OSSL_OBJECT_PKEY;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
		OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE,
		    (char *)(uintptr_t)key_names[k->kind], 0),
		OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE,
		    (void *)&k, sizeof(k)),
		OSSL_PARAM_construct_end()
	};

	return callback(params, arg);
}

int
blob_deliver(struct provider *prov, const struct found *f,
    OSSL_CALLBACK *callback, void *arg)
{
	_cleanup_(session_give) struct session s = { 0 };
	_cleanup_(buf_wipe) struct buf value = BUF_INIT;
	_cleanup_(buf_wipe) struct buf label = BUF_INIT;
	int type = f->class == CKO_CERTIFICATE ? OSSL_OBJECT_CERT
	    : OSSL_OBJECT_CRL;
	OSSL_PARAM params[4], *p = params;

	if (!core_ok(prov, session_take(f->token, &s))
	    || !core_ok(prov, attr_get(&s, f->handle, CKA_VALUE, &value)))
		return 0;
	*p++ = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA,
	    value.data, value.len);
	if (attr_get(&s, f->handle, CKA_LABEL, &label) == CKR_OK)
		*p++ = OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DESC,
		    (char *)label.data, label.len);
	*p = OSSL_PARAM_construct_end();
	session_give(&s);
	return callback(params, arg);
}

int
found_deliver(struct provider *prov, const struct found *f, const char *uri,
    OSSL_CALLBACK *callback, void *arg)
{
	return f->class == CKO_PRIVATE_KEY || f->class == CKO_PUBLIC_KEY
	    ? deliver_key(prov, f, uri, callback, arg)
	    : blob_deliver(prov, f, callback, arg);
}

static int
store_load(void *ctx, OSSL_CALLBACK *callback, void *arg,
    OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
	struct store *st = ctx;

	if (st->loads++ == 0 && !core_ok(st->prov, store_search(st, ask,
	    ask_arg)))
		return 0;
	if (st->next >= st->count)
		return 0;
	return found_deliver(st->prov, &st->found[st->next++], st->text,
	    callback, arg);
}

/* After a search in vain only when asked for more: openssl(1) takes an error
 * at the end for the end. */
static int
store_eof(void *ctx)
{
	const struct store *st = ctx;

	return st->count > 0 ? st->next >= st->count : st->loads > 1;
}

/* Public keys may live with any provider; private ones stay here. */
static int
store_export(void *provctx, const void *reference, size_t size,
    OSSL_CALLBACK *callback, void *arg)
{
	struct key *k;

	(void)provctx;
	if (size != sizeof(k))
		return 0;
	memcpy(&k, reference, size);
	return k->token == NULL && k->pub != NULL && EVP_PKEY_export(k->pub,
	    OSSL_KEYMGMT_SELECT_PUBLIC_KEY
	    | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS, callback, arg) > 0;
}

static const OSSL_DISPATCH functions[] = {
	FUNCTION(OSSL_FUNC_STORE_OPEN, store_open),
	FUNCTION(OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, store_settable),
	FUNCTION(OSSL_FUNC_STORE_SET_CTX_PARAMS, store_set_params),
	FUNCTION(OSSL_FUNC_STORE_LOAD, store_load),
	FUNCTION(OSSL_FUNC_STORE_EOF, store_eof),
	FUNCTION(OSSL_FUNC_STORE_CLOSE, store_close),
	FUNCTION(OSSL_FUNC_STORE_EXPORT_OBJECT, store_export),
	{ 0, NULL }
};

const struct offer store_offers[] = {
	{ "pkcs11", NULL, functions, "objects in PKCS#11 tokens" },
	{ NULL, NULL, NULL, NULL }
};
