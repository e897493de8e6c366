/* An ECDSA signature: r and s side by side (PKCS#11) as DER (X9.62). */
#include "provider/ecsig.h"

#include <string.h>

#define HALF_MAX 72

/* One non-negative INTEGER; returns its bytes. */
static size_t
integer_der(const uint8_t *value, size_t len, uint8_t *out)
{
	size_t pad;

	while (len > 1 && value[0] == 0) {
		value++;
		len--;
	}
	pad = value[0] >> 7;
	out[0] = 0x02;
	out[1] = (uint8_t)(len + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, value, len);
	return 2 + pad + len;
}

size_t
ecsig_der(const uint8_t *raw, size_t half, uint8_t *out, size_t room)
{
	uint8_t body[2 * (HALF_MAX + 3)];
	size_t len, head;

	if (half == 0 || half > HALF_MAX)
		return 0;
	len = integer_der(raw, half, body);
	len += integer_der(raw + half, half, body + len);
	head = len < 128 ? 2 : 3;
	if (head + len > room)
		return 0;
	out[0] = 0x30;
	out[1] = 0x81;
	out[head - 1] = (uint8_t)len;
	memcpy(out + head, body, len);
	return head + len;
}
