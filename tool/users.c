/* vecs-cli token user list, add, set-pin and remove. */
#include <string.h>

#include "common/vendor.h"
#include "tool/create.h"
#include "tool/init.h"
#include "tool/object.h"
#include "tool/print.h"
#include "tool/prompt.h"
#include "tool/verbs.h"

#define NEW_PIN "--new-pin-source"

/* The security officer does it, or the owner of the token, as its user. */
static enum login
manager(const struct args *args)
{
	return args->so_pin_source == NULL && args->pin_source != NULL
	    ? LOGIN_MUST : LOGIN_SO;
}

static CK_RV
user_given(const struct args *args)
{
	if (!is_empty(args->user))
		return CKR_OK;
	error_say("Error: a --user is needed\n");
	return USAGE_ERROR;
}

static CK_RV
pins_wanted(const struct token *token)
{
	if ((token->flags & CKF_LOGIN_REQUIRED) != 0)
		return CKR_OK;
	error_say("Error: token [%s] has no PINs, and no users of its own; "
	          "see vecs-cli store permission\n", token->name);
	return E_NOT_SUPPORTED;
}

static CK_RV
users_open(struct p11 *p11, bool write, enum login how, struct token *out)
{
	CK_RV rv;

	TRY(p11_native(p11, "token user"));
	rv = token_find(p11, p11->args->name, out);
	if (rv == E_OBJECT_NOT_FOUND)
		error_say("Error: no such token\n");
	TRY(rv);
	TRY(pins_wanted(out));
	return token_open(out, write, how);
}

static CK_RV
user_find(const struct token *token, const char *name, CK_OBJECT_HANDLE *out)
{
	_cleanup_(attrs_wipe) struct attrs match = ATTRS_INIT;
	_cleanup_(handles_free) struct handles found = { NULL, 0 };

	attrs_ulong(&match, CKA_CLASS, CKO_VECS_USER);
	attrs_text(&match, CKA_VECS_USER_NAME, name);
	TRY(attrs_check(&match));
	TRY(objects_find(token, match.list, match.count, &found));
	if (found.count == 1) {
		*out = found.list[0];
		return CKR_OK;
	}
	error_say("Error: token [%s] has no user [%s]\n", token->name, name);
	return E_NO_SUCH_USER;
}

static CK_RV
done(const struct args *args, const char *result, const char *sentence,
    const struct token *token)
{
	if (args->json)
		return print_json(json_pack("{s:s,s:o,s:o}", "result", result,
		    "token", json_text(token->name), "user",
		    json_text(args->user)));
	printf("Successfully %s user [%s] of token [%s]\n", sentence,
	    args->user, token->name);
	return CKR_OK;
}

/* List */

static CK_RV
user_describe(const struct token *token, CK_OBJECT_HANDLE object, json_t *list)
{
	_cleanup_(freep) char *name = NULL;
	_cleanup_(freep) char *rights = NULL;
	_cleanup_(freep) char *flags = NULL;
	CK_RV rv;

	TRY(object_get_text(token, object, CKA_VECS_USER_NAME, &name));
	TRY(object_get_text(token, object, CKA_VECS_RIGHTS, &rights));
	rv = object_get_text(token, object, CKA_VECS_FLAGS, &flags);
	TRY(rv == CKR_ATTRIBUTE_TYPE_INVALID ? CKR_OK : rv);
	json_array_append_new(list, json_pack("{s:o,s:o,s:o}", "user",
	    json_text(name), "rights", json_text(rights), "pin",
	    json_text(flags != NULL && flags[0] != '\0' ? flags : "good")));
	return CKR_OK;
}

static void
users_print(const json_t *list)
{
	static const char *const columns[] = { "user", "rights", "pin" };
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		for (size_t k = 0; k < COUNT(columns); k++) {
			printf("%s", k != 0 ? "\t" : "");
			print_value(json_object_get(one, columns[k]));
		}
		printf("\n");
	}
}

CK_RV
token_user_list(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	_cleanup_(json_decrefp) json_t *list = json_array();
	CK_OBJECT_CLASS class = CKO_VECS_USER;
	CK_ATTRIBUTE match = { CKA_CLASS, &class, sizeof(class) };

	/* The owner needs no PIN to look. */
	TRY(users_open(p11, args->so_pin_source != NULL,
	    args->so_pin_source != NULL ? LOGIN_SO : LOGIN_NONE, &token));
	TRY(objects_find(&token, &match, 1, &found));
	for (size_t i = 0; i < found.count; i++)
		TRY(user_describe(&token, found.list[i], list));
	if (args->json)
		return print_json(json_pack("{s:o,s:O}", "token",
		    json_text(token.name), "users", list));
	users_print(list);
	return CKR_OK;
}

/* Add */

CK_RV
token_user_add(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	_cleanup_(secret_wipe) struct secret pin = { NULL, 0 };
	CK_OBJECT_HANDLE made;
	CK_RV rv;

	TRY(user_given(args));
	TRY(users_open(p11, true, manager(args), &token));
	TRY(init_new_pin(args->new_pin_source, args->user, NEW_PIN, &pin));
	attrs_ulong(&a, CKA_CLASS, CKO_VECS_USER);
	attrs_text(&a, CKA_VECS_USER_NAME, args->user);
	attrs_text(&a, CKA_VECS_RIGHTS,
	    args->rights != NULL ? args->rights : "use");
	attrs_bytes(&a, CKA_VECS_PIN, pin.data, pin.len);
	TRY(attrs_check(&a));
	rv = p11->calls->C_CreateObject(token.session, a.list, a.count, &made);
	if (rv == CKR_VECS_EXISTS)
		error_say("Error: token [%s] has a user [%s] already\n",
		    token.name, args->user);
	TRY(rv);
	return done(args, "added", "added", &token);
}

/* Set-pin */

static CK_RV
own_login(const struct args *args, struct token *token, struct secret *old)
{
	struct p11 *p11 = token->p11;
	CK_FUNCTION_LIST_3_0 *calls = p11_calls_3(p11);

	if (calls == NULL)
		return CKR_FUNCTION_NOT_SUPPORTED;
	TRY(p11_pin(p11, token->name));
	if (!p11->pin_known) {
		error_say("Error: the user's PIN is needed: --pin-source\n");
		return E_WRONG_PASSWORD;
	}
	TRY(secret_dup(p11->pin.data, p11->pin.len, old));
	return calls->C_LoginUser(token->session, CKU_USER, old->data,
	    old->len, (CK_UTF8CHAR *)(uintptr_t)args->user,
	    strlen(args->user));
}

static CK_RV
own_pin_set(const struct args *args, struct p11 *p11, struct token *token)
{
	_cleanup_(secret_wipe) struct secret old = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret new = { NULL, 0 };

	TRY(users_open(p11, true, LOGIN_NONE, token));
	TRY(own_login(args, token, &old));
	TRY(init_new_pin(args->new_pin_source, args->user, NEW_PIN, &new));
	return p11->calls->C_SetPIN(token->session, old.data, old.len,
	    new.data, new.len);
}

static CK_RV
other_pin_set(const struct args *args, struct p11 *p11, struct token *token)
{
	_cleanup_(secret_wipe) struct secret new = { NULL, 0 };
	CK_ATTRIBUTE a = { CKA_VECS_PIN, NULL, 0 };
	CK_OBJECT_HANDLE user;

	TRY(users_open(p11, true, manager(args), token));
	TRY(user_find(token, args->user, &user));
	TRY(init_new_pin(args->new_pin_source, args->user, NEW_PIN, &new));
	a.pValue = new.data;
	a.ulValueLen = new.len;
	return p11->calls->C_SetAttributeValue(token->session, user, &a, 1);
}

CK_RV
token_user_set_pin(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;

	TRY(user_given(args));
	TRY(args->own ? own_pin_set(args, p11, &token)
	              : other_pin_set(args, p11, &token));
	return done(args, "set", "set the PIN of", &token);
}

/* Remove */

static bool
confirmed(const struct args *args)
{
	FILE *out = args->json ? stderr : stdout;

	if (args->yes)
		return true;
	fprintf(out, "Warning: This operation will remove user [%s]\n",
	    args->user);
	return prompt_confirm(out);
}

CK_RV
token_user_remove(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	CK_OBJECT_HANDLE user;

	TRY(user_given(args));
	if (!confirmed(args))
		return CKR_OK;
	TRY(users_open(p11, true, manager(args), &token));
	TRY(user_find(&token, args->user, &user));
	TRY(p11->calls->C_DestroyObject(token.session, user));
	return done(args, "removed", "removed", &token);
}
