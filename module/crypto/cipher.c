/* Ciphers, fetched at their first use: a list that only grows. */
#include "module/crypto/cipher.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/crypto/errors.h"
#include "module/crypto/libctx.h"

struct fetched {
	struct fetched *next;
	EVP_CIPHER *cipher;
	char name[32];
};

static struct fetched *_Atomic first;

static struct fetched *
known(const char *name)
{
	struct fetched *f = atomic_load_explicit(&first,
	    memory_order_acquire);

	while (f != NULL && strcmp(f->name, name) != 0)
		f = f->next;
	return f;
}

/* Two threads may both add it: the list holds it twice, to no harm.  What was
 * not to be had may be, another time: it can have been for lack of memory. */
static const EVP_CIPHER *
fetch(const char *name)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	struct fetched *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->cipher = EVP_CIPHER_fetch(libctx_get(), name, NULL);
	if (f->cipher == NULL && libctx_legacy())
		f->cipher = EVP_CIPHER_fetch(libctx_get(), name, NULL);
	if (f->cipher == NULL) {
		free(f);
		return NULL;
	}
	f->next = atomic_load(&first);
	while (!atomic_compare_exchange_weak(&first, &f->next, f))
		;
	return f->cipher;
}

/* The pattern's one %u, if any, as a number. */
static void
name_make(const char *pattern, unsigned bits, char *out, size_t size)
{
	const char *at = strstr(pattern, "%u");

	if (at == NULL)
		snprintf(out, size, "%s", pattern);
	else
		snprintf(out, size, "%.*s%u%s", (int)(at - pattern), pattern,
		    bits, at + 2);
}

const EVP_CIPHER *
cipher_find(const char *pattern, unsigned bits)
{
	char name[32];
	struct fetched *f;

	name_make(pattern, bits, name, sizeof(name));
	f = known(name);
	return f != NULL ? f->cipher : fetch(name);
}
