/*
 * For tests: a whole template for every kind of object that a client may make,
 * and what a token holds, to see that it is what it was.
 */
#ifndef TESTS_SAMPLES_H
#define TESTS_SAMPLES_H

#include "tests/lib/p11.h"

#define SAMPLE_ATTRIBUTES 40
#define SAMPLE_MAX 23

struct sample {
	const char *name;
	CK_ATTRIBUTE t[SAMPLE_ATTRIBUTES];
	CK_ULONG n;
};

/*
 * Fills all from objects that it makes in the session and takes away again, and
 * tells how many kinds the module has.  Every attribute that a template of the
 * kind may have is there with an honest value, CKA_TOKEN (false) too; behind
 * each value stands one more byte, 0xa4, that a test may read.  The values live
 * as long as the process.
 */
CK_ULONG samples_make(CK_SESSION_HANDLE s, struct sample all[SAMPLE_MAX]);
CK_ATTRIBUTE *sample_attribute(struct sample *sample, CK_ATTRIBUTE_TYPE type);

/* The vecs check of the session's store finds nothing. */
void check_store(CK_SESSION_HANDLE s);

#endif
