/* Grants as objects, principals as names. */
#include "module/calls/grants.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/text.h"
#include "common/vendor.h"
#include "module/object/find.h"

#define EVERYONE PERMIT_EVERYONE
#define NAME_BUFFER 16384

static CK_RV
grant_rights(const struct identity *who, const struct object *grant,
    unsigned *rights)
{
	struct span text = attrs_span(&grant->attrs, CKA_VECS_RIGHTS);
	unsigned given = 0;

	if (!permit_applies(who,
	    attrs_span(&grant->attrs, CKA_VECS_PRINCIPAL)))
		return CKR_OK;
	if (!permit_parse(text, &given))
		return fail(CKR_DEVICE_ERROR, "a grant's rights are unreadable");
	*rights |= permit_closure(given);
	return CKR_OK;
}

CK_RV
grants_rights(struct context *context, const struct store *store,
    unsigned *out)
{
	CK_OBJECT_CLASS class = CKO_VECS_GRANT;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	struct cache *cache = context->instance->cache;
	_cleanup_(freep) struct record_ref *refs = NULL;
	size_t count = 0;
	unsigned rights = 0;

	TRY(find_objects(cache, store, NULL, false, &t, 1, &refs, &count));
	for (size_t i = 0; i < count; i++) {
		_cleanup_(object_putp) struct object *grant = NULL;
		CK_RV rv = cache_object(cache, store, NULL, &refs[i], &grant);

		/* Revoked since the search. */
		if (rv == CKR_OBJECT_HANDLE_INVALID)
			continue;
		TRY(rv);
		TRY(grant_rights(&context->identity, grant, &rights));
	}
	if (count == 0 && (store->flags & STORE_PIN))
		rights = RIGHTS_ALL;
	*out = rights;
	return CKR_OK;
}

/* Names */

static bool
number_parse(const char *text, uint32_t *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || n >= UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	return true;
}

/* The id of a name, or of the bare number of one that is gone. */
static bool
user_id(const char *name, uint32_t *out)
{
	_cleanup_(freep) char *buffer = malloc(NAME_BUFFER);
	struct passwd entry, *found = NULL;

	if (buffer != NULL &&
	    getpwnam_r(name, &entry, buffer, NAME_BUFFER, &found) == 0 &&
	    found != NULL) {
		*out = found->pw_uid;
		return true;
	}
	return number_parse(name, out);
}

static bool
group_id(const char *name, uint32_t *out)
{
	_cleanup_(freep) char *buffer = malloc(NAME_BUFFER);
	struct group entry, *found = NULL;

	if (buffer != NULL &&
	    getgrnam_r(name, &entry, buffer, NAME_BUFFER, &found) == 0 &&
	    found != NULL) {
		*out = found->gr_gid;
		return true;
	}
	return number_parse(name, out);
}

CK_RV
principal_parse(struct span text, char *out)
{
	char name[PRINCIPAL_MAX];
	uint32_t id;

	if (text.len == 0 || text.len >= sizeof(name) ||
	    memchr(text.data, '\0', text.len) != NULL)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (text_equal_folded(text.data, text.len, EVERYONE,
	    strlen(EVERYONE))) {
		strcpy(out, EVERYONE);
		return CKR_OK;
	}
	memcpy(name, text.data, text.len);
	name[text.len] = '\0';
	if (name[0] == '%' && group_id(name + 1, &id))
		snprintf(out, PRINCIPAL_MAX, "gid:%u", id);
	else if (name[0] != '%' && user_id(name, &id))
		snprintf(out, PRINCIPAL_MAX, "uid:%u", id);
	else
		return fail_quiet(CKR_ATTRIBUTE_VALUE_INVALID,
		    "no user or group is named '%s'", name);
	return CKR_OK;
}

CK_RV
owner_print(uint32_t uid, struct secret *out)
{
	_cleanup_(freep) char *buffer = malloc(NAME_BUFFER);
	struct passwd entry, *found = NULL;
	char number[16];

	if (buffer == NULL)
		return CKR_HOST_MEMORY;
	snprintf(number, sizeof(number), "%u", uid);
	if (getpwuid_r(uid, &entry, buffer, NAME_BUFFER, &found) != 0 ||
	    found == NULL)
		return secret_dup(number, strlen(number), out);
	return secret_dup(found->pw_name, strlen(found->pw_name), out);
}

static CK_RV
group_print(uint32_t gid, struct secret *out)
{
	_cleanup_(freep) char *buffer = malloc(NAME_BUFFER);
	struct group entry, *found = NULL;
	char text[256];

	if (buffer == NULL)
		return CKR_HOST_MEMORY;
	if (getgrgid_r(gid, &entry, buffer, NAME_BUFFER, &found) != 0 ||
	    found == NULL)
		snprintf(text, sizeof(text), "%%%u", gid);
	else
		snprintf(text, sizeof(text), "%%%s", found->gr_name);
	return secret_dup(text, strlen(text), out);
}

CK_RV
principal_print(struct span stored, struct secret *out)
{
	char text[PRINCIPAL_MAX];
	uint32_t id;

	if (stored.len >= sizeof(text))
		return CKR_DEVICE_ERROR;
	memcpy(text, stored.data, stored.len);
	text[stored.len] = '\0';
	if (strncmp(text, "uid:", 4) == 0 && number_parse(text + 4, &id))
		return owner_print(id, out);
	if (strncmp(text, "gid:", 4) == 0 && number_parse(text + 4, &id))
		return group_print(id, out);
	return secret_dup(text, strlen(text), out);
}
