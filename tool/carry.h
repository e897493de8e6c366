/*
 * Objects carried from one token to another, one at a time: what may be read
 * is read and created anew; a key that is sensitive but may leave goes
 * wrapped.
 */
#ifndef VECS_TOOL_CARRY_H
#define VECS_TOOL_CARRY_H

#include "tool/ways.h"

struct carry {
	const struct token *from, *to;
	struct ways ways;
};

enum carried {
	CARRIED_MOVED,
	CARRIED_PRESENT, /* it was there already */
	CARRIED_STAYS,   /* it may not leave its token */
	CARRIED_FAILED,  /* one of the tokens refused */
};

struct carry_result {
	enum carried how;
	CK_OBJECT_CLASS class;
	char *name; /* its label, or id:HEX; freed by carry_result_free */
	char reason[512];
};

/* False for what a token makes by itself. */
bool carry_class(CK_OBJECT_CLASS class);

/* Fails only where nothing can be said of the object. */
CK_RV carry_object(struct carry *c, CK_OBJECT_HANDLE object,
    struct carry_result *out) MUST_USE;
void carry_result_free(struct carry_result *result);

#endif
