/* Checksums of database pages, between SQLite and the file. */
#include "module/store/pagesum.h"

#include <endian.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "common/log.h"

#define PAGE_MIN 512

/* SQLite allocates this and, right behind it, the system's own file. */
struct file {
	sqlite3_file base;
	int sums; /* a main database: pages have checksums */
};

static struct {
	pthread_once_t once;
	sqlite3_vfs vfs;
	int rc;
} shim = { .once = PTHREAD_ONCE_INIT };

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
		uint64_t word;

		memcpy(&word, page + i, sizeof(word));
		h = (h ^ le64toh(word)) * 0x100000001b3ULL;
		h ^= h >> 32;
	}
	for (int k = 0; k < PAGESUM_SIZE; k++)
		out[k] = (unsigned char)(h >> (8 * k));
}

/* Whole pages only: the few bytes of a header are read again with the page. */
static int
is_page(const struct file *f, int amount, sqlite3_int64 at)
{
	return f->sums && amount >= PAGE_MIN && (amount & (amount - 1)) == 0 &&
	    at % amount == 0;
}

static int
file_close(sqlite3_file *f)
{
	return real(f)->pMethods->xClose(real(f));
}

static int
file_read(sqlite3_file *f, void *out, int amount, sqlite3_int64 at)
{
	int rc = real(f)->pMethods->xRead(real(f), out, amount, at);
	unsigned char sum[PAGESUM_SIZE];

	if (rc != SQLITE_OK || !is_page((struct file *)(void *)f, amount, at))
		return rc;
	pagesum_compute(out, amount, at, sum);
	if (memcmp((unsigned char *)out + amount - PAGESUM_SIZE, sum,
		PAGESUM_SIZE) != 0)
		return SQLITE_IOERR_DATA;
	return SQLITE_OK;
}

/* The reserved bytes at the end of the buffer are nobody else's. */
static int
file_write(sqlite3_file *f, const void *data, int amount, sqlite3_int64 at)
{
	unsigned char *page = (unsigned char *)(uintptr_t)data;

	if (is_page((struct file *)(void *)f, amount, at))
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
	rc = system_vfs(vfs)->xOpen(system_vfs(vfs), name, real(f), flags,
	    out_flags);
	own->sums = (flags & SQLITE_OPEN_MAIN_DB) != 0;
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

static void
shim_once(void)
{
	sqlite3_vfs *own = sqlite3_vfs_find(NULL);

	if (own == NULL) {
		shim.rc = SQLITE_ERROR;
		return;
	}
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
	shim.rc = sqlite3_vfs_register(&shim.vfs, 0);
}

CK_RV
pagesum_register(void)
{
	pthread_once(&shim.once, shim_once);
	if (shim.rc != SQLITE_OK)
		return fail(CKR_GENERAL_ERROR,
		    "SQLite does not take our file layer");
	return CKR_OK;
}
