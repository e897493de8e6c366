/* Authenticated encryption: known answers, parts, messages with each of the
 * generators, and what is refused. */
#include <atf-c.h>
#include <string.h>

#include "module/mech/aead_fixture.h"
#include "module/mech/mech_fixture.h"
#include "module/mech/op.h"

#define MAX 512

/* Known answers: the GCM paper's cases 4 and 16, RFC 3610's packet 1, RFC 8439
 * 2.8.2. */
static const struct {
	CK_MECHANISM_TYPE mech;
	CK_KEY_TYPE type;
	const char *key, *iv, *aad, *plain, *cipher, *tag;
} vectors[] = {
	{ CKM_AES_GCM, CKK_AES, "feffe9928665731c6d6a8f9467308308",
	    "cafebabefacedbaddecaf888",
	    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
	    "5bc94fbc3221a5db94fae95ae7121a47" },
	{ CKM_AES_GCM, CKK_AES,
	    "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	    "cafebabefacedbaddecaf888",
	    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
	    "76fc6ece0f4e1768cddf8853bb2d551b" },
	{ CKM_AES_GCM, CKK_AES, "00000000000000000000000000000000",
	    "000000000000000000000000", "", "", "",
	    "58e2fccefa7e3061367f1d57a4e7455a" },
	{ CKM_AES_CCM, CKK_AES, "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf",
	    "00000003020100a0a1a2a3a4a5", "0001020304050607",
	    "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
	    "588c979a61c663d2f066d0c2c0f989806d5f6b61dac384",
	    "17e8d12cfdf926e0" },
	{ CKM_CHACHA20_POLY1305, CKK_CHACHA20,
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
	    "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
	    "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
	    "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
	    "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
	    "637265656e20776f756c642062652069742e",
	    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
	    "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
	    "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
	    "3ff4def08e4b7a9de576d26586cec64b6116",
	    "1ae10b594f09e26a7e902ecbd0600691" },
};

static size_t
vector_load(size_t i, struct call *c, uint8_t *plain, uint8_t *sealed)
{
	*c = (struct call){ .mech = vectors[i].mech,
		.type = vectors[i].type };
	c->key_len = unhex(vectors[i].key, c->key);
	c->iv_len = unhex(vectors[i].iv, c->iv);
	c->aad_len = unhex(vectors[i].aad, c->aad);
	c->tag_len = unhex(vectors[i].tag, c->tag);
	c->data_len = unhex(vectors[i].plain, plain);
	unhex(vectors[i].cipher, sealed);
	memcpy(sealed + c->data_len, c->tag, c->tag_len);
	return c->data_len;
}

static CK_RV
run_once(struct call *c, mech_use use, struct key *key, const uint8_t *in,
    size_t len, uint8_t *out, size_t *out_len)
{
	_cleanup_(op_freep) struct op *op = NULL;
	CK_MECHANISM m = plain_form(c);

	TRY(op_start(mech_find(c->mech), use, &m, key, &op));
	*out_len = op_size(op, len);
	return op_once(op, in, len, out, out_len);
}

static CK_RV
run_parts(struct call *c, mech_use use, struct key *key, const uint8_t *in,
    size_t len, size_t step, uint8_t *out, size_t *out_len)
{
	_cleanup_(op_freep) struct op *op = NULL;
	CK_MECHANISM m = plain_form(c);
	size_t all = 0, n;

	TRY(op_start(mech_find(c->mech), use, &m, key, &op));
	for (size_t at = 0; at < len; at += step) {
		size_t part = len - at < step ? len - at : step;

		n = op_update_size(op, part);
		if (use == CKF_DECRYPT)
			ATF_CHECK_EQ(n, 0);
		TRY(op_update(op, in + at, part, out + all, &n));
		all += n;
	}
	n = op_size(op, 0);
	TRY(op_final(op, out + all, &n));
	*out_len = all + n;
	return CKR_OK;
}

ATF_TC_WITHOUT_HEAD(aead__known_answers);
ATF_TC_BODY(aead__known_answers, tc)
{
	fixture_open();
	for (size_t i = 0; i < COUNT(vectors); i++) {
		uint8_t plain[MAX], sealed[MAX], out[MAX];
		struct call c;
		size_t len = vector_load(i, &c, plain, sealed), n;
		struct key *key = secret_key_make(c.type, c.key, c.key_len);

		for (size_t step = 0; step <= len + 1; step++) {
			ATF_REQUIRE_EQ(step == 0
			    ? run_once(&c, CKF_ENCRYPT, key, plain, len, out,
			          &n)
			    : run_parts(&c, CKF_ENCRYPT, key, plain, len, step,
			          out, &n), CKR_OK);
			ATF_CHECK_EQ(n, len + c.tag_len);
			ATF_CHECK_EQ(memcmp(out, sealed, n), 0);
			ATF_REQUIRE_EQ(step == 0
			    ? run_once(&c, CKF_DECRYPT, key, sealed, n, out,
			          &n)
			    : run_parts(&c, CKF_DECRYPT, key, sealed, n, step,
			          out, &n), CKR_OK);
			ATF_CHECK_EQ(n, len);
			ATF_CHECK_EQ(memcmp(out, plain, n), 0);
		}
		key_put(key);
	}
}

/* Every bit of the sealed data, the IV and the additional data counts; nothing
 * of a refused plaintext is left. */
ATF_TC_WITHOUT_HEAD(aead__every_bit_counts);
ATF_TC_BODY(aead__every_bit_counts, tc)
{
	fixture_open();
	for (size_t i = 0; i < COUNT(vectors); i++) {
		uint8_t plain[MAX], sealed[MAX], out[MAX] = { 0 };
		struct call c;
		size_t len = vector_load(i, &c, plain, sealed), n;
		struct key *key = secret_key_make(c.type, c.key, c.key_len);
		size_t bits = 8 * (len + c.tag_len);

		for (size_t bit = 0; bit < bits; bit += 5) {
			sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
			ATF_CHECK_EQ(run_once(&c, CKF_DECRYPT, key, sealed,
			    len + c.tag_len, out, &n),
			    CKR_AEAD_DECRYPT_FAILED);
			for (size_t k = 0; k < len; k++)
				ATF_CHECK_EQ(out[k], 0);
			sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		c.iv[0] ^= 1;
		ATF_CHECK_EQ(run_once(&c, CKF_DECRYPT, key, sealed,
		    len + c.tag_len, out, &n), CKR_AEAD_DECRYPT_FAILED);
		c.iv[0] ^= 1;
		c.aad_len = c.aad_len != 0 ? c.aad_len - 1 : 1;
		ATF_CHECK_EQ(run_parts(&c, CKF_DECRYPT, key, sealed,
		    len + c.tag_len, 7, out, &n), CKR_AEAD_DECRYPT_FAILED);
		ATF_CHECK_EQ(run_once(&c, CKF_DECRYPT, key, sealed,
		    c.tag_len - 1, out, &n), CKR_ENCRYPTED_DATA_LEN_RANGE);
		key_put(key);
	}
}

static CK_RV
message_run(struct op *op, struct call *c, const uint8_t *in, size_t len,
    size_t step, uint8_t *out)
{
	CK_MECHANISM m = message_form(c);
	size_t all = 0, n = 0;

	TRY(op_message_begin(op, m.pParameter, m.ulParameterLen,
	    (struct span){ c->aad, c->aad_len }));
	for (size_t at = 0; at < len; at += step) {
		size_t part = len - at < step ? len - at : step;

		n = op_update_size(op, part);
		TRY(op_update(op, in + at, part, out + all, &n));
		all += n;
	}
	n = op_size(op, 0);
	TRY(op_message_end(op, m.pParameter, m.ulParameterLen, out + all,
	    &n));
	ATF_CHECK_EQ(all + n, len);
	return CKR_OK;
}

ATF_TC_WITHOUT_HEAD(message__as_the_other_form);
ATF_TC_BODY(message__as_the_other_form, tc)
{
	fixture_open();
	for (size_t i = 0; i < COUNT(vectors); i++) {
		uint8_t plain[MAX], sealed[MAX], out[MAX];
		struct call c;
		size_t len = vector_load(i, &c, plain, sealed);
		struct key *key = secret_key_make(c.type, c.key, c.key_len);
		CK_MECHANISM none = { c.mech, NULL, 0 };
		struct op *to, *from;

		ATF_REQUIRE_EQ(op_start(mech_find(c.mech),
		    CKF_MESSAGE_ENCRYPT, &none, key, &to), CKR_OK);
		ATF_REQUIRE_EQ(op_start(mech_find(c.mech),
		    CKF_MESSAGE_DECRYPT, &none, key, &from), CKR_OK);
		ATF_CHECK(op_makes_ivs(to) && !op_makes_ivs(from));
		for (size_t step = 1; step < len + 2; step++) {
			memset(c.tag, 0, sizeof(c.tag));
			ATF_REQUIRE_EQ(message_run(to, &c, plain, len, step,
			    out), CKR_OK);
			ATF_CHECK_EQ(memcmp(out, sealed, len), 0);
			ATF_CHECK_EQ(memcmp(c.tag, sealed + len, c.tag_len),
			    0);
			ATF_REQUIRE_EQ(message_run(from, &c, sealed, len,
			    step, out), CKR_OK);
			ATF_CHECK_EQ(memcmp(out, plain, len), 0);
			c.tag[0] ^= 1;
			ATF_CHECK_EQ(message_run(from, &c, sealed, len, step,
			    out), CKR_AEAD_DECRYPT_FAILED);
		}
		op_free(to);
		op_free(from);
		key_put(key);
	}
}

/* Each generator: the fixed bits stay, no IV comes twice, the counter starts at
 * zero in each operation. */
ATF_TC_WITHOUT_HEAD(message__generators);
ATF_TC_BODY(message__generators, tc)
{
	static const CK_GENERATOR_FUNCTION generators[] = { CKG_GENERATE,
		CKG_GENERATE_RANDOM, CKG_GENERATE_COUNTER,
		CKG_GENERATE_COUNTER_XOR };
	static const CK_MECHANISM_TYPE mechs[] = { CKM_AES_GCM, CKM_AES_CCM };
	static const uint8_t base[12] = "fixed, other";
	struct key *key;

	fixture_open();
	key = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	for (size_t i = 0; i < COUNT(generators) * COUNT(mechs) * 2; i++) {
		struct call c = { .mech = mechs[i % 2], .iv_len = 12,
			.tag_len = 16, .fixed = 29, .data_len = 4,
			.generator = generators[i / 2 % 4] };
		CK_MECHANISM none = { c.mech, NULL, 0 };
		uint8_t out[16], seen[40][12];
		struct op *op;

		ATF_REQUIRE_EQ(op_start(mech_find(c.mech),
		    CKF_MESSAGE_ENCRYPT, &none, key, &op), CKR_OK);
		for (size_t n = 0; n < COUNT(seen); n++) {
			memcpy(c.iv, base, 12);
			ATF_REQUIRE_EQ(message_run(op, &c, base, 4, 4, out),
			    CKR_OK);
			memcpy(seen[n], c.iv, 12);
			ATF_CHECK_EQ(memcmp(c.iv, base, 3), 0);
			ATF_CHECK_EQ(c.iv[3] & 0xf8, base[3] & 0xf8);
			if (c.generator == CKG_GENERATE_COUNTER)
				ATF_CHECK(c.iv[11] == n && c.iv[4] == 0);
			if (c.generator == CKG_GENERATE_COUNTER_XOR)
				ATF_CHECK_EQ(c.iv[11], (base[11] ^ n));
			for (size_t k = 0; k < n; k++)
				ATF_CHECK(memcmp(seen[k], c.iv, 12) != 0);
		}
		op_free(op);
	}
	key_put(key);
}

/* A counter that ends, a generator that changes, too little that is random. */
ATF_TC_WITHOUT_HEAD(message__generators_refuse);
ATF_TC_BODY(message__generators_refuse, tc)
{
	struct call c = { .mech = CKM_AES_GCM, .iv_len = 12, .tag_len = 16,
		.fixed = 94, .generator = CKG_GENERATE_COUNTER };
	CK_MECHANISM none = { c.mech, NULL, 0 };
	const struct mech *m;
	struct key *key;
	struct op *op;
	uint8_t out[16];

	fixture_open();
	m = mech_find(c.mech);
	key = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	ATF_REQUIRE_EQ(op_start(m, CKF_MESSAGE_ENCRYPT, &none, key, &op),
	    CKR_OK);
	for (int i = 0; i < 4; i++)
		ATF_CHECK_EQ(message_run(op, &c, out, 4, 4, out), CKR_OK);
	ATF_CHECK_EQ(message_run(op, &c, out, 4, 4, out),
	    CKR_TOKEN_RESOURCE_EXCEEDED);
	c.fixed = 93;
	ATF_CHECK_EQ(message_run(op, &c, out, 4, 4, out),
	    CKR_MECHANISM_PARAM_INVALID);
	op_free(op);
	ATF_REQUIRE_EQ(op_start(m, CKF_MESSAGE_ENCRYPT, &none, key, &op),
	    CKR_OK);
	c.generator = CKG_GENERATE_RANDOM;
	c.fixed = 33;
	ATF_CHECK_EQ(message_run(op, &c, out, 4, 4, out),
	    CKR_MECHANISM_PARAM_INVALID);
	c.fixed = 97;
	ATF_CHECK_EQ(message_run(op, &c, out, 4, 4, out),
	    CKR_MECHANISM_PARAM_INVALID);
	c.fixed = 32;
	ATF_CHECK_EQ(message_run(op, &c, out, 4, 4, out), CKR_OK);
	c.generator = 77;
	ATF_CHECK_EQ(message_run(op, &c, out, 4, 4, out),
	    CKR_MECHANISM_PARAM_INVALID);
	op_free(op);
	key_put(key);
}

static CK_RV
start_rv(struct call *c, struct key *key)
{
	CK_MECHANISM m = plain_form(c);
	struct op *op;
	CK_RV rv = op_start(mech_find(c->mech), CKF_ENCRYPT, &m, key, &op);

	if (rv == CKR_OK)
		op_free(op);
	return rv;
}

ATF_TC_WITHOUT_HEAD(aead__parameters);
ATF_TC_BODY(aead__parameters, tc)
{
	static const struct {
		CK_MECHANISM_TYPE mech;
		size_t iv_len, tag_len;
		CK_RV rv;
	} rows[] = {
		{ CKM_AES_GCM, 12, 16, CKR_OK },
		{ CKM_AES_GCM, 1, 4, CKR_OK },
		{ CKM_AES_GCM, 0, 16, CKR_MECHANISM_PARAM_INVALID },
		{ CKM_AES_GCM, 129, 16, CKR_MECHANISM_PARAM_INVALID },
		{ CKM_AES_GCM, 12, 0, CKR_MECHANISM_PARAM_INVALID },
		{ CKM_AES_GCM, 12, 3, CKR_MECHANISM_PARAM_INVALID },
		{ CKM_AES_GCM, 12, 17, CKR_MECHANISM_PARAM_INVALID },
		{ CKM_AES_CCM, 7, 16, CKR_OK },
		{ CKM_AES_CCM, 6, 16, CKR_MECHANISM_PARAM_INVALID },
		{ CKM_AES_CCM, 14, 16, CKR_MECHANISM_PARAM_INVALID },
		{ CKM_AES_CCM, 12, 5, CKR_MECHANISM_PARAM_INVALID },
	};
	CK_GCM_PARAMS none = { NULL, 12, 96, NULL, 0, 128 };
	CK_MECHANISM m = { CKM_AES_GCM, &none, sizeof(none) };
	struct key *key;
	struct op *op;

	fixture_open();
	key = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct call c = { .mech = rows[i].mech,
			.iv_len = rows[i].iv_len, .tag_len = rows[i].tag_len };

		ATF_CHECK_EQ_MSG(start_rv(&c, key), rows[i].rv, "row %zu", i);
	}
	ATF_CHECK_EQ(op_start(mech_find(m.mechanism), CKF_ENCRYPT, &m, key,
	    &op), CKR_MECHANISM_PARAM_INVALID);
	none.pIv = (CK_BYTE *)(uintptr_t)"twelve bytes";
	none.ulAADLen = 1;
	ATF_CHECK_EQ(op_start(mech_find(m.mechanism), CKF_ENCRYPT, &m, key,
	    &op), CKR_MECHANISM_PARAM_INVALID);
	m.ulParameterLen--;
	ATF_CHECK_EQ(op_start(mech_find(m.mechanism), CKF_ENCRYPT, &m, key,
	    &op), CKR_MECHANISM_PARAM_INVALID);
	key_put(key);
}

/* CCM's data has the length that the parameter told. */
ATF_TC_WITHOUT_HEAD(ccm__length_was_told);
ATF_TC_BODY(ccm__length_was_told, tc)
{
	struct call c = { .mech = CKM_AES_CCM, .iv_len = 12, .tag_len = 16,
		.data_len = 5 };
	uint8_t out[64];
	struct key *key;
	size_t n;

	fixture_open();
	key = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	ATF_CHECK_EQ(run_once(&c, CKF_ENCRYPT, key, out, 4, out, &n),
	    CKR_DATA_LEN_RANGE);
	ATF_CHECK_EQ(run_parts(&c, CKF_ENCRYPT, key, out, 6, 3, out, &n),
	    CKR_DATA_LEN_RANGE);
	ATF_CHECK_EQ(run_once(&c, CKF_DECRYPT, key, out, 22, out, &n),
	    CKR_ENCRYPTED_DATA_LEN_RANGE);
	ATF_CHECK_EQ(run_once(&c, CKF_ENCRYPT, key, out, 5, out, &n), CKR_OK);
	key_put(key);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, aead__known_answers);
	ATF_TP_ADD_TC(tp, aead__every_bit_counts);
	ATF_TP_ADD_TC(tp, message__as_the_other_form);
	ATF_TP_ADD_TC(tp, message__generators);
	ATF_TP_ADD_TC(tp, message__generators_refuse);
	ATF_TP_ADD_TC(tp, aead__parameters);
	ATF_TP_ADD_TC(tp, ccm__length_was_told);
	return atf_no_error();
}
