/* Named users of tokens with PINs: who makes them, how they log in, and what
 * they may do then. */
#include "tests/lib/users.h"

static void
check_text(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type,
    const char *wanted)
{
	char text[128];
	CK_ATTRIBUTE t = { type, text, sizeof(text) };

	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
	ATF_CHECK_MSG(t.ulValueLen == strlen(wanted) &&
	    memcmp(text, wanted, t.ulValueLen) == 0, "%.*s is not %s",
	    (int)t.ulValueLen, text, wanted);
}

/* The same with a user of these rights, and what the token's own user has made:
 * "data", an extractable AES key "aes", a generic secret "generic". */
static CK_OBJECT_HANDLE
secret_key(CK_SESSION_HANDLE s, const char *label, CK_KEY_TYPE type)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_OBJECT_HANDLE o = 0;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		TEXT(CKA_LABEL, label), TEXT(CKA_VALUE, "0123456789abcdef") };

	REQUIRE_OK(p11->C_CreateObject(s, t, COUNT(t), &o));
	return o;
}

static CK_SESSION_HANDLE
session_of(const char *rights, CK_SLOT_ID *slot)
{
	CK_SESSION_HANDLE s = so_session(slot);
	CK_OBJECT_HANDLE o, public;

	user_add(s, "web", rights);
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	REQUIRE_OK(p11_try_data(s, true, true, "data", "1", &o));
	secret_key(s, "aes", CKK_AES);
	secret_key(s, "generic", CKK_GENERIC_SECRET);
	p11_key_pair(s, true, "pair", &public, &o);
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(user_login(s, "web", web_pin));
	return s;
}

ATF_TC_WITHOUT_HEAD(users__made_listed_changed_and_removed_by_the_so);
ATF_TC_BODY(users__made_listed_changed_and_removed_by_the_so, tc)
{
	CK_OBJECT_HANDLE web, found[4];
	CK_OBJECT_CLASS class = CKO_VECS_USER;
	CK_ATTRIBUTE pin = { CKA_VECS_PIN, NULL, 0 };
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		TEXT(CKA_VECS_USER_NAME, "web") };
	CK_SESSION_HANDLE s;
	CK_ULONG n = 0;
	CK_SLOT_ID slot;

	p11_start();
	s = so_session(&slot);
	web = user_add(s, "web", "use");
	user_add(s, "backup", "write,read");
	CHECK_RV(user_try(s, "web", "read", "other-pin", &web),
	    CKR_VECS_EXISTS);
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_VECS_USER, found, 4), 2);
	check_text(s, found[0], CKA_VECS_USER_NAME, "backup");
	check_text(s, found[0], CKA_VECS_RIGHTS, "read,write");
	check_text(s, found[1], CKA_VECS_USER_NAME, "web");
	ATF_CHECK_EQ(found[1], web);
	CHECK_RV(p11->C_GetAttributeValue(s, web, &pin, 1),
	    CKR_ATTRIBUTE_SENSITIVE);
	ATF_CHECK_EQ(pin.ulValueLen, CK_UNAVAILABLE_INFORMATION);
	REQUIRE_OK(user_set(s, web, CKA_VECS_RIGHTS, "read"));
	check_text(s, web, CKA_VECS_RIGHTS, "read");
	CHECK_RV(user_set(s, web, CKA_VECS_USER_NAME, "x"),
	    CKR_ATTRIBUTE_READ_ONLY);
	REQUIRE_OK(p11->C_FindObjectsInit(s, t, COUNT(t)));
	REQUIRE_OK(p11->C_FindObjects(s, found, 4, &n));
	REQUIRE_OK(p11->C_FindObjectsFinal(s));
	ATF_CHECK_EQ(n, 1);
	/* To a client that does not ask for them they are no objects. */
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), 0);
	REQUIRE_OK(p11->C_DestroyObject(s, web));
	CHECK_RV(p11->C_GetAttributeValue(s, web, &pin, 1),
	    CKR_OBJECT_HANDLE_INVALID);
	ATF_CHECK_EQ(p11_find_class(s, CKO_VECS_USER, found, 4), 1);
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(user_login(s, "web", web_pin), CKR_USER_PIN_NOT_INITIALIZED);
}

ATF_TC_WITHOUT_HEAD(users__templates_are_judged);
ATF_TC_BODY(users__templates_are_judged, tc)
{
	static const struct {
		const char *name, *rights, *pin;
		CK_RV answer;
	} rows[] = {
		{ "", "use", "web-pin", CKR_ATTRIBUTE_VALUE_INVALID },
		{ "a\nb", "use", "web-pin", CKR_ATTRIBUTE_VALUE_INVALID },
		{ "\xff", "use", "web-pin", CKR_ATTRIBUTE_VALUE_INVALID },
		{ "web", "", "web-pin", CKR_ATTRIBUTE_VALUE_INVALID },
		{ "web", "all", "web-pin", CKR_ATTRIBUTE_VALUE_INVALID },
		{ "web", "use", "web", CKR_PIN_LEN_RANGE },
		{ "web", "use", "\xff\xff\xff\xff", CKR_PIN_INVALID },
	};
	CK_OBJECT_CLASS class = CKO_VECS_USER;
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		TEXT(CKA_VECS_USER_NAME, "web"), TEXT(CKA_VECS_RIGHTS, "use"),
		TEXT(CKA_VECS_PIN, "web-pin"),
		{ CKA_TOKEN, &no, sizeof(no) } };
	char name[66] = { 0 };
	CK_OBJECT_HANDLE o;
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_start();
	s = so_session(&slot);
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_RV(user_try(s, rows[i].name, rows[i].rights, rows[i].pin,
		    &o), rows[i].answer);
	memset(name, 'x', 65);
	CHECK_RV(user_try(s, name, "use", "web-pin", &o),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	CHECK_RV(p11->C_CreateObject(s, t, 3, &o), CKR_TEMPLATE_INCOMPLETE);
	CHECK_RV(p11->C_CreateObject(s, t, 5, &o), CKR_ATTRIBUTE_TYPE_INVALID);
	name[64] = '\0';
	CHECK_RV(user_try(s, name, "use", "web-pin", &o), CKR_OK);
	CHECK_RV(p11->C_CopyObject(s, o, NULL, 0, &o), CKR_ACTION_PROHIBITED);
	ATF_CHECK_EQ(p11_find_class(s, CKO_VECS_USER, &o, 1), 1);
}

ATF_TC_WITHOUT_HEAD(users__are_managed_by_nobody_else);
ATF_TC_BODY(users__are_managed_by_nobody_else, tc)
{
	CK_OBJECT_CLASS class = CKO_VECS_BATCH;
	CK_BYTE id[16] = { 1 };
	CK_ATTRIBUTE batch[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_VECS_BATCH_ID, id, sizeof(id) } };
	CK_OBJECT_HANDLE o, web;
	CK_SESSION_HANDLE s, ro;
	CK_SLOT_ID slot;

	p11_start();
	s = so_session(&slot);
	web = user_add(s, "web", "write");
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(user_try(s, "b", "use", "web-pin", &o),
	    CKR_USER_NOT_LOGGED_IN);
	REQUIRE_OK(user_login(s, "web", web_pin));
	CHECK_RV(user_try(s, "b", "use", "web-pin", &o),
	    CKR_USER_NOT_LOGGED_IN);
	CHECK_RV(user_set(s, web, CKA_VECS_RIGHTS, "use"), CKR_USER_NOT_LOGGED_IN);
	CHECK_RV(p11->C_DestroyObject(s, web), CKR_USER_NOT_LOGGED_IN);
	REQUIRE_OK(p11->C_Logout(s));
	/* The store's owner may, as the token's user, in a R/W session. */
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	ro = p11_session(slot, false);
	CHECK_RV(user_try(ro, "b", "use", "web-pin", &o),
	    CKR_SESSION_READ_ONLY);
	CHECK_RV(user_try(s, "b", "use", "web-pin", &o), CKR_OK);
	REQUIRE_OK(p11->C_CreateObject(s, batch, COUNT(batch), &o));
	CHECK_RV(user_try(s, "c", "use", "web-pin", &o),
	    CKR_OPERATION_ACTIVE);
	s = p11_session(p11_new_store("plain"), true);
	CHECK_RV(user_try(s, "b", "use", "web-pin", &o), CKR_ACTION_PROHIBITED);
	CHECK_RV(user_login(s, "web", web_pin), CKR_USER_PIN_NOT_INITIALIZED);
	CHECK_RV(user_login(s, "", web_pin), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(login_user__by_his_own_pin);
ATF_TC_BODY(login_user__by_his_own_pin, tc)
{
	CK_SESSION_HANDLE s;
	CK_SESSION_INFO info;
	CK_SLOT_ID slot;

	p11_start();
	s = so_session(&slot);
	user_add(s, "web", "use");
	user_add(s, "Web", "use");
	CHECK_RV(user_login(s, "web", web_pin), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(user_login(s, "web", user_pin), CKR_PIN_INCORRECT);
	CHECK_RV(user_login(s, "WEB", web_pin), CKR_USER_PIN_NOT_INITIALIZED);
	CHECK_RV(p11->C_LoginUser(s, CKU_SO, so_pin, 6, web_pin, 3),
	    CKR_USER_TYPE_INVALID);
	CHECK_RV(p11->C_LoginUser(s, 77, so_pin, 6, web_pin, 3),
	    CKR_USER_TYPE_INVALID);
	CHECK_RV(p11->C_LoginUser(s, CKU_USER, web_pin, 7, NULL, 3),
	    CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_LoginUser(s, CKU_USER, NULL, 0,
	    (CK_UTF8CHAR *)(uintptr_t)"web", 3), CKR_ARGUMENTS_BAD);
	REQUIRE_OK(user_login(s, "web", web_pin));
	REQUIRE_OK(p11->C_GetSessionInfo(s, &info));
	ATF_CHECK_EQ(info.state, CKS_RW_USER_FUNCTIONS);
	CHECK_RV(user_login(s, "web", web_pin), CKR_USER_ALREADY_LOGGED_IN);
	CHECK_RV(user_login(s, "Web", web_pin),
	    CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	CHECK_RV(p11->C_Login(s, CKU_USER, user_pin, 8),
	    CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(p11->C_GetSessionInfo(s, &info));
	ATF_CHECK_EQ(info.state, CKS_RW_PUBLIC_SESSION);
	/* Without a name it is the token's user, or the SO. */
	CHECK_RV(p11->C_LoginUser(s, CKU_USER, user_pin, 8, NULL, 0), CKR_OK);
	REQUIRE_OK(p11->C_Logout(s));
	CHECK_RV(p11->C_LoginUser(s, CKU_SO, so_pin, 6, NULL, 0), CKR_OK);
}

static CK_RV
value_of(CK_SESSION_HANDLE s, const char *label)
{
	CK_BYTE value[64];
	CK_ATTRIBUTE t = { CKA_VALUE, value, sizeof(value) };
	CK_OBJECT_HANDLE o;

	ATF_REQUIRE_EQ(p11_find(s, label, &o), 1);
	return p11->C_GetAttributeValue(s, o, &t, 1);
}

static CK_RV
encrypt(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM ecb = { CKM_AES_ECB, NULL, 0 };
	CK_BYTE in[16] = { 1 }, out[16];
	CK_ULONG len = sizeof(out);
	CK_RV rv = p11->C_EncryptInit(s, &ecb, key);

	return rv == CKR_OK ? p11->C_Encrypt(s, in, 16, out, &len) : rv;
}

static CK_ULONG
count_matching(CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_HANDLE found[8];
	CK_ULONG got = 0;

	REQUIRE_OK(p11->C_FindObjectsInit(s, t, n));
	REQUIRE_OK(p11->C_FindObjects(s, found, 8, &got));
	REQUIRE_OK(p11->C_FindObjectsFinal(s));
	return got;
}

ATF_TC_WITHOUT_HEAD(use__keys_work_and_are_not_told);
ATF_TC_BODY(use__keys_work_and_are_not_told, tc)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE, sensitive = 7, extractable = 7;
	CK_ATTRIBUTE flags[] = { { CKA_SENSITIVE, &sensitive, 1 },
		{ CKA_EXTRACTABLE, &extractable, 1 } };
	CK_ATTRIBUTE is[] = { TEXT(CKA_LABEL, "aes"),
		{ CKA_SENSITIVE, &yes, 1 }, { CKA_EXTRACTABLE, &no, 1 } };
	CK_ATTRIBUTE is_not[] = { TEXT(CKA_LABEL, "aes"),
		{ CKA_EXTRACTABLE, &yes, 1 } };
	CK_ATTRIBUTE guess = TEXT(CKA_VALUE, "0123456789abcdef");
	CK_MECHANISM wrap = { CKM_AES_KEY_WRAP, NULL, 0 };
	CK_OBJECT_HANDLE aes, keys[2], copy;
	CK_BYTE wrapped[64];
	CK_ULONG len = sizeof(wrapped);
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_start();
	s = session_of("use", &slot);
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_PRIVATE_KEY, keys, 2), 1);
	CHECK_RV(p11_sign(s, keys[0]), CKR_OK);
	ATF_REQUIRE_EQ(p11_find(s, "aes", &aes), 1);
	CHECK_RV(encrypt(s, aes), CKR_OK);
	CHECK_RV(value_of(s, "aes"), CKR_ATTRIBUTE_SENSITIVE);
	REQUIRE_OK(p11->C_GetAttributeValue(s, aes, flags, 2));
	ATF_CHECK_EQ(sensitive, CK_TRUE);
	ATF_CHECK_EQ(extractable, CK_FALSE);
	ATF_CHECK_EQ(count_matching(s, is, 3), 1);
	ATF_CHECK_EQ(count_matching(s, is_not, 2), 0);
	ATF_CHECK_EQ(count_matching(s, &guess, 1), 0);
	CHECK_RV(p11->C_WrapKey(s, &wrap, aes, aes, wrapped, &len),
	    CKR_KEY_UNEXTRACTABLE);
	CHECK_RV(p11->C_CopyObject(s, aes, NULL, 0, &copy),
	    CKR_ACTION_PROHIBITED);
	ATF_CHECK_EQ(p11_find(s, "data", NULL), 0);
	ATF_CHECK_EQ(p11_find(s, "generic", NULL), 0);
}

/* With a handle from another login the answers are the same. */
ATF_TC_WITHOUT_HEAD(use__hides_what_was_found_before);
ATF_TC_BODY(use__hides_what_was_found_before, tc)
{
	CK_BYTE value[32];
	CK_ATTRIBUTE t = { CKA_VALUE, value, sizeof(value) };
	CK_OBJECT_HANDLE public;
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_start();
	s = session_of("use", &slot);
	REQUIRE_OK(p11->C_Logout(s));
	public = p11_data(s, true, "public", "1");
	REQUIRE_OK(p11->C_GetAttributeValue(s, public, &t, 1));
	REQUIRE_OK(user_login(s, "web", web_pin));
	t.ulValueLen = sizeof(value);
	CHECK_RV(p11->C_GetAttributeValue(s, public, &t, 1),
	    CKR_OBJECT_HANDLE_INVALID);
}

/* What a user may not write: anything of the token, in a R/W session too. */
static void
check_reads_only(CK_SESSION_HANDLE s, const char *label)
{
	CK_OBJECT_HANDLE o, key;

	ATF_REQUIRE_EQ(p11_find(s, label, &key), 1);
	CHECK_RV(p11_try_data(s, true, true, "mine", "1", &o),
	    CKR_TOKEN_WRITE_PROTECTED);
	CHECK_RV(p11_try_data(s, true, false, "mine", "1", &o),
	    CKR_TOKEN_WRITE_PROTECTED);
	CHECK_RV(user_set(s, key, CKA_LABEL, "other"), CKR_TOKEN_WRITE_PROTECTED);
	CHECK_RV(p11->C_DestroyObject(s, key), CKR_TOKEN_WRITE_PROTECTED);
	ATF_CHECK_EQ(p11_find(s, label, &key), 1);
	CHECK_RV(p11_try_data(s, false, true, "session", "1", &o), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(use__and_read_do_not_write);
ATF_TC_BODY(use__and_read_do_not_write, tc)
{
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_start();
	s = session_of("use", &slot);
	check_reads_only(s, "aes");
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so_pin, 6));
	user_add(s, "reader", "read");
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(user_login(s, "reader", web_pin));
	check_reads_only(s, "data");
	CHECK_RV(value_of(s, "aes"), CKR_OK);
	CHECK_RV(value_of(s, "generic"), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(write__is_as_the_tokens_user);
ATF_TC_BODY(write__is_as_the_tokens_user, tc)
{
	CK_OBJECT_HANDLE o;
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_start();
	s = session_of("write", &slot);
	CHECK_RV(value_of(s, "aes"), CKR_OK);
	ATF_REQUIRE_EQ(p11_find(s, "data", &o), 1);
	CHECK_RV(user_set(s, o, CKA_LABEL, "other"), CKR_OK);
	CHECK_RV(p11_try_data(s, true, true, "his", "1", &o), CKR_OK);
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	ATF_CHECK_EQ(p11_find(s, "his", NULL), 1);
	ATF_CHECK_EQ(p11_find(s, "other", NULL), 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, users__made_listed_changed_and_removed_by_the_so);
	ATF_TP_ADD_TC(tp, users__templates_are_judged);
	ATF_TP_ADD_TC(tp, users__are_managed_by_nobody_else);
	ATF_TP_ADD_TC(tp, login_user__by_his_own_pin);
	ATF_TP_ADD_TC(tp, use__keys_work_and_are_not_told);
	ATF_TP_ADD_TC(tp, use__hides_what_was_found_before);
	ATF_TP_ADD_TC(tp, use__and_read_do_not_write);
	ATF_TP_ADD_TC(tp, write__is_as_the_tokens_user);
	return atf_no_error();
}
