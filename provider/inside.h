/*
 * The mark of a thread that is inside the PKCS#11 module.  A module may use
 * libcrypto, which would ask us what we offer and end up in the module again:
 * while the mark is set we offer nothing.
 */
#ifndef VECS_PROVIDER_INSIDE_H
#define VECS_PROVIDER_INSIDE_H

#include "common/pkcs11.h"

extern _Thread_local unsigned inside_depth;

static inline CK_RV
inside_leave(CK_RV rv)
{
	inside_depth--;
	return rv;
}

/* P11(m, C_Sign(...)): a call of the module's function list. */
#define P11(m, call) ((void)inside_depth++, inside_leave((m)->f->call))

#endif
