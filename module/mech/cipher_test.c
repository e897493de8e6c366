/* Ciphers: known answers, and each row against plain libcrypto, in one part
 * and in parts, in place, both ways. */
#include <atf-c.h>
#include <openssl/provider.h>
#include <string.h>

#include "common/ckname.h"
#include "module/crypto/cipher.h"
#include "module/mech/mech_fixture.h"
#include "module/mech/op.h"

/* Known answers: SP 800-38A, RFC 8439, RFC 3713, FIPS 46-3's examples. */
static const struct {
	CK_MECHANISM_TYPE mech;
	CK_KEY_TYPE type;
	const char *key, *iv, *plain, *cipher;
} vectors[] = {
	{ CKM_AES_ECB, CKK_AES, "2b7e151628aed2a6abf7158809cf4f3c", "",
	    "6bc1bee22e409f96e93d7e117393172a",
	    "3ad77bb40d7a3660a89ecaf32466ef97" },
	{ CKM_AES_ECB, CKK_AES,
	    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
	    "", "6bc1bee22e409f96e93d7e117393172a",
	    "f3eed1bdb5d2a03c064b5a7e3db181f8" },
	{ CKM_AES_CBC, CKK_AES, "2b7e151628aed2a6abf7158809cf4f3c",
	    "000102030405060708090a0b0c0d0e0f",
	    "6bc1bee22e409f96e93d7e117393172a",
	    "7649abac8119b246cee98e9b12e9197d" },
	{ CKM_AES_OFB, CKK_AES, "2b7e151628aed2a6abf7158809cf4f3c",
	    "000102030405060708090a0b0c0d0e0f",
	    "6bc1bee22e409f96e93d7e117393172a",
	    "3b3fd92eb72dad20333449f8e83cfb4a" },
	{ CKM_AES_CFB128, CKK_AES, "2b7e151628aed2a6abf7158809cf4f3c",
	    "000102030405060708090a0b0c0d0e0f",
	    "6bc1bee22e409f96e93d7e117393172a",
	    "3b3fd92eb72dad20333449f8e83cfb4a" },
	{ CKM_AES_CFB8, CKK_AES, "2b7e151628aed2a6abf7158809cf4f3c",
	    "000102030405060708090a0b0c0d0e0f",
	    "6bc1bee22e409f96e93d7e117393172aae2d",
	    "3b79424c9c0dd436bace9e0ed4586a4f32b9" },
	{ CKM_CAMELLIA_ECB, CKK_CAMELLIA, "0123456789abcdeffedcba9876543210",
	    "", "0123456789abcdeffedcba9876543210",
	    "67673138549669730857065648eabe43" },
	{ CKM_DES3_ECB, CKK_DES3,
	    "0123456789abcdef23456789abcdef01456789abcdef0123", "",
	    "5468652071756663", "a826fd8ce53b855f" },
};

ATF_TC_WITHOUT_HEAD(cipher__known_answers);
ATF_TC_BODY(cipher__known_answers, tc)
{
	fixture_open();
	for (size_t i = 0; i < COUNT(vectors); i++) {
		uint8_t key_bytes[64], iv[16], in[64], want[64], out[64];
		size_t key_len = unhex(vectors[i].key, key_bytes);
		size_t n = unhex(vectors[i].plain, in);
		CK_MECHANISM m = { vectors[i].mech, iv,
			unhex(vectors[i].iv, iv) };
		struct key *key = secret_key_make(vectors[i].type, key_bytes,
		    key_len);
		struct op *op;
		size_t len = sizeof(out);

		unhex(vectors[i].cipher, want);
		ATF_REQUIRE_EQ(op_start(mech_find(m.mechanism), CKF_ENCRYPT,
		    &m, key, &op), CKR_OK);
		ATF_CHECK_EQ(op_size(op, n), n);
		ATF_REQUIRE_EQ(op_once(op, in, n, out, &len), CKR_OK);
		ATF_CHECK_EQ_MSG(memcmp(out, want, n), 0, "vector %zu", i);
		op_free(op);
		key_put(key);
	}
}

/* CTR of SP 800-38A F.5.1, ChaCha20 of RFC 8439 2.4.2. */
ATF_TC_WITHOUT_HEAD(cipher__known_counters);
ATF_TC_BODY(cipher__known_counters, tc)
{
	uint8_t key_bytes[32], in[16], want[16], out[16], counter[4] = { 1 };
	uint8_t nonce[12];
	CK_AES_CTR_PARAMS ctr = { 128, { 0 } };
	CK_CHACHA20_PARAMS chacha = { counter, 32, nonce, 96 };
	CK_MECHANISM m = { CKM_AES_CTR, &ctr, sizeof(ctr) };
	struct key *key;
	struct op *op;
	size_t len;

	fixture_open();
	key = secret_key_make(CKK_AES, key_bytes,
	    unhex("2b7e151628aed2a6abf7158809cf4f3c", key_bytes));
	unhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", ctr.cb);
	unhex("6bc1bee22e409f96e93d7e117393172a", in);
	unhex("874d6191b620e3261bef6864990db6ce", want);
	ATF_REQUIRE_EQ(op_start(mech_find(m.mechanism), CKF_ENCRYPT, &m, key,
	    &op), CKR_OK);
	ATF_REQUIRE_EQ(op_once(op, in, 16, out, &len), CKR_OK);
	ATF_CHECK_EQ(memcmp(out, want, 16), 0);
	op_free(op);
	key_put(key);
	key = secret_key_make(CKK_CHACHA20, key_bytes, unhex(
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	    key_bytes));
	unhex("000000000000004a00000000", nonce);
	unhex("6e2e359a2568f98041ba0728dd0d6981", want);
	m = (CK_MECHANISM){ CKM_CHACHA20, &chacha, sizeof(chacha) };
	ATF_REQUIRE_EQ(op_start(mech_find(m.mechanism), CKF_ENCRYPT, &m, key,
	    &op), CKR_OK);
	ATF_REQUIRE_EQ(op_once(op, "Ladies and Gentl", 16, out, &len),
	    CKR_OK);
	ATF_CHECK_EQ(memcmp(out, want, 16), 0);
	op_free(op);
	key_put(key);
}

/* The other side: plain libcrypto with the same bytes. */

static void
alg_name(char *out, size_t size, const char *pattern, unsigned bits)
{
	const char *at = strstr(pattern, "%u");

	if (at == NULL)
		snprintf(out, size, "%s", pattern);
	else
		snprintf(out, size, "%.*s%u%s", (int)(at - pattern), pattern,
		    bits, at + 2);
}

#define MAX 200

static size_t
other_crypt(const struct mech *m, struct key *key, bool encrypts,
    const uint8_t *in, size_t len, uint8_t out[MAX + 32])
{
	OSSL_LIB_CTX *ctx = fixture_open();
	unsigned bits = key_bits(key);
	CK_MECHANISM how = mechanism_make(m);
	uint8_t iv[16], bytes[64];
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	char name[32];
	int n = 0, last = 0;

	alg_name(name, sizeof(name), m->alg,
	    m->key_type == CKK_AES_XTS ? bits / 2 : bits);
	cipher = EVP_CIPHER_fetch(ctx, name, NULL);
	ATF_REQUIRE_MSG(cipher != NULL, "%s", name);
	memcpy(bytes, key_value(key).data, key_value(key).len);
	if (m->type == CKM_AES_CTR || m->type == CKM_CAMELLIA_CTR) {
		memcpy(iv, ((CK_AES_CTR_PARAMS *)how.pParameter)->cb, 16);
	} else if (m->type == CKM_CHACHA20) {
		memcpy(iv, ((CK_CHACHA20_PARAMS *)how.pParameter)->pNonce, 4);
		memcpy(iv + 4, ((CK_CHACHA20_PARAMS *)how.pParameter)->pNonce,
		    12);
	} else if (how.ulParameterLen != 0) {
		memcpy(iv, how.pParameter, how.ulParameterLen);
	}
	ATF_REQUIRE_EQ(EVP_CipherInit_ex2(c, cipher, bytes, iv, encrypts,
	    NULL), 1);
	EVP_CIPHER_CTX_set_padding(c, m->type == CKM_AES_CBC_PAD ||
	    m->type == CKM_CAMELLIA_CBC_PAD || m->type == CKM_DES3_CBC_PAD ||
	    m->type == CKM_DES_CBC_PAD);
	ATF_REQUIRE_EQ(EVP_CipherUpdate(c, out, &n, in, (int)len), 1);
	if (m->ops->feed == NULL)
		ATF_REQUIRE_EQ(EVP_CipherFinal_ex(c, out + n, &last), 1);
	EVP_CIPHER_free(cipher);
	EVP_CIPHER_CTX_free(c);
	return (size_t)(n + last);
}

static CK_RV
crypt_once(const struct mech *m, mech_use use, struct key *key,
    const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
	_cleanup_(op_freep) struct op *op = NULL;
	CK_MECHANISM how = mechanism_make(m);

	TRY(op_start(m, use, &how, key, &op));
	*out_len = op_size(op, len);
	return op_once(op, in, len, out, out_len);
}

/* In parts of step bytes, in place when told: sizes are exact each time. */
static CK_RV
crypt_parts(const struct mech *m, mech_use use, struct key *key, uint8_t *in,
    size_t len, size_t step, uint8_t *out, size_t *out_len)
{
	_cleanup_(op_freep) struct op *op = NULL;
	CK_MECHANISM how = mechanism_make(m);
	size_t all = 0, n;

	TRY(op_start(m, use, &how, key, &op));
	for (size_t at = 0; at < len; at += step) {
		size_t part = len - at < step ? len - at : step;
		size_t wanted = op_update_size(op, part);

		n = 0;
		TRY(op_update(op, in + at, part, out + all, &n));
		ATF_CHECK_EQ_MSG(n, wanted, "%s: %zu of %zu at %zu",
		    ckname_mechanism(m->type), n, wanted, at);
		all += n;
	}
	n = op_size(op, 0);
	TRY(op_final(op, out + all, &n));
	*out_len = all + n;
	return CKR_OK;
}

static void
check_length(const struct mech *m, struct key *key, const uint8_t *plain,
    size_t len)
{
	const char *name = ckname_mechanism(m->type);
	uint8_t want[MAX + 32], is[MAX + 32], copy[MAX + 32];
	size_t n = other_crypt(m, key, true, plain, len, want), is_len;

	for (int again = 0; again < 2; again++) {
		ATF_REQUIRE_EQ_MSG(crypt_once(m, CKF_ENCRYPT, key, plain,
		    len, is, &is_len), CKR_OK, "%s: %zu", name, len);
		ATF_CHECK_EQ(is_len, n);
		ATF_CHECK_EQ_MSG(memcmp(is, want, n), 0, "%s: %zu", name,
		    len);
	}
	for (size_t step = 1; step <= len; step = step * 2 + 1) {
		memcpy(copy, plain, len);
		ATF_REQUIRE_EQ(crypt_parts(m, CKF_ENCRYPT, key, copy, len,
		    step, is, &is_len), CKR_OK);
		ATF_CHECK_EQ_MSG(memcmp(is, want, n), 0, "%s: %zu in %zu",
		    name, len, step);
		memcpy(copy, want, n);
		ATF_REQUIRE_EQ_MSG(crypt_parts(m, CKF_DECRYPT, key, copy, n,
		    step, is, &is_len), CKR_OK, "%s", name);
		ATF_CHECK_EQ(is_len, len);
		ATF_CHECK_EQ_MSG(memcmp(is, plain, len), 0, "%s back", name);
	}
	memcpy(copy, plain, len);
	ATF_REQUIRE_EQ(crypt_once(m, CKF_ENCRYPT, key, copy, len, copy,
	    &is_len), CKR_OK);
	ATF_CHECK_EQ_MSG(memcmp(copy, want, n), 0, "%s in place", name);
	ATF_REQUIRE_EQ(crypt_once(m, CKF_DECRYPT, key, want, n, want,
	    &is_len), CKR_OK);
	ATF_CHECK_EQ(is_len, len);
	ATF_CHECK_EQ_MSG(memcmp(want, plain, len), 0, "%s back", name);
}

static const size_t lengths[] = { 0, 1, 8, 15, 16, 17, 31, 32, 33, 48, 64,
	100, 160, 199 };

/* Whole blocks, at least a block, or anything. */
static bool
fits(const struct mech *m, size_t len)
{
	size_t block = m->key_type == CKK_DES3 || m->key_type == CKK_DES ? 8
	                                                                 : 16;

	if (m->ops->feed != NULL)
		return len >= 16;
	return m->arg != 0 || len % block == 0; /* BLOCKS */
}

static void
check_row(const struct mech *m, size_t key_len)
{
	uint8_t bytes[64], plain[MAX], out[MAX + 32];
	struct key *key;
	size_t n;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * i);
	key = secret_key_make(m->key_type, bytes, key_len);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		if (fits(m, lengths[i])) {
			check_length(m, key, plain, lengths[i]);
			continue;
		}
		ATF_CHECK_EQ_MSG(crypt_once(m, CKF_ENCRYPT, key, plain,
		    lengths[i], out, &n), CKR_DATA_LEN_RANGE, "%s: %zu",
		    ckname_mechanism(m->type), lengths[i]);
		ATF_CHECK_EQ(crypt_once(m, CKF_DECRYPT, key, plain,
		    lengths[i], out, &n), CKR_ENCRYPTED_DATA_LEN_RANGE);
	}
	key_put(key);
}

ATF_TC_WITHOUT_HEAD(cipher__every_row_against_libcrypto);
ATF_TC_BODY(cipher__every_row_against_libcrypto, tc)
{
	static const size_t sizes[] = { 8, 16, 24, 32, 64 };
	unsigned rows = 0;

	mech_set_policy(POLICY_LEGACY);
	OSSL_PROVIDER_load(fixture_open(), "default");
	OSSL_PROVIDER_load(fixture_open(), "legacy");
	for (size_t i = 0; i < mech_count(); i++) {
		const struct mech *m = mech_at(i);

		if (m->alg == NULL || (mech_flags(m) & CKF_ENCRYPT) == 0 ||
		    m->ops->prepare == NULL || m->ops->is_same == NULL ||
		    (m->ops->step == NULL && m->ops->feed == NULL) ||
		    m->ops->message_begin != NULL)
			continue;
		rows++;
		for (size_t k = 0; k < COUNT(sizes); k++)
			if (sizes[k] >= m->min && sizes[k] <= m->max &&
			    !(m->key_type == CKK_DES3 && sizes[k] == 16) &&
			    !(m->key_type == CKK_AES_XTS && sizes[k] == 48))
				check_row(m, sizes[k]);
	}
	ATF_CHECK_EQ(rows, 23);
}

ATF_TC_WITHOUT_HEAD(cipher__bad_padding);
ATF_TC_BODY(cipher__bad_padding, tc)
{
	struct key *key;
	uint8_t plain[32] = { 1 }, sealed[64], out[64];
	size_t n, m;

	fixture_open();
	key = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	/* 32 bytes whose last says 17, 0, or lies about its neighbours. */
	for (int i = 0; i < 3; i++) {
		plain[31] = (uint8_t[]){ 17, 0, 3 }[i];
		ATF_REQUIRE_EQ(crypt_once(mech_find(CKM_AES_CBC), CKF_ENCRYPT,
		    key, plain, 32, sealed, &n), CKR_OK);
		ATF_CHECK_EQ(crypt_once(mech_find(CKM_AES_CBC_PAD),
		    CKF_DECRYPT, key, sealed, n, out, &m),
		    CKR_ENCRYPTED_DATA_INVALID);
	}
	key_put(key);
}

/* A counter of few bits ends where it would begin again. */
ATF_TC_WITHOUT_HEAD(cipher__counters_end);
ATF_TC_BODY(cipher__counters_end, tc)
{
	CK_AES_CTR_PARAMS ctr = { 2, { [15] = 1 } };
	CK_MECHANISM how = { CKM_AES_CTR, &ctr, sizeof(ctr) };
	const struct mech *m;
	uint8_t data[64] = { 0 };
	struct key *key;
	struct op *op;
	size_t n;

	fixture_open();
	m = mech_find(CKM_AES_CTR);
	key = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	ATF_REQUIRE_EQ(op_start(m, CKF_ENCRYPT, &how, key, &op), CKR_OK);
	ATF_CHECK_EQ(op_once(op, data, 48, data, &n), CKR_OK);
	op_free(op);
	ATF_REQUIRE_EQ(op_start(m, CKF_ENCRYPT, &how, key, &op), CKR_OK);
	ATF_CHECK_EQ(op_once(op, data, 49, data, &n), CKR_DATA_LEN_RANGE);
	op_free(op);
	for (ctr.ulCounterBits = 0; ctr.ulCounterBits < 200;
	     ctr.ulCounterBits += 129)
		ATF_CHECK_EQ(op_start(m, CKF_ENCRYPT, &how, key, &op),
		    CKR_MECHANISM_PARAM_INVALID);
	key_put(key);
}

/* No pointer, no length of a parameter is trusted. */
ATF_TC_WITHOUT_HEAD(cipher__parameters);
ATF_TC_BODY(cipher__parameters, tc)
{
	uint8_t iv[17] = { 0 };
	struct key *key;
	struct op *op;

	fixture_open();
	key = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	for (size_t i = 0; i < mech_count(); i++) {
		const struct mech *m = mech_at(i);
		CK_MECHANISM how = { m->type, NULL, 0 };

		if (m->key_type != CKK_AES || m->alg == NULL ||
		    (m->flags & CKF_ENCRYPT) == 0 || m->ops->read == NULL ||
		    m->type == CKM_AES_ECB || m->ops->wrap != NULL)
			continue;
		if (strstr(m->alg, "WRAP") == NULL)
			ATF_CHECK_EQ_MSG(op_start(m, CKF_ENCRYPT, &how, key,
			    &op), CKR_MECHANISM_PARAM_INVALID, "%s",
			    ckname_mechanism(m->type));
		how = (CK_MECHANISM){ m->type, NULL, 16 };
		ATF_CHECK_EQ(op_start(m, CKF_ENCRYPT, &how, key, &op),
		    CKR_MECHANISM_PARAM_INVALID);
		how = (CK_MECHANISM){ m->type, iv, 17 };
		ATF_CHECK_EQ(op_start(m, CKF_ENCRYPT, &how, key, &op),
		    CKR_MECHANISM_PARAM_INVALID);
	}
	key_put(key);
}

ATF_TC_WITHOUT_HEAD(policy__what_is_dated);
ATF_TC_BODY(policy__what_is_dated, tc)
{
	static const struct {
		CK_MECHANISM_TYPE mech;
		mech_use use;
		bool modern, standard, legacy;
	} rows[] = {
		{ CKM_AES_CBC, CKF_ENCRYPT, true, true, true },
		{ CKM_DES3_CBC, CKF_ENCRYPT, false, true, true },
		{ CKM_DES3_CBC, CKF_DECRYPT, true, true, true },
		{ CKM_DES3_CBC, CKF_UNWRAP, true, true, true },
		{ CKM_DES3_KEY_GEN, CKF_GENERATE, false, true, true },
		{ CKM_DES_CBC, CKF_ENCRYPT, false, false, true },
		{ CKM_DES_CBC, CKF_DECRYPT, true, true, true },
		{ CKM_DES_KEY_GEN, CKF_GENERATE, false, false, true },
	};

	fixture_open();
	for (size_t i = 0; i < COUNT(rows); i++) {
		const bool wanted[] = { [POLICY_STANDARD] = rows[i].standard,
			[POLICY_MODERN] = rows[i].modern,
			[POLICY_LEGACY] = rows[i].legacy };

		for (int p = POLICY_STANDARD; p <= POLICY_LEGACY; p++) {
			const struct mech *m;

			mech_set_policy((enum mech_policy)p);
			m = mech_find(rows[i].mech);
			ATF_CHECK_EQ_MSG(m != NULL && (mech_flags(m) &
			    rows[i].use) != 0, wanted[p], "row %zu, policy "
			    "%d", i, p);
		}
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, cipher__known_answers);
	ATF_TP_ADD_TC(tp, cipher__known_counters);
	ATF_TP_ADD_TC(tp, cipher__every_row_against_libcrypto);
	ATF_TP_ADD_TC(tp, cipher__bad_padding);
	ATF_TP_ADD_TC(tp, cipher__counters_end);
	ATF_TP_ADD_TC(tp, cipher__parameters);
	ATF_TP_ADD_TC(tp, policy__what_is_dated);
	return atf_no_error();
}
