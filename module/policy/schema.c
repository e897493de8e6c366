/* The gate: a template against the rows of its class. */
#include "module/policy/schema.h"

#include <string.h>

#include "common/text.h"
#include "module/policy/schema_rows.h"

CK_ATTRIBUTE_TYPE
schema_sub_attribute(CK_OBJECT_CLASS class)
{
	static const struct {
		CK_OBJECT_CLASS class;
		CK_ATTRIBUTE_TYPE sub;
	} subs[] = {
		{ CKO_CERTIFICATE, CKA_CERTIFICATE_TYPE },
		{ CKO_PUBLIC_KEY, CKA_KEY_TYPE },
		{ CKO_PRIVATE_KEY, CKA_KEY_TYPE },
		{ CKO_SECRET_KEY, CKA_KEY_TYPE },
	};

	for (size_t i = 0; i < COUNT(subs); i++)
		if (subs[i].class == class)
			return subs[i].sub;
	return CK_UNAVAILABLE_INFORMATION;
}

const struct schema *
schema_find(CK_OBJECT_CLASS class, CK_ULONG sub)
{
	for (size_t i = 0; i < schema_count; i++)
		if (schemas[i].class == class &&
		    (schemas[i].sub == sub ||
			schemas[i].sub == CK_UNAVAILABLE_INFORMATION))
			return &schemas[i];
	return NULL;
}

const struct attr_row *
schema_row_at(const struct schema *schema, size_t i)
{
	for (size_t tier = 0; schema->tiers[tier] != NULL; tier++) {
		if (i < schema->tiers[tier]->count)
			return &schema->tiers[tier]->rows[i];
		i -= schema->tiers[tier]->count;
	}
	return NULL;
}

const struct attr_row *
schema_row(const struct schema *schema, CK_ATTRIBUTE_TYPE type)
{
	const struct attr_row *row;

	for (size_t i = 0; (row = schema_row_at(schema, i)) != NULL; i++)
		if (row->type == type)
			return row;
	return NULL;
}

bool
schema_kind(CK_ATTRIBUTE_TYPE type, enum attr_kind *out)
{
	for (size_t i = 0; i < tier_count; i++)
		for (size_t k = 0; k < tiers[i]->count; k++)
			if (tiers[i]->rows[k].type == type) {
				*out = tiers[i]->rows[k].kind;
				return true;
			}
	return false;
}

static bool
is_date(struct span value)
{
	const CK_BYTE *digits = value.data;

	if (value.len == 0)
		return true;
	if (value.len != sizeof(CK_DATE))
		return false;
	for (size_t i = 0; i < sizeof(CK_DATE); i++)
		if (digits[i] < '0' || digits[i] > '9')
			return false;
	return true;
}

/* Longer values are no honest object. */
#define VALUE_MAX (16UL * 1024 * 1024)

bool
schema_has_form(enum attr_kind kind, struct span value)
{
	if (value.len > VALUE_MAX || (value.data == NULL && value.len != 0))
		return false;
	switch (kind) {
	case KIND_BOOL:
		return value.len == sizeof(CK_BBOOL) &&
		    *(const CK_BBOOL *)value.data <= CK_TRUE;
	case KIND_ULONG:
		return value.len == sizeof(CK_ULONG);
	case KIND_TEXT:
		return text_is_utf8(value.data, value.len);
	case KIND_DATE:
		return is_date(value);
	case KIND_MECHS:
		return value.len != 0 &&
		    value.len % sizeof(CK_MECHANISM_TYPE) == 0;
	case KIND_TEMPLATE:
		return value.len % sizeof(CK_ATTRIBUTE) == 0;
	case KIND_NUMBER:
		return value.len != 0;
	case KIND_BYTES:
		return true;
	}
	return false;
}

/* Numbers of which the standard lists all values, from 0. */
static const struct {
	CK_ATTRIBUTE_TYPE type;
	CK_ULONG max;
} limits[] = {
	{ CKA_CERTIFICATE_CATEGORY, CK_CERTIFICATE_CATEGORY_OTHER_ENTITY },
	{ CKA_JAVA_MIDP_SECURITY_DOMAIN, CK_SECURITY_DOMAIN_THIRD_PARTY },
};

static bool
is_within_limit(const CK_ATTRIBUTE *a)
{
	CK_ULONG value;

	for (size_t i = 0; i < COUNT(limits); i++) {
		if (limits[i].type != a->type)
			continue;
		memcpy(&value, a->pValue, sizeof(value));
		return value <= limits[i].max;
	}
	return true;
}

/* A step of no return: the wanted value, or no change. */
static bool
is_allowed_step(const CK_ATTRIBUTE *a, bool target, schema_current current,
    const void *object)
{
	bool wanted = *(const CK_BBOOL *)a->pValue != CK_FALSE;

	return wanted == target || wanted == current(object, a->type);
}

static CK_RV
attribute_check(const struct attr_row *row, enum act act,
    const CK_ATTRIBUTE *a, schema_current current, const void *object)
{
	enum attr_rule rule = row->rules[act];

	if (rule == NEVER)
		return CKR_ATTRIBUTE_READ_ONLY;
	if (!schema_has_form(row->kind,
		(struct span){ a->pValue, a->ulValueLen }) ||
	    !is_within_limit(a))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if ((rule == TO_TRUE || rule == TO_FALSE) &&
	    !is_allowed_step(a, rule == TO_TRUE, current, object))
		return CKR_ATTRIBUTE_READ_ONLY;
	return CKR_OK;
}

static bool
template_has(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (t[i].type == type)
			return true;
	return false;
}

static CK_RV
needed_check(const struct schema *schema, enum act act, const CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	const struct attr_row *row;

	for (size_t i = 0; (row = schema_row_at(schema, i)) != NULL; i++)
		if (row->rules[act] == MUST && !template_has(t, n, row->type))
			return CKR_TEMPLATE_INCOMPLETE;
	return CKR_OK;
}

CK_RV
schema_check(const struct schema *schema, enum act act, const CK_ATTRIBUTE *t,
    CK_ULONG n, schema_current current, const void *object)
{
	for (CK_ULONG i = 0; i < n; i++) {
		const struct attr_row *row = schema_row(schema, t[i].type);

		if (row == NULL)
			return CKR_ATTRIBUTE_TYPE_INVALID;
		if (template_has(t, i, t[i].type))
			return CKR_TEMPLATE_INCONSISTENT;
		TRY(attribute_check(row, act, &t[i], current, object));
	}
	return needed_check(schema, act, t, n);
}

bool
schema_reveals(const struct schema *schema, CK_ATTRIBUTE_TYPE type,
    bool sensitive, bool extractable)
{
	const struct attr_row *row = schema_row(schema, type);

	if (row == NULL)
		return false;
	return !row->secret || (!sensitive && extractable);
}

bool
schema_reads_empty(const struct schema *schema, CK_ATTRIBUTE_TYPE type)
{
	const struct attr_row *row = schema_row(schema, type);

	return row != NULL && row->value == EMPTY;
}
