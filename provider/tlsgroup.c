/*
 * The TLS groups of our EC keys.  libssl takes a group only from the provider
 * whose keymgmt a plain fetch finds: where that is ours, because it comes
 * first or the default properties say so, the groups must be ours as well.
 */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/ssl.h>
#include <strings.h>

#include "provider/operations.h"

struct group {
	const char *name, *internal;
	unsigned id, bits;
};

static const struct group groups[] = {
	{ "secp256r1", "prime256v1", 23, 128 },
	{ "P-256", "prime256v1", 23, 128 },
	{ "secp384r1", "secp384r1", 24, 192 },
	{ "P-384", "secp384r1", 24, 192 },
	{ "secp521r1", "secp521r1", 25, 256 },
	{ "P-521", "secp521r1", 25, 256 },
};

static OSSL_PARAM
text(const char *key, const char *value)
{
	return OSSL_PARAM_construct_utf8_string(key, (char *)(uintptr_t)value,
	    0);
}

static int
group_offer(const struct group *g, OSSL_CALLBACK *callback, void *arg)
{
	unsigned id = g->id, bits = g->bits, kem = 0;
	int tls_min = TLS1_VERSION, dtls_min = DTLS1_VERSION, unlimited = 0;
	OSSL_PARAM params[] = {
		text(OSSL_CAPABILITY_TLS_GROUP_NAME, g->name),
		text(OSSL_CAPABILITY_TLS_GROUP_NAME_INTERNAL, g->internal),
		text(OSSL_CAPABILITY_TLS_GROUP_ALG, "EC"),
		OSSL_PARAM_construct_uint(OSSL_CAPABILITY_TLS_GROUP_ID, &id),
		OSSL_PARAM_construct_uint(
		    OSSL_CAPABILITY_TLS_GROUP_SECURITY_BITS, &bits),
		OSSL_PARAM_construct_uint(OSSL_CAPABILITY_TLS_GROUP_IS_KEM,
		    &kem),
		OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MIN_TLS,
		    &tls_min),
		OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MAX_TLS,
		    &unlimited),
		OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MIN_DTLS,
		    &dtls_min),
		OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MAX_DTLS,
		    &unlimited),
		OSSL_PARAM_construct_end()
	};

	return callback(params, arg);
}

int
tlsgroup_capabilities(void *provctx, const char *capability,
    OSSL_CALLBACK *callback, void *arg)
{
	(void)provctx;
	if (strcasecmp(capability, "TLS-GROUP") != 0)
		return 0;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (!group_offer(&groups[i], callback, arg))
			return 0;
	return 1;
}
