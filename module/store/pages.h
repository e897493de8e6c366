/*
 * The pages of a damaged database, each as it was last written: from the
 * write-ahead log, else from the file.  Trees are not followed and nothing is
 * changed.  docs/STORE-FORMAT.md, "Repair".
 */
#ifndef VECS_PAGES_H
#define VECS_PAGES_H

#include "module/store/db.h"

#define PAGE_LEN 4096

enum page_state {
	PAGE_WHOLE,
	PAGE_MENDED,
	PAGE_DAMAGED, /* what is left of it */
};

struct pages {
	sqlite3_file *file;  /* borrowed */
	int log;             /* or -1 */
	uint32_t count;      /* pages are numbered from 1 */
	uint32_t *frames;    /* of the log, from 1, by page; 0: the file's */
	uint32_t frames_cap;
	uint32_t salts[2];   /* of the log: other frames are an older one's */
	bool big;            /* the order of bytes in the log's checksums */
};

/* conn: of a database that is being salvaged, holding its write lock. */
CK_RV pages_open(struct db *conn, struct pages *out) MUST_USE;
void pages_close(struct pages *p);

enum page_state pages_read(const struct pages *p, uint32_t number,
    unsigned char out[PAGE_LEN]);

#endif
