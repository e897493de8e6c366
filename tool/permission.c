/* vecs-cli store permission, store get-permissions. */
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <strings.h>

#include "common/vendor.h"
#include "tool/create.h"
#include "tool/print.h"
#include "tool/verbs.h"

enum { RIGHT_READ = 1, RIGHT_WRITE = 2, RIGHT_USE = 4 };

/* In the order in which rows show them. */
static const struct right {
	const char *name;
	unsigned bit;
	unsigned within; /* the rights that include it */
} rights[] = {
	{ "read", RIGHT_READ, RIGHT_WRITE },
	{ "write", RIGHT_WRITE, 0 },
	{ "use", RIGHT_USE, RIGHT_READ | RIGHT_WRITE },
};

#define TRIES 5
#define RIGHTS_TEXT sizeof("read,write,use")

static const struct right *
right_find(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT(rights); i++)
		if (strlen(rights[i].name) == len &&
		    memcmp(rights[i].name, name, len) == 0)
			return &rights[i];
	return NULL;
}

static unsigned
rights_parse(const char *text)
{
	const char *word;
	size_t len;
	unsigned bits = 0;

	while (conf_next_word(&text, &word, &len)) {
		const struct right *right = right_find(word, len);

		bits |= right != NULL ? right->bit : 0;
	}
	return bits;
}

static void
rights_format(unsigned bits, char out[RIGHTS_TEXT])
{
	out[0] = '\0';
	for (size_t i = 0; i < COUNT(rights); i++) {
		if ((bits & rights[i].bit) == 0)
			continue;
		if (out[0] != '\0')
			strcat(out, ",");
		strcat(out, rights[i].name);
	}
}

struct grant {
	CK_OBJECT_HANDLE object;
	char *principal, *rights;
};

struct grants {
	struct grant *list;
	size_t count;
};

static void
grants_free(struct grants *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free(g->list[i].principal);
		free(g->list[i].rights);
	}
	free(g->list);
}

/* Newest first, as the token lists them. */
static CK_RV
grants_load(const struct token *token, struct grants *out)
{
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	CK_OBJECT_CLASS class = CKO_VECS_GRANT;
	CK_ATTRIBUTE match = { CKA_CLASS, &class, sizeof(class) };

	TRY(objects_find(token, &match, 1, &found));
	out->list = calloc(found.count + 1, sizeof(*out->list));
	if (out->list == NULL)
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < found.count; i++) {
		struct grant *grant = &out->list[out->count++];

		grant->object = found.list[i];
		TRY(object_get_text(token, grant->object, CKA_VECS_PRINCIPAL,
		    &grant->principal));
		TRY(object_get_text(token, grant->object, CKA_VECS_RIGHTS,
		    &grant->rights));
	}
	return CKR_OK;
}

/*
 * Only the token knows who controls a store.  A grant of no right is refused to
 * everybody, but to others than the owner and administrators for that reason.
 */
static CK_RV
control_check(const struct token *token)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_OBJECT_HANDLE object;
	CK_RV rv;

	attrs_ulong(&a, CKA_CLASS, CKO_VECS_GRANT);
	attrs_bool(&a, CKA_TOKEN, true);
	attrs_text(&a, CKA_VECS_PRINCIPAL, "EVERYONE");
	attrs_text(&a, CKA_VECS_RIGHTS, "");
	TRY(attrs_check(&a));
	rv = token->p11->calls->C_CreateObject(token->session, a.list,
	    a.count, &object);
	return rv == CKR_ATTRIBUTE_VALUE_INVALID ? CKR_OK : E_ACCESS_DENIED;
}

static CK_RV
owner_get(const struct token *token, char **out)
{
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	CK_OBJECT_CLASS class = CKO_VECS_STORE;
	CK_ATTRIBUTE match = { CKA_CLASS, &class, sizeof(class) };

	TRY(objects_find(token, &match, 1, &found));
	if (found.count != 1)
		return E_ACCESS_DENIED;
	return object_get_text(token, found.list[0], CKA_VECS_OWNER, out);
}

/* EVERYONE in any case; a user by number means the name. */
static void
principal_format(const char *user, char *out, size_t size)
{
	const struct passwd *entry = NULL;
	char *end = NULL;
	unsigned long uid = strtoul(user, &end, 10);

	if (user[0] >= '0' && user[0] <= '9' && *end == '\0' &&
	    uid <= (uid_t)-1)
		entry = getpwuid((uid_t)uid);
	if (strcasecmp(user, "EVERYONE") == 0)
		user = "EVERYONE";
	else if (entry != NULL)
		user = entry->pw_name;
	snprintf(out, size, "%s", user);
}

static bool
principal_known(const char *user)
{
	if (strcmp(user, "EVERYONE") == 0)
		return true;
	return user[0] == '%' ? getgrnam(user + 1) != NULL
	                      : getpwnam(user) != NULL;
}

static CK_RV
grant_new(const struct token *token, const char *principal, unsigned bits)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_OBJECT_HANDLE object;
	char text[RIGHTS_TEXT];
	CK_RV rv;

	rights_format(bits, text);
	attrs_ulong(&a, CKA_CLASS, CKO_VECS_GRANT);
	attrs_bool(&a, CKA_TOKEN, true);
	attrs_text(&a, CKA_VECS_PRINCIPAL, principal);
	attrs_text(&a, CKA_VECS_RIGHTS, text);
	TRY(attrs_check(&a));
	rv = token->p11->calls->C_CreateObject(token->session, a.list,
	    a.count, &object);
	return rv == CKR_ATTRIBUTE_VALUE_INVALID ? E_NO_SUCH_USER : rv;
}

/* Sets what is left of a row; a row without rights goes. */
static CK_RV
grant_set(const struct token *token, const struct grant *grant, unsigned bits)
{
	char text[RIGHTS_TEXT];

	if (bits == 0)
		return token->p11->calls->C_DestroyObject(token->session,
		    grant->object);
	rights_format(bits, text);
	return object_set_text(token, grant->object, CKA_VECS_RIGHTS, text);
}

static void
still_note(const struct right *right, unsigned left)
{
	char text[RIGHTS_TEXT];

	if ((left & right->within) == 0)
		return;
	rights_format(left & right->within, text);
	error_say("note: the right to %s is still there, because %s includes "
	          "it\n", right->name, text);
}

static CK_RV
grant_change(const struct args *args, const struct token *token,
    const char *principal, const struct right *right)
{
	_cleanup_(grants_free) struct grants grants = { NULL, 0 };
	bool add = args->grant != NULL, known = false;

	TRY(grants_load(token, &grants));
	/* Two administrators at once may have made two rows for one principal:
	 * a revoke that left one of them would be none. */
	for (size_t i = 0; i < grants.count; i++) {
		const struct grant *grant = &grants.list[i];
		unsigned bits;

		if (strcmp(grant->principal, principal) != 0)
			continue;
		known = true;
		bits = rights_parse(grant->rights);
		if (((bits & right->bit) != 0) == add)
			continue;
		bits ^= right->bit;
		TRY(grant_set(token, grant, bits));
		if (!add)
			still_note(right, bits);
	}
	if (add && !known)
		return grant_new(token, principal, right->bit);
	return known || principal_known(principal) ? CKR_OK : E_NO_SUCH_USER;
}

static bool
changed_meanwhile(CK_RV rv)
{
	return rv == CKR_VECS_EXISTS || rv == CKR_OBJECT_HANDLE_INVALID;
}

CK_RV
store_permission(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(freep) char *owner = NULL;
	const char *word = args->grant != NULL ? args->grant : args->revoke;
	const struct right *right =
	    word != NULL ? right_find(word, strlen(word)) : NULL;
	char principal[256];
	CK_RV rv;

	if (args->grant != NULL && args->revoke != NULL)
		right = NULL;
	if (is_empty(args->name) || is_empty(args->user) || right == NULL)
		return USAGE_ERROR;
	TRY(p11_native(p11, "store permission"));
	TRY(token_get(p11, args->name, "Error: Failed to open the store\n",
	    true, LOGIN_NONE, &token));
	TRY(owner_get(&token, &owner));
	principal_format(args->user, principal, sizeof(principal));
	/* The owner may do everything anyway and has no row. */
	rv = strcmp(owner, principal) != 0 ? CKR_VECS_EXISTS : CKR_OK;
	/* Somebody else may make the row, or take it away, meanwhile. */
	for (int i = 0; i < TRIES && changed_meanwhile(rv); i++)
		rv = grant_change(args, &token, principal, right);
	TRY(rv);
	if (args->json)
		return print_result("set", args->name, NULL);
	printf("Permissions for store [%s] set  successfully\n ", args->name);
	return CKR_OK;
}

static CK_RV
permissions_json(const char *store, const char *owner,
    const struct grants *grants)
{
	json_t *list = json_array();

	for (size_t i = 0; i < grants->count; i++) {
		json_t *access = json_array();
		const char *at = grants->list[i].rights, *word;
		size_t len;

		while (conf_next_word(&at, &word, &len))
			json_array_append_new(access, json_stringn(word, len));
		json_array_append_new(list, json_pack("{s:o,s:o}", "user",
		    json_text(grants->list[i].principal), "access", access));
	}
	return print_json(json_pack("{s:o,s:o,s:o}", "store",
	    json_text(store), "owner", json_text(owner), "permissions",
	    list));
}

CK_RV
store_get_permissions(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(grants_free) struct grants grants = { NULL, 0 };
	_cleanup_(freep) char *owner = NULL;

	if (is_empty(args->name))
		return USAGE_ERROR;
	TRY(p11_native(p11, "store get-permissions"));
	TRY(token_get(p11, args->name, "Error: Failed to open the store\n",
	    true, LOGIN_NONE, &token));
	TRY(control_check(&token));
	TRY(owner_get(&token, &owner));
	TRY(grants_load(&token, &grants));
	if (args->json)
		return permissions_json(token.name, owner, &grants);
	printf("PERMISSIONS FOR STORE: [%s]\nOWNER : %s\nUSER\t\tACCESS\n",
	    args->name, owner);
	for (size_t i = 0; i < grants.count; i++)
		printf("%s\t%s\n", grants.list[i].principal,
		    grants.list[i].rights);
	return CKR_OK;
}
