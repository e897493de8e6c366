/* Sessions (PKCS#11 5.6). */
#include "module/calls/calls.h"

#include "module/calls/logins.h"

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
	if (rw && (token.granted & RIGHT_WRITE) == 0)
		return CKR_TOKEN_WRITE_PROTECTED;
	if (!rw && token_is_so(&token))
		return CKR_SESSION_READ_WRITE_SO_EXISTS;
	return session_open(c, slot, rw, out);
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

	if (session_close(s))
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
