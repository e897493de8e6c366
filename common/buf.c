/* The sticky writer and the bounded reader. */
#include "common/buf.h"

#include <string.h>

static bool
buf_grow(struct buf *b, size_t more)
{
	size_t cap = b->cap != 0 ? b->cap : 256;
	uint8_t *data;

	if (b->failed || more > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
		b->failed = true;
		return false;
	}
	while (cap < b->len + more)
		cap *= 2;
	if (cap == b->cap)
		return true;
	if ((data = secret_alloc(cap)) == NULL) {
		b->failed = true;
		return false;
	}
	if (b->len != 0)
		memcpy(data, b->data, b->len);
	secret_free(b->data, b->cap);
	b->data = data;
	b->cap = cap;
	return true;
}

void
buf_bytes(struct buf *b, const void *data, size_t len)
{
	if (len == 0 || !buf_grow(b, len))
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void
buf_u8(struct buf *b, uint8_t v)
{
	buf_bytes(b, &v, 1);
}

static void
buf_number(struct buf *b, uint64_t v, size_t len)
{
	uint8_t le[8];

	for (size_t i = 0; i < len; i++)
		le[i] = (uint8_t)(v >> (8 * i));
	buf_bytes(b, le, len);
}

void
buf_u32(struct buf *b, uint32_t v)
{
	buf_number(b, v, 4);
}

void
buf_u64(struct buf *b, uint64_t v)
{
	buf_number(b, v, 8);
}

void
buf_blob(struct buf *b, const void *data, size_t len)
{
	if (len > UINT32_MAX) {
		b->failed = true;
		return;
	}
	buf_u32(b, (uint32_t)len);
	buf_bytes(b, data, len);
}

void
buf_wipe(struct buf *b)
{
	secret_free(b->data, b->cap);
	*b = (struct buf)BUF_INIT;
}

CK_RV
buf_check(const struct buf *b)
{
	return b->failed ? CKR_HOST_MEMORY : CKR_OK;
}

const uint8_t *
reader_bytes(struct reader *r, size_t len)
{
	const uint8_t *at = r->at;

	if (r->failed || r->left < len) {
		r->failed = true;
		return NULL;
	}
	r->at += len;
	r->left -= len;
	return at;
}

static uint64_t
reader_number(struct reader *r, size_t len)
{
	const uint8_t *at = reader_bytes(r, len);
	uint64_t v = 0;

	for (size_t i = 0; at != NULL && i < len; i++)
		v |= (uint64_t)at[i] << (8 * i);
	return v;
}

uint8_t
reader_u8(struct reader *r)
{
	return (uint8_t)reader_number(r, 1);
}

uint32_t
reader_u32(struct reader *r)
{
	return (uint32_t)reader_number(r, 4);
}

uint64_t
reader_u64(struct reader *r)
{
	return reader_number(r, 8);
}

const uint8_t *
reader_blob(struct reader *r, size_t *len)
{
	uint32_t n = reader_u32(r);
	const uint8_t *at = reader_bytes(r, n);

	*len = at != NULL ? n : 0;
	return at;
}

bool
reader_done(const struct reader *r)
{
	return !r->failed && r->left == 0;
}
