/* Verification: of signatures given last (5.15) and first (5.16). */
#include "module/calls/calls.h"

#include "module/calls/operate.h"

/* A verification always ends the operation. */
static CK_RV
verify(struct operation *operation, struct span in, struct span signature)
{
	CK_RV rv = CKR_ARGUMENTS_BAD;

	if (bytes_given(in.data, in.len) && signature.data != NULL)
		rv = op_verify_once(operation->state, in.data, in.len,
		    signature.data, signature.len);
	return operation_ended(operation, rv);
}

static CK_RV
verify_parts(struct operation *operation, struct span signature)
{
	CK_RV rv;

	if (signature.data == NULL)
		rv = CKR_ARGUMENTS_BAD;
	else if (!op_is_multipart(operation->state))
		rv = CKR_FUNCTION_NOT_SUPPORTED;
	else
		rv = op_verify_final(operation->state, signature.data,
		    signature.len);
	return operation_ended(operation, rv);
}

CK_RV
verify_once(struct session *s, const CK_BYTE *in, CK_ULONG in_len,
    const CK_BYTE *signature, CK_ULONG len)
{
	struct operation *operation = &s->operations[OPERATION_VERIFY];

	TRY(operation_enter(operation, ONCE));
	return verify(operation, (struct span){ in, in_len },
	    (struct span){ signature, len });
}

CK_RV
verify_final(struct session *s, const CK_BYTE *signature, CK_ULONG len)
{
	struct operation *operation = &s->operations[OPERATION_VERIFY];

	TRY(operation_enter(operation, FINAL));
	return verify_parts(operation, (struct span){ signature, len });
}

CK_RV
verify_signature_init(struct session *s, const CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key, const CK_BYTE *signature, CK_ULONG len)
{
	struct operation *operation =
	    &s->operations[OPERATION_VERIFY_SIGNATURE];
	CK_RV rv;

	if (operation->state == NULL && (signature == NULL || len == 0))
		return mechanism != NULL && signature != NULL
		    ? CKR_SIGNATURE_LEN_RANGE
		    : CKR_ARGUMENTS_BAD;
	if (operation->state != NULL)
		return cancel_or_active(operation, mechanism);
	TRY(crypt_init(s, OPERATION_VERIFY_SIGNATURE, mechanism, key));
	rv = secret_dup(signature, len, &operation->signature);
	return rv == CKR_OK ? rv : operation_ended(operation, rv);
}

static struct span
kept_signature(const struct operation *operation)
{
	return (struct span){ operation->signature.data,
		operation->signature.len };
}

CK_RV
verify_signature_once(struct session *s, const CK_BYTE *in, CK_ULONG in_len)
{
	struct operation *operation =
	    &s->operations[OPERATION_VERIFY_SIGNATURE];

	TRY(operation_enter(operation, ONCE));
	return verify(operation, (struct span){ in, in_len },
	    kept_signature(operation));
}

CK_RV
verify_signature_final(struct session *s)
{
	struct operation *operation =
	    &s->operations[OPERATION_VERIFY_SIGNATURE];

	TRY(operation_enter(operation, FINAL));
	return verify_parts(operation, kept_signature(operation));
}
