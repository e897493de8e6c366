/* The reader and the writer of DER. */
#include "module/crypto/der.h"

#include <string.h>

/* A definite length in its shortest form, at most four bytes of it. */
static CK_RV
length_take(struct span *in, size_t *out)
{
	const uint8_t *p = in->data;
	size_t n, len = 0;

	if (in->len < 1)
		return CKR_DATA_INVALID;
	if (p[0] < 0x80) {
		*in = (struct span){ p + 1, in->len - 1 };
		*out = p[0];
		return CKR_OK;
	}
	n = p[0] & 0x7f;
	if (n < 1 || n > 4 || in->len < 1 + n || p[1] == 0)
		return CKR_DATA_INVALID;
	for (size_t i = 1; i <= n; i++)
		len = len << 8 | p[i];
	if (len < 0x80)
		return CKR_DATA_INVALID;
	*in = (struct span){ p + 1 + n, in->len - 1 - n };
	*out = len;
	return CKR_OK;
}

CK_RV
der_take(struct span *in, uint8_t tag, struct span *out)
{
	const uint8_t *p = in->data;
	struct span rest;
	size_t len;

	if (p == NULL || in->len < 2 || p[0] != tag)
		return CKR_DATA_INVALID;
	rest = (struct span){ p + 1, in->len - 1 };
	TRY(length_take(&rest, &len));
	if (rest.len < len)
		return CKR_DATA_INVALID;
	*out = (struct span){ rest.data, len };
	*in = (struct span){ (const uint8_t *)rest.data + len,
		rest.len - len };
	return CKR_OK;
}

CK_RV
der_only(struct span der, uint8_t tag, struct span *out)
{
	struct span content;

	TRY(der_take(&der, tag, &content));
	if (der.len != 0)
		return CKR_DATA_INVALID;
	*out = content;
	return CKR_OK;
}

CK_RV
der_take_whole(struct span *in, uint8_t tag, struct span *out)
{
	const uint8_t *start = in->data;
	struct span content;

	TRY(der_take(in, tag, &content));
	*out = (struct span){ start, (size_t)((const uint8_t *)in->data -
	    start) };
	return CKR_OK;
}

CK_RV
der_take_number(struct span *in, struct span *out)
{
	struct span content;

	TRY(der_take(in, DER_INTEGER, &content));
	if (content.len == 0 || (*(const uint8_t *)content.data & 0x80) != 0)
		return CKR_DATA_INVALID;
	*out = span_number(content);
	return CKR_OK;
}

struct span
span_number(struct span number)
{
	const uint8_t *p = number.data;

	while (number.len > 0 && *p == 0) {
		p++;
		number.len--;
	}
	return (struct span){ p, number.len };
}

void
der_put(struct der_writer *w, const void *data, size_t len)
{
	if (w->failed || (size_t)(w->at - w->start) < len) {
		w->failed = true;
		return;
	}
	w->at -= len;
	if (len != 0)
		memcpy(w->at, data, len);
}

static void
put_byte(struct der_writer *w, size_t byte)
{
	uint8_t b = (uint8_t)byte;

	der_put(w, &b, 1);
}

void
der_put_header(struct der_writer *w, uint8_t tag, const uint8_t *end)
{
	size_t len = (size_t)(end - w->at), n = 0;

	if (len < 0x80) {
		put_byte(w, len);
	} else {
		for (size_t rest = len; rest != 0; rest >>= 8, n++)
			put_byte(w, rest);
		put_byte(w, 0x80 | n);
	}
	put_byte(w, tag);
}

void
der_put_number(struct der_writer *w, struct span number)
{
	const uint8_t *end = w->at;

	number = span_number(number);
	der_put(w, number.data, number.len);
	if (number.len == 0 || (*(const uint8_t *)number.data & 0x80) != 0)
		put_byte(w, 0);
	der_put_header(w, DER_INTEGER, end);
}
