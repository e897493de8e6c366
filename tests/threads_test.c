/* Eight threads share the library: sessions, keys, searches, changes. */
#include "tests/lib/p11.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#define THREADS 8
#define ROUNDS 40

static CK_OBJECT_HANDLE shared_key;
static CK_SLOT_ID slot;

/* Everything that a busy application does, on a session of its own. */
static void *
work(void *arg)
{
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE o;
	char label[32];
	long failures = 0;

	snprintf(label, sizeof(label), "thread %d", *(int *)arg);
	s = p11_session(slot, true);
	for (int i = 0; i < ROUNDS; i++) {
		CK_SESSION_HANDLE extra = p11_session(slot, false);

		failures += p11_sign(s, shared_key) != CKR_OK;
		failures += p11_sign(extra, shared_key) != CKR_OK;
		failures += p11_try_data(s, i % 4 == 0, false, label, "v",
		    &o) != CKR_OK;
		failures += p11_find(s, label, NULL) != 1;
		failures += p11->C_DestroyObject(s, o) != CKR_OK;
		failures += p11->C_CloseSession(extra) != CKR_OK;
	}
	return (void *)(uintptr_t)failures;
}

ATF_TC_WITHOUT_HEAD(threads__share_the_library);
ATF_TC_BODY(threads__share_the_library, tc)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	CK_OBJECT_HANDLE public;
	CK_SESSION_HANDLE s;

	p11_start();
	slot = p11_slot("machine");
	s = p11_session(slot, true);
	p11_key_pair(s, true, "key", &public, &shared_key);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		ATF_REQUIRE_EQ(pthread_create(&threads[i], NULL, work,
		    &numbers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		void *failures;

		ATF_REQUIRE_EQ(pthread_join(threads[i], &failures), 0);
		ATF_CHECK_EQ((long)(intptr_t)failures, 0);
	}
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), 2);
	REQUIRE_OK(p11->C_Finalize(NULL));
}

/* C_Finalize while others are inside: each call ends well or is refused. */
static void *
until_the_end(void *arg)
{
	CK_SESSION_HANDLE s = *(CK_SESSION_HANDLE *)arg;
	CK_RV rv;

	do
		rv = p11_sign(s, shared_key);
	while (rv == CKR_OK);
	return (void *)(uintptr_t)rv;
}

ATF_TC_WITHOUT_HEAD(threads__finalise_under_them);
ATF_TC_BODY(threads__finalise_under_them, tc)
{
	pthread_t threads[4];
	CK_SESSION_HANDLE sessions[4];
	CK_OBJECT_HANDLE public;

	p11_start();
	slot = p11_slot("machine");
	p11_key_pair(p11_session(slot, true), true, "key", &public,
	    &shared_key);
	for (int i = 0; i < 4; i++) {
		sessions[i] = p11_session(slot, false);
		ATF_REQUIRE_EQ(pthread_create(&threads[i], NULL,
		    until_the_end, &sessions[i]), 0);
	}
	REQUIRE_OK(p11->C_Finalize(NULL));
	for (int i = 0; i < 4; i++) {
		void *rv;

		ATF_REQUIRE_EQ(pthread_join(threads[i], &rv), 0);
		ATF_CHECK_EQ((CK_RV)(uintptr_t)rv,
		    CKR_CRYPTOKI_NOT_INITIALIZED);
	}
}

/* Stores come and go; whoever lists the slots meanwhile gets a list. */
static void *
stores_come_and_go(void *arg)
{
	for (int i = 0; i < 50; i++) {
		CK_SLOT_ID fresh = p11_new_store("fleeting");
		CK_SESSION_HANDLE s = p11_session(fresh, true);
		CK_OBJECT_HANDLE o;

		ATF_REQUIRE_EQ(p11_find_class(s, CKO_VECS_STORE, &o, 1), 1);
		REQUIRE_OK(p11->C_DestroyObject(s, o));
		REQUIRE_OK(p11->C_CloseSession(s));
	}
	atomic_store((atomic_bool *)arg, true);
	return NULL;
}

ATF_TC_WITHOUT_HEAD(threads__list_slots_while_stores_go);
ATF_TC_BODY(threads__list_slots_while_stores_go, tc)
{
	atomic_bool done = false;
	pthread_t other;
	CK_ULONG n;

	p11_start();
	ATF_REQUIRE_EQ(pthread_create(&other, NULL, stores_come_and_go,
	    &done), 0);
	while (!atomic_load(&done))
		REQUIRE_OK(p11->C_GetSlotList(CK_TRUE, NULL, &n));
	ATF_REQUIRE_EQ(pthread_join(other, NULL), 0);
}

/* A session that is inside a call at the logout loses its operation too. */
static void *
long_call(void *arg)
{
	CK_SESSION_HANDLE s = *(CK_SESSION_HANDLE *)arg;
	CK_MECHANISM make = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL no = CK_FALSE;
	CK_ULONG bits = 4096;
	CK_ATTRIBUTE public_t = { CKA_MODULUS_BITS, &bits, sizeof(bits) };
	CK_ATTRIBUTE private_t = { CKA_PRIVATE, &no, sizeof(no) };
	CK_OBJECT_HANDLE public, private;

	REQUIRE_OK(p11->C_GenerateKeyPair(s, &make, &public_t, 1, &private_t,
	    1, &public, &private));
	return NULL;
}

ATF_TC_WITHOUT_HEAD(threads__logout_reaches_a_session_inside_a_call);
ATF_TC_BODY(threads__logout_reaches_a_session_inside_a_call, tc)
{
	CK_UTF8CHAR user[] = "user-pin";
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1 }, signature[64];
	CK_ULONG len = sizeof(signature);
	struct timespec moment = { 0, 50000000 };
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE busy, other;
	pthread_t thread;

	p11_start();
	slot = p11_new_token("hsm");
	busy = p11_session(slot, true);
	other = p11_session(slot, false);
	REQUIRE_OK(p11->C_Login(other, CKU_USER, user, 8));
	p11_key_pair(busy, true, "key", &public, &private);
	REQUIRE_OK(p11->C_SignInit(busy, &ecdsa, private));
	ATF_REQUIRE_EQ(pthread_create(&thread, NULL, long_call, &busy), 0);
	nanosleep(&moment, NULL);
	REQUIRE_OK(p11->C_Logout(other));
	ATF_REQUIRE_EQ(pthread_join(thread, NULL), 0);
	CHECK_RV(p11->C_Sign(busy, digest, sizeof(digest), signature, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, threads__share_the_library);
	ATF_TP_ADD_TC(tp, threads__finalise_under_them);
	ATF_TP_ADD_TC(tp, threads__list_slots_while_stores_go);
	ATF_TP_ADD_TC(tp, threads__logout_reaches_a_session_inside_a_call);
	return atf_no_error();
}
