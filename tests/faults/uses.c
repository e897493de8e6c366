/* Scenarios: keys at work, searches, attributes. */
#include "tests/faults/stage.h"

#include <string.h>

static CK_BYTE data[64] = { 1, 2, 3 };

/* A key that nobody has used: nothing is kept ready with it. */
static void
ec_fresh(struct stage *st)
{
	p11_key_pair(st->s, false, "fresh", &st->made[0], &st->made[1]);
}

static CK_RV
ec_sign(struct stage *st)
{
	return p11_sign(st->s, st->made[1]);
}

static CK_RV
ec_verify(struct stage *st)
{
	CK_MECHANISM m = { CKM_ECDSA_SHA256, NULL, 0 };
	CK_BYTE signature[64] = { 1 };
	CK_RV rv = p11->C_VerifyInit(st->s, &m, st->made[0]);

	if (rv != CKR_OK)
		return rv;
	rv = p11->C_Verify(st->s, data, sizeof(data), signature,
	    sizeof(signature));
	/* it is none: a failure may say so too, never that it is one */
	ATF_CHECK(rv != CKR_OK);
	return rv == CKR_SIGNATURE_INVALID ? CKR_OK : rv;
}

static void
made_destroy(struct stage *st)
{
	for (int i = 0; i < 2; i++)
		if (st->made[i] != 0)
			REQUIRE_OK(p11->C_DestroyObject(st->s, st->made[i]));
}

static CK_RV
rsa_sign(struct stage *st)
{
	CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
	CK_MECHANISM m = { CKM_SHA256_RSA_PKCS_PSS, &pss, sizeof(pss) };
	CK_BYTE signature[256];
	CK_ULONG len = sizeof(signature);
	CK_RV rv = p11->C_SignInit(st->s, &m, st->rsa);

	if (rv == CKR_OK)
		rv = p11->C_SignUpdate(st->s, data, sizeof(data));
	if (rv == CKR_OK)
		rv = p11->C_SignFinal(st->s, signature, &len);
	return rv;
}

/* There and back, by one call and in pieces. */
static CK_RV
cipher(struct stage *st, CK_MECHANISM *m)
{
	CK_BYTE out[128], back[128];
	CK_ULONG len = sizeof(out), more = sizeof(back), last;
	CK_RV rv = p11->C_EncryptInit(st->s, m, st->aes);

	if (rv == CKR_OK)
		rv = p11->C_Encrypt(st->s, data, sizeof(data), out, &len);
	if (rv == CKR_OK)
		rv = p11->C_DecryptInit(st->s, m, st->aes);
	if (rv == CKR_OK)
		rv = p11->C_DecryptUpdate(st->s, out, len, back, &more);
	last = sizeof(back) - more;
	if (rv == CKR_OK)
		rv = p11->C_DecryptFinal(st->s, back + more, &last);
	if (rv == CKR_OK)
		ATF_CHECK(more + last == sizeof(data) &&
		    memcmp(back, data, sizeof(data)) == 0);
	return rv;
}

static CK_RV
cbc(struct stage *st)
{
	CK_BYTE iv[16] = { 7 };
	CK_MECHANISM m = { CKM_AES_CBC_PAD, iv, sizeof(iv) };

	return cipher(st, &m);
}

static CK_RV
digest(struct stage *st)
{
	CK_MECHANISM m = { CKM_SHA256, NULL, 0 };
	CK_BYTE out[32];
	CK_ULONG len = sizeof(out);
	CK_RV rv = p11->C_DigestInit(st->s, &m);

	if (rv == CKR_OK)
		rv = p11->C_DigestUpdate(st->s, data, sizeof(data));
	if (rv == CKR_OK)
		rv = p11->C_DigestFinal(st->s, out, &len);
	return rv;
}

static void
hmac_fresh(struct stage *st)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_VALUE, data, sizeof(data) } };

	REQUIRE_OK(p11->C_CreateObject(st->s, t, COUNT(t), &st->made[0]));
}

static CK_RV
hmac(struct stage *st)
{
	CK_MECHANISM m = { CKM_SHA256_HMAC, NULL, 0 };
	CK_BYTE out[32];
	CK_ULONG len = sizeof(out);
	CK_RV rv = p11->C_SignInit(st->s, &m, st->made[0]);

	if (rv == CKR_OK)
		rv = p11->C_Sign(st->s, data, sizeof(data), out, &len);
	return rv;
}

static CK_RV
search(struct stage *st, CK_ATTRIBUTE *t, CK_ULONG n, CK_ULONG wanted)
{
	CK_OBJECT_HANDLE some[16];
	CK_ULONG got = 0;
	CK_RV rv = p11->C_FindObjectsInit(st->s, t, n), end;

	if (rv != CKR_OK)
		return rv;
	rv = p11->C_FindObjects(st->s, some, COUNT(some), &got);
	end = p11->C_FindObjectsFinal(st->s);
	ATF_CHECK_EQ(end, CKR_OK);
	if (rv == CKR_OK) /* never fewer than there are */
		ATF_CHECK_EQ(got, wanted);
	return rv;
}

static CK_RV
find_label(struct stage *st)
{
	CK_ATTRIBUTE t = { CKA_LABEL, (void *)(uintptr_t)"kept", 4 };

	return search(st, &t, 1, 1);
}

static CK_RV
find_class(struct stage *st)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };

	return search(st, &t, 1, 1);
}

static CK_RV
attribute_get(struct stage *st)
{
	CK_BYTE value[16];
	CK_ATTRIBUTE t = { CKA_VALUE, value, sizeof(value) };
	CK_OBJECT_HANDLE o = st->made[0];

	return p11->C_GetAttributeValue(st->s, o, &t, 1);
}

static void
kept_find(struct stage *st)
{
	ATF_REQUIRE_EQ(p11_find(st->s, "kept", &st->made[0]), 1);
}

const struct scenario use_scenarios[] = {
	{ "sign with P-256", ec_fresh, ec_sign, made_destroy, 0 },
	{ "verify", ec_fresh, ec_verify, made_destroy, 0 },
	{ "sign with RSA", NULL, rsa_sign, NULL, 0 },
	{ "encrypt", NULL, cbc, NULL, 0 },
	{ "digest", NULL, digest, NULL, 0 },
	{ "HMAC", hmac_fresh, hmac, made_destroy, 0 },
	{ "find by label", NULL, find_label, NULL, 0 },
	{ "find by class", NULL, find_class, NULL, 0 },
	{ "get", kept_find, attribute_get, NULL, 0 },
	{ NULL },
};
