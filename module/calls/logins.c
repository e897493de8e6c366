/* Logging in and out (PKCS#11 5.6.8 to 5.6.10). */
#include "module/calls/logins.h"

#include <string.h>

#include "common/log.h"
#include "module/calls/calls.h"

void
private_forget(struct context *c, uint64_t slot, struct session *own)
{
	sessions_end_private(c, slot, own);
	handles_remove_private(c, slot);
	cache_drop_private(c->instance->cache, slot);
}

static CK_RV
who_named(const struct store *store, struct span name, const char **who)
{
	const struct store_user *user = user_named(store, name);

	if (user == NULL)
		return fail_quiet(CKR_USER_PIN_NOT_INITIALIZED,
		    "store %s has no user '%.*s'", store->name,
		    (int)name.len, (const char *)name.data);
	*who = user->who;
	return CKR_OK;
}

CK_RV
login_means(const struct context *c, const struct store *store,
    const char **who)
{
	if (c->instance->login_user.len != 0)
		return who_named(store, c->instance->login_user, who);
	*who = PIN_USER;
	return CKR_OK;
}

/* Who asks to be logged in: a type, and with C_LoginUser a name, which the
 * empty string is not. */
struct login_as {
	CK_USER_TYPE type;
	const struct span *name; /* NULL: C_Login */
};

static CK_RV
who_asks(const struct context *c, const struct token *token,
    const struct login_as *as, const char **who)
{
	bool named = as->name != NULL && as->name->len != 0;

	*who = as->type == CKU_SO ? PIN_SO : PIN_USER;
	if (as->type == CKU_SO)
		return named ? CKR_USER_TYPE_INVALID : CKR_OK;
	if (as->name == NULL)
		return login_means(c, token->store, who);
	return named ? who_named(token->store, *as->name, who) : CKR_OK;
}

/* Who may log in when (5.6.8), before the PIN is looked at. */
static CK_RV
login_check(struct session *s, const struct token *token, const char *who)
{
	struct session_counts counts = sessions_count(s->context, s->slot);

	if (token->login != NULL)
		return strcmp(token->login->who, who) == 0
		    ? CKR_USER_ALREADY_LOGGED_IN
		    : CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
	if (strcmp(who, PIN_SO) == 0 && counts.rw != counts.all)
		return CKR_SESSION_READ_ONLY_EXISTS;
	return CKR_OK;
}

/* For the one operation whose key asks for a PIN each time (4.9): the PIN of
 * whoever is logged in. */
static CK_RV
login_for_operation(struct session *s, const struct token *token,
    struct span pin)
{
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };
	struct operation *locked = NULL;

	for (int kind = 0; kind < OPERATION_COUNT; kind++)
		if (s->operations[kind].locked)
			locked = &s->operations[kind];
	if (locked == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!token_is_user(token))
		return CKR_USER_NOT_LOGGED_IN;
	if (pin.data == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(pin_login(s->context->instance->db, token->store->id,
	    token->login->who, pin, &key));
	locked->locked = false;
	return CKR_OK;
}

static CK_RV
login_with_pin(struct session *s, const struct token *token,
    const struct login_as *as, struct span pin)
{
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };
	const char *who;

	if (as->type == CKU_CONTEXT_SPECIFIC)
		return login_for_operation(s, token, pin);
	if (as->type != CKU_USER && as->type != CKU_SO)
		return CKR_USER_TYPE_INVALID;
	TRY(who_asks(s->context, token, as, &who));
	TRY(login_check(s, token, who));
	if (pin.data == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(pin_login(s->context->instance->db, token->store->id, who, pin,
	    &key));
	return login_add(s->context, s->slot, who, &key);
}

/* Without a PIN identity decides; clients log in all the same, but not as
 * somebody. */
static CK_RV
login_without_pin(const struct token *token, const struct login_as *as)
{
	if (as->type == CKU_SO)
		return CKR_FUNCTION_NOT_SUPPORTED;
	if (as->type == CKU_CONTEXT_SPECIFIC)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (as->type != CKU_USER)
		return CKR_USER_TYPE_INVALID;
	if (as->name != NULL && as->name->len != 0)
		return fail_quiet(CKR_USER_PIN_NOT_INITIALIZED,
		    "store %s has no PINs and no users", token->store->name);
	return CKR_OK;
}

static CK_RV
login_as(struct session *s, const struct login_as *as, struct span pin)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };

	TRY(token_of(s, &token));
	if (token.store == NULL)
		return CKR_USER_PIN_NOT_INITIALIZED;
	return token_has_pin(&token) ? login_with_pin(s, &token, as, pin)
	                             : login_without_pin(&token, as);
}

CK_RV
login(struct session *s, CK_USER_TYPE type, const CK_UTF8CHAR *pin,
    CK_ULONG len)
{
	return login_as(s, &(struct login_as){ type, NULL },
	    (struct span){ pin, len });
}

CK_RV
login_user(struct session *s, CK_USER_TYPE type, struct span pin,
    struct span name)
{
	if (name.data == NULL && name.len != 0)
		return CKR_ARGUMENTS_BAD;
	return login_as(s, &(struct login_as){ type, &name }, pin);
}

CK_RV
logout(struct session *s)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };

	TRY(token_of(s, &token));
	if (token.store != NULL && !token_has_pin(&token))
		return CKR_OK;
	if (token.login == NULL)
		return CKR_USER_NOT_LOGGED_IN;
	login_remove(s->context, s->slot);
	private_forget(s->context, s->slot, s);
	return CKR_OK;
}
