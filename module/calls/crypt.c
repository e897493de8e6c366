/*
 * Operations with keys and digests (PKCS#11 5.8 to 5.15).  What is decided,
 * mechanism, key, permission, is decided once, in the init call; a failed call
 * ends the operation, a question for the length does not.
 */
#include "module/calls/calls.h"

#include <stdlib.h>
#include <string.h>

#include "module/calls/resolve.h"
#include "module/mech/run.h"

/* Which key each kind of operation takes, and what must allow it. */
static const struct use {
	CK_FLAGS flag;
	CK_ATTRIBUTE_TYPE allowed_by;
	CK_OBJECT_CLASS class; /* of an asymmetric key */
} uses[OPERATION_COUNT] = {
	[OPERATION_ENCRYPT] = { CKF_ENCRYPT, CKA_ENCRYPT, CKO_PUBLIC_KEY },
	[OPERATION_DECRYPT] = { CKF_DECRYPT, CKA_DECRYPT, CKO_PRIVATE_KEY },
	[OPERATION_DIGEST] = { CKF_DIGEST, 0, 0 },
	[OPERATION_SIGN] = { CKF_SIGN, CKA_SIGN, CKO_PRIVATE_KEY },
	[OPERATION_VERIFY] = { CKF_VERIFY, CKA_VERIFY, CKO_PUBLIC_KEY },
};

static void
op_end(void *state)
{
	op_free(state);
}

static void
operation_begin(struct operation *operation, struct op *op)
{
	operation->state = op;
	operation->end = op_end;
}

/* CKA_ALLOWED_MECHANISMS, where the key has it (4.9). */
static bool
key_allows(const struct object *o, CK_MECHANISM_TYPE type)
{
	struct span list = attrs_span(&o->attrs, CKA_ALLOWED_MECHANISMS);

	if (list.data == NULL)
		return true;
	for (size_t at = 0; at + sizeof(type) <= list.len;
	     at += sizeof(type))
		if (memcmp((const CK_BYTE *)list.data + at, &type,
			sizeof(type)) == 0)
			return true;
	return false;
}

static CK_RV
key_check(const struct object *o, const struct mech *mech,
    const struct use *use)
{
	if (o->class != use->class && o->class != CKO_SECRET_KEY)
		return o->class == CKO_PUBLIC_KEY ||
		    o->class == CKO_PRIVATE_KEY
		    ? CKR_KEY_FUNCTION_NOT_PERMITTED
		    : CKR_KEY_HANDLE_INVALID;
	if (!mech_takes(mech, o->class, attrs_ulong(&o->attrs, CKA_KEY_TYPE,
	    CK_UNAVAILABLE_INFORMATION)))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (!attrs_bool(&o->attrs, use->allowed_by, false))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	return key_allows(o, mech->type) ? CKR_OK : CKR_MECHANISM_INVALID;
}

/* The object behind a key handle: errors speak of keys. */
static CK_RV
key_object(struct session *s, CK_OBJECT_HANDLE handle, struct object **out,
    bool *has_pin)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	CK_RV rv;

	TRY(token_of(s, &token));
	*has_pin = token_has_pin(&token);
	rv = object_resolve(s, &token, handle, out);
	return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
}

/* An init call without a mechanism ends what is active (5.8 to 5.15). */
static CK_RV
cancel_or_active(struct operation *operation, const CK_MECHANISM *mechanism)
{
	if (mechanism != NULL)
		return CKR_OPERATION_ACTIVE;
	operation_end(operation);
	return CKR_OK;
}

CK_RV
crypt_init(struct session *s, enum operation_kind kind,
    const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE handle)
{
	struct operation *operation = &s->operations[kind];
	_cleanup_(object_putp) struct object *o = NULL;
	_cleanup_(key_putp) struct key *key = NULL;
	const struct mech *mech;
	struct op *op = NULL;
	bool has_pin;

	if (operation->state != NULL)
		return cancel_or_active(operation, mechanism);
	TRY(mech_for(mechanism, uses[kind].flag, &mech));
	TRY(key_object(s, handle, &o, &has_pin));
	TRY(key_check(o, mech, &uses[kind]));
	TRY(object_key_get(o, &key));
	TRY(op_start(mech, uses[kind].flag, mechanism, key, &op));
	operation_begin(operation, op);
	operation->private = o->private;
	operation->locked = has_pin &&
	    attrs_bool(&o->attrs, CKA_ALWAYS_AUTHENTICATE, false);
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

/* In progress, of the wanted form, and not waiting for a login. */
static CK_RV
operation_check(const struct operation *operation, bool single)
{
	if (operation->state == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (operation->locked)
		return CKR_USER_NOT_LOGGED_IN;
	if (single && operation->multipart)
		return CKR_OPERATION_ACTIVE;
	return CKR_OK;
}

static CK_RV
ended(struct operation *operation, CK_RV rv)
{
	operation_end(operation);
	return rv;
}

static bool
bytes_given(const CK_BYTE *in, CK_ULONG len)
{
	return in != NULL || len == 0;
}

/*
 * The length protocol of 5.2: true when the question is answered already, with
 * *rv.  A decryption's length is known only afterwards, so that a buffer which
 * may suffice is tried.
 */
static bool
length_answered(enum operation_kind kind, size_t size, const CK_BYTE *out,
    CK_ULONG *out_len, CK_RV *rv)
{
	CK_ULONG room = *out_len;

	*rv = CKR_OK;
	if (out != NULL && (room >= size || kind == OPERATION_DECRYPT))
		return false;
	*out_len = size;
	if (out != NULL)
		*rv = CKR_BUFFER_TOO_SMALL;
	return true;
}

typedef CK_RV (*step_fn)(struct op *op, const void *in, size_t in_len,
    void *out, size_t *out_len);

static CK_RV
step_final(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	(void)in;
	(void)in_len;
	return op_final(op, out, out_len);
}

/* Runs a step into secret memory, then hands over what fits. */
static CK_RV
step_aside(step_fn step, struct op *op, const CK_BYTE *in, CK_ULONG in_len,
    size_t size, CK_BYTE *out, CK_ULONG *out_len)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	CK_ULONG room = *out_len;
	size_t len = size;

	TRY(secret_new(size, &made));
	TRY(step(op, in, in_len, made.data, &len));
	*out_len = len;
	if (len > room)
		return CKR_BUFFER_TOO_SMALL;
	if (len != 0)
		memcpy(out, made.data, len);
	return CKR_OK;
}

static CK_RV
step_run(step_fn step, struct op *op, const CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len)
{
	size_t size = op_size(op, in_len), len = *out_len;

	if (len < size)
		return step_aside(step, op, in, in_len, size, out, out_len);
	TRY(step(op, in, in_len, out, &len));
	*out_len = len;
	return CKR_OK;
}

CK_RV
crypt_once(struct session *s, enum operation_kind kind, const CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct operation *operation = &s->operations[kind];
	CK_RV rv = operation_check(operation, true);

	if (rv == CKR_OPERATION_NOT_INITIALIZED || rv == CKR_USER_NOT_LOGGED_IN)
		return rv;
	if (rv == CKR_OK && (out_len == NULL || !bytes_given(in, in_len)))
		rv = CKR_ARGUMENTS_BAD;
	if (rv != CKR_OK)
		return ended(operation, rv);
	if (length_answered(kind, op_size(operation->state, in_len), out,
	    out_len, &rv))
		return rv;
	rv = step_run(op_once, operation->state, in, in_len, out, out_len);
	/* A decryption whose buffer was too short may be asked again (5.2). */
	return rv == CKR_BUFFER_TOO_SMALL ? rv : ended(operation, rv);
}

CK_RV
crypt_update(struct session *s, enum operation_kind kind, const CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct operation *operation = &s->operations[kind];
	CK_RV rv;

	TRY(operation_check(operation, false));
	if (out_len == NULL || !bytes_given(in, in_len))
		return ended(operation, CKR_ARGUMENTS_BAD);
	if (!op_is_multipart(operation->state))
		return ended(operation, CKR_FUNCTION_NOT_SUPPORTED);
	if (length_answered(kind, op_size(operation->state, in_len), out,
	    out_len, &rv))
		return rv;
	operation->multipart = true;
	rv = step_run(op_update, operation->state, in, in_len, out, out_len);
	return rv == CKR_OK ? rv : ended(operation, rv);
}

CK_RV
crypt_final(struct session *s, enum operation_kind kind, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct operation *operation = &s->operations[kind];
	CK_RV rv;

	TRY(operation_check(operation, false));
	if (out_len == NULL)
		return ended(operation, CKR_ARGUMENTS_BAD);
	if (!op_is_multipart(operation->state))
		return ended(operation, CKR_FUNCTION_NOT_SUPPORTED);
	if (length_answered(kind, op_size(operation->state, 0), out, out_len,
	    &rv))
		return rv;
	return ended(operation, step_run(step_final, operation->state, NULL,
	    0, out, out_len));
}

CK_RV
crypt_absorb(struct session *s, enum operation_kind kind, const CK_BYTE *in,
    CK_ULONG in_len)
{
	struct operation *operation = &s->operations[kind];
	size_t none = 0;
	CK_RV rv;

	TRY(operation_check(operation, false));
	if (!bytes_given(in, in_len))
		return ended(operation, CKR_ARGUMENTS_BAD);
	if (!op_is_multipart(operation->state))
		return ended(operation, CKR_FUNCTION_NOT_SUPPORTED);
	operation->multipart = true;
	rv = op_update(operation->state, in, in_len, NULL, &none);
	return rv == CKR_OK ? rv : ended(operation, rv);
}

/* The value of a secret key that may be read goes into the digest (5.12.5). */
CK_RV
digest_key(struct session *s, CK_OBJECT_HANDLE handle)
{
	_cleanup_(object_putp) struct object *o = NULL;
	struct span value;
	bool has_pin;

	TRY(operation_check(&s->operations[OPERATION_DIGEST], false));
	TRY(key_object(s, handle, &o, &has_pin));
	value = attrs_span(&o->attrs, CKA_VALUE);
	if (o->class != CKO_SECRET_KEY || value.data == NULL ||
	    attrs_bool(&o->attrs, CKA_SENSITIVE, true) ||
	    !attrs_bool(&o->attrs, CKA_EXTRACTABLE, false))
		return CKR_KEY_INDIGESTIBLE;
	return crypt_absorb(s, OPERATION_DIGEST, value.data, value.len);
}

CK_RV
verify_once(struct session *s, const CK_BYTE *in, CK_ULONG in_len,
    const CK_BYTE *signature, CK_ULONG len)
{
	struct operation *operation = &s->operations[OPERATION_VERIFY];
	CK_RV rv = operation_check(operation, true);

	if (rv == CKR_OPERATION_NOT_INITIALIZED || rv == CKR_USER_NOT_LOGGED_IN)
		return rv;
	if (rv == CKR_OK && (signature == NULL || !bytes_given(in, in_len)))
		rv = CKR_ARGUMENTS_BAD;
	if (rv == CKR_OK)
		rv = op_verify_once(operation->state, in, in_len, signature,
		    len);
	return ended(operation, rv);
}

CK_RV
verify_final(struct session *s, const CK_BYTE *signature, CK_ULONG len)
{
	struct operation *operation = &s->operations[OPERATION_VERIFY];
	CK_RV rv;

	TRY(operation_check(operation, false));
	if (signature == NULL)
		rv = CKR_ARGUMENTS_BAD;
	else if (!op_is_multipart(operation->state))
		rv = CKR_FUNCTION_NOT_SUPPORTED;
	else
		rv = op_verify_final(operation->state, signature, len);
	return ended(operation, rv);
}
