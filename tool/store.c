/* vecs-cli store create, list, delete. */
#include <string.h>

#include "common/vendor.h"
#include "tool/create.h"
#include "tool/init.h"
#include "tool/print.h"
#include "tool/prompt.h"
#include "tool/verbs.h"

static CK_RV
name_given(const struct args *args)
{
	if (!is_empty(args->name))
		return CKR_OK;
	error_say("Error : An invalid store name [] was specified \n");
	return USAGE_ERROR;
}

/* Another maker's token has two PINs. */
static CK_RV
foreign_create(struct p11 *p11, const char *name)
{
	TRY(p11_so_pin(p11));
	TRY(p11_pin(p11, name));
	if (!p11->so_pin_known || !p11->pin_known) {
		error_say("Error: a new token of this module needs two PINs: "
		          "--so-pin-source and --pin-source\n");
		return E_WRONG_PASSWORD;
	}
	return init_with_pins(p11, NULL, name, &p11->so_pin, &p11->pin);
}

CK_RV
store_create(const struct args *args, struct p11 *p11)
{
	TRY(name_given(args));
	TRY(init_name_check(args->name));
	TRY(init_name_free(p11, args->name));
	if (p11->native)
		TRY(init_without_pins(p11, args->name));
	else
		TRY(foreign_create(p11, args->name));
	if (args->json)
		return print_result("created", args->name, NULL);
	printf("Successfully created store [%s]\n", args->name);
	return CKR_OK;
}

CK_RV
store_list(const struct args *args, struct p11 *p11)
{
	_cleanup_(tokens_free) struct tokens all = { NULL, 0 };
	json_t *names;

	TRY(tokens_list(p11, &all));
	if (!args->json) {
		for (size_t i = 0; i < all.count; i++)
			printf("%s\n", all.list[i].name);
		if (all.count == 0)
			error_say("No stores found\n");
		return CKR_OK;
	}
	names = json_array();
	for (size_t i = 0; i < all.count; i++)
		json_array_append_new(names, json_text(all.list[i].name));
	return print_json(json_pack("{s:o}", "stores", names));
}

static bool
confirmed(const struct args *args, const char *what)
{
	FILE *out = args->json ? stderr : stdout;

	if (args->yes)
		return true;
	fprintf(out, "Warning: This operation will delete %s [%s]\n", what,
	    args->name != NULL ? args->name : "(null)");
	return prompt_confirm(out);
}

static CK_RV
store_destroy(const struct token *token)
{
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	CK_OBJECT_CLASS class = CKO_VECS_STORE;
	CK_ATTRIBUTE match = { CKA_CLASS, &class, sizeof(class) };

	TRY(objects_find(token, &match, 1, &found));
	if (found.count != 1)
		return E_ACCESS_DENIED;
	return token->p11->calls->C_DestroyObject(token->session,
	    found.list[0]);
}

static CK_RV
delete(const struct args *args, struct p11 *p11, const char *what)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	char verb[32];
	CK_RV rv;

	if (!confirmed(args, what))
		return CKR_OK;
	TRY(name_given(args));
	snprintf(verb, sizeof(verb), "%s delete", what);
	TRY(p11_native(p11, verb));
	rv = token_find(p11, args->name, &token);
	if (rv == E_OBJECT_NOT_FOUND)
		error_say("Error : %c%s [%s] does not exist\n",
		    what[0] - 'a' + 'A', what + 1, args->name);
	TRY(rv);
	TRY(token_open(&token, true, LOGIN_NONE));
	TRY(store_destroy(&token));
	if (args->json)
		return print_result("deleted", args->name, NULL);
	printf("Successfully deleted %s [%s]\n", what, args->name);
	return CKR_OK;
}

CK_RV
store_delete(const struct args *args, struct p11 *p11)
{
	return delete(args, p11, "store");
}

CK_RV
token_delete(const struct args *args, struct p11 *p11)
{
	return delete(args, p11, "token");
}
