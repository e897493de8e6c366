/* Private keys of ML-DSA, SLH-DSA and ML-KEM that come from outside, wrapped or
 * not, and secrets that come out of ML-KEM. */
#include "tests/lib/pqc.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
static CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;

/* A private key out of what a template says of it. */
static CK_RV
import(CK_SESSION_HANDLE s, const struct pqc_kind *kind,
    const struct bytes *seed, const struct bytes *value,
    CK_OBJECT_HANDLE *out)
{
	CK_KEY_TYPE type = kind->type;
	CK_ULONG set = kind->set, n = 5;
	CK_ATTRIBUTE t[7] = {
		{ CKA_CLASS, &private_class, sizeof(private_class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_PARAMETER_SET, &set, sizeof(set) },
		{ CKA_SENSITIVE, &no, 1 },
		{ CKA_EXTRACTABLE, &yes, 1 },
	};

	if (seed != NULL)
		t[n++] = (CK_ATTRIBUTE){ CKA_SEED,
			(void *)(uintptr_t)seed->data, seed->len };
	if (value != NULL)
		t[n++] = (CK_ATTRIBUTE){ CKA_VALUE,
			(void *)(uintptr_t)value->data, value->len };
	return p11->C_CreateObject(s, t, n, out);
}

/* The same key as the one that it was read from. */
static void
check_imported(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE is,
    CK_OBJECT_HANDLE was, const struct bytes *seed)
{
	struct bytes a, b;

	REQUIRE_OK(bytes_get(s, is, CKA_VALUE, &a));
	REQUIRE_OK(bytes_get(s, was, CKA_VALUE, &b));
	ATF_CHECK(bytes_equal(&a, &b));
	REQUIRE_OK(bytes_get(s, is, CKA_PUBLIC_KEY_INFO, &a));
	REQUIRE_OK(bytes_get(s, was, CKA_PUBLIC_KEY_INFO, &b));
	ATF_CHECK(bytes_equal(&a, &b));
	if (seed != NULL) {
		REQUIRE_OK(bytes_get(s, is, CKA_SEED, &a));
		ATF_CHECK(bytes_equal(&a, seed));
	} else {
		CHECK_RV(bytes_get(s, is, CKA_SEED, &a),
		    CKR_ATTRIBUTE_TYPE_INVALID);
	}
}

static void
check_import(CK_SESSION_HANDLE s, const struct pqc_kind *kind)
{
	CK_OBJECT_HANDLE public, private, o;
	struct bytes seed, value, empty = { .len = 0 };

	pqc_generate(s, kind, CK_FALSE, CK_TRUE, &public, &private);
	REQUIRE_OK(bytes_get(s, private, CKA_VALUE, &value));
	REQUIRE_OK(import(s, kind, NULL, &value, &o));
	check_imported(s, o, private, NULL);
	CHECK_RV(import(s, kind, NULL, NULL, &o), CKR_TEMPLATE_INCOMPLETE);
	if (kind->seed != 0) {
		REQUIRE_OK(bytes_get(s, private, CKA_SEED, &seed));
		ATF_CHECK_EQ(seed.len, kind->seed);
		REQUIRE_OK(import(s, kind, &seed, NULL, &o));
		check_imported(s, o, private, &seed);
		REQUIRE_OK(import(s, kind, &seed, &value, &o));
		check_imported(s, o, private, &seed);
		CHECK_RV(import(s, kind, &seed, &empty, &o),
		    CKR_ATTRIBUTE_VALUE_INVALID);
		CHECK_RV(import(s, kind, &empty, &value, &o),
		    CKR_ATTRIBUTE_VALUE_INVALID);
		seed.data[0] ^= 1;
		CHECK_RV(import(s, kind, &seed, &value, &o),
		    CKR_ATTRIBUTE_VALUE_INVALID);
	}
	value.data[0] ^= 1;
	CHECK_RV(import(s, kind, NULL, &value, &o),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	value.len--;
	CHECK_RV(import(s, kind, NULL, &value, &o),
	    CKR_ATTRIBUTE_VALUE_INVALID);
}

ATF_TC_WITHOUT_HEAD(keys__imported_by_seed_value_or_both);
ATF_TC_BODY(keys__imported_by_seed_value_or_both, tc)
{
	CK_SESSION_HANDLE s;

	if (!pqc_begin(&s))
		return;
	for (size_t i = 0; i < PQC_COUNT; i++)
		check_import(s, &pqc_kinds[i]);
}

static CK_OBJECT_HANDLE
wrapping_key(CK_SESSION_HANDLE s)
{
	CK_MECHANISM m = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = 32;
	CK_ATTRIBUTE t[] = { { CKA_VALUE_LEN, &len, sizeof(len) } };
	CK_OBJECT_HANDLE key;

	REQUIRE_OK(p11->C_GenerateKey(s, &m, t, 1, &key));
	return key;
}

/* As PKCS #8, with the seed where there is one. */
ATF_TC_WITHOUT_HEAD(keys__wrapped_and_unwrapped);
ATF_TC_BODY(keys__wrapped_and_unwrapped, tc)
{
	CK_MECHANISM m = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_OBJECT_HANDLE public, private, wrapper, o;
	CK_SESSION_HANDLE s;
	CK_BYTE wrapped[8192];

	if (!pqc_begin(&s))
		return;
	wrapper = wrapping_key(s);
	for (size_t i = 0; i < PQC_COUNT; i++) {
		CK_KEY_TYPE type = pqc_kinds[i].type;
		CK_ATTRIBUTE t[] = {
			{ CKA_CLASS, &private_class, sizeof(private_class) },
			{ CKA_KEY_TYPE, &type, sizeof(type) },
			{ CKA_SENSITIVE, &no, 1 },
		};
		CK_ULONG len = sizeof(wrapped);
		struct bytes seed;

		pqc_generate(s, &pqc_kinds[i], CK_FALSE, CK_TRUE, &public,
		    &private);
		REQUIRE_OK(p11->C_WrapKey(s, &m, wrapper, private, wrapped,
		    &len));
		REQUIRE_OK(p11->C_UnwrapKey(s, &m, wrapper, wrapped, len, t,
		    COUNT(t), &o));
		ATF_CHECK_EQ(number_get(s, o, CKA_PARAMETER_SET),
		    pqc_kinds[i].set);
		if (pqc_kinds[i].seed != 0)
			REQUIRE_OK(bytes_get(s, private, CKA_SEED, &seed));
		check_imported(s, o, private, pqc_kinds[i].seed != 0 ? &seed
		                                                 : NULL);
		if (i < PQC_SIGNERS)
			pqc_check_signing(s, &pqc_kinds[i], public, o);
		type = CKK_EC;
		CHECK_RV(p11->C_UnwrapKey(s, &m, wrapper, wrapped, len, t,
		    COUNT(t), &o), CKR_WRAPPED_KEY_INVALID);
	}
}

/* The public half of a key that came without it. */
static void
check_public(CK_SESSION_HANDLE s, const struct pqc_kind *kind)
{
	CK_MECHANISM m = { CKM_PUB_KEY_FROM_PRIV_KEY, NULL, 0 };
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = kind->type;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
	};
	CK_ATTRIBUTE derive = { CKA_DERIVE, &yes, 1 };
	CK_OBJECT_HANDLE public, private, alone, half;
	struct bytes value, was, is;

	pqc_generate(s, kind, CK_FALSE, CK_TRUE, &public, &private);
	REQUIRE_OK(bytes_get(s, private, CKA_VALUE, &value));
	REQUIRE_OK(import(s, kind, NULL, &value, &alone));
	REQUIRE_OK(p11->C_SetAttributeValue(s, alone, &derive, 1));
	REQUIRE_OK(p11->C_DeriveKey(s, &m, alone, t, COUNT(t), &half));
	REQUIRE_OK(bytes_get(s, public, CKA_VALUE, &was));
	REQUIRE_OK(bytes_get(s, half, CKA_VALUE, &is));
	ATF_CHECK(bytes_equal(&was, &is));
	ATF_CHECK_EQ(number_get(s, half, CKA_PARAMETER_SET), kind->set);
}

ATF_TC_WITHOUT_HEAD(keys__public_from_private);
ATF_TC_BODY(keys__public_from_private, tc)
{
	CK_MECHANISM_INFO info;
	CK_SESSION_HANDLE s;

	if (!pqc_begin(&s) || p11->C_GetMechanismInfo(p11_slot("machine"),
	    CKM_PUB_KEY_FROM_PRIV_KEY, &info) != CKR_OK)
		return;
	for (size_t i = 0; i < PQC_COUNT; i++)
		check_public(s, &pqc_kinds[i]);
}

static CK_RV
decapsulate(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key, CK_BYTE *text,
    CK_ULONG len, CK_KEY_TYPE type, CK_ULONG value_len,
    CK_OBJECT_HANDLE *out)
{
	CK_MECHANISM m = { CKM_ML_KEM, NULL, 0 };
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &secret_class, sizeof(secret_class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_SENSITIVE, &no, 1 },
		{ CKA_VALUE_LEN, &value_len, sizeof(value_len) },
	};

	return p11->C_DecapsulateKey(s, &m, key, t, value_len != 0 ? 4 : 3,
	    text, len, out);
}

ATF_TC_WITHOUT_HEAD(encapsulate__both_ends_share);
ATF_TC_BODY(encapsulate__both_ends_share, tc)
{
	CK_MECHANISM m = { CKM_ML_KEM, NULL, 0 };
	CK_KEY_TYPE aes = CKK_AES;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &secret_class, sizeof(secret_class) },
		{ CKA_KEY_TYPE, &aes, sizeof(aes) },
		{ CKA_SENSITIVE, &no, 1 },
	};
	CK_OBJECT_HANDLE public, private, mine = 0, theirs;
	CK_BYTE text[2000];
	CK_ULONG len = 0;
	struct bytes a, b;
	CK_SESSION_HANDLE s;

	if (!pqc_begin(&s))
		return;
	pqc_generate(s, PQC_KEM, CK_FALSE, CK_FALSE, &public, &private);
	REQUIRE_OK(p11->C_EncapsulateKey(s, &m, public, t, 3, NULL, &len,
	    &mine));
	ATF_CHECK_EQ(len, PQC_KEM->out);
	len--;
	CHECK_RV(p11->C_EncapsulateKey(s, &m, public, t, 3, text, &len,
	    &mine), CKR_BUFFER_TOO_SMALL);
	ATF_CHECK_EQ(mine, 0);
	REQUIRE_OK(p11->C_EncapsulateKey(s, &m, public, t, 3, text, &len,
	    &mine));
	REQUIRE_OK(decapsulate(s, private, text, len, CKK_AES, 0, &theirs));
	REQUIRE_OK(bytes_get(s, mine, CKA_VALUE, &a));
	REQUIRE_OK(bytes_get(s, theirs, CKA_VALUE, &b));
	ATF_CHECK_EQ(a.len, 32);
	ATF_CHECK(bytes_equal(&a, &b));
	REQUIRE_OK(bytes_get(s, theirs, CKA_EXTRACTABLE, &b));
	ATF_CHECK_EQ(b.data[0], CK_TRUE);
	REQUIRE_OK(bytes_get(s, theirs, CKA_LOCAL, &b));
	ATF_CHECK_EQ(b.data[0], CK_FALSE);
	REQUIRE_OK(decapsulate(s, private, text, len, CKK_AES, 16, &theirs));
	REQUIRE_OK(bytes_get(s, theirs, CKA_VALUE, &b));
	ATF_CHECK_EQ(b.len, 16);
	ATF_CHECK_EQ(memcmp(a.data, b.data, 16), 0);
}

ATF_TC_WITHOUT_HEAD(encapsulate__what_is_refused);
ATF_TC_BODY(encapsulate__what_is_refused, tc)
{
	CK_MECHANISM m = { CKM_ML_KEM, NULL, 0 };
	CK_OBJECT_HANDLE public, private, dsa[2], o;
	CK_BYTE text[2000] = { 0 };
	CK_ATTRIBUTE forbid = { CKA_DECAPSULATE, &no, 1 };
	CK_ULONG len = sizeof(text);
	CK_SESSION_HANDLE s;

	if (!pqc_begin(&s))
		return;
	pqc_generate(s, PQC_KEM, CK_FALSE, CK_FALSE, &public, &private);
	pqc_generate(s, &pqc_kinds[0], CK_FALSE, CK_FALSE, &dsa[0], &dsa[1]);
	CHECK_RV(decapsulate(s, private, text, 1087, CKK_AES, 0, &o),
	    CKR_WRAPPED_KEY_LEN_RANGE);
	CHECK_RV(decapsulate(s, private, text, 1088, CKK_AES, 33, &o),
	    CKR_TEMPLATE_INCONSISTENT);
	CHECK_RV(decapsulate(s, private + 9999, text, 1088, CKK_AES, 0, &o),
	    CKR_UNWRAPPING_KEY_HANDLE_INVALID);
	CHECK_RV(decapsulate(s, dsa[1], text, 1088, CKK_AES, 0, &o),
	    CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
	CHECK_RV(decapsulate(s, public, text, 1088, CKK_AES, 0, &o),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	CHECK_RV(p11->C_EncapsulateKey(s, &m, dsa[0], NULL, 0, text, &len,
	    &o), CKR_KEY_TYPE_INCONSISTENT);
	CHECK_RV(p11->C_EncapsulateKey(s, &m, public + 9999, NULL, 0, text,
	    &len, &o), CKR_KEY_HANDLE_INVALID);
	REQUIRE_OK(p11->C_SetAttributeValue(s, private, &forbid, 1));
	CHECK_RV(decapsulate(s, private, text, 1088, CKK_AES, 0, &o),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, keys__imported_by_seed_value_or_both);
	ATF_TP_ADD_TC(tp, keys__wrapped_and_unwrapped);
	ATF_TP_ADD_TC(tp, keys__public_from_private);
	ATF_TP_ADD_TC(tp, encapsulate__both_ends_share);
	ATF_TP_ADD_TC(tp, encapsulate__what_is_refused);
	return atf_no_error();
}
