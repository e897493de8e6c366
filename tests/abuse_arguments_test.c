/* NULL pointers, wrong handles, wrong templates: an answer of the right family,
 * never a crash, and the token holds afterwards what it held before. */
#include "tests/lib/samples.h"

static CK_SESSION_HANDLE
session(void)
{
	p11_start();
	return p11_session(p11_slot("machine"), true);
}

ATF_TC_WITHOUT_HEAD(null__general_and_sessions);
ATF_TC_BODY(null__general_and_sessions, tc)
{
	CK_SESSION_HANDLE s = session();
	CK_SLOT_ID slot = p11_slot("machine");
	CK_UTF8CHAR label[33] = "Alpha                           ";

	CHECK_RV(p11->C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetFunctionList(NULL), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetInterfaceList(NULL, NULL), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetSlotList(CK_TRUE, NULL, NULL), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetSlotInfo(slot, NULL), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetTokenInfo(slot, NULL), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetMechanismList(slot, NULL, NULL),
	    CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetMechanismInfo(slot, CKM_ECDSA, NULL),
	    CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_InitToken(p11_slot(NULL), NULL, 4, label),
	    CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_InitToken(p11_slot(NULL), NULL, 0, NULL),
	    CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
	    NULL), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetSessionInfo(s, NULL), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GenerateRandom(s, NULL, 8), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_SeedRandom(s, NULL, 8), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_SeedRandom(s, NULL, 0), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(null__objects_and_keys);
ATF_TC_BODY(null__objects_and_keys, tc)
{
	CK_SESSION_HANDLE s = session();
	CK_OBJECT_HANDLE o = p11_data(s, true, "x", "y"), made;
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_MECHANISM aes = { CKM_AES_KEY_GEN, NULL, 0 },
	             ec = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ULONG n;

	CHECK_RV(p11->C_CreateObject(s, NULL, 1, &made), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_CreateObject(s, NULL, 0, &made),
	    CKR_TEMPLATE_INCOMPLETE);
	CHECK_RV(p11->C_CreateObject(s, &t, 1, NULL), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_CopyObject(s, o, NULL, 1, &made), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_CopyObject(s, o, NULL, 0, NULL), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetObjectSize(s, o, NULL), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GetAttributeValue(s, o, NULL, 1), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_SetAttributeValue(s, o, NULL, 1), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_FindObjectsInit(s, NULL, 1), CKR_ARGUMENTS_BAD);
	REQUIRE_OK(p11->C_FindObjectsInit(s, NULL, 0));
	CHECK_RV(p11->C_FindObjects(s, NULL, 1, &n), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_FindObjects(s, &made, 1, NULL), CKR_ARGUMENTS_BAD);
	REQUIRE_OK(p11->C_FindObjectsFinal(s));
	CHECK_RV(p11->C_GenerateKey(s, NULL, NULL, 0, &made),
	    CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GenerateKey(s, &aes, NULL, 1, &made),
	    CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GenerateKey(s, &aes, NULL, 0, NULL),
	    CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GenerateKeyPair(s, &ec, NULL, 1, NULL, 0, &made,
	    &made), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GenerateKeyPair(s, &ec, NULL, 0, NULL, 0, NULL,
	    &made), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_GenerateKeyPair(s, &ec, NULL, 0, NULL, 0, &made,
	    NULL), CKR_ARGUMENTS_BAD);
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), 1);
}

ATF_TC_WITHOUT_HEAD(null__operations);
ATF_TC_BODY(null__operations, tc)
{
	CK_SESSION_HANDLE s = session();
	CK_OBJECT_HANDLE public, private;
	CK_MECHANISM sign = { CKM_ECDSA_SHA256, NULL, 0 },
	             digest = { CKM_SHA256, NULL, 0 };
	CK_BYTE in[32] = { 1 }, out[64];
	CK_ULONG len = sizeof(out);

	p11_key_pair(s, false, "key", &public, &private);
	REQUIRE_OK(p11->C_SignInit(s, &sign, private));
	CHECK_RV(p11->C_Sign(s, NULL, 4, out, &len), CKR_ARGUMENTS_BAD);
	CHECK_RV(p11->C_Sign(s, in, 4, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	REQUIRE_OK(p11->C_SignInit(s, &sign, private));
	CHECK_RV(p11->C_Sign(s, in, 4, out, NULL), CKR_ARGUMENTS_BAD);
	REQUIRE_OK(p11->C_SignInit(s, &sign, private));
	CHECK_RV(p11->C_SignUpdate(s, NULL, 4), CKR_ARGUMENTS_BAD);
	REQUIRE_OK(p11->C_SignInit(s, &sign, private));
	REQUIRE_OK(p11->C_SignUpdate(s, NULL, 0));
	CHECK_RV(p11->C_SignFinal(s, out, NULL), CKR_ARGUMENTS_BAD);
	REQUIRE_OK(p11->C_VerifyInit(s, &sign, public));
	CHECK_RV(p11->C_Verify(s, in, 4, NULL, 64), CKR_ARGUMENTS_BAD);
	REQUIRE_OK(p11->C_VerifyInit(s, &sign, public));
	CHECK_RV(p11->C_VerifyFinal(s, NULL, 64), CKR_ARGUMENTS_BAD);
	REQUIRE_OK(p11->C_DigestInit(s, &digest));
	CHECK_RV(p11->C_Digest(s, NULL, 4, out, &len), CKR_ARGUMENTS_BAD);
	REQUIRE_OK(p11->C_DigestInit(s, &digest));
	/* A question for the length ends nothing. */
	REQUIRE_OK(p11->C_Digest(s, in, 4, NULL, &len));
	ATF_CHECK_EQ(len, 32);
	len = 31;
	CHECK_RV(p11->C_Digest(s, in, 4, out, &len), CKR_BUFFER_TOO_SMALL);
	ATF_CHECK_EQ(len, 32);
	CHECK_RV(p11->C_Digest(s, in, 4, out, &len), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(null__mechanism_parameters);
ATF_TC_BODY(null__mechanism_parameters, tc)
{
	CK_SESSION_HANDLE s = session();
	CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
	CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA256, CKG_MGF1_SHA256,
		CKZ_DATA_SPECIFIED, NULL, 7 };
	CK_ULONG bits = 2048;
	CK_ATTRIBUTE t = { CKA_MODULUS_BITS, &bits, sizeof(bits) };
	CK_MECHANISM make = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	const CK_MECHANISM bad_pss[] = {
		{ CKM_RSA_PKCS_PSS, NULL, 0 },
		{ CKM_RSA_PKCS_PSS, NULL, sizeof(pss) },
		{ CKM_RSA_PKCS_PSS, &pss, sizeof(pss) - 1 },
		{ CKM_RSA_PKCS_PSS, &pss, sizeof(pss) + 1 },
	}, bad_oaep[] = {
		{ CKM_RSA_PKCS_OAEP, NULL, 0 },
		{ CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) - 1 },
		{ CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) }, /* NULL source */
	};
	CK_OBJECT_HANDLE public, private;

	REQUIRE_OK(p11->C_GenerateKeyPair(s, &make, &t, 1, NULL, 0, &public,
	    &private));
	for (size_t i = 0; i < COUNT(bad_pss); i++) {
		CK_MECHANISM m = bad_pss[i];

		CHECK_RV(p11->C_SignInit(s, &m, private),
		    CKR_MECHANISM_PARAM_INVALID);
	}
	for (size_t i = 0; i < COUNT(bad_oaep); i++) {
		CK_MECHANISM m = bad_oaep[i];

		CHECK_RV(p11->C_EncryptInit(s, &m, public),
		    CKR_MECHANISM_PARAM_INVALID);
	}
}

ATF_TC_WITHOUT_HEAD(handles__that_are_none);
ATF_TC_BODY(handles__that_are_none, tc)
{
	CK_SESSION_HANDLE s = session(), far;
	CK_OBJECT_HANDLE gone = p11_data(s, true, "gone", "1"), elsewhere;
	CK_OBJECT_HANDLE public, private, bad[4];
	CK_MECHANISM sign = { CKM_ECDSA, NULL, 0 };
	CK_BYTE value[8];
	CK_ATTRIBUTE t = { CKA_VALUE, value, sizeof(value) };
	CK_ULONG size;

	far = p11_session(p11_slot("vpxd"), true);
	elsewhere = p11_data(far, true, "elsewhere", "1");
	p11_key_pair(s, true, "key", &public, &private);
	REQUIRE_OK(p11->C_DestroyObject(s, gone));
	memcpy(bad, (CK_OBJECT_HANDLE[]){ 0, 4711, gone, elsewhere },
	    sizeof(bad));
	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK_RV(p11->C_GetAttributeValue(s, bad[i], &t, 1),
		    CKR_OBJECT_HANDLE_INVALID);
		CHECK_RV(p11->C_SetAttributeValue(s, bad[i], &t, 1),
		    CKR_OBJECT_HANDLE_INVALID);
		CHECK_RV(p11->C_GetObjectSize(s, bad[i], &size),
		    CKR_OBJECT_HANDLE_INVALID);
		CHECK_RV(p11->C_CopyObject(s, bad[i], NULL, 0, &public),
		    CKR_OBJECT_HANDLE_INVALID);
		CHECK_RV(p11->C_DestroyObject(s, bad[i]),
		    CKR_OBJECT_HANDLE_INVALID);
		CHECK_RV(p11->C_SignInit(s, &sign, bad[i]),
		    CKR_KEY_HANDLE_INVALID);
		CHECK_RV(p11->C_VerifyInit(s, &sign, bad[i]),
		    CKR_KEY_HANDLE_INVALID);
		CHECK_RV(p11->C_CloseSession(bad[i] + 9000),
		    CKR_SESSION_HANDLE_INVALID);
	}
	CHECK_RV(p11->C_SignInit(s, &sign, p11_data(s, true, "d", "1")),
	    CKR_KEY_HANDLE_INVALID);
	REQUIRE_OK(p11->C_CloseSession(far));
	CHECK_RV(p11->C_SignInit(far, &sign, private),
	    CKR_SESSION_HANDLE_INVALID);
}

/* One way to spoil an attribute of a template. */
struct spoil {
	const char *name;
	void (*spoil)(CK_ATTRIBUTE *a, CK_ULONG *n, CK_ULONG at);
};

static void
spoil_null(CK_ATTRIBUTE *a, CK_ULONG *n, CK_ULONG at)
{
	(void)n;
	a[at].pValue = NULL;
	a[at].ulValueLen += a[at].ulValueLen == 0 ? 1 : 0;
}

static void
spoil_unavailable(CK_ATTRIBUTE *a, CK_ULONG *n, CK_ULONG at)
{
	(void)n;
	a[at].ulValueLen = CK_UNAVAILABLE_INFORMATION;
}

static void
spoil_huge(CK_ATTRIBUTE *a, CK_ULONG *n, CK_ULONG at)
{
	(void)n;
	a[at].pValue = NULL;
	a[at].ulValueLen = CK_UNAVAILABLE_INFORMATION / 2;
}

static void
spoil_empty(CK_ATTRIBUTE *a, CK_ULONG *n, CK_ULONG at)
{
	(void)n;
	a[at].ulValueLen = 0;
}

static void
spoil_longer(CK_ATTRIBUTE *a, CK_ULONG *n, CK_ULONG at)
{
	(void)n;
	a[at].ulValueLen++;
}

static void
spoil_shorter(CK_ATTRIBUTE *a, CK_ULONG *n, CK_ULONG at)
{
	(void)n;
	a[at].ulValueLen -= a[at].ulValueLen != 0 ? 1 : 0;
}

static void
spoil_double(CK_ATTRIBUTE *a, CK_ULONG *n, CK_ULONG at)
{
	a[(*n)++] = a[at];
}

static void
spoil_missing(CK_ATTRIBUTE *a, CK_ULONG *n, CK_ULONG at)
{
	a[at] = a[--*n];
}

static void
spoil_unknown(CK_ATTRIBUTE *a, CK_ULONG *n, CK_ULONG at)
{
	(void)n;
	a[at].type = 0x12345678;
}

static const struct spoil spoils[] = {
	{ "NULL", spoil_null },
	{ "unavailable", spoil_unavailable },
	{ "huge", spoil_huge },
	{ "empty", spoil_empty },
	{ "longer", spoil_longer },
	{ "shorter", spoil_shorter },
	{ "doubled", spoil_double },
	{ "missing", spoil_missing },
	{ "unknown", spoil_unknown },
};

static bool
is_template_error(CK_RV rv)
{
	static const CK_RV family[] = { CKR_ATTRIBUTE_VALUE_INVALID,
		CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_READ_ONLY,
		CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT,
		CKR_CURVE_NOT_SUPPORTED, CKR_DOMAIN_PARAMS_INVALID,
		CKR_KEY_SIZE_RANGE, CKR_PARAMETER_SET_NOT_SUPPORTED,
		CKR_ARGUMENTS_BAD };

	for (size_t i = 0; i < COUNT(family); i++)
		if (family[i] == rv)
			return true;
	return false;
}

/* What is accepted all the same is a whole object, and goes again. */
static void
spoiled_create(CK_SESSION_HANDLE s, const struct sample *sample, CK_ULONG at,
    const struct spoil *how)
{
	CK_ATTRIBUTE t[SAMPLE_ATTRIBUTES + 1];
	CK_ULONG n = sample->n;
	CK_OBJECT_HANDLE o = 0;
	CK_RV rv;

	memcpy(t, sample->t, n * sizeof(*t));
	how->spoil(t, &n, at);
	rv = p11->C_CreateObject(s, t, n, &o);
	if (rv == CKR_OK)
		REQUIRE_OK(p11->C_DestroyObject(s, o));
	else
		ATF_CHECK_MSG(is_template_error(rv), "%s: %s %#lx: %#lx",
		    sample->name, how->name, sample->t[at].type, rv);
	/* These are never a template. */
	if (how->spoil == spoil_null || how->spoil == spoil_unavailable ||
	    how->spoil == spoil_huge || how->spoil == spoil_double ||
	    how->spoil == spoil_unknown)
		ATF_CHECK_MSG(rv != CKR_OK, "%s: %s %#lx", sample->name,
		    how->name, sample->t[at].type);
}

ATF_TC_WITHOUT_HEAD(templates__each_attribute_wrong_in_turn);
ATF_TC_BODY(templates__each_attribute_wrong_in_turn, tc)
{
	static struct sample samples[SAMPLE_MAX];
	CK_SESSION_HANDLE s = session();
	CK_ULONG count = samples_make(s, samples);

	p11_data(s, true, "witness", "1");
	for (CK_ULONG i = 0; i < count; i++)
		for (CK_ULONG at = 0; at < samples[i].n; at++)
			for (size_t k = 0; k < COUNT(spoils); k++)
				spoiled_create(s, &samples[i], at, &spoils[k]);
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), 1);
	check_store(s);
}

ATF_TC_WITHOUT_HEAD(operations__one_form_at_a_time);
ATF_TC_BODY(operations__one_form_at_a_time, tc)
{
	CK_SESSION_HANDLE s = session();
	CK_OBJECT_HANDLE public, private;
	CK_MECHANISM m = { CKM_ECDSA_SHA256, NULL, 0 };
	CK_BYTE in[4] = { 1 }, out[64];
	CK_ULONG len = sizeof(out);

	p11_key_pair(s, false, "key", &public, &private);
	CHECK_RV(p11->C_Sign(s, in, 4, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	CHECK_RV(p11->C_SignUpdate(s, in, 4), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_RV(p11->C_SignFinal(s, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	REQUIRE_OK(p11->C_SignInit(s, &m, private));
	CHECK_RV(p11->C_SignInit(s, &m, private), CKR_OPERATION_ACTIVE);
	REQUIRE_OK(p11->C_SignUpdate(s, in, 4));
	CHECK_RV(p11->C_Sign(s, in, 4, out, &len), CKR_OPERATION_ACTIVE);
	/* Other kinds of operation stand beside it. */
	REQUIRE_OK(p11->C_VerifyInit(s, &m, public));
	REQUIRE_OK(p11->C_SessionCancel(s, CKF_VERIFY | CKF_SIGN));
	CHECK_RV(p11->C_VerifyUpdate(s, in, 4),
	    CKR_OPERATION_NOT_INITIALIZED);
	CHECK_RV(p11->C_SignInit(s, &m, public),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, null__general_and_sessions);
	ATF_TP_ADD_TC(tp, null__objects_and_keys);
	ATF_TP_ADD_TC(tp, null__operations);
	ATF_TP_ADD_TC(tp, null__mechanism_parameters);
	ATF_TP_ADD_TC(tp, handles__that_are_none);
	ATF_TP_ADD_TC(tp, templates__each_attribute_wrong_in_turn);
	ATF_TP_ADD_TC(tp, operations__one_form_at_a_time);
	return atf_no_error();
}
