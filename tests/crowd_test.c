/* Many at once: processes on one token, threads on one table of sessions. */
#include "tests/lib/samples.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROCESSES 64
#define THREADS 16

static CK_SLOT_ID slot;
static CK_OBJECT_HANDLE key;

/* Processes */

/* Children of a process that has not initialised, let go at once. */
static int gate[2];

static CK_OBJECT_HANDLE
key_find(CK_SESSION_HANDLE s)
{
	CK_OBJECT_HANDLE found = 0;

	p11_find_class(s, CKO_PRIVATE_KEY, &found, 1);
	return found;
}

static int
one_of_many(int number)
{
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE o, own;
	char label[32], c;

	close(gate[1]);
	if (read(gate[0], &c, 1) != 0 || p11->C_Initialize(NULL) != CKR_OK)
		return 1;
	s = p11_session(p11_slot("machine"), true);
	own = key_find(s);
	snprintf(label, sizeof(label), "process %d", number);
	for (int i = 0; i < 5; i++)
		if (p11_sign(s, own) != CKR_OK)
			return 2;
	if (p11_try_data(s, true, false, label, "1", &o) != CKR_OK)
		return 3;
	if (p11_try_data(s, true, false, "fleeting", "1", &o) != CKR_OK ||
	    p11->C_DestroyObject(s, o) != CKR_OK)
		return 4;
	if (p11_find(s, label, NULL) != 1)
		return 5;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 6;
}

ATF_TC_WITHOUT_HEAD(crowd__sixty_four_processes);
ATF_TC_BODY(crowd__sixty_four_processes, tc)
{
	pid_t pids[PROCESSES];
	CK_OBJECT_HANDLE public;
	CK_SESSION_HANDLE s;

	p11_start();
	p11_key_pair(p11_session(p11_slot("machine"), true), true, "key",
	    &public, &key);
	REQUIRE_OK(p11->C_Finalize(NULL));
	ATF_REQUIRE_EQ(pipe(gate), 0);
	for (int i = 0; i < PROCESSES; i++)
		if ((pids[i] = fork()) == 0)
			_exit(one_of_many(i));
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < PROCESSES; i++) {
		int status = child_status(pids[i]);

		ATF_CHECK_MSG(status == 0, "process %d: %d", i, status);
	}
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = p11_session(p11_slot("machine"), false);
	ATF_CHECK_EQ(p11_find(s, "fleeting", NULL), 0);
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), PROCESSES + 2);
	check_store(s);
}

/* A master that has the key, and workers of it that drop what they were. */
static int
worker(CK_SESSION_HANDLE s)
{
	char c;

	if (setgid(65534) != 0 || setuid(65534) != 0)
		return 1;
	close(gate[1]);
	if (read(gate[0], &c, 1) != 0)
		return 2;
	for (int i = 0; i < 20; i++) {
		CK_SESSION_HANDLE own;

		if (p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
		    &own) != CKR_OK || p11_sign(own, key) != CKR_OK ||
		    p11_sign(s, key) != CKR_OK ||
		    p11->C_CloseSession(own) != CKR_OK)
			return 3;
	}
	return 0;
}

ATF_TC(crowd__workers_without_privileges);
ATF_TC_HEAD(crowd__workers_without_privileges, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(crowd__workers_without_privileges, tc)
{
	pid_t pids[THREADS];
	CK_OBJECT_HANDLE public, o;
	CK_SESSION_HANDLE s;

	p11_start();
	slot = p11_slot("machine");
	s = p11_session(slot, true);
	p11_key_pair(s, true, "key", &public, &key);
	REQUIRE_OK(p11_sign(s, key));
	ATF_REQUIRE_EQ(pipe(gate), 0);
	for (int i = 0; i < THREADS; i++)
		if ((pids[i] = fork()) == 0)
			_exit(worker(s));
	close(gate[0]);
	close(gate[1]);
	/* The master goes on writing meanwhile. */
	for (int i = 0; i < 20; i++)
		REQUIRE_OK(p11_try_data(s, true, false, "of the master", "1",
		    &o));
	for (int i = 0; i < THREADS; i++)
		ATF_CHECK_EQ(child_status(pids[i]), 0);
	ATF_CHECK_EQ(p11_find(s, "of the master", NULL), 20);
}

/* Threads */

#define SHARED 8

/* Sessions that all threads use, close and open again. */
static _Atomic CK_SESSION_HANDLE shared[SHARED];
static atomic_ulong wrong;

static void
expect(CK_RV rv, const CK_RV *allowed, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rv == allowed[i])
			return;
	wrong = rv;
}

static const CK_RV of_a_session[] = { CKR_OK, CKR_SESSION_HANDLE_INVALID,
	CKR_OPERATION_ACTIVE, CKR_OPERATION_NOT_INITIALIZED };

/* Another thread may have ended what this one has begun, or closed it all. */
static void
sign_in_steps(CK_SESSION_HANDLE s)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1 }, signature[64];
	CK_ULONG len = sizeof(signature);

	expect(p11->C_SignInit(s, &ecdsa, key), of_a_session,
	    COUNT(of_a_session));
	expect(p11->C_Sign(s, digest, sizeof(digest), signature, &len),
	    of_a_session, COUNT(of_a_session));
}

static void
search_in_steps(CK_SESSION_HANDLE s)
{
	CK_OBJECT_HANDLE found[4];
	CK_ULONG n;

	expect(p11->C_FindObjectsInit(s, NULL, 0), of_a_session,
	    COUNT(of_a_session));
	expect(p11->C_FindObjects(s, found, 4, &n), of_a_session,
	    COUNT(of_a_session));
	expect(p11->C_FindObjectsFinal(s), of_a_session,
	    COUNT(of_a_session));
}

static void
open_anew(int at)
{
	CK_SESSION_HANDLE fresh = p11_session(slot, true);
	CK_SESSION_HANDLE old = atomic_exchange(&shared[at], fresh);
	CK_SESSION_INFO info;

	expect(p11->C_GetSessionInfo(old, &info), of_a_session, 2);
	CHECK_RV(p11->C_CloseSession(old), CKR_OK);
}

static void *
use_all(void *arg)
{
	unsigned number = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < 200; i++) {
		unsigned at = (number + i * 7) % SHARED;

		if (i % 10 == number % 10)
			open_anew((int)at);
		else if (i % 2 != 0)
			sign_in_steps(shared[at]);
		else
			search_in_steps(shared[at]);
	}
	return NULL;
}

static void
run_threads(void *(*run)(void *), int n)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < n; i++)
		ATF_REQUIRE_EQ(pthread_create(&threads[i], NULL, run,
		    (void *)(uintptr_t)i), 0);
	for (int i = 0; i < n; i++)
		ATF_REQUIRE_EQ(pthread_join(threads[i], NULL), 0);
}

ATF_TC_WITHOUT_HEAD(crowd__sixteen_threads_on_one_table);
ATF_TC_BODY(crowd__sixteen_threads_on_one_table, tc)
{
	CK_OBJECT_HANDLE public;
	CK_TOKEN_INFO info;

	p11_start();
	slot = p11_slot("machine");
	for (int i = 0; i < SHARED; i++)
		shared[i] = p11_session(slot, true);
	p11_key_pair(shared[0], true, "key", &public, &key);
	run_threads(use_all, THREADS);
	ATF_CHECK_EQ_MSG(wrong, 0, "an answer was 0x%lx", (CK_ULONG)wrong);
	/* Each that was opened is there, or was closed. */
	REQUIRE_OK(p11->C_GetTokenInfo(slot, &info));
	ATF_CHECK_EQ(info.ulSessionCount, SHARED);
	for (int i = 0; i < SHARED; i++)
		CHECK_RV(p11->C_CloseSession(shared[i]), CKR_OK);
	REQUIRE_OK(p11->C_GetTokenInfo(slot, &info));
	ATF_CHECK_EQ(info.ulSessionCount, 0);
}

/* While one session makes RSA keys, another one signs. */
static atomic_bool done;

static void *
make_keys(void *arg)
{
	CK_MECHANISM make = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_ULONG bits = 2048;
	CK_ATTRIBUTE t = { CKA_MODULUS_BITS, &bits, sizeof(bits) };
	CK_SESSION_HANDLE s = p11_session(slot, true);
	CK_OBJECT_HANDLE public, private;

	(void)arg;
	for (int i = 0; i < 5; i++)
		REQUIRE_OK(p11->C_GenerateKeyPair(s, &make, &t, 1, NULL, 0,
		    &public, &private));
	done = true;
	return NULL;
}

ATF_TC_WITHOUT_HEAD(crowd__sessions_do_not_wait_for_each_other);
ATF_TC_BODY(crowd__sessions_do_not_wait_for_each_other, tc)
{
	CK_OBJECT_HANDLE public;
	CK_SESSION_HANDLE s;
	pthread_t thread;
	long signatures = 0;

	p11_start();
	slot = p11_slot("machine");
	s = p11_session(slot, true);
	p11_key_pair(s, false, "key", &public, &key);
	ATF_REQUIRE_EQ(pthread_create(&thread, NULL, make_keys, NULL), 0);
	while (!done) {
		REQUIRE_OK(p11_sign(s, key));
		signatures++;
	}
	ATF_REQUIRE_EQ(pthread_join(thread, NULL), 0);
	/* One that waits gets in between two keys, and no more than that. */
	ATF_CHECK_MSG(signatures > 20, "%ld signatures", signatures);
}

/* C_Finalize and C_Initialize while others are inside. */
static const CK_RV of_a_library[] = { CKR_OK, CKR_CRYPTOKI_NOT_INITIALIZED,
	CKR_SESSION_HANDLE_INVALID, CKR_KEY_HANDLE_INVALID,
	CKR_OPERATION_NOT_INITIALIZED, CKR_TOKEN_NOT_PRESENT };

static void *
use_what_there_is(void *arg)
{
	CK_SESSION_HANDLE s = 0;
	CK_ULONG n;

	(void)arg;
	while (!done) {
		expect(p11->C_GetSlotList(CK_TRUE, NULL, &n), of_a_library,
		    COUNT(of_a_library));
		expect(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
		    &s), of_a_library, COUNT(of_a_library));
		expect(p11_sign(s, key), of_a_library, COUNT(of_a_library));
		expect(p11->C_CloseSession(s), of_a_library,
		    COUNT(of_a_library));
	}
	return NULL;
}

ATF_TC_WITHOUT_HEAD(crowd__finalise_and_initialise_under_them);
ATF_TC_BODY(crowd__finalise_and_initialise_under_them, tc)
{
	CK_OBJECT_HANDLE public;
	pthread_t threads[4];

	p11_start();
	slot = p11_slot("machine");
	p11_key_pair(p11_session(slot, true), true, "key", &public, &key);
	for (int i = 0; i < 4; i++)
		ATF_REQUIRE_EQ(pthread_create(&threads[i], NULL,
		    use_what_there_is, NULL), 0);
	for (int i = 0; i < 20; i++) {
		usleep(5000);
		REQUIRE_OK(p11->C_Finalize(NULL));
		REQUIRE_OK(p11->C_Initialize(NULL));
	}
	done = true;
	for (int i = 0; i < 4; i++)
		ATF_REQUIRE_EQ(pthread_join(threads[i], NULL), 0);
	ATF_CHECK_EQ_MSG(wrong, 0, "an answer was 0x%lx", (CK_ULONG)wrong);
	check_store(p11_session(slot, false));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, crowd__sixty_four_processes);
	ATF_TP_ADD_TC(tp, crowd__workers_without_privileges);
	ATF_TP_ADD_TC(tp, crowd__sixteen_threads_on_one_table);
	ATF_TP_ADD_TC(tp, crowd__sessions_do_not_wait_for_each_other);
	ATF_TP_ADD_TC(tp, crowd__finalise_and_initialise_under_them);
	return atf_no_error();
}
