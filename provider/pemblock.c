/* The PEM block around the DER of a URI. */
#include "provider/pemblock.h"

#include <openssl/evp.h>
#include <string.h>

bool
pemblock_line(struct pemblock *b, const char *line)
{
	static const char begin[] = "-----BEGIN ";
	static const char name[] = PEMBLOCK_NAME "-----";
	size_t n = strcspn(line, "\r\n");

	if (strncmp(line, begin, sizeof(begin) - 1) == 0) {
		line += sizeof(begin) - 1;
		b->open = true;
		b->ours = strncmp(line, name, sizeof(name) - 1) == 0;
		b->base64.len = 0;
		return false;
	}
	if (b->open && strncmp(line, "-----END ", 9) == 0)
		return true;
	if (b->open && b->ours)
		buf_bytes(&b->base64, line, n);
	return false;
}

CK_RV
pemblock_der(const struct pemblock *b, struct buf *der)
{
	EVP_ENCODE_CTX *ctx;
	_cleanup_(secret_wipe) struct secret out = { NULL, 0 };
	int n = 0, last = 0, bad;

	if (!b->open || !b->ours || b->base64.len > INT32_MAX)
		return CKR_DATA_INVALID;
	TRY(buf_check(&b->base64));
	TRY(secret_new(b->base64.len + 64, &out));
	ctx = EVP_ENCODE_CTX_new();
	if (ctx == NULL)
		return CKR_HOST_MEMORY;
	EVP_DecodeInit(ctx);
	bad = EVP_DecodeUpdate(ctx, out.data, &n, b->base64.data,
	    (int)b->base64.len) < 0
	    || EVP_DecodeFinal(ctx, out.data + n, &last) < 0;
	EVP_ENCODE_CTX_free(ctx);
	if (bad)
		return CKR_DATA_INVALID;
	buf_bytes(der, out.data, (size_t)n + (size_t)last);
	return buf_check(der);
}

void
pemblock_wipe(struct pemblock *b)
{
	buf_wipe(&b->base64);
}
