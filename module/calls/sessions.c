/* Sessions and login (PKCS#11 5.6). */
#include "module/calls/calls.h"

#include "common/span.h"
#include "module/calls/token.h"

CK_RV
open_session(struct context *c, CK_SLOT_ID slot, CK_FLAGS flags,
    CK_SESSION_HANDLE *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	bool rw = (flags & CKF_RW_SESSION) != 0;

	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	if ((flags & CKF_SERIAL_SESSION) == 0)
		return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
	if ((flags & CKF_ASYNC_SESSION) != 0)
		return CKR_SESSION_ASYNC_NOT_SUPPORTED;
	TRY(token_open(c, slot, &token));
	if (!token_is_present(&token))
		return CKR_TOKEN_NOT_PRESENT;
	if (rw && (token.rights & RIGHT_WRITE) == 0)
		return CKR_TOKEN_WRITE_PROTECTED;
	if (!rw && token_is_so(&token))
		return CKR_SESSION_READ_WRITE_SO_EXISTS;
	return session_open(c, slot, rw, out);
}

/* What a logout takes along: operations, handles and memory. */
static void
private_forget(struct context *c, uint64_t slot, struct session *own)
{
	sessions_end_private(c, slot, own);
	handles_remove_private(c, slot);
	cache_drop_private(c->instance->cache, slot);
}

/* After a close: the last session of a slot has logged out. */
static void
closed(struct context *c, uint64_t slot)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };

	if (sessions_count(c, slot).all != 0)
		return;
	if (token_open(c, slot, &token) == CKR_OK && !token_has_pin(&token))
		return;
	private_forget(c, slot, NULL);
}

CK_RV
close_session(struct session *s)
{
	struct context *c = s->context;
	uint64_t slot = s->slot;

	session_close(s);
	closed(c, slot);
	return CKR_OK;
}

CK_RV
close_all_sessions(struct context *c, CK_SLOT_ID slot)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	CK_RV rv = token_open(c, slot, &token);

	/* Sessions of a store that is gone can be closed all the same. */
	if (rv != CKR_OK && sessions_count(c, slot).all == 0)
		return rv;
	sessions_close(c, slot);
	closed(c, slot);
	return CKR_OK;
}

CK_RV
session_info(struct session *s, CK_SESSION_INFO *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };

	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(token_of(s, &token));
	*out = (CK_SESSION_INFO){
		.slotID = (CK_SLOT_ID)s->slot,
		.state = token_state(&token, s->rw),
		.flags = CKF_SERIAL_SESSION | (s->rw ? CKF_RW_SESSION : 0),
	};
	return CKR_OK;
}

/* Nothing of ours is validated by anybody (5.6.9): no flag of any kind. */
CK_RV
validation_flags(struct session *s, CK_ULONG type, CK_FLAGS *out)
{
	(void)s;
	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	if (type != CKS_LAST_VALIDATION_OK)
		return CKR_ARGUMENTS_BAD;
	*out = 0;
	return CKR_OK;
}

/* C_SessionCancel: flags of operations that are not active are ignored. */
CK_RV
session_cancel(struct session *s, CK_FLAGS flags)
{
	static const CK_FLAGS kinds[OPERATION_COUNT] = {
		[OPERATION_FIND] = CKF_FIND_OBJECTS,
		[OPERATION_ENCRYPT] = CKF_ENCRYPT,
		[OPERATION_DECRYPT] = CKF_DECRYPT,
		[OPERATION_DIGEST] = CKF_DIGEST,
		[OPERATION_SIGN] = CKF_SIGN,
		[OPERATION_VERIFY] = CKF_VERIFY,
		[OPERATION_VERIFY_SIGNATURE] = CKF_VERIFY,
		[OPERATION_SIGN_RECOVER] = CKF_SIGN_RECOVER,
		[OPERATION_VERIFY_RECOVER] = CKF_VERIFY_RECOVER,
		[OPERATION_MESSAGE_ENCRYPT] = CKF_MESSAGE_ENCRYPT,
		[OPERATION_MESSAGE_DECRYPT] = CKF_MESSAGE_DECRYPT,
		[OPERATION_MESSAGE_SIGN] = CKF_MESSAGE_SIGN,
		[OPERATION_MESSAGE_VERIFY] = CKF_MESSAGE_VERIFY,
	};

	for (int kind = 0; kind < OPERATION_COUNT; kind++)
		if (flags & kinds[kind])
			operation_end(&s->operations[kind]);
	return CKR_OK;
}

/* Who may log in when (5.6.8), before the PIN is looked at. */
static CK_RV
login_check(struct session *s, const struct token *token, CK_USER_TYPE who)
{
	struct session_counts counts = sessions_count(s->context, s->slot);

	if (who != CKU_USER && who != CKU_SO)
		return CKR_USER_TYPE_INVALID;
	if (token->login != NULL)
		return token->login->so == (who == CKU_SO)
		    ? CKR_USER_ALREADY_LOGGED_IN
		    : CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
	if (who == CKU_SO && counts.rw != counts.all)
		return CKR_SESSION_READ_ONLY_EXISTS;
	return CKR_OK;
}

/* For the one operation whose key asks for a PIN each time (4.9). */
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
	if (pin.data == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(pin_login(s->context->instance->db, token->store->id, PIN_USER,
	    pin, &key));
	locked->locked = false;
	return CKR_OK;
}

static CK_RV
login_with_pin(struct session *s, const struct token *token, CK_USER_TYPE who,
    struct span pin)
{
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };

	if (who == CKU_CONTEXT_SPECIFIC)
		return login_for_operation(s, token, pin);
	TRY(login_check(s, token, who));
	if (pin.data == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(pin_login(s->context->instance->db, token->store->id,
	    who == CKU_SO ? PIN_SO : PIN_USER, pin, &key));
	return login_add(s->context, s->slot, who == CKU_SO, &key);
}

CK_RV
login(struct session *s, CK_USER_TYPE who, const CK_UTF8CHAR *pin,
    CK_ULONG len)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };

	TRY(token_of(s, &token));
	if (token.store == NULL)
		return CKR_USER_PIN_NOT_INITIALIZED;
	if (token_has_pin(&token))
		return login_with_pin(s, &token, who, (struct span){ pin, len });
	/* Without a PIN identity decides; clients log in all the same. */
	if (who == CKU_SO)
		return CKR_FUNCTION_NOT_SUPPORTED;
	return who == CKU_USER ? CKR_OK
	    : who == CKU_CONTEXT_SPECIFIC ? CKR_OPERATION_NOT_INITIALIZED
	                                  : CKR_USER_TYPE_INVALID;
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
