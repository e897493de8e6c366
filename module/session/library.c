/* Initialisation and fork. */
#include "module/session/library.h"

#include "common/log.h"
#include "module/session/gate.h"

static struct {
	pthread_once_t once;
	struct context *context; /* NULL: not initialised */
	const struct library_hooks *hooks;
	bool inherited; /* a forked child that has not called C_Initialize */
	bool forking;   /* the gate is closed for a fork alone */
} library = { .once = PTHREAD_ONCE_INIT };

static void
fork_prepare(void)
{
	library.forking = gate_close();
	if (library.context != NULL)
		library.hooks->fork_prepare(library.context);
}

static void
fork_parent(void)
{
	if (library.context != NULL)
		library.hooks->fork_parent(library.context);
	if (library.forking)
		gate_open();
}

static void
fork_child(void)
{
	gate_forked();
	if (library.context == NULL)
		return;
	library.inherited = true;
	library.hooks->fork_child(library.context);
}

static void
library_once(void)
{
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
	if (!gate_close())
		return CKR_CANT_LOCK;
	rv = initialise(hooks);
	gate_open();
	done_here += rv == CKR_OK ? 1 : 0;
	return rv;
}

CK_RV
library_finalise(void)
{
	struct context *context;

	pthread_once(&library.once, library_once);
	if (!gate_close())
		return CKR_CANT_LOCK;
	context = library.context;
	library.context = NULL;
	library.inherited = false;
	if (context != NULL)
		library.hooks->close(context);
	gate_open();
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
	if (!gate_close())
		return CKR_CANT_LOCK;
	if (library.context == NULL)
		rv = run(arg);
	gate_open();
	return rv;
}

CK_RV
library_enter(struct context **out)
{
	log_reason_clear();
	pthread_once(&library.once, library_once);
	if (!gate_enter())
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (library.context == NULL) {
		gate_leave();
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	}
	*out = library.context;
	return CKR_OK;
}

void
library_leave(void)
{
	gate_leave();
}
