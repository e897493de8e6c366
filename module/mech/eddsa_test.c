/* EdDSA with a context and a pre-hash: RFC 8032, 7.2 to 7.5.  A libcrypto that
 * knows pure EdDSA only refuses the parameter. */
#include <atf-c.h>
#include <openssl/crypto.h>
#include <string.h>

#include "module/mech/agree_fixture.h"

static const struct answer {
	struct span params;
	const char *private, *text;
	CK_EDDSA_PARAMS eddsa;
	const char *sig;
} answers[] = {
	{ { "\x06\x03\x2b\x65\x70", 5 },
	    "0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6",
	    "f726936d19c800494e3fdaff20b276a8",
	    { CK_FALSE, 3, (CK_BYTE *)(uintptr_t)"foo" },
	    "55a4cc2f70a54e04288c5f4cd1e45a7bb520b36292911876cada7323198dd8"
	    "7a8b36950b95130022907a7fb7c4e9b2d5f6cca685a587b4b21f4b888e4e7e"
	    "db0d" },
	{ { "\x06\x03\x2b\x65\x70", 5 },
	    "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
	    "616263", { CK_TRUE, 0, NULL },
	    "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae"
	    "4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a2608"
	    "3406" },
	{ { "\x06\x03\x2b\x65\x71", 5 },
	    "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c46"
	    "3afbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e",
	    "03", { CK_FALSE, 3, (CK_BYTE *)(uintptr_t)"foo" },
	    "d4f8f6131770dd46f40867d6fd5d5055de43541f8c5e35abbcd001b32a89f7"
	    "d2151f7647f11d8ca2ae279fb842d607217fce6e042f6815ea000c85741de5"
	    "c8da1144a6a1aba7f96de42505d7a7298524fda538fccbbb754f578c1cad10"
	    "d54d0d5428407e85dcbc98a49155c13764e66c3c00" },
	{ { "\x06\x03\x2b\x65\x71", 5 },
	    "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d"
	    "42ef7822e0d5104127dc05d6dbefde69e3ab2cec7c867c6e2c49",
	    "616263", { CK_TRUE, 0, NULL },
	    "822f6901f7480f3d5f562c592994d9693602875614483256505600bbc281ae"
	    "381f54d6bce2ea911574932f52a4e6cadd78769375ec3ffd1b801a0d9b3f40"
	    "30cd433964b6457ea39476511214f97469b57dd32dbc560a9a94d00bff0762"
	    "0464a3ad203df7dc7ce360c3cd3696d9d9fab90f00" },
};

static bool
has_schemes(void)
{
	return OpenSSL_version_num() >= 0x30200000UL;
}

static void
keys_make(const struct answer *a, struct key *out[2])
{
	uint8_t private[SECRET_MAX];
	struct key_parts parts = { .class = CKO_PRIVATE_KEY,
		.type = CKK_EC_EDWARDS, .params = a->params };
	struct key_made made = { 0 };

	parts.value = (struct span){ private, hex_bytes(a->private, private) };
	ATF_REQUIRE_EQ(key_new(&parts, &out[0]), CKR_OK);
	ATF_REQUIRE_EQ(key_public_parts(out[0], &made), CKR_OK);
	parts.class = CKO_PUBLIC_KEY;
	parts.value = (struct span){ NULL, 0 };
	parts.point = (struct span){ made.point.data, made.point.len };
	ATF_REQUIRE_EQ(key_new(&parts, &out[1]), CKR_OK);
	key_made_wipe(&made);
}

static CK_RV
start(const CK_EDDSA_PARAMS *eddsa, mech_use use, struct key *key,
    struct op **out)
{
	CK_MECHANISM how = { CKM_EDDSA, (void *)(uintptr_t)eddsa,
		sizeof(*eddsa) };

	return op_start(mech_find(CKM_EDDSA), use, &how, key, out);
}

/* Whole and byte by byte. */
static void
check_signs(const struct answer *a, struct key *key, const uint8_t *text,
    size_t len)
{
	uint8_t sig[SECRET_MAX];
	size_t n, none;
	struct op *op;

	ATF_REQUIRE_EQ(start(&a->eddsa, CKF_SIGN, key, &op), CKR_OK);
	ATF_REQUIRE_EQ(op_once(op, text, len, sig, &n), CKR_OK);
	check_bytes(sig, n, a->sig);
	op_free(op);
	ATF_REQUIRE_EQ(start(&a->eddsa, CKF_SIGN, key, &op), CKR_OK);
	for (size_t i = 0; i < len; i++)
		ATF_REQUIRE_EQ(op_update(op, text + i, 1, NULL, &none),
		    CKR_OK);
	ATF_REQUIRE_EQ(op_final(op, sig, &n), CKR_OK);
	check_bytes(sig, n, a->sig);
	op_free(op);
}

static CK_RV
verify(const CK_EDDSA_PARAMS *eddsa, struct key *key, const uint8_t *text,
    size_t len, const uint8_t *sig, size_t sig_len)
{
	_cleanup_(op_freep) struct op *op = NULL;

	TRY(start(eddsa, CKF_VERIFY, key, &op));
	return op_verify_once(op, text, len, sig, sig_len);
}

static void
check_verifies(const struct answer *a, struct key *key, const uint8_t *text,
    size_t len)
{
	uint8_t sig[SECRET_MAX];
	size_t n = hex_bytes(a->sig, sig);
	CK_EDDSA_PARAMS other = a->eddsa;

	ATF_CHECK_EQ(verify(&a->eddsa, key, text, len, sig, n), CKR_OK);
	ATF_CHECK_EQ(verify(&a->eddsa, key, text, len - 1, sig, n),
	    CKR_SIGNATURE_INVALID);
	other.pContextData = (CK_BYTE *)(uintptr_t)"bar";
	other.ulContextDataLen = 3;
	ATF_CHECK_EQ(verify(&other, key, text, len, sig, n),
	    CKR_SIGNATURE_INVALID);
	other = a->eddsa;
	other.phFlag = a->eddsa.phFlag ? CK_FALSE : CK_TRUE;
	ATF_CHECK_EQ(verify(&other, key, text, len, sig, n),
	    CKR_SIGNATURE_INVALID);
	/* and the pure one again, with what the key's pool has */
	ATF_CHECK_EQ(verify_once(mech_find(CKM_EDDSA), key, text, len, sig,
	    n), CKR_SIGNATURE_INVALID);
}

ATF_TC_WITHOUT_HEAD(schemes__of_rfc_8032);
ATF_TC_BODY(schemes__of_rfc_8032, tc)
{
	fixture_open();
	for (size_t i = 0; i < COUNT(answers); i++) {
		const struct answer *a = &answers[i];
		uint8_t text[SECRET_MAX];
		size_t len = hex_bytes(a->text, text);
		struct key *keys[2];
		struct op *op;

		keys_make(a, keys);
		if (has_schemes()) {
			check_signs(a, keys[0], text, len);
			check_verifies(a, keys[1], text, len);
		} else {
			ATF_CHECK_EQ(start(&a->eddsa, CKF_SIGN, keys[0], &op),
			    CKR_MECHANISM_PARAM_INVALID);
			ATF_CHECK_EQ(start(&a->eddsa, CKF_VERIFY, keys[1],
			    &op), CKR_MECHANISM_PARAM_INVALID);
		}
		key_put(keys[0]);
		key_put(keys[1]);
	}
}

ATF_TC_WITHOUT_HEAD(context__has_a_length);
ATF_TC_BODY(context__has_a_length, tc)
{
	static CK_BYTE long_one[256];
	CK_EDDSA_PARAMS eddsa = { CK_FALSE, 255, long_one };
	struct key *keys[2];
	struct op *op;

	fixture_open();
	keys_make(&answers[0], keys);
	if (has_schemes()) {
		ATF_REQUIRE_EQ(start(&eddsa, CKF_SIGN, keys[0], &op), CKR_OK);
		op_free(op);
	}
	eddsa.ulContextDataLen = 256;
	ATF_CHECK_EQ(start(&eddsa, CKF_SIGN, keys[0], &op),
	    CKR_MECHANISM_PARAM_INVALID);
	eddsa = (CK_EDDSA_PARAMS){ CK_TRUE, 5, NULL };
	ATF_CHECK_EQ(start(&eddsa, CKF_SIGN, keys[0], &op),
	    CKR_MECHANISM_PARAM_INVALID);
	key_put(keys[0]);
	key_put(keys[1]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, schemes__of_rfc_8032);
	ATF_TP_ADD_TC(tp, context__has_a_length);
	return atf_no_error();
}
