/* The calls that 3.x added, and those that older tokens leave out: slot events,
 * profiles, verification with the signature first, messages, templates as
 * values.  Keys are in tests/keys_test. */
#include "tests/lib/p11.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

/* Slot events */

ATF_TC_WITHOUT_HEAD(events__a_store_made_and_deleted);
ATF_TC_BODY(events__a_store_made_and_deleted, tc)
{
	CK_SLOT_ID slot = 0, made;
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE o;

	p11_start();
	CHECK_RV(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL),
	    CKR_NO_EVENT);
	made = p11_new_store("Alpha");
	CHECK_RV(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL),
	    CKR_OK);
	ATF_CHECK_EQ(slot, made);
	CHECK_RV(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL),
	    CKR_NO_EVENT);
	s = p11_session(made, true);
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_VECS_STORE, &o, 1), 1);
	REQUIRE_OK(p11->C_DestroyObject(s, o));
	CHECK_RV(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL),
	    CKR_OK);
	ATF_CHECK_EQ(slot, made);
	CHECK_RV(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, &slot),
	    CKR_ARGUMENTS_BAD);
}

/* Another process makes a store while this one waits. */
ATF_TC_WITHOUT_HEAD(events__another_process_ends_the_wait);
ATF_TC_BODY(events__another_process_ends_the_wait, tc)
{
	CK_SLOT_ID slot = 0;
	pid_t child;

	p11_start();
	child = fork();
	ATF_REQUIRE(child >= 0);
	if (child == 0) {
		usleep(200000);
		p11_new_store("Beta");
		_exit(0);
	}
	CHECK_RV(p11->C_WaitForSlotEvent(0, &slot, NULL), CKR_OK);
	ATF_CHECK_EQ(child_status(child), 0);
	ATF_CHECK_EQ(slot, p11_slot("Beta"));
}

static void *
wait_blocking(void *arg)
{
	CK_SLOT_ID slot;

	*(CK_RV *)arg = p11->C_WaitForSlotEvent(0, &slot, NULL);
	return NULL;
}

ATF_TC_WITHOUT_HEAD(events__finalise_ends_the_wait);
ATF_TC_BODY(events__finalise_ends_the_wait, tc)
{
	pthread_t thread;
	CK_RV rv = CKR_OK;

	p11_start();
	ATF_REQUIRE_EQ(pthread_create(&thread, NULL, wait_blocking, &rv), 0);
	usleep(120000);
	REQUIRE_OK(p11->C_Finalize(NULL));
	pthread_join(thread, NULL);
	ATF_CHECK_EQ(rv, CKR_CRYPTOKI_NOT_INITIALIZED);
}

/* Profiles */

static size_t
profiles_of(CK_SLOT_ID slot, CK_ULONG ids[8])
{
	CK_SESSION_HANDLE s = p11_session(slot, false);
	CK_OBJECT_HANDLE o[8];
	CK_ULONG n = p11_find_class(s, CKO_PROFILE, o, 8);

	for (CK_ULONG i = 0; i < n; i++) {
		CK_ATTRIBUTE t = { CKA_PROFILE_ID, &ids[i], sizeof(ids[i]) };

		REQUIRE_OK(p11->C_GetAttributeValue(s, o[i], &t, 1));
	}
	CHECK_RV(p11->C_CloseSession(s), CKR_OK);
	return n;
}

ATF_TC_WITHOUT_HEAD(profiles__those_that_are_met);
ATF_TC_BODY(profiles__those_that_are_met, tc)
{
	CK_ULONG ids[8];
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE o;
	CK_BYTE unique[64];
	CK_ATTRIBUTE t = { CKA_UNIQUE_ID, unique, sizeof(unique) };

	p11_start();
	ATF_CHECK_EQ(profiles_of(p11_slot("machine"), ids), 3);
	ATF_CHECK_EQ(ids[0], CKP_BASELINE_PROVIDER);
	ATF_CHECK_EQ(ids[1], CKP_EXTENDED_PROVIDER);
	ATF_CHECK_EQ(ids[2], CKP_PUBLIC_CERTIFICATES_TOKEN);
	ATF_CHECK_EQ(profiles_of(p11_new_token("hsm"), ids), 4);
	ATF_CHECK_EQ(ids[2], CKP_AUTHENTICATION_TOKEN);
	s = p11_session(p11_slot("machine"), true);
	/* Nobody who does not ask for the class is shown them. */
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), 0);
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_PROFILE, &o, 1), 3);
	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
	ATF_CHECK(t.ulValueLen > 16);
	CHECK_RV(p11->C_DestroyObject(s, o), CKR_ACTION_PROHIBITED);
	CHECK_RV(p11->C_SetAttributeValue(s, o, &t, 1),
	    CKR_ACTION_PROHIBITED);
	CHECK_RV(p11->C_CopyObject(s, o, NULL, 0, &o), CKR_ACTION_PROHIBITED);
}

ATF_TC_WITHOUT_HEAD(validation__there_is_none);
ATF_TC_BODY(validation__there_is_none, tc)
{
	CK_SESSION_HANDLE s;
	CK_FLAGS flags = 7;

	p11_start();
	s = p11_session(p11_slot("machine"), false);
	CHECK_RV(p11->C_GetSessionValidationFlags(s, CKS_LAST_VALIDATION_OK,
	    &flags), CKR_OK);
	ATF_CHECK_EQ(flags, 0);
	CHECK_RV(p11->C_GetSessionValidationFlags(s, CKS_LAST_VALIDATION_OK,
	    NULL), CKR_ARGUMENTS_BAD);
	ATF_CHECK_EQ(p11_find_class(s, CKO_VALIDATION, NULL, 0), 0);
}

ATF_TC_WITHOUT_HEAD(asynchronous__is_not_offered);
ATF_TC_BODY(asynchronous__is_not_offered, tc)
{
	CK_SESSION_HANDLE s;
	CK_UTF8CHAR name[] = "C_Sign";
	CK_ULONG id;
	CK_TOKEN_INFO info;

	p11_start();
	CHECK_RV(p11->C_OpenSession(p11_slot("machine"), CKF_SERIAL_SESSION |
	    CKF_ASYNC_SESSION, NULL, NULL, &s),
	    CKR_SESSION_ASYNC_NOT_SUPPORTED);
	s = p11_session(p11_slot("machine"), false);
	REQUIRE_OK(p11->C_GetTokenInfo(p11_slot("machine"), &info));
	ATF_CHECK_EQ(info.flags & CKF_ASYNC_SESSION_SUPPORTED, 0);
	CHECK_RV(p11->C_AsyncGetID(s, name, &id), CKR_FUNCTION_NOT_SUPPORTED);
	CHECK_RV(p11->C_AsyncComplete(s, name, NULL),
	    CKR_FUNCTION_NOT_SUPPORTED);
	CHECK_RV(p11->C_AsyncJoin(s, name, 1, NULL, 0),
	    CKR_FUNCTION_NOT_SUPPORTED);
}

/* Signatures */

static CK_BYTE text[] = "the text that is signed, in one part or in several";
#define LEN (sizeof(text) - 1)

struct signer {
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE public, private;
	CK_BYTE signature[64];
	CK_ULONG len;
};

static CK_MECHANISM ecdsa = { CKM_ECDSA_SHA256, NULL, 0 };

static void
signer_make(struct signer *k)
{
	p11_start();
	k->s = p11_session(p11_slot("machine"), true);
	k->len = sizeof(k->signature);
	p11_key_pair(k->s, false, "key", &k->public, &k->private);
	REQUIRE_OK(p11->C_SignInit(k->s, &ecdsa, k->private));
	REQUIRE_OK(p11->C_Sign(k->s, text, LEN, k->signature, &k->len));
}

ATF_TC_WITHOUT_HEAD(verify_signature__whole_and_in_parts);
ATF_TC_BODY(verify_signature__whole_and_in_parts, tc)
{
	struct signer k;

	signer_make(&k);
	CHECK_RV(p11->C_VerifySignature(k.s, text, LEN),
	    CKR_OPERATION_NOT_INITIALIZED);
	REQUIRE_OK(p11->C_VerifySignatureInit(k.s, &ecdsa, k.public,
	    k.signature, k.len));
	CHECK_RV(p11->C_VerifySignatureInit(k.s, &ecdsa, k.public,
	    k.signature, k.len), CKR_OPERATION_ACTIVE);
	CHECK_RV(p11->C_VerifySignature(k.s, text, LEN), CKR_OK);
	CHECK_RV(p11->C_VerifySignatureFinal(k.s),
	    CKR_OPERATION_NOT_INITIALIZED);
	REQUIRE_OK(p11->C_VerifySignatureInit(k.s, &ecdsa, k.public,
	    k.signature, k.len));
	REQUIRE_OK(p11->C_VerifySignatureUpdate(k.s, text, 10));
	REQUIRE_OK(p11->C_VerifySignatureUpdate(k.s, text + 10, LEN - 10));
	CHECK_RV(p11->C_VerifySignatureFinal(k.s), CKR_OK);
	/* The signature is kept: the caller's memory may change. */
	REQUIRE_OK(p11->C_VerifySignatureInit(k.s, &ecdsa, k.public,
	    k.signature, k.len));
	k.signature[5] ^= 1;
	CHECK_RV(p11->C_VerifySignature(k.s, text, LEN), CKR_OK);
	REQUIRE_OK(p11->C_VerifySignatureInit(k.s, &ecdsa, k.public,
	    k.signature, k.len));
	CHECK_RV(p11->C_VerifySignature(k.s, text, LEN),
	    CKR_SIGNATURE_INVALID);
	REQUIRE_OK(p11->C_VerifySignatureInit(k.s, &ecdsa, k.public,
	    k.signature, k.len));
	CHECK_RV(p11->C_SessionCancel(k.s, CKF_VERIFY), CKR_OK);
	CHECK_RV(p11->C_VerifySignatureUpdate(k.s, text, 1),
	    CKR_OPERATION_NOT_INITIALIZED);
	CHECK_RV(p11->C_VerifySignatureInit(k.s, &ecdsa, k.private,
	    k.signature, k.len), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CHECK_RV(p11->C_VerifySignatureInit(k.s, &ecdsa, k.public, NULL, 0),
	    CKR_ARGUMENTS_BAD);
}

static CK_RV
mixed(struct signer *k, CK_RV (*first)(struct signer *),
    CK_RV (*second)(struct signer *))
{
	REQUIRE_OK(p11->C_SignInit(k->s, &ecdsa, k->private));
	REQUIRE_OK(first(k));
	return second(k);
}

static CK_RV
update(struct signer *k)
{
	return p11->C_SignUpdate(k->s, text, LEN);
}

static CK_RV
once(struct signer *k)
{
	k->len = sizeof(k->signature);
	return p11->C_Sign(k->s, text, LEN, k->signature, &k->len);
}

ATF_TC_WITHOUT_HEAD(sign__forms_are_not_mixed);
ATF_TC_BODY(sign__forms_are_not_mixed, tc)
{
	struct signer k;

	signer_make(&k);
	CHECK_RV(mixed(&k, update, once), CKR_OPERATION_ACTIVE);
	CHECK_RV(update(&k), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_RV(mixed(&k, once, once), CKR_OPERATION_NOT_INITIALIZED);
}

/* Messages */

/* The standard has the second message of an Ed25519 key signed like the
 * first. */
static void
edwards_pair(struct signer *k)
{
	static CK_BYTE ed25519[] = { 6, 3, 0x2b, 0x65, 0x70 };
	CK_MECHANISM make = { CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE t = { CKA_EC_PARAMS, ed25519, sizeof(ed25519) };

	p11_start();
	k->s = p11_session(p11_slot("machine"), true);
	REQUIRE_OK(p11->C_GenerateKeyPair(k->s, &make, &t, 1, NULL, 0,
	    &k->public, &k->private));
}

static void
sign_two_messages(struct signer *k)
{
	CK_BYTE other[64];
	CK_ULONG len = 0;

	k->len = sizeof(k->signature);
	CHECK_RV(p11->C_SignMessage(k->s, NULL, 0, text, LEN, NULL, &len),
	    CKR_OK);
	ATF_CHECK_EQ(len, 64);
	len = 63;
	CHECK_RV(p11->C_SignMessage(k->s, NULL, 0, text, LEN, other, &len),
	    CKR_BUFFER_TOO_SMALL);
	CHECK_RV(p11->C_SignMessage(k->s, NULL, 0, text, LEN, k->signature,
	    &k->len), CKR_OK);
	REQUIRE_OK(p11->C_SignMessageBegin(k->s, NULL, 0));
	CHECK_RV(p11->C_SignMessage(k->s, NULL, 0, text, LEN, other, &len),
	    CKR_OPERATION_ACTIVE);
	REQUIRE_OK(p11->C_SignMessageNext(k->s, NULL, 0, text, 7, NULL,
	    NULL));
	len = sizeof(other);
	REQUIRE_OK(p11->C_SignMessageNext(k->s, NULL, 0, text + 7, LEN - 7,
	    other, &len));
	ATF_CHECK_EQ(memcmp(other, k->signature, 64), 0);
	CHECK_RV(p11->C_SignMessageNext(k->s, NULL, 0, text, 7, NULL, NULL),
	    CKR_OPERATION_NOT_INITIALIZED);
}

ATF_TC_WITHOUT_HEAD(messages__signed_and_verified);
ATF_TC_BODY(messages__signed_and_verified, tc)
{
	CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
	struct signer k;

	edwards_pair(&k);
	CHECK_RV(p11->C_SignMessageBegin(k.s, NULL, 0),
	    CKR_OPERATION_NOT_INITIALIZED);
	REQUIRE_OK(p11->C_MessageSignInit(k.s, &eddsa, k.private));
	sign_two_messages(&k);
	REQUIRE_OK(p11->C_MessageSignFinal(k.s));
	CHECK_RV(p11->C_MessageSignFinal(k.s), CKR_OPERATION_NOT_INITIALIZED);
	REQUIRE_OK(p11->C_MessageVerifyInit(k.s, &eddsa, k.public));
	CHECK_RV(p11->C_VerifyMessage(k.s, NULL, 0, text, LEN, k.signature,
	    64), CKR_OK);
	CHECK_RV(p11->C_VerifyMessage(k.s, NULL, 0, text, LEN - 1,
	    k.signature, 64), CKR_SIGNATURE_INVALID);
	/* A wrong one ends the message, not the process. */
	REQUIRE_OK(p11->C_VerifyMessageBegin(k.s, NULL, 0));
	REQUIRE_OK(p11->C_VerifyMessageNext(k.s, NULL, 0, text, 9, NULL, 0));
	CHECK_RV(p11->C_VerifyMessageNext(k.s, NULL, 0, text + 9, LEN - 9,
	    k.signature, 64), CKR_OK);
	CHECK_RV(p11->C_MessageVerifyInit(k.s, NULL, 0), CKR_OK);
	CHECK_RV(p11->C_VerifyMessage(k.s, NULL, 0, text, LEN, k.signature,
	    64), CKR_OPERATION_NOT_INITIALIZED);
}

/* Templates as values */

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

ATF_TC_WITHOUT_HEAD(templates__are_kept_and_read_back);
ATF_TC_BODY(templates__are_kept_and_read_back, tc)
{
	CK_ULONG aes = CKK_AES, len = 32, type_read = 0;
	CK_MECHANISM make = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_BBOOL sensitive = 9;
	CK_ATTRIBUTE inner[] = {
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_KEY_TYPE, &aes, sizeof(aes) },
	};
	CK_ATTRIBUTE t[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_UNWRAP_TEMPLATE, inner, sizeof(inner) },
	};
	CK_ATTRIBUTE read[2] = { { 0, NULL, 0 }, { 0, NULL, 0 } };
	CK_ATTRIBUTE get = { CKA_UNWRAP_TEMPLATE, NULL, 0 };
	CK_OBJECT_HANDLE key;
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	REQUIRE_OK(p11->C_GenerateKey(s, &make, t, COUNT(t), &key));
	REQUIRE_OK(p11->C_GetAttributeValue(s, key, &get, 1));
	ATF_REQUIRE_EQ(get.ulValueLen, sizeof(read));
	get.pValue = read;
	REQUIRE_OK(p11->C_GetAttributeValue(s, key, &get, 1));
	ATF_CHECK_EQ(read[0].type, CKA_KEY_TYPE);
	ATF_CHECK_EQ(read[0].ulValueLen, sizeof(CK_ULONG));
	ATF_CHECK_EQ(read[1].type, CKA_SENSITIVE);
	ATF_CHECK_EQ(read[1].ulValueLen, 1);
	read[0].pValue = &type_read;
	read[1].pValue = &sensitive;
	REQUIRE_OK(p11->C_GetAttributeValue(s, key, &get, 1));
	ATF_CHECK_EQ(type_read, CKK_AES);
	ATF_CHECK_EQ(sensitive, CK_FALSE);
	read[0].ulValueLen = 1;
	CHECK_RV(p11->C_GetAttributeValue(s, key, &get, 1),
	    CKR_BUFFER_TOO_SMALL);
	CHECK_RV(p11->C_SetAttributeValue(s, key, &t[2], 1),
	    CKR_ATTRIBUTE_READ_ONLY);
}

ATF_TC_WITHOUT_HEAD(templates__wrong_ones_are_refused);
ATF_TC_BODY(templates__wrong_ones_are_refused, tc)
{
	CK_ULONG len = 32;
	CK_MECHANISM make = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ATTRIBUTE nested = { CKA_WRAP_TEMPLATE, NULL, 0 };
	CK_ATTRIBUTE wrong[][2] = {
		{ { CKA_SENSITIVE, &no, 0 } },       /* no boolean */
		{ { CKA_SENSITIVE, NULL, 1 } },      /* nothing there */
		{ { 0x4711, &no, 1 } },              /* no attribute */
		{ { CKA_WRAP_TEMPLATE, &nested, sizeof(nested) } },
		{ { CKA_SENSITIVE, &no, 1 }, { CKA_SENSITIVE, &yes, 1 } },
	};
	CK_ATTRIBUTE t[] = {
		{ CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_WRAP_TEMPLATE, NULL, 0 },
	};
	CK_OBJECT_HANDLE key;
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		t[1].pValue = wrong[i];
		t[1].ulValueLen = sizeof(CK_ATTRIBUTE) * (i == 4 ? 2 : 1);
		CHECK_RV(p11->C_GenerateKey(s, &make, t, COUNT(t), &key),
		    CKR_ATTRIBUTE_VALUE_INVALID);
	}
	t[1].ulValueLen = sizeof(CK_ATTRIBUTE) - 1;
	CHECK_RV(p11->C_GenerateKey(s, &make, t, COUNT(t), &key),
	    CKR_ATTRIBUTE_VALUE_INVALID);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, events__a_store_made_and_deleted);
	ATF_TP_ADD_TC(tp, events__another_process_ends_the_wait);
	ATF_TP_ADD_TC(tp, events__finalise_ends_the_wait);
	ATF_TP_ADD_TC(tp, profiles__those_that_are_met);
	ATF_TP_ADD_TC(tp, validation__there_is_none);
	ATF_TP_ADD_TC(tp, asynchronous__is_not_offered);
	ATF_TP_ADD_TC(tp, verify_signature__whole_and_in_parts);
	ATF_TP_ADD_TC(tp, sign__forms_are_not_mixed);
	ATF_TP_ADD_TC(tp, messages__signed_and_verified);
	ATF_TP_ADD_TC(tp, templates__are_kept_and_read_back);
	ATF_TP_ADD_TC(tp, templates__wrong_ones_are_refused);
	return atf_no_error();
}
