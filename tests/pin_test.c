/* Tokens with PINs: login rules, counters, recovery (PKCS#11 5.5, 5.6). */
#include "tests/lib/users.h"

#define wrong wrong_pin

static CK_FLAGS
flags_of(CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	REQUIRE_OK(p11->C_GetTokenInfo(slot, &info));
	return info.flags;
}

ATF_TC_WITHOUT_HEAD(token__states_of_login);
ATF_TC_BODY(token__states_of_login, tc)
{
	CK_SESSION_HANDLE rw, ro;
	CK_SESSION_INFO info;
	CK_SLOT_ID slot;

	p11_start();
	slot = p11_new_token("HSM");
	ATF_CHECK_EQ(flags_of(slot) & (CKF_LOGIN_REQUIRED |
	    CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED),
	    CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED |
	    CKF_TOKEN_INITIALIZED);
	rw = p11_session(slot, true);
	ro = p11_session(slot, false);
	REQUIRE_OK(p11->C_GetSessionInfo(ro, &info));
	ATF_CHECK_EQ(info.state, CKS_RO_PUBLIC_SESSION);
	CHECK_RV(p11->C_Login(rw, CKU_SO, so_pin, 6),
	    CKR_SESSION_READ_ONLY_EXISTS);
	CHECK_RV(p11->C_Login(rw, 77, so_pin, 6), CKR_USER_TYPE_INVALID);
	CHECK_RV(p11->C_Login(rw, CKU_USER, NULL, 0), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_Logout(rw), CKR_USER_NOT_LOGGED_IN);
	CHECK_RV(p11->C_Login(ro, CKU_USER, user_pin, 8), CKR_OK);
	CHECK_RV(p11->C_Login(ro, CKU_USER, user_pin, 8),
	    CKR_USER_ALREADY_LOGGED_IN);
	CHECK_RV(p11->C_Login(ro, CKU_SO, so_pin, 6),
	    CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	REQUIRE_OK(p11->C_GetSessionInfo(rw, &info));
	ATF_CHECK_EQ(info.state, CKS_RW_USER_FUNCTIONS);
	REQUIRE_OK(p11->C_CloseSession(ro));
	REQUIRE_OK(p11->C_Logout(rw));
	REQUIRE_OK(p11->C_Login(rw, CKU_SO, so_pin, 6));
	REQUIRE_OK(p11->C_GetSessionInfo(rw, &info));
	ATF_CHECK_EQ(info.state, CKS_RW_SO_FUNCTIONS);
	CHECK_RV(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &ro),
	    CKR_SESSION_READ_WRITE_SO_EXISTS);
	/* The last session's end is a logout. */
	REQUIRE_OK(p11->C_CloseSession(rw));
	rw = p11_session(slot, true);
	REQUIRE_OK(p11->C_GetSessionInfo(rw, &info));
	ATF_CHECK_EQ(info.state, CKS_RW_PUBLIC_SESSION);
}

ATF_TC_WITHOUT_HEAD(token__private_objects_need_the_user);
ATF_TC_BODY(token__private_objects_need_the_user, tc)
{
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE o, public, private;
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1 }, signature[64];
	CK_ULONG len = sizeof(signature);
	CK_SLOT_ID slot;

	p11_start();
	slot = p11_new_token("HSM");
	s = p11_session(slot, true);
	CHECK_RV(p11_try_data(s, true, true, "p", "1", &o),
	    CKR_USER_NOT_LOGGED_IN);
	CHECK_RV(p11_try_data(s, true, false, "q", "1", &o), CKR_OK);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	CHECK_RV(p11_try_data(s, true, true, "p", "1", &o), CKR_OK);
	p11_key_pair(s, true, "key", &public, &private);
	CHECK_RV(p11_sign(s, private), CKR_OK);
	/* A signature that has begun does not outlive the login. */
	REQUIRE_OK(p11->C_SignInit(s, &mechanism, private));
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(p11->C_Sign(s, digest, 32, signature, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	ATF_CHECK_EQ(p11_find(s, "p", NULL), 0);
	ATF_CHECK_EQ(p11_find(s, "q", NULL), 1);
	CHECK_RV(p11_sign(s, private), CKR_KEY_HANDLE_INVALID);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	ATF_CHECK_EQ(p11_find(s, "p", NULL), 1);
	REQUIRE_OK(p11->C_Logout(s));
	/* Nor does the SO see them. */
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so_pin, 6));
	ATF_CHECK_EQ(p11_find(s, "p", NULL), 0);
}

ATF_TC_WITHOUT_HEAD(pin__counters_and_lockout);
ATF_TC_BODY(pin__counters_and_lockout, tc)
{
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_load();
	conf_add("max-pin-tries = 3");
	REQUIRE_OK(p11->C_Initialize(NULL));
	slot = p11_new_token("HSM");
	s = p11_session(slot, true);
	CHECK_RV(p11->C_Login(s, CKU_USER, wrong, 6), CKR_PIN_INCORRECT);
	ATF_CHECK(flags_of(slot) & CKF_USER_PIN_COUNT_LOW);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	ATF_CHECK_EQ(flags_of(slot) & CKF_USER_PIN_COUNT_LOW, 0);
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(p11->C_Login(s, CKU_USER, wrong, 6), CKR_PIN_INCORRECT);
	CHECK_RV(p11->C_Login(s, CKU_USER, wrong, 6), CKR_PIN_INCORRECT);
	ATF_CHECK(flags_of(slot) & CKF_USER_PIN_FINAL_TRY);
	CHECK_RV(p11->C_Login(s, CKU_USER, wrong, 6), CKR_PIN_INCORRECT);
	ATF_CHECK(flags_of(slot) & CKF_USER_PIN_LOCKED);
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8), CKR_PIN_LOCKED);
	/* It stays so in the next life of the process. */
	REQUIRE_OK(p11->C_Finalize(NULL));
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = p11_session(slot, true);
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8), CKR_PIN_LOCKED);
	/* The SO gives a new one. */
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so_pin, 6));
	REQUIRE_OK(p11->C_InitPIN(s, new_pin, 7));
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(p11->C_Login(s, CKU_USER, new_pin, 7), CKR_OK);
}

#define SO_FLAGS \
	(CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY | CKF_SO_PIN_LOCKED)

ATF_TC_WITHOUT_HEAD(pin__of_the_so_is_counted_and_locked);
ATF_TC_BODY(pin__of_the_so_is_counted_and_locked, tc)
{
	CK_UTF8CHAR label[33] = "HSM two                         ";
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_load();
	conf_add("max-pin-tries = 3");
	REQUIRE_OK(p11->C_Initialize(NULL));
	slot = p11_new_token("HSM");
	s = p11_session(slot, true);
	ATF_CHECK_EQ(flags_of(slot) & SO_FLAGS, 0);
	CHECK_RV(p11->C_Login(s, CKU_SO, wrong, 6), CKR_PIN_INCORRECT);
	ATF_CHECK_EQ(flags_of(slot) & SO_FLAGS, CKF_SO_PIN_COUNT_LOW);
	REQUIRE_OK(p11->C_CloseSession(s));
	CHECK_RV(p11->C_InitToken(slot, wrong, 6, label), CKR_PIN_INCORRECT);
	ATF_CHECK_EQ(flags_of(slot) & SO_FLAGS,
	    CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY);
	s = p11_session(slot, true);
	CHECK_RV(p11->C_Login(s, CKU_SO, wrong, 6), CKR_PIN_INCORRECT);
	ATF_CHECK_EQ(flags_of(slot) & SO_FLAGS, CKF_SO_PIN_LOCKED);
	CHECK_RV(p11->C_Login(s, CKU_SO, so_pin, 6), CKR_PIN_LOCKED);
	ATF_CHECK_EQ(flags_of(slot) & (CKF_USER_PIN_LOCKED |
	    CKF_USER_PIN_COUNT_LOW), 0);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	REQUIRE_OK(p11->C_CloseSession(s));
	CHECK_RV(p11->C_InitToken(slot, so_pin, 6, label), CKR_PIN_LOCKED);
}

/* Whoever guesses by C_SetPIN guesses as often as by C_Login. */
ATF_TC_WITHOUT_HEAD(pin__tries_of_set_pin_count);
ATF_TC_BODY(pin__tries_of_set_pin_count, tc)
{
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_load();
	conf_add("max-pin-tries = 2");
	REQUIRE_OK(p11->C_Initialize(NULL));
	slot = p11_new_token("HSM");
	s = p11_session(slot, true);
	CHECK_RV(p11->C_SetPIN(s, wrong, 6, new_pin, 7), CKR_PIN_INCORRECT);
	ATF_CHECK(flags_of(slot) & CKF_USER_PIN_FINAL_TRY);
	REQUIRE_OK(p11->C_SetPIN(s, user_pin, 8, new_pin, 7));
	ATF_CHECK_EQ(flags_of(slot) & CKF_USER_PIN_FINAL_TRY, 0);
	CHECK_RV(p11->C_SetPIN(s, wrong, 6, user_pin, 8), CKR_PIN_INCORRECT);
	CHECK_RV(p11->C_SetPIN(s, wrong, 6, user_pin, 8), CKR_PIN_INCORRECT);
	CHECK_RV(p11->C_SetPIN(s, new_pin, 7, user_pin, 8), CKR_PIN_LOCKED);
	CHECK_RV(p11->C_Login(s, CKU_USER, new_pin, 7), CKR_PIN_LOCKED);
}

ATF_TC_WITHOUT_HEAD(pin__of_one_try_is_at_its_last_at_once);
ATF_TC_BODY(pin__of_one_try_is_at_its_last_at_once, tc)
{
	CK_SLOT_ID slot;

	p11_load();
	conf_add("max-pin-tries = 1");
	REQUIRE_OK(p11->C_Initialize(NULL));
	slot = p11_new_token("HSM");
	ATF_CHECK_EQ(flags_of(slot) & (CKF_USER_PIN_COUNT_LOW |
	    CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED),
	    CKF_USER_PIN_FINAL_TRY);
}

static void
check_lengths(CK_ULONG min, CK_ULONG max)
{
	CK_UTF8CHAR label[33] = "HSM                             ";
	CK_UTF8CHAR pin[257];
	CK_TOKEN_INFO info;
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	REQUIRE_OK(p11->C_Initialize(NULL));
	memset(pin, 'x', sizeof(pin));
	slot = p11_slot(NULL);
	CHECK_RV(p11->C_InitToken(slot, pin, min - 1, label),
	    CKR_PIN_LEN_RANGE);
	CHECK_RV(p11->C_InitToken(slot, pin, max + 1, label),
	    CKR_PIN_LEN_RANGE);
	REQUIRE_OK(p11->C_InitToken(slot, pin, max, label));
	REQUIRE_OK(p11->C_GetTokenInfo(slot, &info));
	ATF_CHECK_EQ(info.ulMinPinLen, min);
	ATF_CHECK_EQ(info.ulMaxPinLen, max);
	s = p11_session(slot, true);
	REQUIRE_OK(p11->C_Login(s, CKU_SO, pin, max));
	CHECK_RV(p11->C_InitPIN(s, pin, min - 1), CKR_PIN_LEN_RANGE);
	CHECK_RV(p11->C_InitPIN(s, pin, max + 1), CKR_PIN_LEN_RANGE);
	REQUIRE_OK(p11->C_InitPIN(s, pin, min));
	CHECK_RV(p11->C_SetPIN(s, pin, max, pin, max + 1),
	    CKR_PIN_LEN_RANGE);
	REQUIRE_OK(p11->C_SetPIN(s, pin, max, pin, min));
}

ATF_TC_WITHOUT_HEAD(length__rules_by_default);
ATF_TC_BODY(length__rules_by_default, tc)
{
	p11_load();
	check_lengths(4, 255);
}

ATF_TC_WITHOUT_HEAD(length__rules_of_the_configuration);
ATF_TC_BODY(length__rules_of_the_configuration, tc)
{
	p11_load();
	conf_add("min-pin-length = 8\nmax-pin-length = 12");
	check_lengths(8, 12);
	REQUIRE_OK(p11->C_Finalize(NULL));
	conf_add("max-pin-length = 7");
	CHECK_RV(p11->C_Initialize(NULL), CKR_GENERAL_ERROR);
	ATF_CHECK_MSG(strstr(p11_reason(), "max-pin-length") != NULL, "%s",
	    p11_reason());
}

/* A rule that came after a PIN does not lock out who has it. */
ATF_TC_WITHOUT_HEAD(length__of_a_pin_that_is_there_is_not_judged);
ATF_TC_BODY(length__of_a_pin_that_is_there_is_not_judged, tc)
{
	CK_UTF8CHAR longer[] = "longer-pin";
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_start();
	slot = p11_new_token("HSM");
	REQUIRE_OK(p11->C_Finalize(NULL));
	conf_add("min-pin-length = 9");
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = p11_session(slot, true);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	CHECK_RV(p11->C_SetPIN(s, user_pin, 8, new_pin, 7),
	    CKR_PIN_LEN_RANGE);
	CHECK_RV(p11->C_SetPIN(s, user_pin, 8, longer, 10), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(pin__so_gives_a_new_one_and_objects_stay);
ATF_TC_BODY(pin__so_gives_a_new_one_and_objects_stay, tc)
{
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE o;
	CK_SLOT_ID slot;

	p11_start();
	slot = p11_new_token("HSM");
	s = p11_session(slot, true);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	REQUIRE_OK(p11_try_data(s, true, true, "p", "1", &o));
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(p11->C_InitPIN(s, new_pin, 7), CKR_USER_NOT_LOGGED_IN);
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so_pin, 6));
	CHECK_RV(p11->C_InitPIN(s, new_pin, 3), CKR_PIN_LEN_RANGE);
	REQUIRE_OK(p11->C_InitPIN(s, new_pin, 7));
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8), CKR_PIN_INCORRECT);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, new_pin, 7));
	ATF_CHECK_EQ(p11_find(s, "p", NULL), 1);
}

ATF_TC_WITHOUT_HEAD(pin__set_by_its_owner);
ATF_TC_BODY(pin__set_by_its_owner, tc)
{
	CK_SESSION_HANDLE s, ro;
	CK_OBJECT_HANDLE o;
	CK_SLOT_ID slot;

	p11_start();
	slot = p11_new_token("HSM");
	s = p11_session(slot, true);
	ro = p11_session(slot, false);
	CHECK_RV(p11->C_SetPIN(ro, user_pin, 8, new_pin, 7),
	    CKR_SESSION_READ_ONLY);
	REQUIRE_OK(p11->C_CloseSession(ro));
	CHECK_RV(p11->C_SetPIN(s, wrong, 6, new_pin, 7), CKR_PIN_INCORRECT);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	REQUIRE_OK(p11_try_data(s, true, true, "p", "1", &o));
	REQUIRE_OK(p11->C_SetPIN(s, user_pin, 8, new_pin, 7));
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8), CKR_PIN_INCORRECT);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, new_pin, 7));
	ATF_CHECK_EQ(p11_find(s, "p", NULL), 1);
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so_pin, 6));
	REQUIRE_OK(p11->C_SetPIN(s, so_pin, 6, new_pin, 7));
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(p11->C_Login(s, CKU_SO, so_pin, 6), CKR_PIN_INCORRECT);
	CHECK_RV(p11->C_Login(s, CKU_SO, new_pin, 7), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(token__made_anew_by_its_so);
ATF_TC_BODY(token__made_anew_by_its_so, tc)
{
	CK_UTF8CHAR label[33] = "HSM two                         ";
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE s;

	p11_start();
	slot = p11_new_token("HSM");
	s = p11_session(slot, true);
	p11_data(s, true, "q", "1");
	REQUIRE_OK(p11->C_CloseSession(s));
	CHECK_RV(p11->C_InitToken(slot, wrong, 6, label), CKR_PIN_INCORRECT);
	REQUIRE_OK(p11->C_InitToken(slot, so_pin, 6, label));
	ATF_CHECK_EQ(p11_slot("HSM two"), slot);
	ATF_CHECK_EQ(flags_of(slot) & CKF_USER_PIN_INITIALIZED, 0);
	s = p11_session(slot, true);
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), 0);
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8),
	    CKR_USER_PIN_NOT_INITIALIZED);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, token__states_of_login);
	ATF_TP_ADD_TC(tp, token__private_objects_need_the_user);
	ATF_TP_ADD_TC(tp, pin__counters_and_lockout);
	ATF_TP_ADD_TC(tp, pin__of_the_so_is_counted_and_locked);
	ATF_TP_ADD_TC(tp, pin__tries_of_set_pin_count);
	ATF_TP_ADD_TC(tp, pin__of_one_try_is_at_its_last_at_once);
	ATF_TP_ADD_TC(tp, length__rules_by_default);
	ATF_TP_ADD_TC(tp, length__rules_of_the_configuration);
	ATF_TP_ADD_TC(tp, length__of_a_pin_that_is_there_is_not_judged);
	ATF_TP_ADD_TC(tp, pin__so_gives_a_new_one_and_objects_stay);
	ATF_TP_ADD_TC(tp, pin__set_by_its_owner);
	ATF_TP_ADD_TC(tp, token__made_anew_by_its_so);
	return atf_no_error();
}
