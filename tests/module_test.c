/* The module from outside: initialisation, slots, sessions, objects, search. */
#include "tests/lib/p11.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

ATF_TC_WITHOUT_HEAD(initialise__before_twice_and_after);
ATF_TC_BODY(initialise__before_twice_and_after, tc)
{
	CK_INFO info;
	CK_ULONG n;
	int nonsense = 0;

	p11_load();
	CHECK_RV(p11->C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_RV(p11->C_GetSlotList(CK_TRUE, NULL, &n),
	    CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_RV(p11->C_CloseSession(1), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_RV(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_RV(p11->C_Initialize(NULL), CKR_OK);
	CHECK_RV(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
	CHECK_RV(p11->C_Finalize(&nonsense), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_Finalize(NULL), CKR_OK);
	CHECK_RV(p11->C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_RV(p11->C_Initialize(NULL), CKR_OK);
	CHECK_RV(p11->C_GetInfo(&info), CKR_OK);
	ATF_CHECK_EQ(memcmp(info.manufacturerID, "VECS    ", 8), 0);
	CHECK_RV(p11->C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
}

static CK_RV
no_mutex(void **mutex)
{
	(void)mutex;
	return CKR_OK;
}

ATF_TC_WITHOUT_HEAD(initialise__arguments);
ATF_TC_BODY(initialise__arguments, tc)
{
	CK_C_INITIALIZE_ARGS args = { .CreateMutex = no_mutex };

	p11_load();
	CHECK_RV(p11->C_Initialize(&args), CKR_ARGUMENTS_BAD);
	args = (CK_C_INITIALIZE_ARGS){ .flags = CKF_OS_LOCKING_OK,
		.pReserved = (void *)(uintptr_t)"ignored" };
	CHECK_RV(p11->C_Initialize(&args), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(slots__default_stores_and_the_empty_one);
ATF_TC_BODY(slots__default_stores_and_the_empty_one, tc)
{
	static const char *const names[] = { "MACHINE_SSL_CERT",
		"TRUSTED_ROOTS", "TRUSTED_ROOT_CRLS", "machine", "vpxd",
		"vpxd-extension", "vsphere-webclient", "BACKUP_STORE" };
	CK_SLOT_ID slots[16];
	CK_ULONG n = 1;
	CK_TOKEN_INFO info;
	CK_SLOT_INFO slot;

	p11_start();
	CHECK_RV(p11->C_GetSlotList(CK_FALSE, NULL, NULL), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetSlotList(CK_TRUE, slots, &n), CKR_BUFFER_TOO_SMALL);
	ATF_REQUIRE_EQ(n, COUNT(names) + 1);
	REQUIRE_OK(p11->C_GetSlotList(CK_TRUE, slots, &n));
	for (size_t i = 0; i < COUNT(names); i++) {
		REQUIRE_OK(p11->C_GetTokenInfo(slots[i], &info));
		ATF_CHECK_EQ(memcmp(info.label, names[i], strlen(names[i])),
		    0);
		ATF_CHECK_EQ(info.flags & (CKF_TOKEN_INITIALIZED |
		    CKF_USER_PIN_INITIALIZED | CKF_LOGIN_REQUIRED),
		    CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED);
		REQUIRE_OK(p11->C_GetSlotInfo(slots[i], &slot));
		ATF_CHECK(slot.flags & CKF_TOKEN_PRESENT);
	}
	REQUIRE_OK(p11->C_GetTokenInfo(slots[n - 1], &info));
	ATF_CHECK_EQ(info.flags & CKF_TOKEN_INITIALIZED, 0);
	ATF_CHECK_EQ(p11_find(p11_session(slots[n - 1], false), NULL, NULL),
	    0);
	CHECK_RV(p11->C_GetTokenInfo(4711, &info), CKR_SLOT_ID_INVALID);
	CHECK_RV(p11->C_GetTokenInfo(slots[0], NULL), CKR_ARGUMENTS_BAD);
}

ATF_TC_WITHOUT_HEAD(slots__a_token_keeps_its_slot);
ATF_TC_BODY(slots__a_token_keeps_its_slot, tc)
{
	CK_SLOT_ID empty, made;
	CK_UTF8CHAR label[32];

	p11_start();
	empty = p11_slot(NULL);
	made = p11_new_store("Alpha");
	ATF_CHECK_EQ(made, empty);
	ATF_CHECK(p11_slot(NULL) != made);
	memset(label, ' ', sizeof(label));
	memcpy(label, "ALPHA", 5);
	CHECK_RV(p11->C_InitToken(p11_slot(NULL), NULL, 0, label),
	    CKR_ARGUMENTS_BAD);
	memcpy(label, "a\nb", 3);
	CHECK_RV(p11->C_InitToken(p11_slot(NULL), NULL, 0, label),
	    CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_InitToken(p11_slot(NULL), NULL, 0, NULL),
	    CKR_ARGUMENTS_BAD);
	/* A protected store is never made anew. */
	memset(label, ' ', sizeof(label));
	memcpy(label, "TRUSTED_ROOTS", 13);
	CHECK_RV(p11->C_InitToken(p11_slot("TRUSTED_ROOTS"), NULL, 0, label),
	    CKR_PIN_INCORRECT);
}

ATF_TC_WITHOUT_HEAD(slots__init_token_on_a_store_needs_it_empty);
ATF_TC_BODY(slots__init_token_on_a_store_needs_it_empty, tc)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE s;
	CK_UTF8CHAR label[33] = "Alpha                           ";

	p11_start();
	slot = p11_new_store("Alpha");
	s = p11_session(slot, true);
	p11_data(s, true, "x", "y");
	CHECK_RV(p11->C_InitToken(slot, NULL, 0, label), CKR_SESSION_EXISTS);
	REQUIRE_OK(p11->C_CloseSession(s));
	CHECK_RV(p11->C_InitToken(slot, NULL, 0, label),
	    CKR_FUNCTION_REJECTED);
}

ATF_TC_WITHOUT_HEAD(slots__a_system_store_made_anew_stays_one);
ATF_TC_BODY(slots__a_system_store_made_anew_stays_one, tc)
{
	CK_UTF8CHAR label[33] = "machine                         ";
	char flags[32] = "";
	CK_ATTRIBUTE t = { CKA_VECS_FLAGS, flags, sizeof(flags) - 1 };
	CK_OBJECT_HANDLE o;
	CK_SESSION_HANDLE s;

	p11_start();
	REQUIRE_OK(p11->C_InitToken(p11_slot("machine"), NULL, 0, label));
	s = p11_session(p11_slot("machine"), false);
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_VECS_STORE, &o, 1), 1);
	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
	ATF_CHECK_STREQ(flags, "system");
}

ATF_TC_WITHOUT_HEAD(sessions__handles_and_flags);
ATF_TC_BODY(sessions__handles_and_flags, tc)
{
	CK_SESSION_HANDLE s;
	CK_SESSION_INFO info;
	CK_SLOT_ID slot;

	p11_start();
	slot = p11_slot("machine");
	CHECK_RV(p11->C_OpenSession(slot, CKF_RW_SESSION, NULL, NULL, &s),
	    CKR_SESSION_PARALLEL_NOT_SUPPORTED);
	CHECK_RV(p11->C_OpenSession(4711, CKF_SERIAL_SESSION, NULL, NULL, &s),
	    CKR_SLOT_ID_INVALID);
	CHECK_RV(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
	    NULL), CKR_ARGUMENTS_BAD);
	s = p11_session(slot, false);
	REQUIRE_OK(p11->C_GetSessionInfo(s, &info));
	ATF_CHECK_EQ(info.state, CKS_RO_USER_FUNCTIONS);
	CHECK_RV(p11_try_data(s, true, false, "a", "b", &(CK_ULONG){ 0 }),
	    CKR_SESSION_READ_ONLY);
	CHECK_RV(p11_try_data(s, false, false, "a", "b", &(CK_ULONG){ 0 }),
	    CKR_OK);
	REQUIRE_OK(p11->C_CloseSession(s));
	CHECK_RV(p11->C_CloseSession(s), CKR_SESSION_HANDLE_INVALID);
	CHECK_RV(p11->C_GetSessionInfo(0, &info), CKR_SESSION_HANDLE_INVALID);
	s = p11_session(slot, true);
	REQUIRE_OK(p11->C_CloseAllSessions(slot));
	CHECK_RV(p11->C_GetSessionInfo(s, &info), CKR_SESSION_HANDLE_INVALID);
}

ATF_TC_WITHOUT_HEAD(store_without_pin__login_changes_nothing);
ATF_TC_BODY(store_without_pin__login_changes_nothing, tc)
{
	CK_SESSION_HANDLE s;
	CK_UTF8CHAR pin[] = "anything";

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	CHECK_RV(p11->C_Login(s, CKU_USER, pin, 8), CKR_OK);
	CHECK_RV(p11->C_Login(s, CKU_USER, NULL, 0), CKR_OK);
	CHECK_RV(p11->C_Logout(s), CKR_OK);
	CHECK_RV(p11->C_Login(s, CKU_SO, pin, 8), CKR_FUNCTION_NOT_SUPPORTED);
	CHECK_RV(p11->C_InitPIN(s, pin, 8), CKR_FUNCTION_NOT_SUPPORTED);
	CHECK_RV(p11->C_SetPIN(s, pin, 8, pin, 8), CKR_FUNCTION_NOT_SUPPORTED);
	CHECK_RV(p11_try_data(s, true, true, "a", "b", &(CK_ULONG){ 0 }),
	    CKR_OK);
}

ATF_TC_WITHOUT_HEAD(objects__live_as_long_as_they_should);
ATF_TC_BODY(objects__live_as_long_as_they_should, tc)
{
	CK_SESSION_HANDLE s, other;
	CK_OBJECT_HANDLE token, session, again;
	CK_SLOT_ID slot;

	p11_start();
	slot = p11_slot("machine");
	s = p11_session(slot, true);
	other = p11_session(slot, false);
	token = p11_data(s, true, "token", "1");
	session = p11_data(s, false, "session", "2");
	ATF_CHECK_EQ(p11_find(other, NULL, NULL), 2);
	ATF_CHECK_EQ(p11_find(other, "session", &again), 1);
	ATF_CHECK_EQ(again, session);
	ATF_CHECK_EQ(p11_find(other, "token", &again), 1);
	ATF_CHECK_EQ(again, token);
	REQUIRE_OK(p11->C_CloseSession(s));
	ATF_CHECK_EQ(p11_find(other, NULL, NULL), 1);
	CHECK_RV(p11->C_DestroyObject(other, session),
	    CKR_OBJECT_HANDLE_INVALID);
	CHECK_RV(p11->C_DestroyObject(other, token), CKR_SESSION_READ_ONLY);
	s = p11_session(slot, true);
	CHECK_RV(p11->C_DestroyObject(s, token), CKR_OK);
	CHECK_RV(p11->C_DestroyObject(s, token), CKR_OBJECT_HANDLE_INVALID);
	ATF_CHECK_EQ(p11_find(other, NULL, NULL), 0);
	/* Handles of one token say nothing on another. */
	token = p11_data(s, true, "token", "1");
	other = p11_session(p11_slot("vpxd"), true);
	CHECK_RV(p11->C_DestroyObject(other, token),
	    CKR_OBJECT_HANDLE_INVALID);
}

ATF_TC_WITHOUT_HEAD(objects__survive_finalise);
ATF_TC_BODY(objects__survive_finalise, tc)
{
	char value[8];
	CK_ATTRIBUTE t = { CKA_VALUE, value, sizeof(value) };
	CK_OBJECT_HANDLE o;
	CK_SESSION_HANDLE s;

	p11_start();
	p11_data(p11_session(p11_slot("machine"), true), true, "x", "value");
	REQUIRE_OK(p11->C_Finalize(NULL));
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = p11_session(p11_slot("machine"), false);
	ATF_REQUIRE_EQ(p11_find(s, "x", &o), 1);
	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
	ATF_CHECK_EQ(t.ulValueLen, 5);
	ATF_CHECK_EQ(memcmp(value, "value", 5), 0);
}

ATF_TC_WITHOUT_HEAD(attributes__length_protocol);
ATF_TC_BODY(attributes__length_protocol, tc)
{
	char label[4], value[64];
	CK_ATTRIBUTE t[] = { { CKA_LABEL, label, sizeof(label) },
		{ CKA_VALUE, NULL, 0 }, { CKA_MODULUS, value, sizeof(value) },
		{ CKA_LABEL, value, sizeof(value) } };
	CK_OBJECT_HANDLE o;
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	o = p11_data(s, true, "a long label", "value");
	ATF_CHECK(p11->C_GetAttributeValue(s, o, t, COUNT(t)) != CKR_OK);
	ATF_CHECK_EQ(t[0].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	ATF_CHECK_EQ(t[1].ulValueLen, 5);
	ATF_CHECK_EQ(t[2].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	ATF_CHECK_EQ(t[3].ulValueLen, 12);
	t[0] = (CK_ATTRIBUTE){ CKA_LABEL, label, sizeof(label) };
	CHECK_RV(p11->C_GetAttributeValue(s, o, t, 1), CKR_BUFFER_TOO_SMALL);
	CHECK_RV(p11->C_GetAttributeValue(s, o, NULL, 1), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetAttributeValue(s, 4711, t, 1),
	    CKR_OBJECT_HANDLE_INVALID);
}

ATF_TC_WITHOUT_HEAD(attributes__set_is_seen_everywhere);
ATF_TC_BODY(attributes__set_is_seen_everywhere, tc)
{
	char unique[2][64];
	CK_ATTRIBUTE label = { CKA_LABEL, (void *)(uintptr_t)"new", 3 };
	CK_ATTRIBUTE id[] = { { CKA_UNIQUE_ID, unique[0], 64 },
		{ CKA_UNIQUE_ID, unique[1], 64 } };
	CK_SESSION_HANDLE s, other;
	CK_OBJECT_HANDLE o, same;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	other = p11_session(p11_slot("machine"), false);
	o = p11_data(s, true, "old", "value");
	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &id[0], 1));
	ATF_CHECK_EQ(p11_find(other, "old", NULL), 1);
	CHECK_RV(p11->C_SetAttributeValue(other, o, &label, 1),
	    CKR_SESSION_READ_ONLY);
	REQUIRE_OK(p11->C_SetAttributeValue(s, o, &label, 1));
	ATF_CHECK_EQ(p11_find(other, "old", NULL), 0);
	ATF_CHECK_EQ(p11_find(other, "new", &same), 1);
	ATF_CHECK_EQ(same, o);
	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &id[1], 1));
	ATF_CHECK_EQ(id[0].ulValueLen, id[1].ulValueLen);
	ATF_CHECK_EQ(memcmp(unique[0], unique[1], id[0].ulValueLen), 0);
}

ATF_TC_WITHOUT_HEAD(copy__has_an_identity_of_its_own);
ATF_TC_BODY(copy__has_an_identity_of_its_own, tc)
{
	char unique[2][64];
	CK_ATTRIBUTE label = { CKA_LABEL, (void *)(uintptr_t)"copy", 4 };
	CK_ATTRIBUTE id[] = { { CKA_UNIQUE_ID, unique[0], 64 },
		{ CKA_UNIQUE_ID, unique[1], 64 } };
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE o, copy;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	o = p11_data(s, true, "from", "value");
	REQUIRE_OK(p11->C_CopyObject(s, o, &label, 1, &copy));
	ATF_CHECK(copy != o);
	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &id[0], 1));
	REQUIRE_OK(p11->C_GetAttributeValue(s, copy, &id[1], 1));
	ATF_CHECK(memcmp(unique[0], unique[1], id[0].ulValueLen) != 0);
	ATF_CHECK_EQ(p11_find(s, "copy", NULL), 1);
	ATF_CHECK_EQ(p11_find(s, "from", NULL), 1);
}

ATF_TC_WITHOUT_HEAD(search__states_and_order);
ATF_TC_BODY(search__states_and_order, tc)
{
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n;
	char text[2] = "a", value[2] = { 0 };
	CK_ATTRIBUTE t = { CKA_LABEL, value, 1 };

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	for (; text[0] <= 'e'; text[0]++)
		p11_data(s, true, text, "v");
	CHECK_RV(p11->C_FindObjects(s, found, 8, &n),
	    CKR_OPERATION_NOT_INITIALIZED);
	CHECK_RV(p11->C_FindObjectsFinal(s), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_RV(p11->C_FindObjectsInit(s, NULL, 1), CKR_ARGUMENTS_BAD);
	REQUIRE_OK(p11->C_FindObjectsInit(s, NULL, 0));
	CHECK_RV(p11->C_FindObjectsInit(s, NULL, 0), CKR_OPERATION_ACTIVE);
	CHECK_RV(p11->C_FindObjects(s, NULL, 8, &n), CKR_ARGUMENTS_BAD);
	REQUIRE_OK(p11->C_FindObjects(s, found, 2, &n));
	ATF_CHECK_EQ(n, 2);
	REQUIRE_OK(p11->C_FindObjects(s, found + 2, 6, &n));
	ATF_CHECK_EQ(n, 3);
	REQUIRE_OK(p11->C_FindObjects(s, found, 8, &n));
	ATF_CHECK_EQ(n, 0);
	REQUIRE_OK(p11->C_FindObjectsFinal(s));
	for (int i = 2; i < 5; i++) {
		t.ulValueLen = 1;
		REQUIRE_OK(p11->C_GetAttributeValue(s, found[i], &t, 1));
		ATF_CHECK_EQ(value[0], 'a' + i);
	}
}

ATF_TC_WITHOUT_HEAD(interfaces__by_name_version_and_flags);
ATF_TC_BODY(interfaces__by_name_version_and_flags, tc)
{
	CK_INTERFACE list[8], *i;
	CK_ULONG n = 8;
	CK_VERSION v300 = { 3, 0 }, v240 = { 2, 40 }, v999 = { 9, 9 };
	CK_UTF8CHAR name[] = "PKCS 11", other[] = "PKCS 12";

	p11_load();
	REQUIRE_OK(p11->C_GetInterfaceList(list, &n));
	ATF_CHECK(n >= 3);
	n = 1;
	CHECK_RV(p11->C_GetInterfaceList(list, &n), CKR_BUFFER_TOO_SMALL);
	REQUIRE_OK(p11->C_GetInterface(name, &v300, &i, 0));
	ATF_CHECK_EQ(((CK_VERSION *)i->pFunctionList)->minor, 0);
	REQUIRE_OK(p11->C_GetInterface(name, &v240, &i, 0));
	ATF_CHECK_EQ(((CK_VERSION *)i->pFunctionList)->minor, 40);
	CHECK_RV(p11->C_GetInterface(name, &v240, &i, CKF_INTERFACE_FORK_SAFE),
	    CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetInterface(name, &v999, &i, 0), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetInterface(other, NULL, &i, 0), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetInterface(NULL, NULL, NULL, 0), CKR_ARGUMENTS_BAD);
}

ATF_TC_WITHOUT_HEAD(store_object__deletes_the_store);
ATF_TC_BODY(store_object__deletes_the_store, tc)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE o;
	CK_SESSION_INFO info;
	char serial[32];
	CK_ATTRIBUTE t = { CKA_VECS_STORE, serial, sizeof(serial) };

	p11_start();
	s = p11_session(p11_slot("TRUSTED_ROOTS"), true);
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_VECS_STORE, &o, 1), 1);
	CHECK_RV(p11->C_DestroyObject(s, o), CKR_ACTION_PROHIBITED);
	slot = p11_new_store("Alpha");
	s = p11_session(slot, true);
	p11_data(s, true, "x", "y");
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_VECS_STORE, &o, 1), 1);
	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
	ATF_CHECK_EQ(t.ulValueLen, 16);
	/* It is no object to who does not ask for its class. */
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), 1);
	REQUIRE_OK(p11->C_DestroyObject(s, o));
	CHECK_RV(p11->C_GetSessionInfo(s, &info), CKR_TOKEN_NOT_PRESENT);
	CHECK_RV(p11->C_CloseSession(s), CKR_OK);
	CHECK_RV(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &s),
	    CKR_SLOT_ID_INVALID);
	ATF_CHECK(p11_slot(NULL) != slot);
}

/* An RSA key pair of the session, and "hello" encrypted with it. */
static CK_OBJECT_HANDLE
encrypted_hello(CK_SESSION_HANDLE s, CK_BYTE out[256])
{
	CK_MECHANISM make = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_MECHANISM pkcs1 = { CKM_RSA_PKCS, NULL, 0 };
	CK_ULONG bits = 2048, len = 256;
	CK_ATTRIBUTE t = { CKA_MODULUS_BITS, &bits, sizeof(bits) };
	CK_OBJECT_HANDLE public, private;
	CK_BYTE hello[] = "hello";

	REQUIRE_OK(p11->C_GenerateKeyPair(s, &make, &t, 1, NULL, 0, &public,
	    &private));
	REQUIRE_OK(p11->C_EncryptInit(s, &pkcs1, public));
	REQUIRE_OK(p11->C_Encrypt(s, hello, 5, out, &len));
	return private;
}

ATF_TC_WITHOUT_HEAD(decrypt__a_short_buffer_may_be_followed_by_a_longer_one);
ATF_TC_BODY(decrypt__a_short_buffer_may_be_followed_by_a_longer_one, tc)
{
	CK_MECHANISM pkcs1 = { CKM_RSA_PKCS, NULL, 0 };
	CK_BYTE sealed[256], plain[16];
	CK_OBJECT_HANDLE private;
	CK_SESSION_HANDLE s;
	CK_ULONG len = 3;

	p11_start();
	s = p11_session(p11_slot("machine"), false);
	private = encrypted_hello(s, sealed);
	REQUIRE_OK(p11->C_DecryptInit(s, &pkcs1, private));
	CHECK_RV(p11->C_Decrypt(s, sealed, 256, plain, &len),
	    CKR_BUFFER_TOO_SMALL);
	ATF_CHECK_EQ(len, 5);
	CHECK_RV(p11->C_Decrypt(s, sealed, 256, plain, &len), CKR_OK);
	ATF_CHECK_EQ(len, 5);
	ATF_CHECK_EQ(memcmp(plain, "hello", 5), 0);
	CHECK_RV(p11->C_Decrypt(s, sealed, 256, plain, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
}

ATF_TC_WITHOUT_HEAD(operations__end_by_an_init_without_mechanism);
ATF_TC_BODY(operations__end_by_an_init_without_mechanism, tc)
{
	CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_OBJECT_HANDLE public, private;
	CK_BYTE out[32];
	CK_ULONG len = sizeof(out);
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_slot("machine"), false);
	p11_key_pair(s, false, "key", &public, &private);
	CHECK_RV(p11->C_DigestInit(s, NULL), CKR_ARGUMENTS_BAD);
	REQUIRE_OK(p11->C_DigestInit(s, &sha256));
	CHECK_RV(p11->C_DigestInit(s, &sha256), CKR_OPERATION_ACTIVE);
	CHECK_RV(p11->C_DigestInit(s, NULL), CKR_OK);
	CHECK_RV(p11->C_DigestFinal(s, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	REQUIRE_OK(p11->C_SignInit(s, &ecdsa, private));
	CHECK_RV(p11->C_SignInit(s, NULL, 0), CKR_OK);
	CHECK_RV(p11_sign(s, private), CKR_OK);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, initialise__before_twice_and_after);
	ATF_TP_ADD_TC(tp, initialise__arguments);
	ATF_TP_ADD_TC(tp, slots__default_stores_and_the_empty_one);
	ATF_TP_ADD_TC(tp, slots__a_token_keeps_its_slot);
	ATF_TP_ADD_TC(tp, slots__init_token_on_a_store_needs_it_empty);
	ATF_TP_ADD_TC(tp, slots__a_system_store_made_anew_stays_one);
	ATF_TP_ADD_TC(tp, sessions__handles_and_flags);
	ATF_TP_ADD_TC(tp, store_without_pin__login_changes_nothing);
	ATF_TP_ADD_TC(tp, objects__live_as_long_as_they_should);
	ATF_TP_ADD_TC(tp, objects__survive_finalise);
	ATF_TP_ADD_TC(tp, attributes__length_protocol);
	ATF_TP_ADD_TC(tp, attributes__set_is_seen_everywhere);
	ATF_TP_ADD_TC(tp, copy__has_an_identity_of_its_own);
	ATF_TP_ADD_TC(tp, search__states_and_order);
	ATF_TP_ADD_TC(tp, interfaces__by_name_version_and_flags);
	ATF_TP_ADD_TC(tp, store_object__deletes_the_store);
	ATF_TP_ADD_TC(tp,
	    decrypt__a_short_buffer_may_be_followed_by_a_longer_one);
	ATF_TP_ADD_TC(tp, operations__end_by_an_init_without_mechanism);
	return atf_no_error();
}
