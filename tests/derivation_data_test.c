/* Data objects of keys and keys of data objects, keys of passwords, and the
 * keys of a TLS connection. */
#include "tests/lib/samples.h"
#include "tests/lib/secrets.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS data_class = CKO_DATA;
static CK_KEY_TYPE aes = CKK_AES;
static CK_ULONG sixteen = 16, seventeen = 17;

#define IS(type, value) { type, &(value), sizeof(value) }

static CK_SESSION_HANDLE
start(void)
{
	p11_start();
	return p11_session(p11_new_store("Derivation"), true);
}

static CK_MECHANISM digest = { CKM_SHA256_KEY_DERIVATION, NULL, 0 };

/* Data objects come of the one mechanism that is for them. */
ATF_TC_WITHOUT_HEAD(data__of_a_key);
ATF_TC_BODY(data__of_a_key, tc)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE base = p11_secret(s, 1, 0, 1), o = 0, key = 0;
	CK_HKDF_PARAMS p = { CK_TRUE, CK_TRUE, CKM_SHA256, CKF_HKDF_SALT_NULL,
		NULL, 0, 0, NULL, 0 };
	CK_MECHANISM m = { CKM_HKDF_DATA, &p, sizeof(p) };
	CK_BYTE value[32], secret[32];
	CK_ATTRIBUTE t[] = { IS(CKA_VALUE_LEN, sixteen),
		{ CKA_LABEL, (void *)(uintptr_t)"derived", 7 },
		IS(CKA_CLASS, data_class) };
	CK_ATTRIBUTE free_t[] = { IS(CKA_VALUE_LEN, sixteen),
		IS(CKA_SENSITIVE, no), IS(CKA_EXTRACTABLE, yes) };
	CK_ATTRIBUTE get = { CKA_VALUE, value, sizeof(value) };
	CK_ATTRIBUTE get_key = { CKA_VALUE, secret, sizeof(secret) };

	REQUIRE_OK(p11->C_DeriveKey(s, &m, base, t, 2, &o));
	ATF_CHECK_EQ(p11_number(s, o, CKA_CLASS), CKO_DATA);
	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &get, 1));
	ATF_REQUIRE_EQ(get.ulValueLen, 16);
	m.mechanism = CKM_HKDF_DERIVE;
	REQUIRE_OK(p11->C_DeriveKey(s, &m, base, free_t, 3, &key));
	REQUIRE_OK(p11->C_GetAttributeValue(s, key, &get_key, 1));
	ATF_CHECK_EQ(memcmp(value, secret, 16), 0);
	/* a key's mechanism must not print it */
	CHECK_RV(p11->C_DeriveKey(s, &m, base, t, 3, &o),
	    CKR_TEMPLATE_INCONSISTENT);
	CHECK_RV(p11->C_DeriveKey(s, &digest, base, &t[2], 1, &o),
	    CKR_TEMPLATE_INCONSISTENT);
	m.mechanism = CKM_HKDF_DATA;
	REQUIRE_OK(p11->C_DeriveKey(s, &m, base, t, 3, &o));
	CHECK_RV(p11->C_DeriveKey(s, &m, base, free_t, 3, &o),
	    CKR_ATTRIBUTE_TYPE_INVALID);
}

static CK_OBJECT_HANDLE
certificate(CK_SESSION_HANDLE s)
{
	static struct sample all[SAMPLE_MAX];
	CK_OBJECT_HANDLE o = 0;
	CK_ULONG i = 0, n = samples_make(s, all);

	while (i < n &&
	    sample_attribute(&all[i], CKA_CERTIFICATE_TYPE) == NULL)
		i++;
	ATF_REQUIRE(i < n);
	REQUIRE_OK(p11->C_CreateObject(s, all[i].t, all[i].n, &o));
	return o;
}

/* HKDF alone takes a data object for a key. */
ATF_TC_WITHOUT_HEAD(data__as_a_base);
ATF_TC_BODY(data__as_a_base, tc)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE data = p11_data(s, false, "base",
	    "thirty-two bytes, as SHA-256 has");
	CK_OBJECT_HANDLE other = p11_data(s, false, "short", "short"), o = 0;
	CK_HKDF_PARAMS p = { CK_TRUE, CK_TRUE, CKM_SHA256, CKF_HKDF_SALT_DATA,
		(CK_BYTE *)(uintptr_t)"salt", 4, 0, NULL, 0 };
	CK_MECHANISM m = { CKM_HKDF_DERIVE, &p, sizeof(p) };
	CK_ATTRIBUTE t[] = { IS(CKA_VALUE_LEN, sixteen) };

	REQUIRE_OK(p11->C_DeriveKey(s, &m, data, t, 1, &o));
	ATF_CHECK_EQ(p11_flag(s, o, CKA_ALWAYS_SENSITIVE), CK_FALSE);
	ATF_CHECK_EQ(p11_flag(s, o, CKA_NEVER_EXTRACTABLE), CK_FALSE);
	CHECK_RV(p11->C_DeriveKey(s, &m, other, t, 1, &o),
	    CKR_KEY_SIZE_RANGE);
	CHECK_RV(p11->C_DeriveKey(s, &m, 0, t, 1, &o),
	    CKR_KEY_HANDLE_INVALID);
	CHECK_RV(p11->C_DeriveKey(s, &m, certificate(s), t, 1, &o),
	    CKR_KEY_HANDLE_INVALID);
	CHECK_RV(p11->C_DeriveKey(s, &digest, data, t, 1, &o),
	    CKR_KEY_HANDLE_INVALID);
	p.ulSaltType = CKF_HKDF_SALT_NULL;
	CHECK_RV(p11->C_DeriveKey(s, &m, data, t, 1, &o),
	    CKR_MECHANISM_PARAM_INVALID);
	p.ulSaltType = CKF_HKDF_SALT_DATA;
	p.bExtract = CK_FALSE;
	CHECK_RV(p11->C_DeriveKey(s, &m, data, t, 1, &o),
	    CKR_MECHANISM_PARAM_INVALID);
}

ATF_TC_WITHOUT_HEAD(pbkdf2__keys);
ATF_TC_BODY(pbkdf2__keys, tc)
{
	CK_SESSION_HANDLE s = start();
	CK_PKCS5_PBKD2_PARAMS2 p = { CKZ_SALT_SPECIFIED, &sixteen, 8, 1000,
		CKP_PKCS5_PBKD2_HMAC_SHA256, NULL, 0,
		(CK_UTF8CHAR *)(uintptr_t)"password", 8 };
	CK_MECHANISM m = { CKM_PKCS5_PBKD2, &p, sizeof(p) };
	CK_KEY_TYPE des3 = CKK_DES3;
	CK_ATTRIBUTE t[] = { IS(CKA_KEY_TYPE, aes),
		IS(CKA_VALUE_LEN, sixteen) };
	CK_ATTRIBUTE fixed[] = { IS(CKA_KEY_TYPE, des3) };
	CK_OBJECT_HANDLE o = 0;

	REQUIRE_OK(p11->C_GenerateKey(s, &m, t, 2, &o));
	ATF_CHECK_EQ(p11_number(s, o, CKA_KEY_TYPE), CKK_AES);
	ATF_CHECK_EQ(p11_number(s, o, CKA_VALUE_LEN), 16);
	ATF_CHECK_EQ(p11_number(s, o, CKA_KEY_GEN_MECHANISM), CKM_PKCS5_PBKD2);
	REQUIRE_OK(p11->C_GenerateKey(s, &m, fixed, 1, &o));
	ATF_CHECK_EQ(p11_number(s, o, CKA_VALUE_LEN), 24);
	CHECK_RV(p11->C_GenerateKey(s, &m, t, 1, &o), CKR_TEMPLATE_INCOMPLETE);
	CHECK_RV(p11->C_GenerateKey(s, &m, &t[1], 1, &o),
	    CKR_TEMPLATE_INCOMPLETE);
	t[1].pValue = &seventeen;
	ATF_CHECK(p11->C_GenerateKey(s, &m, t, 2, &o) != CKR_OK);
	p.prf = 77;
	t[1].pValue = &sixteen;
	CHECK_RV(p11->C_GenerateKey(s, &m, t, 2, &o),
	    CKR_MECHANISM_PARAM_INVALID);
}

/* TLS: a premaster secret becomes a master secret, that becomes keys. */

static CK_BYTE random_bytes[32];
static const CK_SSL3_RANDOM_DATA randoms = { random_bytes, 32, random_bytes,
	32 };

static CK_OBJECT_HANDLE
master_make(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE premaster)
{
	CK_TLS12_MASTER_KEY_DERIVE_PARAMS p = { randoms, NULL, CKM_SHA256 };
	CK_MECHANISM m = { CKM_TLS12_MASTER_KEY_DERIVE_DH, &p, sizeof(p) };
	CK_ATTRIBUTE t[] = { IS(CKA_SENSITIVE, no), IS(CKA_EXTRACTABLE, yes) };
	CK_OBJECT_HANDLE o = 0;

	REQUIRE_OK(p11->C_DeriveKey(s, &m, premaster, t, 2, &o));
	ATF_CHECK_EQ(p11_flag(s, o, CKA_DERIVE), CK_TRUE);
	return o;
}

ATF_TC_WITHOUT_HEAD(tls__master_secret_is_for_tls);
ATF_TC_BODY(tls__master_secret_is_for_tls, tc)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE base = p11_secret(s, 1, 0, 1), master, o = 0;
	CK_VERSION version = { 0, 0 };
	CK_TLS12_MASTER_KEY_DERIVE_PARAMS p = { randoms, &version,
		CKM_SHA256 };
	CK_MECHANISM m = { CKM_TLS12_MASTER_KEY_DERIVE, &p, sizeof(p) };
	CK_TLS_MAC_PARAMS finished = { CKM_SHA256, 12, 2 };
	CK_MECHANISM mac = { CKM_TLS_MAC, &finished, sizeof(finished) };
	CK_MECHANISM_TYPE any = CKM_SHA256_HMAC;
	CK_MECHANISM hmac = { CKM_SHA256_HMAC, NULL, 0 };
	CK_ATTRIBUTE t[] = { IS(CKA_ALLOWED_MECHANISMS, any) };
	CK_BYTE out[64];
	CK_ULONG n = sizeof(out);

	REQUIRE_OK(p11->C_DeriveKey(s, &m, base, NULL, 0, &o));
	ATF_CHECK(version.major == 1 && version.minor == 1);
	ATF_CHECK_EQ(p11_number(s, o, CKA_VALUE_LEN), 48);
	CHECK_RV(p11->C_DeriveKey(s, &m, base, t, 1, &o),
	    CKR_TEMPLATE_INCONSISTENT);
	master = master_make(s, base);
	CHECK_RV(p11->C_DeriveKey(s, &digest, master, NULL, 0, &o),
	    CKR_MECHANISM_INVALID);
	CHECK_RV(p11->C_SignInit(s, &hmac, master), CKR_MECHANISM_INVALID);
	REQUIRE_OK(p11->C_SignInit(s, &mac, master));
	REQUIRE_OK(p11->C_Sign(s, random_bytes, 32, out, &n));
	ATF_CHECK_EQ(n, 12);
	REQUIRE_OK(p11->C_VerifyInit(s, &mac, master));
	REQUIRE_OK(p11->C_Verify(s, random_bytes, 32, out, n));
}

ATF_TC_WITHOUT_HEAD(tls__keys_of_a_connection);
ATF_TC_BODY(tls__keys_of_a_connection, tc)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE master = master_make(s, p11_secret(s, 0, 1, 1));
	CK_BYTE ivs[2][16] = { { 0 }, { 0 } }, none[16] = { 0 }, out[64];
	CK_SSL3_KEY_MAT_OUT keys = { 7, 7, 7, 7, ivs[0], ivs[1] };
	CK_TLS12_KEY_MAT_PARAMS p = { 160, 128, 128, CK_FALSE, randoms, &keys,
		CKM_SHA256 };
	CK_MECHANISM m = { CKM_TLS12_KEY_AND_MAC_DERIVE, &p, sizeof(p) };
	CK_MECHANISM cbc = { CKM_AES_CBC, ivs[0], 16 };
	CK_MECHANISM hmac = { CKM_SHA_1_HMAC, NULL, 0 };
	CK_ATTRIBUTE t[] = { IS(CKA_KEY_TYPE, aes), IS(CKA_SENSITIVE, yes) };
	CK_ULONG n = sizeof(out), before = p11_find(s, NULL, NULL);

	REQUIRE_OK(p11->C_DeriveKey(s, &m, master, t, 1, NULL));
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), before + 4);
	ATF_CHECK(memcmp(ivs[0], none, 16) != 0);
	ATF_CHECK(memcmp(ivs[0], ivs[1], 16) != 0);
	ATF_CHECK_EQ(p11_number(s, keys.hClientKey, CKA_KEY_TYPE), CKK_AES);
	ATF_CHECK_EQ(p11_flag(s, keys.hServerKey, CKA_DERIVE), CK_TRUE);
	ATF_CHECK_EQ(p11_flag(s, keys.hServerKey, CKA_SENSITIVE), CK_FALSE);
	ATF_CHECK_EQ(p11_flag(s, keys.hClientMacSecret, CKA_EXTRACTABLE),
	    CK_TRUE);
	ATF_CHECK_EQ(p11_flag(s, keys.hClientMacSecret, CKA_ENCRYPT), CK_FALSE);
	REQUIRE_OK(p11->C_EncryptInit(s, &cbc, keys.hClientKey));
	REQUIRE_OK(p11->C_Encrypt(s, none, 16, out, &n));
	n = sizeof(out);
	REQUIRE_OK(p11->C_SignInit(s, &hmac, keys.hServerMacSecret));
	REQUIRE_OK(p11->C_Sign(s, none, 16, out, &n));
	ATF_CHECK_EQ(n, 20);
	/* exactly what the master secret is */
	CHECK_RV(p11->C_DeriveKey(s, &m, master, t, 2, NULL),
	    CKR_TEMPLATE_INCONSISTENT);
	ATF_CHECK_EQ(p11_find(s, NULL, NULL), before + 4);
	/* other mechanisms have no other place for their key */
	CHECK_RV(p11->C_DeriveKey(s, &digest, p11_secret(s, 0, 1, 1), NULL, 0,
	    NULL), CKR_ARGUMENTS_BAD);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, data__of_a_key);
	ATF_TP_ADD_TC(tp, data__as_a_base);
	ATF_TP_ADD_TC(tp, pbkdf2__keys);
	ATF_TP_ADD_TC(tp, tls__master_secret_is_for_tls);
	ATF_TP_ADD_TC(tp, tls__keys_of_a_connection);
	return atf_no_error();
}
