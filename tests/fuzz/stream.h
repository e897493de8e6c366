/* A backup's stream taken apart, so that a fuzz target can change what stands
 * behind its seal and its chain of MACs, and put together again. */
#ifndef TESTS_FUZZ_STREAM_H
#define TESTS_FUZZ_STREAM_H

#include "common/buf.h"
#include "common/span.h"

#define STREAM_RECORDS 64

struct piece {
	uint8_t type;
	struct buf payload; /* of a store's record: what it seals */
};

struct stream {
	struct piece pieces[STREAM_RECORDS];
	size_t count;
};

/* The key of all streams here. */
extern const struct span stream_key;

/* From the bytes of a real backup; what follows the end is left out. */
void stream_open(struct span bytes, struct stream *out);
/* Seals and chains anew, with the right end. */
void stream_close(const struct stream *s, struct buf *out);
void stream_copy(const struct stream *s, struct stream *out);
void stream_wipe(struct stream *s);

#endif
