/* Known answers of FIPS 203 to 205: the vectors of C2SP (CCTV, Wycheproof)
 * and of NIST (ACVP). */
#include <atf-c.h>
#include <openssl/evp.h>
#include <string.h>

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

	pq_unhex(want_hex, want);
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
		ATF_REQUIRE_EQ(pq_unhex(begins[i], want), sizeof(want));
		ATF_REQUIRE_EQ(pq_sign(m, key,
		    (struct span){ "Hello world", 11 }, sig, &len), CKR_OK);
		ATF_CHECK_EQ(len, 2420);
		ATF_CHECK_EQ(memcmp(sig, want, sizeof(want)), 0);
	}
	key_put(key);
}

/* Private keys of NIST's sample of SLH-DSA-sigGen-FIPS205: their last quarters
 * are what the others make. */
ATF_TC_WITHOUT_HEAD(slh_dsa__known_roots);
ATF_TC_BODY(slh_dsa__known_roots, tc)
{
	static const char *const keys[] = {
		"ea3cb9a6e3c6e2574a88a6c07cec761c7aef9c860d926ffc1a887adcd1444"
		"beecd7f8b6b2ccb5a25159db6d5f0842f3e786ed185ca263bdd6d56ab4572"
		"9de295",
		"45d2ed4b1a4282a86816f90778d60c1ee0d0112ec819703a614b533fed6c9"
		"dd149a7f1e167625e3825e8dc7496c0194dfcd7896233c73f422f82acc8dd"
		"b9898f",
	};
	uint8_t value[64];
	struct key_parts parts = { .class = CKO_PRIVATE_KEY,
		.type = CKK_SLH_DSA, .parameter_set = CKP_SLH_DSA_SHA2_128S,
		.value = { value, sizeof(value) } };

	if (!pq_is_there(CKK_SLH_DSA, CKM_SLH_DSA))
		return;
	for (size_t i = 0; i < 2 * COUNT(keys); i++) {
		struct key *key = NULL;

		ATF_REQUIRE_EQ(pq_unhex(keys[i / 2], value), sizeof(value));
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
	ATF_TP_ADD_TC(tp, slh_dsa__known_roots);
	return atf_no_error();
}
