/*
 * Memory for keys, PINs and decrypted objects.  It is locked where the limits
 * allow it, left out of core dumps, and wiped when it is let go.  Safe in all
 * threads; secret_fork_* keep it whole across fork.
 */
#ifndef VECS_SECRET_H
#define VECS_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

struct secret {
	uint8_t *data; /* NULL when len is 0 */
	size_t len;
};

/* Zeroed bytes of secret memory, or NULL; free wipes.  size as allocated. */
void *secret_alloc(size_t size) MUST_USE;
void secret_free(void *p, size_t size);

/* out is the caller's and untouched on failure: CKR_HOST_MEMORY. */
CK_RV secret_new(size_t len, struct secret *out) MUST_USE;
CK_RV secret_dup(const void *data, size_t len, struct secret *out) MUST_USE;

/* Keeps the first len bytes, which are no more than there are. */
CK_RV secret_cut(struct secret *s, size_t len) MUST_USE;

/* Wipes, frees and empties; an empty one stays empty. */
void secret_wipe(struct secret *s);

/* Compares in constant time. */
int secret_equal(const void *a, const void *b, size_t len);

/* For the pthread_atfork handlers of the library that uses this memory. */
void secret_fork_prepare(void);
void secret_fork_done(void);

#endif
