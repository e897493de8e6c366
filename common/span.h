/* Bytes that somebody else owns.  data NULL: absent; len 0 alone: empty. */
#ifndef VECS_SPAN_H
#define VECS_SPAN_H

#include <stddef.h>

struct span {
	const void *data;
	size_t len;
};

#endif
