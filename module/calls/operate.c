/* Keys in use, states of operations, lengths of results. */
#include "module/calls/operate.h"

#include <string.h>

#define PUBLIC CKO_PUBLIC_KEY
#define PRIVATE CKO_PRIVATE_KEY
#define KEY_CODES CKR_KEY_HANDLE_INVALID, CKR_KEY_TYPE_INCONSISTENT, \
    CKR_KEY_SIZE_RANGE
#define UNWRAPPING_KEY_CODES CKR_UNWRAPPING_KEY_HANDLE_INVALID, \
    CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, CKR_UNWRAPPING_KEY_SIZE_RANGE

const struct use uses[USE_COUNT] = {
	[OPERATION_ENCRYPT] =
	    { CKF_ENCRYPT, CKA_ENCRYPT, PUBLIC, KEY_CODES },
	[OPERATION_DECRYPT] =
	    { CKF_DECRYPT, CKA_DECRYPT, PRIVATE, KEY_CODES },
	[OPERATION_DIGEST] = { CKF_DIGEST, 0, 0, KEY_CODES },
	[OPERATION_SIGN] = { CKF_SIGN, CKA_SIGN, PRIVATE, KEY_CODES },
	[OPERATION_VERIFY] = { CKF_VERIFY, CKA_VERIFY, PUBLIC, KEY_CODES },
	[OPERATION_SIGN_RECOVER] =
	    { CKF_SIGN_RECOVER, CKA_SIGN_RECOVER, PRIVATE, KEY_CODES },
	[OPERATION_VERIFY_RECOVER] =
	    { CKF_VERIFY_RECOVER, CKA_VERIFY_RECOVER, PUBLIC, KEY_CODES },
	[OPERATION_VERIFY_SIGNATURE] =
	    { CKF_VERIFY, CKA_VERIFY, PUBLIC, KEY_CODES },
	[OPERATION_MESSAGE_ENCRYPT] =
	    { CKF_MESSAGE_ENCRYPT, CKA_ENCRYPT, PUBLIC, KEY_CODES },
	[OPERATION_MESSAGE_DECRYPT] =
	    { CKF_MESSAGE_DECRYPT, CKA_DECRYPT, PRIVATE, KEY_CODES },
	[OPERATION_MESSAGE_SIGN] =
	    { CKF_MESSAGE_SIGN, CKA_SIGN, PRIVATE, KEY_CODES },
	[OPERATION_MESSAGE_VERIFY] =
	    { CKF_MESSAGE_VERIFY, CKA_VERIFY, PUBLIC, KEY_CODES },
	[USE_WRAP] = { CKF_WRAP, CKA_WRAP, PUBLIC,
	    CKR_WRAPPING_KEY_HANDLE_INVALID,
	    CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
	    CKR_WRAPPING_KEY_SIZE_RANGE },
	[USE_UNWRAP] =
	    { CKF_UNWRAP, CKA_UNWRAP, PRIVATE, UNWRAPPING_KEY_CODES },
	[USE_DERIVE] = { CKF_DERIVE, CKA_DERIVE, PRIVATE, KEY_CODES },
	[USE_ENCAPSULATE] =
	    { CKF_ENCAPSULATE, CKA_ENCAPSULATE, PUBLIC, KEY_CODES },
	[USE_DECAPSULATE] = { CKF_DECAPSULATE, CKA_DECAPSULATE, PRIVATE,
	    UNWRAPPING_KEY_CODES },
};

bool
key_allows(const struct object *o, CK_MECHANISM_TYPE type)
{
	struct span list;

	if (!o->limited)
		return true;
	list = attrs_span(&o->attrs, CKA_ALLOWED_MECHANISMS);
	for (size_t at = 0; at + sizeof(type) <= list.len;
	     at += sizeof(type))
		if (memcmp((const CK_BYTE *)list.data + at, &type,
			sizeof(type)) == 0)
			return true;
	return false;
}

static bool
is_key(const struct object *o)
{
	return o->class == CKO_PUBLIC_KEY || o->class == CKO_PRIVATE_KEY ||
	    o->class == CKO_SECRET_KEY;
}

static CK_RV
key_check(const struct object *o, const struct mech *mech,
    const struct use *use)
{
	if (o->class != use->class && o->class != CKO_SECRET_KEY)
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (!mech_takes(mech, o->class, o->key_type))
		return use->bad_type;
	if (!object_allows(o, use->allowed_by))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	return key_allows(o, mech->type) ? CKR_OK : CKR_MECHANISM_INVALID;
}

static CK_RV
key_resolve(struct session *s, unsigned use, CK_OBJECT_HANDLE handle,
    struct object **out, bool *has_pin)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(object_putp) struct object *o = NULL;
	CK_RV rv;

	TRY(token_of(s, &token));
	*has_pin = token_has_pin(&token);
	rv = object_resolve(s, &token, handle, &o);
	if (rv == CKR_OBJECT_HANDLE_INVALID || (rv == CKR_OK && !is_key(o)))
		return uses[use].bad_handle;
	TRY(rv);
	*out = TAKE(o);
	return CKR_OK;
}

CK_RV
key_object(struct session *s, unsigned use, CK_OBJECT_HANDLE handle,
    struct object **out)
{
	bool has_pin;

	return key_resolve(s, use, handle, out, &has_pin);
}

void
key_ref_put(struct key_ref *ref)
{
	if (ref->key != NULL)
		key_put(ref->key);
	if (ref->object != NULL)
		object_put(ref->object);
	*ref = (struct key_ref){ NULL, NULL, false };
}

CK_RV
key_for(struct session *s, unsigned use, const struct mech *mech,
    CK_OBJECT_HANDLE handle, struct key_ref *out)
{
	_cleanup_(key_ref_put) struct key_ref ref = { NULL, NULL, false };
	bool has_pin;

	TRY(key_resolve(s, use, handle, &ref.object, &has_pin));
	TRY(key_check(ref.object, mech, &uses[use]));
	TRY(object_key_get(ref.object, &ref.key));
	ref.always_authenticates = has_pin && ref.object->always_authenticates;
	*out = ref;
	ref = (struct key_ref){ NULL, NULL, false };
	return CKR_OK;
}

CK_RV
use_answer(unsigned use, CK_RV rv)
{
	if (rv == CKR_KEY_SIZE_RANGE)
		return uses[use].bad_size;
	return rv == CKR_KEY_TYPE_INCONSISTENT ? uses[use].bad_type : rv;
}

/* States */

/* A result that waits for a larger buffer is asked for by the call that made
 * it, once or final. */
CK_RV
operation_check(const struct operation *operation, enum form form)
{
	const bool wrong[] = {
		[ONCE] = operation->multipart,
		[UPDATE] = operation->has_made,
		[FINAL] = operation->has_made && !operation->multipart,
	};

	if (operation->state == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (operation->locked)
		return CKR_USER_NOT_LOGGED_IN;
	return wrong[form] ? CKR_OPERATION_ACTIVE : CKR_OK;
}

CK_RV
operation_enter(struct operation *operation, enum form form)
{
	CK_RV rv = operation_check(operation, form);

	return rv == CKR_OPERATION_ACTIVE ? operation_ended(operation, rv)
	                                  : rv;
}

CK_RV
operation_ended(struct operation *operation, CK_RV rv)
{
	operation_end(operation);
	return rv;
}

CK_RV
operation_answered(struct operation *operation, CK_RV rv)
{
	return rv == CKR_BUFFER_TOO_SMALL ? rv
	                                  : operation_ended(operation, rv);
}

CK_RV
cancel_or_active(struct operation *operation, const CK_MECHANISM *mechanism)
{
	if (mechanism != NULL)
		return CKR_OPERATION_ACTIVE;
	operation_end(operation);
	return CKR_OK;
}

static void
op_end(void *state)
{
	op_free(state);
}

void
operation_begin(struct operation *operation, struct op *op)
{
	operation->state = op;
	operation->end = op_end;
}

/* Lengths */

bool
bytes_given(const void *in, CK_ULONG len)
{
	return in != NULL || len == 0;
}

CK_RV
bytes_answer(struct span made, const struct output *out)
{
	CK_ULONG room = *out->len;

	*out->len = made.len;
	if (out->data == NULL)
		return CKR_OK;
	if (room < made.len)
		return CKR_BUFFER_TOO_SMALL;
	if (made.len != 0)
		memcpy(out->data, made.data, made.len);
	return CKR_OK;
}

static CK_RV
made_answer(struct operation *operation, const struct output *out)
{
	return bytes_answer((struct span){ operation->made.data,
	    operation->made.len }, out);
}

/* Runs a step into secret memory, and hands over what fits. */
static CK_RV
step_aside(struct operation *operation, step_fn step, struct span in,
    size_t size, const struct output *out)
{
	_cleanup_(secret_wipe) struct secret room = { NULL, 0 };
	size_t len = size;

	TRY(secret_new(size, &room));
	TRY(step(operation->state, in.data, in.len, room.data, &len));
	TRY(secret_dup(room.data, len, &operation->made));
	operation->has_made = true;
	return made_answer(operation, out);
}

CK_RV
step_answer(struct operation *operation, step_fn step, struct span in,
    size_t size, bool exact, const struct output *out)
{
	size_t len = *out->len;

	if (operation->has_made)
		return made_answer(operation, out);
	if (out->data == NULL || (exact && len < size)) {
		*out->len = size;
		return out->data == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	}
	if (len < size)
		return step_aside(operation, step, in, size, out);
	TRY(step(operation->state, in.data, in.len, out->data, &len));
	*out->len = len;
	return CKR_OK;
}
