/*
 * Keeps libcrypto's error queue, which is the application's too, as it was:
 *   _cleanup_(errors_forget) errors_scope mark = errors_mark();
 * drops at the end of the scope what our own calls left there.
 */
#ifndef VECS_ERRORS_H
#define VECS_ERRORS_H

#include <openssl/err.h>

/* An int that clang does not call unused. */
typedef int errors_scope __attribute__((unused));

static inline errors_scope
errors_mark(void)
{
	return ERR_set_mark();
}

/* Without an entry there was nothing to mark, and all there is is ours. */
static inline void
errors_forget(errors_scope *mark)
{
	(void)mark;
	(void)ERR_pop_to_mark();
}

#endif
