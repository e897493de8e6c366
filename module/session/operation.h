/*
 * What a session is in the middle of: for each kind one opaque state and how
 * to end it.  Knows no cryptography.
 */
#ifndef VECS_OPERATION_H
#define VECS_OPERATION_H

#include <stdbool.h>

#include "common/secret.h"

enum operation_kind {
	OPERATION_FIND,
	OPERATION_ENCRYPT,
	OPERATION_DECRYPT,
	OPERATION_DIGEST,
	OPERATION_SIGN,
	OPERATION_VERIFY,
	OPERATION_SIGN_RECOVER,
	OPERATION_VERIFY_RECOVER,
	OPERATION_VERIFY_SIGNATURE,
	OPERATION_MESSAGE_ENCRYPT,
	OPERATION_MESSAGE_DECRYPT,
	OPERATION_MESSAGE_SIGN,
	OPERATION_MESSAGE_VERIFY,
	OPERATION_COUNT
};

struct operation {
	void *state; /* NULL: none */
	void (*end)(void *state);
	bool private; /* uses a private object: ends at logout */
	bool multipart; /* a first update has come: no single-part call fits */
	bool locked;    /* waits for a CKU_CONTEXT_SPECIFIC login */
	bool in_message; /* between the begin and the end of a message's parts */
	bool has_made;  /* made is a result that waits for a larger buffer */
	struct secret made;
	struct secret signature; /* given before its data: C_VerifySignature */
};

/* Ends what is there and leaves none. */
void operation_end(struct operation *op);

#endif
