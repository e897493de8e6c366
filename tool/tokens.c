/* vecs-cli token list and info. */
#include <stdlib.h>
#include <string.h>

#include "common/ckname.h"
#include "common/vendor.h"
#include "tool/flags.h"
#include "tool/object.h"
#include "tool/print.h"
#include "tool/verbs.h"

/* What an administrator has to know of the PINs, the worst first. */
static const struct {
	CK_FLAGS mask, set;
	const char *state;
} states[] = {
	{ CKF_LOGIN_REQUIRED, 0, "no PIN" },
	{ CKF_SO_PIN_LOCKED, CKF_SO_PIN_LOCKED, "SO PIN locked" },
	{ CKF_USER_PIN_INITIALIZED, 0, "no user PIN yet" },
	{ CKF_USER_PIN_LOCKED, CKF_USER_PIN_LOCKED, "user PIN locked" },
	{ CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_FINAL_TRY, "one try left" },
	{ CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_COUNT_LOW, "wrong PIN given" },
	{ 0, 0, "PIN" },
};

static const char *
token_state(const struct token *token)
{
	size_t i = 0;

	if (!token->present)
		return "no access";
	while ((token->flags & states[i].mask) != states[i].set)
		i++;
	return states[i].state;
}

CK_RV
token_list(const struct args *args, struct p11 *p11)
{
	_cleanup_(tokens_free) struct tokens all = { NULL, 0 };
	_cleanup_(json_decrefp) json_t *list = json_array();

	TRY(tokens_list(p11, &all));
	for (size_t i = 0; i < all.count; i++) {
		const struct token *t = &all.list[i];

		json_array_append_new(list, json_pack("{s:o,s:o,s:s}", "name",
		    json_text(t->name), "serial", json_text(t->serial),
		    "state", token_state(t)));
		if (!args->json)
			printf("%s\t%s\t%s\n", t->name, t->serial,
			    token_state(t));
	}
	if (args->json)
		return print_json(json_pack("{s:O}", "tokens", list));
	if (all.count == 0)
		error_say("No tokens found\n");
	return CKR_OK;
}

static json_t *
json_version(CK_VERSION v)
{
	char text[16];

	snprintf(text, sizeof(text), "%u.%u", v.major, v.minor);
	return json_string(text);
}

/* A number that the standard lets a token keep to itself, or have no end. */
static json_t *
json_limit(CK_ULONG n)
{
	if (n == CK_UNAVAILABLE_INFORMATION)
		return json_string("unknown");
	if (n == CK_EFFECTIVELY_INFINITE)
		return json_string("unlimited");
	return json_integer((json_int_t)n);
}

static void
numbers_add(json_t *o, const CK_TOKEN_INFO *info)
{
	json_object_set_new(o, "pin_minimum", json_limit(info->ulMinPinLen));
	json_object_set_new(o, "pin_maximum", json_limit(info->ulMaxPinLen));
	json_object_set_new(o, "sessions", json_limit(info->ulSessionCount));
	json_object_set_new(o, "sessions_maximum",
	    json_limit(info->ulMaxSessionCount));
	json_object_set_new(o, "hardware", json_version(info->hardwareVersion));
	json_object_set_new(o, "firmware", json_version(info->firmwareVersion));
	json_object_set_new(o, "flags",
	    flags_json(token_flag_names, info->flags));
}

static CK_RV
info_add(const struct token *token, json_t *o)
{
	CK_FUNCTION_LIST *calls = token->p11->calls;
	CK_SLOT_INFO where;
	CK_TOKEN_INFO info;

	TRY(calls->C_GetSlotInfo(token->slot, &where));
	TRY(calls->C_GetTokenInfo(token->slot, &info));
	json_object_set_new(o, "name", json_text(token->name));
	json_object_set_new(o, "serial", json_text(token->serial));
	json_object_set_new(o, "manufacturer",
	    json_padded(info.manufacturerID, sizeof(info.manufacturerID)));
	json_object_set_new(o, "model",
	    json_padded(info.model, sizeof(info.model)));
	json_object_set_new(o, "slot", json_integer((json_int_t)token->slot));
	json_object_set_new(o, "slot_description",
	    json_padded(where.slotDescription, sizeof(where.slotDescription)));
	json_object_set_new(o, "state", json_string(token_state(token)));
	numbers_add(o, &info);
	return CKR_OK;
}

/* Owner and age, which only stores of our own have. */
static CK_RV
store_add(struct token *token, json_t *o)
{
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	_cleanup_(freep) char *owner = NULL;
	_cleanup_(freep) char *created = NULL;
	CK_OBJECT_CLASS class = CKO_VECS_STORE;
	CK_ATTRIBUTE match = { CKA_CLASS, &class, sizeof(class) };

	TRY(token_open(token, false, LOGIN_NONE));
	TRY(objects_find(token, &match, 1, &found));
	if (found.count != 1)
		return CKR_OK;
	TRY(object_get_text(token, found.list[0], CKA_VECS_OWNER, &owner));
	TRY(object_get_text(token, found.list[0], CKA_VECS_CREATED, &created));
	json_object_set_new(o, "owner", json_text(owner));
	json_object_set_new(o, "created", json_text(created));
	return CKR_OK;
}

static json_t *
json_mechanism(CK_MECHANISM_TYPE type, const CK_MECHANISM_INFO *info)
{
	const char *name = ckname_mechanism(type);
	char number[32];

	snprintf(number, sizeof(number), "0x%lx", type);
	return json_pack("{s:s,s:i,s:i,s:o}", "name",
	    name != NULL ? name : number, "minimum", (int)info->ulMinKeySize,
	    "maximum", (int)info->ulMaxKeySize, "flags",
	    flags_json(mechanism_flag_names, info->flags));
}

static CK_RV
mechanisms_add(const struct token *token, json_t *list)
{
	CK_FUNCTION_LIST *calls = token->p11->calls;
	_cleanup_(freep) CK_MECHANISM_TYPE *types = NULL;
	CK_MECHANISM_INFO info;
	CK_ULONG n = 0;

	TRY(calls->C_GetMechanismList(token->slot, NULL, &n));
	if ((types = calloc(n + 1, sizeof(*types))) == NULL)
		return CKR_HOST_MEMORY;
	TRY(calls->C_GetMechanismList(token->slot, types, &n));
	for (CK_ULONG i = 0; i < n; i++)
		if (calls->C_GetMechanismInfo(token->slot, types[i], &info) ==
		    CKR_OK)
			json_array_append_new(list,
			    json_mechanism(types[i], &info));
	return CKR_OK;
}

static void
mechanisms_print(const json_t *list)
{
	const json_t *one, *flag;
	size_t i, k;

	json_array_foreach (list, i, one) {
		printf("%s\t%d-%d\t",
		    json_string_value(json_object_get(one, "name")),
		    (int)json_integer_value(json_object_get(one, "minimum")),
		    (int)json_integer_value(json_object_get(one, "maximum")));
		json_array_foreach (json_object_get(one, "flags"), k, flag)
			printf("%s%s", k != 0 ? " " : "",
			    json_string_value(flag));
		printf("\n");
	}
}

CK_RV
token_info(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(json_decrefp) json_t *o = json_object();
	_cleanup_(json_decrefp) json_t *list = json_array();

	TRY(token_get(p11, args->name, "Error: no such token\n", false,
	    LOGIN_NONE, &token));
	token_close(&token);
	TRY(info_add(&token, o));
	if (p11->native)
		TRY(store_add(&token, o));
	if (args->mechanisms)
		TRY(mechanisms_add(&token, list));
	if (args->json) {
		if (args->mechanisms)
			json_object_set(o, "mechanisms", list);
		return print_json(json_incref(o));
	}
	print_fields(o);
	mechanisms_print(list);
	return CKR_OK;
}
