/* Named users as objects. */
#include "module/calls/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/text.h"
#include "common/vendor.h"

/* No id on disk and none of another kind has it: calls/synthetic.c. */
#define USER_ID (1ULL << 63)
#define WHO_DIGITS 15

static bool
users_are_shown(const struct token *token)
{
	return token_has_pin(token) &&
	    (token_is_so(token) || token->controls);
}

bool
users_asked_for(const struct token *token, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_ATTRIBUTE *a = template_find(t, n, CKA_CLASS);
	CK_OBJECT_CLASS class = CKO_VECS_USER;

	return a != NULL && a->ulValueLen == sizeof(class) &&
	    memcmp(a->pValue, &class, sizeof(class)) == 0 &&
	    users_are_shown(token);
}

/* Describing */

/* The random part of who he is. */
static uint64_t
id_of_who(const char *who)
{
	char digits[WHO_DIGITS + 1] = "";

	strncpy(digits, strchr(who, ':') + 1, WHO_DIGITS);
	return USER_ID | strtoull(digits, NULL, 16);
}

static uint64_t
id_of(const struct store_user *user)
{
	return id_of_who(user->who);
}

bool
user_is_id(uint64_t id)
{
	return (id & USER_ID) != 0;
}

static CK_RV
set_text(struct attrs *a, CK_ATTRIBUTE_TYPE type, const char *text)
{
	return attrs_set(a, type, text, strlen(text));
}

static CK_RV
set_flags(struct attrs *a, const struct pin_state *pin)
{
	char text[32] = "";

	if (pin->tries_left == 0)
		return set_text(a, CKA_VECS_FLAGS, "locked");
	snprintf(text, sizeof(text), "%s%s",
	    pin->failed_before ? ",count-low" : "",
	    pin->tries_left == 1 ? ",final-try" : "");
	/* An empty value would be one that some clients trip over. */
	return text[0] != '\0' ? set_text(a, CKA_VECS_FLAGS, text + 1)
	                       : CKR_OK;
}

static CK_RV
describe(const struct token *token, const struct store_user *user,
    struct attrs *a)
{
	char text[RIGHTS_TEXT_MAX], unique[64];

	snprintf(unique, sizeof(unique), "%s-%s", token->store->serial,
	    strchr(user->who, ':') + 1);
	permit_print(user->rights, text);
	TRY(attrs_set_ulong(a, CKA_CLASS, CKO_VECS_USER));
	TRY(attrs_set_bool(a, CKA_TOKEN, true));
	TRY(attrs_set_bool(a, CKA_PRIVATE, false));
	TRY(set_text(a, CKA_UNIQUE_ID, unique));
	TRY(set_text(a, CKA_VECS_USER_NAME, user->name));
	TRY(set_text(a, CKA_VECS_RIGHTS, text));
	return set_flags(a, &user->pin);
}

static CK_RV
object_of(const struct token *token, const struct store_user *user,
    struct object **out)
{
	struct attrs a = ATTRS_INIT;
	CK_RV rv = describe(token, user, &a);

	if (rv == CKR_OK)
		rv = object_new(&a, out);
	attrs_wipe(&a);
	if (rv == CKR_OK)
		(*out)->id = id_of(user);
	return rv;
}

CK_RV
user_next(const struct token *token, const struct store_user **last,
    struct object **out)
{
	const struct store *store = token->store;
	const struct store_user *next = NULL, *user;

	for (size_t i = 0; i < store->user_count; i++) {
		user = &store->users[i];
		if ((*last == NULL || strcmp(user->name, (*last)->name) > 0) &&
		    (next == NULL || strcmp(user->name, next->name) < 0))
			next = user;
	}
	*out = NULL;
	*last = next;
	return next != NULL ? object_of(token, next, out) : CKR_OK;
}

static const struct store_user *
user_by_id(const struct token *token, uint64_t id)
{
	for (size_t i = 0; i < token->store->user_count; i++)
		if (id_of(&token->store->users[i]) == id)
			return &token->store->users[i];
	return NULL;
}

CK_RV
user_object(const struct token *token, uint64_t id, struct object **out)
{
	const struct store_user *user = user_by_id(token, id);

	if (user == NULL || !users_are_shown(token))
		return CKR_OBJECT_HANDLE_INVALID;
	return object_of(token, user, out);
}

/* Changing */

/* The SO, who has the private-objects key to share it; or the owner, when he is
 * logged in and has it too. */
static CK_RV
manage_check(struct session *s, const struct token *token)
{
	if (!token_has_pin(token))
		return fail_quiet(CKR_ACTION_PROHIBITED,
		    "store %s has no PINs and no users", token->store->name);
	if (!s->rw)
		return CKR_SESSION_READ_ONLY;
	if (batch_is_open(s))
		return CKR_OPERATION_ACTIVE;
	return token_is_so(token) ||
		(token->controls && token_is_own_user(token))
	    ? CKR_OK
	    : CKR_USER_NOT_LOGGED_IN;
}

static CK_RV
key_to_share(const struct token *token, const struct secret **key)
{
	*key = &token->login->private_key;
	if ((*key)->len == 0)
		return fail_quiet(CKR_ACTION_PROHIBITED,
		    "store %s: without so-recovery only the token's user can "
		    "give a PIN to others", token->store->name);
	return CKR_OK;
}

/* What a template says of a user. */
struct given {
	struct span name, rights, pin;
};

/* May a user object be made with this value of an attribute that it has? */
static bool
is_said_right(const CK_ATTRIBUTE *a)
{
	static const CK_OBJECT_CLASS class = CKO_VECS_USER;
	static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		const void *value;
		CK_ULONG len;
	} rows[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &no, sizeof(no) },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].type == a->type)
			return rows[i].len == a->ulValueLen &&
			    memcmp(rows[i].value, a->pValue, a->ulValueLen) ==
				0;
	return false;
}

static CK_RV
template_read(const CK_ATTRIBUTE *t, CK_ULONG n, bool create,
    struct given *out)
{
	const struct {
		CK_ATTRIBUTE_TYPE type;
		struct span *to;
		CK_RV when_set;
	} rows[] = {
		{ CKA_VECS_USER_NAME, &out->name, CKR_ATTRIBUTE_READ_ONLY },
		{ CKA_VECS_RIGHTS, &out->rights, CKR_OK },
		{ CKA_VECS_PIN, &out->pin, CKR_OK },
	};

	for (CK_ULONG i = 0; i < n; i++) {
		size_t row = 0;

		while (row < COUNT(rows) && rows[row].type != t[i].type)
			row++;
		if (row == COUNT(rows)) {
			if (!create || !is_said_right(&t[i]))
				return CKR_ATTRIBUTE_TYPE_INVALID;
			continue;
		}
		if (!create)
			TRY(rows[row].when_set);
		if (rows[row].to->data != NULL)
			return CKR_TEMPLATE_INCONSISTENT;
		*rows[row].to = (struct span){ t[i].ulValueLen != 0 ?
		    t[i].pValue : "", t[i].ulValueLen };
	}
	return CKR_OK;
}

static CK_RV
name_check(struct span name)
{
	const unsigned char *text = name.data;

	if (name.len == 0 || name.len > USER_NAME_MAX ||
	    !text_is_utf8(text, name.len))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	for (size_t i = 0; i < name.len; i++)
		if (text[i] < ' ' || text[i] == 0x7f)
			return CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_OK;
}

static CK_RV
rights_read(struct span text, unsigned *out)
{
	return permit_parse(text, out) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

/* A handle for whoever is made next: once he is there, nothing may fail. */
static CK_RV
handle_reserve(struct session *s, CK_OBJECT_HANDLE *out)
{
	struct attrs a = ATTRS_INIT;
	struct object *o = NULL;
	CK_RV rv = attrs_set_ulong(&a, CKA_CLASS, CKO_VECS_USER);

	if (rv == CKR_OK)
		rv = attrs_set_bool(&a, CKA_TOKEN, true);
	if (rv == CKR_OK)
		rv = object_new(&a, &o);
	attrs_wipe(&a);
	return rv == CKR_OK ? object_name(s, o, out) : rv;
}

CK_RV
user_create(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out)
{
	struct given given = { .name = { NULL, 0 } };
	struct user_new how = { .rights = 0 };
	const struct secret *key;
	CK_OBJECT_HANDLE handle = 0;
	char who[PIN_WHO_SIZE];
	CK_RV rv;

	TRY(template_read(t, n, true, &given));
	TRY(manage_check(s, token));
	if (given.name.data == NULL || given.rights.data == NULL ||
	    given.pin.data == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	TRY(name_check(given.name));
	TRY(rights_read(given.rights, &how.rights));
	TRY(pin_check(s->context, given.pin));
	TRY(key_to_share(token, &key));
	how.name = given.name;
	how.pin = given.pin;
	TRY(handle_reserve(s, &handle));
	rv = user_add(s->context->instance->db, token->store->id, key, &how,
	    who);
	if (rv != CKR_OK) {
		handle_remove(s->context, handle);
		return rv;
	}
	object_rename(s->context, handle, id_of_who(who), NULL);
	*out = handle;
	return CKR_OK;
}

CK_RV
user_change(struct session *s, const struct token *token, struct object *o,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const struct store_user *user = user_by_id(token, o->id);
	struct given given = { .name = { NULL, 0 } };
	struct user_change how = { .rights = 0 };
	const struct secret *key = NULL;

	TRY(template_read(t, n, false, &given));
	TRY(manage_check(s, token));
	if (given.rights.data != NULL)
		TRY(rights_read(given.rights, &how.rights));
	if (given.pin.data != NULL) {
		TRY(pin_check(s->context, given.pin));
		TRY(key_to_share(token, &key));
		how.pin = given.pin;
	}
	return user != NULL ? user_set(s->context->instance->db,
	    token->store->id, key, user->who, &how)
	                    : CKR_OBJECT_HANDLE_INVALID;
}

CK_RV
user_destroy(struct session *s, const struct token *token, struct object *o)
{
	const struct store_user *user = user_by_id(token, o->id);

	TRY(manage_check(s, token));
	return user != NULL ? user_remove(s->context->instance->db,
	    token->store->id, user->who)
	                    : CKR_OBJECT_HANDLE_INVALID;
}
