/* Finding, loading and questioning the module. */
#include "tool/p11.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/ckname.h"
#include "common/log.h"
#include "common/paths.h"
#include "tool/prompt.h"

/* ../module/vecs-pkcs11.so beside the executable: the build tree's. */
static char *
beside_executable(void)
{
	char exe[4096], *path = NULL;
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (len <= 0)
		return NULL;
	exe[len] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(exe, '/');

		if (slash == NULL)
			return NULL;
		*slash = '\0';
	}
	if (asprintf(&path, "%s/module/vecs-pkcs11.so", exe) < 0)
		return NULL;
	return path;
}

/* Option, URI, environment, vecs.conf, installed, build tree. */
static CK_RV
module_path(struct p11 *p11, char **out)
{
	const char *wanted = p11->args->module;
	char *path;

	if (wanted == NULL && p11->uri != NULL)
		wanted = p11_kit_uri_get_module_path(p11->uri);
	if (wanted == NULL || wanted[0] == '\0')
		wanted = secure_getenv("VECS_MODULE");
	if (wanted == NULL || wanted[0] == '\0')
		wanted = conf_get(p11->conf, "module");
	if (wanted == NULL && access(VECS_MODULE_PATH, F_OK) == 0)
		wanted = VECS_MODULE_PATH;
	if (wanted == NULL)
		path = beside_executable();
	else if (strchr(wanted, '/') != NULL || access(wanted, F_OK) == 0)
		path = realpath(wanted, NULL);
	else
		path = strdup(wanted); /* p11-kit knows its folder */
	if (path == NULL) {
		error_say("Error: Failed to find module [%s]\n",
		    wanted != NULL ? wanted : "vecs-pkcs11.so");
		return E_MOD_NOT_FOUND;
	}
	*out = path;
	return CKR_OK;
}

static CK_RV
uri_parse(struct p11 *p11)
{
	const char *text = p11->args->token;

	if (text == NULL)
		return CKR_OK;
	if ((p11->uri = p11_kit_uri_new()) == NULL)
		return CKR_HOST_MEMORY;
	if (p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, p11->uri) !=
	        P11_KIT_URI_OK ||
	    p11_kit_uri_any_unrecognized(p11->uri)) {
		error_say("Error: [%s] is not a pkcs11: URI that names a "
		          "token\n", text);
		return E_INVALID_PARAMETER;
	}
	return CKR_OK;
}

static CK_RV
conf_open(struct p11 *p11)
{
	char text[512];
	CK_RV rv = conf_load(&p11->conf);

	if (rv == CKR_OK)
		return CKR_OK;
	log_reason(text, sizeof(text));
	error_say("Error: %s\n", text);
	return WIN32_ERROR(13);
}

static CK_RV
module_load(struct p11 *p11)
{
	_cleanup_(freep) char *path = NULL;

	TRY(module_path(p11, &path));
	p11_kit_be_quiet();
	p11->calls = p11_kit_module_load(path, 0);
	if (p11->calls == NULL) {
		const char *why = p11_kit_message();

		error_say("Error: Failed to load module [%s]%s%s\n", path,
		    why != NULL ? ": " : "", why != NULL ? why : "");
		return E_MOD_NOT_FOUND;
	}
	p11->loaded = true;
	return CKR_OK;
}

CK_RV
p11_open(struct p11 *p11)
{
	CK_INFO info;
	char *maker;

	if (p11->ready)
		return CKR_OK;
	if (!p11->loaded) {
		TRY(conf_open(p11));
		TRY(uri_parse(p11));
		TRY(module_load(p11));
	}
	TRY(p11_kit_module_initialize(p11->calls));
	p11->ready = true;
	TRY(p11->calls->C_GetInfo(&info));
	maker = p11_kit_space_strdup(info.manufacturerID,
	    sizeof(info.manufacturerID));
	p11->native = maker != NULL && strcmp(maker, "VECS") == 0;
	free(maker);
	return CKR_OK;
}

void
p11_close(struct p11 *p11)
{
	if (p11->ready)
		p11_kit_module_finalize(p11->calls);
	if (p11->loaded)
		p11_kit_module_release(p11->calls);
	if (p11->uri != NULL)
		p11_kit_uri_free(p11->uri);
	if (p11->conf != NULL)
		conf_free(p11->conf);
	secret_wipe(&p11->pin);
	secret_wipe(&p11->so_pin);
	*p11 = (struct p11){ .args = p11->args };
}

/* An interface of the library that libp11-kit has loaded, and keeps so. */
static void *
interface_get(struct p11 *p11, const char *name)
{
	_cleanup_(freep) char *path = p11_kit_module_get_filename(p11->calls);
	CK_INTERFACE *interface = NULL;
	CK_RV (*get)(CK_UTF8CHAR *, CK_VERSION *, CK_INTERFACE **, CK_FLAGS);
	CK_UTF8CHAR text[32];
	void *library = NULL;
	CK_RV rv = CKR_FUNCTION_NOT_SUPPORTED;

	if (path != NULL)
		library = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
	if (library == NULL)
		return NULL;
	snprintf((char *)text, sizeof(text), "%s", name);
	*(void **)(&get) = dlsym(library, "C_GetInterface");
	if (get != NULL)
		rv = get(text, NULL, &interface, 0);
	dlclose(library);
	return rv == CKR_OK && interface != NULL ? interface->pFunctionList
	                                         : NULL;
}

const struct vecs_interface *
p11_vendor(struct p11 *p11)
{
	return p11->loaded ? interface_get(p11, VECS_INTERFACE_NAME) : NULL;
}

/* Our module keeps the reason of a thread's last failure. */
static void
last_error(struct p11 *p11, char *text, size_t size)
{
	const struct vecs_interface *vecs = p11_vendor(p11);

	text[0] = '\0';
	if (vecs != NULL)
		vecs->last_error(text, size);
}

CK_FUNCTION_LIST_3_0 *
p11_calls_3(struct p11 *p11)
{
	CK_FUNCTION_LIST_3_0 *calls = interface_get(p11, "PKCS 11");

	return calls != NULL && calls->version.major >= 3 ? calls : NULL;
}

void
p11_reason_keep(struct p11 *p11)
{
	char text[sizeof(p11->reason)];

	last_error(p11, text, sizeof(text));
	if (text[0] != '\0')
		memcpy(p11->reason, text, sizeof(text));
}

void
p11_reason(struct p11 *p11, CK_RV rv, char *text, size_t size)
{
	const char *name = ckname_rv(rv);

	text[0] = '\0';
	if (!error_is_token(rv) || !p11->loaded)
		return;
	p11_reason_keep(p11);
	snprintf(text, size, "%s", p11->reason);
	/* That a right is missing is all that there is to say. */
	if (text[0] != '\0' || error_code(rv) == 5)
		return;
	if (name != NULL)
		snprintf(text, size, "the module answered %s", name);
	else
		snprintf(text, size, "the module answered 0x%lx", rv);
}

CK_RV
p11_pin(struct p11 *p11, const char *token)
{
	const char *source = p11->args->pin_source;
	const char *value = NULL;
	char prompt[96];

	if (p11->pin_asked)
		return CKR_OK;
	p11->pin_asked = true;
	if (source == NULL && p11->uri != NULL) {
		value = p11_kit_uri_get_pin_value(p11->uri);
		source = p11_kit_uri_get_pin_source(p11->uri);
	}
	if (value != NULL) {
		TRY(secret_dup(value, strlen(value), &p11->pin));
		p11->pin_known = true;
		return CKR_OK;
	}
	if (source != NULL) {
		TRY(prompt_source(source, &p11->pin));
		p11->pin_known = true;
		return CKR_OK;
	}
	snprintf(prompt, sizeof(prompt), "PIN of token [%s]: ", token);
	return prompt_terminal(prompt, &p11->pin, &p11->pin_known);
}

CK_RV
p11_so_pin(struct p11 *p11)
{
	const char *source = p11->args->so_pin_source;

	if (p11->so_pin_known)
		return CKR_OK;
	if (source != NULL)
		TRY(prompt_source(source, &p11->so_pin));
	p11->so_pin_known = source != NULL;
	if (source != NULL)
		return CKR_OK;
	return prompt_terminal("PIN of the security officer: ", &p11->so_pin,
	    &p11->so_pin_known);
}

CK_RV
p11_native(struct p11 *p11, const char *what)
{
	TRY(p11_open(p11));
	if (p11->native)
		return CKR_OK;
	error_say("Error: %s needs a VECS module; the module in use is "
	          "another maker's\n", what);
	return E_NOT_SUPPORTED;
}
