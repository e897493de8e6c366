/* Additive multiset hashes. */
#include "module/store/manifest.h"

#include <string.h>

#include "module/crypto/kdf.h"

#define HEAD 17

/* On the stack, because a listing asks for each of its rows. */
static CK_RV
item_hash(struct span key, const struct manifest_item *item,
    uint8_t out[MANIFEST_SUM])
{
	uint8_t head[HEAD] = { (uint8_t)item->kind };
	struct span parts[] = {
		{ head, HEAD },
		{ item->name, item->name != NULL ? strlen(item->name) : 0 },
	};

	for (int i = 0; i < 8; i++) {
		head[1 + i] = (uint8_t)(item->id >> (8 * i));
		head[9 + i] = (uint8_t)(item->version >> (8 * i));
	}
	return hmac_sha256(key, parts, COUNT(parts), out);
}

CK_RV
manifest_add(struct manifest *m, struct span key,
    const struct manifest_item *item)
{
	uint8_t hash[MANIFEST_SUM];
	unsigned carry = 0;

	TRY(item_hash(key, item, hash));
	for (size_t i = 0; i < MANIFEST_SUM; i++) {
		carry += (unsigned)m->sum[i] + hash[i];
		m->sum[i] = (uint8_t)carry;
		carry >>= 8;
	}
	m->count++;
	return CKR_OK;
}

CK_RV
manifest_remove(struct manifest *m, struct span key,
    const struct manifest_item *item)
{
	uint8_t hash[MANIFEST_SUM];
	int borrow = 0;

	TRY(item_hash(key, item, hash));
	for (size_t i = 0; i < MANIFEST_SUM; i++) {
		int diff = (int)m->sum[i] - hash[i] - borrow;

		borrow = diff < 0;
		m->sum[i] = (uint8_t)(diff + 256 * borrow);
	}
	m->count--;
	return CKR_OK;
}

bool
manifest_equal(const struct manifest *a, const struct manifest *b)
{
	return a->count == b->count &&
	    secret_equal(a->sum, b->sum, MANIFEST_SUM);
}

void
manifest_write(const struct manifest *m, struct buf *out)
{
	buf_u64(out, m->count);
	buf_bytes(out, m->sum, MANIFEST_SUM);
}

void
manifest_read(struct reader *r, struct manifest *out)
{
	const uint8_t *sum;

	out->count = reader_u64(r);
	if ((sum = reader_bytes(r, MANIFEST_SUM)) != NULL)
		memcpy(out->sum, sum, MANIFEST_SUM);
}
