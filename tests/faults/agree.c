/* Scenarios: keys that are agreed on, that travel wrapped, that are made of
 * others. */
#include "tests/faults/stage.h"

#include <string.h>

#define BYTES(text) (void *)(uintptr_t)(text), sizeof(text) - 1

static CK_BBOOL yes = CK_TRUE;
static CK_BYTE dh_prime[256];
static CK_OBJECT_HANDLE result; /* of the scenario, beside its pair */

/* Bob's of RFC 7748, 6.1. */
static CK_BYTE bob[] = {
	0xde, 0x9e, 0xdb, 0x7d, 0x7b, 0x7d, 0xc1, 0xb4, 0xd3, 0x5b, 0x61, 0xc2,
	0xec, 0xe4, 0x35, 0x37, 0x3f, 0x83, 0x43, 0xc8, 0x5b, 0x78, 0x67, 0x4d,
	0xad, 0xfc, 0x7e, 0x14, 0x6f, 0x88, 0x2b, 0x4f,
};

static void
pair_make(struct stage *st, CK_MECHANISM_TYPE type, const CK_ATTRIBUTE *domain,
    CK_ULONG n)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_ATTRIBUTE public[3], private[] = {
		{ CKA_DERIVE, &yes, sizeof(yes) },
		{ CKA_DECAPSULATE, &yes, sizeof(yes) } };

	memcpy(public, domain, n * sizeof(*domain));
	public[n] = (CK_ATTRIBUTE){ CKA_ENCAPSULATE, &yes, sizeof(yes) };
	REQUIRE_OK(p11->C_GenerateKeyPair(st->s, &m, public, n + 1, private,
	    COUNT(private), &st->made[0], &st->made[1]));
}

static void
x25519_fresh(struct stage *st)
{
	CK_ATTRIBUTE t = { CKA_EC_PARAMS, BYTES("\x06\x03\x2b\x65\x6e") };

	pair_make(st, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, &t, 1);
}

static void
p256_fresh(struct stage *st)
{
	CK_ATTRIBUTE t = { CKA_EC_PARAMS, BYTES("\x13\x05P-256") };

	pair_make(st, CKM_EC_KEY_PAIR_GEN, &t, 1);
}

/* The prime of the samples, read from one of them. */
static void
prime_find(struct stage *st)
{
	static struct sample all[SAMPLE_MAX];
	CK_ULONG n;

	if (dh_prime[0] != 0)
		return;
	n = samples_make(st->s, all);
	for (CK_ULONG i = 0; i < n; i++)
		if (strcmp(all[i].name, "DH public") == 0)
			memcpy(dh_prime, sample_attribute(&all[i],
			    CKA_PRIME)->pValue, sizeof(dh_prime));
	ATF_REQUIRE(dh_prime[0] != 0);
}

static CK_RV
dh_generate(struct stage *st)
{
	CK_MECHANISM m = { CKM_DH_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE public[] = {
		{ CKA_PRIME, dh_prime, sizeof(dh_prime) },
		{ CKA_BASE, BYTES("\2") } };
	CK_ATTRIBUTE private[] = { { CKA_DERIVE, &yes, sizeof(yes) } };

	return p11->C_GenerateKeyPair(st->s, &m, public, COUNT(public),
	    private, COUNT(private), &st->made[0], &st->made[1]);
}

static void
dh_fresh(struct stage *st)
{
	prime_find(st);
	REQUIRE_OK(dh_generate(st));
}

static void
pair_destroy(struct stage *st)
{
	CK_OBJECT_HANDLE *all[] = { &st->made[0], &st->made[1], &result };

	for (size_t i = 0; i < COUNT(all); i++) {
		if (*all[i] != 0)
			REQUIRE_OK(p11->C_DestroyObject(st->s, *all[i]));
		*all[i] = 0;
	}
}

static CK_RV
derive(struct stage *st, CK_MECHANISM *how)
{
	CK_ULONG len = 32;
	CK_ATTRIBUTE t = { CKA_VALUE_LEN, &len, sizeof(len) };
	CK_OBJECT_HANDLE made = 0;
	CK_RV rv = p11->C_DeriveKey(st->s, how, st->made[1], &t, 1, &made);

	result = rv == CKR_OK ? made : 0;
	return rv;
}

static CK_RV
x25519_derive(struct stage *st)
{
	CK_ECDH1_DERIVE_PARAMS p = { CKD_NULL, 0, NULL, sizeof(bob), bob };
	CK_MECHANISM how = { CKM_ECDH1_DERIVE, &p, sizeof(p) };

	return derive(st, &how);
}

static CK_RV
p256_derive(struct stage *st)
{
	CK_BYTE point[80];
	CK_ATTRIBUTE t = { CKA_EC_POINT, point, sizeof(point) };
	CK_ECDH1_DERIVE_PARAMS p = { .kdf = CKD_SHA256_KDF };
	CK_MECHANISM how = { CKM_ECDH1_DERIVE, &p, sizeof(p) };
	CK_RV rv = p11->C_GetAttributeValue(st->s, st->made[0], &t, 1);

	p.pPublicData = point;
	p.ulPublicDataLen = t.ulValueLen;
	return rv == CKR_OK ? derive(st, &how) : rv;
}

static CK_RV
dh_derive(struct stage *st)
{
	CK_BYTE value[256];
	CK_ATTRIBUTE t = { CKA_VALUE, value, sizeof(value) };
	CK_MECHANISM how = { CKM_DH_PKCS_DERIVE, value, 0 };
	CK_RV rv = p11->C_GetAttributeValue(st->s, st->made[0], &t, 1);

	how.ulParameterLen = t.ulValueLen;
	return rv == CKR_OK ? derive(st, &how) : rv;
}

/* The EC key of the stage out and in again. */
static CK_RV
travel(struct stage *st, CK_MECHANISM *how, CK_OBJECT_HANDLE public,
    CK_OBJECT_HANDLE private)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) } };
	CK_BYTE wrapped[1024];
	CK_ULONG len = sizeof(wrapped);
	CK_OBJECT_HANDLE made = 0;
	CK_RV rv = p11->C_WrapKey(st->s, how, public, st->private, wrapped,
	    &len);

	if (rv == CKR_OK)
		rv = p11->C_UnwrapKey(st->s, how, private, wrapped, len, t,
		    COUNT(t), &made);
	result = rv == CKR_OK ? made : 0;
	return rv;
}

static CK_RV
rsa_travel(struct stage *st)
{
	CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA256, CKG_MGF1_SHA256,
		CKZ_DATA_SPECIFIED, NULL, 0 };
	CK_RSA_AES_KEY_WRAP_PARAMS p = { 256, &oaep };
	CK_MECHANISM how = { CKM_RSA_AES_KEY_WRAP, &p, sizeof(p) };

	return travel(st, &how, st->rsa_public, st->rsa);
}

static CK_RV
ecdh_travel(struct stage *st)
{
	CK_ECDH_AES_KEY_WRAP_PARAMS p = { 256, CKD_SHA256_KDF, 0, NULL };
	CK_MECHANISM how = { CKM_ECDH_COF_AES_KEY_WRAP, &p, sizeof(p) };

	return travel(st, &how, st->made[0], st->made[1]);
}

static CK_RV
encapsulate(struct stage *st)
{
	CK_ECDH1_DERIVE_PARAMS p = { CKD_SHA256_KDF, 0, NULL, 0, NULL };
	CK_MECHANISM how = { CKM_ECDH1_DERIVE, &p, sizeof(p) };
	CK_KEY_TYPE type = CKK_AES;
	CK_ULONG bytes = 32;
	CK_ATTRIBUTE t[] = { { CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VALUE_LEN, &bytes, sizeof(bytes) } };
	CK_BYTE text[80];
	CK_ULONG len = sizeof(text);
	CK_OBJECT_HANDLE made = 0;
	CK_RV rv = p11->C_EncapsulateKey(st->s, &how, st->made[0], t, COUNT(t),
	    text, &len, &made);

	result = rv == CKR_OK ? made : 0;
	return rv;
}

static CK_RV
recover(struct stage *st)
{
	CK_MECHANISM how = { CKM_RSA_X_509, NULL, 0 };
	CK_BYTE data[20] = { 9 }, sig[256], back[256];
	CK_ULONG len = sizeof(sig), n = sizeof(back);
	CK_RV rv = p11->C_SignRecoverInit(st->s, &how, st->rsa);

	if (rv == CKR_OK)
		rv = p11->C_SignRecover(st->s, data, sizeof(data), sig, &len);
	if (rv == CKR_OK)
		rv = p11->C_VerifyRecoverInit(st->s, &how, st->rsa_public);
	if (rv == CKR_OK)
		rv = p11->C_VerifyRecover(st->s, sig, len, back, &n);
	if (rv == CKR_OK)
		ATF_CHECK(n == 256 && memcmp(back + 236, data, 20) == 0);
	/* libcrypto has one word for a wrong signature and for its failure */
	return rv == CKR_SIGNATURE_INVALID ? CKR_FUNCTION_FAILED : rv;
}

static CK_RV
public_make(struct stage *st)
{
	CK_MECHANISM how = { CKM_PUB_KEY_FROM_PRIV_KEY, NULL, 0 };
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE made = 0;
	CK_RV rv = p11->C_DeriveKey(st->s, &how, st->made[1], &t, 1, &made);

	result = rv == CKR_OK ? made : 0;
	return rv;
}

static void
recover_allow(struct stage *st)
{
	CK_ATTRIBUTE sign = { CKA_SIGN_RECOVER, &yes, sizeof(yes) };
	CK_ATTRIBUTE verify = { CKA_VERIFY_RECOVER, &yes, sizeof(yes) };

	REQUIRE_OK(p11->C_SetAttributeValue(st->s, st->rsa, &sign, 1));
	REQUIRE_OK(p11->C_SetAttributeValue(st->s, st->rsa_public, &verify,
	    1));
}

const struct scenario agree_scenarios[] = {
	{ "X25519", x25519_fresh, x25519_derive, pair_destroy, 1 },
	{ "ECDH and a kdf", p256_fresh, p256_derive, pair_destroy, 1 },
	{ "a DH pair", prime_find, dh_generate, pair_destroy, 2 },
	{ "DH", dh_fresh, dh_derive, pair_destroy, 1 },
	{ "wrapped by RSA and AES", NULL, rsa_travel, pair_destroy, 1 },
	{ "wrapped by ECDH and AES", p256_fresh, ecdh_travel, pair_destroy,
	    1 },
	{ "encapsulation", p256_fresh, encapsulate, pair_destroy, 1 },
	{ "recovery", recover_allow, recover, NULL, 0 },
	{ "public from private", p256_fresh, public_make, pair_destroy, 1 },
	{ NULL },
};
