/* Finding the newest of each page. */
#include "module/store/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "module/store/files.h"
#include "module/store/mend.h"
#include "module/store/pagesum.h"

/* https://www.sqlite.org/fileformat2.html, section 4 */
#define LOG_HEADER 32
#define LOG_SALTS 16
#define LOG_SUM 24
#define LOG_MAGIC 0x377f0682u /* its lowest bit: the order of bytes */
#define FRAME_HEADER 24
#define FRAME_SIZE_AFTER 4 /* pages after the commit; 0: none here */
#define FRAME_SALTS 8
#define FRAME_SUM 16
#define FRAME (FRAME_HEADER + PAGE_LEN)

static uint32_t
u32_at(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	    (uint32_t)at[2] << 8 | at[3];
}

static off_t
frame_at(uint32_t frame)
{
	return LOG_HEADER + (off_t)(frame - 1) * FRAME;
}

static bool
log_read(const struct pages *p, off_t at, void *out, size_t len)
{
	return pread(p->log, out, len, at) == (ssize_t)len;
}

/* A frame's checksum goes on from the one that stands in the frame before. */
static bool
frame_is_whole(const struct pages *p, uint32_t frame,
    const unsigned char head[FRAME_HEADER], const unsigned char *page)
{
	off_t before = frame == 1 ? LOG_SUM : frame_at(frame - 1) + FRAME_SUM;
	unsigned char seed[8];
	uint32_t sum[2];

	if (!log_read(p, before, seed, sizeof(seed)))
		return false;
	sum[0] = u32_at(seed);
	sum[1] = u32_at(seed + 4);
	pagesum_log(head, 8, p->big, sum);
	pagesum_log(page, PAGE_LEN, p->big, sum);
	return sum[0] == u32_at(head + FRAME_SUM) &&
	    sum[1] == u32_at(head + FRAME_SUM + 4);
}

/* The log's header; where it is damaged, what its first frame says. */
static bool
log_begin(struct pages *p)
{
	unsigned char head[LOG_HEADER], first[FRAME_HEADER];
	const unsigned char *salts = head + LOG_SALTS;
	uint32_t sum[2] = { 0, 0 };
	uint32_t magic;

	if (!log_read(p, 0, head, sizeof(head)))
		return false;
	magic = u32_at(head);
	p->big = (magic & 1) != 0;
	pagesum_log(head, LOG_SUM, p->big, sum);
	if ((magic | 1) != (LOG_MAGIC | 1) ||
	    sum[0] != u32_at(head + LOG_SUM) ||
	    sum[1] != u32_at(head + LOG_SUM + 4)) {
		if (!log_read(p, LOG_HEADER, first, sizeof(first)))
			return false;
		salts = first + FRAME_SALTS;
	}
	p->salts[0] = u32_at(salts);
	p->salts[1] = u32_at(salts + 4);
	return true;
}

static CK_RV
frame_note(struct pages *p, uint32_t page, uint32_t frame)
{
	if (page == 0 || page > p->count)
		return CKR_OK; /* damaged, or cut off by a later commit */
	if (page >= p->frames_cap) {
		uint32_t cap = p->count + 1;
		uint32_t *more = realloc(p->frames, cap * sizeof(*more));

		if (more == NULL)
			return CKR_HOST_MEMORY;
		memset(more + p->frames_cap, 0,
		    (cap - p->frames_cap) * sizeof(*more));
		p->frames = more;
		p->frames_cap = cap;
	}
	p->frames[page] = frame;
	return CKR_OK;
}

static bool
frame_head(const struct pages *p, uint32_t frame,
    unsigned char head[FRAME_HEADER])
{
	return log_read(p, frame_at(frame), head, FRAME_HEADER) &&
	    u32_at(head + FRAME_SALTS) == p->salts[0] &&
	    u32_at(head + FRAME_SALTS + 4) == p->salts[1];
}

/* The last frame of the last commit; what comes after it never was. */
static uint32_t
commit_last(struct pages *p, uint32_t frames)
{
	unsigned char head[FRAME_HEADER], page[PAGE_LEN];

	for (uint32_t i = frames; i > 0; i--)
		if (frame_head(p, i, head) &&
		    u32_at(head + FRAME_SIZE_AFTER) != 0 &&
		    log_read(p, frame_at(i) + FRAME_HEADER, page, PAGE_LEN) &&
		    frame_is_whole(p, i, head, page)) {
			p->count = u32_at(head + FRAME_SIZE_AFTER);
			return i;
		}
	return 0;
}

static CK_RV
log_map(struct pages *p)
{
	unsigned char head[FRAME_HEADER];
	struct stat st;
	uint32_t last;

	if (fstat(p->log, &st) != 0 || st.st_size < LOG_HEADER + FRAME ||
	    !log_begin(p))
		return CKR_OK;
	last = commit_last(p,
	    (uint32_t)((st.st_size - LOG_HEADER) / FRAME));
	for (uint32_t i = 1; i <= last; i++)
		if (frame_head(p, i, head))
			TRY(frame_note(p, u32_at(head), i));
	return CKR_OK;
}

static CK_RV
pages_find(struct db *conn, struct pages *p)
{
	char path[4096 + 8];
	sqlite3_int64 size = 0;

	if ((p->file = db_file(conn)) == NULL ||
	    p->file->pMethods->xFileSize(p->file, &size) != SQLITE_OK)
		return db_error(conn, SQLITE_IOERR);
	p->count = (uint32_t)((size + PAGE_LEN - 1) / PAGE_LEN);
	snprintf(path, sizeof(path), "%s-wal", conn->path);
	/* No locks lie on the log: it may be opened and closed. */
	p->log = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (p->log < 0)
		return errno == ENOENT ? CKR_OK : file_error(path);
	return log_map(p);
}

CK_RV
pages_open(struct db *conn, struct pages *out)
{
	struct pages p = { .log = -1 };
	CK_RV rv = pages_find(conn, &p);

	if (rv != CKR_OK)
		pages_close(&p);
	else
		*out = p;
	return rv;
}

void
pages_close(struct pages *p)
{
	if (p->log >= 0)
		close(p->log);
	p->log = -1;
	free(p->frames);
	p->frames = NULL;
}

static enum page_state
frame_read(const struct pages *p, uint32_t frame, unsigned char out[PAGE_LEN])
{
	unsigned char head[FRAME_HEADER];

	if (!log_read(p, frame_at(frame), head, sizeof(head)) ||
	    !log_read(p, frame_at(frame) + FRAME_HEADER, out, PAGE_LEN)) {
		memset(out, 0, PAGE_LEN);
		return PAGE_DAMAGED;
	}
	return frame_is_whole(p, frame, head, out) ? PAGE_WHOLE : PAGE_DAMAGED;
}

enum page_state
pages_read(const struct pages *p, uint32_t number, unsigned char out[PAGE_LEN])
{
	sqlite3_int64 at = ((sqlite3_int64)number - 1) * PAGE_LEN;
	unsigned char sum[PAGESUM_SIZE];
	int rc;

	if (number < p->frames_cap && p->frames[number] != 0)
		return frame_read(p, p->frames[number], out);
	memset(out, 0, PAGE_LEN);
	rc = p->file->pMethods->xRead(p->file, out, PAGE_LEN, at);
	if (rc != SQLITE_OK)
		return PAGE_DAMAGED;
	/* A hole, which nothing uses. */
	if (out[0] == 0 && memcmp(out, out + 1, PAGE_LEN - 1) == 0)
		return PAGE_WHOLE;
	pagesum_compute(out, PAGE_LEN, at, sum);
	if (memcmp(sum, out + PAGE_LEN - PAGESUM_SIZE, PAGESUM_SIZE) == 0)
		return PAGE_WHOLE;
	return page_mend(out, PAGE_LEN, at) ? PAGE_MENDED : PAGE_DAMAGED;
}
