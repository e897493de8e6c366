/*
 * PKCS#11 modules of this process: each loaded once, initialised when first
 * needed, and again after a fork that it does not survive.  They are never
 * unloaded; C_Finalize comes from our own exit handler, which runs before
 * libcrypto's and before the module's destructors.
 */
#ifndef VECS_PROVIDER_MODULE_H
#define VECS_PROVIDER_MODULE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"
#include "provider/inside.h"

struct token;

struct module {
	struct module *next;
	char *path, *init_args;
	CK_FUNCTION_LIST *f;
	bool fork_safe;
	bool keep;          /* quirk no-deinit */
	bool finish_set;
	pid_t initialised;  /* by us, in this process; 0: by somebody else */
	atomic_bool closing;
	/* Sessions and handles of an older epoch are void. */
	atomic_ulong epoch, ready;
	pthread_mutex_t lock; /* recursive; everything but signing */
	_Atomic(struct token *) tokens; /* grows only */
};

/* The module of this path, created when new; not loaded yet; never freed. */
CK_RV module_get(const char *path, const char *init_args, bool keep,
    struct module **out) MUST_USE;

/* Loads and initialises unless that has happened in this epoch. */
CK_RV module_ready(struct module *m) MUST_USE;

/* Makes all handles of the epoch void, unless that has been done. */
void module_expire(struct module *m, unsigned long epoch);

void module_lock(struct module *m);
void module_unlock(struct module *m);
DEFINE_CLEANUP(struct module *, module_unlock)

#endif
