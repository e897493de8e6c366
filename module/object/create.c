/* From templates to objects: the gate, defaults, what two attributes say. */
#include "module/object/create.h"

#include <string.h>

#include "common/vendor.h"
#include "module/object/fill.h"
#include "module/object/nested.h"
#include "module/policy/schema.h"

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

/* A number without its leading zeros; other values as they are. */
static struct span
value_strip(const struct attr_row *row, struct span value)
{
	const CK_BYTE *at = value.data;

	while (row->kind == KIND_NUMBER && value.len > 1 && *at == 0) {
		at++;
		value.len--;
	}
	return (struct span){ at, value.len };
}

static CK_RV
nested_take(const struct attr_row *row, struct span value, struct attrs *to)
{
	_cleanup_(buf_wipe) struct buf bytes = BUF_INIT;

	TRY(nested_write(value.data, value.len / sizeof(CK_ATTRIBUTE),
	    &bytes));
	return attrs_set(to, row->type, bytes.data, bytes.len);
}

/* Dates are kept or absent, never empty. */
static CK_RV
value_take(const struct attr_row *row, struct span value, struct attrs *to)
{
	if (row->kind == KIND_DATE && value.len == 0) {
		attrs_remove(to, row->type);
		return CKR_OK;
	}
	if (row->kind == KIND_TEMPLATE)
		return nested_take(row, value, to);
	value = value_strip(row, value);
	return attrs_set(to, row->type, value.data, value.len);
}

static CK_RV
template_take(const struct schema *schema, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct attrs *to)
{
	for (CK_ULONG i = 0; i < n; i++) {
		/* A move is the caller's business: no attribute of ours. */
		if (t[i].type == CKA_VECS_STORE)
			continue;
		TRY(value_take(schema_row(schema, t[i].type),
		    (struct span){ t[i].pValue, t[i].ulValueLen }, to));
	}
	return CKR_OK;
}

static CK_RV
defaults_set(const struct schema *schema, struct attrs *a)
{
	const struct attr_row *row;

	for (size_t i = 0; (row = schema_row_at(schema, i)) != NULL; i++)
		if ((row->value == YES || row->value == NO) &&
		    attrs_find(a, row->type) == NULL)
			TRY(attrs_set_bool(a, row->type, row->value == YES));
	return CKR_OK;
}

/* What two attributes say together.  A key that wants a PIN for each use must
 * be one that nobody sees without a login (4.10). */
static CK_RV
pairs_check(const struct attrs *a)
{
	if (attrs_bool(a, CKA_ALWAYS_AUTHENTICATE, false) &&
	    !attrs_bool(a, CKA_PRIVATE, false))
		return CKR_TEMPLATE_INCONSISTENT;
	return CKR_OK;
}

/* What became of the key: the token's own words (4.8, 4.9, 4.10). */
static CK_RV
history_set(struct attrs *a, const struct generated *what)
{
	CK_OBJECT_CLASS class = attrs_ulong(a, CKA_CLASS, 0);

	if (class != CKO_PUBLIC_KEY && class != CKO_PRIVATE_KEY &&
	    class != CKO_SECRET_KEY)
		return CKR_OK;
	TRY(attrs_set_bool(a, CKA_LOCAL, what->local));
	TRY(attrs_set_ulong(a, CKA_KEY_GEN_MECHANISM, what->mechanism));
	if (class == CKO_PUBLIC_KEY)
		return CKR_OK;
	TRY(attrs_set_bool(a, CKA_ALWAYS_SENSITIVE,
	    what->always && attrs_bool(a, CKA_SENSITIVE, false)));
	return attrs_set_bool(a, CKA_NEVER_EXTRACTABLE,
	    what->never && !attrs_bool(a, CKA_EXTRACTABLE, true));
}

static CK_RV
create(const struct maker *who, const struct schema *schema,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *a)
{
	static const struct generated created = {
		.mechanism = CK_UNAVAILABLE_INFORMATION };

	TRY(schema_check(schema, ACT_CREATE, t, n, NULL, NULL));
	TRY(template_take(schema, t, n, a));
	TRY(defaults_set(schema, a));
	TRY(pairs_check(a));
	TRY(history_set(a, &created));
	TRY(fill_facts(a));
	TRY(fill_trust(who, template_find(t, n, CKA_TRUSTED) != NULL, a));
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

/* What a template says anew of facts must be true of the object; of a public
 * key's info an empty one says nothing. */
static CK_RV
claims_check(const struct attrs *from, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct attrs *a)
{
	struct span now = attrs_span(from, CKA_PUBLIC_KEY_INFO);
	struct span said = attrs_span(a, CKA_PUBLIC_KEY_INFO);

	if (said.len != 0 && (said.len != now.len ||
	    memcmp(said.data, now.data, now.len) != 0))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (said.data != NULL && said.len != now.len)
		TRY(attrs_set(a, CKA_PUBLIC_KEY_INFO, now.data, now.len));
	if (template_find(t, n, CKA_CHECK_VALUE) != NULL)
		return fill_check_value(a);
	return CKR_OK;
}

/* The object with the template's values over it. */
static CK_RV
overlay(enum act act, const struct attrs *from, const CK_ATTRIBUTE *t,
    CK_ULONG n, struct attrs *a)
{
	const struct schema *schema = attrs_schema(from);

	if (schema == NULL)
		return CKR_ACTION_PROHIBITED;
	TRY(schema_check(schema, act, t, n, current_bool, from));
	TRY(attrs_dup(from, a));
	TRY(template_take(schema, t, n, a));
	return claims_check(from, t, n, a);
}

CK_RV
object_copy(const struct maker *who, const struct attrs *from,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	if (!attrs_bool(from, CKA_COPYABLE, true))
		return CKR_ACTION_PROHIBITED;
	TRY(overlay(ACT_COPY, from, t, n, &a));
	/* A copy must not be seen by more than see the original. */
	if (attrs_bool(from, CKA_PRIVATE, false) &&
	    !attrs_bool(&a, CKA_PRIVATE, false))
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(fill_trust(who, template_find(t, n, CKA_TRUSTED) != NULL, &a));
	TRY(fill_identity(&a));
	HAND_OVER(a, out);
	return CKR_OK;
}

/* "Trusted certificates cannot be modified" (4.6.2), but by who may trust. */
static bool
is_fixed(const struct maker *who, const struct attrs *from)
{
	return attrs_ulong(from, CKA_CLASS, CK_UNAVAILABLE_INFORMATION) ==
	    CKO_CERTIFICATE && attrs_bool(from, CKA_TRUSTED, false) &&
	    !who->may_trust && !who->trusts_cas;
}

CK_RV
object_set(const struct maker *who, const struct attrs *from,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	bool moves = template_find(t, n, CKA_VECS_STORE) != NULL;
	bool said = template_find(t, n, CKA_TRUSTED) != NULL;

	if (!attrs_bool(from, CKA_MODIFIABLE, true) ||
	    (!moves && is_fixed(who, from)))
		return CKR_ACTION_PROHIBITED;
	TRY(overlay(ACT_SET, from, t, n, &a));
	/* Trust is the store's: it does not move along. */
	if (moves || said)
		TRY(fill_trust(who, said, &a));
	HAND_OVER(a, out);
	return CKR_OK;
}

/* Generation */

static const struct {
	CK_ATTRIBUTE_TYPE type;
	size_t part;           /* of struct key_made */
	CK_OBJECT_CLASS other; /* whose attribute the part is not */
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
	{ CKA_EC_POINT, offsetof(struct key_made, point), CKO_PRIVATE_KEY },
	{ CKA_VALUE, offsetof(struct key_made, value), CKO_PUBLIC_KEY },
	{ CKA_VALUE, offsetof(struct key_made, public_value),
	    CKO_PRIVATE_KEY },
	{ CKA_PRIME, offsetof(struct key_made, prime) },
	{ CKA_SUBPRIME, offsetof(struct key_made, subprime) },
	{ CKA_BASE, offsetof(struct key_made, base) },
	{ CKA_SEED, offsetof(struct key_made, seed) },
};

/* A part over what the template said of it, which must be the same: a private
 * template may repeat the public exponent or the curve of the pair. */
static CK_RV
part_set(const struct attr_row *row, const struct secret *part,
    struct attrs *a)
{
	struct span said = attrs_span(a, row->type);
	struct span is = value_strip(row,
	    (struct span){ part->data, part->len });

	if (said.data != NULL && (said.len != is.len ||
	    memcmp(said.data, is.data, is.len) != 0))
		return CKR_TEMPLATE_INCONSISTENT;
	return attrs_set(a, row->type, is.data, is.len);
}

/* The one part that is a number of the ABI: CKA_PARAMETER_SET. */
static CK_RV
set_set(const struct schema *schema, CK_ULONG set, struct attrs *a)
{
	if (set == 0 || schema_row(schema, CKA_PARAMETER_SET) == NULL)
		return CKR_OK;
	if (attrs_ulong(a, CKA_PARAMETER_SET, set) != set)
		return CKR_TEMPLATE_INCONSISTENT;
	return attrs_set_ulong(a, CKA_PARAMETER_SET, set);
}

/* The parts that the class has: a private key's point is no attribute of it,
 * and both halves of some pairs call what they are CKA_VALUE. */
static CK_RV
parts_set(const struct schema *schema, const struct generated *what,
    struct attrs *a)
{
	for (size_t i = 0; i < COUNT(parts); i++) {
		const struct secret *part = (const struct secret *)(const void *)
		    ((const char *)what->made + parts[i].part);
		const struct attr_row *row = schema_row(schema, parts[i].type);

		if (part->len == 0 || row == NULL ||
		    parts[i].other == what->class)
			continue;
		TRY(part_set(row, part, a));
	}
	return set_set(schema, what->made->parameter_set, a);
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

CK_RV
object_generate_check(const struct generated *what, const CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	const struct schema *schema = schema_find(what->class, what->type);

	if (schema == NULL)
		return CKR_MECHANISM_INVALID;
	TRY(kind_check(what, t, n));
	return schema_check(schema, what->act, t, n, NULL, NULL);
}

static CK_RV
generated(const struct maker *who, const struct schema *schema,
    const struct generated *what, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct attrs *a)
{
	TRY(template_take(schema, t, n, a));
	TRY(attrs_set_ulong(a, CKA_CLASS, what->class));
	if (schema_sub_attribute(what->class) == CKA_KEY_TYPE)
		TRY(attrs_set_ulong(a, CKA_KEY_TYPE, what->type));
	TRY(parts_set(schema, what, a));
	if (what->extractable && template_find(t, n, CKA_EXTRACTABLE) == NULL &&
	    schema_row(schema, CKA_EXTRACTABLE) != NULL)
		TRY(attrs_set_bool(a, CKA_EXTRACTABLE, true));
	TRY(defaults_set(schema, a));
	TRY(pairs_check(a));
	TRY(history_set(a, what));
	TRY(fill_facts(a));
	TRY(fill_trust(who, template_find(t, n, CKA_TRUSTED) != NULL, a));
	return fill_identity(a);
}

CK_RV
object_generated(const struct maker *who, const struct generated *what,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	TRY(object_generate_check(what, t, n));
	TRY(generated(who, schema_find(what->class, what->type), what, t, n,
	    &a));
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
		.prime = attrs_span(a, CKA_PRIME),
		.subprime = attrs_span(a, CKA_SUBPRIME),
		.base = attrs_span(a, CKA_BASE),
		.seed = attrs_span(a, CKA_SEED),
		.parameter_set = attrs_ulong(a, CKA_PARAMETER_SET,
		    CK_UNAVAILABLE_INFORMATION),
	};

	return key_new(&parts_of, out);
}
