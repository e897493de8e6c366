/* Every function of the list before, between and after initialisation. */
#include "tests/lib/p11.h"

/* A call with nothing but zeros and NULLs. */
#define ZEROS_1(a) (0)
#define ZEROS_2(a, b) (0, 0)
#define ZEROS_3(a, b, c) (0, 0, 0)
#define ZEROS_4(a, b, c, d) (0, 0, 0, 0)
#define ZEROS_5(a, b, c, d, e) (0, 0, 0, 0, 0)
#define ZEROS_6(a, b, c, d, e, f) (0, 0, 0, 0, 0, 0)
#define ZEROS_7(a, b, c, d, e, f, g) (0, 0, 0, 0, 0, 0, 0)
#define ZEROS_8(a, b, c, d, e, f, g, h) (0, 0, 0, 0, 0, 0, 0, 0)
#define ZEROS_9(a, b, c, d, e, f, g, h, i) (0, 0, 0, 0, 0, 0, 0, 0, 0)
#define ZEROS_10(a, b, c, d, e, f, g, h, i, j) (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
#define TAKE_11(a, b, c, d, e, f, g, h, i, j, n, ...) n
#define ZEROS(...) \
	TAKE_11(__VA_ARGS__, ZEROS_10, ZEROS_9, ZEROS_8, ZEROS_7, ZEROS_6, \
	    ZEROS_5, ZEROS_4, ZEROS_3, ZEROS_2, ZEROS_1, 0)(__VA_ARGS__)

#define CK_F(version, name, args) \
	static CK_RV \
	zeros_##name(void) \
	{ \
		return p11->name ZEROS args; \
	}
#include "common/pkcs11_functions.h"
#undef CK_F

static const struct function {
	const char *name;
	CK_RV (*zeros)(void);
} functions[] = {
#define CK_F(version, name, args) { #name, zeros_##name },
#include "common/pkcs11_functions.h"
#undef CK_F
};

/* Those that need no library, and those that begin and end it. */
static bool
is_special(const char *name)
{
	static const char *const special[] = { "C_Initialize", "C_Finalize",
		"C_GetFunctionList", "C_GetInterfaceList", "C_GetInterface" };

	for (size_t i = 0; i < COUNT(special); i++)
		if (strcmp(special[i], name) == 0)
			return true;
	return false;
}

/* Answers of all functions, which must be one of two. */
static size_t
offered_without_library(const char *when)
{
	size_t offered = 0;

	for (size_t i = 0; i < COUNT(functions); i++) {
		CK_RV rv;

		if (is_special(functions[i].name))
			continue;
		rv = functions[i].zeros();
		ATF_CHECK_MSG(rv == CKR_CRYPTOKI_NOT_INITIALIZED ||
		    rv == CKR_FUNCTION_NOT_SUPPORTED, "%s %s is 0x%lx",
		    functions[i].name, when, rv);
		offered += rv == CKR_CRYPTOKI_NOT_INITIALIZED ? 1 : 0;
	}
	return offered;
}

ATF_TC_WITHOUT_HEAD(all_functions__before_and_after);
ATF_TC_BODY(all_functions__before_and_after, tc)
{
	size_t before, after;

	p11_load();
	before = offered_without_library("before C_Initialize");
	ATF_CHECK(before >= 50);
	CHECK_RV(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	REQUIRE_OK(p11->C_Initialize(NULL));
	REQUIRE_OK(p11->C_Finalize(NULL));
	after = offered_without_library("after C_Finalize");
	ATF_CHECK_EQ(before, after);
	CHECK_RV(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

ATF_TC_WITHOUT_HEAD(all_functions__old_handles_after_finalise);
ATF_TC_BODY(all_functions__old_handles_after_finalise, tc)
{
	CK_MECHANISM sha = { CKM_SHA256, NULL, 0 };
	CK_SESSION_HANDLE s;
	CK_SESSION_INFO info;
	CK_OBJECT_HANDLE o;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	o = p11_data(s, true, "data", "value");
	REQUIRE_OK(p11->C_DigestInit(s, &sha));
	REQUIRE_OK(p11->C_FindObjectsInit(s, NULL, 0));
	REQUIRE_OK(p11->C_Finalize(NULL));
	CHECK_RV(p11->C_CloseSession(s), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_RV(p11->C_DestroyObject(s, o), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_RV(p11->C_DigestUpdate(s, NULL, 0),
	    CKR_CRYPTOKI_NOT_INITIALIZED);
	/* A session of an earlier life is none in the next one. */
	REQUIRE_OK(p11->C_Initialize(NULL));
	CHECK_RV(p11->C_GetSessionInfo(s, &info), CKR_SESSION_HANDLE_INVALID);
	CHECK_RV(p11->C_DestroyObject(s, o), CKR_SESSION_HANDLE_INVALID);
}

/* Session 0, slot 0 and no pointers: an error of the first argument's kind. */
ATF_TC_WITHOUT_HEAD(all_functions__zeros_are_refused);
ATF_TC_BODY(all_functions__zeros_are_refused, tc)
{
	static const struct {
		const char *name;
		CK_RV wanted;
	} others[] = {
		{ "C_Initialize", CKR_CRYPTOKI_ALREADY_INITIALIZED },
		{ "C_GetInfo", CKR_ARGUMENTS_BAD },
		{ "C_GetFunctionList", CKR_ARGUMENTS_BAD },
		{ "C_GetSlotList", CKR_ARGUMENTS_BAD },
		{ "C_GetSlotInfo", CKR_ARGUMENTS_BAD },
		{ "C_GetTokenInfo", CKR_ARGUMENTS_BAD },
		{ "C_GetMechanismList", CKR_ARGUMENTS_BAD },
		{ "C_GetMechanismInfo", CKR_ARGUMENTS_BAD },
		{ "C_InitToken", CKR_ARGUMENTS_BAD },
		{ "C_OpenSession", CKR_ARGUMENTS_BAD },
		{ "C_CloseAllSessions", CKR_SLOT_ID_INVALID },
		{ "C_WaitForSlotEvent", CKR_ARGUMENTS_BAD },
		{ "C_GetInterfaceList", CKR_ARGUMENTS_BAD },
		{ "C_GetInterface", CKR_ARGUMENTS_BAD },
	};

	p11_start();
	for (size_t i = 0; i < COUNT(functions); i++) {
		CK_RV rv, wanted = CKR_SESSION_HANDLE_INVALID;

		if (strcmp(functions[i].name, "C_Finalize") == 0)
			continue;
		for (size_t k = 0; k < COUNT(others); k++)
			if (strcmp(others[k].name, functions[i].name) == 0)
				wanted = others[k].wanted;
		rv = functions[i].zeros();
		ATF_CHECK_MSG(rv == wanted || rv == CKR_FUNCTION_NOT_SUPPORTED,
		    "%s is 0x%lx, not 0x%lx", functions[i].name, rv, wanted);
	}
	REQUIRE_OK(p11->C_Finalize(NULL));
}

ATF_TC_WITHOUT_HEAD(initialise__many_times);
ATF_TC_BODY(initialise__many_times, tc)
{
	p11_load();
	for (int i = 0; i < 20; i++) {
		CK_SESSION_HANDLE s;

		REQUIRE_OK(p11->C_Initialize(NULL));
		s = p11_session(p11_slot("machine"), true);
		ATF_CHECK_EQ(p11_find(s, "kept", NULL), i != 0);
		if (i == 0)
			p11_data(s, true, "kept", "1");
		REQUIRE_OK(p11->C_Finalize(NULL));
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all_functions__before_and_after);
	ATF_TP_ADD_TC(tp, all_functions__old_handles_after_finalise);
	ATF_TP_ADD_TC(tp, all_functions__zeros_are_refused);
	ATF_TP_ADD_TC(tp, initialise__many_times);
	return atf_no_error();
}
