/* Known answers of FIPS 203 to 205: the vectors of C2SP (CCTV, Wycheproof)
 * and of NIST (ACVP). */
#include <atf-c.h>
#include <openssl/evp.h>
#include <string.h>

#include "module/crypto/pkcs8.h"
#include "module/mech/keywork.h"
#include "module/mech/pq_fixture.h"

/* Signatures of an empty message by keys of seeds out of one stream, all of
 * them hashed: the accumulated vectors of C2SP/CCTV, for 100 keys. */
static void
check_accumulated(const struct pq_name *name, const char *want_hex)
{
	CK_SIGN_ADDITIONAL_CONTEXT with = { CKH_DETERMINISTIC_REQUIRED, NULL,
		0 };
	CK_MECHANISM m = { CKM_ML_DSA, &with, sizeof(with) };
	EVP_MD *shake = EVP_MD_fetch(fixture_open(), "SHAKE128", NULL);
	EVP_MD_CTX *all = EVP_MD_CTX_new(), *stream = EVP_MD_CTX_new();
	uint8_t seeds[100][32], want[32], is[32];
	static uint8_t sig[PQ_SIG_MAX];

	unhex(want_hex, want);
	ATF_REQUIRE_EQ(EVP_DigestInit_ex2(stream, shake, NULL), 1);
	ATF_REQUIRE_EQ(EVP_DigestFinalXOF(stream, (uint8_t *)seeds,
	    sizeof(seeds)), 1);
	ATF_REQUIRE_EQ(EVP_DigestInit_ex2(all, shake, NULL), 1);
	for (size_t i = 0; i < COUNT(seeds); i++) {
		struct key_parts parts = { .class = CKO_PRIVATE_KEY,
			.type = CKK_ML_DSA, .parameter_set = name->number,
			.seed = { seeds[i], 32 } };
		struct key_made made = { 0 };
		struct key *key = NULL;
		size_t len;

		ATF_REQUIRE_EQ(key_new(&parts, &key), CKR_OK);
		ATF_REQUIRE_EQ(key_private_parts(key, &made), CKR_OK);
		EVP_DigestUpdate(all, made.public_value.data,
		    made.public_value.len);
		ATF_REQUIRE_EQ(pq_sign(m, key, (struct span){ "", 0 }, sig,
		    &len), CKR_OK);
		EVP_DigestUpdate(all, sig, len);
		key_made_wipe(&made);
		key_put(key);
	}
	ATF_REQUIRE_EQ(EVP_DigestFinalXOF(all, is, sizeof(is)), 1);
	ATF_CHECK_EQ(memcmp(is, want, sizeof(is)), 0);
	EVP_MD_CTX_free(all);
	EVP_MD_CTX_free(stream);
	EVP_MD_free(shake);
}

ATF_TC_WITHOUT_HEAD(ml_dsa__known_answers);
ATF_TC_BODY(ml_dsa__known_answers, tc)
{
	static const char *const answers[] = {
		"d51148e1f9f4fa1a723a6cf42e25f2a99eb5c1b378b3d2dbbd561b1203bee"
		"ae4",
		"8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca"
		"199",
		"8c3ad714777622b8f21ce31bb35f71394f23bc0fcf3c78ace5d608990f3b0"
		"61b",
	};

	if (!pq_is_there(CKK_ML_DSA, CKM_ML_DSA))
		return;
	for (size_t i = 0; i < COUNT(answers); i++)
		check_accumulated(&pq_names[i], answers[i]);
}

/* The first test of Wycheproof's mldsa_44_sign_seed_test: how its signature,
 * which starts with a hash of all that goes into it, begins. */
ATF_TC_WITHOUT_HEAD(ml_dsa__known_signature);
ATF_TC_BODY(ml_dsa__known_signature, tc)
{
	static const char *const begins[] = {
		"1aa69cb5ed35204534f25f40a17eb0d767f8981f5e7cec46d3bf3252bfc78"
		"e09d02ef0c82da6dde973611c8494728901",
		"e11d24772c24efc107ae3abb0149817436f11684d3548748cba19fc0b373d"
		"dcb7c8f68f00407d964570c155a9a34823d",
	};
	CK_SIGN_ADDITIONAL_CONTEXT with = { CKH_DETERMINISTIC_REQUIRED, NULL,
		0 };
	CK_MECHANISM m = { CKM_ML_DSA, &with, sizeof(with) };
	uint8_t seed[32], want[48];
	static uint8_t sig[PQ_SIG_MAX];
	struct key_parts parts = { .class = CKO_PRIVATE_KEY,
		.type = CKK_ML_DSA, .parameter_set = CKP_ML_DSA_44,
		.seed = { seed, 32 } };
	struct key *key = NULL;
	size_t len;

	if (!pq_is_there(CKK_ML_DSA, CKM_ML_DSA))
		return;
	memset(seed, 0x2a, sizeof(seed));
	ATF_REQUIRE_EQ(key_new(&parts, &key), CKR_OK);
	for (size_t i = 0; i < COUNT(begins); i++) {
		if (i == 1) {
			with.pContext = (uint8_t *)(uintptr_t)"Context";
			with.ulContextLen = 7;
		}
		ATF_REQUIRE_EQ(unhex(begins[i], want), sizeof(want));
		ATF_REQUIRE_EQ(pq_sign(m, key,
		    (struct span){ "Hello world", 11 }, sig, &len), CKR_OK);
		ATF_CHECK_EQ(len, 2420);
		ATF_CHECK_EQ(memcmp(sig, want, sizeof(want)), 0);
	}
	key_put(key);
}

/* SHA-256 of deterministic signatures of "Hello world" by Bouncy Castle 1.80:
 * ML-DSA keys of the seed above, the first SLH-DSA key below. */
static const struct {
	CK_MECHANISM_TYPE mech;
	CK_KEY_TYPE type;
	CK_ULONG set;
	const char *context, *hash;
} made_elsewhere[] = {
	{ CKM_HASH_ML_DSA_SHA512, CKK_ML_DSA, CKP_ML_DSA_44, "",
	    "7a0898dfc5c6740ed17098f1aef06ade026b12a1a2724e556de9304b21d164a2" },
	{ CKM_HASH_ML_DSA_SHA512, CKK_ML_DSA, CKP_ML_DSA_44, "Context",
	    "db6bd826fae77671063811cb55bc9fe9167ca1bb73cfa33aba65ae0a3db0ed53" },
	{ CKM_HASH_ML_DSA_SHA512, CKK_ML_DSA, CKP_ML_DSA_65, "",
	    "c0a1ce1ecec7e34552cf92aae54203f8a2932188578a45fe6f957e98ac487c05" },
	{ CKM_HASH_ML_DSA_SHA512, CKK_ML_DSA, CKP_ML_DSA_65, "Context",
	    "7beb8efaeff027b3f5d378c799f5b32fd82a3d60606bf9045ade48102f7a92fe" },
	{ CKM_HASH_ML_DSA_SHA512, CKK_ML_DSA, CKP_ML_DSA_87, "",
	    "2510eaf99e4db162cd42ad5b21be240077656d72493619459929dee8b17c3801" },
	{ CKM_HASH_ML_DSA_SHA512, CKK_ML_DSA, CKP_ML_DSA_87, "Context",
	    "61bf389963229bc842e63e0ff9d13915ce7fd929daa4ab56f17bd730c0598097" },
	{ CKM_SLH_DSA, CKK_SLH_DSA, CKP_SLH_DSA_SHA2_128S, "",
	    "3df5e9b2b271aa31b8fbf8bf80fc1576811bf11e643a2d84d20c5d11cf31deb8" },
	{ CKM_SLH_DSA, CKK_SLH_DSA, CKP_SLH_DSA_SHA2_128S, "Context",
	    "aa33b5783bbccaa407f16c0fc62fc44b96f3f4568f7977ddb2e5096b4c7d45c9" },
	{ CKM_HASH_SLH_DSA_SHA256, CKK_SLH_DSA, CKP_SLH_DSA_SHA2_128S,
	    "Context",
	    "9b72405d13b72cbc171e5fa01cede0b070ba3ddf649a885ce1659d3554eac4ca" },
	{ CKM_HASH_SLH_DSA_SHAKE128, CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_128S,
	    "Context",
	    "64823661a9c77af7cb8e7d9ed41e04ac870fda9ef7331549502846ac3c5e0fea" },
};

static const char *const slh_dsa_keys[] = {
	"ea3cb9a6e3c6e2574a88a6c07cec761c7aef9c860d926ffc1a887adcd1444beecd7f"
	"8b6b2ccb5a25159db6d5f0842f3e786ed185ca263bdd6d56ab45729de295",
	"45d2ed4b1a4282a86816f90778d60c1ee0d0112ec819703a614b533fed6c9dd149a7"
	"f1e167625e3825e8dc7496c0194dfcd7896233c73f422f82acc8ddb9898f",
};

static struct key *
key_elsewhere(CK_KEY_TYPE type, CK_ULONG set)
{
	uint8_t bytes[64];
	struct span all = { bytes, sizeof(bytes) };
	struct key_parts parts = { .class = CKO_PRIVATE_KEY, .type = type,
		.parameter_set = set };
	struct key *key = NULL;

	if (type == CKK_ML_DSA) {
		memset(bytes, 0x2a, 32);
		parts.seed = (struct span){ bytes, 32 };
	} else {
		ATF_REQUIRE_EQ(unhex(slh_dsa_keys[0], bytes), all.len);
		parts.value = all;
	}
	ATF_REQUIRE_EQ(key_new(&parts, &key), CKR_OK);
	return key;
}

ATF_TC_WITHOUT_HEAD(signatures__as_made_elsewhere);
ATF_TC_BODY(signatures__as_made_elsewhere, tc)
{
	static uint8_t sig[PQ_SIG_MAX];

	if (!pq_is_there(CKK_SLH_DSA, CKM_SLH_DSA))
		return;
	for (size_t i = 0; i < COUNT(made_elsewhere); i++) {
		const char *context = made_elsewhere[i].context;
		CK_SIGN_ADDITIONAL_CONTEXT with = {
			CKH_DETERMINISTIC_REQUIRED,
			(CK_BYTE *)(uintptr_t)context, strlen(context) };
		CK_MECHANISM m = { made_elsewhere[i].mech, &with,
			sizeof(with) };
		struct key *key = key_elsewhere(made_elsewhere[i].type,
		    made_elsewhere[i].set);
		uint8_t want[32], is[32];
		size_t len, is_len = sizeof(is);

		unhex(made_elsewhere[i].hash, want);
		ATF_REQUIRE_EQ(pq_sign(m, key,
		    (struct span){ "Hello world", 11 }, sig, &len), CKR_OK);
		ATF_REQUIRE_EQ(EVP_Q_digest(fixture_open(), "SHA256", NULL,
		    sig, len, is, &is_len), 1);
		ATF_CHECK_EQ_MSG(memcmp(is, want, sizeof(is)), 0, "row %zu",
		    i);
		key_put(key);
	}
}

/* The same key as PKCS #8, which has its seed alone. */
ATF_TC_WITHOUT_HEAD(ml_dsa__known_pkcs8);
ATF_TC_BODY(ml_dsa__known_pkcs8, tc)
{
	static const char hex[] = "3034020100300b060960864801650304031104228"
	    "0202a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a"
	    "2a2a";
	uint8_t der[54], begin[16];
	struct key_made made = { 0 };
	CK_KEY_TYPE type = 0;

	if (!pq_is_there(CKK_ML_DSA, CKM_ML_DSA))
		return;
	ATF_REQUIRE_EQ(unhex(hex, der), sizeof(der));
	ATF_REQUIRE_EQ(pkcs8_read((struct span){ der, sizeof(der) }, &type,
	    &made), CKR_OK);
	ATF_CHECK_EQ(type, CKK_ML_DSA);
	ATF_CHECK_EQ(made.parameter_set, CKP_ML_DSA_44);
	ATF_REQUIRE_EQ(made.seed.len, 32);
	ATF_CHECK_EQ(memcmp(made.seed.data, der + 22, 32), 0);
	unhex("db9ac67708f2ba0fac1f92bd802f9be8", begin);
	ATF_CHECK_EQ(memcmp(made.public_value.data, begin, 16), 0);
	key_made_wipe(&made);
	der[sizeof(der) - 33]--;
	ATF_CHECK_EQ(pkcs8_read((struct span){ der, sizeof(der) }, &type,
	    &made), CKR_WRAPPED_KEY_INVALID);
}

/* One round of an accumulated vector: a key by its seed, an encapsulation by
 * libcrypto, which can be told its randomness, and two decapsulations by ours:
 * of what was made and of any bytes. */
static void
kem_round(const struct pq_name *name, const uint8_t *drawn, size_t text_len,
    EVP_MD_CTX *all)
{
	struct key_parts parts = { .class = CKO_PRIVATE_KEY,
		.type = CKK_ML_KEM, .parameter_set = name->number,
		.seed = { drawn, 64 } };
	CK_MECHANISM m = { CKM_ML_KEM, NULL, 0 };
	const struct mech *mech = mech_find(CKM_ML_KEM);
	struct secret is = { NULL, 0 }, wrong = { NULL, 0 };
	struct key_made made = { 0 };
	struct key *key = NULL;
	uint8_t text[1568], shared[32];

	ATF_REQUIRE_EQ(key_new(&parts, &key), CKR_OK);
	ATF_REQUIRE_EQ(key_private_parts(key, &made), CKR_OK);
	pq_encapsulate(name->name, &made.public_value, drawn + 64, text,
	    text_len, shared);
	ATF_REQUIRE_EQ(mech_decapsulate(mech, &m, key,
	    (struct span){ text, text_len }, &is), CKR_OK);
	ATF_REQUIRE_EQ(is.len, sizeof(shared));
	ATF_CHECK_EQ(memcmp(is.data, shared, is.len), 0);
	ATF_REQUIRE_EQ(mech_decapsulate(mech, &m, key,
	    (struct span){ drawn + 96, text_len }, &wrong), CKR_OK);
	EVP_DigestUpdate(all, made.public_value.data, made.public_value.len);
	EVP_DigestUpdate(all, text, text_len);
	EVP_DigestUpdate(all, is.data, is.len);
	EVP_DigestUpdate(all, wrong.data, wrong.len);
	secret_wipe(&is);
	secret_wipe(&wrong);
	key_made_wipe(&made);
	key_put(key);
}

/* The hash of 100 rounds whose seeds are one stream. */
static void
check_rounds(const struct pq_name *name, size_t text_len,
    const char *want_hex)
{
	static uint8_t drawn[100 * (96 + 1568)];
	const size_t each = 96 + text_len;
	EVP_MD *shake = EVP_MD_fetch(fixture_open(), "SHAKE128", NULL);
	EVP_MD_CTX *all = EVP_MD_CTX_new(), *stream = EVP_MD_CTX_new();
	uint8_t want[32], is[32];

	unhex(want_hex, want);
	ATF_REQUIRE_EQ(EVP_DigestInit_ex2(stream, shake, NULL), 1);
	ATF_REQUIRE_EQ(EVP_DigestFinalXOF(stream, drawn, 100 * each), 1);
	ATF_REQUIRE_EQ(EVP_DigestInit_ex2(all, shake, NULL), 1);
	for (size_t i = 0; i < 100; i++)
		kem_round(name, drawn + i * each, text_len, all);
	ATF_REQUIRE_EQ(EVP_DigestFinalXOF(all, is, sizeof(is)), 1);
	ATF_CHECK_EQ(memcmp(is, want, sizeof(is)), 0);
	EVP_MD_CTX_free(all);
	EVP_MD_CTX_free(stream);
	EVP_MD_free(shake);
}

ATF_TC_WITHOUT_HEAD(ml_kem__known_answers);
ATF_TC_BODY(ml_kem__known_answers, tc)
{
	static const struct {
		size_t text_len;
		const char *hash;
	} answers[] = {
		{ 768, "86b1b4703b8ffef6f7f3290c6dbce4ad954498a0673ded401a948"
		    "28e8c519a59" },
		{ 1088, "1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d34"
		    "6696ce564415" },
		{ 1568, "800018fec3e2723f73f1d657fe239b4d5d8782efaade297e8cd4"
		    "48e54cc2ac00" },
	};

	if (!pq_is_there(CKK_ML_KEM, CKM_ML_KEM))
		return;
	for (size_t i = 0; i < COUNT(answers); i++)
		check_rounds(&pq_names[3 + i], answers[i].text_len,
		    answers[i].hash);
}

/* Private keys of NIST's sample of SLH-DSA-sigGen-FIPS205: their last quarters
 * are what the others make. */
ATF_TC_WITHOUT_HEAD(slh_dsa__known_roots);
ATF_TC_BODY(slh_dsa__known_roots, tc)
{
	uint8_t value[64];
	struct key_parts parts = { .class = CKO_PRIVATE_KEY,
		.type = CKK_SLH_DSA, .parameter_set = CKP_SLH_DSA_SHA2_128S,
		.value = { value, sizeof(value) } };

	if (!pq_is_there(CKK_SLH_DSA, CKM_SLH_DSA))
		return;
	for (size_t i = 0; i < 2 * COUNT(slh_dsa_keys); i++) {
		struct key *key = NULL;

		ATF_REQUIRE_EQ(unhex(slh_dsa_keys[i / 2], value),
		    sizeof(value));
		value[63] ^= i % 2;
		ATF_REQUIRE_EQ(key_new(&parts, &key), CKR_OK);
		ATF_CHECK_EQ(key_prove(key), i % 2 == 0
		    ? CKR_OK
		    : CKR_ATTRIBUTE_VALUE_INVALID);
		key_put(key);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ml_dsa__known_answers);
	ATF_TP_ADD_TC(tp, ml_dsa__known_signature);
	ATF_TP_ADD_TC(tp, signatures__as_made_elsewhere);
	ATF_TP_ADD_TC(tp, ml_dsa__known_pkcs8);
	ATF_TP_ADD_TC(tp, ml_kem__known_answers);
	ATF_TP_ADD_TC(tp, slh_dsa__known_roots);
	return atf_no_error();
}
