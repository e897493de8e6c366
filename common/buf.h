/*
 * A growing writer and a bounded reader of the project's byte formats.  Both
 * fail stickily: write or read on, and ask once at the end.  Numbers are
 * little-endian.  A writer's memory is secret memory, wiped by buf_wipe.
 */
#ifndef VECS_BUF_H
#define VECS_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/secret.h"

struct buf {
	uint8_t *data;
	size_t len, cap;
	bool failed;
};

#define BUF_INIT { NULL, 0, 0, false }

void buf_bytes(struct buf *b, const void *data, size_t len);
void buf_u8(struct buf *b, uint8_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
/* A u32 length, then the bytes. */
void buf_blob(struct buf *b, const void *data, size_t len);
void buf_wipe(struct buf *b);
/* CKR_OK or CKR_HOST_MEMORY; the bytes stay the buffer's. */
CK_RV buf_check(const struct buf *b) MUST_USE;

struct reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

/* After a failure every read gives 0, NULL and an empty blob. */
uint8_t reader_u8(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
const uint8_t *reader_bytes(struct reader *r, size_t len);
const uint8_t *reader_blob(struct reader *r, size_t *len);
/* True if nothing failed and nothing is left. */
bool reader_done(const struct reader *r);

#endif
