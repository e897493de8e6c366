/* ASCII folding, UTF-8 and hexadecimal. */
#include "common/text.h"

#include <string.h>

static uint8_t
fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

void
text_fold(const void *text, size_t len, void *out)
{
	const uint8_t *from = text;
	uint8_t *to = out;

	for (size_t i = 0; i < len; i++)
		to[i] = fold(from[i]);
}

bool
text_equal_folded(const void *a, size_t a_len, const void *b, size_t b_len)
{
	const uint8_t *x = a, *y = b;

	if (a_len != b_len)
		return false;
	for (size_t i = 0; i < a_len; i++)
		if (fold(x[i]) != fold(y[i]))
			return false;
	return true;
}

/* The length of the character at s, or 0 if it is malformed. */
static size_t
utf8_char(const uint8_t *s, size_t left)
{
	static const struct {
		uint8_t mask, lead;
		size_t len;
		uint32_t min;
	} forms[] = {
		{ 0x80, 0x00, 1, 0 },
		{ 0xe0, 0xc0, 2, 0x80 },
		{ 0xf0, 0xe0, 3, 0x800 },
		{ 0xf8, 0xf0, 4, 0x10000 },
	};

	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		uint32_t c = s[0] & (uint8_t)~forms[f].mask;

		if ((s[0] & forms[f].mask) != forms[f].lead)
			continue;
		if (left < forms[f].len)
			return 0;
		for (size_t i = 1; i < forms[f].len; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[i] & 0x3f);
		}
		if (c < forms[f].min || c > 0x10ffff ||
		    (c >= 0xd800 && c <= 0xdfff))
			return 0;
		return forms[f].len;
	}
	return 0;
}

bool
text_is_utf8(const void *text, size_t len)
{
	const uint8_t *s = text;

	while (len > 0) {
		size_t n = utf8_char(s, len);

		if (n == 0)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

bool
text_is_store_name(const void *text, size_t len)
{
	const uint8_t *s = text;

	if (len == 0 || len > 32 || !text_is_utf8(text, len))
		return false;
	if (s[0] == ' ' || s[len - 1] == ' ')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < 0x20 || s[i] == 0x7f)
			return false;
		/* C1 controls, U+0080 to U+009F */
		if (s[i] == 0xc2 && i + 1 < len && s[i + 1] < 0xa0)
			return false;
	}
	return true;
}

void
text_hex(const void *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *s = data;

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[s[i] >> 4];
		out[2 * i + 1] = digits[s[i] & 15];
	}
	out[2 * len] = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)fold((uint8_t)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
text_unhex(const char *hex, void *out, size_t len)
{
	uint8_t *to = out;

	if (strlen(hex) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
