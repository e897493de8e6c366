/* A bag of attributes, in the order in which they were set. */
#include "module/object/attrs.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "common/vendor.h"

const struct attr *
attrs_find(const struct attrs *a, CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].type == type)
			return &a->items[i];
	return NULL;
}

struct span
attrs_span(const struct attrs *a, CK_ATTRIBUTE_TYPE type)
{
	const struct attr *item = attrs_find(a, type);

	if (item == NULL)
		return (struct span){ NULL, 0 };
	/* An empty value is there all the same. */
	return (struct span){
		item->value.len != 0 ? (const void *)item->value.data : "",
		item->value.len
	};
}

bool
attrs_bool(const struct attrs *a, CK_ATTRIBUTE_TYPE type, bool absent)
{
	const struct attr *item = attrs_find(a, type);

	if (item == NULL || item->value.len != sizeof(CK_BBOOL))
		return absent;
	return item->value.data[0] != CK_FALSE;
}

CK_ULONG
attrs_ulong(const struct attrs *a, CK_ATTRIBUTE_TYPE type, CK_ULONG absent)
{
	const struct attr *item = attrs_find(a, type);
	CK_ULONG value;

	if (item == NULL || item->value.len != sizeof(value))
		return absent;
	memcpy(&value, item->value.data, sizeof(value));
	return value;
}

static CK_RV
attrs_grow(struct attrs *a)
{
	size_t cap = a->cap != 0 ? 2 * a->cap : 32;
	struct attr *items;

	if (a->count < a->cap)
		return CKR_OK;
	if ((items = realloc(a->items, cap * sizeof(*items))) == NULL)
		return CKR_HOST_MEMORY;
	a->items = items;
	a->cap = cap;
	return CKR_OK;
}

CK_RV
attrs_set(struct attrs *a, CK_ATTRIBUTE_TYPE type, const void *value,
    size_t len)
{
	struct secret copy = { NULL, 0 };

	TRY(secret_dup(value, len, &copy));
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].type == type) {
			secret_wipe(&a->items[i].value);
			a->items[i].value = copy;
			return CKR_OK;
		}
	if (attrs_grow(a) != CKR_OK) {
		secret_wipe(&copy);
		return CKR_HOST_MEMORY;
	}
	a->items[a->count++] = (struct attr){ type, copy };
	return CKR_OK;
}

CK_RV
attrs_set_bool(struct attrs *a, CK_ATTRIBUTE_TYPE type, bool value)
{
	CK_BBOOL byte = value ? CK_TRUE : CK_FALSE;

	return attrs_set(a, type, &byte, sizeof(byte));
}

CK_RV
attrs_set_ulong(struct attrs *a, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
	return attrs_set(a, type, &value, sizeof(value));
}

void
attrs_remove(struct attrs *a, CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].type == type) {
			secret_wipe(&a->items[i].value);
			a->items[i] = a->items[--a->count];
			return;
		}
}

CK_RV
attrs_dup(const struct attrs *from, struct attrs *out)
{
	struct attrs copy = ATTRS_INIT;

	for (size_t i = 0; i < from->count; i++)
		if (attrs_set(&copy, from->items[i].type,
			from->items[i].value.data,
			from->items[i].value.len) != CKR_OK) {
			attrs_wipe(&copy);
			return CKR_HOST_MEMORY;
		}
	*out = copy;
	return CKR_OK;
}

void
attrs_wipe(struct attrs *a)
{
	for (size_t i = 0; i < a->count; i++)
		secret_wipe(&a->items[i].value);
	free(a->items);
	*a = (struct attrs)ATTRS_INIT;
}

const struct schema *
attrs_schema(const struct attrs *a)
{
	CK_OBJECT_CLASS class =
	    attrs_ulong(a, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);

	return schema_find(class, attrs_ulong(a, schema_sub_attribute(class),
	    CK_UNAVAILABLE_INFORMATION));
}

bool
attrs_reveals(const struct attrs *a, CK_ATTRIBUTE_TYPE type)
{
	const struct schema *schema = attrs_schema(a);

	return schema != NULL && schema_reveals(schema, type,
	    attrs_bool(a, CKA_SENSITIVE, true),
	    attrs_bool(a, CKA_EXTRACTABLE, false));
}

bool
attrs_reads_empty(const struct attrs *a, CK_ATTRIBUTE_TYPE type)
{
	const struct schema *schema = attrs_schema(a);

	return schema != NULL && attrs_find(a, type) == NULL &&
	    schema_reads_empty(schema, type);
}

const CK_ATTRIBUTE *
template_find(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (t[i].type == type)
			return &t[i];
	return NULL;
}

static bool
attribute_matches(const struct attrs *a, const CK_ATTRIBUTE *t)
{
	bool folded = t->type == CKA_VECS_FOLDED_LABEL;
	struct span value = attrs_span(a, folded ? CKA_LABEL : t->type);

	if (value.data == NULL || value.len != t->ulValueLen)
		return false;
	if (value.len == 0)
		return true;
	if (t->pValue == NULL)
		return false;
	return folded
	    ? text_equal_folded(value.data, value.len, t->pValue, value.len)
	    : memcmp(value.data, t->pValue, value.len) == 0;
}

/* Vendor objects that are never stored have no schema, and no secrets. */
static bool
attribute_tells(const struct attrs *a, CK_ATTRIBUTE_TYPE type)
{
	return type == CKA_VECS_FOLDED_LABEL || attrs_schema(a) == NULL ||
	    attrs_reveals(a, type);
}

bool
attrs_match(const struct attrs *a, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (!attribute_matches(a, &t[i]) ||
		    !attribute_tells(a, t[i].type))
			return false;
	return true;
}
