/* ML-DSA, SLH-DSA and ML-KEM through the module's calls: key pairs with their
 * attributes, every form of signing. */
#include "tests/lib/pqc.h"

#define SIG_MAX 17088

static CK_BYTE message[] = "what is signed here";

static void
check_attributes(CK_SESSION_HANDLE s, const struct pqc_kind *kind,
    CK_OBJECT_HANDLE public, CK_OBJECT_HANDLE private)
{
	struct bytes a, b;

	ATF_CHECK_EQ(number_get(s, public, CKA_KEY_TYPE), kind->type);
	ATF_CHECK_EQ(number_get(s, public, CKA_PARAMETER_SET), kind->set);
	ATF_CHECK_EQ(number_get(s, private, CKA_PARAMETER_SET), kind->set);
	ATF_CHECK_EQ(number_get(s, private, CKA_KEY_GEN_MECHANISM),
	    kind->generate);
	REQUIRE_OK(bytes_get(s, public, CKA_VALUE, &a));
	ATF_CHECK_EQ(a.len, kind->public);
	REQUIRE_OK(bytes_get(s, public, CKA_PUBLIC_KEY_INFO, &a));
	REQUIRE_OK(bytes_get(s, private, CKA_PUBLIC_KEY_INFO, &b));
	ATF_CHECK(bytes_equal(&a, &b));
	ATF_CHECK(a.len > kind->public);
	CHECK_RV(bytes_get(s, private, CKA_VALUE, &a), CKR_ATTRIBUTE_SENSITIVE);
	CHECK_RV(bytes_get(s, private, CKA_SEED, &a), kind->seed != 0
	    ? CKR_ATTRIBUTE_SENSITIVE
	    : CKR_ATTRIBUTE_TYPE_INVALID);
}

ATF_TC_WITHOUT_HEAD(generate__attributes_of_both_halves);
ATF_TC_BODY(generate__attributes_of_both_halves, tc)
{
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE s;

	if (!pqc_begin(&s))
		return;
	for (size_t i = 0; i < PQC_COUNT; i++) {
		pqc_generate(s, &pqc_kinds[i], CK_TRUE, CK_FALSE, &public,
		    &private);
		check_attributes(s, &pqc_kinds[i], public, private);
	}
}

ATF_TC_WITHOUT_HEAD(generate__what_is_refused);
ATF_TC_BODY(generate__what_is_refused, tc)
{
	CK_MECHANISM m = { CKM_ML_DSA_KEY_PAIR_GEN, NULL, 0 };
	CK_ULONG good = CKP_ML_DSA_44, bad = 77, other = CKP_ML_DSA_65;
	CK_BYTE value[32] = { 0 };
	CK_ATTRIBUTE public_t[] = {
		{ CKA_PARAMETER_SET, &good, sizeof(good) },
	};
	CK_ATTRIBUTE private_t[] = {
		{ CKA_PARAMETER_SET, &other, sizeof(other) },
	};
	CK_ATTRIBUTE seed_t[] = { { CKA_SEED, value, sizeof(value) } };
	CK_OBJECT_HANDLE a, b;
	CK_SESSION_HANDLE s;

	if (!pqc_begin(&s))
		return;
	CHECK_RV(p11->C_GenerateKeyPair(s, &m, NULL, 0, NULL, 0, &a, &b),
	    CKR_TEMPLATE_INCOMPLETE);
	CHECK_RV(p11->C_GenerateKeyPair(s, &m, public_t, 1, private_t, 1, &a,
	    &b), CKR_TEMPLATE_INCONSISTENT);
	CHECK_RV(p11->C_GenerateKeyPair(s, &m, public_t, 1, seed_t, 1, &a,
	    &b), CKR_ATTRIBUTE_READ_ONLY);
	private_t[0].pValue = &good;
	CHECK_RV(p11->C_GenerateKeyPair(s, &m, public_t, 1, private_t, 1, &a,
	    &b), CKR_OK);
	public_t[0].pValue = &bad;
	CHECK_RV(p11->C_GenerateKeyPair(s, &m, public_t, 1, NULL, 0, &a, &b),
	    CKR_PARAMETER_SET_NOT_SUPPORTED);
	ATF_CHECK_EQ(p11_find(s, "pq", NULL), 0);
}

static void
check_messages(CK_SESSION_HANDLE s, const struct pqc_kind *kind,
    CK_OBJECT_HANDLE public, CK_OBJECT_HANDLE private)
{
	static CK_BYTE sig[SIG_MAX];
	CK_MECHANISM m = { kind->use, NULL, 0 };
	CK_ULONG len = sizeof(sig);

	REQUIRE_OK(p11->C_MessageSignInit(s, &m, private));
	REQUIRE_OK(p11->C_SignMessage(s, NULL, 0, message, 9, sig, &len));
	REQUIRE_OK(p11->C_MessageSignFinal(s));
	REQUIRE_OK(p11->C_MessageVerifyInit(s, &m, public));
	CHECK_RV(p11->C_VerifyMessage(s, NULL, 0, message, 9, sig, len),
	    CKR_OK);
	CHECK_RV(p11->C_VerifyMessage(s, NULL, 0, message, 8, sig, len),
	    CKR_SIGNATURE_INVALID);
	REQUIRE_OK(p11->C_MessageVerifyFinal(s));
}

ATF_TC_WITHOUT_HEAD(sign__every_form);
ATF_TC_BODY(sign__every_form, tc)
{
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE s;

	if (!pqc_begin(&s))
		return;
	for (size_t i = 0; i < PQC_SIGNERS; i++) {
		pqc_generate(s, &pqc_kinds[i], CK_FALSE, CK_FALSE, &public,
		    &private);
		pqc_check_signing(s, &pqc_kinds[i], public, private);
		check_messages(s, &pqc_kinds[i], public, private);
	}
}

ATF_TC_WITHOUT_HEAD(keys__survive_finalise);
ATF_TC_BODY(keys__survive_finalise, tc)
{
	CK_OBJECT_HANDLE found[2], unused[2];
	CK_SESSION_HANDLE s;

	if (!pqc_begin(&s))
		return;
	for (size_t i = 0; i < PQC_SIGNERS; i++) {
		pqc_generate(s, &pqc_kinds[i], CK_TRUE, CK_FALSE, &unused[0],
		    &unused[1]);
		REQUIRE_OK(p11->C_Finalize(NULL));
		REQUIRE_OK(p11->C_Initialize(NULL));
		s = p11_session(p11_slot("machine"), true);
		ATF_REQUIRE_EQ(p11_find_class(s, CKO_PUBLIC_KEY, &found[0],
		    1), 1);
		ATF_REQUIRE_EQ(p11_find_class(s, CKO_PRIVATE_KEY, &found[1],
		    1), 1);
		check_attributes(s, &pqc_kinds[i], found[0], found[1]);
		pqc_check_signing(s, &pqc_kinds[i], found[0], found[1]);
		REQUIRE_OK(p11->C_DestroyObject(s, found[0]));
		REQUIRE_OK(p11->C_DestroyObject(s, found[1]));
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, generate__attributes_of_both_halves);
	ATF_TP_ADD_TC(tp, generate__what_is_refused);
	ATF_TP_ADD_TC(tp, sign__every_form);
	ATF_TP_ADD_TC(tp, keys__survive_finalise);
	return atf_no_error();
}
