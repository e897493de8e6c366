/* The directives of the provider's section in openssl.cnf, one row each. */
#ifndef VECS_PROVIDER_CONFIG_H
#define VECS_PROVIDER_CONFIG_H

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <stdbool.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

/* Texts as configured, NULL when absent; a copy of each is owned. */
struct config {
	char *name; /* under which the provider was activated */
	char *path;
	char *token_pin;
	char *quirks;
	char *cache_keys;
	char *cache_pins;
	char *cache_sessions;
	char *login_behavior;
	char *load_behavior;
	char *block_operations;
	char *allow_export;
	char *encode_uri;
	char *assume_fips;
	char *init_args;
};

/* CKR_ARGUMENTS_BAD with the reason when a value has no meaning. */
CK_RV config_read(OSSL_FUNC_core_get_params_fn *get_params,
    const OSSL_CORE_HANDLE *handle, struct config *out) MUST_USE;
void config_wipe(struct config *c);

/* True if the configured text is this word, or has it in a list. */
bool config_is(const char *text, const char *word);

/* The module: PKCS11_PROVIDER_MODULE, the directive, VECS_MODULE, the
 * installed one, else the one beside this file.  The caller frees; NULL when
 * memory is short. */
char *config_module_path(const struct config *c);

#endif
