/* What one call knows of its token: store, rights, login. */
#include "module/calls/token.h"

#include <stdlib.h>
#include <string.h>

#include "common/vendor.h"
#include "module/calls/grants.h"

/* The rights of this client: everything for owner and administrator, what
 * grants give to others; a token with PINs is open to all until one is made. */
static CK_RV
rights_judge(struct context *context, struct token *token)
{
	const struct identity *who = &context->identity;

	token->controls = permit_controls(who, token->store->owner);
	if (token->controls) {
		token->rights = RIGHTS_ALL;
		return CKR_OK;
	}
	return grants_rights(context, token->store, &token->rights);
}

static CK_RV
store_open(struct context *context, uint64_t slot, struct token *token)
{
	CK_RV rv;

	if (slot != 0 && slot == context->empty_slot)
		return CKR_OK;
	rv = store_get(context->instance->db, slot, &token->store);
	if (rv == CKR_TOKEN_NOT_PRESENT)
		return slot == store_next_id(context->instance->db)
		    ? CKR_OK
		    : CKR_SLOT_ID_INVALID;
	return rv;
}

void
token_empty_slot(struct context *context, uint64_t slot)
{
	uint64_t known = context->empty_slot;

	while (slot > known && !atomic_compare_exchange_weak(
	    &context->empty_slot, &known, slot))
		;
}

/* A named user has his rights and no others; one who is gone is logged in no
 * more. */
static void
login_judge(struct context *context, struct token *token)
{
	const struct store_user *user;

	if (token->login == NULL || token->login->so ||
	    token_is_own_user(token))
		return;
	user = user_find(token->store, token->login->who);
	if (user != NULL) {
		token->rights &= permit_closure(user->rights);
		return;
	}
	login_forget(context, token->login);
	login_put(token->login);
	token->login = NULL;
}

CK_RV
token_open(struct context *context, uint64_t slot, struct token *out)
{
	struct token token = { NULL, NULL, 0, false };
	CK_RV rv = store_open(context, slot, &token);

	if (rv == CKR_OK && token.store != NULL)
		rv = rights_judge(context, &token);
	if (rv != CKR_OK) {
		token_close(&token);
		return rv;
	}
	token.granted = token.rights;
	if (token.store != NULL && token_has_pin(&token))
		token.login = login_get(context, slot);
	login_judge(context, &token);
	*out = token;
	return CKR_OK;
}

void
token_close(struct token *token)
{
	if (token->store != NULL)
		store_put(token->store);
	if (token->login != NULL)
		login_put(token->login);
	*token = (struct token){ NULL, NULL, 0, false };
}

/* `use` alone is for a service to enforce: here it opens nothing. */
bool
token_is_present(const struct token *token)
{
	return token->store == NULL || (token->granted & RIGHT_READ) != 0;
}

CK_RV
token_of(struct session *s, struct token *out)
{
	CK_RV rv = token_open(s->context, s->slot, out);

	if (rv == CKR_SLOT_ID_INVALID)
		return CKR_TOKEN_NOT_PRESENT;
	TRY(rv);
	if (!token_is_present(out)) {
		token_close(out);
		return CKR_TOKEN_NOT_PRESENT;
	}
	return CKR_OK;
}

bool
token_has_pin(const struct token *token)
{
	return token->store != NULL && (token->store->flags & STORE_PIN) != 0;
}

bool
token_is_user(const struct token *token)
{
	if (!token_has_pin(token))
		return token->store != NULL;
	return token->login != NULL && !token->login->so;
}

bool
token_is_so(const struct token *token)
{
	return token->login != NULL && token->login->so;
}

bool
token_is_own_user(const struct token *token)
{
	return token->login != NULL &&
	    strcmp(token->login->who, PIN_USER) == 0;
}

bool
token_uses_only(const struct token *token)
{
	return (token->rights & (RIGHT_USE | RIGHT_READ)) == RIGHT_USE;
}

bool
token_shows_trust(const struct context *context, const struct token *token)
{
	return permit_shows_trust(&context->identity, token->store->owner,
	    token->store->owner == context->instance->owner);
}

const struct secret *
token_key(const struct token *token)
{
	return token->login != NULL && !token->login->so
	    ? &token->login->private_key
	    : NULL;
}

CK_STATE
token_state(const struct token *token, bool rw)
{
	if (token_is_so(token))
		return CKS_RW_SO_FUNCTIONS;
	if (token_is_user(token))
		return rw ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
	return rw ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
}
