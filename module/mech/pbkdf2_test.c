/* PBKDF2: the answers of RFC 6070 and RFC 7914, plain libcrypto, both forms of
 * the structure, hostile parameters. */
#include <atf-c.h>
#include <string.h>

#include "module/mech/derive_fixture.h"

#define BYTES(text) (void *)(uintptr_t)(text)
#define TEXT(text) BYTES(text), sizeof(text) - 1

struct call {
	CK_ULONG prf, iterations;
	void *password;
	CK_ULONG password_len;
	void *salt;
	CK_ULONG salt_len;
	CK_ULONG len;
};

static CK_PKCS5_PBKD2_PARAMS2
params(const struct call *c)
{
	return (CK_PKCS5_PBKD2_PARAMS2){ CKZ_SALT_SPECIFIED, c->salt,
		c->salt_len, c->iterations, c->prf, NULL, 0, c->password,
		c->password_len };
}

static CK_RV
generate(void *param, size_t size, CK_KEY_TYPE type, CK_ULONG len,
    struct key_made *out)
{
	CK_MECHANISM how = { CKM_PKCS5_PBKD2, param, size };
	struct generate_args args = { .type = type, .len = len };

	fixture_open();
	*out = (struct key_made){ .parameter_set = 0 };
	return mech_generate(mech_find(how.mechanism), &how, &args, &type,
	    out);
}

static const struct {
	struct call call;
	const char *key;
} known[] = {
	{ { CKP_PKCS5_PBKD2_HMAC_SHA1, 1, TEXT("password"), TEXT("salt"), 20 },
	    "0c60c80f961f0e71f3a9b524af6012062fe037a6" },
	{ { CKP_PKCS5_PBKD2_HMAC_SHA1, 2, TEXT("password"), TEXT("salt"), 20 },
	    "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957" },
	{ { CKP_PKCS5_PBKD2_HMAC_SHA1, 4096, TEXT("password"), TEXT("salt"),
	    20 }, "4b007901b765489abead49d926f721d065a429c1" },
	{ { CKP_PKCS5_PBKD2_HMAC_SHA1, 4096, TEXT("passwordPASSWORDpassword"),
	    TEXT("saltSALTsaltSALTsaltSALTsaltSALTsalt"), 25 },
	    "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038" },
	{ { CKP_PKCS5_PBKD2_HMAC_SHA1, 4096, TEXT("pass\0word"),
	    TEXT("sa\0lt"), 16 }, "56fa6aa75548099dcc37d7f03425e0c3" },
	{ { CKP_PKCS5_PBKD2_HMAC_SHA256, 1, TEXT("passwd"), TEXT("salt"), 64 },
	    "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20d"
	    "acbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041"
	    "d3a19783" },
	{ { CKP_PKCS5_PBKD2_HMAC_SHA256, 80000, TEXT("Password"),
	    TEXT("NaCl"), 64 },
	    "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34"
	    "ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b3"
	    "97f33c8d" },
};

static void
check(const struct key_made *made, const char *hex)
{
	uint8_t want[128];
	size_t len = unhex(hex, want);

	ATF_REQUIRE_EQ(made->value.len, len);
	ATF_CHECK_EQ(memcmp(made->value.data, want, len), 0);
}

ATF_TC_WITHOUT_HEAD(pbkdf2__known_answers);
ATF_TC_BODY(pbkdf2__known_answers, tc)
{
	for (size_t i = 0; i < COUNT(known); i++) {
		CK_PKCS5_PBKD2_PARAMS2 p = params(&known[i].call);
		CK_PKCS5_PBKD2_PARAMS old;
		CK_ULONG len = p.ulPasswordLen;
		struct key_made made;

		ATF_REQUIRE_EQ(generate(&p, sizeof(p), CKK_GENERIC_SECRET,
		    known[i].call.len, &made), CKR_OK);
		check(&made, known[i].key);
		key_made_wipe(&made);
		memcpy(&old, &p, sizeof(old));
		old.ulPasswordLen = &len;
		ATF_REQUIRE_EQ(generate(&old, sizeof(old), CKK_GENERIC_SECRET,
		    known[i].call.len, &made), CKR_OK);
		check(&made, known[i].key);
		key_made_wipe(&made);
	}
}

ATF_TC_WITHOUT_HEAD(pbkdf2__as_libcrypto_does_it);
ATF_TC_BODY(pbkdf2__as_libcrypto_does_it, tc)
{
	static const struct {
		CK_ULONG prf;
		const char *md;
	} prfs[] = {
		{ CKP_PKCS5_PBKD2_HMAC_SHA1, "SHA1" },
		{ CKP_PKCS5_PBKD2_HMAC_SHA224, "SHA224" },
		{ CKP_PKCS5_PBKD2_HMAC_SHA256, "SHA256" },
		{ CKP_PKCS5_PBKD2_HMAC_SHA384, "SHA384" },
		{ CKP_PKCS5_PBKD2_HMAC_SHA512, "SHA512" },
		{ CKP_PKCS5_PBKD2_HMAC_SHA512_224, "SHA512-224" },
		{ CKP_PKCS5_PBKD2_HMAC_SHA512_256, "SHA512-256" },
	};

	for (size_t i = 0; i < COUNT(prfs); i++) {
		struct call c = { prfs[i].prf, 3, TEXT("secret"), TEXT("s"),
			0 };
		CK_PKCS5_PBKD2_PARAMS2 p = params(&c);
		struct key_made made;
		uint8_t want[100];

		ATF_REQUIRE_EQ(PKCS5_PBKDF2_HMAC("secret", 6,
		    (const uint8_t *)"s", 1, 3,
		    EVP_get_digestbyname(prfs[i].md), 100, want), 1);
		ATF_REQUIRE_EQ(generate(&p, sizeof(p), CKK_GENERIC_SECRET, 100,
		    &made), CKR_OK);
		ATF_REQUIRE_EQ(made.value.len, 100);
		ATF_CHECK_EQ(memcmp(made.value.data, want, 100), 0);
		key_made_wipe(&made);
		/* no password is one, too */
		p.pPassword = NULL;
		p.ulPasswordLen = 0;
		ATF_REQUIRE_EQ(PKCS5_PBKDF2_HMAC("", 0, (const uint8_t *)"s",
		    1, 3, EVP_get_digestbyname(prfs[i].md), 32, want), 1);
		ATF_REQUIRE_EQ(generate(&p, sizeof(p), CKK_AES, 32, &made),
		    CKR_OK);
		ATF_CHECK_EQ(memcmp(made.value.data, want, 32), 0);
		key_made_wipe(&made);
	}
}

ATF_TC_WITHOUT_HEAD(pbkdf2__types_and_lengths);
ATF_TC_BODY(pbkdf2__types_and_lengths, tc)
{
	CK_PKCS5_PBKD2_PARAMS2 p = params(&known[0].call);
	struct key_made made;

	ATF_CHECK_EQ(generate(&p, sizeof(p), CK_UNAVAILABLE_INFORMATION, 20,
	    &made), CKR_TEMPLATE_INCOMPLETE);
	ATF_CHECK_EQ(generate(&p, sizeof(p), CKK_GENERIC_SECRET, 0, &made),
	    CKR_TEMPLATE_INCOMPLETE);
	ATF_CHECK_EQ(generate(&p, sizeof(p), CKK_GENERIC_SECRET, 65537, &made),
	    CKR_KEY_SIZE_RANGE);
	ATF_CHECK_EQ(generate(&p, sizeof(p), CKK_GENERIC_SECRET, ~0UL, &made),
	    CKR_KEY_SIZE_RANGE);
	ATF_REQUIRE_EQ(generate(&p, sizeof(p), CKK_DES2, 16, &made), CKR_OK);
	check(&made, "0d61c80e971f0e70f2a8b525ae611307");
	key_made_wipe(&made);
}

ATF_TC_WITHOUT_HEAD(pbkdf2__hostile_parameters);
ATF_TC_BODY(pbkdf2__hostile_parameters, tc)
{
	const CK_PKCS5_PBKD2_PARAMS2 good = params(&known[0].call);
	CK_ULONG absurd = ~0UL;
	CK_PKCS5_PBKD2_PARAMS2 p;
	struct key_made made;

#define BAD(field, value) \
	p = good; \
	p.field = (value); \
	ATF_CHECK_EQ_MSG(generate(&p, sizeof(p), CKK_GENERIC_SECRET, 20, \
	    &made), CKR_MECHANISM_PARAM_INVALID, "%s", #field)
	BAD(saltSource, 0);
	BAD(saltSource, 2);
	BAD(pSaltSourceData, NULL);
	BAD(ulSaltSourceDataLen, 0);
	BAD(ulSaltSourceDataLen, ~0UL);
	BAD(iterations, 0);
	BAD(iterations, ~0UL);
	BAD(prf, CKP_PKCS5_PBKD2_HMAC_GOSTR3411);
	BAD(prf, 9);
	BAD(pPrfData, &p);
	BAD(ulPrfDataLen, 1);
	BAD(pPassword, NULL);
	BAD(ulPasswordLen, ~0UL);
	BAD(ulPasswordLen, (CK_ULONG)&absurd);
	p = good;
	ATF_CHECK_EQ(generate(&p, sizeof(p) - 1, CKK_GENERIC_SECRET, 20,
	    &made), CKR_MECHANISM_PARAM_INVALID);
	ATF_CHECK_EQ(generate(NULL, 0, CKK_GENERIC_SECRET, 20, &made),
	    CKR_MECHANISM_PARAM_INVALID);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pbkdf2__known_answers);
	ATF_TP_ADD_TC(tp, pbkdf2__as_libcrypto_does_it);
	ATF_TP_ADD_TC(tp, pbkdf2__types_and_lengths);
	ATF_TP_ADD_TC(tp, pbkdf2__hostile_parameters);
	return atf_no_error();
}
