/*
 * Target functions: record_read, record_attributes, record_index, nested_read,
 * nested_answer.
 *
 * The input is an object's record as it lies unsealed in the database: what is
 * read is written again as it was, for one object has one form.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "module/crypto/libctx.h"
#include "module/object/nested.h"
#include "module/object/record.h"
#include "tests/fuzz/fuzz.h"

static void
same_again(const struct attrs *a, struct span bytes)
{
	_cleanup_(buf_wipe) struct buf again = BUF_INIT;

	record_write(a, &again);
	FUZZ_HOLDS(buf_check(&again) == CKR_OK);
	FUZZ_HOLDS(again.len == bytes.len);
	FUZZ_HOLDS(memcmp(again.data, bytes.data, bytes.len) == 0);
}

static void
object(struct span bytes)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	_cleanup_(buf_wipe) struct buf scratch = BUF_INIT;
	struct span index[INDEX_COUNT];
	CK_RV rv = record_read(bytes, &a);

	if (rv != CKR_OK) {
		FUZZ_HOLDS(rv == CKR_DEVICE_ERROR);
		FUZZ_HOLDS(a.count == 0);
		return;
	}
	same_again(&a, bytes);
	FUZZ_HOLDS(record_index(&a, &scratch, index) == CKR_OK);
	for (size_t i = 0; i < a.count; i++)
		attrs_reveals(&a, a.items[i].type);
}

#define ANSWERS 64

static void
template(struct span bytes)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_ATTRIBUTE list[ANSWERS];
	CK_ATTRIBUTE to = { CKA_WRAP_TEMPLATE, list, sizeof(list) };
	CK_RV rv = nested_read(bytes, &a);
	bool matches;

	FUZZ_HOLDS(rv == CKR_OK || rv == CKR_DEVICE_ERROR);
	memset(list, 0, sizeof(list));
	FUZZ_HOLDS((nested_answer(bytes, &to) == CKR_OK) ==
	    (rv == CKR_OK && a.count <= ANSWERS));
	if (rv != CKR_OK)
		return;
	same_again(&a, bytes);
	FUZZ_HOLDS(nested_match(bytes, &a, &matches) == CKR_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = { data, size };

	log_target("none");
	FUZZ_HOLDS(libctx_open() == CKR_OK);
	object(bytes);
	template(bytes);
	return 0;
}
