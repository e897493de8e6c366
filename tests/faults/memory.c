/* The allocator as the module under test sees it (ld --wrap). */
#include <stddef.h>
#include <sys/mman.h>

#include "tests/faults/fault.h"

#define WRAPPED(result, bad, name, parameters, given) \
	result __real_##name parameters; \
	result __wrap_##name parameters; \
	result __wrap_##name parameters \
	{ \
		return fault_now(FAULT_MEMORY) ? bad : __real_##name given; \
	}

WRAPPED(void *, NULL, malloc, (size_t n), (n))
WRAPPED(void *, NULL, calloc, (size_t n, size_t size), (n, size))
WRAPPED(void *, NULL, realloc, (void *p, size_t n), (p, n))
WRAPPED(void *, NULL, reallocarray, (void *p, size_t n, size_t size), (p, n, size))
WRAPPED(char *, NULL, strdup, (const char *s), (s))
WRAPPED(char *, NULL, strndup, (const char *s, size_t n), (s, n))
WRAPPED(void *, MAP_FAILED, mmap, (void *p, size_t n, int how, int flags,
    int fd, off_t at), (p, n, how, flags, fd, at))
