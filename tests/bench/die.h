/* How the programs of this folder end when something does not work. */
#ifndef BENCH_DIE_H
#define BENCH_DIE_H

#include "common/cleanup.h"

/* Gets the line instead of stderr, if it is set. */
extern void (*die_word)(const char *text);

/* One line on stderr, then exit status 1 without any exit handler. */
void die(const char *format, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

/* Dies unless the expression is true. */
#define NEED(expression) \
	do { \
		if (!(expression)) \
			die("%s:%d: %s", __FILE__, __LINE__, #expression); \
	} while (0)

/* Dies unless the call answers CKR_OK. */
#define NEED_OK(call) \
	do { \
		CK_RV need_rv_ = (call); \
		if (need_rv_ != CKR_OK) \
			die("%s:%d: %s: 0x%lx", __FILE__, __LINE__, #call, \
			    need_rv_); \
	} while (0)

#endif
