/* Fork: the child goes on, drops its privileges, daemonises; others write. */
#include "tests/lib/p11.h"

#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs in a child and tells by exit status whether it went well. */
static pid_t
in_child(int (*run)(void *), void *arg)
{
	pid_t pid = fork();

	ATF_REQUIRE(pid >= 0);
	if (pid == 0)
		_exit(run(arg));
	return pid;
}

#define CHECK_INT(a, b) \
	do { \
		int a_ = (a), b_ = (b); \
		ATF_CHECK_MSG(a_ == b_, "%d is not %d", a_, b_); \
	} while (0)

struct shared {
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE key, other;
	int to_child[2], to_parent[2];
};

static int
sign_and_write(void *arg)
{
	struct shared *sh = arg;
	CK_OBJECT_HANDLE o;

	if (p11_sign(sh->s, sh->key) != CKR_OK)
		return 1;
	if (p11_try_data(sh->s, true, false, "from-child", "1", &o) != CKR_OK)
		return 2;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 3;
}

ATF_TC_WITHOUT_HEAD(fork__child_goes_on_with_session_and_handle);
ATF_TC_BODY(fork__child_goes_on_with_session_and_handle, tc)
{
	struct shared sh;
	CK_OBJECT_HANDLE public;

	p11_start();
	sh.s = p11_session(p11_slot("machine"), true);
	p11_key_pair(sh.s, true, "key", &public, &sh.key);
	ATF_CHECK_EQ(child_status(in_child(sign_and_write, &sh)), 0);
	/* The child's C_Finalize was its own; its object is here. */
	CHECK_RV(p11_sign(sh.s, sh.key), CKR_OK);
	ATF_CHECK_EQ(p11_find(sh.s, "from-child", NULL), 1);
}

static int
initialise_again(void *arg)
{
	struct shared *sh = arg;
	CK_UTF8CHAR pin[] = "user-pin";
	CK_SESSION_INFO info;

	if (p11->C_Initialize(NULL) != CKR_OK)
		return 1;
	if (p11->C_Initialize(NULL) != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return 2;
	/* Who initialises by the letter of 2.40 is logged in nowhere. */
	if (p11->C_GetSessionInfo(sh->s, &info) != CKR_OK ||
	    info.state != CKS_RW_PUBLIC_SESSION)
		return 3;
	if (p11->C_Login(sh->s, CKU_USER, pin, 8) != CKR_OK)
		return 4;
	return p11_sign(sh->s, sh->key) == CKR_OK ? 0 : 5;
}

ATF_TC_WITHOUT_HEAD(fork__child_may_initialise);
ATF_TC_BODY(fork__child_may_initialise, tc)
{
	struct shared sh;
	CK_OBJECT_HANDLE public;
	CK_UTF8CHAR pin[] = "user-pin";

	p11_start();
	sh.s = p11_session(p11_new_token("HSM"), true);
	REQUIRE_OK(p11->C_Login(sh.s, CKU_USER, pin, 8));
	p11_key_pair(sh.s, true, "key", &public, &sh.key);
	ATF_CHECK_EQ(child_status(in_child(initialise_again, &sh)), 0);
	CHECK_RV(p11_sign(sh.s, sh.key), CKR_OK);
}

/* A worker: it gives up its user before it signs for the first time. */
static int
worker(void *arg)
{
	struct shared *sh = arg;
	char go;
	CK_SESSION_HANDLE own;
	CK_SLOT_ID slot = 0;
	CK_SESSION_INFO info;

	if (setgroups(0, NULL) != 0 || setgid(65534) != 0 ||
	    setuid(65534) != 0)
		return 1;
	if (p11->C_GetSessionInfo(sh->s, &info) != CKR_OK)
		return 2;
	slot = info.slotID;
	if (p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &own) !=
	    CKR_OK)
		return 3;
	if (p11_sign(own, sh->key) != CKR_OK)
		return 4;
	/* Now the parent changes another object, then the key's own. */
	if (write(sh->to_parent[1], "1", 1) != 1 ||
	    read(sh->to_child[0], &go, 1) != 1)
		return 5;
	if (p11_sign(own, sh->key) != CKR_OK)
		return 6;
	if (p11_sign(own, sh->other) != CKR_DEVICE_ERROR)
		return 7;
	if (write(sh->to_parent[1], "2", 1) != 1 ||
	    read(sh->to_child[0], &go, 1) != 1)
		return 8;
	return p11_sign(own, sh->key) == CKR_KEY_HANDLE_INVALID ? 0 : 9;
}

static void
step(struct shared *sh, bool wait, bool go)
{
	char c;

	if (wait)
		ATF_REQUIRE_EQ(read(sh->to_parent[0], &c, 1), 1);
	if (go)
		ATF_REQUIRE_EQ(write(sh->to_child[1], "g", 1), 1);
}

ATF_TC(fork__worker_without_privileges_signs_until_the_key_changes);
ATF_TC_HEAD(fork__worker_without_privileges_signs_until_the_key_changes, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(fork__worker_without_privileges_signs_until_the_key_changes, tc)
{
	struct shared sh;
	CK_OBJECT_HANDLE public, ignored;
	CK_SESSION_HANDLE s;
	pid_t pid;

	p11_start();
	s = sh.s = p11_session(p11_slot("machine"), true);
	p11_key_pair(s, true, "key", &public, &sh.key);
	p11_key_pair(s, true, "other", &ignored, &sh.other);
	/* A fresh process: the first key is loaded by a search, no more. */
	REQUIRE_OK(p11->C_Finalize(NULL));
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = sh.s = p11_session(p11_slot("machine"), true);
	{
		CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
		CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
			{ CKA_LABEL, (void *)(uintptr_t)"key", 3 } };
		CK_OBJECT_HANDLE keys[2] = { 0, 0 };
		CK_ULONG n = 0;

		REQUIRE_OK(p11->C_FindObjectsInit(s, t, 2));
		REQUIRE_OK(p11->C_FindObjects(s, &sh.key, 1, &n));
		REQUIRE_OK(p11->C_FindObjectsFinal(s));
		ATF_REQUIRE_EQ(n, 1);
		ATF_REQUIRE_EQ(p11_find_class(s, class, keys, 2), 2);
		sh.other = keys[0] == sh.key ? keys[1] : keys[0];
	}
	ATF_REQUIRE_EQ(pipe(sh.to_child), 0);
	ATF_REQUIRE_EQ(pipe(sh.to_parent), 0);
	pid = in_child(worker, &sh);
	close(sh.to_parent[1]);
	step(&sh, true, false);
	p11_data(s, true, "something else", "1");
	step(&sh, false, true);
	step(&sh, true, false);
	REQUIRE_OK(p11->C_DestroyObject(s, sh.key));
	step(&sh, false, true);
	CHECK_INT(child_status(pid), 0);
}

/* The locks that a process has on the database, from /proc/locks. */
static int
locks_of(pid_t pid)
{
	char line[256], wanted[32];
	FILE *f = fopen("/proc/locks", "r");
	int n = 0;

	ATF_REQUIRE(f != NULL);
	snprintf(wanted, sizeof(wanted), " %d ", (int)pid);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, wanted) != NULL && strstr(line, "POSIX") ? 1
		                                                           : 0;
	fclose(f);
	return n;
}

static int
third_process(void *arg)
{
	CK_OBJECT_HANDLE o;
	CK_SESSION_HANDLE s;

	(void)arg;
	if (p11->C_Initialize(NULL) != CKR_OK)
		return 1;
	s = p11_session(p11_slot("machine"), true);
	for (int i = 0; i < 20; i++)
		if (p11_try_data(s, true, false, "third", "1", &o) != CKR_OK)
			return 2;
	return 0;
}

static int
daemonise(void *arg)
{
	struct shared *sh = arg;
	CK_OBJECT_HANDLE o;
	char go;

	if (fork() != 0)
		_exit(0);
	setsid();
	if (p11_try_data(sh->s, true, false, "daemon", "1", &o) != CKR_OK)
		_exit(1);
	if (write(sh->to_parent[1], "d", 1) != 1 ||
	    read(sh->to_child[0], &go, 1) != 1)
		_exit(2);
	/* After the third process wrote, the daemon's view is whole. */
	if (p11_find(sh->s, "third", NULL) != 20 ||
	    p11_try_data(sh->s, true, false, "daemon", "2", &o) != CKR_OK)
		_exit(3);
	if (write(sh->to_parent[1], "e", 1) != 1)
		_exit(4);
	_exit(0);
}

ATF_TC_WITHOUT_HEAD(fork__daemon_and_a_third_process_that_writes);
ATF_TC_BODY(fork__daemon_and_a_third_process_that_writes, tc)
{
	struct shared sh;
	char c;
	pid_t third;

	p11_load();
	/* The third process comes from before any database was open. */
	ATF_REQUIRE_EQ(pipe(sh.to_child), 0);
	ATF_REQUIRE_EQ(pipe(sh.to_parent), 0);
	REQUIRE_OK(p11->C_Initialize(NULL));
	sh.s = p11_session(p11_slot("machine"), true);
	p11_data(sh.s, true, "before", "1");
	ATF_CHECK_EQ(child_status(in_child(daemonise, &sh)), 0);
	ATF_REQUIRE_EQ(read(sh.to_parent[0], &c, 1), 1);
	ATF_CHECK_EQ(locks_of(getpid()), 0);
	REQUIRE_OK(p11->C_Finalize(NULL));
	third = in_child(third_process, NULL);
	ATF_CHECK_EQ(child_status(third), 0);
	ATF_REQUIRE_EQ(write(sh.to_child[1], "g", 1), 1);
	ATF_REQUIRE_EQ(read(sh.to_parent[0], &c, 1), 1);
	ATF_CHECK_EQ(c, 'e');
	REQUIRE_OK(p11->C_Initialize(NULL));
	sh.s = p11_session(p11_slot("machine"), true);
	ATF_CHECK_EQ(p11_find(sh.s, "daemon", NULL), 2);
}

static atomic_bool stop;
static atomic_uint under_way;

static void *
sign_all_the_time(void *arg)
{
	struct shared *sh = arg;
	CK_SESSION_HANDLE s = p11_session(p11_slot("machine"), false);
	long n = 0;

	while (!stop && p11_sign(s, sh->key) == CKR_OK)
		under_way += n++ == 0;
	return (void *)(uintptr_t)(stop && n > 0);
}

ATF_TC_WITHOUT_HEAD(fork__while_other_threads_are_inside);
ATF_TC_BODY(fork__while_other_threads_are_inside, tc)
{
	struct shared sh;
	CK_OBJECT_HANDLE public;
	pthread_t threads[3];

	p11_start();
	sh.s = p11_session(p11_slot("machine"), true);
	p11_key_pair(sh.s, true, "key", &public, &sh.key);
	for (int i = 0; i < 3; i++)
		ATF_REQUIRE_EQ(pthread_create(&threads[i], NULL,
		    sign_all_the_time, &sh), 0);
	/* A thread's birth takes locks of the system's that no gate knows. */
	while (under_way < 3)
		usleep(1000);
	for (int i = 0; i < 20; i++)
		ATF_CHECK_EQ(child_status(in_child(sign_and_write, &sh)), 0);
	stop = true;
	for (int i = 0; i < 3; i++) {
		void *good;

		pthread_join(threads[i], &good);
		ATF_CHECK(good != NULL);
	}
	ATF_CHECK_EQ(p11_find(sh.s, "from-child", NULL), 20);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, fork__child_goes_on_with_session_and_handle);
	ATF_TP_ADD_TC(tp, fork__child_may_initialise);
	ATF_TP_ADD_TC(tp,
	    fork__worker_without_privileges_signs_until_the_key_changes);
	ATF_TP_ADD_TC(tp, fork__daemon_and_a_third_process_that_writes);
	ATF_TP_ADD_TC(tp, fork__while_other_threads_are_inside);
	return atf_no_error();
}
