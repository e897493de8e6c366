/* ML-DSA and SLH-DSA signatures against plain libcrypto, in both directions,
 * and what is refused. */
#include <atf-c.h>
#include <openssl/evp.h>
#include <string.h>

#include "module/mech/op.h"
#include "module/mech/pq_fixture.h"

static const uint8_t message[] = "a message of some length, signed as a whole "
    "and in parts, itself or by its hash";
#define LEN sizeof(message)
static uint8_t context[255];

/* A signature by libcrypto: of the bytes themselves, or with its own way of
 * putting the context in front of them. */
struct theirs {
	int encoding, deterministic;
	struct span context;
};

static EVP_MD_CTX *
their_start(EVP_PKEY *pkey, const struct theirs *how, bool signs)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int encoding = how->encoding, deterministic = how->deterministic;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int("message-encoding", &encoding),
		OSSL_PARAM_construct_int("deterministic", &deterministic),
		OSSL_PARAM_construct_octet_string("context-string",
		    (void *)(uintptr_t)how->context.data, how->context.len),
		OSSL_PARAM_construct_end(),
	};

	if (how->context.len == 0)
		params[2] = params[3];
	ATF_REQUIRE(md != NULL);
	if (signs)
		ATF_REQUIRE_EQ(EVP_DigestSignInit_ex(md, NULL, NULL,
		    fixture_open(), NULL, pkey, params), 1);
	else
		ATF_REQUIRE_EQ(EVP_DigestVerifyInit_ex(md, NULL, NULL,
		    fixture_open(), NULL, pkey, params), 1);
	return md;
}

static size_t
their_sign(EVP_PKEY *pkey, const struct theirs *how, struct span in,
    uint8_t *out)
{
	EVP_MD_CTX *md = their_start(pkey, how, true);
	size_t len = PQ_SIG_MAX;

	ATF_REQUIRE_EQ(EVP_DigestSign(md, out, &len, in.data, in.len), 1);
	EVP_MD_CTX_free(md);
	return len;
}

static bool
their_verify(EVP_PKEY *pkey, const struct theirs *how, struct span in,
    const uint8_t *sig, size_t len)
{
	EVP_MD_CTX *md = their_start(pkey, how, false);
	int ok = EVP_DigestVerify(md, sig, len, in.data, in.len);

	EVP_MD_CTX_free(md);
	return ok == 1;
}

/* Of ours theirs and of theirs ours, and no other. */
static void
check_both_ways(CK_MECHANISM m, struct pq_pair *p, struct span in,
    const struct theirs *how, struct span theirs_in)
{
	static uint8_t sig[PQ_SIG_MAX];
	size_t len = their_sign(p->pkey, how, theirs_in, sig);

	ATF_CHECK_EQ(pq_verify(m, p->public, in, sig, len), CKR_OK);
	sig[len / 2] ^= 1;
	ATF_CHECK_EQ(pq_verify(m, p->public, in, sig, len),
	    CKR_SIGNATURE_INVALID);
	ATF_CHECK_EQ(pq_verify(m, p->public, in, sig, len - 1),
	    CKR_SIGNATURE_LEN_RANGE);
	memset(sig, 0, sizeof(sig));
	ATF_REQUIRE_EQ(pq_sign(m, p->private, in, sig, &len), CKR_OK);
	ATF_CHECK(their_verify(p->pkey, how, theirs_in, sig, len));
	sig[0] ^= 1;
	ATF_CHECK(!their_verify(p->pkey, how, theirs_in, sig, len));
}

/* Contexts of no byte, one, and the most; alternating on one key, so that
 * nothing of a prepared operation stays. */
static void
check_pure(CK_MECHANISM_TYPE type, struct pq_pair *p)
{
	static const size_t lengths[] = { 0, 255, 1, 0 };
	struct span in = { message, LEN };

	memset(context, 0xc7, sizeof(context));
	for (size_t i = 0; i < COUNT(lengths); i++) {
		CK_SIGN_ADDITIONAL_CONTEXT with = { CKH_HEDGE_PREFERRED,
			lengths[i] != 0 ? context : NULL, lengths[i] };
		CK_MECHANISM m = { type, &with, sizeof(with) };
		struct theirs how = { 1, 0, { context, lengths[i] } };

		check_both_ways(m, p, in, &how, in);
		if (lengths[i] == 0)
			check_both_ways((CK_MECHANISM){ type, NULL, 0 }, p,
			    in, &how, in);
	}
}

static void
check_pure_sets(CK_KEY_TYPE type, CK_MECHANISM_TYPE mech)
{
	if (!pq_is_there(type, mech))
		return;
	for (size_t i = 0; i < pq_name_count; i++) {
		struct pq_pair p;

		if (pq_names[i].type != type)
			continue;
		pq_pair_make(&pq_names[i], &p);
		check_pure(mech, &p);
		pq_pair_wipe(&p);
	}
}

ATF_TC_WITHOUT_HEAD(ml_dsa__both_ways_with_contexts);
ATF_TC_BODY(ml_dsa__both_ways_with_contexts, tc)
{
	check_pure_sets(CKK_ML_DSA, CKM_ML_DSA);
}

/* One way only: a signature of a small set takes up to a second. */
static void
check_one_way(CK_MECHANISM m, struct pq_pair *p, struct span in,
    const struct theirs *how, struct span theirs_in)
{
	static uint8_t sig[PQ_SIG_MAX];
	size_t len;

	ATF_REQUIRE_EQ(pq_sign(m, p->private, in, sig, &len), CKR_OK);
	ATF_CHECK(their_verify(p->pkey, how, theirs_in, sig, len));
	ATF_CHECK_EQ(pq_verify(m, p->public, in, sig, len), CKR_OK);
}

/* The sets whose names end so, each once. */
static void
check_sets(char kind, void (*check)(CK_MECHANISM m, struct pq_pair *p,
    struct span in, const struct theirs *how, struct span theirs_in))
{
	CK_SIGN_ADDITIONAL_CONTEXT with = { CKH_HEDGE_PREFERRED, context, 3 };
	CK_MECHANISM m = { CKM_SLH_DSA, &with, sizeof(with) };
	struct theirs how = { 1, 0, { context, 3 } };
	struct span in = { message, LEN };
	unsigned sets = 0;

	if (!pq_is_there(CKK_SLH_DSA, CKM_SLH_DSA))
		return;
	for (size_t i = 0; i < pq_name_count; i++) {
		const char *name = pq_names[i].name;
		struct pq_pair p;

		if (pq_names[i].type != CKK_SLH_DSA ||
		    name[strlen(name) - 1] != kind)
			continue;
		pq_pair_make(&pq_names[i], &p);
		check(m, &p, in, &how, in);
		pq_pair_wipe(&p);
		sets++;
	}
	ATF_CHECK_EQ(sets, 6);
}

ATF_TC_WITHOUT_HEAD(slh_dsa__fast_sets);
ATF_TC_BODY(slh_dsa__fast_sets, tc)
{
	check_sets('f', check_both_ways);
}

ATF_TC_WITHOUT_HEAD(slh_dsa__small_sets);
ATF_TC_BODY(slh_dsa__small_sets, tc)
{
	check_sets('s', check_one_way);
}

/* FIPS 204, algorithm 4, and FIPS 205, algorithm 23, once more: what libcrypto
 * signs as it stands. */
struct hash_row {
	CK_MECHANISM_TYPE ml_dsa, slh_dsa, digest;
	const char *md;
	size_t size;
	uint8_t arc;
};

static const struct hash_row hash_rows[] = {
	{ CKM_HASH_ML_DSA_SHA224, CKM_HASH_SLH_DSA_SHA224, CKM_SHA224, "SHA224", 28, 4 },
	{ CKM_HASH_ML_DSA_SHA256, CKM_HASH_SLH_DSA_SHA256, CKM_SHA256, "SHA256", 32, 1 },
	{ CKM_HASH_ML_DSA_SHA384, CKM_HASH_SLH_DSA_SHA384, CKM_SHA384, "SHA384", 48, 2 },
	{ CKM_HASH_ML_DSA_SHA512, CKM_HASH_SLH_DSA_SHA512, CKM_SHA512, "SHA512", 64, 3 },
	{ CKM_HASH_ML_DSA_SHA3_224, CKM_HASH_SLH_DSA_SHA3_224, CKM_SHA3_224, "SHA3-224", 28, 7 },
	{ CKM_HASH_ML_DSA_SHA3_256, CKM_HASH_SLH_DSA_SHA3_256, CKM_SHA3_256, "SHA3-256", 32, 8 },
	{ CKM_HASH_ML_DSA_SHA3_384, CKM_HASH_SLH_DSA_SHA3_384, CKM_SHA3_384, "SHA3-384", 48, 9 },
	{ CKM_HASH_ML_DSA_SHA3_512, CKM_HASH_SLH_DSA_SHA3_512, CKM_SHA3_512, "SHA3-512", 64, 10 },
	{ CKM_HASH_ML_DSA_SHAKE128, CKM_HASH_SLH_DSA_SHAKE128, CKM_SHAKE_128_KEY_DERIVATION, "SHAKE128", 32, 11 },
	{ CKM_HASH_ML_DSA_SHAKE256, CKM_HASH_SLH_DSA_SHAKE256, CKM_SHAKE_256_KEY_DERIVATION, "SHAKE256", 64, 12 },
};

static void
hash_message(const struct hash_row *row, uint8_t *out)
{
	EVP_MD *md = EVP_MD_fetch(fixture_open(), row->md, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	ATF_REQUIRE_EQ(EVP_DigestInit_ex2(ctx, md, NULL), 1);
	ATF_REQUIRE_EQ(EVP_DigestUpdate(ctx, message, LEN), 1);
	if (strncmp(row->md, "SHAKE", 5) == 0)
		ATF_REQUIRE_EQ(EVP_DigestFinalXOF(ctx, out, row->size), 1);
	else
		ATF_REQUIRE_EQ(EVP_DigestFinal_ex(ctx, out, NULL), 1);
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
}

static void
check_hash_row(CK_MECHANISM_TYPE hashes, CK_MECHANISM_TYPE hashed,
    const struct hash_row *row, struct pq_pair *p)
{
	CK_SIGN_ADDITIONAL_CONTEXT with = { CKH_HEDGE_REQUIRED, context, 7 };
	CK_HASH_SIGN_ADDITIONAL_CONTEXT of_hash = { CKH_HEDGE_REQUIRED,
		context, 7, row->digest };
	uint8_t whole[9 + 11 + 64] = { 1, 7 };
	uint8_t *hash = whole + 9 + 11;
	struct theirs how = { 0, 0, { NULL, 0 } };
	struct span theirs = { whole, 9 + 11 + row->size };

	memset(context, 0x5c, sizeof(context));
	memcpy(whole + 2, context, 7);
	memcpy(whole + 9, "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02", 10);
	whole[19] = row->arc;
	hash_message(row, hash);
	check_both_ways((CK_MECHANISM){ hashes, &with, sizeof(with) }, p,
	    (struct span){ message, LEN }, &how, theirs);
	check_both_ways((CK_MECHANISM){ hashed, &of_hash, sizeof(of_hash) }, p,
	    (struct span){ hash, row->size }, &how, theirs);
}

ATF_TC_WITHOUT_HEAD(ml_dsa__hashes_both_ways);
ATF_TC_BODY(ml_dsa__hashes_both_ways, tc)
{
	struct pq_pair p;

	if (!pq_is_there(CKK_ML_DSA, CKM_HASH_ML_DSA))
		return;
	pq_pair_make(&pq_names[1], &p);
	for (size_t i = 0; i < COUNT(hash_rows); i++)
		check_hash_row(hash_rows[i].ml_dsa, CKM_HASH_ML_DSA,
		    &hash_rows[i], &p);
	pq_pair_wipe(&p);
}

/* The fastest set, for what does not depend on it. */
static void
slh_dsa_pair(struct pq_pair *out)
{
	for (size_t i = 0; i < pq_name_count; i++)
		if (strcmp(pq_names[i].name, "SLH-DSA-SHA2-128f") == 0)
			pq_pair_make(&pq_names[i], out);
}

ATF_TC_WITHOUT_HEAD(slh_dsa__hashes_both_ways);
ATF_TC_BODY(slh_dsa__hashes_both_ways, tc)
{
	struct pq_pair p;

	if (!pq_is_there(CKK_SLH_DSA, CKM_HASH_SLH_DSA))
		return;
	slh_dsa_pair(&p);
	for (size_t i = 0; i < COUNT(hash_rows); i++)
		check_hash_row(hash_rows[i].slh_dsa, CKM_HASH_SLH_DSA,
		    &hash_rows[i], &p);
	pq_pair_wipe(&p);
}

/* Parts of any size give what the whole gives. */
static void
check_parts(CK_MECHANISM_TYPE type, struct pq_pair *p)
{
	const struct mech *m = mech_find(type);
	static uint8_t sig[PQ_SIG_MAX];
	size_t len = 0;

	for (size_t step = 1; step <= LEN + 1; step += 40) {
		ATF_REQUIRE_EQ(sign_parts(m, p->private, message, LEN, step,
		    sig, &len), CKR_OK);
		ATF_CHECK_EQ(verify_once(m, p->public, message, LEN, sig,
		    len), CKR_OK);
		ATF_CHECK_EQ(verify_parts(m, p->public, message, LEN, step,
		    sig, len), CKR_OK);
		ATF_CHECK_EQ(verify_parts(m, p->public, message, LEN - 1,
		    step, sig, len), CKR_SIGNATURE_INVALID);
	}
	ATF_REQUIRE_EQ(sign_once(m, p->private, NULL, 0, sig, &len), CKR_OK);
	ATF_CHECK_EQ(verify_parts(m, p->public, NULL, 0, 1, sig, len),
	    CKR_OK);
}

ATF_TC_WITHOUT_HEAD(ml_dsa__in_parts);
ATF_TC_BODY(ml_dsa__in_parts, tc)
{
	struct pq_pair p;
	struct op *op = NULL;
	CK_HASH_SIGN_ADDITIONAL_CONTEXT of = { 0, NULL, 0, CKM_SHA256 };
	CK_MECHANISM m = { CKM_HASH_ML_DSA, &of, sizeof(of) };

	if (!pq_is_there(CKK_ML_DSA, CKM_ML_DSA))
		return;
	pq_pair_make(&pq_names[0], &p);
	check_parts(CKM_ML_DSA, &p);
	check_parts(CKM_HASH_ML_DSA_SHA256, &p);
	check_parts(CKM_HASH_ML_DSA_SHAKE256, &p);
	ATF_REQUIRE_EQ(op_start(mech_find(CKM_HASH_ML_DSA), CKF_SIGN, &m,
	    p.private, &op), CKR_OK);
	ATF_CHECK_EQ(op_update(op, "x", 1, NULL, NULL),
	    CKR_FUNCTION_NOT_SUPPORTED);
	op_free(op);
	pq_pair_wipe(&p);
}

/* Hedged ones differ each time, deterministic ones never. */
static void
check_hedging(CK_MECHANISM_TYPE type, struct pq_pair *p)
{
	static const struct {
		CK_HEDGE_TYPE hedge;
		bool same;
	} rows[] = {
		{ CKH_HEDGE_PREFERRED, false },
		{ CKH_DETERMINISTIC_REQUIRED, true },
		{ CKH_HEDGE_REQUIRED, false },
		{ CKH_DETERMINISTIC_REQUIRED, true },
	};
	static uint8_t a[PQ_SIG_MAX], b[PQ_SIG_MAX];
	struct span in = { message, LEN };
	size_t len;

	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_SIGN_ADDITIONAL_CONTEXT with = { rows[i].hedge, NULL, 0 };
		CK_MECHANISM m = { type, &with, sizeof(with) };

		ATF_REQUIRE_EQ(pq_sign(m, p->private, in, a, &len), CKR_OK);
		ATF_REQUIRE_EQ(pq_sign(m, p->private, in, b, &len), CKR_OK);
		ATF_CHECK_EQ(memcmp(a, b, len) == 0, rows[i].same);
		ATF_CHECK_EQ(pq_verify(m, p->public, in, a, len), CKR_OK);
	}
}

ATF_TC_WITHOUT_HEAD(ml_dsa__hedged_or_deterministic);
ATF_TC_BODY(ml_dsa__hedged_or_deterministic, tc)
{
	struct pq_pair p;

	if (!pq_is_there(CKK_ML_DSA, CKM_ML_DSA))
		return;
	pq_pair_make(&pq_names[0], &p);
	check_hedging(CKM_ML_DSA, &p);
	check_hedging(CKM_HASH_ML_DSA_SHA512, &p);
	pq_pair_wipe(&p);
}

/* Parameters that are none. */
static void
check_parameters(CK_MECHANISM_TYPE pure, CK_MECHANISM_TYPE hashed,
    struct pq_pair *p)
{
	static uint8_t sig[PQ_SIG_MAX];
	uint8_t bytes[256] = { 0 };
	struct span in = { bytes, 32 };
	size_t len;
	const struct {
		CK_SIGN_ADDITIONAL_CONTEXT with;
		CK_ULONG size;
	} rows[] = {
		{ { 3, NULL, 0 }, sizeof(CK_SIGN_ADDITIONAL_CONTEXT) },
		{ { ~0UL, NULL, 0 }, sizeof(CK_SIGN_ADDITIONAL_CONTEXT) },
		{ { 0, NULL, 1 }, sizeof(CK_SIGN_ADDITIONAL_CONTEXT) },
		{ { 0, bytes, 256 }, sizeof(CK_SIGN_ADDITIONAL_CONTEXT) },
		{ { 0, bytes, ~0UL }, sizeof(CK_SIGN_ADDITIONAL_CONTEXT) },
		{ { 0, NULL, 0 }, sizeof(CK_SIGN_ADDITIONAL_CONTEXT) - 1 },
		{ { 0, NULL, 0 }, 0 },
	};
	const struct {
		CK_HASH_SIGN_ADDITIONAL_CONTEXT with;
		CK_RV rv;
	} hash_of[] = {
		{ { 0, NULL, 0, CKM_SHA256 }, CKR_OK },
		{ { 0, NULL, 0, CKM_SHA512_256 }, CKR_OK },
		{ { 0, NULL, 0, CKM_SHA384 }, CKR_DATA_LEN_RANGE },
		{ { 0, NULL, 0, CKM_SHA_1 }, CKR_MECHANISM_PARAM_INVALID },
		{ { 0, NULL, 0, CKM_ML_DSA }, CKR_MECHANISM_PARAM_INVALID },
		{ { 9, NULL, 0, CKM_SHA256 }, CKR_MECHANISM_PARAM_INVALID },
		{ { 0, NULL, 9, CKM_SHA256 }, CKR_MECHANISM_PARAM_INVALID },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_SIGN_ADDITIONAL_CONTEXT with = rows[i].with;
		CK_MECHANISM m = { pure, &with, rows[i].size };

		ATF_CHECK_EQ_MSG(pq_sign(m, p->private, in, sig, &len),
		    CKR_MECHANISM_PARAM_INVALID, "row %zu", i);
	}
	for (size_t i = 0; i < COUNT(hash_of); i++) {
		CK_HASH_SIGN_ADDITIONAL_CONTEXT with = hash_of[i].with;
		CK_MECHANISM m = { hashed, &with, sizeof(with) };

		ATF_CHECK_EQ_MSG(pq_sign(m, p->private, in, sig, &len),
		    hash_of[i].rv, "hash row %zu", i);
	}
	ATF_CHECK_EQ(pq_sign((CK_MECHANISM){ hashed, NULL, 0 }, p->private,
	    in, sig, &len), CKR_MECHANISM_PARAM_INVALID);
	/* who verifies is not asked how the signature came about */
	ATF_REQUIRE_EQ(pq_sign((CK_MECHANISM){ pure, NULL, 0 }, p->private,
	    in, sig, &len), CKR_OK);
	ATF_CHECK_EQ(pq_verify((CK_MECHANISM){ pure,
	    &(CK_SIGN_ADDITIONAL_CONTEXT){ 77, NULL, 0 },
	    sizeof(CK_SIGN_ADDITIONAL_CONTEXT) }, p->public, in, sig, len),
	    CKR_OK);
	ATF_CHECK_EQ(pq_verify((CK_MECHANISM){ pure, NULL, 0 }, p->private,
	    in, sig, len), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

ATF_TC_WITHOUT_HEAD(ml_dsa__wrong_parameters);
ATF_TC_BODY(ml_dsa__wrong_parameters, tc)
{
	struct pq_pair p;

	if (!pq_is_there(CKK_ML_DSA, CKM_HASH_ML_DSA))
		return;
	pq_pair_make(&pq_names[2], &p);
	check_parameters(CKM_ML_DSA, CKM_HASH_ML_DSA, &p);
	pq_pair_wipe(&p);
}

/* The same of SLH-DSA, whose keys and signatures take another way in
 * libcrypto. */
ATF_TC_WITHOUT_HEAD(slh_dsa__contexts_parts_and_parameters);
ATF_TC_BODY(slh_dsa__contexts_parts_and_parameters, tc)
{
	struct pq_pair p;

	if (!pq_is_there(CKK_SLH_DSA, CKM_SLH_DSA))
		return;
	slh_dsa_pair(&p);
	check_pure(CKM_SLH_DSA, &p);
	check_parts(CKM_SLH_DSA, &p);
	check_parts(CKM_HASH_SLH_DSA_SHA3_256, &p);
	check_hedging(CKM_SLH_DSA, &p);
	check_parameters(CKM_SLH_DSA, CKM_HASH_SLH_DSA, &p);
	pq_pair_wipe(&p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ml_dsa__both_ways_with_contexts);
	ATF_TP_ADD_TC(tp, ml_dsa__hashes_both_ways);
	ATF_TP_ADD_TC(tp, ml_dsa__in_parts);
	ATF_TP_ADD_TC(tp, ml_dsa__hedged_or_deterministic);
	ATF_TP_ADD_TC(tp, ml_dsa__wrong_parameters);
	ATF_TP_ADD_TC(tp, slh_dsa__fast_sets);
	ATF_TP_ADD_TC(tp, slh_dsa__small_sets);
	ATF_TP_ADD_TC(tp, slh_dsa__hashes_both_ways);
	ATF_TP_ADD_TC(tp, slh_dsa__contexts_parts_and_parameters);
	return atf_no_error();
}
