/* Backups taken apart and put together (docs/STORE-FORMAT.md, "Backups"). */
#include "tests/fuzz/stream.h"

#include <string.h>

#include "module/crypto/kdf.h"
#include "module/store/backup.h"
#include "module/store/seal.h"
#include "tests/fuzz/fuzz.h"

static const uint8_t key_bytes[BACKUP_KEY] = { 0x5a, 1, 2, 3 };
const struct span stream_key = { key_bytes, BACKUP_KEY };

/* What a store's record is bound to: its place. */
static void
binding(size_t place, struct buf *out)
{
	buf_u32(out, SEAL_FORMAT);
	buf_u64(out, place);
	FUZZ_HOLDS(buf_check(out) == CKR_OK);
}

static void
store_unseal(struct span sealed, size_t place, struct buf *out)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT;
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };

	binding(place, &aad);
	FUZZ_HOLDS(seal_open(stream_key, PURPOSE_BACKUP,
	    (struct span){ aad.data, aad.len }, sealed, &plain) == CKR_OK);
	buf_bytes(out, plain.data, plain.len);
}

void
stream_open(struct span bytes, struct stream *out)
{
	struct reader r = { bytes.data, bytes.len, false };

	FUZZ_HOLDS(memcmp(reader_bytes(&r, 8), BACKUP_MAGIC, 8) == 0);
	for (;;) {
		struct piece *p = &out->pieces[out->count];
		uint8_t type = reader_u8(&r);
		struct span payload;

		payload.data = reader_blob(&r, &payload.len);
		FUZZ_HOLDS(!r.failed && out->count < STREAM_RECORDS);
		if (type == BACKUP_END)
			return;
		*p = (struct piece){ type, BUF_INIT };
		if (type == BACKUP_STORE)
			store_unseal(payload, out->count, &p->payload);
		else
			buf_bytes(&p->payload, payload.data, payload.len);
		out->count++;
	}
}

struct closing {
	uint8_t chain_key[SEAL_KEY], chain[BACKUP_CHAIN];
	struct buf *out;
};

static void
piece_add(struct closing *c, uint8_t type, const struct buf *payload)
{
	_cleanup_(buf_wipe) struct buf record = BUF_INIT;
	struct span parts[2] = { { c->chain, BACKUP_CHAIN } };
	uint8_t next[KDF_LEN];

	buf_u8(&record, type);
	buf_blob(&record, payload->data, payload->len);
	FUZZ_HOLDS(buf_check(&record) == CKR_OK);
	parts[1] = (struct span){ record.data, record.len };
	FUZZ_HOLDS(hmac_sha256((struct span){ c->chain_key, SEAL_KEY }, parts,
	    2, next) == CKR_OK);
	memcpy(c->chain, next, BACKUP_CHAIN);
	buf_bytes(c->out, record.data, record.len);
}

static void
store_seal(struct closing *c, const struct buf *plain, size_t place)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT, sealed = BUF_INIT;

	binding(place, &aad);
	FUZZ_HOLDS(seal(stream_key, PURPOSE_BACKUP,
	    (struct span){ aad.data, aad.len },
	    (struct span){ plain->data, plain->len }, &sealed) == CKR_OK);
	piece_add(c, BACKUP_STORE, &sealed);
}

void
stream_close(const struct stream *s, struct buf *out)
{
	struct closing c = { .chain = { 0 }, .out = out };
	_cleanup_(buf_wipe) struct buf end = BUF_INIT;

	FUZZ_HOLDS(seal_subkey(stream_key, SUBKEY_BACKUP, c.chain_key) ==
	    CKR_OK);
	buf_bytes(out, BACKUP_MAGIC, 8);
	for (size_t i = 0; i < s->count; i++)
		if (s->pieces[i].type == BACKUP_STORE)
			store_seal(&c, &s->pieces[i].payload, i);
		else
			piece_add(&c, s->pieces[i].type,
			    &s->pieces[i].payload);
	buf_u64(&end, s->count);
	piece_add(&c, BACKUP_END, &end);
	buf_bytes(out, c.chain, BACKUP_CHAIN);
	FUZZ_HOLDS(buf_check(out) == CKR_OK);
}

void
stream_copy(const struct stream *s, struct stream *out)
{
	out->count = s->count;
	for (size_t i = 0; i < s->count; i++) {
		const struct buf *from = &s->pieces[i].payload;

		out->pieces[i] = (struct piece){ s->pieces[i].type, BUF_INIT };
		buf_bytes(&out->pieces[i].payload, from->data, from->len);
	}
}

void
stream_wipe(struct stream *s)
{
	for (size_t i = 0; i < s->count; i++)
		buf_wipe(&s->pieces[i].payload);
	s->count = 0;
}
