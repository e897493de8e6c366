/* Derived keys as objects: what they inherit, several at once, keys that a
 * parameter names.  What bytes they have is in module/mech. */
#include "tests/lib/secrets.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_KEY_TYPE aes = CKK_AES;
static CK_ULONG sixteen = 16, seventeen = 17, forty_eight = 48;

#define IS(type, value) { type, &(value), sizeof(value) }

static CK_SESSION_HANDLE
start(void)
{
	p11_start();
	return p11_session(p11_new_store("Derivation"), true);
}

/* One that has always been sensitive and never extractable. */
static CK_OBJECT_HANDLE
base_generate(CK_SESSION_HANDLE s)
{
	CK_MECHANISM m = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
	CK_ATTRIBUTE t[] = { IS(CKA_VALUE_LEN, forty_eight),
		IS(CKA_DERIVE, yes) };
	CK_OBJECT_HANDLE o = 0;

	REQUIRE_OK(p11->C_GenerateKey(s, &m, t, COUNT(t), &o));
	return o;
}

static CK_KEY_DERIVATION_STRING_DATA text = {
	(CK_BYTE *)(uintptr_t)"sixteen bytes of", 16 };
static CK_MECHANISM concatenate = { CKM_CONCATENATE_BASE_AND_DATA, &text,
	sizeof(text) };
static CK_MECHANISM digest = { CKM_SHA256_KEY_DERIVATION, NULL, 0 };
static CK_SP800_108_COUNTER_FORMAT counter = { CK_FALSE, 32 };
static CK_PRF_DATA_PARAM counted[] = {
	{ CK_SP800_108_ITERATION_VARIABLE, &counter, sizeof(counter) } };
static CK_SP800_108_KDF_PARAMS kdf = { CKM_SHA256_HMAC, 1, counted, 0, NULL };
static CK_MECHANISM sp800108 = { CKM_SP800_108_COUNTER_KDF, &kdf,
	sizeof(kdf) };

enum { UNSAID = 2 };

/* What becomes of sensitivity and extractability. */
static const struct {
	CK_MECHANISM *mech;
	CK_BBOOL base_sensitive, base_extractable;
	CK_BBOOL says_sensitive, says_extractable; /* or UNSAID */
	CK_RV rv;
	CK_BBOOL sensitive, extractable;
} inherited[] = {
	/* a limit of the base key is one of the derived key */
	{ &concatenate, 1, 1, UNSAID, UNSAID, CKR_OK, 1, 0 },
	{ &concatenate, 1, 0, UNSAID, UNSAID, CKR_OK, 1, 0 },
	{ &concatenate, 1, 1, 0, UNSAID, CKR_TEMPLATE_INCONSISTENT, 0, 0 },
	{ &concatenate, 0, 0, UNSAID, 1, CKR_TEMPLATE_INCONSISTENT, 0, 0 },
	{ &concatenate, 1, 0, 1, 0, CKR_OK, 1, 0 },
	{ &concatenate, 0, 1, 0, 1, CKR_OK, 0, 1 },
	{ &concatenate, 0, 1, 1, 0, CKR_OK, 1, 0 },
	/* the digest of a key is free, the default is the schema's */
	{ &digest, 1, 0, 0, 1, CKR_OK, 0, 1 },
	{ &digest, 0, 1, UNSAID, UNSAID, CKR_OK, 1, 0 },
	/* what is not said is the base key's */
	{ &sp800108, 0, 1, UNSAID, UNSAID, CKR_OK, 0, 1 },
	{ &sp800108, 1, 0, UNSAID, UNSAID, CKR_OK, 1, 0 },
	{ &sp800108, 1, 0, 0, 1, CKR_OK, 0, 1 },
};

ATF_TC_WITHOUT_HEAD(inherited__sensitivity);
ATF_TC_BODY(inherited__sensitivity, tc)
{
	CK_SESSION_HANDLE s = start();

	for (size_t i = 0; i < COUNT(inherited); i++) {
		CK_BBOOL sensitive = inherited[i].says_sensitive;
		CK_BBOOL extractable = inherited[i].says_extractable;
		CK_ATTRIBUTE t[3] = { IS(CKA_VALUE_LEN, sixteen) };
		CK_OBJECT_HANDLE base = p11_secret(s,
		    inherited[i].base_sensitive,
		    inherited[i].base_extractable, CK_TRUE), o = 0;
		CK_ULONG n = 1;
		CK_RV rv;

		if (sensitive != UNSAID)
			t[n++] = (CK_ATTRIBUTE)IS(CKA_SENSITIVE, sensitive);
		if (extractable != UNSAID)
			t[n++] = (CK_ATTRIBUTE)IS(CKA_EXTRACTABLE,
			    extractable);
		rv = p11->C_DeriveKey(s, inherited[i].mech, base, t, n, &o);
		ATF_CHECK_EQ_MSG(rv, inherited[i].rv, "row %zu: 0x%lx", i, rv);
		if (rv != CKR_OK)
			continue;
		ATF_CHECK_EQ_MSG(p11_flag(s, o, CKA_SENSITIVE),
		    inherited[i].sensitive, "row %zu", i);
		ATF_CHECK_EQ_MSG(p11_flag(s, o, CKA_EXTRACTABLE),
		    inherited[i].extractable, "row %zu", i);
		/* the base key was created, and so is known elsewhere */
		ATF_CHECK_EQ(p11_flag(s, o, CKA_ALWAYS_SENSITIVE), CK_FALSE);
		ATF_CHECK_EQ(p11_flag(s, o, CKA_NEVER_EXTRACTABLE), CK_FALSE);
		ATF_CHECK_EQ(p11_flag(s, o, CKA_LOCAL), CK_FALSE);
	}
}

ATF_TC_WITHOUT_HEAD(inherited__history);
ATF_TC_BODY(inherited__history, tc)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE always = base_generate(s);
	CK_OBJECT_HANDLE created = p11_secret(s, 1, 0, 1), o = 0;
	CK_PRF_DATA_PARAM two[] = { counted[0],
		{ CK_SP800_108_KEY_HANDLE, &always, sizeof(always) } };
	CK_SP800_108_KDF_PARAMS p = { CKM_SHA256_HMAC, 2, two, 0, NULL };
	CK_MECHANISM with_key = { CKM_SP800_108_COUNTER_KDF, &p, sizeof(p) };
	CK_MECHANISM join = { CKM_CONCATENATE_BASE_AND_KEY, &created,
		sizeof(created) };
	CK_ATTRIBUTE t[] = { IS(CKA_VALUE_LEN, sixteen),
		IS(CKA_SENSITIVE, yes) };

	REQUIRE_OK(p11->C_DeriveKey(s, &digest, always, t, 2, &o));
	ATF_CHECK_EQ(p11_flag(s, o, CKA_ALWAYS_SENSITIVE), CK_TRUE);
	ATF_CHECK_EQ(p11_flag(s, o, CKA_NEVER_EXTRACTABLE), CK_TRUE);
	t[1].pValue = &no;
	REQUIRE_OK(p11->C_DeriveKey(s, &digest, always, t, 2, &o));
	ATF_CHECK_EQ(p11_flag(s, o, CKA_ALWAYS_SENSITIVE), CK_FALSE);
	/* of two keys both must have been so; for SP 800-108 one is enough */
	REQUIRE_OK(p11->C_DeriveKey(s, &join, always, t, 1, &o));
	ATF_CHECK_EQ(p11_flag(s, o, CKA_ALWAYS_SENSITIVE), CK_FALSE);
	REQUIRE_OK(p11->C_DeriveKey(s, &with_key, created, t, 1, &o));
	ATF_CHECK_EQ(p11_flag(s, o, CKA_ALWAYS_SENSITIVE), CK_TRUE);
	ATF_CHECK_EQ(p11_flag(s, o, CKA_NEVER_EXTRACTABLE), CK_TRUE);
}

/* A key that a parameter names must allow it, and limits what is made of it. */
ATF_TC_WITHOUT_HEAD(named__keys);
ATF_TC_BODY(named__keys, tc)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE open = p11_secret(s, 0, 1, 1), other = 0, o = 0;
	CK_MECHANISM join = { CKM_CONCATENATE_BASE_AND_KEY, &other,
		sizeof(other) };
	CK_MECHANISM_TYPE only = CKM_SHA256_KEY_DERIVATION;
	CK_ATTRIBUTE t[] = { IS(CKA_SENSITIVE, no), IS(CKA_EXTRACTABLE, yes) };
	CK_ATTRIBUTE restricted[] = { IS(CKA_ALLOWED_MECHANISMS, only),
		IS(CKA_VALUE_LEN, sixteen), IS(CKA_DERIVE, yes) };

	other = p11_secret(s, 0, 1, 1);
	REQUIRE_OK(p11->C_DeriveKey(s, &join, open, t, 2, &o));
	ATF_CHECK_EQ(p11_number(s, o, CKA_VALUE_LEN), 96);
	other = p11_secret(s, 1, 1, 1);
	CHECK_RV(p11->C_DeriveKey(s, &join, open, t, 2, &o),
	    CKR_TEMPLATE_INCONSISTENT);
	other = p11_secret(s, 0, 0, 1);
	CHECK_RV(p11->C_DeriveKey(s, &join, open, t, 2, &o),
	    CKR_TEMPLATE_INCONSISTENT);
	other = p11_secret(s, 0, 1, 0);
	CHECK_RV(p11->C_DeriveKey(s, &join, open, t, 2, &o),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	REQUIRE_OK(p11->C_DeriveKey(s, &digest, open, restricted, 3, &other));
	CHECK_RV(p11->C_DeriveKey(s, &join, open, NULL, 0, &o),
	    CKR_MECHANISM_INVALID);
	CHECK_RV(p11->C_DeriveKey(s, &join, other, NULL, 0, &o),
	    CKR_MECHANISM_INVALID);
	other = 0;
	CHECK_RV(p11->C_DeriveKey(s, &join, open, t, 2, &o),
	    CKR_KEY_HANDLE_INVALID);
	other = p11_data(s, false, "no key", "value");
	CHECK_RV(p11->C_DeriveKey(s, &join, open, t, 2, &o),
	    CKR_KEY_HANDLE_INVALID);
}

ATF_TC_WITHOUT_HEAD(lengths__and_types);
ATF_TC_BODY(lengths__and_types, tc)
{
	static CK_KEY_TYPE types[] = { CKK_AES, CKK_DES3, CKK_CHACHA20,
		CKK_GENERIC_SECRET, CKK_SHA256_HMAC };
	static const struct {
		size_t type;
		CK_ULONG len; /* 0: unsaid */
		CK_RV rv;
		CK_ULONG made;
	} rows[] = {
		{ 0, 32, CKR_OK, 32 },
		{ 0, 17, CKR_TEMPLATE_INCONSISTENT, 0 },
		{ 0, 0, CKR_TEMPLATE_INCOMPLETE, 0 },
		{ 1, 0, CKR_OK, 24 },
		{ 1, 24, CKR_OK, 24 },
		{ 1, 16, CKR_TEMPLATE_INCONSISTENT, 0 },
		{ 2, 0, CKR_OK, 32 },
		{ 3, 0, CKR_OK, 32 },
		{ 3, 7, CKR_OK, 7 },
		{ 3, 33, CKR_KEY_SIZE_RANGE, 0 },
		{ 4, 20, CKR_OK, 20 },
	};
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE base = p11_secret(s, 0, 1, 1);

	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_ULONG len = rows[i].len;
		CK_ATTRIBUTE t[] = { IS(CKA_KEY_TYPE, types[rows[i].type]),
			IS(CKA_VALUE_LEN, len) };
		CK_OBJECT_HANDLE o = 0;
		CK_RV rv = p11->C_DeriveKey(s, &digest, base, t,
		    len != 0 ? 2 : 1, &o);

		ATF_CHECK_EQ_MSG(rv, rows[i].rv, "row %zu: 0x%lx", i, rv);
		if (rv == CKR_OK)
			ATF_CHECK_EQ(p11_number(s, o, CKA_VALUE_LEN),
			    rows[i].made);
	}
}

/* All of several keys, or none, and who is to blame. */
ATF_TC_WITHOUT_HEAD(several__all_or_none);
ATF_TC_BODY(several__all_or_none, tc)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE base = p11_secret(s, 0, 1, 1), o = 0;
	CK_OBJECT_HANDLE more_o[2] = { 7, 7 };
	CK_ATTRIBUTE t[] = { IS(CKA_VALUE_LEN, sixteen),
		IS(CKA_KEY_TYPE, aes), IS(CKA_TOKEN, yes) };
	CK_ATTRIBUTE bad[] = { IS(CKA_VALUE_LEN, seventeen),
		IS(CKA_KEY_TYPE, aes) };
	CK_ATTRIBUTE late[] = { IS(CKA_VALUE_LEN, sixteen),
		{ CKA_CHECK_VALUE, (void *)(uintptr_t)"\0\0\0", 3 } };
	CK_DERIVED_KEY more[] = { { t, 3, &more_o[0] }, { t, 3, &more_o[1] } };
	CK_SP800_108_KDF_PARAMS p = { CKM_SHA256_HMAC, 1, counted, 2, more };
	CK_MECHANISM m = { CKM_SP800_108_COUNTER_KDF, &p, sizeof(p) };
	CK_SESSION_HANDLE ro;
	CK_ULONG before = p11_find(s, NULL, NULL);

	REQUIRE_OK(p11->C_DeriveKey(s, &m, base, t, 2, &o));
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), before + 3);
	ATF_CHECK_EQ(p11_number(s, more_o[1], CKA_KEY_TYPE), CKK_AES);
	ATF_CHECK_EQ(p11_flag(s, o, CKA_TOKEN), CK_FALSE);
	ATF_CHECK_EQ(p11_flag(s, more_o[0], CKA_TOKEN), CK_TRUE);
	ATF_CHECK_EQ(p11_flag(s, more_o[0], CKA_SENSITIVE), CK_FALSE);

	more[1] = (CK_DERIVED_KEY){ bad, 2, &more_o[1] };
	CHECK_RV(p11->C_DeriveKey(s, &m, base, t, 2, &o),
	    CKR_TEMPLATE_INCONSISTENT);
	ATF_CHECK_EQ(more_o[1], CK_INVALID_HANDLE);
	more_o[1] = 7;
	more[1] = (CK_DERIVED_KEY){ late, 2, &more_o[1] };
	CHECK_RV(p11->C_DeriveKey(s, &m, base, t, 2, &o),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	ATF_CHECK_EQ(more_o[1], CK_INVALID_HANDLE);
	more_o[1] = 7;
	more[1] = (CK_DERIVED_KEY){ NULL, 2, &more_o[1] };
	CHECK_RV(p11->C_DeriveKey(s, &m, base, t, 2, &o), CKR_ARGUMENTS_BAD);
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), before + 3);

	/* a read-only session makes no token keys, by no way */
	ro = p11_session(p11_slot("Derivation"), false);
	base = p11_secret(ro, 0, 1, 1);
	p.ulAdditionalDerivedKeys = 1;
	CHECK_RV(p11->C_DeriveKey(ro, &m, base, t, 2, &o),
	    CKR_SESSION_READ_ONLY);
}

/* CKA_DERIVE_TEMPLATE holds for each of them. */
ATF_TC_WITHOUT_HEAD(several__derive_template);
ATF_TC_BODY(several__derive_template, tc)
{
	CK_SESSION_HANDLE s = start();
	CK_ATTRIBUTE inner[] = { IS(CKA_ENCRYPT, no) };
	CK_ATTRIBUTE base_t[] = { IS(CKA_VALUE_LEN, forty_eight),
		IS(CKA_DERIVE, yes),
		{ CKA_DERIVE_TEMPLATE, inner, sizeof(inner) } };
	CK_ATTRIBUTE t[] = { IS(CKA_VALUE_LEN, sixteen), IS(CKA_ENCRYPT, yes) };
	CK_MECHANISM gen = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
	CK_OBJECT_HANDLE base = 0, o = 0, other = 7;
	CK_DERIVED_KEY more = { t, 1, &other };
	CK_SP800_108_KDF_PARAMS p = { CKM_SHA256_HMAC, 1, counted, 1, &more };
	CK_MECHANISM m = { CKM_SP800_108_COUNTER_KDF, &p, sizeof(p) };

	REQUIRE_OK(p11->C_GenerateKey(s, &gen, base_t, 3, &base));
	REQUIRE_OK(p11->C_DeriveKey(s, &m, base, t, 1, &o));
	ATF_CHECK_EQ(p11_flag(s, o, CKA_ENCRYPT), CK_FALSE);
	ATF_CHECK_EQ(p11_flag(s, other, CKA_ENCRYPT), CK_FALSE);
	more.ulAttributeCount = 2;
	CHECK_RV(p11->C_DeriveKey(s, &m, base, t, 1, &o),
	    CKR_TEMPLATE_INCONSISTENT);
	ATF_CHECK_EQ(other, CK_INVALID_HANDLE);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, inherited__sensitivity);
	ATF_TP_ADD_TC(tp, inherited__history);
	ATF_TP_ADD_TC(tp, named__keys);
	ATF_TP_ADD_TC(tp, lengths__and_types);
	ATF_TP_ADD_TC(tp, several__all_or_none);
	ATF_TP_ADD_TC(tp, several__derive_template);
	return atf_no_error();
}
