/* From templates to objects: the gate, defaults, what two attributes say. */
#include "module/object/create.h"

#include <string.h>

#include "common/vendor.h"
#include "module/object/fill.h"
#include "module/policy/schema.h"

static const CK_ATTRIBUTE *
template_find(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (t[i].type == type)
			return &t[i];
	return NULL;
}

static CK_RV
template_ulong(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type,
    CK_ULONG *out)
{
	const CK_ATTRIBUTE *a = template_find(t, n, type);

	if (a == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	if (a->pValue == NULL || a->ulValueLen != sizeof(*out))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	memcpy(out, a->pValue, sizeof(*out));
	return CKR_OK;
}

static const struct schema *
schema_of(const struct attrs *a)
{
	CK_OBJECT_CLASS class =
	    attrs_ulong(a, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);

	return schema_find(class, attrs_ulong(a, schema_sub_attribute(class),
	    CK_UNAVAILABLE_INFORMATION));
}

/* Takes one attribute of a template over: numbers without leading zeros, and
 * never an empty boolean, number or date. */
static CK_RV
attribute_take(const struct attr_row *row, const CK_ATTRIBUTE *from,
    struct attrs *to)
{
	const CK_BYTE *value = from->pValue;
	CK_ULONG len = from->ulValueLen;

	if (row->kind == KIND_DATE && len == 0) {
		attrs_remove(to, from->type);
		return CKR_OK;
	}
	while (row->kind == KIND_NUMBER && len > 1 && value[0] == 0) {
		value++;
		len--;
	}
	return attrs_set(to, from->type, value, len);
}

static CK_RV
template_take(const struct schema *schema, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct attrs *to)
{
	for (CK_ULONG i = 0; i < n; i++) {
		/* A move is the caller's business: no attribute of ours. */
		if (t[i].type == CKA_VECS_STORE)
			continue;
		TRY(attribute_take(schema_row(schema, t[i].type), &t[i], to));
	}
	return CKR_OK;
}

static CK_RV
defaults_set(const struct schema *schema, struct attrs *a)
{
	CK_OBJECT_CLASS class = attrs_ulong(a, CKA_CLASS, 0);
	const struct attr_row *row;

	for (size_t i = 0; (row = schema_row_at(schema, i)) != NULL; i++) {
		bool value = row->value == YES;

		if (row->value == NONE || attrs_find(a, row->type) != NULL)
			continue;
		/* Keys that hold a secret are private unless said otherwise. */
		if (row->type == CKA_PRIVATE)
			value = class == CKO_PRIVATE_KEY ||
			    class == CKO_SECRET_KEY;
		TRY(attrs_set_bool(a, row->type, value));
	}
	return CKR_OK;
}

/* CKA_TRUSTED: true only by who may say so. */
static CK_RV
trust_check(const struct maker *who, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_ATTRIBUTE *a = template_find(t, n, CKA_TRUSTED);

	if (a == NULL || *(const CK_BBOOL *)a->pValue == CK_FALSE ||
	    who->may_trust)
		return CKR_OK;
	return CKR_ATTRIBUTE_READ_ONLY;
}

/* What became of the key: the token's own words (4.8, 4.9, 4.10). */
static CK_RV
history_set(struct attrs *a, bool local, CK_MECHANISM_TYPE mechanism)
{
	CK_OBJECT_CLASS class = attrs_ulong(a, CKA_CLASS, 0);

	if (class != CKO_PUBLIC_KEY && class != CKO_PRIVATE_KEY &&
	    class != CKO_SECRET_KEY)
		return CKR_OK;
	TRY(attrs_set_bool(a, CKA_LOCAL, local));
	TRY(attrs_set_ulong(a, CKA_KEY_GEN_MECHANISM, mechanism));
	if (class == CKO_PUBLIC_KEY)
		return CKR_OK;
	TRY(attrs_set_bool(a, CKA_ALWAYS_SENSITIVE,
	    local && attrs_bool(a, CKA_SENSITIVE, false)));
	return attrs_set_bool(a, CKA_NEVER_EXTRACTABLE,
	    local && !attrs_bool(a, CKA_EXTRACTABLE, true));
}

static CK_RV
create(const struct maker *who, const struct schema *schema,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *a)
{
	TRY(schema_check(schema, ACT_CREATE, t, n, NULL, NULL));
	TRY(trust_check(who, t, n));
	TRY(template_take(schema, t, n, a));
	TRY(defaults_set(schema, a));
	TRY(history_set(a, false, CK_UNAVAILABLE_INFORMATION));
	TRY(fill_facts(who, a));
	return fill_identity(a);
}

/* Runs a maker into a bag of its own and hands it over on success. */
#define HAND_OVER(a, out) \
	do { \
		*(out) = (a); \
		(a) = (struct attrs)ATTRS_INIT; \
	} while (0)

CK_RV
object_create(const struct maker *who, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct attrs *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	const struct schema *schema;
	CK_ULONG class, sub = CK_UNAVAILABLE_INFORMATION;

	TRY(template_ulong(t, n, CKA_CLASS, &class));
	if (schema_sub_attribute(class) != CK_UNAVAILABLE_INFORMATION)
		TRY(template_ulong(t, n, schema_sub_attribute(class), &sub));
	if ((schema = schema_find(class, sub)) == NULL)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	TRY(create(who, schema, t, n, &a));
	HAND_OVER(a, out);
	return CKR_OK;
}

static bool
current_bool(const void *object, CK_ATTRIBUTE_TYPE type)
{
	return attrs_bool(object, type, false);
}

/* The object with the template's values over it. */
static CK_RV
overlay(const struct maker *who, enum act act, const struct attrs *from,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *a)
{
	const struct schema *schema = schema_of(from);

	if (schema == NULL)
		return CKR_ACTION_PROHIBITED;
	TRY(schema_check(schema, act, t, n, current_bool, from));
	TRY(trust_check(who, t, n));
	TRY(attrs_dup(from, a));
	return template_take(schema, t, n, a);
}

CK_RV
object_copy(const struct maker *who, const struct attrs *from,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	if (!attrs_bool(from, CKA_COPYABLE, true))
		return CKR_ACTION_PROHIBITED;
	TRY(overlay(who, ACT_COPY, from, t, n, &a));
	/* A copy must not see more than its original (5.7.2). */
	if (attrs_bool(from, CKA_PRIVATE, false) &&
	    !attrs_bool(&a, CKA_PRIVATE, false))
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(fill_identity(&a));
	HAND_OVER(a, out);
	return CKR_OK;
}

CK_RV
object_set(const struct maker *who, const struct attrs *from,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	if (!attrs_bool(from, CKA_MODIFIABLE, true))
		return CKR_ACTION_PROHIBITED;
	TRY(overlay(who, ACT_SET, from, t, n, &a));
	HAND_OVER(a, out);
	return CKR_OK;
}

/* Generation */

static const struct {
	CK_ATTRIBUTE_TYPE type;
	size_t part; /* of struct key_made */
} parts[] = {
	{ CKA_MODULUS, offsetof(struct key_made, modulus) },
	{ CKA_PUBLIC_EXPONENT, offsetof(struct key_made, public_exponent) },
	{ CKA_PRIVATE_EXPONENT, offsetof(struct key_made, private_exponent) },
	{ CKA_PRIME_1, offsetof(struct key_made, prime_1) },
	{ CKA_PRIME_2, offsetof(struct key_made, prime_2) },
	{ CKA_EXPONENT_1, offsetof(struct key_made, exponent_1) },
	{ CKA_EXPONENT_2, offsetof(struct key_made, exponent_2) },
	{ CKA_COEFFICIENT, offsetof(struct key_made, coefficient) },
	{ CKA_EC_PARAMS, offsetof(struct key_made, params) },
	{ CKA_EC_POINT, offsetof(struct key_made, point) },
	{ CKA_VALUE, offsetof(struct key_made, value) },
};

/* The parts that the class has: a public key's schema knows no secrets, and a
 * private key's point is no attribute of it. */
static CK_RV
parts_set(const struct schema *schema, const struct generated *what,
    struct attrs *a)
{
	for (size_t i = 0; i < COUNT(parts); i++) {
		const struct secret *part = (const struct secret *)(const void *)
		    ((const char *)what->made + parts[i].part);

		if (part->len == 0 || schema_row(schema, parts[i].type) == NULL)
			continue;
		if (parts[i].type == CKA_EC_POINT &&
		    what->class == CKO_PRIVATE_KEY)
			continue;
		TRY(attrs_set(a, parts[i].type, part->data, part->len));
	}
	return CKR_OK;
}

/* A template may repeat class and type, but not contradict them. */
static CK_RV
kind_check(const struct generated *what, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_ULONG class = what->class, type = what->type;

	if (template_find(t, n, CKA_CLASS) != NULL)
		TRY(template_ulong(t, n, CKA_CLASS, &class));
	if (template_find(t, n, CKA_KEY_TYPE) != NULL)
		TRY(template_ulong(t, n, CKA_KEY_TYPE, &type));
	return class == what->class && type == what->type
	    ? CKR_OK
	    : CKR_TEMPLATE_INCONSISTENT;
}

static CK_RV
generated(const struct maker *who, const struct schema *schema,
    const struct generated *what, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct attrs *a)
{
	TRY(kind_check(what, t, n));
	TRY(schema_check(schema, ACT_GENERATE, t, n, NULL, NULL));
	TRY(trust_check(who, t, n));
	TRY(template_take(schema, t, n, a));
	TRY(attrs_set_ulong(a, CKA_CLASS, what->class));
	TRY(attrs_set_ulong(a, CKA_KEY_TYPE, what->type));
	TRY(parts_set(schema, what, a));
	TRY(defaults_set(schema, a));
	TRY(history_set(a, true, what->mechanism));
	TRY(fill_facts(who, a));
	return fill_identity(a);
}

CK_RV
object_generated(const struct maker *who, const struct generated *what,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	const struct schema *schema = schema_find(what->class, what->type);

	if (schema == NULL)
		return CKR_MECHANISM_INVALID;
	TRY(generated(who, schema, what, t, n, &a));
	HAND_OVER(a, out);
	return CKR_OK;
}

/* Keys */

CK_RV
object_key(const struct attrs *a, struct key **out)
{
	struct key_parts parts_of = {
		.class = attrs_ulong(a, CKA_CLASS, CK_UNAVAILABLE_INFORMATION),
		.type = attrs_ulong(a, CKA_KEY_TYPE,
		    CK_UNAVAILABLE_INFORMATION),
		.modulus = attrs_span(a, CKA_MODULUS),
		.public_exponent = attrs_span(a, CKA_PUBLIC_EXPONENT),
		.private_exponent = attrs_span(a, CKA_PRIVATE_EXPONENT),
		.prime_1 = attrs_span(a, CKA_PRIME_1),
		.prime_2 = attrs_span(a, CKA_PRIME_2),
		.exponent_1 = attrs_span(a, CKA_EXPONENT_1),
		.exponent_2 = attrs_span(a, CKA_EXPONENT_2),
		.coefficient = attrs_span(a, CKA_COEFFICIENT),
		.params = attrs_span(a, CKA_EC_PARAMS),
		.point = attrs_span(a, CKA_EC_POINT),
		.value = attrs_span(a, CKA_VALUE),
	};

	return key_new(&parts_of, out);
}
