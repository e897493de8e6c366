/* vecs-cli store create, list, delete. */
#include <string.h>

#include "common/text.h"
#include "common/vendor.h"
#include "tool/create.h"
#include "tool/print.h"
#include "tool/prompt.h"
#include "tool/verbs.h"

#define LABEL_BYTES 32

static CK_RV
name_given(const struct args *args)
{
	if (!is_empty(args->name))
		return CKR_OK;
	error_say("Error : An invalid store name [] was specified \n");
	return USAGE_ERROR;
}

static CK_RV
name_check(const char *name)
{
	size_t len = strlen(name);

	if (len > LABEL_BYTES) {
		error_say("Error: a store name has at most %d bytes\n",
		    LABEL_BYTES);
		return E_LABEL_TOO_LONG;
	}
	if (text_is_store_name(name, len))
		return CKR_OK;
	error_say("Error: a store name is UTF-8 without control characters "
	          "and without blanks at its ends\n");
	return E_INVALID_PARAMETER;
}

/* CKR_OK when nobody has the name. */
static CK_RV
name_free(struct p11 *p11, const char *name)
{
	_cleanup_(tokens_free) struct tokens all = { NULL, 0 };

	TRY(tokens_list(p11, &all));
	for (size_t i = 0; i < all.count; i++)
		if (text_equal_folded(name, strlen(name), all.list[i].name,
		        strlen(all.list[i].name)))
			return E_ALREADY_EXISTS;
	return CKR_OK;
}

static CK_RV
token_init(struct p11 *p11, const char *name, const struct secret *pin)
{
	CK_UTF8CHAR label[LABEL_BYTES];
	CK_SLOT_ID slot = 0;

	memset(label, ' ', sizeof(label));
	memcpy(label, name, strlen(name));
	TRY(token_empty_slot(p11, &slot));
	return p11->calls->C_InitToken(slot, pin->data, pin->len, label);
}

/* A store of our own: no PIN. */
static CK_RV
native_create(struct p11 *p11, const char *name)
{
	static const struct secret no_pin = { NULL, 0 };
	CK_RV rv = token_init(p11, name, &no_pin);

	/* Somebody else may have taken the name, or the slot, just now. */
	if (rv != CKR_OK && name_free(p11, name) == E_ALREADY_EXISTS)
		return E_ALREADY_EXISTS;
	for (int i = 0; i < 5 && rv == CKR_PIN_INCORRECT; i++)
		rv = token_init(p11, name, &no_pin);
	return rv;
}

/* Another maker's token has two PINs. */
static CK_RV
foreign_create(struct p11 *p11, const char *name)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;

	TRY(p11_so_pin(p11));
	TRY(p11_pin(p11, name));
	if (!p11->so_pin_known || !p11->pin_known) {
		error_say("Error: a new token of this module needs two PINs: "
		          "--so-pin-source and --pin-source\n");
		return E_WRONG_PASSWORD;
	}
	TRY(token_init(p11, name, &p11->so_pin));
	TRY(token_find(p11, name, &token));
	TRY(token_open(&token, true, LOGIN_SO));
	return p11->calls->C_InitPIN(token.session, p11->pin.data,
	    p11->pin.len);
}

CK_RV
store_create(const struct args *args, struct p11 *p11)
{
	TRY(name_given(args));
	TRY(name_check(args->name));
	TRY(name_free(p11, args->name));
	if (p11->native)
		TRY(native_create(p11, args->name));
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
confirmed(const struct args *args)
{
	if (args->yes)
		return true;
	fprintf(args->json ? stderr : stdout,
	    "Warning: This operation will delete store [%s]\n",
	    args->name != NULL ? args->name : "(null)");
	return prompt_confirm(args->json ? stderr : stdout);
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

CK_RV
store_delete(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	CK_RV rv;

	if (!confirmed(args))
		return CKR_OK;
	TRY(name_given(args));
	TRY(p11_native(p11, "store delete"));
	rv = token_find(p11, args->name, &token);
	if (rv == E_OBJECT_NOT_FOUND)
		error_say("Error : Store [%s] does not exist\n", args->name);
	TRY(rv);
	TRY(token_open(&token, true, LOGIN_NONE));
	TRY(store_destroy(&token));
	if (args->json)
		return print_result("deleted", args->name, NULL);
	printf("Successfully deleted store [%s]\n", args->name);
	return CKR_OK;
}
