/* The PINs of named users: set, counted, locked and given anew; whom C_Login
 * means; and users who are changed while they are logged in. */
#include "tests/lib/users.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static CK_FLAGS
flags_of(CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	REQUIRE_OK(p11->C_GetTokenInfo(slot, &info));
	return info.flags;
}

/* A session of a token with a user "web" and a private object "data". */
static CK_SESSION_HANDLE
web_token(const char *rights, CK_SLOT_ID *slot)
{
	CK_SESSION_HANDLE s = so_session(slot);
	CK_OBJECT_HANDLE o;

	user_add(s, "web", rights);
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(p11->C_LoginUser(s, CKU_USER, user_pin, 8, NULL, 0));
	REQUIRE_OK(p11_try_data(s, true, true, "data", "1", &o));
	REQUIRE_OK(p11->C_Logout(s));
	return s;
}

ATF_TC_WITHOUT_HEAD(pin__is_set_by_the_user_himself);
ATF_TC_BODY(pin__is_set_by_the_user_himself, tc)
{
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_start();
	s = web_token("use", &slot);
	REQUIRE_OK(user_login(s, "web", web_pin));
	/* R/W, whatever his rights: C_SetPIN asks for that. */
	s = p11_session(slot, true);
	CHECK_RV(p11->C_SetPIN(s, wrong_pin, 6, new_pin, 7),
	    CKR_PIN_INCORRECT);
	CHECK_RV(p11->C_SetPIN(s, web_pin, 7, new_pin, 3), CKR_PIN_LEN_RANGE);
	REQUIRE_OK(p11->C_SetPIN(s, web_pin, 7, new_pin, 7));
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(user_login(s, "web", web_pin), CKR_PIN_INCORRECT);
	CHECK_RV(user_login(s, "web", new_pin), CKR_OK);
	REQUIRE_OK(p11->C_Logout(s));
	/* Nobody else's changed, and no object either. */
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8), CKR_OK);
	ATF_CHECK_EQ(p11_find(s, "data", NULL), 1);
}

static void
check_flags(CK_SESSION_HANDLE s, const char *wanted)
{
	char text[64];
	CK_ATTRIBUTE t = { CKA_VECS_FLAGS, text, sizeof(text) };
	CK_OBJECT_HANDLE o;
	CK_RV rv;

	ATF_REQUIRE_EQ(p11_find_class(s, CKO_VECS_USER, &o, 1), 1);
	rv = p11->C_GetAttributeValue(s, o, &t, 1);
	if (wanted == NULL) {
		ATF_CHECK_EQ(rv, CKR_ATTRIBUTE_TYPE_INVALID);
		return;
	}
	ATF_CHECK_EQ(rv, CKR_OK);
	ATF_CHECK_MSG(t.ulValueLen == strlen(wanted) &&
	    memcmp(text, wanted, t.ulValueLen) == 0, "%.*s is not %s",
	    (int)t.ulValueLen, text, wanted);
}

ATF_TC_WITHOUT_HEAD(pin__is_counted_and_locked_for_each_user);
ATF_TC_BODY(pin__is_counted_and_locked_for_each_user, tc)
{
	CK_OBJECT_HANDLE web;
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_load();
	conf_add("max-pin-tries = 3");
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = web_token("read", &slot);
	/* The store is the tester's: he sees its users without a login. */
	check_flags(s, NULL);
	CHECK_RV(user_login(s, "web", wrong_pin), CKR_PIN_INCORRECT);
	check_flags(s, "count-low");
	CHECK_RV(user_login(s, "web", wrong_pin), CKR_PIN_INCORRECT);
	check_flags(s, "count-low,final-try");
	CHECK_RV(user_login(s, "web", wrong_pin), CKR_PIN_INCORRECT);
	CHECK_RV(user_login(s, "web", web_pin), CKR_PIN_LOCKED);
	check_flags(s, "locked");
	ATF_CHECK_EQ(flags_of(slot) & (CKF_USER_PIN_LOCKED |
	    CKF_USER_PIN_COUNT_LOW | CKF_SO_PIN_COUNT_LOW), 0);
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so_pin, 6));
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_VECS_USER, &web, 1), 1);
	CHECK_RV(user_set(s, web, CKA_VECS_PIN, "new"), CKR_PIN_LEN_RANGE);
	REQUIRE_OK(user_set(s, web, CKA_VECS_RIGHTS, "use"));
	check_flags(s, "locked");
	REQUIRE_OK(user_set(s, web, CKA_VECS_PIN, "new-pin"));
	check_flags(s, NULL);
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(user_login(s, "web", new_pin), CKR_OK);
}

/* The key that asks for a PIN each time asks for that of who is logged in. */
ATF_TC_WITHOUT_HEAD(pin__for_each_signature_is_his);
ATF_TC_BODY(pin__for_each_signature_is_his, tc)
{
	static CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1,
		7 };
	CK_MECHANISM pair = { CKM_EC_KEY_PAIR_GEN, NULL, 0 },
	             ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE public_t[] = { { CKA_EC_PARAMS, p256, sizeof(p256) } },
	    private_t[] = { { CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_ALWAYS_AUTHENTICATE, &yes, sizeof(yes) } };
	CK_OBJECT_HANDLE public, key;
	CK_BYTE digest[32] = { 1 }, signature[64];
	CK_ULONG len = sizeof(signature);
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_start();
	s = web_token("use", &slot);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	REQUIRE_OK(p11->C_GenerateKeyPair(s, &pair, public_t, 1, private_t, 2,
	    &public, &key));
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(user_login(s, "web", web_pin));
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_PRIVATE_KEY, &key, 1), 1);
	REQUIRE_OK(p11->C_SignInit(s, &ecdsa, key));
	CHECK_RV(p11->C_Login(s, CKU_CONTEXT_SPECIFIC, user_pin, 8),
	    CKR_PIN_INCORRECT);
	CHECK_RV(p11->C_Login(s, CKU_CONTEXT_SPECIFIC, web_pin, 7), CKR_OK);
	CHECK_RV(p11->C_Sign(s, digest, 32, signature, &len), CKR_OK);
}

static int
in_a_child(int (*run)(CK_SLOT_ID), CK_SLOT_ID slot)
{
	pid_t pid = fork();

	ATF_REQUIRE(pid >= 0);
	if (pid == 0)
		_exit(run(slot));
	return child_status(pid);
}

/* Another process of the SO's. */
static CK_SESSION_HANDLE
so_elsewhere(CK_SLOT_ID slot, CK_OBJECT_HANDLE *web)
{
	CK_SESSION_HANDLE s;

	p11->C_Finalize(NULL);
	if (p11->C_Initialize(NULL) != CKR_OK || p11->C_OpenSession(slot,
	    CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s) != CKR_OK ||
	    p11->C_Login(s, CKU_SO, so_pin, 6) != CKR_OK ||
	    p11_find_class(s, CKO_VECS_USER, web, 1) != 1)
		_exit(1);
	return s;
}

static int
give_use_alone(CK_SLOT_ID slot)
{
	CK_OBJECT_HANDLE web;
	CK_SESSION_HANDLE s = so_elsewhere(slot, &web);

	return user_set(s, web, CKA_VECS_RIGHTS, "use") == CKR_OK ? 0 : 2;
}

static int
remove_user(CK_SLOT_ID slot)
{
	CK_OBJECT_HANDLE web;
	CK_SESSION_HANDLE s = so_elsewhere(slot, &web);

	return p11->C_DestroyObject(s, web) == CKR_OK ? 0 : 2;
}

/* Rights that are taken are gone at the next call, wherever he is logged in. */
ATF_TC_WITHOUT_HEAD(rights__change_while_he_is_logged_in);
ATF_TC_BODY(rights__change_while_he_is_logged_in, tc)
{
	CK_OBJECT_HANDLE o, data;
	CK_SESSION_INFO info;
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_start();
	s = web_token("write", &slot);
	REQUIRE_OK(user_login(s, "web", web_pin));
	ATF_CHECK_EQ(p11_find(s, "data", &data), 1);
	ATF_REQUIRE_EQ(in_a_child(give_use_alone, slot), 0);
	CHECK_RV(p11_try_data(s, true, true, "his", "1", &o),
	    CKR_TOKEN_WRITE_PROTECTED);
	CHECK_RV(p11->C_DestroyObject(s, data), CKR_OBJECT_HANDLE_INVALID);
	ATF_CHECK_EQ(p11_find(s, "data", NULL), 0);
	ATF_REQUIRE_EQ(in_a_child(remove_user, slot), 0);
	REQUIRE_OK(p11->C_GetSessionInfo(s, &info));
	ATF_CHECK_EQ(info.state, CKS_RW_PUBLIC_SESSION);
	CHECK_RV(p11->C_Logout(s), CKR_USER_NOT_LOGGED_IN);
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8), CKR_OK);
	ATF_CHECK_EQ(p11_find(s, "data", NULL), 1);
}

static int
is_logged_out(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE s;
	CK_SESSION_INFO info;

	p11->C_Finalize(NULL);
	if (p11->C_Initialize(NULL) != CKR_OK || p11->C_OpenSession(slot,
	    CKF_SERIAL_SESSION, NULL, NULL, &s) != CKR_OK ||
	    p11->C_GetSessionInfo(s, &info) != CKR_OK)
		return 1;
	return info.state == CKS_RO_PUBLIC_SESSION &&
		p11_find(s, "data", NULL) == 0
	    ? 0
	    : 2;
}

ATF_TC_WITHOUT_HEAD(login__in_one_process_is_none_in_another);
ATF_TC_BODY(login__in_one_process_is_none_in_another, tc)
{
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_start();
	s = web_token("read", &slot);
	REQUIRE_OK(user_login(s, "web", web_pin));
	ATF_CHECK_EQ(in_a_child(is_logged_out, slot), 0);
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	ATF_CHECK_EQ(in_a_child(is_logged_out, slot), 0);
	ATF_CHECK_EQ(p11_find(s, "data", NULL), 1);
}

#define THREADS 8

/* Every other one as web. */
static void *
log_in(void *arg)
{
	int *number = arg;
	CK_SLOT_ID slot = p11_slot("HSM");
	CK_SESSION_HANDLE s = p11_session(slot, true);
	CK_RV rv = *number % 2 == 0
	    ? user_login(s, "web", web_pin)
	    : p11->C_Login(s, CKU_USER, user_pin, 8);

	*number = rv == CKR_OK ? 1
	    : rv == CKR_USER_ALREADY_LOGGED_IN ||
		rv == CKR_USER_ANOTHER_ALREADY_LOGGED_IN ? 0
	                                                 : 100;
	return NULL;
}

ATF_TC_WITHOUT_HEAD(login__of_many_threads_is_one);
ATF_TC_BODY(login__of_many_threads_is_one, tc)
{
	pthread_t threads[THREADS];
	int numbers[THREADS], sum = 0;
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_load();
	conf_add("argon2-passes = 100");
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = web_token("use", &slot);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		ATF_REQUIRE_EQ(pthread_create(&threads[i], NULL, log_in,
		    &numbers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		ATF_REQUIRE_EQ(pthread_join(threads[i], NULL), 0);
		sum += numbers[i];
	}
	ATF_CHECK_EQ(sum, 1);
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(p11->C_Logout(s), CKR_USER_NOT_LOGGED_IN);
	REQUIRE_OK(p11->C_Finalize(NULL));
}

/* C_Login, C_SetPIN and the token's flags speak of web. */
static void
check_means_web(void)
{
	CK_OBJECT_HANDLE o;
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	s = so_session(&slot);
	ATF_CHECK_EQ(flags_of(slot) & CKF_USER_PIN_INITIALIZED, 0);
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8),
	    CKR_USER_PIN_NOT_INITIALIZED);
	ATF_CHECK_MSG(strstr(p11_reason(), "'web'") != NULL, "%s",
	    p11_reason());
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so_pin, 6));
	user_add(s, "web", "read");
	REQUIRE_OK(p11->C_Logout(s));
	ATF_CHECK(flags_of(slot) & CKF_USER_PIN_INITIALIZED);
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8), CKR_PIN_INCORRECT);
	ATF_CHECK(flags_of(slot) & CKF_USER_PIN_COUNT_LOW);
	REQUIRE_OK(p11->C_SetPIN(s, web_pin, 7, new_pin, 7));
	REQUIRE_OK(p11->C_Login(s, CKU_USER, new_pin, 7));
	ATF_CHECK_EQ(flags_of(slot) & CKF_USER_PIN_COUNT_LOW, 0);
	CHECK_RV(p11_try_data(s, true, true, "his", "1", &o),
	    CKR_TOKEN_WRITE_PROTECTED);
	REQUIRE_OK(p11->C_Logout(s));
	/* Who names nobody means the token's own user still. */
	CHECK_RV(p11->C_LoginUser(s, CKU_USER, user_pin, 8, NULL, 0), CKR_OK);
	/* A store without PINs goes on as before. */
	s = p11_session(p11_new_store("plain"), true);
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(login_user__of_the_configuration);
ATF_TC_BODY(login_user__of_the_configuration, tc)
{
	p11_load();
	conf_add("login-user = web");
	REQUIRE_OK(p11->C_Initialize(NULL));
	check_means_web();
}

ATF_TC_WITHOUT_HEAD(login_user__of_the_program);
ATF_TC_BODY(login_user__of_the_program, tc)
{
	p11_load();
	conf_add("[program users_pins_test]\nlogin-user = web\n"
	    "[program users_pins]\nlogin-user = other\n"
	    "[refresh]\nlogin-user = other");
	REQUIRE_OK(p11->C_Initialize(NULL));
	check_means_web();
}

/* What is meant for this program is judged as what is meant for all. */
ATF_TC_WITHOUT_HEAD(section__with_an_unknown_option_is_refused);
ATF_TC_BODY(section__with_an_unknown_option_is_refused, tc)
{
	p11_load();
	conf_add("[program another]\nlogin-usr = web");
	REQUIRE_OK(p11->C_Initialize(NULL));
	REQUIRE_OK(p11->C_Finalize(NULL));
	conf_add("[program users_pins_test]\nlogin-usr = web");
	CHECK_RV(p11->C_Initialize(NULL), CKR_GENERAL_ERROR);
	ATF_CHECK_MSG(strstr(p11_reason(), "'login-usr'") != NULL, "%s",
	    p11_reason());
}

ATF_TC_WITHOUT_HEAD(recovery__without_it_the_tokens_user_makes_users);
ATF_TC_BODY(recovery__without_it_the_tokens_user_makes_users, tc)
{
	CK_OBJECT_HANDLE o;
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_load();
	conf_add("so-recovery = no");
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = so_session(&slot);
	CHECK_RV(user_try(s, "web", "read", "web-pin", &o),
	    CKR_ACTION_PROHIBITED);
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	REQUIRE_OK(p11_try_data(s, true, true, "data", "1", &o));
	user_add(s, "web", "read");
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(user_login(s, "web", web_pin));
	ATF_CHECK_EQ(p11_find(s, "data", NULL), 1);
	REQUIRE_OK(p11->C_Logout(s));
	/* A new user PIN means a new key, which nobody else has. */
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so_pin, 6));
	REQUIRE_OK(p11->C_InitPIN(s, new_pin, 7));
	ATF_CHECK_EQ(p11_find_class(s, CKO_VECS_USER, &o, 1), 0);
}

ATF_TC_WITHOUT_HEAD(token__made_anew_has_no_users);
ATF_TC_BODY(token__made_anew_has_no_users, tc)
{
	CK_UTF8CHAR label[33] = "HSM                             ";
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE o;
	CK_SLOT_ID slot;

	p11_start();
	s = web_token("read", &slot);
	REQUIRE_OK(p11->C_CloseSession(s));
	REQUIRE_OK(p11->C_InitToken(slot, so_pin, 6, label));
	s = p11_session(slot, true);
	CHECK_RV(user_login(s, "web", web_pin), CKR_USER_PIN_NOT_INITIALIZED);
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so_pin, 6));
	ATF_CHECK_EQ(p11_find_class(s, CKO_VECS_USER, &o, 1), 0);
	CHECK_RV(user_try(s, "web", "use", "web-pin", &o), CKR_OK);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pin__is_set_by_the_user_himself);
	ATF_TP_ADD_TC(tp, pin__is_counted_and_locked_for_each_user);
	ATF_TP_ADD_TC(tp, pin__for_each_signature_is_his);
	ATF_TP_ADD_TC(tp, rights__change_while_he_is_logged_in);
	ATF_TP_ADD_TC(tp, login__in_one_process_is_none_in_another);
	ATF_TP_ADD_TC(tp, login__of_many_threads_is_one);
	ATF_TP_ADD_TC(tp, login_user__of_the_configuration);
	ATF_TP_ADD_TC(tp, login_user__of_the_program);
	ATF_TP_ADD_TC(tp, section__with_an_unknown_option_is_refused);
	ATF_TP_ADD_TC(tp, recovery__without_it_the_tokens_user_makes_users);
	ATF_TP_ADD_TC(tp, token__made_anew_has_no_users);
	return atf_no_error();
}
