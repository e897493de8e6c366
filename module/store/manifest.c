/* Additive multiset hashes. */
#include "module/store/manifest.h"

#include <string.h>

#include "module/crypto/kdf.h"

static CK_RV
item(struct span key, enum manifest_kind kind, uint64_t id, uint64_t version,
    uint8_t out[MANIFEST_SUM])
{
	_cleanup_(buf_wipe) struct buf b = BUF_INIT;
	struct span part;

	buf_u8(&b, (uint8_t)kind);
	buf_u64(&b, id);
	buf_u64(&b, version);
	TRY(buf_check(&b));
	part = (struct span){ b.data, b.len };
	return hmac_sha256(key, &part, 1, out);
}

CK_RV
manifest_add(struct manifest *m, struct span key, enum manifest_kind kind,
    uint64_t id, uint64_t version)
{
	uint8_t hash[MANIFEST_SUM];
	unsigned carry = 0;

	TRY(item(key, kind, id, version, hash));
	for (size_t i = 0; i < MANIFEST_SUM; i++) {
		carry += (unsigned)m->sum[i] + hash[i];
		m->sum[i] = (uint8_t)carry;
		carry >>= 8;
	}
	m->count++;
	return CKR_OK;
}

CK_RV
manifest_remove(struct manifest *m, struct span key, enum manifest_kind kind,
    uint64_t id, uint64_t version)
{
	uint8_t hash[MANIFEST_SUM];
	int borrow = 0;

	TRY(item(key, kind, id, version, hash));
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

/* Names of key slots are few and short: their hash would tell no more. */
uint64_t
manifest_slot_id(const char *who)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *who != '\0'; who++)
		h = (h ^ (uint8_t)*who) * 0x100000001b3ULL;
	return h;
}
