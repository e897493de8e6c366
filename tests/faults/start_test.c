/*
 * The first C_Initialize of a process, on no database and on one that is there,
 * and what it does first, with a failure in it: then the next try goes well,
 * and all is whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/ckname.h"
#include "tests/faults/fault.h"
#include "tests/lib/samples.h"

#define CALLS_MAX 20000
#define FIRED 77
#define BROKEN 78

static bool
is_long(void)
{
	const char *said = getenv("VECS_TEST_LONG");

	return said != NULL && said[0] == '1';
}

/* All default stores, each whole. */
static void
stores_check(void)
{
	CK_SLOT_ID slots[16];
	CK_ULONG n = COUNT(slots);

	REQUIRE_OK(p11->C_GetSlotList(CK_TRUE, slots, &n));
	ATF_REQUIRE(n > 5);
	for (CK_ULONG i = 0; i + 1 < n; i++) {
		CK_SESSION_HANDLE s = p11_session(slots[i], true);

		check_store(s);
		REQUIRE_OK(p11->C_CloseSession(s));
	}
}

/* In a process of its own: the library context is made once in each. */
static int
start(enum fault_kind kind, unsigned n)
{
	bool fired;
	CK_RV rv;

	fault_arm(kind, n, false);
	rv = p11->C_Initialize(NULL);
	fired = fault_disarm();
	if (rv != CKR_OK && (ckname_rv(rv) == NULL ||
	    p11->C_Finalize(NULL) != CKR_CRYPTOKI_NOT_INITIALIZED)) {
		fprintf(stderr, "%s %u: 0x%lx\n", fault_names[kind], n, rv);
		return BROKEN;
	}
	if (rv != CKR_OK)
		REQUIRE_OK(p11->C_Initialize(NULL));
	stores_check();
	REQUIRE_OK(p11->C_Finalize(NULL));
	return fired ? FIRED : 0;
}

/* Finds, reads and uses what it has not seen. */
static CK_RV
first_use(CK_SESSION_HANDLE s)
{
	CK_ATTRIBUTE label = { CKA_LABEL, (void *)(uintptr_t)"kept", 4 };
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE private = { CKA_CLASS, &class, sizeof(class) };
	CK_BYTE bytes[64];
	CK_ATTRIBUTE value = { CKA_VALUE, bytes, sizeof(bytes) };
	CK_OBJECT_HANDLE o = 0, key = 0;
	CK_ULONG got = 0;
	CK_RV rv = p11->C_FindObjectsInit(s, &label, 1);

	if (rv == CKR_OK)
		rv = p11->C_FindObjects(s, &o, 1, &got);
	p11->C_FindObjectsFinal(s);
	if (rv == CKR_OK)
		ATF_REQUIRE_EQ(got, 1);
	if (rv == CKR_OK)
		rv = p11->C_GetAttributeValue(s, o, &value, 1);
	if (rv == CKR_OK)
		rv = p11->C_FindObjectsInit(s, &private, 1);
	if (rv == CKR_OK)
		rv = p11->C_FindObjects(s, &key, 1, &got);
	p11->C_FindObjectsFinal(s);
	if (rv == CKR_OK)
		ATF_REQUIRE_EQ(got, 1);
	return rv == CKR_OK ? p11_sign(s, key) : rv;
}

/* No failure says that something is not there. */
static bool
is_lie(CK_RV rv)
{
	return ckname_rv(rv) == NULL || rv == CKR_OBJECT_HANDLE_INVALID ||
	    rv == CKR_KEY_HANDLE_INVALID || rv == CKR_ARGUMENTS_BAD ||
	    rv == CKR_MECHANISM_INVALID || rv == CKR_SESSION_HANDLE_INVALID;
}

static int
use(enum fault_kind kind, unsigned n)
{
	CK_SESSION_HANDLE s;
	bool fired;
	CK_RV rv;

	REQUIRE_OK(p11->C_Initialize(NULL));
	s = p11_session(p11_slot("machine"), true);
	fault_arm(kind, n, false);
	rv = first_use(s);
	fired = fault_disarm();
	if (rv != CKR_OK && is_lie(rv)) {
		fprintf(stderr, "%s %u: %s\n", fault_names[kind], n,
		    ckname_rv(rv));
		return BROKEN;
	}
	REQUIRE_OK(first_use(s));
	check_store(s);
	REQUIRE_OK(p11->C_Finalize(NULL));
	return fired ? FIRED : 0;
}

static void
play(enum fault_kind kind, bool birth, int (*child)(enum fault_kind,
    unsigned))
{
	unsigned n = 1;
	int status = FIRED;

	fault_sqlite();
	p11_load();
	/* the short loop leaves out ever more of the later ones */
	for (; status == FIRED && n < CALLS_MAX;
	    n += n < 16 || is_long() ? 1 : n / 8) {
		pid_t pid;

		if (birth)
			ATF_REQUIRE_EQ(system("rm -rf home"), 0);
		ATF_REQUIRE((pid = fork()) >= 0);
		if (pid == 0)
			exit(child(kind, n));
		status = child_status(pid);
		ATF_REQUIRE_MSG(status == FIRED || status == 0, "%s %u: %d",
		    fault_names[kind], n, status);
	}
	printf("to %s %u\n", fault_names[kind], n);
	ATF_CHECK(n > 2 && n < CALLS_MAX);
}

/* A database to start on: its birth is not what fails. */
static void
play_again(enum fault_kind kind, int (*child)(enum fault_kind, unsigned))
{
	pid_t pid = fork();

	ATF_REQUIRE(pid >= 0);
	if (pid == 0) {
		CK_OBJECT_HANDLE public, private;
		CK_SESSION_HANDLE s;

		p11_start();
		s = p11_session(p11_slot("machine"), true);
		p11_data(s, true, "kept", "value");
		p11_key_pair(s, true, "key", &public, &private);
		exit(0);
	}
	ATF_REQUIRE_EQ(child_status(pid), 0);
	play(kind, false, child);
}

#define START_CASE(name, kind) \
	ATF_TC_WITHOUT_HEAD(birth__##name); \
	ATF_TC_BODY(birth__##name, tc) \
	{ \
		play(kind, true, start); \
	} \
	ATF_TC_WITHOUT_HEAD(start__##name); \
	ATF_TC_BODY(start__##name, tc) \
	{ \
		play_again(kind, start); \
	} \
	ATF_TC_WITHOUT_HEAD(first_use__##name); \
	ATF_TC_BODY(first_use__##name, tc) \
	{ \
		play_again(kind, use); \
	}
#define START_CASES_ADD(name) \
	ATF_TP_ADD_TC(tp, birth__##name); \
	ATF_TP_ADD_TC(tp, start__##name); \
	ATF_TP_ADD_TC(tp, first_use__##name)

START_CASE(memory, FAULT_MEMORY)
START_CASE(libcrypto, FAULT_CRYPTO)
START_CASE(sqlite, FAULT_SQLITE)
START_CASE(file, FAULT_FILE)

ATF_TP_ADD_TCS(tp)
{
	START_CASES_ADD(memory);
	START_CASES_ADD(libcrypto);
	START_CASES_ADD(sqlite);
	START_CASES_ADD(file);
	return atf_no_error();
}
