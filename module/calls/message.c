/*
 * Messages (PKCS#11 5.9, 5.11, 5.14, 5.16): one key and mechanism for any number
 * of them.  What fails is the message; the process goes on until its final
 * call.
 */
#include "module/calls/calls.h"

#include "module/calls/operate.h"

/* The process is there, and is or is not in the middle of a message. */
static CK_RV
message_check(const struct operation *operation, bool in_message)
{
	if (operation->state == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (operation->locked)
		return CKR_USER_NOT_LOGGED_IN;
	if (operation->in_message == in_message)
		return CKR_OK;
	return in_message ? CKR_OPERATION_NOT_INITIALIZED
	                  : CKR_OPERATION_ACTIVE;
}

static CK_RV
message_ended(struct operation *operation, CK_RV rv)
{
	operation->in_message = false;
	return rv;
}

/* True when the question for the length is answered, with *rv. */
static bool
size_answered(size_t size, const struct output *out, CK_RV *rv)
{
	*rv = CKR_OK;
	if (out->data != NULL && *out->len >= size)
		return false;
	*out->len = size;
	if (out->data != NULL)
		*rv = CKR_BUFFER_TOO_SMALL;
	return true;
}

/* The last part of a message, and what is still held of it. */
static CK_RV
last_part(struct op *op, const struct message *message, struct span in,
    const struct output *out)
{
	size_t len = *out->len, more;

	TRY(op_update(op, in.data, in.len, out->data, &len));
	more = *out->len - len;
	TRY(op_message_end(op, message->parameter, message->parameter_len,
	    out->data + len, &more));
	*out->len = len + more;
	return CKR_OK;
}

CK_RV
crypt_message(struct session *s, enum operation_kind kind,
    const struct message *message, struct span in, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct operation *operation = &s->operations[kind];
	struct output to = { out, out_len };
	CK_RV rv;

	TRY(message_check(operation, false));
	if (out_len == NULL || !bytes_given(in.data, in.len) ||
	    !bytes_given(message->aad.data, message->aad.len))
		return CKR_ARGUMENTS_BAD;
	if (size_answered(op_size(operation->state, in.len), &to, &rv))
		return rv;
	TRY(op_message_begin(operation->state, message->parameter,
	    message->parameter_len, message->aad));
	return last_part(operation->state, message, in, &to);
}

CK_RV
crypt_message_begin(struct session *s, enum operation_kind kind,
    const struct message *message)
{
	struct operation *operation = &s->operations[kind];

	TRY(message_check(operation, false));
	if (!bytes_given(message->aad.data, message->aad.len))
		return CKR_ARGUMENTS_BAD;
	TRY(op_message_begin(operation->state, message->parameter,
	    message->parameter_len, message->aad));
	operation->in_message = true;
	return CKR_OK;
}

CK_RV
crypt_message_next(struct session *s, enum operation_kind kind,
    const struct message *message, struct span in, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct operation *operation = &s->operations[kind];
	struct output to = { out, out_len };
	bool last = (message->flags & CKF_END_OF_MESSAGE) != 0;
	size_t len;
	CK_RV rv;

	TRY(message_check(operation, true));
	if (out_len == NULL || !bytes_given(in.data, in.len))
		return message_ended(operation, CKR_ARGUMENTS_BAD);
	if (size_answered(last ? op_size(operation->state, in.len)
	    : op_update_size(operation->state, in.len), &to, &rv))
		return rv;
	if (last)
		return message_ended(operation, last_part(operation->state,
		    message, in, &to));
	len = *out_len;
	rv = op_update(operation->state, in.data, in.len, out, &len);
	if (rv != CKR_OK)
		return message_ended(operation, rv);
	*out_len = len;
	return CKR_OK;
}

CK_RV
message_final(struct session *s, enum operation_kind kind)
{
	struct operation *operation = &s->operations[kind];

	if (operation->state == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	return operation_ended(operation, CKR_OK);
}

/* Signatures and MACs: no mechanism here has a parameter for each message. */

static CK_RV
message_start(struct operation *operation, const struct message *message)
{
	TRY(message_check(operation, false));
	if (message->parameter_len != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	return op_again(operation->state);
}

CK_RV
sign_message(struct session *s, const struct message *message,
    struct span in, CK_BYTE *out, CK_ULONG *out_len)
{
	struct operation *operation = &s->operations[OPERATION_MESSAGE_SIGN];
	struct output to = { out, out_len };
	size_t len;
	CK_RV rv;

	TRY(message_check(operation, false));
	if (out_len == NULL || !bytes_given(in.data, in.len))
		return CKR_ARGUMENTS_BAD;
	if (size_answered(op_size(operation->state, in.len), &to, &rv))
		return rv;
	TRY(message_start(operation, message));
	len = *out_len;
	TRY(op_once(operation->state, in.data, in.len, out, &len));
	*out_len = len;
	return CKR_OK;
}

CK_RV
sign_message_begin(struct session *s, enum operation_kind kind,
    const struct message *message)
{
	struct operation *operation = &s->operations[kind];

	TRY(message_start(operation, message));
	if (!op_is_multipart(operation->state))
		return CKR_FUNCTION_NOT_SUPPORTED;
	operation->in_message = true;
	return CKR_OK;
}

static CK_RV
absorb(struct operation *operation, struct span in)
{
	size_t none = 0;
	CK_RV rv = CKR_ARGUMENTS_BAD;

	if (bytes_given(in.data, in.len))
		rv = op_update(operation->state, in.data, in.len, NULL,
		    &none);
	return rv == CKR_OK ? rv : message_ended(operation, rv);
}

/* The last part comes with a place for the signature's length. */
CK_RV
sign_message_next(struct session *s, struct span in, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct operation *operation = &s->operations[OPERATION_MESSAGE_SIGN];
	struct output to = { out, out_len };
	size_t len;
	CK_RV rv;

	TRY(message_check(operation, true));
	if (out_len != NULL &&
	    size_answered(op_size(operation->state, in.len), &to, &rv))
		return rv;
	TRY(absorb(operation, in));
	if (out_len == NULL)
		return CKR_OK;
	len = *out_len;
	rv = op_final(operation->state, out, &len);
	if (rv == CKR_OK)
		*out_len = len;
	return message_ended(operation, rv);
}

CK_RV
verify_message(struct session *s, const struct message *message,
    struct span in, struct span signature)
{
	struct operation *operation = &s->operations[OPERATION_MESSAGE_VERIFY];

	TRY(message_check(operation, false));
	if (!bytes_given(in.data, in.len) || signature.data == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(message_start(operation, message));
	return op_verify_once(operation->state, in.data, in.len,
	    signature.data, signature.len);
}

/* The last part comes with the signature. */
CK_RV
verify_message_next(struct session *s, struct span in, struct span signature)
{
	struct operation *operation = &s->operations[OPERATION_MESSAGE_VERIFY];

	TRY(message_check(operation, true));
	TRY(absorb(operation, in));
	if (signature.data == NULL)
		return CKR_OK;
	return message_ended(operation, op_verify_final(operation->state,
	    signature.data, signature.len));
}
