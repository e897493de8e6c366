/* Many processes at one database, and those that are killed while writing. */
#include "tests/lib/samples.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Children are forked before the library is initialised. */
static pid_t
in_child(int (*run)(int), int arg)
{
	pid_t pid = fork();

	ATF_REQUIRE(pid >= 0);
	if (pid == 0)
		_exit(run(arg));
	return pid;
}

/* Children wait at the gate; all are let go at once. */
static int gate[2];

static void
gate_make(void)
{
	ATF_REQUIRE_EQ(pipe(gate), 0);
}

static void
gate_open(void)
{
	close(gate[0]);
	close(gate[1]);
}

static void
gate_wait(void)
{
	char c;

	close(gate[1]);
	if (read(gate[0], &c, 1) != 0)
		_exit(99);
}

/* As p11_slot and p11_session, but for children: no requirement fails. */
static bool
session_open(const char *store, CK_SESSION_HANDLE *s)
{
	CK_SLOT_ID slots[64];
	CK_ULONG n = 64;
	CK_TOKEN_INFO info;

	if (p11->C_Initialize(NULL) != CKR_OK ||
	    p11->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
		return false;
	for (CK_ULONG i = 0; i < n; i++)
		if (p11->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    memcmp(info.label, store, strlen(store)) == 0 &&
		    info.label[strlen(store)] == ' ')
			return p11->C_OpenSession(slots[i],
			    CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
			    s) == CKR_OK;
	return false;
}

#define WRITERS 8
#define OBJECTS 200
#define KEPT 5 /* of each writer */

static int
create_and_delete(int number)
{
	CK_SESSION_HANDLE s;
	char label[32];

	if (!session_open("machine", &s))
		return 1;
	gate_wait();
	for (int i = 0; i < OBJECTS; i++) {
		CK_OBJECT_HANDLE o;
		CK_RV rv;

		snprintf(label, sizeof(label), "w%d-%d", number, i);
		rv = p11_try_data(s, true, false, label, "1", &o);
		if (rv != CKR_OK) {
			fprintf(stderr, "%s: 0x%lx %s\n", label, rv,
			    p11_reason());
			return 2;
		}
		if (i >= OBJECTS - KEPT)
			continue;
		rv = p11->C_DestroyObject(s, o);
		if (rv != CKR_OK) {
			fprintf(stderr, "delete %s: 0x%lx %s\n", label, rv,
			    p11_reason());
			return 3;
		}
	}
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 4;
}

ATF_TC_WITHOUT_HEAD(processes__eight_create_and_delete);
ATF_TC_BODY(processes__eight_create_and_delete, tc)
{
	pid_t pids[WRITERS];
	CK_SESSION_HANDLE s;
	char label[32];

	p11_load();
	gate_make();
	for (int i = 0; i < WRITERS; i++)
		pids[i] = in_child(create_and_delete, i);
	gate_open();
	for (int i = 0; i < WRITERS; i++) {
		int status = child_status(pids[i]);

		ATF_CHECK_MSG(status == 0, "writer %d ended with %d", i,
		    status);
	}
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = p11_session(p11_slot("machine"), false);
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), WRITERS * KEPT);
	for (int i = 0; i < WRITERS; i++)
		for (int k = OBJECTS - KEPT; k < OBJECTS; k++) {
			snprintf(label, sizeof(label), "w%d-%d", i, k);
			ATF_CHECK_EQ(p11_find(s, label, NULL), 1);
		}
	check_store(s);
}

/* How a child ended: it made it, it was told that another had, or neither. */
enum { MADE = 10, TAKEN = 11, OTHER = 12 };

static int
make_store(int number)
{
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slots[64];
	CK_ULONG n = 64;
	CK_UTF8CHAR label[33];
	CK_RV rv;

	snprintf((char *)label, sizeof(label), "%-32s", "Race");
	label[4] = (CK_UTF8CHAR)('a' + number);
	if (!session_open("machine", &s) ||
	    p11->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
		return 1;
	gate_wait();
	/* The empty slot is the last one. */
	rv = p11->C_InitToken(slots[n - 1], NULL, 0, label);
	if (rv != CKR_OK)
		fprintf(stderr, "0x%lx %s\n", rv, p11_reason());
	return rv == CKR_OK ? MADE : rv == CKR_ARGUMENTS_BAD ? TAKEN : OTHER;
}

/* Two children at the same work: one makes it, the other one is told. */
static void
race(int (*run)(int), int round)
{
	pid_t pids[2];
	int status[2];

	gate_make();
	for (int i = 0; i < 2; i++)
		pids[i] = in_child(run, round);
	gate_open();
	for (int i = 0; i < 2; i++)
		status[i] = child_status(pids[i]);
	ATF_CHECK_MSG((status[0] == MADE && status[1] == TAKEN) ||
	    (status[0] == TAKEN && status[1] == MADE),
	    "round %d: %d and %d", round, status[0], status[1]);
}

#define ROUNDS 10

ATF_TC_WITHOUT_HEAD(processes__two_create_the_same_store);
ATF_TC_BODY(processes__two_create_the_same_store, tc)
{
	CK_ULONG before, after;

	p11_start();
	REQUIRE_OK(p11->C_GetSlotList(CK_TRUE, NULL, &before));
	REQUIRE_OK(p11->C_Finalize(NULL));
	for (int i = 0; i < ROUNDS; i++)
		race(make_store, i);
	REQUIRE_OK(p11->C_Initialize(NULL));
	REQUIRE_OK(p11->C_GetSlotList(CK_TRUE, NULL, &after));
	ATF_CHECK_EQ(after, before + ROUNDS);
	check_store(p11_session(p11_slot(NULL), false));
}

static CK_OBJECT_HANDLE
batch_open(CK_SESSION_HANDLE s)
{
	CK_OBJECT_CLASS class = CKO_VECS_BATCH;
	CK_BYTE id[16] = { 1 };
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_VECS_BATCH_ID, id, sizeof(id) } };
	CK_OBJECT_HANDLE o = 0;

	return p11->C_CreateObject(s, t, COUNT(t), &o) == CKR_OK ? o : 0;
}

static CK_RV
batch_set(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE b, CK_ATTRIBUTE_TYPE type,
    const char *text)
{
	CK_ATTRIBUTE t = { type, (void *)(uintptr_t)text, strlen(text) };

	return p11->C_SetAttributeValue(s, b, &t, 1);
}

static int
make_entry(int number)
{
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE b, o;
	char alias[16];
	CK_RV rv;

	snprintf(alias, sizeof(alias), "alias-%d", number);
	if (!session_open("machine", &s) || (b = batch_open(s)) == 0 ||
	    batch_set(s, b, CKA_VECS_ABSENT, alias) != CKR_OK ||
	    p11_try_data(s, true, false, alias, "1", &o) != CKR_OK)
		return 1;
	gate_wait();
	rv = batch_set(s, b, CKA_VECS_COMMIT, "1");
	if (rv != CKR_OK && rv != CKR_VECS_EXISTS)
		fprintf(stderr, "0x%lx %s\n", rv, p11_reason());
	return rv == CKR_OK ? MADE : rv == CKR_VECS_EXISTS ? TAKEN : OTHER;
}

ATF_TC_WITHOUT_HEAD(processes__two_create_the_same_entry);
ATF_TC_BODY(processes__two_create_the_same_entry, tc)
{
	CK_SESSION_HANDLE s;

	p11_load();
	for (int i = 0; i < ROUNDS; i++)
		race(make_entry, i);
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = p11_session(p11_slot("machine"), false);
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), ROUNDS);
	check_store(s);
}

/* The very first processes: who comes second finds a whole database. */
static int
first_use(int ignored)
{
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE o;

	(void)ignored;
	gate_wait();
	if (!session_open("machine", &s))
		return 1;
	return p11_try_data(s, true, false, "x", "1", &o) == CKR_OK ? 0 : 2;
}

ATF_TC_WITHOUT_HEAD(processes__eight_give_birth);
ATF_TC_BODY(processes__eight_give_birth, tc)
{
	pid_t pids[WRITERS];
	CK_SESSION_HANDLE s;

	p11_load();
	gate_make();
	for (int i = 0; i < WRITERS; i++)
		pids[i] = in_child(first_use, i);
	gate_open();
	for (int i = 0; i < WRITERS; i++)
		ATF_CHECK_EQ(child_status(pids[i]), 0);
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = p11_session(p11_slot("machine"), false);
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), WRITERS);
	check_store(s);
}

/*
 * Killed: each step is a batch that puts three objects in the place of the
 * three of the step before.  Afterwards there are three, all of the last step
 * that was reported or of the one after it.
 */

#define AT_ONCE 3

static int report[2];

static void
label_of(unsigned step, char label[16])
{
	snprintf(label, 16, "step-%u", step);
}

/* The objects of a step, which may be the one of an earlier life. */
static CK_ULONG
objects_of(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE out[AT_ONCE])
{
	CK_ULONG n = 0;

	if (p11->C_FindObjectsInit(s, NULL, 0) != CKR_OK ||
	    p11->C_FindObjects(s, out, AT_ONCE, &n) != CKR_OK ||
	    p11->C_FindObjectsFinal(s) != CKR_OK)
		_exit(2);
	return n;
}

static void
write_step(CK_SESSION_HANDLE s, unsigned step)
{
	CK_OBJECT_HANDLE old[AT_ONCE], o, b;
	CK_ULONG n = objects_of(s, old);
	char label[16];

	label_of(step, label);
	if ((b = batch_open(s)) == 0)
		_exit(3);
	for (CK_ULONG i = 0; i < n; i++)
		if (p11->C_DestroyObject(s, old[i]) != CKR_OK)
			_exit(4);
	for (int i = 0; i < AT_ONCE; i++)
		if (p11_try_data(s, true, false, label, "1", &o) != CKR_OK)
			_exit(5);
	if (batch_set(s, b, CKA_VECS_COMMIT, "1") != CKR_OK ||
	    write(report[1], &step, sizeof(step)) != sizeof(step) ||
	    p11->C_DestroyObject(s, b) != CKR_OK)
		_exit(6);
}

static int
write_for_ever(int first)
{
	CK_SESSION_HANDLE s;

	close(report[0]);
	if (!session_open("vpxd", &s))
		return 1;
	for (unsigned step = (unsigned)first;; step++)
		write_step(s, step);
}

/* The last step that was reported before the end. */
static unsigned
last_report(unsigned last)
{
	unsigned step;

	while (read(report[0], &step, sizeof(step)) == sizeof(step))
		last = step;
	close(report[0]);
	return last;
}

static void
pause_us(long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

/* One life: born, killed at some moment, its last words returned. */
static unsigned
live(unsigned last, long us, bool wait_for_work)
{
	struct pollfd first;
	pid_t pid;
	int status;

	ATF_REQUIRE_EQ(pipe(report), 0);
	pid = in_child(write_for_ever, (int)last + 1);
	close(report[1]);
	first = (struct pollfd){ .fd = report[0], .events = POLLIN };
	if (wait_for_work)
		ATF_REQUIRE_EQ(poll(&first, 1, 20000), 1);
	pause_us(us);
	ATF_REQUIRE_EQ(kill(pid, SIGKILL), 0);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_MSG(WIFSIGNALED(status), "the child ended by itself: %d",
	    WEXITSTATUS(status));
	return last_report(last);
}

/* What is there, as the step it belongs to. */
static unsigned
what_is_there(unsigned reported, bool check)
{
	CK_SESSION_HANDLE s;
	unsigned step = reported;
	char label[16];

	REQUIRE_OK(p11->C_Initialize(NULL));
	s = p11_session(p11_slot("vpxd"), false);
	label_of(reported, label);
	if (reported == 0 || p11_find(s, label, NULL) == 0)
		label_of(reported + 1, label);
	if (p11_find(s, label, NULL) != 0 || reported != 0) {
		ATF_CHECK_EQ_MSG(p11_find(s, label, NULL), AT_ONCE,
		    "%s of %u", label, reported);
		ATF_CHECK_EQ_MSG(p11_find(s, NULL, NULL), AT_ONCE,
		    "%s of %u", label, reported);
		step = (unsigned)strtoul(label + 5, NULL, 10);
	} else {
		ATF_CHECK_EQ(p11_find(s, NULL, NULL), 0);
	}
	if (check)
		check_store(s);
	REQUIRE_OK(p11->C_Finalize(NULL));
	return step;
}

ATF_TC_WITHOUT_HEAD(processes__killed_while_writing);
ATF_TC_BODY(processes__killed_while_writing, tc)
{
	int lives = getenv("VECS_TEST_LONG") != NULL ? 500 : 50;
	unsigned last = 0;

	p11_load();
	/* The first ones die at their birth and that of the database. */
	for (int i = 0; i < 8; i++)
		last = what_is_there(live(last, i * 2000, false), true);
	for (int i = 0; i < lives; i++)
		last = what_is_there(live(last, i * 211 % 9000, true),
		    i % 10 == 9);
	ATF_CHECK(last >= (unsigned)lives);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, processes__eight_create_and_delete);
	ATF_TP_ADD_TC(tp, processes__two_create_the_same_store);
	ATF_TP_ADD_TC(tp, processes__two_create_the_same_entry);
	ATF_TP_ADD_TC(tp, processes__eight_give_birth);
	ATF_TP_ADD_TC(tp, processes__killed_while_writing);
	return atf_no_error();
}
