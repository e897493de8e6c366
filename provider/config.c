/* The directives of the provider's section in openssl.cnf, one row each. */
#include "provider/config.h"

#include <dlfcn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "common/paths.h"

static const char *const login_words[] = { "auto", "always", "never", NULL };
static const char *const load_words[] = { "early", "lazy", NULL };

static const struct directive {
	const char *name;
	size_t field;
	const char *const *words; /* NULL: any text */
} directives[] = {
#define ROW(name, field, words) \
	{ name, offsetof(struct config, field), words }
	ROW(OSSL_PROV_PARAM_CORE_PROV_NAME, name, NULL),
	ROW("pkcs11-module-path", path, NULL),
	ROW("pkcs11-module-token-pin", token_pin, NULL),
	ROW("pkcs11-module-quirks", quirks, NULL),
	ROW("pkcs11-module-cache-keys", cache_keys, NULL),
	ROW("pkcs11-module-cache-pins", cache_pins, NULL),
	ROW("pkcs11-module-cache-sessions", cache_sessions, NULL),
	ROW("pkcs11-module-login-behavior", login_behavior, login_words),
	ROW("pkcs11-module-load-behavior", load_behavior, load_words),
	ROW("pkcs11-module-block-operations", block_operations, NULL),
	ROW("pkcs11-module-allow-export", allow_export, NULL),
	ROW("pkcs11-module-encode-provider-uri-to-pem", encode_uri, NULL),
	ROW("pkcs11-module-assume-fips", assume_fips, NULL),
	ROW("pkcs11-module-init-args", init_args, NULL),
#undef ROW
};

static char **
field_of(struct config *c, const struct directive *d)
{
	return (char **)((char *)c + d->field);
}

static bool
word_known(const struct directive *d, const char *text)
{
	if (d->words == NULL || text == NULL)
		return true;
	for (size_t i = 0; d->words[i] != NULL; i++)
		if (strcasecmp(d->words[i], text) == 0)
			return true;
	return false;
}

CK_RV
config_read(OSSL_FUNC_core_get_params_fn *get_params,
    const OSSL_CORE_HANDLE *handle, struct config *out)
{
	OSSL_PARAM params[COUNT(directives) + 1];
	char *values[COUNT(directives)] = { NULL };

	for (size_t i = 0; i < COUNT(directives); i++)
		params[i] = OSSL_PARAM_construct_utf8_ptr(directives[i].name,
		    &values[i], 0);
	params[COUNT(directives)] = OSSL_PARAM_construct_end();
	if (!get_params(handle, params))
		return CKR_GENERAL_ERROR;
	for (size_t i = 0; i < COUNT(directives); i++) {
		if (values[i] == NULL)
			continue;
		if (!word_known(&directives[i], values[i]))
			return fail_quiet(CKR_ARGUMENTS_BAD,
			    "%s: \"%s\" has no meaning", directives[i].name,
			    values[i]);
		*field_of(out, &directives[i]) = strdup(values[i]);
		if (*field_of(out, &directives[i]) == NULL)
			return CKR_HOST_MEMORY;
	}
	return CKR_OK;
}

void
config_wipe(struct config *c)
{
	if (c->token_pin != NULL)
		OPENSSL_cleanse(c->token_pin, strlen(c->token_pin));
	for (size_t i = 0; i < COUNT(directives); i++) {
		free(*field_of(c, &directives[i]));
		*field_of(c, &directives[i]) = NULL;
	}
}

bool
config_is(const char *text, const char *word)
{
	size_t len = strlen(word);

	while (text != NULL && *text != '\0') {
		size_t n = strcspn(text, " \t,;:");

		if (n == len && strncasecmp(text, word, len) == 0)
			return true;
		text += n;
		text += strspn(text, " \t,;:");
	}
	return false;
}

/* The module of the tree or prefix that this file was loaded from. */
static char *
beside_path(void)
{
	static const char *const places[] = {
		"../module/vecs-pkcs11.so", "../pkcs11/vecs-pkcs11.so",
		"vecs-pkcs11.so"
	};
	Dl_info info;
	char *path;

	if (dladdr((void *)(uintptr_t)config_read, &info) == 0
	    || strrchr(info.dli_fname, '/') == NULL)
		return NULL;
	for (size_t i = 0; i < COUNT(places); i++) {
		if (asprintf(&path, "%.*s/%s", (int)(strrchr(info.dli_fname,
		    '/') - info.dli_fname), info.dli_fname, places[i]) < 0)
			return NULL;
		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

char *
config_module_path(const struct config *c)
{
	const char *path = secure_getenv("PKCS11_PROVIDER_MODULE");
	char *beside;

	if (path == NULL)
		path = c->path;
	if (path == NULL)
		path = secure_getenv("VECS_MODULE");
	if (path != NULL)
		return strdup(path);
	if (access(VECS_MODULE_PATH, R_OK) == 0)
		return strdup(VECS_MODULE_PATH);
	beside = beside_path();
	return beside != NULL ? beside : strdup(VECS_MODULE_PATH);
}
