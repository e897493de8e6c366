/* The built module for a fuzz target: a database of its own, one session. */
#ifndef TESTS_FUZZ_TOKEN_H
#define TESTS_FUZZ_TOKEN_H

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/pkcs11.h"

extern const CK_FUNCTION_LIST_3_2 *p11;

/* Loads the module and opens a session of the store "machine", at the first
 * call. */
CK_SESSION_HANDLE token_session(void);
CK_SLOT_ID token_slot(void);

/* An answer to bad input: the standard's, and not that the token is broken. */
void token_answer(const char *call, CK_RV rv);

/* The number of the next two bytes, or with the first 0xff one of those at
 * which sums overflow. */
CK_ULONG input_number(struct reader *r);

/*
 * Bytes that the input gives, in memory of their very size until the next
 * input_release: a length of 0xff is NULL with a length, 0xfe NULL without, 0xfd
 * 256; zeros where the input is too short.
 */
void input_bytes(struct reader *r, void **data, CK_ULONG *len);
/* Zeroed memory of this size, for as long. */
void *input_room(size_t size);
void input_release(void);

#endif
