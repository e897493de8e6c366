/* Attributes to bytes and back: one form for one object, on every machine. */
#include "module/object/record.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/text.h"
#include "common/vendor.h"
#include "module/crypto/checkvalue.h"
#include "module/object/nested.h"
#include "module/policy/schema.h"

#define RECORD_FORMAT 1
#define NUMBER_SIZE 8
#define UNAVAILABLE UINT64_MAX /* CK_UNAVAILABLE_INFORMATION */

static int
type_order(const void *a, const void *b)
{
	const struct attr *const *x = a, *const *y = b;

	return (*x)->type < (*y)->type ? -1 : (*x)->type > (*y)->type;
}

static uint64_t
number_out(const uint8_t *native)
{
	CK_ULONG value;

	memcpy(&value, native, sizeof(value));
	return value == CK_UNAVAILABLE_INFORMATION ? UNAVAILABLE : value;
}

/* Numbers take eight bytes each, whatever a CK_ULONG is here. */
static void
value_write(const struct attr *item, struct buf *out)
{
	enum attr_kind kind;
	size_t count = item->value.len / sizeof(CK_ULONG);

	/* What the reader would refuse must not get as far as the disk. */
	if (!schema_kind(item->type, &kind)) {
		out->failed = true;
		return;
	}
	if (kind != KIND_ULONG && kind != KIND_MECHS) {
		buf_blob(out, item->value.data, item->value.len);
		return;
	}
	buf_u32(out, (uint32_t)(count * NUMBER_SIZE));
	for (size_t i = 0; i < count; i++)
		buf_u64(out, number_out(item->value.data +
		    i * sizeof(CK_ULONG)));
}

void
record_write(const struct attrs *a, struct buf *out)
{
	const struct attr **order = calloc(a->count + 1, sizeof(*order));

	if (order == NULL) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < a->count; i++)
		order[i] = &a->items[i];
	qsort(order, a->count, sizeof(*order), type_order);
	buf_u8(out, RECORD_FORMAT);
	buf_u32(out, (uint32_t)a->count);
	for (size_t i = 0; i < a->count; i++) {
		buf_u64(out, order[i]->type);
		value_write(order[i], out);
	}
	free(order);
}

static bool
numbers_read(const uint8_t *blob, size_t len, CK_ULONG *out)
{
	struct reader r = { blob, len, false };

	for (size_t i = 0; i < len / NUMBER_SIZE; i++) {
		uint64_t value = reader_u64(&r);

		if (value == UNAVAILABLE)
			out[i] = CK_UNAVAILABLE_INFORMATION;
		else if (value < CK_UNAVAILABLE_INFORMATION)
			out[i] = (CK_ULONG)value;
		else
			return false;
	}
	return reader_done(&r);
}

static CK_RV
numbers_set(struct attrs *a, CK_ATTRIBUTE_TYPE type, enum attr_kind kind,
    const uint8_t *blob, size_t len)
{
	_cleanup_(freep) CK_ULONG *values =
	    calloc(len / NUMBER_SIZE + 1, sizeof(*values));

	if (values == NULL)
		return CKR_HOST_MEMORY;
	if (len % NUMBER_SIZE != 0 ||
	    (kind == KIND_ULONG && len != NUMBER_SIZE) ||
	    !numbers_read(blob, len, values))
		return CKR_DEVICE_ERROR;
	return attrs_set(a, type, values,
	    len / NUMBER_SIZE * sizeof(CK_ULONG));
}

static CK_RV
value_read(struct attrs *a, CK_ATTRIBUTE_TYPE type, const uint8_t *blob,
    size_t len)
{
	enum attr_kind kind;

	if (!schema_kind(type, &kind))
		return CKR_DEVICE_ERROR;
	if (kind == KIND_ULONG || kind == KIND_MECHS)
		return numbers_set(a, type, kind, blob, len);
	return attrs_set(a, type, blob, len);
}

static CK_RV
attributes_read(struct reader *r, struct attrs *a)
{
	uint64_t last = 0;
	uint32_t count;

	if (reader_u8(r) != RECORD_FORMAT)
		return CKR_DEVICE_ERROR;
	count = reader_u32(r);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t type = reader_u64(r);
		size_t len;
		const uint8_t *blob = reader_blob(r, &len);

		if (r->failed || type > CK_UNAVAILABLE_INFORMATION ||
		    (i != 0 && type <= last))
			return CKR_DEVICE_ERROR;
		TRY(value_read(a, (CK_ATTRIBUTE_TYPE)type, blob, len));
		last = type;
	}
	return reader_done(r) ? CKR_OK : CKR_DEVICE_ERROR;
}

static bool
is_nested(struct span bytes)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	return nested_read(bytes, &a) == CKR_OK;
}

/* One form for one value: numbers without leading zeros, no empty dates. */
static bool
is_canonical(const struct attr_row *row, const struct secret *value)
{
	struct span bytes = { value->data, value->len };

	if (row->kind == KIND_TEMPLATE)
		return is_nested(bytes);
	if (!schema_has_form(row->kind, bytes))
		return false;
	if (row->kind == KIND_NUMBER)
		return value->len == 1 || value->data[0] != 0;
	return row->kind != KIND_DATE || value->len != 0;
}

/* Its class and type are known and have all these attributes. */
static bool
is_whole(const struct attrs *a)
{
	const struct schema *schema = attrs_schema(a);

	if (schema == NULL)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct attr_row *row =
		    schema_row(schema, a->items[i].type);

		if (row == NULL || !is_canonical(row, &a->items[i].value))
			return false;
	}
	return true;
}

CK_RV
record_attributes(struct span plain, struct attrs *out)
{
	struct reader r = { plain.data, plain.len, false };
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	TRY(attributes_read(&r, &a));
	*out = a;
	a = (struct attrs)ATTRS_INIT;
	return CKR_OK;
}

CK_RV
record_read(struct span plain, struct attrs *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_RV rv = record_attributes(plain, &a);

	if (rv == CKR_OK && !is_whole(&a))
		rv = CKR_DEVICE_ERROR;
	if (rv == CKR_DEVICE_ERROR)
		return fail(rv, "an object's record cannot be read");
	TRY(rv);
	*out = a;
	a = (struct attrs)ATTRS_INIT;
	return CKR_OK;
}

/* The index */

static void
scratch_folded(const struct attrs *a, struct buf *scratch)
{
	struct span label = attrs_span(a, CKA_LABEL);
	size_t at = scratch->len;

	buf_bytes(scratch, label.data, label.len);
	if (!scratch->failed && label.len != 0)
		text_fold(scratch->data + at, label.len, scratch->data + at);
}

static void
scratch_issuer_serial(const struct attrs *a, struct buf *scratch)
{
	struct span issuer = attrs_span(a, CKA_ISSUER);
	struct span serial = attrs_span(a, CKA_SERIAL_NUMBER);

	if (issuer.data == NULL || serial.data == NULL)
		return;
	buf_blob(scratch, issuer.data, issuer.len);
	buf_bytes(scratch, serial.data, serial.len);
}

static CK_RV
scratch_sha1(const struct attrs *a, struct buf *scratch)
{
	CK_OBJECT_CLASS class = attrs_ulong(a, CKA_CLASS, 0);
	struct span value = attrs_span(a, CKA_VALUE);
	uint8_t sha1[SHA1_LEN];

	/* Of what is public: a key's value is not looked for. */
	if (value.data == NULL ||
	    (class != CKO_CERTIFICATE && class != VECS_CKO_NSS_CRL))
		return CKR_OK;
	TRY(sha1_of(value, sha1));
	buf_bytes(scratch, sha1, sizeof(sha1));
	return CKR_OK;
}

static struct span
scratch_span(const struct buf *scratch, size_t from, size_t to, bool there)
{
	if (!there)
		return (struct span){ NULL, 0 };
	return (struct span){ to != from ? (const void *)(scratch->data + from)
		                         : "", to - from };
}

/* The three computed values are written first; their addresses are settled
 * only then. */
CK_RV
record_index(const struct attrs *a, struct buf *scratch,
    struct span index[INDEX_COUNT])
{
	size_t at[4] = { scratch->len, 0, 0, 0 };
	bool labelled = attrs_find(a, CKA_LABEL) != NULL;

	scratch_folded(a, scratch);
	at[1] = scratch->len;
	scratch_issuer_serial(a, scratch);
	at[2] = scratch->len;
	TRY(scratch_sha1(a, scratch));
	at[3] = scratch->len;
	TRY(buf_check(scratch));
	index[INDEX_LABEL] = attrs_span(a, CKA_LABEL);
	index[INDEX_ID] = attrs_span(a, CKA_ID);
	index[INDEX_SUBJECT] = attrs_span(a, CKA_SUBJECT);
	index[INDEX_FOLDED_LABEL] =
	    scratch_span(scratch, at[0], at[1], labelled);
	index[INDEX_ISSUER_SERIAL] =
	    scratch_span(scratch, at[1], at[2], at[1] != at[2]);
	index[INDEX_SHA1] = scratch_span(scratch, at[2], at[3],
	    at[2] != at[3]);
	return CKR_OK;
}
