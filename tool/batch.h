/*
 * Changes that belong together.  On our own module they are collected by the
 * token and applied by one commit, or not at all.  On another maker's they
 * happen one by one; what a failure leaves half-made is undone, and aliases
 * that had to be free are looked at again before the commit counts.
 */
#ifndef VECS_TOOL_BATCH_H
#define VECS_TOOL_BATCH_H

#include "tool/entries.h"

struct batch {
	const struct token *token;
	CK_OBJECT_HANDLE object; /* of our own module's batch */
	CK_BYTE id[16];
	struct handles made;     /* for undoing on other modules */
	char **absent;           /* aliases to look at again */
	size_t absent_count;
	bool done;
};

#define BATCH_INIT { .token = NULL }

CK_RV batch_begin(const struct token *token, struct batch *out) MUST_USE;
/* Our own module only: this token's session takes part as well. */
CK_RV batch_join(struct batch *b, const struct token *other) MUST_USE;

/* No entry of this alias may exist: E_ALREADY_EXISTS, now or at the commit. */
CK_RV batch_absent(struct batch *b, const char *alias) MUST_USE;

/* What some other call has made belongs to the batch. */
CK_RV batch_made(struct batch *b, CK_OBJECT_HANDLE object) MUST_USE;

CK_RV batch_create(struct batch *b, struct attrs *attrs) MUST_USE;
CK_RV batch_destroy(const struct batch *b, const struct token *token,
    CK_OBJECT_HANDLE object) MUST_USE;

/* All of it, or nothing: E_ALREADY_EXISTS, E_BUSY. */
CK_RV batch_commit(struct batch *b) MUST_USE;

/* Drops or undoes what was not committed. */
void batch_end(struct batch *b);

#endif
