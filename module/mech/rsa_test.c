/* RSA: encryption both ways, lengths, and parameters that are refused. */
#include <atf-c.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <string.h>

#include "module/mech/mech_fixture.h"

static const struct {
	const char *md;
	CK_MECHANISM_TYPE hash;
	CK_RSA_PKCS_MGF_TYPE mgf;
	size_t len;
} hashes[] = {
	{ "SHA1", CKM_SHA_1, CKG_MGF1_SHA1, 20 },
	{ "SHA2-224", CKM_SHA224, CKG_MGF1_SHA224, 28 },
	{ "SHA2-256", CKM_SHA256, CKG_MGF1_SHA256, 32 },
	{ "SHA2-384", CKM_SHA384, CKG_MGF1_SHA384, 48 },
	{ "SHA2-512", CKM_SHA512, CKG_MGF1_SHA512, 64 },
	{ "SHA3-224", CKM_SHA3_224, CKG_MGF1_SHA3_224, 28 },
	{ "SHA3-256", CKM_SHA3_256, CKG_MGF1_SHA3_256, 32 },
	{ "SHA3-384", CKM_SHA3_384, CKG_MGF1_SHA3_384, 48 },
	{ "SHA3-512", CKM_SHA3_512, CKG_MGF1_SHA3_512, 64 },
};

static CK_RV
crypt_once(CK_MECHANISM_TYPE type, mech_use use, const void *param,
    size_t param_len, struct key *key, const void *in, size_t in_len,
    uint8_t out[1024], size_t *out_len)
{
	_cleanup_(op_freep) struct op *op = NULL;
	CK_MECHANISM m = { type, (void *)(uintptr_t)param, param_len };

	TRY(op_start(mech_find(type), use, &m, key, &op));
	ATF_CHECK(!op_is_multipart(op));
	return op_once(op, in, in_len, out, out_len);
}

/* Plain libcrypto's OAEP or, without a hash, PKCS #1 v1.5. */
static size_t
other_crypt(EVP_PKEY *pkey, bool encrypt, const char *md, const char *mgf,
    struct span label, const uint8_t *in, size_t in_len, uint8_t out[1024])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture_open(), pkey,
	    NULL);
	size_t len = 1024;

	ATF_REQUIRE_EQ((encrypt ? EVP_PKEY_encrypt_init :
	    EVP_PKEY_decrypt_init)(ctx), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_rsa_padding(ctx, md != NULL ?
	    RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING), 1);
	if (md != NULL) {
		ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, md,
		    NULL), 1);
		ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, mgf,
		    NULL), 1);
	}
	if (label.len != 0)
		ATF_REQUIRE_EQ(EVP_PKEY_CTX_set0_rsa_oaep_label(ctx,
		    OPENSSL_memdup(label.data, label.len), (int)label.len),
		    1);
	ATF_REQUIRE_EQ((encrypt ? EVP_PKEY_encrypt : EVP_PKEY_decrypt)(ctx,
	    out, &len, in, in_len), 1);
	EVP_PKEY_CTX_free(ctx);
	return len;
}

static void
check_oaep(struct pair *p, size_t h, size_t g, struct span label)
{
	CK_RSA_PKCS_OAEP_PARAMS oaep = { hashes[h].hash, hashes[g].mgf,
		CKZ_DATA_SPECIFIED, (void *)(uintptr_t)label.data,
		label.len };
	uint8_t text[256] = { 0, 1, 2 }, sealed[1024], plain[1024];
	size_t most = 256 - 2 - 2 * hashes[h].len, len;

	for (size_t n = 0; n <= most; n += most) {
		ATF_REQUIRE_EQ(crypt_once(CKM_RSA_PKCS_OAEP, CKF_ENCRYPT,
		    &oaep, sizeof(oaep), p->public, text, n, sealed, &len),
		    CKR_OK);
		ATF_REQUIRE_EQ(len, 256);
		ATF_CHECK_EQ(other_crypt(p->pkey, false, hashes[h].md,
		    hashes[g].md, label, sealed, len, plain), n);
		ATF_CHECK_EQ(memcmp(plain, text, n), 0);
		len = other_crypt(p->pkey, true, hashes[h].md, hashes[g].md,
		    label, text, n, sealed);
		ATF_REQUIRE_EQ(crypt_once(CKM_RSA_PKCS_OAEP, CKF_DECRYPT,
		    &oaep, sizeof(oaep), p->private, sealed, len, plain,
		    &len), CKR_OK);
		ATF_CHECK_EQ(len, n);
		ATF_CHECK_EQ(memcmp(plain, text, n), 0);
	}
	ATF_CHECK_EQ(crypt_once(CKM_RSA_PKCS_OAEP, CKF_ENCRYPT, &oaep,
	    sizeof(oaep), p->public, text, most + 1, sealed, &len),
	    CKR_DATA_LEN_RANGE);
}

ATF_TC_WITHOUT_HEAD(oaep__all_hashes_both_ways);
ATF_TC_BODY(oaep__all_hashes_both_ways, tc)
{
	static const struct span none = { NULL, 0 }, label = { "label\0x", 7 };
	struct pair p;

	pair_make("RSA-2048", &p);
	for (size_t h = 0; h < COUNT(hashes); h++) {
		check_oaep(&p, h, h, none);
		check_oaep(&p, h, h, label);
		check_oaep(&p, h, 0, none); /* MGF1 with SHA-1 */
		check_oaep(&p, h, (h + 1) % COUNT(hashes), label);
	}
	pair_wipe(&p);
}

/* A label must not be remembered for the next operation of the key. */
ATF_TC_WITHOUT_HEAD(oaep__labels_are_not_mixed_up);
ATF_TC_BODY(oaep__labels_are_not_mixed_up, tc)
{
	CK_RSA_PKCS_OAEP_PARAMS one = { CKM_SHA256, CKG_MGF1_SHA256,
		CKZ_DATA_SPECIFIED, (void *)(uintptr_t)"one", 3 };
	CK_RSA_PKCS_OAEP_PARAMS two = one, bare = one;
	uint8_t sealed[1024], plain[1024];
	size_t len;
	struct pair p;

	two.pSourceData = (void *)(uintptr_t)"two";
	bare.pSourceData = NULL;
	bare.ulSourceDataLen = 0;
	pair_make("RSA-2048", &p);
	ATF_REQUIRE_EQ(crypt_once(CKM_RSA_PKCS_OAEP, CKF_ENCRYPT, &one,
	    sizeof(one), p.public, "text", 4, sealed, &len), CKR_OK);
	ATF_CHECK_EQ(crypt_once(CKM_RSA_PKCS_OAEP, CKF_DECRYPT, &one,
	    sizeof(one), p.private, sealed, len, plain, &len), CKR_OK);
	len = 256;
	ATF_CHECK_EQ(crypt_once(CKM_RSA_PKCS_OAEP, CKF_DECRYPT, &two,
	    sizeof(two), p.private, sealed, len, plain, &len),
	    CKR_ENCRYPTED_DATA_INVALID);
	ATF_CHECK_EQ(crypt_once(CKM_RSA_PKCS_OAEP, CKF_DECRYPT, &bare,
	    sizeof(bare), p.private, sealed, 256, plain, &len),
	    CKR_ENCRYPTED_DATA_INVALID);
	ATF_CHECK_EQ(crypt_once(CKM_RSA_PKCS_OAEP, CKF_DECRYPT, &one,
	    sizeof(one), p.private, sealed, 256, plain, &len), CKR_OK);
	pair_wipe(&p);
}

/* Some clients leave the source out when they have no label. */
ATF_TC_WITHOUT_HEAD(oaep__no_label_needs_no_source);
ATF_TC_BODY(oaep__no_label_needs_no_source, tc)
{
	CK_RSA_PKCS_OAEP_PARAMS with = { CKM_SHA256, CKG_MGF1_SHA256,
		CKZ_DATA_SPECIFIED, NULL, 0 };
	CK_RSA_PKCS_OAEP_PARAMS without = with;
	uint8_t sealed[1024], plain[1024];
	size_t len;
	struct pair p;

	without.source = 0;
	pair_make("RSA-2048", &p);
	ATF_REQUIRE_EQ(crypt_once(CKM_RSA_PKCS_OAEP, CKF_ENCRYPT, &without,
	    sizeof(without), p.public, "text", 4, sealed, &len), CKR_OK);
	ATF_REQUIRE_EQ(crypt_once(CKM_RSA_PKCS_OAEP, CKF_DECRYPT, &with,
	    sizeof(with), p.private, sealed, len, plain, &len), CKR_OK);
	ATF_CHECK_EQ(len, 4);
	ATF_CHECK_EQ(memcmp(plain, "text", 4), 0);
	pair_wipe(&p);
}

ATF_TC_WITHOUT_HEAD(oaep__parameters_that_are_none);
ATF_TC_BODY(oaep__parameters_that_are_none, tc)
{
	const CK_RSA_PKCS_OAEP_PARAMS good = { CKM_SHA256, CKG_MGF1_SHA256,
		CKZ_DATA_SPECIFIED, NULL, 0 };
	CK_RSA_PKCS_OAEP_PARAMS bad[] = { good, good, good, good, good, good,
		good };
	CK_MECHANISM m = { CKM_RSA_PKCS_OAEP, NULL, 0 };
	struct op *op = NULL;
	struct pair p;

	bad[0].hashAlg = CKM_MD5;
	bad[1].hashAlg = CKM_SHA256_RSA_PKCS;
	bad[2].mgf = 0;
	bad[3].source = 0;
	bad[3].pSourceData = &bad[3];
	bad[3].ulSourceDataLen = 1;
	bad[4].ulSourceDataLen = 5;
	bad[5].pSourceData = &bad[5];
	bad[5].ulSourceDataLen = ~0UL;
	bad[6].hashAlg = CKM_SHA512_T;
	pair_make("RSA-2048", &p);
	for (size_t i = 0; i < COUNT(bad); i++) {
		m.pParameter = &bad[i];
		m.ulParameterLen = sizeof(bad[i]);
		ATF_CHECK_EQ_MSG(op_start(mech_find(m.mechanism), CKF_ENCRYPT,
		    &m, p.public, &op), CKR_MECHANISM_PARAM_INVALID,
		    "row %zu", i);
	}
	m.pParameter = &bad[0];
	for (CK_ULONG len = 0; len <= 2 * sizeof(good); len++) {
		m.ulParameterLen = len;
		ATF_CHECK_EQ(op_start(mech_find(m.mechanism), CKF_DECRYPT, &m,
		    p.private, &op), CKR_MECHANISM_PARAM_INVALID);
	}
	m.pParameter = NULL;
	m.ulParameterLen = sizeof(good);
	ATF_CHECK_EQ(op_start(mech_find(m.mechanism), CKF_DECRYPT, &m,
	    p.private, &op), CKR_MECHANISM_PARAM_INVALID);
	ATF_CHECK_EQ(op, NULL);
	pair_wipe(&p);
}

ATF_TC_WITHOUT_HEAD(pkcs1__encrypts_both_ways);
ATF_TC_BODY(pkcs1__encrypts_both_ways, tc)
{
	static const size_t lengths[] = { 0, 1, 48, 245 };
	static const struct span none = { NULL, 0 };
	uint8_t text[256] = { 0, 7 }, sealed[1024], plain[1024];
	struct pair p;
	size_t len;

	pair_make("RSA-2048", &p);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		ATF_REQUIRE_EQ(crypt_once(CKM_RSA_PKCS, CKF_ENCRYPT, NULL, 0,
		    p.public, text, lengths[i], sealed, &len), CKR_OK);
		ATF_CHECK_EQ(other_crypt(p.pkey, false, NULL, NULL, none,
		    sealed, len, plain), lengths[i]);
		ATF_CHECK_EQ(memcmp(plain, text, lengths[i]), 0);
		len = other_crypt(p.pkey, true, NULL, NULL, none, text,
		    lengths[i], sealed);
		ATF_REQUIRE_EQ(crypt_once(CKM_RSA_PKCS, CKF_DECRYPT, NULL, 0,
		    p.private, sealed, len, plain, &len), CKR_OK);
		ATF_CHECK_EQ(len, lengths[i]);
		ATF_CHECK_EQ(memcmp(plain, text, len), 0);
	}
	ATF_CHECK_EQ(crypt_once(CKM_RSA_PKCS, CKF_ENCRYPT, NULL, 0, p.public,
	    text, 246, sealed, &len), CKR_DATA_LEN_RANGE);
	ATF_CHECK_EQ(crypt_once(CKM_RSA_PKCS, CKF_DECRYPT, NULL, 0, p.private,
	    sealed, 255, plain, &len), CKR_ENCRYPTED_DATA_LEN_RANGE);
	ATF_CHECK_EQ(crypt_once(CKM_RSA_PKCS, CKF_DECRYPT, NULL, 0, p.private,
	    sealed, 257, plain, &len), CKR_ENCRYPTED_DATA_LEN_RANGE);
	memset(sealed, 0xff, 256); /* not below the modulus */
	ATF_CHECK_EQ(crypt_once(CKM_RSA_PKCS, CKF_DECRYPT, NULL, 0, p.private,
	    sealed, 256, plain, &len), CKR_ENCRYPTED_DATA_INVALID);
	pair_wipe(&p);
}

ATF_TC_WITHOUT_HEAD(pkcs1__raw_signatures_have_a_length);
ATF_TC_BODY(pkcs1__raw_signatures_have_a_length, tc)
{
	const struct mech *m;
	uint8_t text[256] = { 0, 1, 2 }, sig[1024];
	struct pair p;
	size_t len;

	pair_make("RSA-2048", &p);
	m = mech_find(CKM_RSA_PKCS);
	for (size_t n = 35; n <= 245; n += 35) {
		ATF_REQUIRE_EQ(sign_once(m, p.private, text, n, sig, &len),
		    CKR_OK);
		ATF_CHECK_EQ(len, 256);
		ATF_CHECK(other_verify(m, p.pkey, text, n, sig, len));
		ATF_CHECK_EQ(verify_once(m, p.public, text, n, sig, len),
		    CKR_OK);
	}
	ATF_CHECK_EQ(sign_once(m, p.private, text, 246, sig, &len),
	    CKR_DATA_LEN_RANGE);
	ATF_CHECK_EQ(sign_once(m, p.private, NULL, 0, sig, &len),
	    CKR_DATA_LEN_RANGE);
	ATF_CHECK_EQ(verify_once(m, p.public, text, 246, sig, 256),
	    CKR_DATA_LEN_RANGE);
	ATF_CHECK_EQ(verify_once(m, p.public, text, 32, sig, 255),
	    CKR_SIGNATURE_LEN_RANGE);
	ATF_CHECK_EQ(verify_once(m, p.public, text, 32, sig, 257),
	    CKR_SIGNATURE_LEN_RANGE);
	ATF_CHECK_EQ(verify_once(m, p.public, text, 32, sig, 0),
	    CKR_SIGNATURE_LEN_RANGE);
	ATF_CHECK_EQ(sign_parts(m, p.private, text, 32, 32, sig, &len),
	    CKR_FUNCTION_NOT_SUPPORTED);
	pair_wipe(&p);
}

static CK_RV
start_pss(CK_MECHANISM_TYPE type, mech_use use, const void *pss, size_t size,
    struct key *key)
{
	CK_MECHANISM m = { type, (void *)(uintptr_t)pss, size };
	struct op *op;

	TRY(op_start(mech_find(type), use, &m, key, &op));
	op_free(op);
	return CKR_OK;
}

ATF_TC_WITHOUT_HEAD(pss__parameters_fit_mechanism_and_key);
ATF_TC_BODY(pss__parameters_fit_mechanism_and_key, tc)
{
	static const struct {
		CK_MECHANISM_TYPE type;
		mech_use use;
		CK_RSA_PKCS_PSS_PARAMS pss;
		CK_RV rv;
	} rows[] = {
#define BAD CKR_MECHANISM_PARAM_INVALID
		{ CKM_SHA256_RSA_PKCS_PSS, CKF_SIGN,
		    { CKM_SHA256, CKG_MGF1_SHA256, 32 }, CKR_OK },
		{ CKM_SHA256_RSA_PKCS_PSS, CKF_SIGN,
		    { CKM_SHA256, CKG_MGF1_SHA1, 0 }, CKR_OK },
		{ CKM_SHA256_RSA_PKCS_PSS, CKF_SIGN,
		    { CKM_SHA256, CKG_MGF1_SHA256, 222 }, CKR_OK },
		{ CKM_SHA256_RSA_PKCS_PSS, CKF_SIGN,
		    { CKM_SHA256, CKG_MGF1_SHA256, 223 }, BAD },
		{ CKM_SHA256_RSA_PKCS_PSS, CKF_SIGN,
		    { CKM_SHA256, CKG_MGF1_SHA256, ~0UL }, BAD },
		{ CKM_SHA256_RSA_PKCS_PSS, CKF_SIGN,
		    { CKM_SHA384, CKG_MGF1_SHA256, 32 }, BAD },
		{ CKM_SHA256_RSA_PKCS_PSS, CKF_SIGN,
		    { CKM_SHA3_256, CKG_MGF1_SHA256, 32 }, BAD },
		{ CKM_SHA256_RSA_PKCS_PSS, CKF_SIGN,
		    { CKM_SHA256, 77, 32 }, BAD },
		{ CKM_SHA256_RSA_PKCS_PSS, CKF_SIGN,
		    { CKM_MD5, CKG_MGF1_SHA256, 32 }, BAD },
		{ CKM_RSA_PKCS_PSS, CKF_SIGN,
		    { CKM_SHA512, CKG_MGF1_SHA512, 64 }, CKR_OK },
		{ CKM_RSA_PKCS_PSS, CKF_SIGN,
		    { CKM_SHA_1, CKG_MGF1_SHA1, 20 }, CKR_OK },
		{ CKM_RSA_PKCS_PSS, CKF_VERIFY,
		    { CKM_SHA_1, CKG_MGF1_SHA1, 20 }, CKR_OK },
		{ CKM_SHA1_RSA_PKCS_PSS, CKF_SIGN,
		    { CKM_SHA_1, CKG_MGF1_SHA1, 20 }, CKR_OK },
	};
	struct pair p;

	pair_make("RSA-2048", &p);
	for (size_t i = 0; i < COUNT(rows); i++)
		ATF_CHECK_EQ_MSG(start_pss(rows[i].type, rows[i].use,
		    &rows[i].pss, sizeof(rows[i].pss),
		    rows[i].use == CKF_SIGN ? p.private : p.public),
		    rows[i].rv, "row %zu", i);
	for (size_t len = 0; len < 2 * sizeof(rows[0].pss); len++)
		if (len != sizeof(rows[0].pss))
			ATF_CHECK_EQ(start_pss(CKM_SHA256_RSA_PKCS_PSS,
			    CKF_SIGN, &rows[0].pss, len, p.private), BAD);
	ATF_CHECK_EQ(start_pss(CKM_SHA256_RSA_PKCS_PSS, CKF_SIGN, NULL,
	    sizeof(rows[0].pss), p.private), BAD);
	pair_wipe(&p);
}

ATF_TC_WITHOUT_HEAD(sha1__signs_by_policy);
ATF_TC_BODY(sha1__signs_by_policy, tc)
{
	static const struct {
		CK_MECHANISM_TYPE type;
		CK_RSA_PKCS_PSS_PARAMS pss;
		CK_RV modern;
	} rows[] = {
		{ CKM_SHA1_RSA_PKCS, { 0 }, CKR_MECHANISM_INVALID },
		{ CKM_SHA1_RSA_PKCS_PSS, { CKM_SHA_1, CKG_MGF1_SHA1, 20 },
		    CKR_MECHANISM_INVALID },
		{ CKM_RSA_PKCS_PSS, { CKM_SHA_1, CKG_MGF1_SHA1, 20 }, BAD },
	};
	struct pair p;

	pair_make("RSA-2048", &p);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_ULONG len = rows[i].pss.hashAlg != 0
		    ? sizeof(rows[i].pss)
		    : 0;

		mech_set_policy(POLICY_STANDARD);
		ATF_CHECK_EQ(start_pss(rows[i].type, CKF_SIGN, &rows[i].pss,
		    len, p.private), CKR_OK);
		mech_set_policy(POLICY_LEGACY);
		ATF_CHECK_EQ(start_pss(rows[i].type, CKF_SIGN, &rows[i].pss,
		    len, p.private), CKR_OK);
		mech_set_policy(POLICY_MODERN);
		ATF_CHECK_EQ(start_pss(rows[i].type, CKF_SIGN, &rows[i].pss,
		    len, p.private), rows[i].modern);
		ATF_CHECK_EQ(start_pss(rows[i].type, CKF_VERIFY,
		    &rows[i].pss, len, p.public), CKR_OK);
	}
	pair_wipe(&p);
}

/* The salt's length is part of what is verified. */
ATF_TC_WITHOUT_HEAD(pss__salt_has_the_length_asked_for);
ATF_TC_BODY(pss__salt_has_the_length_asked_for, tc)
{
	CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA256, CKG_MGF1_SHA256, 0 };
	CK_MECHANISM m = { CKM_RSA_PKCS_PSS, &pss, sizeof(pss) };
	static const CK_ULONG salts[] = { 0, 32, 222 };
	uint8_t hash[32] = { 9 }, sig[1024];
	struct pair p;
	struct op *op;
	size_t len;

	pair_make("RSA-2048", &p);
	for (size_t i = 0; i < COUNT(salts); i++) {
		pss.sLen = salts[i];
		ATF_REQUIRE_EQ(op_start(mech_find(m.mechanism), CKF_SIGN, &m,
		    p.private, &op), CKR_OK);
		ATF_REQUIRE_EQ(op_once(op, hash, 32, sig, &len), CKR_OK);
		op_free(op);
		for (size_t k = 0; k < COUNT(salts); k++) {
			pss.sLen = salts[k];
			ATF_REQUIRE_EQ(op_start(mech_find(m.mechanism),
			    CKF_VERIFY, &m, p.public, &op), CKR_OK);
			ATF_CHECK_EQ(op_verify_once(op, hash, 32, sig, len),
			    i == k ? CKR_OK : CKR_SIGNATURE_INVALID);
			op_free(op);
		}
	}
	ATF_CHECK_EQ(verify_once(mech_find(m.mechanism), p.public, hash, 31,
	    sig, len), CKR_DATA_LEN_RANGE);
	pair_wipe(&p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, oaep__all_hashes_both_ways);
	ATF_TP_ADD_TC(tp, oaep__labels_are_not_mixed_up);
	ATF_TP_ADD_TC(tp, oaep__no_label_needs_no_source);
	ATF_TP_ADD_TC(tp, oaep__parameters_that_are_none);
	ATF_TP_ADD_TC(tp, pkcs1__encrypts_both_ways);
	ATF_TP_ADD_TC(tp, pkcs1__raw_signatures_have_a_length);
	ATF_TP_ADD_TC(tp, pss__parameters_fit_mechanism_and_key);
	ATF_TP_ADD_TC(tp, sha1__signs_by_policy);
	ATF_TP_ADD_TC(tp, pss__salt_has_the_length_asked_for);
	return atf_no_error();
}
