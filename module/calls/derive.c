/* Derived keys (PKCS#11 5.18.5) and encapsulated ones (5.18.8, 5.18.9). */
#include "module/calls/calls.h"

#include <string.h>

#include "module/calls/keep.h"
#include "module/calls/operate.h"
#include "module/mech/keywork.h"
#include "module/object/keylen.h"
#include "module/object/nested.h"

static void
read_ulong(const struct template *t, CK_ATTRIBUTE_TYPE type, CK_ULONG *out)
{
	const CK_ATTRIBUTE *a = template_find(t->list, t->count, type);

	if (a != NULL && a->ulValueLen == sizeof(*out))
		memcpy(out, a->pValue, sizeof(*out));
}

/* What is to be made, by its template: a secret of no type is a generic one, a
 * public key is its private key's. */
static void
kind_read(const struct template *t, CK_KEY_TYPE base, CK_OBJECT_CLASS *class,
    CK_KEY_TYPE *type, CK_ULONG *len)
{
	*class = CKO_SECRET_KEY;
	read_ulong(t, CKA_CLASS, class);
	*type = *class == CKO_PUBLIC_KEY ? base : CKK_GENERIC_SECRET;
	read_ulong(t, CKA_KEY_TYPE, type);
	*len = *class == CKO_SECRET_KEY ? keylen_of(*type) : 0;
	read_ulong(t, CKA_VALUE_LEN, len);
}

/* Keys that a parameter names: what they forbid is forbidden for what is made
 * of them. */
struct finding {
	struct session *s;
	bool sensitive, unextractable;
	bool always, never; /* all of them were always so */
	CK_KEY_TYPE base;
};

static void
finding_add(struct finding *f, const struct attrs *a)
{
	f->sensitive |= attrs_bool(a, CKA_SENSITIVE, true);
	f->unextractable |= !attrs_bool(a, CKA_EXTRACTABLE, false);
	f->always &= attrs_bool(a, CKA_ALWAYS_SENSITIVE, false);
	f->never &= attrs_bool(a, CKA_NEVER_EXTRACTABLE, false);
}

static CK_RV
finding_find(void *arg, CK_OBJECT_HANDLE handle, struct key **out)
{
	struct finding *f = arg;
	_cleanup_(object_putp) struct object *o = NULL;

	TRY(key_object(f->s, USE_DERIVE, handle, &o));
	if (o->class == CKO_SECRET_KEY &&
	    !attrs_bool(&o->attrs, CKA_DERIVE, false))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	finding_add(f, &o->attrs);
	return object_key_get(o, out);
}

/* Sensitivity that is inherited: said otherwise, it is refused. */
static CK_RV
inherit(const struct finding *f, const struct template *t, struct attrs *add)
{
	const struct {
		bool is;
		CK_ATTRIBUTE_TYPE type;
		CK_BBOOL value;
	} rows[] = {
		{ f->sensitive, CKA_SENSITIVE, CK_TRUE },
		{ f->unextractable, CKA_EXTRACTABLE, CK_FALSE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const CK_ATTRIBUTE *said = template_find(t->list, t->count,
		    rows[i].type);

		if (!rows[i].is)
			continue;
		if (said != NULL && said->ulValueLen == 1 &&
		    *(const CK_BBOOL *)said->pValue != rows[i].value)
			return CKR_TEMPLATE_INCONSISTENT;
		TRY(attrs_set(add, rows[i].type, &rows[i].value, 1));
	}
	return CKR_OK;
}

/* One derived key as an object's attributes. */
static CK_RV
derived_make(const struct mech *mech, const struct finding *f,
    const struct derived_key *key, const struct template *given,
    struct attrs *out)
{
	_cleanup_(joined_wipe) struct joined t = { NULL, 0, ATTRS_INIT };
	_cleanup_(attrs_wipe) struct attrs forced = ATTRS_INIT;
	struct template own = { key->t, key->n };
	const struct template *from = key->t != NULL ? &own : given;
	struct generated what = { .act = ACT_DERIVE, .made = &key->made,
		.mechanism = CK_UNAVAILABLE_INFORMATION,
		.always = f->always, .never = f->never };
	struct maker who = { false, false };
	CK_ULONG len;

	kind_read(from, f->base, &what.class, &what.type, &len);
	if (mech_inherits(mech) && what.class == CKO_SECRET_KEY)
		TRY(inherit(f, from, &forced));
	TRY(nested_join_attrs(&forced, from->list, from->count, &t));
	return object_generated(&who, &what, t.list, t.count, out);
}

static CK_RV
derived_keep(struct session *s, const struct token *token,
    const struct mech *mech, const struct finding *f,
    const struct derived *made, const struct template *t,
    CK_OBJECT_HANDLE *out)
{
	struct attrs all[DERIVED_MAX];
	CK_OBJECT_HANDLE *to[DERIVED_MAX];
	CK_RV rv = CKR_OK;
	size_t n = 0;

	for (; rv == CKR_OK && n < made->count; n++) {
		all[n] = (struct attrs)ATTRS_INIT;
		to[n] = made->keys[n].handle != NULL ? made->keys[n].handle
		                                     : out;
		rv = derived_make(mech, f, &made->keys[n], t, &all[n]);
	}
	if (rv == CKR_OK)
		return keys_keep(s, token, all, to, n);
	while (n-- > 0)
		attrs_wipe(&all[n]);
	return rv;
}

/* The template of what is derived, with what the base key adds to it. */
static CK_RV
template_join(const struct object *base, CK_ATTRIBUTE_TYPE nested,
    const struct template *given, struct joined *out)
{
	TRY(template_check(given->list, given->count));
	return nested_join(attrs_span(&base->attrs, nested), given->list,
	    given->count, out);
}

/* The gate before the work. */
static CK_RV
gate(struct session *s, const struct token *token, const struct template *t,
    const struct derive_args *args)
{
	struct generated what = { .class = args->class, .type = args->type,
		.act = ACT_DERIVE };

	TRY(may_keep_key(s, token, t->list, t->count));
	return object_generate_check(&what, t->list, t->count);
}

CK_RV
derive_key(struct session *s, const CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE base, const struct template *given,
    CK_OBJECT_HANDLE *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(key_ref_put) struct key_ref from = { NULL, NULL, false };
	_cleanup_(joined_wipe) struct joined t = { NULL, 0, ATTRS_INIT };
	_cleanup_(derived_wipe) struct derived made = { .count = 0 };
	struct finding f = { s, false, false, true, true, 0 };
	struct derive_args args = { .keys = { finding_find, &f } };
	CK_OBJECT_HANDLE unused;
	struct template all;
	const struct mech *mech;

	TRY(mech_for(mechanism, CKF_DERIVE, &mech));
	TRY(token_of(s, &token));
	TRY(key_for(s, USE_DERIVE, mech, base, &from));
	if (from.always_authenticates)
		return CKR_USER_NOT_LOGGED_IN;
	TRY(template_join(from.object, CKA_DERIVE_TEMPLATE, given, &t));
	all = (struct template){ t.list, t.count };
	f.base = attrs_ulong(&from.object->attrs, CKA_KEY_TYPE, 0);
	kind_read(&all, f.base, &args.class, &args.type, &args.len);
	TRY(gate(s, &token, &all, &args));
	finding_add(&f, &from.object->attrs);
	TRY(mech_derive(mech, mechanism, from.key, &args, &made));
	/* A mechanism may give its keys elsewhere and none here. */
	if (out == NULL && made.count != 0 && made.keys[0].handle == NULL)
		return CKR_ARGUMENTS_BAD;
	return derived_keep(s, &token, mech, &f, &made, &all,
	    out != NULL ? out : &unused);
}

/* Encapsulation */

/* A shared secret as the template wants it: its first bytes. */
static CK_RV
shared_keep(struct session *s, const struct token *token,
    const struct template *t, struct secret *shared, CK_OBJECT_HANDLE *out)
{
	_cleanup_(key_made_wipe) struct key_made made = { 0 };
	struct generated what = { .act = ACT_UNWRAP, .made = &made,
		.mechanism = CK_UNAVAILABLE_INFORMATION, .extractable = true };
	CK_ULONG len;

	kind_read(t, CKK_GENERIC_SECRET, &what.class, &what.type, &len);
	if (len == 0)
		len = shared->len;
	if (len > shared->len || !keylen_is_right(what.type, len))
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(secret_cut(shared, len));
	made.value = *shared;
	*shared = (struct secret){ NULL, 0 };
	return key_keep(s, token, &what, t, out);
}

CK_RV
encapsulate_key(struct session *s, const CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE public, const struct template *given,
    const struct output *ciphertext, CK_OBJECT_HANDLE *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(key_ref_put) struct key_ref to = { NULL, NULL, false };
	_cleanup_(joined_wipe) struct joined t = { NULL, 0, ATTRS_INIT };
	_cleanup_(secret_wipe) struct secret text = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret shared = { NULL, 0 };
	const struct mech *mech;
	size_t size;

	if (ciphertext->len == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(mech_for(mechanism, CKF_ENCAPSULATE, &mech));
	TRY(token_of(s, &token));
	TRY(key_for(s, USE_ENCAPSULATE, mech, public, &to));
	size = mech_encapsulated_size(mech, to.key);
	if (ciphertext->data == NULL || *ciphertext->len < size) {
		*ciphertext->len = size;
		return ciphertext->data == NULL ? CKR_OK
		                                : CKR_BUFFER_TOO_SMALL;
	}
	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(template_join(to.object, CKA_ENCAPSULATE_TEMPLATE, given, &t));
	TRY(may_keep_key(s, &token, t.list, t.count));
	TRY(mech_encapsulate(mech, mechanism, to.key, &text, &shared));
	TRY(shared_keep(s, &token, &(struct template){ t.list, t.count },
	    &shared, out));
	return bytes_answer((struct span){ text.data, text.len }, ciphertext);
}

CK_RV
decapsulate_key(struct session *s, const CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE private, const struct template *given,
    struct span ciphertext, CK_OBJECT_HANDLE *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(key_ref_put) struct key_ref with = { NULL, NULL, false };
	_cleanup_(joined_wipe) struct joined t = { NULL, 0, ATTRS_INIT };
	_cleanup_(secret_wipe) struct secret shared = { NULL, 0 };
	const struct mech *mech;

	if (out == NULL || ciphertext.data == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(mech_for(mechanism, CKF_DECAPSULATE, &mech));
	TRY(token_of(s, &token));
	TRY(key_for(s, USE_DECAPSULATE, mech, private, &with));
	if (with.always_authenticates)
		return CKR_USER_NOT_LOGGED_IN;
	TRY(template_join(with.object, CKA_DECAPSULATE_TEMPLATE, given, &t));
	TRY(may_keep_key(s, &token, t.list, t.count));
	TRY(use_answer(USE_DECAPSULATE, mech_decapsulate(mech, mechanism,
	    with.key, ciphertext, &shared)));
	return shared_keep(s, &token, &(struct template){ t.list, t.count },
	    &shared, out);
}
