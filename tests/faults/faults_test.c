/*
 * Whatever fails, and whenever: an answer of the standard's, nothing half
 * done, and the same call goes well afterwards.
 */
#include <stdlib.h>

#include "common/ckname.h"
#include "tests/faults/stage.h"

#define CALLS_MAX 5000

static struct stage stage;

static const char *
rv_name(CK_RV rv)
{
	const char *name = ckname_rv(rv);

	return name != NULL ? name : "a number without a name";
}

/* What no failure of ours can mean: the client would draw wrong conclusions. */
static bool
is_lie(CK_RV rv, enum fault_kind kind)
{
	static const CK_RV lies[] = { CKR_ARGUMENTS_BAD, CKR_PIN_LOCKED, CKR_OBJECT_HANDLE_INVALID,
		CKR_SESSION_HANDLE_INVALID, CKR_SLOT_ID_INVALID,
		CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT,
		CKR_MECHANISM_PARAM_INVALID, CKR_CRYPTOKI_NOT_INITIALIZED,
		CKR_KEY_HANDLE_INVALID, CKR_OPERATION_NOT_INITIALIZED,
		CKR_SIGNATURE_INVALID, CKR_BUFFER_TOO_SMALL };

	for (size_t i = 0; i < COUNT(lies); i++)
		if (rv == lies[i])
			return true;
	/* libcrypto has one word for a wrong key and for its own failure */
	if (rv == CKR_PIN_INCORRECT && kind != FAULT_CRYPTO)
		return true;
	return ckname_rv(rv) == NULL;
}

static CK_RV
act_failing(const struct scenario *sc, enum fault_kind kind, unsigned n,
    bool on, bool *fired)
{
	CK_RV rv;

	fault_arm(kind, n, on);
	rv = sc->act(&stage);
	*fired = fault_disarm();
	return rv;
}

static void
act_end(const struct scenario *sc)
{
	if (sc->after != NULL)
		sc->after(&stage);
	stage.made[0] = stage.made[1] = 0;
}

/* What the store holds for all; a batch is an object of its session. */
static CK_ULONG
objects_count(void)
{
	return p11_find(stage.look, NULL, NULL) - (stage.batch != 0);
}

/* All of it, or nothing. */
static void
effect_check(const struct scenario *sc, CK_RV rv, CK_ULONG before,
    enum fault_kind kind, unsigned n)
{
	const char *what = fault_names[kind];
	long change = (long)objects_count() - (long)before;

	ATF_CHECK_MSG(rv == CKR_OK || !is_lie(rv, kind), "%s: %s %u: %s", sc->name,
	    what, n, rv_name(rv));
	ATF_CHECK_MSG(change == (rv == CKR_OK ? sc->makes : 0),
	    "%s: %s %u: %s, but %ld objects more", sc->name, what, n,
	    rv_name(rv), change);
}

/* The scenario with the n-th failure; false when there are not so many. */
static bool
round_play(const struct scenario *sc, enum fault_kind kind, unsigned n,
    bool on)
{
	CK_ULONG all = objects_count(), before;
	bool fired;
	CK_RV rv;

	if (sc->before != NULL)
		sc->before(&stage);
	before = objects_count();
	rv = act_failing(sc, kind, n, on, &fired);
	if (!fired)
		REQUIRE_OK(rv);
	effect_check(sc, rv, before, kind, n);
	act_end(sc);
	ATF_REQUIRE_MSG(objects_count() == all,
	    "%s: %s %u: objects stay", sc->name, fault_names[kind], n);
	return fired;
}

static bool
is_long(void)
{
	const char *said = getenv("VECS_TEST_LONG");

	return said != NULL && said[0] == '1';
}

/* The short loop leaves out ever more of the later ones. */
static unsigned
next(unsigned n)
{
	return n < 16 || is_long() ? n + 1 : n + n / 8;
}

static void
scenario_play(const struct scenario *sc, enum fault_kind kind, bool on)
{
	unsigned n = 1;

	while (round_play(sc, kind, n, on) && n < CALLS_MAX) {
		/* and once more, without a failure */
		if (sc->before != NULL)
			sc->before(&stage);
		REQUIRE_OK(sc->act(&stage));
		act_end(sc);
		n = next(n);
	}
	ATF_CHECK_MSG(n < CALLS_MAX, "%s: no end", sc->name);
	printf("%s: to %s %u\n", sc->name, fault_names[kind], n);
	check_store(stage.s);
	check_store(stage.pin);
}

static void
play(const struct scenario *list, enum fault_kind kind)
{
	stage_set(&stage);
	for (const struct scenario *sc = list; sc->name != NULL; sc++) {
		if (!sc->slow || is_long())
			scenario_play(sc, kind, false);
		if (is_long())
			scenario_play(sc, kind, true);
	}
	REQUIRE_OK(p11->C_Finalize(NULL));
}

#define FAULT_CASE(subject, kind, which) \
	ATF_TC_WITHOUT_HEAD(subject##__##kind); \
	ATF_TC_BODY(subject##__##kind, tc) \
	{ \
		play(subject##_scenarios, which); \
	}
#define FAULT_CASES(subject) \
	FAULT_CASE(subject, memory, FAULT_MEMORY) \
	FAULT_CASE(subject, libcrypto, FAULT_CRYPTO) \
	FAULT_CASE(subject, sqlite, FAULT_SQLITE) \
	FAULT_CASE(subject, file, FAULT_FILE)
#define FAULT_CASES_ADD(subject) \
	ATF_TP_ADD_TC(tp, subject##__memory); \
	ATF_TP_ADD_TC(tp, subject##__libcrypto); \
	ATF_TP_ADD_TC(tp, subject##__sqlite); \
	ATF_TP_ADD_TC(tp, subject##__file)

FAULT_CASES(agree)
FAULT_CASES(object)
FAULT_CASES(use)
FAULT_CASES(token)
FAULT_CASES(store)
FAULT_CASES(derive)
FAULT_CASES(user)

ATF_TP_ADD_TCS(tp)
{
	FAULT_CASES_ADD(agree);
	FAULT_CASES_ADD(object);
	FAULT_CASES_ADD(use);
	FAULT_CASES_ADD(token);
	FAULT_CASES_ADD(store);
	FAULT_CASES_ADD(derive);
	FAULT_CASES_ADD(user);
	return atf_no_error();
}
