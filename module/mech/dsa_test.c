/* DSA: every row against plain libcrypto, known answers, and the policy. */
#include <atf-c.h>
#include <openssl/ecdsa.h>
#include <string.h>

#include "common/ckname.h"
#include "module/mech/agree_fixture.h"
#include "module/mech/ffc_fixture.h"

static const uint8_t message[] = "sample";
#define LEN 6

/* DER <-> r and s side by side; the structure is ECDSA's too. */
static size_t
from_der(const uint8_t *der, size_t len, int half, uint8_t *out)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);

	ATF_REQUIRE(pair != NULL);
	BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, half);
	BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + half, half);
	ECDSA_SIG_free(pair);
	return 2 * (size_t)half;
}

static size_t
to_der(const uint8_t *sig, size_t len, unsigned char *out)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	int half = (int)len / 2, n;

	ECDSA_SIG_set0(pair, BN_bin2bn(sig, half, NULL),
	    BN_bin2bn(sig + half, half, NULL));
	n = i2d_ECDSA_SIG(pair, &out);
	ECDSA_SIG_free(pair);
	return (size_t)n;
}

/* Both read all of the message, or without a digest take it as one. */
static size_t
their_signature(const struct mech *m, const struct pair *p, uint8_t *out)
{
	uint8_t der[SECRET_MAX];
	size_t len = sizeof(der);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL;

	if (m->md != NULL) {
		ATF_REQUIRE_EQ(EVP_DigestSignInit_ex(md, NULL, m->md,
		    fixture_open(), NULL, p->pkey, NULL), 1);
		ATF_REQUIRE_EQ(EVP_DigestSign(md, der, &len, message, LEN),
		    1);
	} else {
		ctx = EVP_PKEY_CTX_new_from_pkey(fixture_open(), p->pkey,
		    NULL);
		ATF_REQUIRE_EQ(EVP_PKEY_sign_init(ctx), 1);
		ATF_REQUIRE_EQ(EVP_PKEY_sign(ctx, der, &len, message, LEN),
		    1);
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_MD_CTX_free(md);
	return from_der(der, len, (int)p->public_parts.subprime.len, out);
}

static bool
they_verify(const struct mech *m, const struct pair *p, const uint8_t *sig,
    size_t sig_len)
{
	uint8_t der[SECRET_MAX];
	size_t len = to_der(sig, sig_len, der);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL;
	int ok;

	if (m->md != NULL) {
		ATF_REQUIRE_EQ(EVP_DigestVerifyInit_ex(md, NULL, m->md,
		    fixture_open(), NULL, p->pkey, NULL), 1);
		ok = EVP_DigestVerify(md, der, len, message, LEN);
	} else {
		ctx = EVP_PKEY_CTX_new_from_pkey(fixture_open(), p->pkey,
		    NULL);
		ATF_REQUIRE_EQ(EVP_PKEY_verify_init(ctx), 1);
		ok = EVP_PKEY_verify(ctx, der, len, message, LEN);
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_MD_CTX_free(md);
	return ok == 1;
}

static void
check_row(const struct mech *m, struct pair *p)
{
	const char *name = ckname_mechanism(m->type);
	uint8_t sig[SECRET_MAX];
	size_t len = their_signature(m, p, sig);

	ATF_CHECK_EQ_MSG(verify_once(m, p->public, message, LEN, sig, len),
	    CKR_OK, "%s", name);
	sig[len - 1] ^= 1;
	ATF_CHECK_EQ(verify_once(m, p->public, message, LEN, sig, len),
	    CKR_SIGNATURE_INVALID);
	ATF_CHECK_EQ(verify_once(m, p->public, message, LEN, sig, len + 2),
	    CKR_SIGNATURE_LEN_RANGE);
	ATF_CHECK_EQ(verify_once(m, p->public, message, LEN, sig, len - 1),
	    CKR_SIGNATURE_LEN_RANGE);
	mech_set_policy(POLICY_STANDARD);
	ATF_CHECK_EQ(sign_once(m, p->private, message, LEN, sig, &len),
	    CKR_MECHANISM_INVALID);
	mech_set_policy(POLICY_LEGACY);
	for (int i = 0; i < 2; i++) {
		ATF_REQUIRE_EQ_MSG(sign_once(m, p->private, message, LEN, sig,
		    &len), CKR_OK, "%s", name);
		ATF_CHECK_EQ(len, 2 * p->public_parts.subprime.len);
		ATF_CHECK_MSG(they_verify(m, p, sig, len), "%s", name);
	}
}

static void
check_rows(const char *pair)
{
	struct pair p;
	unsigned rows = 0;

	ffc_pair_make(pair, &p);
	mech_set_policy(POLICY_LEGACY);
	for (size_t i = 0; i < mech_count(); i++) {
		const struct mech *m = mech_at(i);

		if (m->key_type != CKK_DSA || (m->flags & CKF_VERIFY) == 0)
			continue;
		rows++;
		check_row(m, &p);
	}
	ATF_CHECK_EQ(rows, 10);
	pair_wipe(&p);
}

ATF_TC_WITHOUT_HEAD(dsa_1024__every_row);
ATF_TC_BODY(dsa_1024__every_row, tc)
{
	check_rows("DSA-1024");
}

ATF_TC_WITHOUT_HEAD(dsa_2048__every_row);
ATF_TC_BODY(dsa_2048__every_row, tc)
{
	check_rows("DSA-2048");
}

/* RFC 6979 A.2.1, message "sample". */
static const char prime[] =
    "86f5ca03dcfeb225063ff830a0c769b9dd9d6153ad91d7ce27f787c43278b447"
    "e6533b86b18bed6e8a48b784a14c252c5be0dbf60b86d6385bd2f12fb763ed88"
    "73abfd3f5ba2e0a8c0a59082eac056935e529daf7c610467899c77adedfc846c"
    "881870b7b19b2b58f9be0521a17002e3bdd6b86685ee90b3d9a1b02b782b1779";
static const char subprime[] = "996f967f6c8e388d9e28d01e205fba957a5698b1";
static const char base[] =
    "07b0f92546150b62514bb771e2a0c0ce387f03bda6c56b505209ff25fd3c133d"
    "89bbcd97e904e09114d9a7defdeadfc9078ea544d2e401aeecc40bb9fbbf78fd"
    "87995a10a1c27cb7789b594ba7efb5c4326a9fe59a070e136db77175464adca4"
    "17be5dce2f40d10a46a3a3943f26ab7fd9c0398ff8c76ee0a56826a8a88f1dbd";
static const char value[] =
    "5df5e01ded31d0297e274e1691c192fe5868fef9e19a84776454b100cf16f653"
    "92195a38b90523e2542ee61871c0440cb87c322fc4b4d2ec5e1e7ec766e1be8d"
    "4ce935437dc11c3c8fd426338933ebfe739cb3465f4d3668c5e473508253b1e6"
    "82f65cbdc4fae93c2ea212390e54905a86e2223170b44eaa7da5dd9ffcfb7f3b";

static const struct {
	CK_MECHANISM_TYPE mech;
	const char *sig;
} answers[] = {
	{ CKM_DSA_SHA1, "2e1a0c2562b2912caaf89186fb0f42001585da55"
	    "29efb6b0aff2d7a68eb70ca313022253b9a88df5" },
	{ CKM_DSA_SHA256, "81f2f5850be5bc123c43f71a3033e9384611c545"
	    "4cdd914b65eb6c66a8aaad27299bee6b035f5e89" },
};

ATF_TC_WITHOUT_HEAD(dsa__known_answers);
ATF_TC_BODY(dsa__known_answers, tc)
{
	uint8_t p[128], q[20], g[128], y[128], sig[SECRET_MAX];
	struct key_parts parts = { .class = CKO_PUBLIC_KEY, .type = CKK_DSA };
	struct key *key = NULL;

	fixture_open();
	parts.prime = (struct span){ p, hex_bytes(prime, p) };
	parts.subprime = (struct span){ q, hex_bytes(subprime, q) };
	parts.base = (struct span){ g, hex_bytes(base, g) };
	parts.value = (struct span){ y, hex_bytes(value, y) };
	ATF_REQUIRE_EQ(key_new(&parts, &key), CKR_OK);
	for (size_t i = 0; i < COUNT(answers); i++) {
		const struct mech *m = mech_find(answers[i].mech);
		size_t len = hex_bytes(answers[i].sig, sig);

		ATF_CHECK_EQ(verify_once(m, key, message, LEN, sig, len),
		    CKR_OK);
		ATF_CHECK_EQ(verify_once(m, key, "Sample", LEN, sig, len),
		    CKR_SIGNATURE_INVALID);
	}
	key_put(key);
}

ATF_TC_WITHOUT_HEAD(dsa__generates_under_legacy);
ATF_TC_BODY(dsa__generates_under_legacy, tc)
{
	uint8_t p[128], q[20], g[128], sig[SECRET_MAX];
	CK_MECHANISM how = { CKM_DSA_KEY_PAIR_GEN, NULL, 0 };
	struct generate_args args = { .prime = { p, hex_bytes(prime, p) },
		.subprime = { q, hex_bytes(subprime, q) },
		.base = { g, hex_bytes(base, g) } };
	struct key_parts parts = { .class = CKO_PRIVATE_KEY, .type = CKK_DSA,
		.prime = args.prime, .subprime = args.subprime,
		.base = args.base };
	struct key *private = NULL, *public = NULL;
	struct key_made made = { 0 };
	const struct mech *m;
	CK_KEY_TYPE type;
	size_t len;

	fixture_open();
	ATF_CHECK(mech_find(CKM_DSA_KEY_PAIR_GEN) == NULL);
	mech_set_policy(POLICY_LEGACY);
	ATF_REQUIRE_EQ(mech_generate(mech_find(CKM_DSA_KEY_PAIR_GEN), &how,
	    &args, &type, &made), CKR_OK);
	ATF_CHECK_EQ(type, CKK_DSA);
	parts.value = (struct span){ made.value.data, made.value.len };
	ATF_REQUIRE_EQ(key_new(&parts, &private), CKR_OK);
	parts.class = CKO_PUBLIC_KEY;
	parts.value = (struct span){ made.public_value.data,
		made.public_value.len };
	ATF_REQUIRE_EQ(key_new(&parts, &public), CKR_OK);
	m = mech_find(CKM_DSA_SHA256);
	ATF_REQUIRE_EQ(sign_once(m, private, message, LEN, sig, &len),
	    CKR_OK);
	ATF_CHECK_EQ(verify_once(m, public, message, LEN, sig, len), CKR_OK);
	key_put(private);
	key_put(public);
	key_made_wipe(&made);
}

ATF_TC_WITHOUT_HEAD(policy__signatures_that_are_dated);
ATF_TC_BODY(policy__signatures_that_are_dated, tc)
{
	static const struct {
		CK_MECHANISM_TYPE mech;
		bool modern, standard, legacy;
	} rows[] = {
		{ CKM_SHA1_RSA_PKCS, false, true, true },
		{ CKM_ECDSA_SHA1, false, true, true },
		{ CKM_ECDSA_SHA256, true, true, true },
		{ CKM_DSA, false, false, true },
		{ CKM_DSA_SHA256, false, false, true },
	};

	fixture_open();
	for (size_t i = 0; i < COUNT(rows); i++) {
		const bool wanted[] = { [POLICY_STANDARD] = rows[i].standard,
			[POLICY_MODERN] = rows[i].modern,
			[POLICY_LEGACY] = rows[i].legacy };

		for (int p = POLICY_STANDARD; p <= POLICY_LEGACY; p++) {
			const struct mech *m = mech_find(rows[i].mech);

			mech_set_policy((enum mech_policy)p);
			ATF_CHECK_EQ_MSG((mech_flags(m) & CKF_SIGN) != 0,
			    wanted[p], "row %zu, policy %d", i, p);
			ATF_CHECK((mech_flags(m) & CKF_VERIFY) != 0);
		}
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, dsa_1024__every_row);
	ATF_TP_ADD_TC(tp, dsa_2048__every_row);
	ATF_TP_ADD_TC(tp, dsa__known_answers);
	ATF_TP_ADD_TC(tp, dsa__generates_under_legacy);
	ATF_TP_ADD_TC(tp, policy__signatures_that_are_dated);
	return atf_no_error();
}
