/* What RSA alone can, through the ABI: secrets wrapped in each padding, and
 * signatures that give their data back. */
#include "tests/lib/p11.h"

#define BYTES(text) (void *)(uintptr_t)(text), sizeof(text) - 1

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

struct keys {
	CK_OBJECT_HANDLE public, private;
};

static void
generate(CK_SESSION_HANDLE s, struct keys *out)
{
	CK_MECHANISM how = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_ULONG bits = 2048;
	CK_ATTRIBUTE public_t[] = {
		{ CKA_MODULUS_BITS, &bits, sizeof(bits) },
		{ CKA_VERIFY_RECOVER, &yes, sizeof(yes) },
	};
	CK_ATTRIBUTE private_t = { CKA_SIGN_RECOVER, &yes, sizeof(yes) };

	REQUIRE_OK(p11->C_GenerateKeyPair(s, &how, public_t, COUNT(public_t),
	    &private_t, 1, &out->public, &out->private));
}

static void
check_same(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE a, CK_OBJECT_HANDLE b,
    CK_ATTRIBUTE_TYPE type)
{
	CK_BYTE one[256], two[256];
	CK_ATTRIBUTE of[] = { { type, one, sizeof(one) },
		{ type, two, sizeof(two) } };

	REQUIRE_OK(p11->C_GetAttributeValue(s, a, &of[0], 1));
	REQUIRE_OK(p11->C_GetAttributeValue(s, b, &of[1], 1));
	ATF_REQUIRE_EQ(of[0].ulValueLen, of[1].ulValueLen);
	ATF_CHECK_EQ(memcmp(one, two, of[0].ulValueLen), 0);
}

/* RSA alone takes secrets; without a padding, the end of what comes out. */
ATF_TC_WITHOUT_HEAD(wrap__secrets_under_rsa);
ATF_TC_BODY(wrap__secrets_under_rsa, tc)
{
	CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA3_256, CKG_MGF1_SHA3_256,
		CKZ_DATA_SPECIFIED, BYTES("label") };
	CK_MECHANISM ways[] = { { CKM_RSA_PKCS, NULL, 0 },
		{ CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) },
		{ CKM_RSA_X_509, NULL, 0 } };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
	CK_ULONG len = 30;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &generic, sizeof(generic) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
		/* one that begins with zeros */
		{ CKA_VALUE, BYTES("\0\0a secret of thirty bytes....") },
	};
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE key, back;
	struct keys rsa;

	p11_start();
	s = p11_session(p11_new_store("Alpha"), true);
	generate(s, &rsa);
	REQUIRE_OK(p11->C_CreateObject(s, t, COUNT(t), &key));
	t[4] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, &len, sizeof(len) };
	for (size_t i = 0; i < COUNT(ways); i++) {
		CK_BYTE wrapped[256];
		CK_ULONG n = sizeof(wrapped);

		REQUIRE_OK(p11->C_WrapKey(s, &ways[i], rsa.public, key,
		    wrapped, &n));
		ATF_CHECK_EQ(n, 256);
		REQUIRE_OK(p11->C_UnwrapKey(s, &ways[i], rsa.private, wrapped,
		    n, t, COUNT(t), &back));
		check_same(s, back, key, CKA_VALUE);
		CHECK_RV(p11->C_UnwrapKey(s, &ways[i], rsa.private, wrapped,
		    n - 1, t, COUNT(t), &back), CKR_WRAPPED_KEY_LEN_RANGE);
	}
}

ATF_TC_WITHOUT_HEAD(recover__gives_the_data_back);
ATF_TC_BODY(recover__gives_the_data_back, tc)
{
	static const CK_MECHANISM_TYPE types[] = { CKM_RSA_PKCS,
		CKM_RSA_X_509 };
	CK_BYTE data[] = "what was signed", sig[256], back[256];
	CK_SESSION_HANDLE s;
	struct keys rsa;

	p11_start();
	s = p11_session(p11_new_store("Alpha"), true);
	generate(s, &rsa);
	for (size_t i = 0; i < COUNT(types); i++) {
		CK_MECHANISM how = { types[i], NULL, 0 };
		CK_ULONG len = sizeof(sig), n = sizeof(back);

		REQUIRE_OK(p11->C_SignRecoverInit(s, &how, rsa.private));
		REQUIRE_OK(p11->C_SignRecover(s, data, sizeof(data), sig,
		    &len));
		REQUIRE_OK(p11->C_VerifyRecoverInit(s, &how, rsa.public));
		REQUIRE_OK(p11->C_VerifyRecover(s, sig, len, back, &n));
		ATF_REQUIRE_EQ(n, i == 0 ? sizeof(data) : 256);
		ATF_CHECK_EQ(memcmp(back + n - sizeof(data), data,
		    sizeof(data)), 0);
		if (types[i] == CKM_RSA_X_509)
			continue; /* any number is the signature of one */
		sig[9] ^= 1;
		REQUIRE_OK(p11->C_VerifyRecoverInit(s, &how, rsa.public));
		CHECK_RV(p11->C_VerifyRecover(s, sig, len, back, &n),
		    CKR_SIGNATURE_INVALID);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, wrap__secrets_under_rsa);
	ATF_TP_ADD_TC(tp, recover__gives_the_data_back);
	return atf_no_error();
}
