/* Keys through the ABI: which may wrap which, what a key imposes on those that
 * it brings in, what every new object has, and keys that ask for a login. */
#include "tests/lib/p11.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
static CK_KEY_TYPE aes = CKK_AES, generic = CKK_GENERIC_SECRET;
static CK_ULONG sixteen = 16;
static CK_MECHANISM make_aes = { CKM_AES_KEY_GEN, NULL, 0 };
static CK_MECHANISM make_generic = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
static CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
static CK_BYTE iv[16];
static CK_MECHANISM cbc = { CKM_AES_CBC, iv, sizeof(iv) };

/* An AES key that wraps, unwraps and derives, with one more attribute. */
static CK_OBJECT_HANDLE
wrapper(CK_SESSION_HANDLE s, const CK_ATTRIBUTE *more)
{
	CK_ATTRIBUTE t[] = {
		{ CKA_VALUE_LEN, &sixteen, sizeof(sixteen) },
		{ CKA_DERIVE, &yes, 1 },
		{ CKA_TOKEN, &no, 1 },
	};
	CK_OBJECT_HANDLE key;

	if (more != NULL)
		t[2] = *more;
	REQUIRE_OK(p11->C_GenerateKey(s, &make_aes, t, COUNT(t), &key));
	return key;
}

static CK_OBJECT_HANDLE
secret_key(CK_SESSION_HANDLE s, CK_MECHANISM *make,
    CK_ATTRIBUTE_TYPE type, CK_BBOOL *value)
{
	CK_ATTRIBUTE t[] = {
		{ CKA_VALUE_LEN, &sixteen, sizeof(sixteen) },
		{ CKA_EXTRACTABLE, &yes, 1 },
		{ type, value, 1 },
	};
	CK_OBJECT_HANDLE key;

	REQUIRE_OK(p11->C_GenerateKey(s, make, t, COUNT(t), &key));
	return key;
}

struct wrapped {
	CK_BYTE bytes[2048];
	CK_ULONG len;
};

static CK_RV
wrap(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE with,
    CK_OBJECT_HANDLE key, struct wrapped *out)
{
	out->len = sizeof(out->bytes);
	return p11->C_WrapKey(s, m, with, key, out->bytes, &out->len);
}

static CK_RV
unwrap(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE with, struct wrapped *in,
    CK_ATTRIBUTE_TYPE type, CK_BBOOL *value, CK_OBJECT_HANDLE *out)
{
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &secret, sizeof(secret) },
		{ CKA_KEY_TYPE, &aes, sizeof(aes) },
		{ type, value, 1 },
	};

	return p11->C_UnwrapKey(s, &kwp, with, in->bytes, in->len, t,
	    COUNT(t), out);
}

static CK_ULONG
flag(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 77;
	CK_ATTRIBUTE t = { type, &value, 1 };

	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
	return value;
}

ATF_TC_WITHOUT_HEAD(wrap_template__says_which_keys_go_out);
ATF_TC_BODY(wrap_template__says_which_keys_go_out, tc)
{
	CK_ATTRIBUTE inner = { CKA_KEY_TYPE, &aes, sizeof(aes) };
	CK_ATTRIBUTE only_aes = { CKA_WRAP_TEMPLATE, &inner, sizeof(inner) };
	struct wrapped out;
	CK_OBJECT_HANDLE with;
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	with = wrapper(s, &only_aes);
	CHECK_RV(wrap(s, &kwp, with, secret_key(s, &make_aes, CKA_SENSITIVE,
	    &yes), &out), CKR_OK);
	CHECK_RV(wrap(s, &kwp, with, secret_key(s, &make_generic,
	    CKA_SENSITIVE, &yes), &out), CKR_KEY_HANDLE_INVALID);
}

ATF_TC_WITHOUT_HEAD(unwrap_template__is_added_and_not_contradicted);
ATF_TC_BODY(unwrap_template__is_added_and_not_contradicted, tc)
{
	CK_ATTRIBUTE inner[] = {
		{ CKA_SENSITIVE, &yes, 1 },
		{ CKA_EXTRACTABLE, &no, 1 },
		{ CKA_ENCRYPT, &no, 1 },
	};
	CK_ATTRIBUTE closed = { CKA_UNWRAP_TEMPLATE, inner, sizeof(inner) };
	struct wrapped out;
	CK_OBJECT_HANDLE with, key;
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	with = wrapper(s, &closed);
	REQUIRE_OK(wrap(s, &kwp, with, secret_key(s, &make_aes, CKA_SENSITIVE,
	    &yes), &out));
	REQUIRE_OK(unwrap(s, with, &out, CKA_DECRYPT, &yes, &key));
	ATF_CHECK_EQ(flag(s, key, CKA_SENSITIVE), CK_TRUE);
	ATF_CHECK_EQ(flag(s, key, CKA_EXTRACTABLE), CK_FALSE);
	ATF_CHECK_EQ(flag(s, key, CKA_ENCRYPT), CK_FALSE);
	ATF_CHECK_EQ(flag(s, key, CKA_DECRYPT), CK_TRUE);
	CHECK_RV(unwrap(s, with, &out, CKA_ENCRYPT, &yes, &key),
	    CKR_TEMPLATE_INCONSISTENT);
	CHECK_RV(unwrap(s, with, &out, CKA_SENSITIVE, &no, &key),
	    CKR_TEMPLATE_INCONSISTENT);
}

/* What came in from outside has never been a secret of this token alone. */
ATF_TC_WITHOUT_HEAD(unwrap__history_of_the_key);
ATF_TC_BODY(unwrap__history_of_the_key, tc)
{
	CK_MECHANISM_TYPE made = 0;
	CK_ATTRIBUTE t = { CKA_KEY_GEN_MECHANISM, &made, sizeof(made) };
	struct wrapped out;
	CK_OBJECT_HANDLE with, key;
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	with = wrapper(s, NULL);
	REQUIRE_OK(wrap(s, &kwp, with, secret_key(s, &make_aes, CKA_SENSITIVE,
	    &yes), &out));
	REQUIRE_OK(unwrap(s, with, &out, CKA_SENSITIVE, &yes, &key));
	ATF_CHECK_EQ(flag(s, key, CKA_LOCAL), CK_FALSE);
	ATF_CHECK_EQ(flag(s, key, CKA_ALWAYS_SENSITIVE), CK_FALSE);
	ATF_CHECK_EQ(flag(s, key, CKA_NEVER_EXTRACTABLE), CK_FALSE);
	ATF_CHECK_EQ(flag(s, key, CKA_EXTRACTABLE), CK_TRUE);
	REQUIRE_OK(p11->C_GetAttributeValue(s, key, &t, 1));
	ATF_CHECK_EQ(made, CK_UNAVAILABLE_INFORMATION);
}

/* The SO alone says whom such a key trusts. */
ATF_TC_WITHOUT_HEAD(wrap_with_trusted__needs_the_so);
ATF_TC_BODY(wrap_with_trusted__needs_the_so, tc)
{
	CK_UTF8CHAR so[] = "so-pin", user[] = "user-pin";
	CK_ATTRIBUTE kept = { CKA_TOKEN, &yes, 1 };
	CK_ATTRIBUTE public = { CKA_PRIVATE, &no, 1 };
	CK_ATTRIBUTE trusted = { CKA_TRUSTED, &yes, 1 };
	CK_ATTRIBUTE t[] = { { CKA_VALUE_LEN, &sixteen, sizeof(sixteen) },
		kept, public };
	struct wrapped out;
	CK_OBJECT_HANDLE with, key;
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_start();
	slot = p11_new_token("hsm");
	s = p11_session(slot, true);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user, 8));
	REQUIRE_OK(p11->C_GenerateKey(s, &make_aes, t, COUNT(t), &with));
	CHECK_RV(p11->C_SetAttributeValue(s, with, &trusted, 1),
	    CKR_ATTRIBUTE_READ_ONLY);
	key = secret_key(s, &make_aes, CKA_WRAP_WITH_TRUSTED, &yes);
	CHECK_RV(wrap(s, &kwp, with, key, &out), CKR_KEY_NOT_WRAPPABLE);
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so, 6));
	REQUIRE_OK(p11->C_SetAttributeValue(s, with, &trusted, 1));
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user, 8));
	key = secret_key(s, &make_aes, CKA_WRAP_WITH_TRUSTED, &yes);
	CHECK_RV(wrap(s, &kwp, with, key, &out), CKR_OK);
	t[0] = (CK_ATTRIBUTE){ CKA_WRAP_WITH_TRUSTED, &no, 1 };
	CHECK_RV(p11->C_SetAttributeValue(s, key, t, 1),
	    CKR_ATTRIBUTE_READ_ONLY);
}

/* A private key under a cipher of whole blocks is filled up with zeros, which
 * its unwrapping knows. */
ATF_TC_WITHOUT_HEAD(wrap__private_key_in_whole_blocks);
ATF_TC_BODY(wrap__private_key_in_whole_blocks, tc)
{
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE ec = CKK_EC;
	CK_MECHANISM make = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE public_t = { CKA_EC_PARAMS, p256, sizeof(p256) };
	CK_ATTRIBUTE private_t = { CKA_EXTRACTABLE, &yes, 1 };
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &private_class, sizeof(private_class) },
		{ CKA_KEY_TYPE, &ec, sizeof(ec) },
	};
	CK_MECHANISM ecdsa = { CKM_ECDSA_SHA256, NULL, 0 };
	CK_BYTE signature[64], text[] = "signed by what came back";
	CK_ULONG len = sizeof(signature);
	struct wrapped out;
	CK_OBJECT_HANDLE with, public, private, back;
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	with = wrapper(s, NULL);
	REQUIRE_OK(p11->C_GenerateKeyPair(s, &make, &public_t, 1, &private_t,
	    1, &public, &private));
	REQUIRE_OK(wrap(s, &cbc, with, private, &out));
	ATF_CHECK_EQ(out.len % 16, 0);
	REQUIRE_OK(p11->C_UnwrapKey(s, &cbc, with, out.bytes, out.len, t, 2,
	    &back));
	REQUIRE_OK(p11->C_SignInit(s, &ecdsa, back));
	REQUIRE_OK(p11->C_Sign(s, text, sizeof(text), signature, &len));
	REQUIRE_OK(p11->C_VerifyInit(s, &ecdsa, public));
	CHECK_RV(p11->C_Verify(s, text, sizeof(text), signature, len), CKR_OK);
	t[1] = (CK_ATTRIBUTE){ CKA_KEY_TYPE, &generic, sizeof(generic) };
	ATF_CHECK(p11->C_UnwrapKey(s, &cbc, with, out.bytes, out.len, t, 2,
	    &back) != CKR_OK);
}

/* Every way to a new object gives it a CKA_UNIQUE_ID that no other has. */
#define ROUTES 7

static void
unique_read(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, char out[128])
{
	CK_ATTRIBUTE t = { CKA_UNIQUE_ID, out, 127 };

	memset(out, 0, 128);
	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
	ATF_CHECK(t.ulValueLen >= 16);
}

static void
routes_take(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o[ROUTES])
{
	CK_BYTE block[16] = "sixteen bytes...";
	CK_KEY_DERIVATION_STRING_DATA data = { block, 16 };
	CK_MECHANISM derive = { CKM_AES_ECB_ENCRYPT_DATA, &data,
		sizeof(data) };
	struct wrapped out;

	o[0] = p11_data(s, false, "data", "data");
	o[1] = wrapper(s, NULL);
	p11_key_pair(s, false, "pair", &o[2], &o[3]);
	REQUIRE_OK(p11->C_CopyObject(s, o[0], NULL, 0, &o[4]));
	REQUIRE_OK(wrap(s, &kwp, o[1], secret_key(s, &make_aes, CKA_SENSITIVE,
	    &yes), &out));
	REQUIRE_OK(unwrap(s, o[1], &out, CKA_SENSITIVE, &yes, &o[5]));
	REQUIRE_OK(p11->C_DeriveKey(s, &derive, o[1], NULL, 0, &o[6]));
}

ATF_TC_WITHOUT_HEAD(unique_id__by_every_route);
ATF_TC_BODY(unique_id__by_every_route, tc)
{
	CK_OBJECT_HANDLE o[ROUTES];
	char ids[ROUTES][128];
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	routes_take(s, o);
	for (int i = 0; i < ROUTES; i++) {
		CK_ATTRIBUTE t = { CKA_UNIQUE_ID, ids[i], 4 };

		unique_read(s, o[i], ids[i]);
		for (int k = 0; k < i; k++)
			ATF_CHECK(strcmp(ids[k], ids[i]) != 0);
		CHECK_RV(p11->C_SetAttributeValue(s, o[i], &t, 1),
		    CKR_ATTRIBUTE_READ_ONLY);
	}
}

/* A key that asks for a PIN each time: the operation waits for it. */
ATF_TC_WITHOUT_HEAD(always_authenticate__for_each_operation);
ATF_TC_BODY(always_authenticate__for_each_operation, tc)
{
	CK_UTF8CHAR user[] = "user-pin", wrong[] = "wrong-pin";
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM make = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_MECHANISM ecdsa = { CKM_ECDSA_SHA256, NULL, 0 };
	CK_ATTRIBUTE public_t = { CKA_EC_PARAMS, p256, sizeof(p256) };
	CK_ATTRIBUTE private_t[] = {
		{ CKA_ALWAYS_AUTHENTICATE, &yes, 1 },
		{ CKA_PRIVATE, &yes, 1 },
	};
	CK_BYTE signature[64], text[] = "text";
	CK_ULONG len = sizeof(signature);
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_new_token("hsm"), true);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user, 8));
	REQUIRE_OK(p11->C_GenerateKeyPair(s, &make, &public_t, 1, private_t,
	    2, &public, &private));
	for (int i = 0; i < 2; i++) {
		REQUIRE_OK(p11->C_SignInit(s, &ecdsa, private));
		CHECK_RV(p11->C_Sign(s, text, 4, signature, &len),
		    CKR_USER_NOT_LOGGED_IN);
		CHECK_RV(p11->C_Login(s, CKU_CONTEXT_SPECIFIC, wrong, 9),
		    CKR_PIN_INCORRECT);
		CHECK_RV(p11->C_Sign(s, text, 4, signature, &len),
		    CKR_USER_NOT_LOGGED_IN);
		REQUIRE_OK(p11->C_Login(s, CKU_CONTEXT_SPECIFIC, user, 8));
		len = sizeof(signature);
		CHECK_RV(p11->C_Sign(s, text, 4, signature, &len), CKR_OK);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, wrap_template__says_which_keys_go_out);
	ATF_TP_ADD_TC(tp, unwrap_template__is_added_and_not_contradicted);
	ATF_TP_ADD_TC(tp, unwrap__history_of_the_key);
	ATF_TP_ADD_TC(tp, wrap_with_trusted__needs_the_so);
	ATF_TP_ADD_TC(tp, wrap__private_key_in_whole_blocks);
	ATF_TP_ADD_TC(tp, unique_id__by_every_route);
	ATF_TP_ADD_TC(tp, always_authenticate__for_each_operation);
	return atf_no_error();
}
