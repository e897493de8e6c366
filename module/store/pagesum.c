/* Checksums of pages, between SQLite and the file. */
#include "module/store/pagesum.h"

#include <endian.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"

#define PAGE_MIN 512
#define HEADER 100 /* of a database */
#define HEADER_FIXED 24
#define HEADER_VALID_FOR 92

/* The write-ahead log: a header, then frames of a header and a page. */
#define LOG_HEADER 32
#define FRAME_HEADER 24
#define FRAME_SUM 16 /* where a frame's header has its checksum */
#define LOG_SUM 24   /* and the log's */

enum kind { KIND_OTHER, KIND_DATABASE, KIND_LOG };

/* SQLite allocates this and, right behind it, the system's own file. */
struct file {
	sqlite3_file base;
	enum kind kind;
	bool salvage; /* what is damaged is given as it is */
};

static _Thread_local struct {
	const char *what;
	sqlite3_int64 number;
} damage = { "a page", 0 };

static struct {
	pthread_mutex_t lock;
	sqlite3_vfs vfs, salvage;
	bool registered;
} shim = { .lock = PTHREAD_MUTEX_INITIALIZER };

static sqlite3_vfs *
system_vfs(sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

static sqlite3_file *
real(sqlite3_file *f)
{
	return (sqlite3_file *)(void *)((struct file *)(void *)f + 1);
}

/* FNV-1a over words: every step is a bijection, so that no change of a single
 * word goes unseen; the offset goes in first, so that no page passes for
 * another. */
void
pagesum_compute(const unsigned char *page, int size, sqlite3_int64 at,
    unsigned char out[PAGESUM_SIZE])
{
	uint64_t h = (0xcbf29ce484222325ULL ^ (uint64_t)at) *
	    0x100000001b3ULL;

	for (int i = 0; i + 8 <= size - PAGESUM_SIZE; i += 8) {
		uint64_t w;

		memcpy(&w, page + i, sizeof(w));
		h = (h ^ le64toh(w)) * 0x100000001b3ULL;
		h ^= h >> 32;
	}
	for (int k = 0; k < PAGESUM_SIZE; k++)
		out[k] = (unsigned char)(h >> (8 * k));
}

static enum kind
kind_of(sqlite3_file *f)
{
	return ((struct file *)(void *)f)->kind;
}

/* Whole pages only: the few bytes of a header are read again with the page. */
static bool
is_page(int amount)
{
	return amount >= PAGE_MIN && (amount & (amount - 1)) == 0;
}

static int
file_close(sqlite3_file *f)
{
	return real(f)->pMethods->xClose(real(f));
}

static int
damaged(const char *what, sqlite3_int64 number)
{
	damage.what = what;
	damage.number = number;
	return SQLITE_IOERR_DATA;
}

void
pagesum_damaged(char out[PAGESUM_NAME])
{
	snprintf(out, PAGESUM_NAME, "%s %lld", damage.what,
	    (long long)damage.number);
}

static int
page_check(const unsigned char *page, int size, sqlite3_int64 at)
{
	unsigned char sum[PAGESUM_SIZE];

	pagesum_compute(page, size, at, sum);
	if (memcmp(page + size - PAGESUM_SIZE, sum, PAGESUM_SIZE) != 0)
		return damaged("page", at / size + 1);
	return SQLITE_OK;
}

static uint32_t
word(const unsigned char *at, bool big)
{
	return big ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	                 (uint32_t)at[2] << 8 | at[3]
	           : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
	                 (uint32_t)at[1] << 8 | at[0];
}

/* SQLite's checksum of its log, from https://www.sqlite.org/fileformat2.html
 * section 4.2, in the order of bytes that the log's magic number tells. */
void
pagesum_log(const unsigned char *data, int len, bool big, uint32_t sum[2])
{
	for (int i = 0; i < len; i += 8) {
		sum[0] += word(data + i, big) + sum[1];
		sum[1] += word(data + i + 4, big) + sum[0];
	}
}

/*
 * A frame's checksum continues the one before it.  Frames that a reader may
 * see are complete: connections do not write before they commit (cache_spill).
 */
static int
frame_check(sqlite3_file *f, const unsigned char *page, int size,
    sqlite3_int64 at)
{
	sqlite3_int64 number = (at - LOG_HEADER) / (FRAME_HEADER + size);
	sqlite3_int64 before = number == 0 ? LOG_SUM
	    : at - size - 2 * FRAME_HEADER + FRAME_SUM;
	unsigned char log[LOG_HEADER], seed[8], head[FRAME_HEADER];
	uint32_t sum[2];
	bool big;

	if ((at - LOG_HEADER) % (FRAME_HEADER + size) != FRAME_HEADER)
		return SQLITE_OK;
	if (real(f)->pMethods->xRead(real(f), log, LOG_HEADER, 0) != SQLITE_OK ||
	    real(f)->pMethods->xRead(real(f), seed, sizeof(seed), before) !=
		SQLITE_OK ||
	    real(f)->pMethods->xRead(real(f), head, FRAME_HEADER,
		at - FRAME_HEADER) != SQLITE_OK)
		return SQLITE_IOERR_READ;
	big = log[3] & 1;
	sum[0] = word(seed, true);
	sum[1] = word(seed + 4, true);
	pagesum_log(head, 8, big, sum);
	pagesum_log(page, size, big, sum);
	if (sum[0] != word(head + FRAME_SUM, true) ||
	    sum[1] != word(head + FRAME_SUM + 4, true))
		return damaged("frame of the log", number + 1);
	return SQLITE_OK;
}

/* With a header that SQLite does not know, a database could not be locked, nor
 * the pages put in their place: a salvaged one always has ours. */
static void
header_mend(unsigned char *head)
{
	static const unsigned char begin[] = "SQLite format 3\0\x10\0\2\2"
	    "\x08\x40\x20\x20";

	if (memcmp(head, begin, HEADER_FIXED) == 0)
		return;
	memcpy(head, begin, HEADER_FIXED);
	/* Counters that do not agree: the size is the file's. */
	memset(head + HEADER_FIXED, 0, 8);
	memset(head + HEADER_VALID_FOR, 0xff, 4);
}

static int
file_salvage(sqlite3_file *f, void *out, int amount, sqlite3_int64 at)
{
	int rc = real(f)->pMethods->xRead(real(f), out, amount, at);

	if (kind_of(f) == KIND_DATABASE && at == 0 && amount >= HEADER &&
	    (rc == SQLITE_OK || rc == SQLITE_IOERR_SHORT_READ))
		header_mend(out);
	return rc;
}

static int
file_read(sqlite3_file *f, void *out, int amount, sqlite3_int64 at)
{
	int rc;

	if (((struct file *)(void *)f)->salvage)
		return file_salvage(f, out, amount, at);
	rc = real(f)->pMethods->xRead(real(f), out, amount, at);
	if (rc != SQLITE_OK || !is_page(amount))
		return rc;
	if (kind_of(f) == KIND_DATABASE && at % amount == 0)
		return page_check(out, amount, at);
	return kind_of(f) == KIND_LOG ? frame_check(f, out, amount, at)
	                              : SQLITE_OK;
}

/* The reserved bytes at the end of the buffer are nobody else's. */
static int
file_write(sqlite3_file *f, const void *data, int amount, sqlite3_int64 at)
{
	unsigned char *page = (unsigned char *)(uintptr_t)data;

	if (kind_of(f) == KIND_DATABASE && is_page(amount) && at % amount == 0)
		pagesum_compute(page, amount, at,
		    page + amount - PAGESUM_SIZE);
	return real(f)->pMethods->xWrite(real(f), data, amount, at);
}

static int
file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return real(f)->pMethods->xTruncate(real(f), size);
}

static int
file_sync(sqlite3_file *f, int flags)
{
	return real(f)->pMethods->xSync(real(f), flags);
}

static int
file_size(sqlite3_file *f, sqlite3_int64 *out)
{
	return real(f)->pMethods->xFileSize(real(f), out);
}

static int
file_lock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xLock(real(f), level);
}

static int
file_unlock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xUnlock(real(f), level);
}

static int
file_reserved(sqlite3_file *f, int *out)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int
file_control(sqlite3_file *f, int op, void *arg)
{
	return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int
file_sector_size(sqlite3_file *f)
{
	return real(f)->pMethods->xSectorSize(real(f));
}

static int
file_characteristics(sqlite3_file *f)
{
	return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int
file_shm_map(sqlite3_file *f, int page, int size, int extend,
    void volatile **out)
{
	return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

static int
file_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}

static void
file_shm_barrier(sqlite3_file *f)
{
	real(f)->pMethods->xShmBarrier(real(f));
}

static int
file_shm_unmap(sqlite3_file *f, int delete)
{
	return real(f)->pMethods->xShmUnmap(real(f), delete);
}

/* Version 2: without xFetch no page is read past us. */
static const sqlite3_io_methods methods = {
	2,
	file_close,
	file_read,
	file_write,
	file_truncate,
	file_sync,
	file_size,
	file_lock,
	file_unlock,
	file_reserved,
	file_control,
	file_sector_size,
	file_characteristics,
	file_shm_map,
	file_shm_lock,
	file_shm_barrier,
	file_shm_unmap,
	NULL,
	NULL,
};

static int
vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *out_flags)
{
	struct file *own = (struct file *)(void *)f;
	int rc;

	memset(own, 0, sizeof(*own));
	own->salvage = vfs == &shim.salvage;
	rc = system_vfs(vfs)->xOpen(system_vfs(vfs), name, real(f), flags,
	    out_flags);
	if (flags & SQLITE_OPEN_MAIN_DB)
		own->kind = KIND_DATABASE;
	else if (flags & SQLITE_OPEN_WAL)
		own->kind = KIND_LOG;
	if (real(f)->pMethods != NULL)
		own->base.pMethods = &methods;
	return rc;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	return system_vfs(vfs)->xDelete(system_vfs(vfs), name, sync);
}

static int
vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	return system_vfs(vfs)->xAccess(system_vfs(vfs), name, flags, out);
}

static int
vfs_pathname(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	return system_vfs(vfs)->xFullPathname(system_vfs(vfs), name, size,
	    out);
}

static int
shim_register(void)
{
	/* By name: an application may have made another one the default. */
	sqlite3_vfs *own = sqlite3_vfs_find("unix");
	int rc;

	if (own == NULL)
		return SQLITE_ERROR;
	/* Everything that needs no file of ours is the system's, called with
	 * our table: randomness, time, sleep read no pAppData. */
	shim.vfs = *own;
	shim.vfs.pNext = NULL;
	shim.vfs.zName = PAGESUM_VFS;
	shim.vfs.szOsFile = (int)sizeof(struct file) + own->szOsFile;
	shim.vfs.pAppData = own;
	shim.vfs.xOpen = vfs_open;
	shim.vfs.xDelete = vfs_delete;
	shim.vfs.xAccess = vfs_access;
	shim.vfs.xFullPathname = vfs_pathname;
	shim.salvage = shim.vfs;
	shim.salvage.zName = PAGESUM_SALVAGE;
	rc = sqlite3_vfs_register(&shim.vfs, 0);
	return rc == SQLITE_OK ? sqlite3_vfs_register(&shim.salvage, 0) : rc;
}

CK_RV
pagesum_register(void)
{
	bool there;

	pthread_mutex_lock(&shim.lock);
	if (!shim.registered)
		shim.registered = shim_register() == SQLITE_OK;
	there = shim.registered;
	pthread_mutex_unlock(&shim.lock);
	if (!there)
		return fail(CKR_GENERAL_ERROR,
		    "SQLite does not take our file layer");
	return CKR_OK;
}
