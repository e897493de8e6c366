/*
 * Ways for a sensitive key out of one token and into another: under a wrapping
 * key that exists for these two sessions alone.
 */
#ifndef VECS_TOOL_WAYS_H
#define VECS_TOOL_WAYS_H

#include "tool/wrapping.h"

#define WAYS 7

struct ways {
	/* Their keys, made at the first need. */
	struct way_keys {
		bool tried;
		CK_RV rv;
		struct secret kek; /* where both have it from us */
		CK_OBJECT_HANDLE wraps, unwraps;
	} keys[WAYS];
};

/*
 * Makes the copy by the first way that both tokens go; otherwise what the
 * first of them answered, and CKR_MECHANISM_INVALID where there is no way.
 */
CK_RV ways_go(struct ways *w, const struct token *from,
    const struct token *to, CK_OBJECT_HANDLE object,
    const struct attrs *copy) MUST_USE;

void ways_wipe(struct ways *w);

#endif
