/* Leaf pages, cells, records: https://www.sqlite.org/fileformat2.html, 1.6 and
 * 2.1.  Nothing in them is believed. */
#include "module/store/cells.h"

#include <string.h>

#include "common/buf.h"
#include "module/store/pagesum.h"

#define USABLE (PAGE_LEN - PAGESUM_SIZE)
#define FIRST_HEADER 100 /* of the file, on its first page */
#define CHAIN (USABLE - 4) /* of a payload on an overflow page */

enum page_type { INTERIOR_INDEX = 2, LEAF_INDEX = 10, LEAF_TABLE = 13 };

/* Bytes with an end. */
struct at {
	const unsigned char *p, *end;
	bool failed;
};

static unsigned
at_u8(struct at *a)
{
	if (a->p >= a->end) {
		a->failed = true;
		return 0;
	}
	return *a->p++;
}

static uint64_t
at_big(struct at *a, int bytes)
{
	uint64_t n = 0;

	for (int i = 0; i < bytes; i++)
		n = n << 8 | at_u8(a);
	return n;
}

static uint64_t
at_varint(struct at *a)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++) {
		unsigned byte = at_u8(a);

		n = n << 7 | (byte & 0x7f);
		if ((byte & 0x80) == 0)
			return n;
	}
	return n << 8 | at_u8(a);
}

/* How much of a payload lies in its cell. */
static size_t
local_len(enum page_type type, size_t len)
{
	size_t max = type == LEAF_TABLE ? USABLE - 35
	                                : (USABLE - 12) * 64 / 255 - 23;
	size_t min = (USABLE - 12) * 32 / 255 - 23, some;

	if (len <= max)
		return len;
	some = min + (len - min) % CHAIN;
	return some <= max ? some : min;
}

/* The rest of a payload; false where the chain breaks. */
static bool
chain_read(const struct pages *p, uint32_t next, size_t len, struct buf *out)
{
	unsigned char page[PAGE_LEN];

	while (len > 0) {
		struct at a = { page, page + 4, false };
		size_t some = len < CHAIN ? len : CHAIN;

		if (next == 0 || next > p->count)
			return false;
		/* Damaged or not: whoever opens what is in it will see. */
		(void)pages_read(p, next, page);
		buf_bytes(out, page + 4, some);
		len -= some;
		next = (uint32_t)at_big(&a, 4);
	}
	return !out->failed;
}

static bool
payload_read(const struct pages *p, enum page_type type, struct at *a,
    uint64_t len, struct buf *out)
{
	size_t local = local_len(type, len);

	if (len > (uint64_t)p->count * PAGE_LEN ||
	    (size_t)(a->end - a->p) < local)
		return false;
	buf_bytes(out, a->p, local);
	a->p += local;
	if (local == len)
		return !out->failed;
	return chain_read(p, (uint32_t)at_big(a, 4), len - local, out);
}

/* Serial types: 0 nothing, 1 to 6 numbers, 8 and 9 the numbers 0 and 1, from
 * 12 on bytes and, odd, text. */
static void
column_read(struct cell *cell, int i, uint64_t type, struct at *body)
{
	static const int lengths[] = { 0, 1, 2, 3, 4, 6, 8 };
	uint64_t len = type >= 12 ? (type - 12) / 2 : 0;

	if (type == 0 || type == 7 || type == 10 || type == 11) {
		cell->columns[i].type = COLUMN_NULL;
	} else if (type < 12) {
		cell->columns[i].type = COLUMN_INT;
		cell->columns[i].number = type >= 8 ? type - 8
		    : at_big(body, lengths[type]);
	} else if (len > (size_t)(body->end - body->p)) {
		body->failed = true;
	} else {
		cell->columns[i].type = type & 1 ? COLUMN_TEXT : COLUMN_BLOB;
		cell->columns[i].bytes = (struct span){ body->p, len };
		body->p += len;
	}
}

static bool
record_parse(const struct buf *payload, struct cell *cell)
{
	struct at head = { payload->data, payload->data + payload->len,
		false };
	struct at body = head;
	uint64_t len = at_varint(&head);

	if (head.failed || len > payload->len)
		return false;
	body.p = payload->data + len;
	head.end = body.p;
	while (head.p < head.end && !head.failed && !body.failed) {
		uint64_t type = at_varint(&head);

		if (cell->count == CELL_COLUMNS)
			return false;
		column_read(cell, cell->count++, type, &body);
	}
	return !head.failed && !body.failed;
}

static bool
cell_read(const struct pages *p, const unsigned char *page, size_t at,
    enum page_type type, struct buf *payload, struct cell *cell)
{
	struct at a = { page + at, page + USABLE, false };
	uint64_t len;

	if (type == INTERIOR_INDEX)
		at_big(&a, 4); /* the page below it */
	len = at_varint(&a);
	cell->has_id = type == LEAF_TABLE;
	if (cell->has_id)
		cell->id = at_varint(&a);
	return !a.failed && payload_read(p, type, &a, len, payload) &&
	    record_parse(payload, cell);
}

CK_RV
cells_each(const struct pages *p, const unsigned char page[PAGE_LEN],
    uint32_t number, CK_RV (*then)(void *arg, const struct cell *cell),
    void *arg)
{
	const unsigned char *head = page + (number == 1 ? FIRST_HEADER : 0);
	enum page_type type = head[0];
	struct at a = { head + 3, page + USABLE, false };
	unsigned count = (unsigned)at_big(&a, 2);

	if (type != LEAF_TABLE && type != LEAF_INDEX && type != INTERIOR_INDEX)
		return CKR_OK;
	a.p = head + (type == INTERIOR_INDEX ? 12 : 8);
	for (unsigned i = 0; i < count; i++) {
		_cleanup_(buf_wipe) struct buf payload = BUF_INIT;
		struct cell cell = { .count = 0 };
		size_t at = (size_t)at_big(&a, 2);

		if (a.failed)
			return CKR_OK;
		if (at < USABLE &&
		    cell_read(p, page, at, type, &payload, &cell))
			TRY(then(arg, &cell));
		if (payload.failed)
			return CKR_HOST_MEMORY;
	}
	return CKR_OK;
}
