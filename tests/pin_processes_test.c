/* The tries of a PIN: many processes at once, and one that is killed. */
#include "tests/lib/users.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 32
#define GUESSES 4 /* of each */

/* Children wait at the gate, all are let go at once, and answer by their exit
 * status; none has seen the library initialised. */
static int gate[2];

static CK_SESSION_HANDLE
session_behind_gate(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE s;
	char c;

	close(gate[1]);
	if (p11->C_Initialize(NULL) != CKR_OK || p11->C_OpenSession(slot,
	    CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s) != CKR_OK ||
	    read(gate[0], &c, 1) != 0)
		_exit(99);
	return s;
}

/* The sum of what `run` returns in all of them. */
static int
in_all(int (*run)(CK_SESSION_HANDLE s), CK_SLOT_ID slot)
{
	pid_t children[PROCESSES];
	int sum = 0, status;

	ATF_REQUIRE_EQ(pipe(gate), 0);
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		ATF_REQUIRE(children[i] >= 0);
		if (children[i] == 0)
			_exit(run(session_behind_gate(slot)));
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < PROCESSES; i++) {
		status = child_status(children[i]);
		ATF_REQUIRE_MSG(status < 50, "a child gave up: %d", status);
		sum += status;
	}
	return sum;
}

/* Their number; 60 for any answer but the two. */
static int
guesses(CK_SESSION_HANDLE s, const char *name)
{
	int wrong = 0;

	for (int i = 0; i < GUESSES; i++) {
		CK_RV rv = name != NULL
		    ? user_login(s, name, wrong_pin)
		    : p11->C_Login(s, CKU_USER, wrong_pin, 6);

		if (rv == CKR_PIN_INCORRECT)
			wrong++;
		else if (rv != CKR_PIN_LOCKED)
			return 60;
	}
	return wrong;
}

static int
guess_users(CK_SESSION_HANDLE s)
{
	return guesses(s, NULL);
}

static int
guess_webs(CK_SESSION_HANDLE s)
{
	return guesses(s, "web");
}

static int
log_in(CK_SESSION_HANDLE s)
{
	return p11->C_Login(s, CKU_USER, user_pin, 8) == CKR_OK ? 1 : 0;
}

static CK_FLAGS
flags_of(CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	REQUIRE_OK(p11->C_GetTokenInfo(slot, &info));
	return info.flags;
}

/* A token with a user "web"; the library is not initialised afterwards. */
static CK_SLOT_ID
token_with(const char *conf)
{
	CK_SLOT_ID slot;

	p11_load();
	conf_add(conf);
	REQUIRE_OK(p11->C_Initialize(NULL));
	user_add(so_session(&slot), "web", "read");
	REQUIRE_OK(p11->C_Finalize(NULL));
	return slot;
}

ATF_TC_WITHOUT_HEAD(tries__are_as_many_for_32_processes_as_for_one);
ATF_TC_BODY(tries__are_as_many_for_32_processes_as_for_one, tc)
{
	CK_SLOT_ID slot = token_with("max-pin-tries = 10");
	CK_SESSION_HANDLE s;

	ATF_CHECK_EQ(in_all(guess_users, slot), 10);
	ATF_CHECK_EQ(in_all(guess_webs, slot), 10);
	REQUIRE_OK(p11->C_Initialize(NULL));
	ATF_CHECK(flags_of(slot) & CKF_USER_PIN_LOCKED);
	s = p11_session(slot, true);
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8), CKR_PIN_LOCKED);
	CHECK_RV(user_login(s, "web", web_pin), CKR_PIN_LOCKED);
	/* The SO's own tries are untouched; he gives a new PIN. */
	ATF_CHECK_EQ(flags_of(slot) & (CKF_SO_PIN_LOCKED |
	    CKF_SO_PIN_FINAL_TRY | CKF_SO_PIN_COUNT_LOW), 0);
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so_pin, 6));
	REQUIRE_OK(p11->C_InitPIN(s, new_pin, 7));
	ATF_CHECK_EQ(flags_of(slot) & CKF_USER_PIN_LOCKED, 0);
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(p11->C_Login(s, CKU_USER, new_pin, 7), CKR_OK);
}

/* Each right PIN holds one of two tries while it is hashed. */
ATF_TC_WITHOUT_HEAD(tries__of_right_pins_lock_nobody_out);
ATF_TC_BODY(tries__of_right_pins_lock_nobody_out, tc)
{
	CK_SLOT_ID slot = token_with("max-pin-tries = 2\n"
	    "argon2-passes = 50");

	ATF_CHECK_EQ(in_all(log_in, slot), PROCESSES);
	REQUIRE_OK(p11->C_Initialize(NULL));
	ATF_CHECK_EQ(flags_of(slot) & (CKF_USER_PIN_LOCKED |
	    CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_COUNT_LOW), 0);
}

static void
guess_slowly(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE s;

	if (p11->C_Initialize(NULL) == CKR_OK &&
	    p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &s) ==
		CKR_OK)
		(void)!p11->C_Login(s, CKU_USER, wrong_pin, 6);
	_exit(1);
}

/* Killed while it hashes, before it learns that the PIN was wrong. */
ATF_TC_WITHOUT_HEAD(tries__of_a_process_that_is_killed_are_used_up);
ATF_TC_BODY(tries__of_a_process_that_is_killed_are_used_up, tc)
{
	static const struct timespec moment = { 0, 1000000 };
	CK_SLOT_ID slot = token_with("max-pin-tries = 2\n"
	    "argon2-memory = 1024\nargon2-passes = 1000");
	CK_SESSION_HANDLE s;
	pid_t pid = fork();
	int status = 0;

	ATF_REQUIRE(pid >= 0);
	if (pid == 0)
		guess_slowly(slot);
	REQUIRE_OK(p11->C_Initialize(NULL));
	while ((flags_of(slot) & CKF_USER_PIN_COUNT_LOW) == 0) {
		ATF_REQUIRE_EQ(waitpid(pid, &status, WNOHANG), 0);
		nanosleep(&moment, NULL);
	}
	ATF_REQUIRE_EQ(kill(pid, SIGKILL), 0);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_REQUIRE_MSG(WIFSIGNALED(status), "the guess was over before");
	ATF_CHECK(flags_of(slot) & CKF_USER_PIN_FINAL_TRY);
	REQUIRE_OK(p11->C_Finalize(NULL));
	REQUIRE_OK(p11->C_Initialize(NULL));
	ATF_CHECK(flags_of(slot) & CKF_USER_PIN_FINAL_TRY);
	s = p11_session(slot, true);
	CHECK_RV(p11->C_Login(s, CKU_USER, wrong_pin, 6), CKR_PIN_INCORRECT);
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8), CKR_PIN_LOCKED);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, tries__are_as_many_for_32_processes_as_for_one);
	ATF_TP_ADD_TC(tp, tries__of_right_pins_lock_nobody_out);
	ATF_TP_ADD_TC(tp, tries__of_a_process_that_is_killed_are_used_up);
	return atf_no_error();
}
