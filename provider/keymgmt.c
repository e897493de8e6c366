/*
 * Keys: those in tokens, and soft ones.  Their public halves belong to our own
 * libcrypto, which answers all questions about them.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#include "provider/core.h"
#include "provider/operations.h"
#include "provider/provider.h"
#include "provider/sigalg.h"

/* The reference is a pointer to a key, ours to take. */
static void *
keymgmt_load(const void *reference, size_t size)
{
	struct key *k;

	if (size != sizeof(k))
		return NULL;
	memcpy(&k, reference, size);
	return key_ref(k);
}

static void
keymgmt_free(void *key)
{
	if (key != NULL)
		key_free(key);
}

/* All of a soft key, or the parameters of any. */
static EVP_PKEY *
pkey_dup(const struct key *k, bool keypair)
{
	EVP_PKEY *copy;

	if (keypair)
		return EVP_PKEY_dup(k->pub);
	copy = EVP_PKEY_new();
	if (copy != NULL && EVP_PKEY_copy_parameters(copy, k->pub) == 1)
		return copy;
	EVP_PKEY_free(copy);
	return NULL;
}

static void *
keymgmt_dup(const void *key, int selection)
{
	const struct key *from = key;
	_cleanup_(key_freep) struct key *to = NULL;
	bool keypair = (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0;
	EVP_PKEY *pub;

	if (from->token != NULL && keypair)
		return key_ref((struct key *)(uintptr_t)key);
	if (key_new(from->prov, from->kind, &to) != CKR_OK)
		return NULL;
	to->soft_private = keypair && from->soft_private;
	to->parameters = !keypair || from->parameters;
	if (from->pub != NULL) {
		pub = pkey_dup(from, keypair);
		if (pub == NULL || key_set_public(to, pub) != CKR_OK)
			return NULL;
	}
	return TAKE(to);
}

static int
keymgmt_has(const void *key, int selection)
{
	const struct key *k = key;

	if (k == NULL)
		return 0;
	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0
	    && k->token == NULL && !k->soft_private)
		return 0;
	if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0 && k->parameters)
		return 0;
	return (selection & OSSL_KEYMGMT_SELECT_ALL) == 0 || k->pub != NULL;
}

static int
keymgmt_match(const void *a, const void *b, int selection)
{
	const struct key *ka = a, *kb = b;

	if (ka->pub == NULL || kb->pub == NULL)
		return 0;
	if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0)
		return EVP_PKEY_parameters_eq(ka->pub, kb->pub) == 1;
	return EVP_PKEY_eq(ka->pub, kb->pub) == 1;
}

static int
keymgmt_validate(const void *key, int selection, int type)
{
	const struct key *k = key;
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = NULL;

	if (!keymgmt_has(key, selection))
		return 0;
	ctx = EVP_PKEY_CTX_new_from_pkey(soft_libctx(), k->pub, NULL);
	if (ctx == NULL)
		return 0;
	if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0)
		return EVP_PKEY_param_check(ctx) == 1;
	if (k->soft_private
	    && (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0)
		return EVP_PKEY_check(ctx) == 1;
	return type == OSSL_KEYMGMT_VALIDATE_QUICK_CHECK
	    ? EVP_PKEY_public_check_quick(ctx) == 1
	    : EVP_PKEY_public_check(ctx) == 1;
}

static int
keymgmt_get_params(void *key, OSSL_PARAM params[])
{
	struct key *k = key;

	return k->pub != NULL && EVP_PKEY_get_params(k->pub, params) > 0;
}

static int
keymgmt_set_params(void *key, const OSSL_PARAM params[])
{
	struct key *k = key;
	OSSL_PARAM *all = (OSSL_PARAM *)(uintptr_t)params;
	bool other;

	if (params == NULL || params[0].key == NULL)
		return 1;
	other = OSSL_PARAM_locate(all, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY)
	    != NULL;
	/* How it is written may be set, but not what it is. */
	if ((k->token != NULL && other) || k->pub == NULL
	    || EVP_PKEY_set_params(k->pub, all) <= 0)
		return 0;
	k->parameters = k->parameters && !other;
	return 1;
}

/*
 * The public half.  libcrypto asks for everything when it only means to
 * compare or to encode a public key, so a private half is left out rather
 * than refused, unless it is all that is wanted.
 */
static int
keymgmt_export(void *key, int selection, OSSL_CALLBACK *callback, void *arg)
{
	struct key *k = key;

	if (k->pub == NULL)
		return 0;
	if (k->token != NULL
	    && config_is(k->prov->config.allow_export, "1"))
		return 0;
	if (!k->soft_private) {
		if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0
		    && (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) == 0)
			return 0;
		selection &= ~OSSL_KEYMGMT_SELECT_PRIVATE_KEY;
	}
	return EVP_PKEY_export(k->pub, selection, callback, arg) > 0;
}

static int
keymgmt_import(void *key, int selection, const OSSL_PARAM params[])
{
	struct key *k = key;
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx
	    = EVP_PKEY_CTX_new_from_name(soft_libctx(), key_names[k->kind],
	        NULL);
	OSSL_PARAM *all = (OSSL_PARAM *)(uintptr_t)params;
	EVP_PKEY *pub = NULL;

	if (k->token != NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
	    || EVP_PKEY_fromdata(ctx, &pub, selection, all) != 1)
		return 0;
	k->parameters = (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0;
	k->soft_private = (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0
	    && (OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PRIV_KEY)
	        != NULL
	        || OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_D)
	        != NULL);
	return key_set_public(k, pub) == CKR_OK;
}

/* What our own libcrypto says about a type; its tables are constant. */
static const OSSL_PARAM *
types_of(enum key_kind kind, int selection)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx
	    = EVP_PKEY_CTX_new_from_name(soft_libctx(), key_names[kind], NULL);

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		return NULL;
	return EVP_PKEY_fromdata_settable(ctx, selection);
}

static const OSSL_PARAM *
params_of(enum key_kind kind, const OSSL_PARAM *list(const EVP_KEYMGMT *))
{
	EVP_KEYMGMT *m = EVP_KEYMGMT_fetch(soft_libctx(), key_names[kind],
	    NULL);
	const OSSL_PARAM *params = m != NULL ? list(m) : NULL;

	EVP_KEYMGMT_free(m);
	return params;
}

/* A key that is made where we are asked for one by name: a soft one. */
struct gen {
	struct provider *prov;
	enum key_kind kind;
	int selection;
	EVP_PKEY_CTX *ctx;
};

static void
gen_cleanup(void *genctx)
{
	struct gen *g = genctx;

	if (g == NULL)
		return;
	EVP_PKEY_CTX_free(g->ctx);
	free(g);
}

DEFINE_CLEANUP(void *, gen_cleanup)

static int
gen_set_params(void *genctx, const OSSL_PARAM params[])
{
	struct gen *g = genctx;

	return params == NULL || params[0].key == NULL
	    || EVP_PKEY_CTX_set_params(g->ctx, params) > 0;
}

static bool
gen_start(struct gen *g)
{
	g->ctx = EVP_PKEY_CTX_new_from_name(soft_libctx(), key_names[g->kind],
	    NULL);
	if (g->ctx == NULL)
		return false;
	return (g->selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0
	    ? EVP_PKEY_keygen_init(g->ctx) == 1
	    : EVP_PKEY_paramgen_init(g->ctx) == 1;
}

static void *
gen_init(struct provider *prov, enum key_kind kind, int selection,
    const OSSL_PARAM params[])
{
	_cleanup_(gen_cleanupp) void *ctx = calloc(1, sizeof(struct gen));
	struct gen *g = ctx;

	if (g == NULL)
		return NULL;
	g->prov = prov;
	g->kind = kind;
	g->selection = selection;
	if (!gen_start(g) || !gen_set_params(g, params))
		return NULL;
	return TAKE(ctx);
}

static int
gen_set_template(void *genctx, void *template)
{
	struct gen *g = genctx;
	struct key *k = template;

	if (k->pub == NULL)
		return 0;
	EVP_PKEY_CTX_free(g->ctx);
	g->ctx = EVP_PKEY_CTX_new_from_pkey(soft_libctx(), k->pub, NULL);
	return g->ctx != NULL && EVP_PKEY_keygen_init(g->ctx) == 1;
}

static void *
gen_run(void *genctx, OSSL_CALLBACK *callback, void *arg)
{
	struct gen *g = genctx;
	_cleanup_(key_freep) struct key *k = NULL;
	EVP_PKEY *pub = NULL;

	(void)callback;
	(void)arg;
	if (key_new(g->prov, g->kind, &k) != CKR_OK
	    || EVP_PKEY_generate(g->ctx, &pub) != 1
	    || key_set_public(k, pub) != CKR_OK)
		return NULL;
	k->soft_private = (g->selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY)
	    != 0;
	k->parameters = (g->selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0;
	return TAKE(k);
}

/* What libcrypto sets through us; the real check is our own libcrypto's. */
static const OSSL_PARAM gen_params[] = {
	OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
	    NULL, 0),
	OSSL_PARAM_size_t(OSSL_PKEY_PARAM_RSA_BITS, NULL),
	OSSL_PARAM_size_t(OSSL_PKEY_PARAM_RSA_PRIMES, NULL),
	OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_RSA_DIGEST, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_RSA_MGF1_DIGEST, NULL, 0),
	OSSL_PARAM_int(OSSL_PKEY_PARAM_RSA_PSS_SALTLEN, NULL),
	OSSL_PARAM_END
};

static const OSSL_PARAM *
gen_settable(void *genctx, void *provctx)
{
	(void)genctx;
	(void)provctx;
	return gen_params;
}

/* Our own operation for signatures; the others take our public half. */
static const char *
ec_operation(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? OPERATION_NAME
	    : operation == OSSL_OP_KEYEXCH ? "ECDH" : NULL;
}

static const char *
rsa_operation(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? OPERATION_NAME : "RSA";
}

static const char *
edwards_operation(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? OPERATION_NAME : NULL;
}

/* The functions whose type must be known, and the table, for one type. */
#define TYPE(kind, id, operation) \
static void *kind##_new(void *prov) \
{ \
	struct key *k = NULL; \
	return key_new(prov, id, &k) == CKR_OK ? k : NULL; \
} \
static void *kind##_gen_init(void *prov, int selection, \
    const OSSL_PARAM params[]) \
{ \
	return gen_init(prov, id, selection, params); \
} \
static const OSSL_PARAM *kind##_types(int selection) \
{ \
	return types_of(id, selection); \
} \
static const OSSL_PARAM *kind##_gettable(void *prov) \
{ \
	(void)prov; \
	return params_of(id, EVP_KEYMGMT_gettable_params); \
} \
static const OSSL_PARAM *kind##_settable(void *prov) \
{ \
	(void)prov; \
	return params_of(id, EVP_KEYMGMT_settable_params); \
} \
static const OSSL_DISPATCH kind##_functions[] = { \
	FUNCTION(OSSL_FUNC_KEYMGMT_NEW, kind##_new), \
	FUNCTION(OSSL_FUNC_KEYMGMT_LOAD, keymgmt_load), \
	FUNCTION(OSSL_FUNC_KEYMGMT_FREE, keymgmt_free), \
	FUNCTION(OSSL_FUNC_KEYMGMT_DUP, keymgmt_dup), \
	FUNCTION(OSSL_FUNC_KEYMGMT_HAS, keymgmt_has), \
	FUNCTION(OSSL_FUNC_KEYMGMT_MATCH, keymgmt_match), \
	FUNCTION(OSSL_FUNC_KEYMGMT_VALIDATE, keymgmt_validate), \
	FUNCTION(OSSL_FUNC_KEYMGMT_GET_PARAMS, keymgmt_get_params), \
	FUNCTION(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, kind##_gettable), \
	FUNCTION(OSSL_FUNC_KEYMGMT_SET_PARAMS, keymgmt_set_params), \
	FUNCTION(OSSL_FUNC_KEYMGMT_SETTABLE_PARAMS, kind##_settable), \
	FUNCTION(OSSL_FUNC_KEYMGMT_EXPORT, keymgmt_export), \
	FUNCTION(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, kind##_types), \
	FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT, keymgmt_import), \
	FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, kind##_types), \
	FUNCTION(OSSL_FUNC_KEYMGMT_GEN_INIT, kind##_gen_init), \
	FUNCTION(OSSL_FUNC_KEYMGMT_GEN_SET_TEMPLATE, gen_set_template), \
	FUNCTION(OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS, gen_set_params), \
	FUNCTION(OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS, gen_settable), \
	FUNCTION(OSSL_FUNC_KEYMGMT_GEN, gen_run), \
	FUNCTION(OSSL_FUNC_KEYMGMT_GEN_CLEANUP, gen_cleanup), \
	FUNCTION(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, operation), \
	{ 0, NULL } \
};

TYPE(rsa, KEY_RSA, rsa_operation)
TYPE(rsa_pss, KEY_RSA_PSS, rsa_operation)
TYPE(ec, KEY_EC, ec_operation)
TYPE(ed25519, KEY_ED25519, edwards_operation)
TYPE(ed448, KEY_ED448, edwards_operation)

const struct offer keymgmt_offers[] = {
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", NULL, rsa_functions,
	    "RSA keys" },
	{ "RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10", NULL, rsa_pss_functions,
	    "RSASSA-PSS keys" },
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", NULL, ec_functions,
	    "elliptic curve keys" },
	{ "ED25519:1.3.101.112", NULL, ed25519_functions, "Ed25519 keys" },
	{ "ED448:1.3.101.113", NULL, ed448_functions, "Ed448 keys" },
	{ NULL, NULL, NULL, NULL }
};
