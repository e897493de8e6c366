/*
 * Operations with keys and digests (PKCS#11 5.8 to 5.17).  What is decided,
 * mechanism, key, permission, is decided once, in the init call; a failed call
 * ends the operation, a question for the length does not.
 */
#include "module/calls/calls.h"

#include "module/calls/operate.h"

CK_RV
crypt_init(struct session *s, enum operation_kind kind,
    const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE handle)
{
	struct operation *operation = &s->operations[kind];
	_cleanup_(key_ref_put) struct key_ref ref = { NULL, NULL, false };
	const struct mech *mech;
	struct op *op = NULL;

	if (operation->state != NULL)
		return cancel_or_active(operation, mechanism);
	TRY(mech_for(mechanism, uses[kind].flag, &mech));
	TRY(key_for(s, kind, mech, handle, &ref));
	TRY(op_start(mech, uses[kind].flag, mechanism, ref.key, &op));
	operation_begin(operation, op);
	operation->private = ref.object->private;
	operation->locked = ref.always_authenticates;
	return CKR_OK;
}

CK_RV
digest_init(struct session *s, const CK_MECHANISM *mechanism)
{
	const struct mech *mech;
	struct op *op = NULL;

	if (s->operations[OPERATION_DIGEST].state != NULL)
		return cancel_or_active(&s->operations[OPERATION_DIGEST],
		    mechanism);
	TRY(mech_for(mechanism, CKF_DIGEST, &mech));
	TRY(op_start(mech, CKF_DIGEST, mechanism, NULL, &op));
	operation_begin(&s->operations[OPERATION_DIGEST], op);
	return CKR_OK;
}

/* What is plain is as long as it turns out to be. */
static bool
is_exact(enum operation_kind kind)
{
	return kind != OPERATION_DECRYPT && kind != OPERATION_VERIFY_RECOVER;
}

static CK_RV
step_final(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	(void)in;
	(void)in_len;
	return op_final(op, out, out_len);
}

/* An answered question for the length ends nothing. */
static CK_RV
answered(struct operation *operation, const struct output *out, CK_RV rv)
{
	return rv == CKR_OK && out->data == NULL
	    ? rv
	    : operation_answered(operation, rv);
}

CK_RV
crypt_once(struct session *s, enum operation_kind kind, const CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct operation *operation = &s->operations[kind];
	struct output to = { out, out_len };
	CK_RV rv;

	TRY(operation_enter(operation, ONCE));
	if (out_len == NULL || !bytes_given(in, in_len))
		return operation_ended(operation, CKR_ARGUMENTS_BAD);
	rv = step_answer(operation, op_once, (struct span){ in, in_len },
	    op_size(operation->state, in_len), is_exact(kind), &to);
	return answered(operation, &to, rv);
}

/* The beginning of an update or a final call. */
static CK_RV
part_enter(struct operation *operation, enum form form, bool given)
{
	TRY(operation_enter(operation, form));
	if (!given)
		return operation_ended(operation, CKR_ARGUMENTS_BAD);
	if (!op_is_multipart(operation->state))
		return operation_ended(operation, CKR_FUNCTION_NOT_SUPPORTED);
	return CKR_OK;
}

CK_RV
crypt_update(struct session *s, enum operation_kind kind, const CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct operation *operation = &s->operations[kind];
	struct output to = { out, out_len };
	CK_RV rv;

	TRY(part_enter(operation, UPDATE, out_len != NULL &&
	    bytes_given(in, in_len)));
	rv = step_answer(operation, op_update, (struct span){ in, in_len },
	    op_update_size(operation->state, in_len), true, &to);
	if (rv == CKR_OK && out != NULL)
		operation->multipart = true;
	return rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL
	    ? rv
	    : operation_ended(operation, rv);
}

CK_RV
crypt_final(struct session *s, enum operation_kind kind, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct operation *operation = &s->operations[kind];
	struct output to = { out, out_len };
	CK_RV rv;

	TRY(part_enter(operation, FINAL, out_len != NULL));
	operation->multipart = true;
	rv = step_answer(operation, step_final, (struct span){ NULL, 0 },
	    op_size(operation->state, 0), is_exact(kind), &to);
	return answered(operation, &to, rv);
}

CK_RV
crypt_absorb(struct session *s, enum operation_kind kind, const CK_BYTE *in,
    CK_ULONG in_len)
{
	struct operation *operation = &s->operations[kind];
	size_t none = 0;
	CK_RV rv;

	TRY(part_enter(operation, UPDATE, bytes_given(in, in_len)));
	operation->multipart = true;
	rv = op_update(operation->state, in, in_len, NULL, &none);
	return rv == CKR_OK ? rv : operation_ended(operation, rv);
}

/* The value of a secret key that may be read goes into the digest (5.12.5). */
CK_RV
digest_key(struct session *s, CK_OBJECT_HANDLE handle)
{
	_cleanup_(object_putp) struct object *o = NULL;
	struct span value;

	TRY(operation_enter(&s->operations[OPERATION_DIGEST], UPDATE));
	TRY(key_object(s, OPERATION_DIGEST, handle, &o));
	value = attrs_span(&o->attrs, CKA_VALUE);
	if (o->class != CKO_SECRET_KEY || value.data == NULL ||
	    attrs_bool(&o->attrs, CKA_SENSITIVE, true) ||
	    !attrs_bool(&o->attrs, CKA_EXTRACTABLE, false))
		return CKR_KEY_INDIGESTIBLE;
	return crypt_absorb(s, OPERATION_DIGEST, value.data, value.len);
}
