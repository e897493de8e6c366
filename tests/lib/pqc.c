/* Key pairs of ML-DSA, SLH-DSA and ML-KEM made by the module, for tests. */
#include "tests/lib/pqc.h"

#include <openssl/crypto.h>

#define SINCE 0x30500000UL
#define SIG_MAX 17088

static CK_BBOOL yes = CK_TRUE;
static CK_BYTE message[] = "what is signed here";

const struct pqc_kind pqc_kinds[PQC_COUNT] = {
	{ CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN, CKM_ML_DSA, CKP_ML_DSA_44,
	    1312, 2420, 32 },
	{ CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN, CKM_HASH_ML_DSA_SHA256,
	    CKP_ML_DSA_65, 1952, 3309, 32 },
	{ CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN, CKM_HASH_ML_DSA_SHAKE256,
	    CKP_ML_DSA_87, 2592, 4627, 32 },
	{ CKK_SLH_DSA, CKM_SLH_DSA_KEY_PAIR_GEN, CKM_SLH_DSA,
	    CKP_SLH_DSA_SHA2_128F, 32, 17088, 0 },
	{ CKK_ML_KEM, CKM_ML_KEM_KEY_PAIR_GEN, CKM_ML_KEM, CKP_ML_KEM_768,
	    1184, 1088, 64 },
};

static void
check_absent(CK_SESSION_HANDLE s)
{
	CK_MECHANISM_TYPE list[512];
	CK_ULONG n = COUNT(list);

	REQUIRE_OK(p11->C_GetMechanismList(p11_slot("machine"), list, &n));
	for (size_t i = 0; i < PQC_COUNT; i++) {
		CK_MECHANISM m = { pqc_kinds[i].generate, NULL, 0 };
		CK_ATTRIBUTE t[] = {
			{ CKA_PARAMETER_SET, (void *)(uintptr_t)&pqc_kinds[i].set,
			    sizeof(CK_ULONG) },
		};
		CK_OBJECT_HANDLE public, private;

		CHECK_RV(p11->C_GenerateKeyPair(s, &m, t, 1, NULL, 0, &public,
		    &private), CKR_MECHANISM_INVALID);
		for (CK_ULONG k = 0; k < n; k++)
			ATF_CHECK(list[k] != pqc_kinds[i].generate &&
			    list[k] != pqc_kinds[i].use);
	}
}

bool
pqc_begin(CK_SESSION_HANDLE *s)
{
	p11_start();
	*s = p11_session(p11_slot("machine"), true);
	if (OpenSSL_version_num() >= SINCE)
		return true;
	check_absent(*s);
	return false;
}

void
pqc_generate(CK_SESSION_HANDLE s, const struct pqc_kind *kind, CK_BBOOL token,
    CK_BBOOL readable, CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private)
{
	bool kem = kind->type == CKK_ML_KEM;
	CK_BBOOL sensitive = !readable;
	CK_ULONG set = kind->set;
	CK_MECHANISM m = { kind->generate, NULL, 0 };
	CK_ATTRIBUTE public_t[] = {
		{ CKA_PARAMETER_SET, &set, sizeof(set) },
		{ CKA_TOKEN, &token, 1 },
		{ CKA_LABEL, (char *)(uintptr_t)"pq", 2 },
		{ CKA_ENCAPSULATE, &yes, 1 },
	};
	CK_ATTRIBUTE private_t[] = {
		{ CKA_TOKEN, &token, 1 },
		{ CKA_LABEL, (char *)(uintptr_t)"pq", 2 },
		{ CKA_SENSITIVE, &sensitive, 1 },
		{ CKA_EXTRACTABLE, &readable, 1 },
		{ CKA_DECAPSULATE, &yes, 1 },
	};

	REQUIRE_OK(p11->C_GenerateKeyPair(s, &m, public_t, kem ? 4 : 3,
	    private_t, kem ? 5 : 4, public, private));
}

CK_RV
bytes_get(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type,
    struct bytes *out)
{
	CK_ATTRIBUTE t = { type, out->data, sizeof(out->data) };
	CK_RV rv = p11->C_GetAttributeValue(s, o, &t, 1);

	out->len = t.ulValueLen;
	return rv;
}

bool
bytes_equal(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

CK_ULONG
number_get(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG value = 0;
	CK_ATTRIBUTE t = { type, &value, sizeof(value) };

	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
	return value;
}

/* Asked for its length, refused too little room, made; verified in each of the
 * ways that there are. */
void
pqc_check_signing(CK_SESSION_HANDLE s, const struct pqc_kind *kind,
    CK_OBJECT_HANDLE public, CK_OBJECT_HANDLE private)
{
	static CK_BYTE sig[SIG_MAX];
	CK_MECHANISM m = { kind->use, NULL, 0 };
	CK_ULONG len = 0;

	REQUIRE_OK(p11->C_SignInit(s, &m, private));
	REQUIRE_OK(p11->C_Sign(s, message, sizeof(message), NULL, &len));
	ATF_CHECK_EQ(len, kind->out);
	len--;
	CHECK_RV(p11->C_Sign(s, message, sizeof(message), sig, &len),
	    CKR_BUFFER_TOO_SMALL);
	REQUIRE_OK(p11->C_Sign(s, message, sizeof(message), sig, &len));
	REQUIRE_OK(p11->C_VerifyInit(s, &m, public));
	CHECK_RV(p11->C_Verify(s, message, sizeof(message), sig, len),
	    CKR_OK);
	REQUIRE_OK(p11->C_VerifySignatureInit(s, &m, public, sig, len));
	REQUIRE_OK(p11->C_VerifySignatureUpdate(s, message, 5));
	REQUIRE_OK(p11->C_VerifySignatureUpdate(s, message + 5,
	    sizeof(message) - 5));
	CHECK_RV(p11->C_VerifySignatureFinal(s), CKR_OK);
	sig[len - 1] ^= 1;
	REQUIRE_OK(p11->C_VerifySignatureInit(s, &m, public, sig, len));
	CHECK_RV(p11->C_VerifySignature(s, message, sizeof(message)),
	    CKR_SIGNATURE_INVALID);
	REQUIRE_OK(p11->C_SignInit(s, &m, private));
	REQUIRE_OK(p11->C_SignUpdate(s, message, 3));
	REQUIRE_OK(p11->C_SignUpdate(s, message + 3, sizeof(message) - 3));
	len = sizeof(sig);
	REQUIRE_OK(p11->C_SignFinal(s, sig, &len));
	REQUIRE_OK(p11->C_VerifyInit(s, &m, public));
	CHECK_RV(p11->C_Verify(s, message, sizeof(message) - 1, sig, len),
	    CKR_SIGNATURE_INVALID);
	REQUIRE_OK(p11->C_VerifyInit(s, &m, public));
	REQUIRE_OK(p11->C_VerifyUpdate(s, message, sizeof(message)));
	CHECK_RV(p11->C_VerifyFinal(s, sig, len), CKR_OK);
}
