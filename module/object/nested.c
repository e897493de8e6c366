/* Templates as values of attributes. */
#include "module/object/nested.h"

#include <stdlib.h>
#include <string.h>

#include "module/object/record.h"

CK_RV
nested_write(const CK_ATTRIBUTE *t, CK_ULONG n, struct buf *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	for (CK_ULONG i = 0; i < n; i++) {
		struct span value = { t[i].pValue, t[i].ulValueLen };
		enum attr_kind kind;

		if (!schema_kind(t[i].type, &kind) || kind == KIND_TEMPLATE ||
		    !schema_has_form(kind, value) ||
		    attrs_find(&a, t[i].type) != NULL)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		TRY(attrs_set(&a, t[i].type, value.data, value.len));
	}
	record_write(&a, out);
	return buf_check(out);
}

static bool
is_template(const struct attrs *a)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct secret *value = &a->items[i].value;
		enum attr_kind kind;

		if (!schema_kind(a->items[i].type, &kind) ||
		    kind == KIND_TEMPLATE ||
		    !schema_has_form(kind, (struct span){ value->data,
			value->len }))
			return false;
	}
	return true;
}

CK_RV
nested_read(struct span bytes, struct attrs *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	TRY(record_attributes(bytes, &a));
	if (!is_template(&a))
		return CKR_DEVICE_ERROR;
	*out = a;
	a = (struct attrs)ATTRS_INIT;
	return CKR_OK;
}

static CK_RV
item_answer(const struct attr *item, CK_ATTRIBUTE *to)
{
	CK_ULONG room = to->ulValueLen;

	to->type = item->type;
	to->ulValueLen = item->value.len;
	if (to->pValue == NULL)
		return CKR_OK;
	if (room < item->value.len) {
		to->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	if (item->value.len != 0)
		memcpy(to->pValue, item->value.data, item->value.len);
	return CKR_OK;
}

CK_RV
nested_answer(struct span bytes, CK_ATTRIBUTE *to)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_ULONG room = to->ulValueLen;
	CK_ATTRIBUTE *list = to->pValue;
	CK_RV answer = CKR_OK;

	TRY(nested_read(bytes, &a));
	to->ulValueLen = a.count * sizeof(CK_ATTRIBUTE);
	if (list == NULL)
		return CKR_OK;
	if (room < to->ulValueLen) {
		to->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	for (size_t i = 0; i < a.count; i++) {
		CK_RV rv = item_answer(&a.items[i], &list[i]);

		if (rv != CKR_OK)
			answer = rv;
	}
	return answer;
}

static CK_ATTRIBUTE
item_attribute(const struct attr *item)
{
	return (CK_ATTRIBUTE){ item->type, item->value.data,
		item->value.len };
}

CK_RV
nested_match(struct span bytes, const struct attrs *object, bool *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	bool same = true;

	if (bytes.data != NULL)
		TRY(nested_read(bytes, &a));
	for (size_t i = 0; i < a.count; i++) {
		CK_ATTRIBUTE t = item_attribute(&a.items[i]);

		same = same && attrs_match(object, &t, 1);
	}
	*out = same;
	return CKR_OK;
}

static bool
is_same(const CK_ATTRIBUTE *said, const struct attr *item)
{
	return said->ulValueLen == item->value.len &&
	    (item->value.len == 0 || memcmp(said->pValue, item->value.data,
		item->value.len) == 0);
}

/* What is said already must be the same, and is not said twice. */
static CK_RV
join(const CK_ATTRIBUTE *t, CK_ULONG n, struct joined *j)
{
	for (size_t i = 0; i < j->added.count; i++) {
		const struct attr *item = &j->added.items[i];
		const CK_ATTRIBUTE *said = template_find(t, n, item->type);

		if (said == NULL)
			j->list[j->count++] = item_attribute(item);
		else if (!is_same(said, item))
			return CKR_TEMPLATE_INCONSISTENT;
	}
	return CKR_OK;
}

/* Takes added over. */
static CK_RV
join_new(struct attrs *added, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct joined *out)
{
	_cleanup_(joined_wipe) struct joined j = { NULL, n, *added };

	*added = (struct attrs)ATTRS_INIT;
	j.list = calloc(n + j.added.count + 1, sizeof(*j.list));
	if (j.list == NULL)
		return CKR_HOST_MEMORY;
	if (n != 0)
		memcpy(j.list, t, n * sizeof(*t));
	TRY(join(t, n, &j));
	*out = j;
	j = (struct joined){ NULL, 0, ATTRS_INIT };
	return CKR_OK;
}

CK_RV
nested_join(struct span bytes, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct joined *out)
{
	struct attrs added = ATTRS_INIT;

	if (bytes.data != NULL)
		TRY(nested_read(bytes, &added));
	return join_new(&added, t, n, out);
}

CK_RV
nested_join_attrs(const struct attrs *from, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct joined *out)
{
	struct attrs added = ATTRS_INIT;

	TRY(attrs_dup(from, &added));
	return join_new(&added, t, n, out);
}

void
joined_wipe(struct joined *joined)
{
	free(joined->list);
	attrs_wipe(&joined->added);
	*joined = (struct joined){ NULL, 0, ATTRS_INIT };
}
