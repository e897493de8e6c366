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
#include "module/store/files.h"

#define FORMAT 1
#define STEP (64 * 1024) /* the file grows by this */

/* Address space only: what lies beyond the file's end is never touched.  Where
 * it is rationed, less will do. */
#define WINDOW_MAX (256UL * 1024 * 1024)
#define WINDOW_MIN (1024UL * 1024)

static const char magic[8] = "VECSGEN";

struct header {
	char magic[8];
	uint8_t format[8]; /* little-endian */
	uint8_t dbid[DBID_LEN];
	_Atomic uint64_t generation;
	uint8_t reserved[24];
};

_Static_assert(sizeof(struct header) == 64, "the cells begin at 64");

/* The numbers are shared by processes of one machine: native order.  The
 * descriptor is trusted only while it is this file: a process that daemonises
 * closes what it does not know, and its number becomes another's. */
struct coherence {
	int fd;
	dev_t device;
	ino_t inode;
	size_t window;
	_Atomic uint64_t size; /* of the file, as last seen */
	struct header *map;
	struct coherence *older;
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

static bool
cell_fits(const struct coherence *c, uint64_t id)
{
	return id < (c->window - sizeof(struct header)) / sizeof(uint64_t);
}

static bool
is_this_file(const struct coherence *c, const struct stat *st)
{
	return st->st_dev == c->device && st->st_ino == c->inode;
}

static bool
fd_is_ours(const struct coherence *c)
{
	struct stat st;

	return c->fd >= 0 && fstat(c->fd, &st) == 0 && is_this_file(c, &st);
}

static void
size_look(struct coherence *c)
{
	struct stat st;

	if (c->fd >= 0 && fstat(c->fd, &st) == 0 && is_this_file(c, &st))
		c->size = (uint64_t)st.st_size;
}

/* The size is checked before a cell is touched: it only ever grows. */
static bool
cell_is_there(struct coherence *c, uint64_t id)
{
	if (!cell_fits(c, id))
		return false;
	if (cell_end(id) > c->size)
		size_look(c);
	return cell_end(id) <= c->size;
}

static bool
file_dbid(int fd, uint8_t dbid[DBID_LEN])
{
	uint8_t bytes[sizeof(struct header)];
	struct header h;

	if (pread(fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return false;
	memcpy(&h, bytes, sizeof(bytes));
	memcpy(dbid, h.dbid, DBID_LEN);
	return memcmp(h.magic, magic, sizeof(magic)) == 0 &&
	    h.format[0] == FORMAT;
}

static bool
file_is_ours(int fd, const uint8_t dbid[DBID_LEN])
{
	uint8_t named[DBID_LEN];

	return file_dbid(fd, named) && memcmp(named, dbid, DBID_LEN) == 0;
}

bool
coherence_names(const char *path, uint8_t dbid[DBID_LEN])
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC |
	    O_NOFOLLOW);

	return fd >= 0 && file_dbid(fd, dbid);
}

static CK_RV
map_fd(const char *path, int fd, struct coherence **out)
{
	_cleanup_(freep) struct coherence *c = calloc(1, sizeof(*c));
	void *map = MAP_FAILED;
	struct stat st;

	if (c == NULL)
		return CKR_HOST_MEMORY;
	if (fstat(fd, &st) != 0)
		return file_error(path);
	c->fd = fd;
	c->device = st.st_dev;
	c->inode = st.st_ino;
	c->size = (uint64_t)st.st_size;
	for (c->window = WINDOW_MAX; c->window >= WINDOW_MIN; c->window /= 4) {
		map = mmap(NULL, c->window, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_NORESERVE, fd, 0);
		if (map != MAP_FAILED)
			break;
	}
	if (map == MAP_FAILED || c->size < sizeof(struct header))
		return fail(CKR_DEVICE_ERROR, "%s cannot be mapped", path);
	c->map = map;
	*out = TAKE(c);
	return CKR_OK;
}

/* Blocks are reserved, not holes: a full disk must not be met as SIGBUS. */
static int
file_grow(int fd, uint64_t size)
{
	int error = posix_fallocate(fd, 0, (off_t)size);

	errno = error;
	return error;
}

static uint64_t
size_for(uint64_t id)
{
	return (cell_end(id) / STEP + 1) * STEP;
}

static CK_RV
file_fill(const char *dir, const char *path, int fd,
    const uint8_t dbid[DBID_LEN], const struct coherence_seed *seed)
{
	struct header h = { .format = { FORMAT },
		.generation = seed->generation };
	uint64_t size = size_for(seed->last_object);

	memcpy(h.magic, magic, sizeof(magic));
	memcpy(h.dbid, dbid, DBID_LEN);
	TRY(file_own(dir, fd, path, false));
	if (pwrite(fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h) ||
	    file_grow(fd, size < WINDOW_MAX ? size : WINDOW_MAX) != 0)
		return file_error(path);
	return CKR_OK;
}

/* A new file, complete before it has its name. */
static CK_RV
file_make(const char *path, const uint8_t dbid[DBID_LEN],
    const struct coherence_seed *seed)
{
	char temporary[4096 + 16], dir[4096];
	_cleanup_(closep) int fd = -1;
	CK_RV rv;

	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path),
	    path);
	if ((fd = mkostemp(temporary, O_CLOEXEC)) < 0)
		return file_error(path);
	rv = file_fill(dir, path, fd, dbid, seed);
	if (rv == CKR_OK && rename(temporary, path) != 0)
		rv = file_error(path);
	if (rv != CKR_OK)
		unlink(temporary);
	return rv;
}

CK_RV
coherence_open(const char *path, const uint8_t dbid[DBID_LEN],
    const struct coherence_seed *seed, struct coherence **out)
{
	_cleanup_(closep) int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno != ENOENT)
		return file_error(path);
	if (fd < 0 || !file_is_ours(fd, dbid)) {
		if (seed == NULL)
			return CKR_OBJECT_HANDLE_INVALID;
		TRY(file_make(path, dbid, seed));
		closep(&fd);
		if ((fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) < 0)
			return file_error(path);
	}
	TRY(map_fd(path, fd, out));
	fd = -1;
	return CKR_OK;
}

void
coherence_keep(struct coherence *c, struct coherence *older)
{
	c->older = older;
}

void
coherence_close(struct coherence *c)
{
	while (c != NULL) {
		struct coherence *older = c->older;

		munmap(c->map, c->window);
		if (fd_is_ours(c))
			close(c->fd);
		free(c);
		c = older;
	}
}

bool
coherence_is_named(const struct coherence *c, const char *path)
{
	struct stat named;

	return stat(path, &named) == 0 && is_this_file(c, &named) &&
	    fd_is_ours(c);
}

uint64_t
coherence_generation(struct coherence *c)
{
	return c->map->generation;
}

uint64_t
coherence_cell(struct coherence *c, uint64_t id)
{
	static _Atomic uint64_t always;

	if (cell_is_there(c, id))
		return *cell_at(c, id);
	return atomic_fetch_add(&always, 2);
}

/* A writer that died leaves the generation odd: whether its commit was made or
 * not, the objects that it changed are looked at again.  A machine that lost
 * power leaves a generation that is behind. */
void
coherence_settle(struct coherence *c, uint64_t generation)
{
	uint64_t cells;

	if (c->map->generation == generation)
		return;
	size_look(c);
	cells = ((c->size < c->window ? c->size : c->window) -
	    sizeof(struct header)) / sizeof(uint64_t);
	for (uint64_t id = 0; id < cells; id++)
		if (*cell_at(c, id) & 1)
			*cell_at(c, id) += 1;
	c->map->generation = generation;
}

static CK_RV
cell_make(struct coherence *c, uint64_t id)
{
	if (cell_is_there(c, id) || !cell_fits(c, id))
		return CKR_OK;
	if (!fd_is_ours(c))
		return fail(CKR_DEVICE_ERROR,
		    "the coherence file was closed by somebody else");
	if (file_grow(c->fd, size_for(id)) != 0)
		return file_error("the coherence file");
	size_look(c);
	return CKR_OK;
}

static uint64_t
make_odd(_Atomic uint64_t *at)
{
	return atomic_fetch_or(at, 1) | 1;
}

CK_RV
coherence_begin(struct coherence *c, struct coherence_mark *marks,
    size_t count, uint64_t *odd)
{
	for (size_t i = 0; i < count; i++)
		TRY(cell_make(c, marks[i].id));
	for (size_t i = 0; i < count; i++)
		if (cell_is_there(c, marks[i].id))
			marks[i].odd = make_odd(cell_at(c, marks[i].id));
	*odd = make_odd(&c->map->generation);
	return CKR_OK;
}

/*
 * COMMIT lets go of the write lock, and the next writer may be here before us:
 * he takes odd numbers for those of a dead writer and completes them, and may
 * have made them odd again for his own.  Only what still is ours is changed.
 */
static void
complete(_Atomic uint64_t *at, uint64_t odd, bool committed)
{
	atomic_compare_exchange_strong(at, &odd, committed ? odd + 1 : odd - 1);
}

void
coherence_end(struct coherence *c, const struct coherence_mark *marks,
    size_t count, uint64_t odd, bool committed)
{
	for (size_t i = 0; i < count; i++)
		if (cell_is_there(c, marks[i].id))
			complete(cell_at(c, marks[i].id), marks[i].odd,
			    committed);
	complete(&c->map->generation, odd, committed);
}
