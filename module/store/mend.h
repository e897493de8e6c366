/* The page that a damaged one was, where little of it has changed. */
#ifndef VECS_MEND_H
#define VECS_MEND_H

#include <stdbool.h>
#include <stdint.h>

/* True if the page, at this offset of its file, is as its checksum says, or has
 * been made so by a change of one byte, where there is but one such change. */
bool page_mend(unsigned char *page, int size, int64_t at);

#endif
