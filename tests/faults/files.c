/*
 * The calls for files that the module and SQLite make: this program's symbols
 * come before the C library's.  A failure is EIO, and for what needs space
 * ENOSPC.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "tests/faults/fault.h"

#define CAUGHT(result, bad, error, name, parameters, given) \
	FAULT_EXPORTED result name parameters; \
	result name parameters \
	{ \
		static result (*next) parameters; \
		if (fault_now(FAULT_FILE)) { \
			errno = error; \
			return bad; \
		} \
		if (next == NULL) \
			*(void **)&next = dlsym(RTLD_NEXT, #name); \
		return next given; \
	}

CAUGHT(ssize_t, -1, EIO, pread, (int fd, void *p, size_t n, off_t at),
    (fd, p, n, at))
CAUGHT(ssize_t, -1, EIO, pread64, (int fd, void *p, size_t n, off_t at),
    (fd, p, n, at))
CAUGHT(ssize_t, -1, ENOSPC, pwrite, (int fd, const void *p, size_t n,
    off_t at), (fd, p, n, at))
CAUGHT(ssize_t, -1, ENOSPC, pwrite64, (int fd, const void *p, size_t n,
    off_t at), (fd, p, n, at))
CAUGHT(int, -1, EIO, fsync, (int fd), (fd))
CAUGHT(int, -1, EIO, fdatasync, (int fd), (fd))
CAUGHT(int, -1, EIO, ftruncate, (int fd, off_t size), (fd, size))
CAUGHT(int, -1, EIO, ftruncate64, (int fd, off_t size), (fd, size))
CAUGHT(int, ENOSPC, ENOSPC, posix_fallocate, (int fd, off_t at, off_t size),
    (fd, at, size))
CAUGHT(int, -1, EIO, link, (const char *from, const char *to), (from, to))
CAUGHT(int, -1, EIO, rename, (const char *from, const char *to), (from, to))
CAUGHT(int, -1, EIO, fchmod, (int fd, mode_t mode), (fd, mode))
CAUGHT(int, -1, EIO, fchown, (int fd, uid_t user, gid_t group),
    (fd, user, group))
CAUGHT(int, -1, EIO, mkdir, (const char *path, mode_t mode), (path, mode))
CAUGHT(int, -1, EIO, mkostemp, (char *path, int flags), (path, flags))

/* The mode is read where it may be given: a register's content else. */
#define CAUGHT_OPEN(name) \
	FAULT_EXPORTED int name(const char *path, int flags, ...); \
	int name(const char *path, int flags, ...) \
	{ \
		static int (*next)(const char *, int, ...); \
		va_list rest; \
		unsigned mode; \
		va_start(rest, flags); \
		mode = va_arg(rest, unsigned); \
		va_end(rest); \
		if (fault_now(FAULT_FILE)) { \
			errno = EMFILE; \
			return -1; \
		} \
		if (next == NULL) \
			*(void **)&next = dlsym(RTLD_NEXT, #name); \
		return next(path, flags, mode); \
	}

CAUGHT_OPEN(open)
CAUGHT_OPEN(open64)
