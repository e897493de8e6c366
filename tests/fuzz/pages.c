/*
 * Target functions: pages_open, pages_read, page_mend, cells_each.
 *
 * What a repair reads is a damaged database and its log, of which nothing is
 * believed.  The input: the length of the file in pages, one byte; the file;
 * the log.  Checksums of pages are made right where the file's last byte is
 * even, so that not all ends at them.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "module/store/cells.h"
#include "module/store/pagesum.h"
#include "tests/fuzz/fuzz.h"

#define FILE_PAGES 16

struct seen {
	const struct pages *pages;
	uint64_t sum;
};

/* Every byte that a cell shows may be read. */
static CK_RV
cell_seen(void *arg, const struct cell *cell)
{
	struct seen *seen = arg;

	FUZZ_HOLDS(cell->count >= 0 && cell->count <= CELL_COLUMNS);
	for (int i = 0; i < cell->count; i++) {
		const unsigned char *bytes = cell->columns[i].bytes.data;

		for (size_t k = 0; k < cell->columns[i].bytes.len; k++)
			seen->sum += bytes[k];
	}
	return CKR_OK;
}

static void
pages_walk(const struct pages *p)
{
	struct seen seen = { p, 0 };
	unsigned char page[PAGE_LEN];

	for (uint32_t n = 1; n <= p->count && n <= FILE_PAGES; n++) {
		enum page_state state = pages_read(p, n, page);

		FUZZ_HOLDS(state == PAGE_WHOLE || state == PAGE_MENDED ||
		    state == PAGE_DAMAGED);
		FUZZ_HOLDS(cells_each(p, page, n, cell_seen, &seen) == CKR_OK);
	}
}

static void
sums_make(unsigned char *file, size_t size)
{
	for (size_t at = 0; at + PAGE_LEN <= size; at += PAGE_LEN)
		pagesum_compute(file + at, PAGE_LEN, (sqlite3_int64)at,
		    file + at + PAGE_LEN - PAGESUM_SIZE);
}

static void
database_walk(const char *path)
{
	struct pages p;
	struct db conn;

	db_init(&conn, path);
	conn.salvage = true;
	FUZZ_HOLDS(db_open(&conn) == CKR_OK);
	if (pages_open(&conn, &p) == CKR_OK) {
		pages_walk(&p);
		pages_close(&p);
	}
	db_close(&conn);
	pthread_mutex_destroy(&conn.lock);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = size > 0 ? (size_t)data[0] % FILE_PAGES * PAGE_LEN : 0;
	unsigned char *file;
	char path[4200];

	log_target("none");
	if (size < 1 || len == 0)
		return 0;
	if (len > size - 1)
		len = size - 1;
	file = malloc(len + 1);
	FUZZ_HOLDS(file != NULL);
	memcpy(file, data + 1, len);
	if (len != 0 && file[len - 1] % 2 == 0)
		sums_make(file, len);
	(void)fuzz_file("vecs.db-wal", data + 1 + len, size - 1 - len);
	strcpy(path, fuzz_file("vecs.db", file, len));
	free(file);
	database_walk(path);
	return 0;
}
