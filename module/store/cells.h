/*
 * The rows that a leaf page of SQLite holds, read without SQLite: a page that
 * no tree leads to any more has them all the same.
 */
#ifndef VECS_CELLS_H
#define VECS_CELLS_H

#include "common/span.h"
#include "module/store/pages.h"

#define CELL_COLUMNS 12

enum column_type { COLUMN_NULL, COLUMN_INT, COLUMN_BLOB, COLUMN_TEXT };

struct cell {
	bool has_id;
	uint64_t id; /* of a table's row */
	int count;   /* of columns; more than CELL_COLUMNS are no row of ours */
	struct {
		enum column_type type;
		uint64_t number;
		struct span bytes;
	} columns[CELL_COLUMNS];
};

/* Calls then for each cell that can be read; the bytes are the cell's for the
 * length of the call. */
CK_RV cells_each(const struct pages *p, const unsigned char page[PAGE_LEN],
    uint32_t number, CK_RV (*then)(void *arg, const struct cell *cell),
    void *arg) MUST_USE;

#endif
