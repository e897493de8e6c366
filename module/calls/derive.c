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

/* What is to be made, by its template, of a class unless it says another: a
 * secret of no type is a generic one, a public key is its private key's. */
static void
kind_read(const struct template *t, CK_OBJECT_CLASS unsaid, CK_KEY_TYPE base,
    CK_OBJECT_CLASS *class, CK_KEY_TYPE *type, CK_ULONG *len)
{
	*class = unsaid;
	read_ulong(t, CKA_CLASS, class);
	*type = *class == CKO_PUBLIC_KEY ? base : CKK_GENERIC_SECRET;
	read_ulong(t, CKA_KEY_TYPE, type);
	*len = *class == CKO_SECRET_KEY ? keylen_of(*type) : 0;
	read_ulong(t, CKA_VALUE_LEN, len);
}

static CK_OBJECT_CLASS
class_unsaid(const struct mech *mech)
{
	return mech_makes_data(mech) ? CKO_DATA : CKO_SECRET_KEY;
}

/* Keys that a parameter names: what they forbid is forbidden for what is made
 * of them. */
struct finding {
	struct session *s;
	const struct token *token;
	const struct mech *mech;
	const struct object *from; /* the base key */
	CK_KEY_TYPE base;
	bool sensitive, unextractable;
	bool always, never; /* all of them were always so */
	bool some_always, some_never; /* one of them was */
};

static void
finding_add(struct finding *f, const struct attrs *a)
{
	f->sensitive |= attrs_bool(a, CKA_SENSITIVE, true);
	f->unextractable |= !attrs_bool(a, CKA_EXTRACTABLE, false);
	f->always &= attrs_bool(a, CKA_ALWAYS_SENSITIVE, false);
	f->never &= attrs_bool(a, CKA_NEVER_EXTRACTABLE, false);
	f->some_always |= attrs_bool(a, CKA_ALWAYS_SENSITIVE, false);
	f->some_never |= attrs_bool(a, CKA_NEVER_EXTRACTABLE, false);
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
	if (!key_allows(o, f->mech->type))
		return CKR_MECHANISM_INVALID;
	finding_add(f, &o->attrs);
	return object_key_get(o, out);
}

/* The gate before the work. */
static CK_RV
gate(struct session *s, const struct token *token, const struct template *t,
    const struct derive_args *args)
{
	struct generated what = { .class = args->class, .type = args->type,
		.act = ACT_DERIVE };

	TRY(may_keep_key(s, token, t->list, t->count));
	TRY(object_generate_check(&what, t->list, t->count));
	if (args->class == CKO_SECRET_KEY && args->len != 0 &&
	    !keylen_is_right(args->type, args->len))
		return CKR_TEMPLATE_INCONSISTENT;
	return CKR_OK;
}

/* A template with what the base key adds to it. */
static CK_RV
template_join(const struct object *base, CK_ATTRIBUTE_TYPE nested,
    const struct template *given, struct joined *out)
{
	TRY(template_check(given->list, given->count));
	return nested_join(attrs_span(&base->attrs, nested), given->list,
	    given->count, out);
}

/* The template of one more key passes the same gate. */
static CK_RV
finding_look(void *arg, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct derive_args *out)
{
	const struct finding *f = arg;
	_cleanup_(joined_wipe) struct joined j = { NULL, 0, ATTRS_INIT };
	struct template given = { t, n }, all;

	TRY(template_join(f->from, CKA_DERIVE_TEMPLATE, &given, &j));
	all = (struct template){ j.list, j.count };
	kind_read(&all, CKO_SECRET_KEY, f->base, &out->class, &out->type,
	    &out->len);
	return gate(f->s, f->token, &all, out);
}

static CK_RV
unsaid_set(const struct template *t, CK_ATTRIBUTE_TYPE type,
    const void *value, size_t len, struct attrs *add)
{
	if (template_find(t->list, t->count, type) != NULL)
		return CKR_OK;
	return attrs_set(add, type, value, len);
}

/* Sensitivity that is inherited: what limits the key, or any of it. */
static CK_RV
inherit(const struct finding *f, enum inheritance how,
    const struct template *t, struct attrs *add)
{
	const struct {
		CK_ATTRIBUTE_TYPE type;
		CK_BBOOL value;
		bool limits;
	} rows[] = {
		{ CKA_SENSITIVE, f->sensitive, f->sensitive },
		{ CKA_EXTRACTABLE, !f->unextractable, f->unextractable },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (how == INHERITS_VALUES ||
		    ((how & INHERITS_LIMITS) != 0 && rows[i].limits))
			TRY(attrs_set(add, rows[i].type, &rows[i].value, 1));
		else if ((how & INHERITS_UNSAID) != 0)
			TRY(unsaid_set(t, rows[i].type, &rows[i].value, 1,
			    add));
	return CKR_OK;
}

/* What is said by others than the template; where it contradicts for good, the
 * join refuses it. */
static CK_RV
additions(const struct finding *f, const struct derived_key *key,
    const struct template *t, CK_OBJECT_CLASS class, struct attrs *add)
{
	if (class == CKO_SECRET_KEY)
		TRY(inherit(f, mech_inherits(f->mech), t, add));
	for (CK_ULONG i = 0; i < key->says_n; i++)
		TRY(attrs_set(add, key->says[i].type, key->says[i].pValue,
		    key->says[i].ulValueLen));
	for (CK_ULONG i = 0; i < key->unsaid_n; i++)
		TRY(unsaid_set(t, key->unsaid[i].type, key->unsaid[i].pValue,
		    key->unsaid[i].ulValueLen, add));
	return CKR_OK;
}

/* One derived key as an object's attributes.  Where one old secret among others
 * is enough (6.42), the new key is as old as that. */
static CK_RV
derived_make(const struct finding *f, const struct derived_key *key,
    const struct template *given, struct attrs *out)
{
	_cleanup_(joined_wipe) struct joined own = { NULL, 0, ATTRS_INIT };
	_cleanup_(joined_wipe) struct joined t = { NULL, 0, ATTRS_INIT };
	_cleanup_(attrs_wipe) struct attrs add = ATTRS_INIT;
	bool some = mech_inherits(f->mech) == INHERITS_UNSAID;
	struct template from = *given;
	struct generated what = { .act = ACT_DERIVE, .made = &key->made,
		.mechanism = CK_UNAVAILABLE_INFORMATION,
		.always = some ? f->some_always : f->always,
		.never = some ? f->some_never : f->never };
	struct maker who = { false, false };
	CK_ULONG len;

	if (key->t != NULL) {
		from = (struct template){ key->t, key->n };
		TRY(template_join(f->from, CKA_DERIVE_TEMPLATE, &from, &own));
		from = (struct template){ own.list, own.count };
	}
	kind_read(&from, class_unsaid(f->mech), f->base, &what.class,
	    &what.type, &len);
	TRY(additions(f, key, &from, what.class, &add));
	TRY(nested_join_attrs(&add, from.list, from.count, &t));
	return object_generated(&who, &what, t.list, t.count, out);
}

static CK_RV
derived_keep(const struct finding *f, const struct derived *made,
    const struct template *t, CK_OBJECT_HANDLE *out)
{
	struct attrs all[DERIVED_MAX];
	CK_OBJECT_HANDLE *to[DERIVED_MAX];
	CK_RV rv = CKR_OK;
	size_t n = 0;

	for (; rv == CKR_OK && n < made->count; n++) {
		all[n] = (struct attrs)ATTRS_INIT;
		to[n] = made->keys[n].handle != NULL ? made->keys[n].handle
		                                     : out;
		rv = derived_make(f, &made->keys[n], t, &all[n]);
		if (rv != CKR_OK)
			*to[n] = CK_INVALID_HANDLE;
	}
	if (rv == CKR_OK)
		return keys_keep(f->s, f->token, all, to, n);
	while (n-- > 0)
		attrs_wipe(&all[n]);
	return rv;
}

/* A length is asked for by a template of data, too, but is none of its
 * attributes. */
static void
length_drop(struct joined *t)
{
	CK_ULONG kept = 0;

	for (CK_ULONG i = 0; i < t->count; i++)
		if (t->list[i].type != CKA_VALUE_LEN)
			t->list[kept++] = t->list[i];
	t->count = kept;
}

/* The value of a data object as a key, for who may see it. */
static CK_RV
data_for(struct session *s, const struct token *token,
    CK_OBJECT_HANDLE handle, struct key_ref *out)
{
	_cleanup_(key_ref_put) struct key_ref ref = { NULL, NULL, false };
	struct key_parts parts = { .class = CKO_SECRET_KEY,
		.type = CKK_GENERIC_SECRET };

	TRY(object_resolve(s, token, handle, &ref.object));
	if (ref.object->class != CKO_DATA)
		return CKR_KEY_HANDLE_INVALID;
	parts.value = attrs_span(&ref.object->attrs, CKA_VALUE);
	TRY(key_new(&parts, &ref.key));
	*out = ref;
	ref = (struct key_ref){ NULL, NULL, false };
	return CKR_OK;
}

static CK_RV
base_for(struct session *s, const struct token *token,
    const struct mech *mech, CK_OBJECT_HANDLE handle, struct key_ref *out,
    bool *is_data)
{
	CK_RV rv = key_for(s, USE_DERIVE, mech, handle, out);

	*is_data = false;
	if (rv != CKR_KEY_HANDLE_INVALID || !mech_takes_data(mech))
		return rv;
	rv = data_for(s, token, handle, out);
	*is_data = rv == CKR_OK;
	return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
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
	struct finding f = { .s = s, .token = &token, .always = true,
		.never = true };
	struct derive_args args = { .keys = { finding_find, &f,
		finding_look } };
	CK_OBJECT_HANDLE unused;
	struct template all;
	const struct mech *mech;

	TRY(mech_for(mechanism, CKF_DERIVE, &mech));
	TRY(token_of(s, &token));
	TRY(base_for(s, &token, mech, base, &from, &args.base_is_data));
	if (from.always_authenticates)
		return CKR_USER_NOT_LOGGED_IN;
	TRY(template_join(from.object, CKA_DERIVE_TEMPLATE, given, &t));
	all = (struct template){ t.list, t.count };
	f.mech = mech;
	f.from = from.object;
	f.base = attrs_ulong(&from.object->attrs, CKA_KEY_TYPE, 0);
	kind_read(&all, class_unsaid(mech), f.base, &args.class, &args.type,
	    &args.len);
	if (args.class == CKO_DATA)
		length_drop(&t);
	all.count = t.count;
	TRY(gate(s, &token, &all, &args));
	finding_add(&f, &from.object->attrs);
	TRY(mech_derive(mech, mechanism, from.key, &args, &made));
	/* A mechanism may give its keys elsewhere and none here. */
	if (out == NULL && made.count != 0 && made.keys[0].handle == NULL)
		return CKR_ARGUMENTS_BAD;
	return derived_keep(&f, &made, &all, out != NULL ? out : &unused);
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

	kind_read(t, CKO_SECRET_KEY, CKK_GENERIC_SECRET, &what.class,
	    &what.type, &len);
	if (len == 0)
		len = shared->len;
	if (len > shared->len || !keylen_is_right(what.type, len))
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(secret_cut(shared, len));
	made.value = *shared;
	*shared = (struct secret){ NULL, 0 };
	return key_keep(s, token, &what, t, out);
}

/* What the template or the type says of the secret's length; 0: neither does. */
static CK_ULONG
length_wanted(const struct joined *joined)
{
	const struct template t = { joined->list, joined->count };
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ULONG len;

	read_ulong(&t, CKA_KEY_TYPE, &type);
	len = keylen_of(type);
	read_ulong(&t, CKA_VALUE_LEN, &len);
	return len;
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
	TRY(mech_encapsulate_as(mech, mechanism, to.key, length_wanted(&t),
	    &text, &shared));
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
	TRY(use_answer(USE_DECAPSULATE, mech_decapsulate_as(mech, mechanism,
	    with.key, length_wanted(&t), ciphertext, &shared)));
	return shared_keep(s, &token, &(struct template){ t.list, t.count },
	    &shared, out);
}
