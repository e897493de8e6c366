/*
 * All control-flow macros of the project, and what binds cleanup to scope.
 * TRY is one of the three macros that return; its siblings WITH_SESSION and
 * WITH_TOKEN are in module/entry.c.
 */
#ifndef VECS_CLEANUP_H
#define VECS_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* _cleanup_(thing_freep) struct thing *t = NULL; */
#define _cleanup_(fn) __attribute__((cleanup(fn)))

/* Hands a pointer on: the scope lets go of it. */
#define TAKE(p) \
	__extension__({ \
		__typeof__(p) taken_ = (p); \
		(p) = NULL; \
		taken_; \
	})

/* For functions that return CK_RV: leaves with the first failure. */
#define TRY(call) \
	do { \
		CK_RV try_rv_ = (call); \
		if (try_rv_ != CKR_OK) \
			return try_rv_; \
	} while (0)

/* Defines fnp(type *), which calls fn unless the pointer is NULL. */
#define DEFINE_CLEANUP(type, fn) \
	__attribute__((unused)) static inline void fn##p(type *p) \
	{ \
		if (*p != NULL) \
			fn(*p); \
	}

/* For a pointer of any type: _cleanup_(freep) char *text = NULL; */
__attribute__((unused)) static inline void
freep(void *p)
{
	free(*(void **)p);
}

__attribute__((unused)) static inline void
closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

DEFINE_CLEANUP(FILE *, fclose)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
