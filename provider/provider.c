/* OSSL_provider_init: one activation, its tables and its end. */
#include "provider/provider.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "provider/core.h"
#include "provider/inside.h"
#include "provider/module.h"
#include "provider/operations.h"

OSSL_provider_init_fn OSSL_provider_init __attribute__((visibility("default")));

static const struct {
	int operation;
	const struct offer *offers;
} operations[] = {
	{ OSSL_OP_KEYMGMT, keymgmt_offers },
	{ OSSL_OP_SIGNATURE, signature_offers },
	{ OSSL_OP_STORE, store_offers },
	{ OSSL_OP_DECODER, decoder_offers },
	{ OSSL_OP_ENCODER, encoder_offers },
};

_Static_assert(COUNT(operations) <= PROVIDER_OPERATIONS, "tables");

static void
provider_free(struct provider *prov)
{
	for (size_t i = 0; i < COUNT(operations); i++) {
		OSSL_ALGORITHM *a = prov->tables[i];

		for (; a != NULL && a->algorithm_names != NULL; a++)
			free((char *)(uintptr_t)a->property_definition);
		free(prov->tables[i]);
	}
	config_wipe(&prov->config);
	free(prov);
}

DEFINE_CLEANUP(struct provider *, provider_free)

static void
teardown(void *provctx)
{
	provider_free(provctx);
}

static const OSSL_PARAM *
gettable_params(void *provctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_NAME, NULL, 0),
		OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_VERSION, NULL, 0),
		OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_BUILDINFO, NULL, 0),
		OSSL_PARAM_int(OSSL_PROV_PARAM_STATUS, NULL),
		OSSL_PARAM_END
	};

	(void)provctx;
	return params;
}

static int
get_params(void *provctx, OSSL_PARAM params[])
{
	static const struct {
		const char *key, *value;
	} texts[] = {
		{ OSSL_PROV_PARAM_NAME, "VECS provider for PKCS#11" },
		{ OSSL_PROV_PARAM_VERSION, VECS_VERSION },
		{ OSSL_PROV_PARAM_BUILDINFO, VECS_VERSION },
	};
	OSSL_PARAM *p;

	(void)provctx;
	for (size_t i = 0; i < COUNT(texts); i++) {
		p = OSSL_PARAM_locate(params, texts[i].key);
		if (p != NULL && !OSSL_PARAM_set_utf8_ptr(p, texts[i].value))
			return 0;
	}
	p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_STATUS);
	return p == NULL || OSSL_PARAM_set_int(p, 1);
}

/* The tables do not depend on the module, so that they may be asked for, and
 * remembered, before it is loaded. */
static const OSSL_ALGORITHM *
query_operation(void *provctx, int operation, int *no_cache)
{
	const struct provider *prov = provctx;

	*no_cache = inside_depth > 0;
	for (size_t i = 0; i < COUNT(operations) && inside_depth == 0; i++)
		if (operations[i].operation == operation)
			return prov->tables[i];
	return NULL;
}

static const OSSL_ITEM *
get_reasons(void *provctx)
{
	(void)provctx;
	return core_reasons;
}

static const OSSL_DISPATCH functions[] = {
	FUNCTION(OSSL_FUNC_PROVIDER_TEARDOWN, teardown),
	FUNCTION(OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, gettable_params),
	FUNCTION(OSSL_FUNC_PROVIDER_GET_PARAMS, get_params),
	FUNCTION(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query_operation),
	FUNCTION(OSSL_FUNC_PROVIDER_GET_REASON_STRINGS, get_reasons),
	FUNCTION(OSSL_FUNC_PROVIDER_GET_CAPABILITIES, tlsgroup_capabilities),
	{ 0, NULL }
};

/* The rows with the property of this activation. */
static CK_RV
table_build(const struct provider *prov, const struct offer *offers,
    OSSL_ALGORITHM **out)
{
	const char *name = prov->config.name != NULL ? prov->config.name
	    : "vecs";
	OSSL_ALGORITHM *table;
	char *property;
	size_t n = 0;

	while (offers[n].name != NULL)
		n++;
	table = calloc(n + 1, sizeof(*table));
	if (table == NULL)
		return CKR_HOST_MEMORY;
	*out = table;
	for (size_t i = 0; i < n; i++) {
		if (asprintf(&property, "provider=%s%s%s", name,
		    offers[i].property != NULL ? "," : "", offers[i].property
		    != NULL ? offers[i].property : "") < 0)
			return CKR_HOST_MEMORY;
		table[i] = (OSSL_ALGORITHM){ offers[i].name, property,
		    offers[i].functions, offers[i].description };
	}
	return CKR_OK;
}

static const struct core_row {
	int id;
	size_t field;
} core_rows[] = {
#define ROW(id, field) { id, offsetof(struct core_calls, field) }
	ROW(OSSL_FUNC_CORE_GET_PARAMS, get_params),
	ROW(OSSL_FUNC_CORE_NEW_ERROR, new_error),
	ROW(OSSL_FUNC_CORE_VSET_ERROR, vset_error),
	ROW(OSSL_FUNC_BIO_READ_EX, bio_read),
	ROW(OSSL_FUNC_BIO_GETS, bio_gets),
	ROW(OSSL_FUNC_BIO_WRITE_EX, bio_write),
#undef ROW
};

static void
core_find(const OSSL_DISPATCH *in, struct core_calls *out)
{
	for (; in->function_id != 0; in++)
		for (size_t i = 0; i < COUNT(core_rows); i++)
			if (core_rows[i].id == in->function_id)
				memcpy((char *)out + core_rows[i].field,
				    &in->function, sizeof(in->function));
}

/* load-behavior=early: a module that cannot be used fails the activation. */
static CK_RV
load_early(const struct provider *prov)
{
	_cleanup_(freep) char *path = NULL;
	struct module *m;

	if (!config_is(prov->config.load_behavior, "early"))
		return CKR_OK;
	path = config_module_path(&prov->config);
	if (path == NULL)
		return CKR_HOST_MEMORY;
	TRY(module_get(path, prov->config.init_args,
	    config_is(prov->config.quirks, "no-deinit"), &m));
	return module_ready(m);
}

static CK_RV
provider_start(struct provider *prov)
{
	if (prov->core.get_params == NULL)
		return CKR_GENERAL_ERROR;
	TRY(config_read(prov->core.get_params, prov->handle, &prov->config));
	for (size_t i = 0; i < COUNT(operations); i++)
		TRY(table_build(prov, operations[i].offers, &prov->tables[i]));
	return load_early(prov);
}

int
OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **provctx)
{
	_cleanup_(provider_freep) struct provider *prov
	    = calloc(1, sizeof(*prov));

	if (prov == NULL)
		return 0;
	prov->handle = handle;
	core_find(in, &prov->core);
	if (!core_ok(prov, provider_start(prov)))
		return 0;
	*out = functions;
	*provctx = TAKE(prov);
	return 1;
}
