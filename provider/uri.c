/* A parsed pkcs11: URI (RFC 7512). */
#include "provider/uri.h"

#include <errno.h>
#include <fcntl.h>
#include <p11-kit/uri.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

struct uri {
	P11KitUri *parsed;
	char *text;
};

void
uri_free(struct uri *u)
{
	if (u->parsed != NULL)
		p11_kit_uri_free(u->parsed);
	free(u->text);
	free(u);
}

/* Both of RFC 7512 section 2.3's query names for one thing are an error of
 * whoever wrote the URI; pin-value then wins quietly nowhere. */
static CK_RV
uri_check(const struct uri *u)
{
	if (p11_kit_uri_any_unrecognized(u->parsed))
		return fail_quiet(CKR_ARGUMENTS_BAD,
		    "%s: has an unknown path attribute", u->text);
	if (p11_kit_uri_get_pin_value(u->parsed) != NULL
	    && p11_kit_uri_get_pin_source(u->parsed) != NULL)
		return fail_quiet(CKR_ARGUMENTS_BAD,
		    "%s: has both pin-value and pin-source", u->text);
	return CKR_OK;
}

CK_RV
uri_parse(const char *text, struct uri **out)
{
	_cleanup_(uri_freep) struct uri *u = calloc(1, sizeof(*u));
	int bad;

	if (u == NULL)
		return CKR_HOST_MEMORY;
	u->parsed = p11_kit_uri_new();
	u->text = strndup(text, strcspn(text, "?"));
	if (u->parsed == NULL || u->text == NULL)
		return CKR_HOST_MEMORY;
	bad = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, u->parsed);
	if (bad != P11_KIT_URI_OK)
		return fail_quiet(CKR_ARGUMENTS_BAD, "%s: %s", u->text,
		    p11_kit_uri_message(bad));
	TRY(uri_check(u));
	*out = TAKE(u);
	return CKR_OK;
}

const char *
uri_text(const struct uri *u)
{
	return u->text;
}

CK_OBJECT_CLASS
uri_class(const struct uri *u)
{
	CK_ATTRIBUTE *class = p11_kit_uri_get_attribute(u->parsed, CKA_CLASS);

	if (class == NULL || class->ulValueLen != sizeof(CK_OBJECT_CLASS))
		return CK_UNAVAILABLE_INFORMATION;
	return *(CK_OBJECT_CLASS *)class->pValue;
}

bool
uri_names_object(const struct uri *u)
{
	return p11_kit_uri_get_attribute(u->parsed, CKA_ID) != NULL
	    || p11_kit_uri_get_attribute(u->parsed, CKA_LABEL) != NULL;
}

size_t
uri_template(const struct uri *u, CK_ATTRIBUTE *out, size_t max)
{
	CK_ULONG n = 0;
	CK_ATTRIBUTE *all = p11_kit_uri_get_attributes(u->parsed, &n);
	size_t count = 0;

	for (CK_ULONG i = 0; i < n && count < max; i++)
		if (all[i].type != CKA_CLASS)
			out[count++] = all[i];
	return count;
}

const char *
uri_module_path(const struct uri *u)
{
	return p11_kit_uri_get_module_path(u->parsed);
}

/* module-name is the file's name without what varies between systems. */
static bool
module_named(const char *path, const char *name)
{
	const char *base = strrchr(path, '/');
	size_t len = strlen(name);

	base = base != NULL ? base + 1 : path;
	if (strncmp(base, "lib", 3) == 0 && strncmp(name, "lib", 3) != 0)
		base += 3;
	return strncmp(base, name, len) == 0
	    && (base[len] == '\0' || base[len] == '.');
}

bool
uri_match_module(const struct uri *u, const char *path, const CK_INFO *info)
{
	const char *name = p11_kit_uri_get_module_name(u->parsed);

	return p11_kit_uri_match_module_info(u->parsed, info)
	    && (name == NULL || module_named(path, name));
}

bool
uri_match_slot(const struct uri *u, const CK_SLOT_INFO *info)
{
	return p11_kit_uri_match_slot_info(u->parsed, info);
}

bool
uri_match_token(const struct uri *u, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
	CK_SLOT_ID id = p11_kit_uri_get_slot_id(u->parsed);

	return (id == (CK_SLOT_ID)-1 || id == slot)
	    && p11_kit_uri_match_token_info(u->parsed, info);
}

/* The first line of the file, without its end. */
static CK_RV
pin_file(const char *path, struct secret *out)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(secret_wipe) struct secret line = { NULL, 0 };
	ssize_t n;
	size_t len = 0;

	if (fd < 0)
		return fail_quiet(CKR_PIN_INVALID, "PIN file %s: %s", path,
		    strerror(errno));
	TRY(secret_new(1024, &line));
	while (len < line.len
	    && (n = read(fd, line.data + len, line.len - len)) > 0)
		len += (size_t)n;
	for (size_t i = 0; i < len; i++)
		if (line.data[i] == '\n' || line.data[i] == '\r')
			len = i;
	if (len == 0 || len == line.len)
		return fail_quiet(CKR_PIN_INVALID,
		    "PIN file %s: %s", path, len == 0 ? "is empty"
		    : "is too long");
	return secret_dup(line.data, len, out);
}

CK_RV
pin_text(const char *text, struct secret *out)
{
	if (strncmp(text, "file:", 5) == 0) {
		text += 5;
		/* file:///path and file:/path are the same */
		if (strncmp(text, "///", 3) == 0)
			text += 2;
		return pin_file(text, out);
	}
	if (text[0] == '/')
		return pin_file(text, out);
	return secret_dup(text, strlen(text), out);
}

const char *
uri_user(const struct uri *u)
{
	return p11_kit_uri_get_vendor_query(u->parsed, "x-user");
}

CK_RV
uri_pin(const struct uri *u, struct secret *out)
{
	const char *value = p11_kit_uri_get_pin_value(u->parsed);
	const char *source = p11_kit_uri_get_pin_source(u->parsed);

	if (value != NULL)
		return secret_dup(value, strlen(value), out);
	if (source == NULL)
		return CKR_OK;
	if (source[0] == '|')
		return fail_quiet(CKR_PIN_INVALID,
		    "%s: pin-source names a command, which is not run",
		    u->text);
	if (source[0] != '/' && strncmp(source, "file:", 5) != 0)
		return pin_file(source, out);
	return pin_text(source, out);
}
