/* Records: one form for one object, there and back, and nothing else read. */
#include <atf-c.h>
#include <string.h>

#include "common/text.h"
#include "common/vendor.h"
#include "module/crypto/libctx.h"
#include "module/object/record.h"
#include "module/policy/schema_rows.h"

/* Does not come from this file's rows: docs/STORE-FORMAT.md has it. */
static const char vector[] =
    "01" "06000000"
    "0000000000000000" "08000000" "0100000000000000"
    "0100000000000000" "01000000" "01"
    "0300000000000000" "05000000" "726f6f7431"
    "8000000000000000" "08000000" "0000000000000000"
    "8600000000000000" "01000000" "00"
    "0201000000000000" "00000000";

static void
set_ulong(struct attrs *a, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
	ATF_REQUIRE_EQ(attrs_set_ulong(a, type, value), CKR_OK);
}

static void
set_bytes(struct attrs *a, CK_ATTRIBUTE_TYPE type, const void *value,
    size_t len)
{
	ATF_REQUIRE_EQ(attrs_set(a, type, value, len), CKR_OK);
}

static void
set_kind(struct attrs *a, const struct attr_row *row)
{
	static const CK_MECHANISM_TYPE mechs[] = { CKM_RSA_PKCS,
		CK_UNAVAILABLE_INFORMATION, CKM_ECDSA };

	switch (row->kind) {
	case KIND_BOOL:
		set_bytes(a, row->type, "\1", 1);
		return;
	case KIND_ULONG:
		set_ulong(a, row->type, CK_UNAVAILABLE_INFORMATION);
		return;
	case KIND_MECHS:
		set_bytes(a, row->type, mechs, sizeof(mechs));
		return;
	case KIND_DATE:
		set_bytes(a, row->type, "20261125", 8);
		return;
	case KIND_TEMPLATE: /* a record of CKA_TOKEN true */
		set_bytes(a, row->type, "\1\1\0\0\0\1\0\0\0\0\0\0\0"
		    "\1\0\0\0\1", 18);
		return;
	case KIND_TEXT:
		set_bytes(a, row->type, "a\0\xc3\xbc", 4);
		return;
	case KIND_NUMBER:
	case KIND_BYTES:
		set_bytes(a, row->type, "\1\0\xff", 3);
		return;
	}
}

/* An object of the schema with every attribute that it can have. */
static void
object_full(const struct schema *schema, struct attrs *a)
{
	const struct attr_row *row;

	for (size_t i = 0; (row = schema_row_at(schema, i)) != NULL; i++)
		set_kind(a, row);
	set_ulong(a, CKA_CLASS, schema->class);
	if (schema->sub != CK_UNAVAILABLE_INFORMATION)
		set_ulong(a, schema_sub_attribute(schema->class), schema->sub);
}

static void
check_same(const struct attrs *a, const struct attrs *b)
{
	ATF_CHECK_EQ(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		struct span is = attrs_span(b, a->items[i].type);

		ATF_REQUIRE(is.data != NULL);
		ATF_REQUIRE_EQ(is.len, a->items[i].value.len);
		if (is.len != 0)
			ATF_CHECK_EQ(memcmp(is.data, a->items[i].value.data,
			    is.len), 0);
	}
}

static struct span
bytes_of(const struct buf *b)
{
	return (struct span){ b->data, b->len };
}

ATF_TC_WITHOUT_HEAD(record__there_and_back_for_every_class);
ATF_TC_BODY(record__there_and_back_for_every_class, tc)
{
	for (size_t s = 0; s < schema_count; s++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		_cleanup_(attrs_wipe) struct attrs b = ATTRS_INIT;
		_cleanup_(buf_wipe) struct buf bytes = BUF_INIT;

		object_full(&schemas[s], &a);
		record_write(&a, &bytes);
		ATF_REQUIRE_EQ(buf_check(&bytes), CKR_OK);
		ATF_REQUIRE_EQ(record_read(bytes_of(&bytes), &b), CKR_OK);
		check_same(&a, &b);
	}
}

static void
certificate_small(struct attrs *a)
{
	set_bytes(a, CKA_ID, NULL, 0);
	set_bytes(a, CKA_LABEL, "root1", 5);
	set_ulong(a, CKA_CERTIFICATE_TYPE, CKC_X_509);
	set_bytes(a, CKA_TOKEN, "\1", 1);
	set_bytes(a, CKA_TRUSTED, "\0", 1);
	set_ulong(a, CKA_CLASS, CKO_CERTIFICATE);
}

ATF_TC_WITHOUT_HEAD(record__bytes_of_the_specification);
ATF_TC_BODY(record__bytes_of_the_specification, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;
	_cleanup_(buf_wipe) struct buf bytes = BUF_INIT;
	char hex[sizeof(vector)];

	certificate_small(&a);
	record_write(&a, &bytes);
	ATF_REQUIRE_EQ(buf_check(&bytes), CKR_OK);
	ATF_REQUIRE_EQ(2 * bytes.len, strlen(vector));
	text_hex(bytes.data, bytes.len, hex);
	ATF_CHECK_STREQ(hex, vector);
	ATF_REQUIRE_EQ(record_read(bytes_of(&bytes), &b), CKR_OK);
	check_same(&a, &b);
}

/* Whatever is read is written again as it was: no two forms of one object,
 * so that a changed byte is a changed object or an error. */
static void
check_canonical(struct span bytes, const char *what, size_t at)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	_cleanup_(buf_wipe) struct buf again = BUF_INIT;
	CK_RV rv = record_read(bytes, &a);

	if (rv != CKR_OK) {
		ATF_CHECK_EQ_MSG(rv, CKR_DEVICE_ERROR, "%s %zu", what, at);
		ATF_CHECK_EQ(a.count, 0);
		return;
	}
	record_write(&a, &again);
	ATF_REQUIRE_EQ(buf_check(&again), CKR_OK);
	ATF_CHECK_MSG(again.len == bytes.len &&
	    memcmp(again.data, bytes.data, bytes.len) == 0, "%s %zu", what,
	    at);
}

ATF_TC_WITHOUT_HEAD(read__flipped_bits_of_every_class);
ATF_TC_BODY(read__flipped_bits_of_every_class, tc)
{
	for (size_t s = 0; s < schema_count; s++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		_cleanup_(buf_wipe) struct buf bytes = BUF_INIT;

		object_full(&schemas[s], &a);
		record_write(&a, &bytes);
		ATF_REQUIRE_EQ(buf_check(&bytes), CKR_OK);
		for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
			bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			check_canonical(bytes_of(&bytes), "bit", bit);
			bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

ATF_TC_WITHOUT_HEAD(read__prefixes);
ATF_TC_BODY(read__prefixes, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	_cleanup_(buf_wipe) struct buf bytes = BUF_INIT;

	object_full(schema_find(CKO_PRIVATE_KEY, CKK_RSA), &a);
	record_write(&a, &bytes);
	ATF_REQUIRE_EQ(buf_check(&bytes), CKR_OK);
	for (size_t len = 0; len < bytes.len; len++) {
		_cleanup_(attrs_wipe) struct attrs b = ATTRS_INIT;
		/* of its very length, so that reading on would be found */
		uint8_t *cut = malloc(len != 0 ? len : 1);

		ATF_REQUIRE(cut != NULL);
		memcpy(cut, bytes.data, len);
		ATF_CHECK_EQ_MSG(record_read((struct span){ cut, len }, &b),
		    CKR_DEVICE_ERROR, "%zu bytes", len);
		free(cut);
	}
}

struct broken {
	const char *what, *hex;
};

#define FORMAT(count) "01" "0" #count "000000"
#define CLASS_DATA \
	"0000000000000000" "08000000" "0000000000000000"
#define LABEL_A "0300000000000000" "01000000" "61"

static const struct broken broken[] = {
	{ "nothing", "" },
	{ "no class", FORMAT(1) LABEL_A },
	{ "format 0", "00" "01000000" CLASS_DATA },
	{ "format 2", "02" "01000000" CLASS_DATA },
	{ "a class unknown",
	    FORMAT(1) "0000000000000000" "08000000" "7777000000000000" },
	{ "a class of four bytes",
	    FORMAT(1) "0000000000000000" "04000000" "00000000" },
	{ "a key without type",
	    FORMAT(1) "0000000000000000" "08000000" "0300000000000000" },
	{ "a byte behind", FORMAT(1) CLASS_DATA "00" },
	{ "twice", FORMAT(3) CLASS_DATA LABEL_A LABEL_A },
	{ "wrong order", FORMAT(2) LABEL_A CLASS_DATA },
	{ "an attribute unknown",
	    FORMAT(2) CLASS_DATA "7777000000000000" "00000000" },
	{ "an attribute of another class",
	    FORMAT(2) CLASS_DATA "2001000000000000" "01000000" "01" },
	{ "a boolean of 2",
	    FORMAT(2) CLASS_DATA "0100000000000000" "01000000" "02" },
	{ "a boolean of no byte",
	    FORMAT(2) CLASS_DATA "0100000000000000" "00000000" },
	{ "a boolean of two bytes",
	    FORMAT(2) CLASS_DATA "0100000000000000" "02000000" "0101" },
	{ "text that is none",
	    FORMAT(2) CLASS_DATA "0300000000000000" "01000000" "ff" },
	{ "one attribute too many", FORMAT(1) CLASS_DATA LABEL_A },
	{ "one attribute too few", FORMAT(3) CLASS_DATA LABEL_A },
	{ "four thousand million attributes", "01" "ffffffff" CLASS_DATA },
	{ "a length beyond the end",
	    FORMAT(2) CLASS_DATA "0300000000000000" "ffffffff" "61" },
};

ATF_TC_WITHOUT_HEAD(read__broken_ones);
ATF_TC_BODY(read__broken_ones, tc)
{
	for (size_t i = 0; i < COUNT(broken); i++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		uint8_t bytes[256];
		size_t len = strlen(broken[i].hex) / 2;

		ATF_REQUIRE(len <= sizeof(bytes));
		ATF_REQUIRE(text_unhex(broken[i].hex, bytes, len));
		ATF_CHECK_EQ_MSG(record_read((struct span){ bytes, len }, &a),
		    CKR_DEVICE_ERROR, "%s", broken[i].what);
	}
}

static void
check_refused(const struct attrs *a, const char *what)
{
	_cleanup_(attrs_wipe) struct attrs b = ATTRS_INIT;
	_cleanup_(buf_wipe) struct buf bytes = BUF_INIT;

	record_write(a, &bytes);
	ATF_REQUIRE_EQ(buf_check(&bytes), CKR_OK);
	ATF_CHECK_EQ_MSG(record_read(bytes_of(&bytes), &b), CKR_DEVICE_ERROR,
	    "%s", what);
}

ATF_TC_WITHOUT_HEAD(read__values_in_a_second_form);
ATF_TC_BODY(read__values_in_a_second_form, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	object_full(schema_find(CKO_PUBLIC_KEY, CKK_RSA), &a);
	set_bytes(&a, CKA_MODULUS, "\0\1", 2);
	check_refused(&a, "leading zero");
	set_bytes(&a, CKA_MODULUS, "", 0);
	check_refused(&a, "empty number");
	set_bytes(&a, CKA_MODULUS, "\1", 1);
	set_bytes(&a, CKA_START_DATE, "", 0);
	check_refused(&a, "empty date");
	attrs_remove(&a, CKA_START_DATE);
	set_bytes(&a, CKA_ALLOWED_MECHANISMS, "", 0);
	check_refused(&a, "no mechanism");
}

ATF_TC_WITHOUT_HEAD(write__what_could_not_be_read_is_refused);
ATF_TC_BODY(write__what_could_not_be_read_is_refused, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	_cleanup_(buf_wipe) struct buf bytes = BUF_INIT;

	certificate_small(&a);
	set_bytes(&a, CKA_VECS_FOLDED_LABEL, "x", 1);
	record_write(&a, &bytes);
	ATF_CHECK(buf_check(&bytes) != CKR_OK);
}

/* The index */

static void
check_index(struct span is, const void *want, size_t len, const char *what)
{
	ATF_CHECK_MSG(is.data != NULL && is.len == len &&
	    memcmp(is.data, want, len) == 0, "%s", what);
}

ATF_TC_WITHOUT_HEAD(index__values);
ATF_TC_BODY(index__values, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	_cleanup_(buf_wipe) struct buf scratch = BUF_INIT;
	struct span index[INDEX_COUNT];

	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	certificate_small(&a);
	set_bytes(&a, CKA_LABEL, "Ro\xc3\x96T", 5);
	set_bytes(&a, CKA_SUBJECT, "subject", 7);
	set_bytes(&a, CKA_ISSUER, "is", 2);
	set_bytes(&a, CKA_SERIAL_NUMBER, "ser", 3);
	set_bytes(&a, CKA_VALUE, "abc", 3);
	buf_bytes(&scratch, "before", 6);
	ATF_REQUIRE_EQ(record_index(&a, &scratch, index), CKR_OK);
	check_index(index[INDEX_LABEL], "Ro\xc3\x96T", 5, "label");
	check_index(index[INDEX_FOLDED_LABEL], "ro\xc3\x96t", 5, "folded");
	check_index(index[INDEX_ID], "", 0, "id");
	check_index(index[INDEX_SUBJECT], "subject", 7, "subject");
	check_index(index[INDEX_ISSUER_SERIAL], "\2\0\0\0isser", 9, "issuer");
	check_index(index[INDEX_SHA1], "\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba"
	    "\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d", 20, "sha1");
}

ATF_TC_WITHOUT_HEAD(index__absent_ones);
ATF_TC_BODY(index__absent_ones, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	_cleanup_(buf_wipe) struct buf scratch = BUF_INIT;
	struct span index[INDEX_COUNT];

	set_ulong(&a, CKA_CLASS, CKO_SECRET_KEY);
	set_ulong(&a, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	/* a key's value gets no index, or a guess could be confirmed */
	set_bytes(&a, CKA_VALUE, "secret", 6);
	ATF_REQUIRE_EQ(record_index(&a, &scratch, index), CKR_OK);
	for (size_t i = 0; i < INDEX_COUNT; i++)
		ATF_CHECK_EQ_MSG(index[i].data, NULL, "index %zu", i);
	set_bytes(&a, CKA_LABEL, NULL, 0);
	ATF_REQUIRE_EQ(record_index(&a, &scratch, index), CKR_OK);
	check_index(index[INDEX_LABEL], "", 0, "label");
	check_index(index[INDEX_FOLDED_LABEL], "", 0, "folded");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, record__there_and_back_for_every_class);
	ATF_TP_ADD_TC(tp, record__bytes_of_the_specification);
	ATF_TP_ADD_TC(tp, read__flipped_bits_of_every_class);
	ATF_TP_ADD_TC(tp, read__prefixes);
	ATF_TP_ADD_TC(tp, read__broken_ones);
	ATF_TP_ADD_TC(tp, read__values_in_a_second_form);
	ATF_TP_ADD_TC(tp, write__what_could_not_be_read_is_refused);
	ATF_TP_ADD_TC(tp, index__values);
	ATF_TP_ADD_TC(tp, index__absent_ones);
	return atf_no_error();
}
