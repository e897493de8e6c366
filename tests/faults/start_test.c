/*
 * The first C_Initialize of a process, on no database and on one that is there,
 * with a failure in it: then the next one goes well, and all is whole.
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

static void
play(enum fault_kind kind, bool birth)
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
			exit(start(kind, n));
		status = child_status(pid);
		ATF_REQUIRE_MSG(status == FIRED || status == 0, "%s %u: %d",
		    fault_names[kind], n, status);
	}
	printf("to %s %u\n", fault_names[kind], n);
	ATF_CHECK(n > 2 && n < CALLS_MAX);
}

/* A database to start on: its birth is not what fails. */
static void
play_again(enum fault_kind kind)
{
	pid_t pid = fork();

	ATF_REQUIRE(pid >= 0);
	if (pid == 0) {
		p11_start();
		exit(0);
	}
	ATF_REQUIRE_EQ(child_status(pid), 0);
	play(kind, false);
}

#define START_CASE(name, kind) \
	ATF_TC_WITHOUT_HEAD(birth__##name); \
	ATF_TC_BODY(birth__##name, tc) \
	{ \
		play(kind, true); \
	} \
	ATF_TC_WITHOUT_HEAD(start__##name); \
	ATF_TC_BODY(start__##name, tc) \
	{ \
		play_again(kind); \
	}
#define START_CASES_ADD(name) \
	ATF_TP_ADD_TC(tp, birth__##name); \
	ATF_TP_ADD_TC(tp, start__##name)

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
