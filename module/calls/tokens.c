/* Initialising tokens and PINs (PKCS#11 5.5.7 to 5.5.9). */
#include "module/calls/calls.h"

#include <string.h>

#include "common/log.h"
#include "common/text.h"
#include "module/calls/batch.h"
#include "module/calls/logins.h"

#define LABEL_SIZE 32

/* The label without its padding, as a string; CKR_ARGUMENTS_BAD. */
static CK_RV
label_read(const CK_UTF8CHAR *label, char out[LABEL_SIZE + 1])
{
	size_t len = LABEL_SIZE;

	while (len > 0 && label[len - 1] == ' ')
		len--;
	memcpy(out, label, len);
	out[len] = '\0';
	/* A NUL inside would be a control character as well. */
	if (!text_is_store_name(out, len))
		return fail_quiet(CKR_ARGUMENTS_BAD,
		    "the label is not a store's name");
	return CKR_OK;
}

CK_RV
pin_check(const struct context *c, struct span pin)
{
	if (pin.data == NULL)
		return CKR_ARGUMENTS_BAD;
	if (pin.len < c->instance->min_pin || pin.len > c->instance->max_pin)
		return CKR_PIN_LEN_RANGE;
	return text_is_utf8(pin.data, pin.len) ? CKR_OK : CKR_PIN_INVALID;
}

/* An existing token: by whom, and with what, it may be made anew. */
static CK_RV
reinit(struct context *c, const struct token *token,
    const struct store_new *how)
{
	struct store_new same = *how;

	if ((token->store->flags & STORE_PROTECTED) || !token->controls)
		return fail_quiet(CKR_PIN_INCORRECT,
		    "store %s cannot be initialised by this user",
		    token->store->name);
	same.owner = token->store->owner;
	return store_reinit(c->instance->db, token->store->id, &same);
}

CK_RV
init_token(struct context *c, CK_SLOT_ID slot, const CK_UTF8CHAR *pin,
    CK_ULONG pin_len, const CK_UTF8CHAR *label)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	struct store_new how = { .owner = c->identity.uid,
		.so_pin = { pin, pin != NULL ? pin_len : 0 } };
	char name[LABEL_SIZE + 1];
	uint64_t id;

	if (label == NULL || (pin == NULL && pin_len != 0))
		return CKR_ARGUMENTS_BAD;
	TRY(label_read(label, name));
	how.name = name;
	TRY(token_open(c, slot, &token));
	if (sessions_count(c, slot).all != 0)
		return CKR_SESSION_EXISTS;
	/* A PIN that exists is compared, not judged by its length. */
	if (pin != NULL && (token.store == NULL || !token_has_pin(&token)))
		TRY(pin_check(c, how.so_pin));
	if (token.store != NULL)
		return reinit(c, &token, &how);
	TRY(store_create(c->instance->db, &how, &id));
	/* What the client knows as this slot is the new token. */
	if (id == slot)
		token_empty_slot(c, id + 1);
	return CKR_OK;
}

static CK_RV
pin_state_check(struct session *s, struct token *out)
{
	TRY(token_of(s, out));
	if (out->store == NULL || !token_has_pin(out))
		return CKR_FUNCTION_NOT_SUPPORTED;
	return batch_is_open(s) ? CKR_OPERATION_ACTIVE : CKR_OK;
}

CK_RV
init_pin(struct session *s, const CK_UTF8CHAR *pin, CK_ULONG len)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	struct span new = { pin, len };

	TRY(pin_state_check(s, &token));
	if (!token_is_so(&token))
		return CKR_USER_NOT_LOGGED_IN;
	TRY(pin_check(s->context, new));
	return pin_init(s->context->instance->db, token.store->id,
	    &token.login->private_key, new);
}

CK_RV
set_pin(struct session *s, const CK_UTF8CHAR *old, CK_ULONG old_len,
    const CK_UTF8CHAR *new, CK_ULONG new_len)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	struct span from = { old, old_len }, to = { new, new_len };
	const char *who;

	TRY(pin_state_check(s, &token));
	if (!s->rw)
		return CKR_SESSION_READ_ONLY;
	if (old == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(pin_check(s->context, to));
	/* Without a login it is the user's PIN (5.5.9). */
	if (token.login != NULL)
		who = token.login->who;
	else
		TRY(login_means(s->context, token.store, &who));
	return pin_set(s->context->instance->db, token.store->id, who, from,
	    to);
}
