/*
 * Failures where and when a test wants them: the n-th call of a kind that the
 * module under test makes.  A second build of the module has its calls of the
 * allocator (memory.c) and of libcrypto (made by wrap.py) go through wrappers;
 * calls for files (files.c) are caught in the test program, the module's as
 * well as SQLite's.
 */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <stdbool.h>

enum fault_kind { FAULT_MEMORY, FAULT_CRYPTO, FAULT_SQLITE, FAULT_FILE,
	FAULT_KINDS };

extern const char *const fault_names[FAULT_KINDS];

/* The n-th call of the kind from now on fails; then all go well again, or with
 * `on` none does until fault_disarm. */
void fault_arm(enum fault_kind kind, unsigned n, bool on);
/* Whether it came to that. */
bool fault_disarm(void);

/* What a library shall find in the test program. */
#define FAULT_EXPORTED __attribute__((visibility("default")))

/* For the wrappers: shall this call fail? */
FAULT_EXPORTED bool fault_now(enum fault_kind kind);

/* Makes SQLite's allocator one that fails; before its first use. */
void fault_sqlite(void);

#endif
