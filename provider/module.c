/* PKCS#11 modules of this process: loading, initialising, fork and exit. */
#include "provider/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "common/ckname.h"
#include "common/log.h"
#include "provider/token.h"

_Thread_local unsigned inside_depth;

static _Atomic(struct module *) modules; /* grows only */
static pthread_mutex_t modules_lock = PTHREAD_MUTEX_INITIALIZER;

static void
lock_init(struct module *m)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&m->lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

/* Locks may have been held by threads that do not exist here. */
static void
fork_child(void)
{
	pthread_mutex_init(&modules_lock, NULL);
	for (struct module *m = modules; m != NULL; m = m->next) {
		lock_init(m);
		if (!m->fork_safe)
			m->epoch++;
		for (struct token *t = m->tokens; t != NULL; t = t->next)
			token_fork_child(t);
	}
}

/* A module with a call under way is left alone. */
static void
finish(void)
{
	for (struct module *m = modules; m != NULL; m = m->next) {
		m->closing = true;
		if (m->keep || m->initialised != getpid()
		    || token_any_busy(m))
			continue;
		m->initialised = 0;
		(void)P11(m, C_Finalize(NULL));
	}
}

static void
set_handlers(void)
{
	/* The secret memory first: a child must find its lock free. */
	pthread_atfork(secret_fork_prepare, secret_fork_done,
	    secret_fork_done);
	pthread_atfork(NULL, NULL, fork_child);
}

static struct module *
module_find(const char *path, const char *init_args)
{
	for (struct module *m = modules; m != NULL; m = m->next)
		if (strcmp(m->path, path) == 0 && strcmp(m->init_args != NULL
		    ? m->init_args : "", init_args != NULL ? init_args : "")
		    == 0)
			return m;
	return NULL;
}

static CK_RV
module_new(const char *path, const char *init_args, struct module **out)
{
	struct module *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return CKR_HOST_MEMORY;
	m->path = strdup(path);
	m->init_args = init_args != NULL ? strdup(init_args) : NULL;
	if (m->path == NULL || (m->init_args == NULL && init_args != NULL)) {
		free(m->path);
		free(m);
		return CKR_HOST_MEMORY;
	}
	m->epoch = 1;
	lock_init(m);
	*out = m;
	return CKR_OK;
}

CK_RV
module_get(const char *path, const char *init_args, bool keep,
    struct module **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct module *m;
	CK_RV rv = CKR_OK;

	pthread_once(&once, set_handlers);
	pthread_mutex_lock(&modules_lock);
	m = module_find(path, init_args);
	if (m == NULL)
		rv = module_new(path, init_args, &m);
	if (rv == CKR_OK && m->ready == 0 && module_find(path, init_args)
	    == NULL) {
		m->next = modules;
		modules = m;
	}
	pthread_mutex_unlock(&modules_lock);
	TRY(rv);
	m->keep = m->keep || keep;
	*out = m;
	return CKR_OK;
}

/* The newest function list: every one begins with that of 2.40. */
static CK_RV
functions_get(struct module *m, void *library)
{
	__typeof__(&C_GetInterface) get_interface;
	__typeof__(&C_GetFunctionList) get_list;
	CK_INTERFACE *interface = NULL;
	CK_FLAGS flags = CKF_INTERFACE_FORK_SAFE;
	CK_RV rv;

	*(void **)&get_interface = dlsym(library, "C_GetInterface");
	*(void **)&get_list = dlsym(library, "C_GetFunctionList");
	for (int i = 0; get_interface != NULL && i < 2; i++, flags = 0) {
		inside_enter();
		rv = inside_leave(get_interface(NULL, NULL, &interface, flags));
		if (rv == CKR_OK && interface != NULL) {
			m->f = interface->pFunctionList;
			m->fork_safe = (interface->flags & flags) != 0;
			return CKR_OK;
		}
	}
	if (get_list == NULL)
		return fail_quiet(CKR_LIBRARY_LOAD_FAILED,
		    "%s: not a PKCS#11 module", m->path);
	inside_enter();
	rv = inside_leave(get_list(&m->f));
	return rv == CKR_OK && m->f == NULL ? CKR_GENERAL_ERROR : rv;
}

static CK_RV
load(struct module *m)
{
	void *library;

	if (m->f != NULL)
		return CKR_OK;
	inside_enter();
	library = dlopen(m->path, RTLD_NOW | RTLD_LOCAL);
	(void)inside_leave(CKR_OK);
	if (library == NULL)
		return fail_quiet(CKR_LIBRARY_LOAD_FAILED, "%s", dlerror());
	return functions_get(m, library);
}

static CK_RV
initialise(struct module *m)
{
	CK_C_INITIALIZE_ARGS args = {
		.flags = CKF_OS_LOCKING_OK, .pReserved = m->init_args
	};
	const char *name;
	CK_RV rv = P11(m, C_Initialize(&args));

	if (rv == CKR_OK)
		m->initialised = getpid();
	/* Once for each module: after its own destructors' registration. */
	if (rv == CKR_OK && !m->finish_set)
		m->finish_set = atexit(finish) == 0;
	if (rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return CKR_OK;
	name = ckname_rv(rv);
	return fail_quiet(rv, "%s: cannot be initialised: %s", m->path,
	    name != NULL ? name : "unknown error");
}

CK_RV
module_ready(struct module *m)
{
	_cleanup_(module_unlockp) struct module *held = NULL;
	unsigned long epoch = m->epoch;

	if (m->ready == epoch)
		return CKR_OK;
	module_lock(m);
	held = m;
	epoch = m->epoch;
	if (m->ready == epoch)
		return CKR_OK;
	TRY(load(m));
	TRY(initialise(m));
	m->ready = epoch;
	return CKR_OK;
}

void
module_expire(struct module *m, unsigned long epoch)
{
	atomic_compare_exchange_strong(&m->epoch, &epoch, epoch + 1);
}

void
module_lock(struct module *m)
{
	pthread_mutex_lock(&m->lock);
}

void
module_unlock(struct module *m)
{
	pthread_mutex_unlock(&m->lock);
}
