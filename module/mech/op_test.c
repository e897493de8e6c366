/* Operations: what start refuses, state, ECDSA's and EdDSA's own rules. */
#include <atf-c.h>
#include <openssl/err.h>
#include <string.h>

#include "common/ckname.h"
#include "module/mech/mech_fixture.h"

static CK_RV
start(const struct mech *mech, mech_use use, struct key *key)
{
	CK_MECHANISM m = mechanism_make(mech);
	struct op *op;

	TRY(op_start(mech, use, &m, key, &op));
	op_free(op);
	return CKR_OK;
}

static const mech_use uses[] = { CKF_ENCRYPT, CKF_DECRYPT, CKF_DIGEST,
	CKF_SIGN, CKF_VERIFY, CKF_GENERATE, CKF_GENERATE_KEY_PAIR };

/* Every row, every use, every key: only the row's own key is taken. */
ATF_TC_WITHOUT_HEAD(start__takes_the_right_keys_only);
ATF_TC_BODY(start__takes_the_right_keys_only, tc)
{
	struct pair p[3];
	struct key *keys[8];
	CK_KEY_TYPE types[] = { CKK_RSA, CKK_RSA, CKK_EC, CKK_EC,
		CKK_EC_EDWARDS, CKK_EC_EDWARDS, CKK_GENERIC_SECRET, CKK_AES };

	pair_make("RSA-2048", &p[0]);
	pair_make("P-256", &p[1]);
	pair_make("ED25519", &p[2]);
	for (size_t i = 0; i < 3; i++) {
		keys[2 * i] = p[i].private;
		keys[2 * i + 1] = p[i].public;
	}
	keys[6] = secret_key_make(types[6], "0123456789abcdef", 16);
	keys[7] = secret_key_make(types[7], "0123456789abcdef", 16);
	for (size_t i = 0; i < mech_count(); i++) {
		const struct mech *m = mech_at(i);

		for (size_t u = 0; u < COUNT(uses); u++)
			for (size_t k = 0; k < COUNT(keys); k++) {
				bool private = uses[u] == CKF_SIGN ||
				    uses[u] == CKF_DECRYPT;
				bool right = (mech_flags(m) & uses[u]) != 0 &&
				    u < 5 && m->key_type == types[k] &&
				    (k >= 6 || (k % 2 == 0) == private);
				CK_RV rv;

				if (m->type == CKM_RSA_PKCS_OAEP)
					continue; /* its parameter: rsa_test */
				rv = start(m, uses[u], keys[k]);
				ATF_CHECK_MSG((rv == CKR_OK) == right,
				    "%s: use %zu, key %zu: 0x%lx",
				    ckname_mechanism(m->type), u, k, rv);
			}
	}
	key_put(keys[6]);
	key_put(keys[7]);
	for (size_t i = 0; i < 3; i++)
		pair_wipe(&p[i]);
}

ATF_TC_WITHOUT_HEAD(start__names_what_is_wrong_with_the_key);
ATF_TC_BODY(start__names_what_is_wrong_with_the_key, tc)
{
	struct pair rsa, ec;

	pair_make("RSA-512", &rsa);
	pair_make("P-256", &ec);
	ATF_CHECK_EQ(start(mech_find(CKM_SHA256_RSA_PKCS), CKF_SIGN,
	    rsa.private), CKR_KEY_SIZE_RANGE);
	ATF_CHECK_EQ(start(mech_find(CKM_SHA256_RSA_PKCS), CKF_VERIFY,
	    rsa.public), CKR_KEY_SIZE_RANGE);
	ATF_CHECK_EQ(start(mech_find(CKM_ECDSA), CKF_SIGN, NULL),
	    CKR_KEY_NEEDED);
	ATF_CHECK_EQ(start(mech_find(CKM_SHA256), CKF_DIGEST, ec.public),
	    CKR_KEY_NOT_NEEDED);
	ATF_CHECK_EQ(start(mech_find(CKM_ECDSA), CKF_SIGN, rsa.private),
	    CKR_KEY_TYPE_INCONSISTENT);
	ATF_CHECK_EQ(start(mech_find(CKM_ECDSA), CKF_SIGN, ec.public),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	ATF_CHECK_EQ(start(mech_find(CKM_ECDSA), CKF_ENCRYPT, ec.public),
	    CKR_MECHANISM_INVALID);
	pair_wipe(&rsa);
	pair_wipe(&ec);
}

/* Mechanisms without a parameter take none; lengths of a MAC have bounds. */
ATF_TC_WITHOUT_HEAD(start__parameters);
ATF_TC_BODY(start__parameters, tc)
{
	struct key *key;
	struct pair p;
	struct op *op;
	CK_ULONG n = 0;
	CK_MECHANISM m = { CKM_ECDSA, &n, sizeof(n) };

	pair_make("P-256", &p);
	key = secret_key_make(CKK_GENERIC_SECRET, "k", 1);
	ATF_CHECK_EQ(op_start(mech_find(CKM_ECDSA), CKF_SIGN, &m, p.private,
	    &op), CKR_MECHANISM_PARAM_INVALID);
	m.ulParameterLen = 0; /* a pointer to nothing is nothing */
	ATF_REQUIRE_EQ(op_start(mech_find(CKM_ECDSA), CKF_SIGN, &m, p.private,
	    &op), CKR_OK);
	op_free(op);
	for (n = 0; n <= 40; n++) {
		CK_RV want = n >= 1 && n <= 32 ? CKR_OK :
		    CKR_MECHANISM_PARAM_INVALID;

		m.ulParameterLen = sizeof(n);
		op = NULL;
		ATF_CHECK_EQ(op_start(mech_find(CKM_SHA256_HMAC_GENERAL),
		    CKF_SIGN, &m, key, &op), want);
		if (op != NULL) {
			ATF_CHECK_EQ(op_size(op, 100), n);
			op_free(op);
		}
	}
	m.pParameter = NULL;
	ATF_CHECK_EQ(op_start(mech_find(CKM_SHA256_HMAC_GENERAL), CKF_SIGN,
	    &m, key, &op), CKR_MECHANISM_PARAM_INVALID);
	key_put(key);
	pair_wipe(&p);
}

/* One that was given up in the middle leaves nothing to the next. */
ATF_TC_WITHOUT_HEAD(op__given_up_and_started_again);
ATF_TC_BODY(op__given_up_and_started_again, tc)
{
	static const CK_MECHANISM_TYPE types[] = { CKM_ECDSA_SHA256,
		CKM_SHA256_HMAC };
	struct pair p;
	uint8_t sig[1024], again[1024];
	size_t len, none;
	struct op *op;
	struct key *keys[2];

	pair_make("P-256", &p);
	keys[0] = p.private;
	keys[1] = secret_key_make(CKK_GENERIC_SECRET, "key", 3);
	for (size_t i = 0; i < COUNT(types); i++) {
		const struct mech *m = mech_find(types[i]);
		CK_MECHANISM how = { types[i], NULL, 0 };

		ATF_REQUIRE_EQ(op_start(m, CKF_SIGN, &how, keys[i], &op),
		    CKR_OK);
		ATF_REQUIRE_EQ(op_update(op, "left over", 9, NULL, &none),
		    CKR_OK);
		op_free(op);
		ATF_REQUIRE_EQ(sign_once(m, keys[i], "x", 1, sig, &len),
		    CKR_OK);
		if (i == 0)
			ATF_CHECK(other_verify(m, p.pkey, "x", 1, sig, len));
		ATF_REQUIRE_EQ(sign_parts(m, keys[i], "x", 1, 1, again, &len),
		    CKR_OK);
		if (i == 1)
			ATF_CHECK_EQ(memcmp(sig, again, len), 0);
	}
	key_put(keys[1]);
	pair_wipe(&p);
}

ATF_TC_WITHOUT_HEAD(op__answers_no_more_after_its_end);
ATF_TC_BODY(op__answers_no_more_after_its_end, tc)
{
	CK_MECHANISM how = { CKM_EDDSA, NULL, 0 };
	uint8_t sig[1024];
	struct pair p;
	struct op *op;
	size_t len;

	pair_make("ED25519", &p);
	ATF_REQUIRE_EQ(op_start(mech_find(CKM_EDDSA), CKF_SIGN, &how,
	    p.private, &op), CKR_OK);
	ATF_REQUIRE_EQ(op_once(op, "x", 1, sig, &len), CKR_OK);
	ATF_CHECK_EQ(op_once(op, "x", 1, sig, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	ATF_CHECK_EQ(op_update(op, "x", 1, NULL, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	ATF_CHECK_EQ(op_final(op, sig, &len), CKR_OPERATION_NOT_INITIALIZED);
	op_free(op);
	pair_wipe(&p);
}

/* Failures leave the application's error queue as it was. */
ATF_TC_WITHOUT_HEAD(op__leaves_the_error_queue_alone);
ATF_TC_BODY(op__leaves_the_error_queue_alone, tc)
{
	uint8_t sig[256] = { 1 };
	struct pair p;

	pair_make("RSA-2048", &p);
	ERR_clear_error();
	ATF_CHECK_EQ(verify_once(mech_find(CKM_SHA256_RSA_PKCS), p.public,
	    "x", 1, sig, sizeof(sig)), CKR_SIGNATURE_INVALID);
	ATF_CHECK_EQ(ERR_peek_error(), 0);
	ERR_raise(ERR_LIB_USER, 1);
	ATF_CHECK_EQ(verify_once(mech_find(CKM_SHA256_RSA_PKCS), p.public,
	    "x", 1, sig, sizeof(sig)), CKR_SIGNATURE_INVALID);
	ATF_CHECK_EQ(ERR_GET_REASON(ERR_get_error()), 1);
	ATF_CHECK_EQ(ERR_peek_error(), 0);
	pair_wipe(&p);
}

/* CKM_ECDSA takes any digest and uses the leftmost bits of the order's size. */
ATF_TC_WITHOUT_HEAD(ecdsa__raw_input_is_truncated);
ATF_TC_BODY(ecdsa__raw_input_is_truncated, tc)
{
	static const char *const curves[] = { "P-256", "P-384", "P-521" };
	static const size_t lengths[] = { 1, 20, 32, 48, 64, 66, 67, 128 };
	uint8_t hash[128], sig[1024];
	size_t len;

	for (size_t i = 0; i < sizeof(hash); i++)
		hash[i] = (uint8_t)(0xc3 ^ i);
	for (size_t c = 0; c < COUNT(curves); c++) {
		const struct mech *m = NULL;
		struct pair p;

		pair_make(curves[c], &p);
		m = mech_find(CKM_ECDSA);
		for (size_t i = 0; i < COUNT(lengths); i++) {
			ATF_REQUIRE_EQ(sign_once(m, p.private, hash,
			    lengths[i], sig, &len), CKR_OK);
			ATF_CHECK(other_verify(m, p.pkey, hash, lengths[i],
			    sig, len));
			ATF_CHECK_EQ(verify_once(m, p.public, hash,
			    lengths[i], sig, len), CKR_OK);
			if (c == 0 && lengths[i] > 32)
				ATF_CHECK_EQ(verify_once(m, p.public, hash,
				    32, sig, len), CKR_OK);
		}
		pair_wipe(&p);
	}
}

/* Both halves may be shorter than the order, but alike. */
ATF_TC_WITHOUT_HEAD(ecdsa__lengths_of_a_signature);
ATF_TC_BODY(ecdsa__lengths_of_a_signature, tc)
{
	static const size_t wrong[] = { 0, 1, 63, 131, 133, 134, 264 };
	const struct mech *m;
	uint8_t sig[1024] = { 0 };
	bool seen = false;
	struct pair p;
	size_t len;

	pair_make("P-521", &p);
	m = mech_find(CKM_ECDSA_SHA256);
	for (size_t i = 0; i < COUNT(wrong); i++)
		ATF_CHECK_EQ(verify_once(m, p.public, "x", 1, sig, wrong[i]),
		    CKR_SIGNATURE_LEN_RANGE);
	ATF_CHECK_EQ(verify_once(m, p.public, "x", 1, sig, 132),
	    CKR_SIGNATURE_INVALID);
	/* the first byte of a half has one bit: in a fourth of all signatures
	 * both are zero */
	for (int i = 0; i < 400 && !seen; i++) {
		ATF_REQUIRE_EQ(sign_once(m, p.private, "x", 1, sig, &len),
		    CKR_OK);
		seen = sig[0] == 0 && sig[66] == 0;
	}
	ATF_REQUIRE(seen);
	memmove(sig, sig + 1, 65);
	memmove(sig + 65, sig + 67, 65);
	ATF_CHECK_EQ(verify_once(m, p.public, "x", 1, sig, 130), CKR_OK);
	pair_wipe(&p);
}

ATF_TC_WITHOUT_HEAD(eddsa__parameter_is_optional);
ATF_TC_BODY(eddsa__parameter_is_optional, tc)
{
	static const struct {
		CK_EDDSA_PARAMS eddsa;
		CK_RV rv; /* where libcrypto has pure EdDSA only */
	} rows[] = {
		{ { CK_FALSE, 0, NULL }, CKR_OK },
		{ { CK_TRUE, 0, NULL }, CKR_MECHANISM_PARAM_INVALID },
		{ { CK_FALSE, 3, (CK_BYTE *)(uintptr_t)"ctx" },
		    CKR_MECHANISM_PARAM_INVALID },
	};
	CK_EDDSA_PARAMS wild = { CK_FALSE, 3, NULL };
	bool has_schemes = OpenSSL_version_num() >= 0x30200000UL;
	struct pair p;
	struct op *op;
	uint8_t sig[1024], plain[1024];
	size_t len;

	pair_make("ED25519", &p);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_EDDSA_PARAMS eddsa = rows[i].eddsa;
		CK_MECHANISM m = { CKM_EDDSA, &eddsa, sizeof(eddsa) };
		CK_RV rv = op_start(mech_find(CKM_EDDSA), CKF_SIGN, &m,
		    p.private, &op);

		ATF_CHECK_EQ(rv, has_schemes ? CKR_OK : rows[i].rv);
		if (rv != CKR_OK)
			continue;
		ATF_REQUIRE_EQ(op_once(op, "x", 1, sig, &len), CKR_OK);
		op_free(op);
		ATF_REQUIRE_EQ(sign_once(mech_find(CKM_EDDSA), p.private, "x",
		    1, plain, &len), CKR_OK);
		/* another scheme is another signature */
		ATF_CHECK_EQ(memcmp(sig, plain, len) == 0, i == 0);
	}
	for (CK_ULONG n = 1; n < 40; n++) {
		CK_MECHANISM m = { CKM_EDDSA, &wild, n };

		ATF_CHECK_EQ(op_start(mech_find(CKM_EDDSA), CKF_SIGN, &m,
		    p.private, &op), CKR_MECHANISM_PARAM_INVALID);
	}
	pair_wipe(&p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, start__takes_the_right_keys_only);
	ATF_TP_ADD_TC(tp, start__names_what_is_wrong_with_the_key);
	ATF_TP_ADD_TC(tp, start__parameters);
	ATF_TP_ADD_TC(tp, op__given_up_and_started_again);
	ATF_TP_ADD_TC(tp, op__answers_no_more_after_its_end);
	ATF_TP_ADD_TC(tp, op__leaves_the_error_queue_alone);
	ATF_TP_ADD_TC(tp, ecdsa__raw_input_is_truncated);
	ATF_TP_ADD_TC(tp, ecdsa__lengths_of_a_signature);
	ATF_TP_ADD_TC(tp, eddsa__parameter_is_optional);
	return atf_no_error();
}
