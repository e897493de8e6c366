/* Keys that leave and enter wrapped (PKCS#11 5.18.3, 5.18.4, 5.18.6, 5.18.7).
 */
#include "module/calls/calls.h"

#include <string.h>

#include "module/calls/keep.h"
#include "module/calls/operate.h"
#include "module/crypto/pkcs8.h"
#include "module/mech/keywork.h"
#include "module/object/keylen.h"
#include "module/object/nested.h"

/* May the key go out under this one? */
static CK_RV
may_wrap(const struct object *wrapping, const struct object *o)
{
	bool fits;

	if (o->class != CKO_SECRET_KEY && o->class != CKO_PRIVATE_KEY)
		return CKR_KEY_NOT_WRAPPABLE;
	if (!attrs_bool(&o->attrs, CKA_EXTRACTABLE, false))
		return CKR_KEY_UNEXTRACTABLE;
	if (attrs_bool(&o->attrs, CKA_WRAP_WITH_TRUSTED, false) &&
	    !attrs_bool(&wrapping->attrs, CKA_TRUSTED, false))
		return CKR_KEY_NOT_WRAPPABLE;
	TRY(nested_match(attrs_span(&wrapping->attrs, CKA_WRAP_TEMPLATE),
	    &o->attrs, &fits));
	return fits ? CKR_OK : CKR_KEY_HANDLE_INVALID;
}

/* What is wrapped of a key: its value, or its PrivateKeyInfo. */
static CK_RV
key_bytes(struct object *o, struct secret *out)
{
	_cleanup_(key_putp) struct key *key = NULL;
	struct span value = attrs_span(&o->attrs, CKA_VALUE);

	if (o->class == CKO_SECRET_KEY)
		return secret_dup(value.data, value.len, out);
	TRY(object_key_get(o, &key));
	return pkcs8_write(key, out);
}

CK_RV
wrap_key(struct session *s, const CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, const struct span *aad,
    const struct output *out)
{
	_cleanup_(key_ref_put) struct key_ref with = { NULL, NULL, false };
	_cleanup_(object_putp) struct object *o = NULL;
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret wrapped = { NULL, 0 };
	const struct mech *mech;
	struct span bytes;

	if (out->len == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(mech_for(mechanism, CKF_WRAP, &mech));
	TRY(key_for(s, USE_WRAP, mech, wrapping, &with));
	TRY(key_object(s, OPERATION_ENCRYPT, key, &o));
	TRY(may_wrap(with.object, o));
	TRY(key_bytes(o, &plain));
	bytes = (struct span){ plain.data, plain.len };
	TRY(use_answer(USE_WRAP, aad == NULL
	    ? mech_wrap(mech, mechanism, with.key, bytes, &wrapped)
	    : mech_wrap_authenticated(mech, mechanism, with.key, *aad, bytes,
		&wrapped)));
	return bytes_answer((struct span){ wrapped.data, wrapped.len }, out);
}

/* The new key's kind, from its template. */
static CK_RV
kind_read(const struct joined *t, struct generated *what)
{
	const CK_ATTRIBUTE *class = template_find(t->list, t->count,
	    CKA_CLASS);
	const CK_ATTRIBUTE *type = template_find(t->list, t->count,
	    CKA_KEY_TYPE);

	what->class = CKO_SECRET_KEY;
	if (type == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	if (type->ulValueLen != sizeof(what->type) ||
	    (class != NULL && class->ulValueLen != sizeof(what->class)))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	memcpy(&what->type, type->pValue, sizeof(what->type));
	if (class != NULL)
		memcpy(&what->class, class->pValue, sizeof(what->class));
	return what->class == CKO_SECRET_KEY || what->class == CKO_PRIVATE_KEY
	    ? CKR_OK
	    : CKR_TEMPLATE_INCONSISTENT;
}

/* As long as its template or its type says; 0: neither does. */
static CK_ULONG
value_len(const struct joined *t, CK_KEY_TYPE type)
{
	const CK_ATTRIBUTE *said = template_find(t->list, t->count,
	    CKA_VALUE_LEN);
	CK_ULONG len = keylen_of(type);

	if (said != NULL && said->ulValueLen == sizeof(len))
		memcpy(&len, said->pValue, sizeof(len));
	return len;
}

/* The end of what a mechanism without a padding gives back. */
static CK_RV
front_cut(CK_ULONG len, struct secret *value)
{
	if (len == 0 || len >= value->len)
		return CKR_OK;
	memmove(value->data, value->data + value->len - len, len);
	return secret_cut(value, len);
}

/* What a block cipher has filled up with zeros is cut off, nothing else. */
static CK_RV
value_cut(CK_ULONG len, struct secret *value)
{
	uint8_t rest = 0;

	if (len == 0 || len == value->len)
		return CKR_OK;
	if (len > value->len || value->len - len >= 16)
		return CKR_WRAPPED_KEY_LEN_RANGE;
	for (size_t i = len; i < value->len; i++)
		rest |= value->data[i];
	return rest == 0 ? secret_cut(value, len) : CKR_WRAPPED_KEY_LEN_RANGE;
}

/* The parts of the new key out of the unwrapped bytes. */
static CK_RV
parts_read(const struct mech *mech, const struct joined *t,
    const struct generated *what, struct secret *plain, struct key_made *out)
{
	CK_ULONG len = value_len(t, what->type);
	CK_KEY_TYPE type;

	if (what->class == CKO_SECRET_KEY) {
		if (mech_fills_front(mech))
			TRY(front_cut(len, plain));
		TRY(value_cut(len, plain));
		if (!keylen_is_right(what->type, plain->len))
			return CKR_WRAPPED_KEY_LEN_RANGE;
		out->value = *plain;
		*plain = (struct secret){ NULL, 0 };
		return CKR_OK;
	}
	TRY(pkcs8_read((struct span){ plain->data, plain->len }, &type, out));
	return type == what->type ? CKR_OK : CKR_WRAPPED_KEY_INVALID;
}

static CK_RV
unwrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span wrapped, const struct span *aad,
    struct secret *out)
{
	return use_answer(USE_UNWRAP, aad == NULL
	    ? mech_unwrap(mech, mechanism, key, wrapped, out)
	    : mech_unwrap_authenticated(mech, mechanism, key, *aad, wrapped,
		out));
}

CK_RV
unwrap_key(struct session *s, const CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE unwrapping, struct span wrapped, const struct span *aad,
    const struct template *given, CK_OBJECT_HANDLE *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(key_ref_put) struct key_ref with = { NULL, NULL, false };
	_cleanup_(joined_wipe) struct joined t = { NULL, 0, ATTRS_INIT };
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	_cleanup_(key_made_wipe) struct key_made made = { 0 };
	struct generated what = { .act = ACT_UNWRAP, .made = &made,
		.mechanism = CK_UNAVAILABLE_INFORMATION, .extractable = true };
	const struct mech *mech;

	if (out == NULL || wrapped.data == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(template_check(given->list, given->count));
	TRY(mech_for(mechanism, CKF_UNWRAP, &mech));
	TRY(token_of(s, &token));
	TRY(key_for(s, USE_UNWRAP, mech, unwrapping, &with));
	if (with.always_authenticates)
		return CKR_USER_NOT_LOGGED_IN;
	TRY(nested_join(attrs_span(&with.object->attrs, CKA_UNWRAP_TEMPLATE),
	    given->list, given->count, &t));
	TRY(may_keep_key(s, &token, t.list, t.count));
	TRY(kind_read(&t, &what));
	TRY(object_generate_check(&what, t.list, t.count));
	TRY(unwrap(mech, mechanism, with.key, wrapped, aad, &plain));
	TRY(parts_read(mech, &t, &what, &plain, &made));
	return key_keep(s, &token, &what, &(struct template){ t.list,
	    t.count }, out);
}
