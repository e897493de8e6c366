/* The gate, initialisation and fork. */
#include "module/session/library.h"

#include "common/log.h"

static struct {
	pthread_rwlock_t gate; /* shared by calls; alone: init, end, fork */
	pthread_once_t once;
	struct context *context; /* NULL: not initialised */
	const struct library_hooks *hooks;
	bool inherited; /* a forked child that has not called C_Initialize */
} library = { .once = PTHREAD_ONCE_INIT };

/* A fork or C_Finalize must not starve behind a stream of calls. */
static void
gate_init(void)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr,
	    PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&library.gate, &attr);
	pthread_rwlockattr_destroy(&attr);
}

static void
fork_prepare(void)
{
	pthread_rwlock_wrlock(&library.gate);
	if (library.context != NULL)
		library.hooks->fork_prepare(library.context);
}

static void
fork_parent(void)
{
	if (library.context != NULL)
		library.hooks->fork_parent(library.context);
	pthread_rwlock_unlock(&library.gate);
}

static void
fork_child(void)
{
	/* The lock knows its owner by thread id, which is another one now. */
	gate_init();
	if (library.context == NULL)
		return;
	library.inherited = true;
	library.hooks->fork_child(library.context);
}

static void
library_once(void)
{
	gate_init();
	pthread_atfork(fork_prepare, fork_parent, fork_child);
}

/* All four callbacks or none; ours are used in any case. */
static CK_RV
args_check(const CK_C_INITIALIZE_ARGS *args)
{
	int given;

	if (args == NULL)
		return CKR_OK;
	given = (args->CreateMutex != NULL) + (args->DestroyMutex != NULL) +
	    (args->LockMutex != NULL) + (args->UnlockMutex != NULL);
	return given == 0 || given == 4 ? CKR_OK : CKR_ARGUMENTS_BAD;
}

static CK_RV
initialise(const struct library_hooks *hooks)
{
	if (library.context != NULL && !library.inherited)
		return CKR_CRYPTOKI_ALREADY_INITIALIZED;
	if (library.context != NULL) {
		library.inherited = false;
		login_remove_all(library.context);
		return CKR_OK;
	}
	library.hooks = hooks;
	return hooks->open(&library.context);
}

/* How often this thread has initialised: settling may read a configuration
 * that loads a provider that loads us and calls C_Initialize.  What the inner
 * call has done, the outer one did. */
static _Thread_local unsigned long done_here;

CK_RV
library_initialise(const CK_C_INITIALIZE_ARGS *args,
    const struct library_hooks *hooks)
{
	unsigned long before = done_here;
	CK_RV rv;

	log_reason_clear();
	TRY(args_check(args));
	pthread_once(&library.once, library_once);
	hooks->settle();
	if (done_here != before)
		return CKR_OK;
	/* Inside our own initialisation: the system's database of groups may
	 * be served by what uses PKCS#11 itself. */
	if (pthread_rwlock_wrlock(&library.gate) != 0)
		return CKR_CANT_LOCK;
	rv = initialise(hooks);
	pthread_rwlock_unlock(&library.gate);
	done_here += rv == CKR_OK ? 1 : 0;
	return rv;
}

CK_RV
library_finalise(void)
{
	struct context *context;

	pthread_once(&library.once, library_once);
	pthread_rwlock_wrlock(&library.gate);
	context = library.context;
	library.context = NULL;
	library.inherited = false;
	if (context != NULL)
		library.hooks->close(context);
	pthread_rwlock_unlock(&library.gate);
	return context != NULL ? CKR_OK : CKR_CRYPTOKI_NOT_INITIALIZED;
}

CK_RV
library_before(const struct library_hooks *hooks, CK_RV (*run)(void *arg),
    void *arg)
{
	CK_RV rv = CKR_CRYPTOKI_ALREADY_INITIALIZED;

	log_reason_clear();
	pthread_once(&library.once, library_once);
	hooks->settle();
	if (pthread_rwlock_wrlock(&library.gate) != 0)
		return CKR_CANT_LOCK;
	if (library.context == NULL)
		rv = run(arg);
	pthread_rwlock_unlock(&library.gate);
	return rv;
}

CK_RV
library_enter(struct context **out)
{
	log_reason_clear();
	pthread_once(&library.once, library_once);
	if (pthread_rwlock_rdlock(&library.gate) != 0)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (library.context == NULL) {
		pthread_rwlock_unlock(&library.gate);
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	}
	*out = library.context;
	return CKR_OK;
}

void
library_leave(void)
{
	pthread_rwlock_unlock(&library.gate);
}
