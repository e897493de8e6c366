/* Scenarios: keys derived of keys, of passwords and of data. */
#include "tests/faults/stage.h"

#include <string.h>

#define MADE_MAX 4

static CK_OBJECT_HANDLE made[MADE_MAX];
static CK_BYTE bytes[48] = { 1, 2, 3 };
static CK_BBOOL yes = CK_TRUE;
static CK_ULONG len = 40;

/* A key that nobody has used. */
static void
base_fresh(struct stage *st)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_DERIVE, &yes, sizeof(yes) },
		{ CKA_VALUE, bytes, sizeof(bytes) } };

	memset(made, 0, sizeof(made));
	REQUIRE_OK(p11->C_CreateObject(st->s, t, COUNT(t), &st->made[0]));
}

static void
base_data(struct stage *st)
{
	memset(made, 0, sizeof(made));
	st->made[0] = p11_data(st->s, false, "base",
	    "thirty-two bytes, as SHA-256 has");
}

static void
all_destroy(struct stage *st)
{
	for (size_t i = 0; i < MADE_MAX; i++)
		if (made[i] != 0)
			REQUIRE_OK(p11->C_DestroyObject(st->s, made[i]));
	if (st->made[0] != 0)
		REQUIRE_OK(p11->C_DestroyObject(st->s, st->made[0]));
}

static CK_RV
derive(struct stage *st, CK_MECHANISM_TYPE type, void *param, CK_ULONG size)
{
	CK_MECHANISM m = { type, param, size };
	CK_ATTRIBUTE t[] = { { CKA_VALUE_LEN, &len, sizeof(len) } };

	return p11->C_DeriveKey(st->s, &m, st->made[0], t, 1, &made[0]);
}

static CK_RV
hkdf(struct stage *st)
{
	CK_HKDF_PARAMS p = { CK_TRUE, CK_TRUE, CKM_SHA256, CKF_HKDF_SALT_DATA,
		bytes, 4, 0, bytes, 4 };

	return derive(st, CKM_HKDF_DERIVE, &p, sizeof(p));
}

static CK_RV
hkdf_data(struct stage *st)
{
	CK_HKDF_PARAMS p = { CK_TRUE, CK_TRUE, CKM_SHA256, CKF_HKDF_SALT_NULL,
		NULL, 0, 0, NULL, 0 };

	return derive(st, CKM_HKDF_DATA, &p, sizeof(p));
}

static CK_RV
xof(struct stage *st)
{
	return derive(st, CKM_SHAKE_256_KEY_DERIVATION, NULL, 0);
}

static CK_RV
hash(struct stage *st)
{
	return derive(st, CKM_SHA3_512_KEY_DERIVATION, NULL, 0);
}

static CK_RV
concatenate(struct stage *st)
{
	return derive(st, CKM_CONCATENATE_BASE_AND_KEY, &st->made[0],
	    sizeof(st->made[0]));
}

/* Three token keys: all of them or none. */
static CK_RV
sp800108(struct stage *st)
{
	CK_PRF_DATA_PARAM data[] = {
		{ CK_SP800_108_ITERATION_VARIABLE, NULL, 0 },
		{ CK_SP800_108_BYTE_ARRAY, bytes, 5 },
		{ CK_SP800_108_KEY_HANDLE, &st->made[0],
		    sizeof(st->made[0]) } };
	CK_ATTRIBUTE t[] = { { CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_TOKEN, &yes, sizeof(yes) } };
	CK_OBJECT_HANDLE more_o[2];
	CK_DERIVED_KEY more[] = { { t, 2, &more_o[0] }, { t, 2, &more_o[1] } };
	CK_SP800_108_KDF_PARAMS p = { CKM_SHA384_HMAC, COUNT(data), data, 2,
		more };
	CK_MECHANISM m = { CKM_SP800_108_DOUBLE_PIPELINE_KDF, &p, sizeof(p) };
	CK_RV rv = p11->C_DeriveKey(st->s, &m, st->made[0], t, 2, &made[0]);

	if (rv == CKR_OK)
		memcpy(&made[1], more_o, sizeof(more_o));
	return rv;
}

static CK_RV
tls_keys(struct stage *st)
{
	CK_SSL3_KEY_MAT_OUT out = { 0 };
	CK_TLS12_KEY_MAT_PARAMS p = { 160, 8 * len, 0, CK_FALSE,
		{ bytes, 32, bytes, 32 }, &out, CKM_SHA256 };
	CK_MECHANISM m = { CKM_TLS12_KEY_AND_MAC_DERIVE, &p, sizeof(p) };
	CK_RV rv = p11->C_DeriveKey(st->s, &m, st->made[0], NULL, 0, NULL);

	if (rv == CKR_OK)
		memcpy(made, &out, sizeof(made));
	return rv;
}

static CK_RV
pbkdf2(struct stage *st)
{
	CK_PKCS5_PBKD2_PARAMS2 p = { CKZ_SALT_SPECIFIED, bytes, 8, 3,
		CKP_PKCS5_PBKD2_HMAC_SHA512, NULL, 0, bytes, 8 };
	CK_MECHANISM m = { CKM_PKCS5_PBKD2, &p, sizeof(p) };
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE t[] = { { CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VALUE_LEN, &len, sizeof(len) } };

	return p11->C_GenerateKey(st->s, &m, t, 2, &made[0]);
}

const struct scenario derive_scenarios[] = {
	{ "HKDF", base_fresh, hkdf, all_destroy, 1 },
	{ "HKDF of data", base_data, hkdf, all_destroy, 1 },
	{ "HKDF to data", base_fresh, hkdf_data, all_destroy, 1 },
	{ "SHAKE", base_fresh, xof, all_destroy, 1 },
	{ "a digest", base_fresh, hash, all_destroy, 1 },
	{ "two keys put together", base_fresh, concatenate, all_destroy, 1 },
	{ "SP 800-108", base_fresh, sp800108, all_destroy, 3 },
	{ "keys of TLS", base_fresh, tls_keys, all_destroy, 4 },
	{ "PBKDF2", base_fresh, pbkdf2, all_destroy, 1 },
	{ NULL },
};
