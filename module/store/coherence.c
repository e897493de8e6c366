/* The mapped generation and the cells. */
#include "module/store/coherence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/log.h"

#define FORMAT 1
#define STEP (64 * 1024) /* the file grows by this */
/* Address space only: cells beyond the file's end are never touched. */
#define WINDOW (256UL * 1024 * 1024)

static const char magic[8] = "VECSGEN";

struct header {
	char magic[8];
	uint8_t format[8]; /* little-endian */
	uint8_t dbid[DBID_LEN];
	_Atomic uint64_t generation;
	uint8_t reserved[24];
};

_Static_assert(sizeof(struct header) == 64, "the cells begin at 64");

/* The numbers are shared by processes of one machine: native order. */
struct coherence {
	int fd;
	_Atomic uint64_t size; /* of the file, as last seen */
	struct header *map;
};

static _Atomic uint64_t *
cell_at(struct coherence *c, uint64_t id)
{
	return (_Atomic uint64_t *)(void *)(c->map + 1) + id;
}

static uint64_t
cell_end(uint64_t id)
{
	return sizeof(struct header) + (id + 1) * sizeof(uint64_t);
}

/* The size is checked before a cell is touched: it only ever grows. */
static bool
cell_is_there(struct coherence *c, uint64_t id)
{
	struct stat st;

	if (id >= (WINDOW - sizeof(struct header)) / sizeof(uint64_t))
		return false;
	if (cell_end(id) <= c->size)
		return true;
	if (fstat(c->fd, &st) != 0 || cell_end(id) > (uint64_t)st.st_size)
		return false;
	c->size = (uint64_t)st.st_size;
	return true;
}

static bool
header_is_ours(const struct header *h, const uint8_t dbid[DBID_LEN])
{
	return memcmp(h->magic, magic, sizeof(magic)) == 0 &&
	    h->format[0] == FORMAT && memcmp(h->dbid, dbid, DBID_LEN) == 0;
}

static CK_RV
map_fd(const char *path, int fd, struct coherence **out)
{
	struct coherence *c = calloc(1, sizeof(*c));
	struct stat st;

	if (c == NULL)
		return CKR_HOST_MEMORY;
	c->map = MAP_FAILED;
	if (fstat(fd, &st) == 0 && (size_t)st.st_size >= sizeof(struct header))
		c->map = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (c->map == MAP_FAILED) {
		free(c);
		return fail(CKR_DEVICE_ERROR, "%s cannot be mapped", path);
	}
	c->fd = fd;
	c->size = (uint64_t)st.st_size;
	*out = c;
	return CKR_OK;
}

static bool
file_is_ours(int fd, const uint8_t dbid[DBID_LEN])
{
	uint8_t bytes[sizeof(struct header)];
	struct header h;

	if (pread(fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return false;
	memcpy(&h, bytes, sizeof(bytes));
	return header_is_ours(&h, dbid);
}

/* A new file, complete before it has its name. */
static CK_RV
file_make(const char *path, const uint8_t dbid[DBID_LEN],
    uint64_t generation)
{
	struct header h = { .format = { FORMAT }, .generation = generation };
	char temporary[4096];
	_cleanup_(closep) int fd = -1;
	struct stat st;
	char dir[4096];

	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path),
	    path);
	if ((fd = mkostemp(temporary, O_CLOEXEC)) < 0)
		return fail(CKR_DEVICE_ERROR, "%s: %s", path, strerror(errno));
	memcpy(h.magic, magic, sizeof(magic));
	memcpy(h.dbid, dbid, DBID_LEN);
	if (stat(dir, &st) != 0 ||
	    (st.st_uid != geteuid() && fchown(fd, st.st_uid, st.st_gid) != 0) ||
	    pwrite(fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h) ||
	    posix_fallocate(fd, 0, STEP) != 0 || rename(temporary, path) != 0) {
		CK_RV rv = fail(errno == ENOSPC ? CKR_DEVICE_MEMORY
		                                : CKR_DEVICE_ERROR,
		    "%s: %s", path, strerror(errno));

		unlink(temporary);
		return rv;
	}
	return CKR_OK;
}

CK_RV
coherence_open(const char *path, const uint8_t dbid[DBID_LEN],
    uint64_t generation, bool may_make, struct coherence **out)
{
	_cleanup_(closep) int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno != ENOENT)
		return fail(CKR_DEVICE_ERROR, "%s: %s", path, strerror(errno));
	if (fd < 0 || !file_is_ours(fd, dbid)) {
		if (!may_make)
			return CKR_OBJECT_HANDLE_INVALID;
		TRY(file_make(path, dbid, generation));
		closep(&fd);
		if ((fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) < 0)
			return fail(CKR_DEVICE_ERROR, "%s: %s", path,
			    strerror(errno));
	}
	TRY(map_fd(path, fd, out));
	fd = -1;
	return CKR_OK;
}

void
coherence_close(struct coherence *c)
{
	munmap(c->map, WINDOW);
	close(c->fd);
	free(c);
}

uint64_t
coherence_generation(struct coherence *c)
{
	return c->map->generation;
}

/* An object beyond the window never counts as unchanged: it is read again. */
uint64_t
coherence_cell(struct coherence *c, uint64_t id)
{
	static _Atomic uint64_t always;

	if (cell_is_there(c, id))
		return *cell_at(c, id);
	return atomic_fetch_add(&always, 2);
}

void
coherence_repair(struct coherence *c, uint64_t generation)
{
	uint64_t cells;

	if ((c->map->generation & 1) == 0)
		return;
	cell_is_there(c, 0);
	cells = (c->size - sizeof(struct header)) / sizeof(uint64_t);
	for (uint64_t id = 0; id < cells; id++)
		if (*cell_at(c, id) & 1)
			*cell_at(c, id) += 1;
	c->map->generation = generation;
}

static CK_RV
grow(struct coherence *c, uint64_t id)
{
	uint64_t size = (cell_end(id) / STEP + 1) * STEP;

	if (cell_is_there(c, id) || size > WINDOW)
		return CKR_OK;
	/* Reserved, not sparse: a full disk must not be met as SIGBUS. */
	if (posix_fallocate(c->fd, 0, (off_t)size) != 0)
		return fail(CKR_DEVICE_MEMORY,
		    "no space for the coherence file");
	c->size = size;
	return CKR_OK;
}

CK_RV
coherence_begin(struct coherence *c, const uint64_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		TRY(grow(c, ids[i]));
	for (size_t i = 0; i < count; i++)
		if (cell_is_there(c, ids[i]))
			*cell_at(c, ids[i]) |= 1;
	c->map->generation |= 1;
	return CKR_OK;
}

void
coherence_end(struct coherence *c, const uint64_t *ids, size_t count,
    bool committed)
{
	for (size_t i = 0; i < count; i++) {
		if (!cell_is_there(c, ids[i]) || (*cell_at(c, ids[i]) & 1) == 0)
			continue;
		if (committed)
			*cell_at(c, ids[i]) += 1;
		else
			*cell_at(c, ids[i]) -= 1;
	}
	if (committed)
		c->map->generation += 1;
	else
		c->map->generation -= 1;
}
