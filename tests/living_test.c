/*
 * Living inside other people's processes.  Each sentence of what is promised
 * about processes, forks and threads, and the test that holds it:
 *
 * the 3.x interfaces carry CKF_INTERFACE_FORK_SAFE
 *         module_test interfaces__by_name_version_and_flags
 * no call is in the middle of anything at a fork
 *         fork_test fork__while_other_threads_are_inside
 * sessions, logins and handles go on working in the child
 *         fork_test fork__child_goes_on_with_session_and_handle,
 *         forkops_test login__is_the_childs_too
 * operations whose IV the token makes end there, all others are copies
 *         forkops_test operations__*, transfer__ends_in_the_child
 * C_Initialize in the child works
 *         fork_test fork__child_may_initialise
 * a worker that dropped its privileges signs until its key changes
 *         fork_test fork__worker_without_privileges_*,
 *         nginx_test workers_cannot_open_the_database
 * a daemon and its parents do not lose the database's locks
 *         fork_test fork__daemon_and_a_third_process_that_writes
 * many processes use one token
 *         crowd_test crowd__sixty_four_processes, abuse_processes_test
 * threads share sessions; different sessions wait for each other at commits
 *         crowd_test, threads_test
 * C_Finalize waits for calls that are inside
 *         threads_test threads__finalise_under_them,
 *         crowd_test crowd__finalise_and_initialise_under_them
 * no destructor and no atexit order crashes       exit__*
 * dlclose, and dlopen again                       dlclose__*
 * two copies of the library in one process        copies_test
 * no threads of ours; the application's mutexes   initialise__*
 * libcrypto's configuration is not ours
 *         configuration__is_not_read, module/crypto/libctx_test
 * nothing but three functions is exported; nothing is bound past the others
 *         house_test module_exports, no_deepbind
 * the provider in other people's processes: provider_test threads, fork,
 *         found_again (a library that was ended meanwhile), shared (one that
 *         the application has initialised), two_sections (of one file)
 */
#include "tests/lib/p11.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The exit of a process, with everything that runs at it. */
static int
exit_of(void (*run)(void))
{
	pid_t pid = fork();

	ATF_REQUIRE(pid >= 0);
	if (pid == 0) {
		run();
		exit(7);
	}
	return child_status(pid);
}

static void
leave_in_the_middle(void)
{
	CK_MECHANISM sha = { CKM_SHA256, NULL, 0 };
	struct work w;

	p11_start();
	w = p11_work();
	REQUIRE_OK(p11->C_DigestInit(w.s, &sha));
	REQUIRE_OK(p11->C_FindObjectsInit(w.s, NULL, 0));
}

ATF_TC_WITHOUT_HEAD(exit__without_finalise);
ATF_TC_BODY(exit__without_finalise, tc)
{
	ATF_CHECK_EQ(exit_of(leave_in_the_middle), 7);
	/* What was committed is there. */
	p11_start();
	ATF_CHECK_EQ(p11_find(p11_session(p11_slot("machine"), false), "key",
	    NULL), 2);
}

static void
finalise_at_exit(void)
{
	if (p11 != NULL)
		p11->C_Finalize(NULL);
}

/* Registered before libcrypto registers its own end, and so run after it. */
static void
finalise_after_libcrypto(void)
{
	atexit(finalise_at_exit);
	leave_in_the_middle();
}

static void
finalise_before_libcrypto(void)
{
	leave_in_the_middle();
	atexit(finalise_at_exit);
}

ATF_TC_WITHOUT_HEAD(exit__finalise_before_or_after_libcrypto);
ATF_TC_BODY(exit__finalise_before_or_after_libcrypto, tc)
{
	ATF_CHECK_EQ(exit_of(finalise_after_libcrypto), 7);
	ATF_CHECK_EQ(exit_of(finalise_before_libcrypto), 7);
}

/* An application that ends libcrypto itself, with us in the middle. */
static void
libcrypto_goes_first(void)
{
	void *libcrypto;
	void (*cleanup)(void);

	leave_in_the_middle();
	libcrypto = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_NOLOAD);
	ATF_REQUIRE(libcrypto != NULL);
	*(void **)&cleanup = dlsym(libcrypto, "OPENSSL_cleanup");
	ATF_REQUIRE(cleanup != NULL);
	cleanup();
}

ATF_TC_WITHOUT_HEAD(exit__libcrypto_goes_first);
ATF_TC_BODY(exit__libcrypto_goes_first, tc)
{
	ATF_CHECK_EQ(exit_of(libcrypto_goes_first), 7);
}

static void *
sign_for_ever(void *arg)
{
	struct work *w = arg;
	CK_SESSION_HANDLE s = p11_session(p11_slot("machine"), false);

	while (p11_sign(s, w->key) == CKR_OK)
		;
	return NULL;
}

static void
leave_while_threads_sign(void)
{
	static struct work w;
	pthread_t threads[3];

	p11_start();
	w = p11_work();
	for (int i = 0; i < 3; i++)
		ATF_REQUIRE_EQ(pthread_create(&threads[i], NULL,
		    sign_for_ever, &w), 0);
	usleep(20000);
}

ATF_TC_WITHOUT_HEAD(exit__while_threads_are_inside);
ATF_TC_BODY(exit__while_threads_are_inside, tc)
{
	for (int i = 0; i < 5; i++)
		ATF_CHECK_EQ(exit_of(leave_while_threads_sign), 7);
}

/* A child that runs the parent's atexit functions takes nothing from it. */
ATF_TC_WITHOUT_HEAD(exit__of_a_child_is_its_own);
ATF_TC_BODY(exit__of_a_child_is_its_own, tc)
{
	struct work w;
	pid_t pid;

	p11_start();
	w = p11_work();
	atexit(finalise_at_exit);
	if ((pid = fork()) == 0)
		exit(p11_sign(w.s, w.key) == CKR_OK ? 0 : 1);
	ATF_CHECK_EQ(child_status(pid), 0);
	CHECK_RV(p11_sign(w.s, w.key), CKR_OK);
	p11_data(w.s, true, "after", "1");
}

/* dlclose */

/* Lines of /proc/self/maps that name the module. */
static int
mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[4352];
	int n = 0;

	ATF_REQUIRE(f != NULL);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, "vecs-pkcs11.so") != NULL;
	fclose(f);
	return n;
}

static void
dlclose_once(void)
{
	void *so = dlopen(VECS_TEST_MODULE, RTLD_NOW | RTLD_NOLOAD);

	ATF_REQUIRE(so != NULL);
	dlclose(so);
	dlclose(so); /* that of p11_load */
}

ATF_TC_WITHOUT_HEAD(dlclose__and_dlopen_again);
ATF_TC_BODY(dlclose__and_dlopen_again, tc)
{
	int before = 0;

	for (int i = 0; i < 10; i++) {
		p11_start();
		ATF_CHECK_EQ(p11_find(p11_session(p11_slot("machine"), false),
		    "key", NULL), (CK_ULONG)i * 2);
		p11_work();
		REQUIRE_OK(p11->C_Finalize(NULL));
		dlclose_once();
		if (i == 0)
			before = mappings();
	}
	ATF_CHECK_EQ(mappings(), before);
}

/* Who forgets C_Finalize finds the library as he left it; a fork and the exit
 * meet handlers that are still there. */
ATF_TC_WITHOUT_HEAD(dlclose__without_finalise);
ATF_TC_BODY(dlclose__without_finalise, tc)
{
	struct work w;
	pid_t pid;

	p11_start();
	w = p11_work();
	dlclose_once();
	if ((pid = fork()) == 0)
		exit(0);
	ATF_CHECK_EQ(child_status(pid), 0);
	p11_load();
	CHECK_RV(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
	CHECK_RV(p11_sign(w.s, w.key), CKR_OK);
}

/* C_Initialize's arguments */

static int
tasks(void)
{
	DIR *dir = opendir("/proc/self/task");
	int n = -2; /* . and .. */

	ATF_REQUIRE(dir != NULL);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* Argon2 in four lanes, a key that takes a while, a commit: in this thread. */
ATF_TC_WITHOUT_HEAD(initialise__makes_no_threads);
ATF_TC_BODY(initialise__makes_no_threads, tc)
{
	CK_C_INITIALIZE_ARGS args = { .flags =
		CKF_LIBRARY_CANT_CREATE_OS_THREADS | CKF_OS_LOCKING_OK };
	CK_UTF8CHAR pin[] = "user-pin";
	CK_SESSION_HANDLE s;
	FILE *conf;

	p11_load();
	conf = fopen("vecs.conf", "w");
	fputs("argon2-memory = 256\nargon2-passes = 1\nargon2-lanes = 4\n",
	    conf);
	fclose(conf);
	REQUIRE_OK(p11->C_Initialize(&args));
	s = p11_session(p11_new_token("HSM"), true);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, pin, 8));
	ATF_CHECK_EQ(tasks(), 1);
	p11_work();
	ATF_CHECK_EQ(tasks(), 1);
	REQUIRE_OK(p11->C_Finalize(NULL));
	ATF_CHECK_EQ(tasks(), 1);
}

static CK_RV
mutex_new(void **out)
{
	pthread_mutex_t *m = malloc(sizeof(*m));

	if (m == NULL || pthread_mutex_init(m, NULL) != 0)
		return CKR_HOST_MEMORY;
	*out = m;
	return CKR_OK;
}

static CK_RV
mutex_free(void *m)
{
	pthread_mutex_destroy(m);
	free(m);
	return CKR_OK;
}

static CK_RV
mutex_lock(void *m)
{
	return pthread_mutex_lock(m) == 0 ? CKR_OK : CKR_MUTEX_BAD;
}

static CK_RV
mutex_unlock(void *m)
{
	return pthread_mutex_unlock(m) == 0 ? CKR_OK : CKR_MUTEX_NOT_LOCKED;
}

static void *
sign_a_while(void *arg)
{
	struct work *w = arg;
	CK_SESSION_HANDLE s = p11_session(p11_slot("machine"), false);
	long failures = 0;

	for (int i = 0; i < 100; i++)
		failures += p11_sign(s, w->key) != CKR_OK;
	return (void *)(uintptr_t)failures;
}

static void
four_threads_sign(void)
{
	struct work w = p11_work();
	pthread_t threads[4];
	void *failures;

	for (int i = 0; i < 4; i++)
		ATF_REQUIRE_EQ(pthread_create(&threads[i], NULL, sign_a_while,
		    &w), 0);
	for (int i = 0; i < 4; i++) {
		ATF_REQUIRE_EQ(pthread_join(threads[i], &failures), 0);
		ATF_CHECK(failures == NULL);
	}
}

ATF_TC_WITHOUT_HEAD(initialise__with_the_applications_mutexes);
ATF_TC_BODY(initialise__with_the_applications_mutexes, tc)
{
	CK_C_INITIALIZE_ARGS args = { mutex_new, mutex_free, mutex_lock,
		mutex_unlock, 0, NULL };
	static const CK_FLAGS flags[] = { 0, CKF_OS_LOCKING_OK,
		CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS };

	p11_load();
	for (size_t i = 0; i < COUNT(flags); i++) {
		args.flags = flags[i];
		REQUIRE_OK(p11->C_Initialize(&args));
		four_threads_sign();
		REQUIRE_OK(p11->C_Finalize(NULL));
	}
	/* Three of them are none. */
	args.UnlockMutex = NULL;
	CHECK_RV(p11->C_Initialize(&args), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

/* One in which nothing would be found. */
ATF_TC_WITHOUT_HEAD(configuration__is_not_read);
ATF_TC_BODY(configuration__is_not_read, tc)
{
	FILE *conf = fopen("openssl.cnf", "w");

	ATF_REQUIRE(conf != NULL);
	fputs("openssl_conf = init\n[init]\nproviders = p\n"
	      "alg_section = a\n[p]\nnull = n\n[n]\nactivate = 1\n"
	      "[a]\ndefault_properties = provider=nobody\n", conf);
	fclose(conf);
	setenv("OPENSSL_CONF", "openssl.cnf", 1);
	p11_start();
	four_threads_sign();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, exit__without_finalise);
	ATF_TP_ADD_TC(tp, exit__finalise_before_or_after_libcrypto);
	ATF_TP_ADD_TC(tp, exit__libcrypto_goes_first);
	ATF_TP_ADD_TC(tp, exit__while_threads_are_inside);
	ATF_TP_ADD_TC(tp, exit__of_a_child_is_its_own);
	ATF_TP_ADD_TC(tp, dlclose__and_dlopen_again);
	ATF_TP_ADD_TC(tp, dlclose__without_finalise);
	ATF_TP_ADD_TC(tp, initialise__makes_no_threads);
	ATF_TP_ADD_TC(tp, initialise__with_the_applications_mutexes);
	ATF_TP_ADD_TC(tp, configuration__is_not_read);
	return atf_no_error();
}
