/*
 * The mark of a thread that is inside the PKCS#11 module.  A module may use
 * libcrypto, which would ask us what we offer and end up in the module again:
 * while the mark is set we offer nothing.
 */
#ifndef VECS_PROVIDER_INSIDE_H
#define VECS_PROVIDER_INSIDE_H

#include <openssl/err.h>

#include "common/pkcs11.h"

extern _Thread_local unsigned inside_depth;

/* Errors that the module leaves in libcrypto's queue are its own affair. */
static inline void
inside_enter(void)
{
	inside_depth++;
	ERR_set_mark();
}

static inline CK_RV
inside_leave(CK_RV rv)
{
	ERR_pop_to_mark();
	inside_depth--;
	return rv;
}

/* P11(m, C_Sign(...)): a call of the module's function list. */
#define P11(m, call) (inside_enter(), inside_leave((m)->f->call))

#endif
