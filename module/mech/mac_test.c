/* MACs of block ciphers, the digests of few rows, and states that are saved and
 * taken up again. */
#include <atf-c.h>
#include <string.h>

#include "common/ckname.h"
#include "module/mech/mech_fixture.h"
#include "module/mech/op.h"

#define KEY_128 "2b7e151628aed2a6abf7158809cf4f3c"
#define KEY_192 "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5"
#define ZERO_128 "00000000000000000000000000000000"
#define MESSAGE "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c" \
	"9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17" \
	"ad2b417be66c3710"

/* RFC 4493, SP 800-38B's first edition, and case 1 of the GCM paper, whose
 * plaintext is none. */
static const struct {
	CK_MECHANISM_TYPE mech;
	CK_KEY_TYPE type;
	const char *key, *in, *mac;
} vectors[] = {
	{ CKM_AES_CMAC, CKK_AES, KEY_128, "",
	    "bb1d6929e95937287fa37d129b756746" },
	{ CKM_AES_CMAC, CKK_AES, KEY_128, "6bc1bee22e409f96e93d7e117393172a",
	    "070a16b46b4d4144f79bdd9dd04a287c" },
	{ CKM_AES_CMAC, CKK_AES, KEY_128, MESSAGE,
	    "51f0bebf7e3b9d92fc49741779363cfe" },
	{ CKM_AES_CMAC_GENERAL, CKK_AES, KEY_128, MESSAGE, "51f0bebf7e" },
	{ CKM_DES3_CMAC, CKK_DES3, KEY_192, "", "b7a688e122ffaf95" },
	{ CKM_DES3_CMAC, CKK_DES3, KEY_192, "6bc1bee22e409f96",
	    "8e8f293136283797" },
	{ CKM_DES3_CMAC_GENERAL, CKK_DES3, KEY_192, "6bc1bee22e409f96",
	    "8e8f293136" },
	{ CKM_AES_GMAC, CKK_AES, ZERO_128, "",
	    "58e2fccefa7e3061367f1d57a4e7455a" },
};

static CK_MECHANISM
mechanism_of(CK_MECHANISM_TYPE type)
{
	static uint8_t zero[12];
	static CK_GCM_PARAMS gmac = { zero, 12, 96, NULL, 0, 128 };

	return type == CKM_AES_GMAC
	    ? (CK_MECHANISM){ type, &gmac, sizeof(gmac) }
	    : mechanism_make(mech_find(type));
}

static void
feed(struct op *op, const uint8_t *in, size_t len, size_t step)
{
	size_t none;

	for (size_t at = 0; at < len; at += step)
		ATF_REQUIRE_EQ(op_update(op, in + at, len - at < step
		    ? len - at : step, NULL, &none), CKR_OK);
}

static void
check_vector(size_t i, struct key *key, const uint8_t *in, size_t len,
    const uint8_t *want, size_t want_len)
{
	CK_MECHANISM m = mechanism_of(vectors[i].mech);
	const struct mech *mech = mech_find(m.mechanism);
	uint8_t out[64];
	struct op *op;
	size_t n;

	for (size_t step = 1; step < 20; step += 3) {
		ATF_REQUIRE_EQ(op_start(mech, CKF_SIGN, &m, key, &op), CKR_OK);
		feed(op, in, len, step);
		ATF_CHECK_EQ(op_size(op, 0), want_len);
		ATF_REQUIRE_EQ(op_final(op, out, &n), CKR_OK);
		ATF_CHECK_EQ(n, want_len);
		ATF_CHECK_EQ_MSG(memcmp(out, want, n), 0, "vector %zu", i);
		op_free(op);
		ATF_REQUIRE_EQ(op_start(mech, CKF_VERIFY, &m, key, &op),
		    CKR_OK);
		ATF_CHECK_EQ(op_verify_once(op, in, len, out, n), CKR_OK);
		ATF_REQUIRE_EQ(op_again(op), CKR_OK);
		out[step % n] ^= 1;
		ATF_CHECK_EQ(op_verify_once(op, in, len, out, n),
		    CKR_SIGNATURE_INVALID);
		ATF_REQUIRE_EQ(op_again(op), CKR_OK);
		ATF_CHECK_EQ(op_verify_once(op, in, len, out, n - 1),
		    CKR_SIGNATURE_LEN_RANGE);
		op_free(op);
	}
}

ATF_TC_WITHOUT_HEAD(mac__known_answers);
ATF_TC_BODY(mac__known_answers, tc)
{
	fixture_open();
	for (size_t i = 0; i < COUNT(vectors); i++) {
		uint8_t bytes[32], in[128], want[16];
		size_t len = unhex(vectors[i].in, in);
		size_t want_len = unhex(vectors[i].mac, want);
		struct key *key = secret_key_make(vectors[i].type, bytes,
		    unhex(vectors[i].key, bytes));

		check_vector(i, key, in, len, want, want_len);
		key_put(key);
	}
}

/* GMAC is GCM's tag over additional data alone. */
ATF_TC_WITHOUT_HEAD(gmac__is_a_tag_of_gcm);
ATF_TC_BODY(gmac__is_a_tag_of_gcm, tc)
{
	uint8_t iv[16] = "some initial vec", in[100], tag[16], out[16];
	CK_GCM_PARAMS p = { iv, 16, 128, NULL, 0, 96 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &p, sizeof(p) };
	CK_MECHANISM gmac = { CKM_AES_GMAC, &p, sizeof(p) };
	struct key *key;
	struct op *op;
	size_t n;

	fixture_open();
	key = secret_key_make(CKK_AES, "0123456789abcdef0123456789abcdef", 32);
	memset(in, 7, sizeof(in));
	ATF_REQUIRE_EQ(op_start(mech_find(CKM_AES_GMAC), CKF_SIGN, &gmac, key,
	    &op), CKR_OK);
	ATF_REQUIRE_EQ(op_once(op, in, sizeof(in), out, &n), CKR_OK);
	ATF_CHECK_EQ(n, 12);
	op_free(op);
	p.pAAD = in;
	p.ulAADLen = sizeof(in);
	ATF_REQUIRE_EQ(op_start(mech_find(CKM_AES_GCM), CKF_ENCRYPT, &gcm, key,
	    &op), CKR_OK);
	ATF_REQUIRE_EQ(op_once(op, NULL, 0, tag, &n), CKR_OK);
	ATF_CHECK_EQ(n, 12);
	ATF_CHECK_EQ(memcmp(tag, out, 12), 0);
	op_free(op);
	ATF_CHECK_EQ(op_start(mech_find(CKM_AES_GMAC), CKF_SIGN, &gmac, key,
	    &op), CKR_MECHANISM_PARAM_INVALID);
	key_put(key);
}

static void
check_abc(CK_MECHANISM m, const char *hex)
{
	uint8_t want[64], out[64];
	struct op *op;
	size_t n;

	ATF_REQUIRE_EQ(op_start(mech_find(m.mechanism), CKF_DIGEST, &m, NULL,
	    &op), CKR_OK);
	ATF_CHECK_EQ(op_size(op, 3), strlen(hex) / 2);
	ATF_REQUIRE_EQ(op_once(op, "abc", 3, out, &n), CKR_OK);
	ATF_REQUIRE_EQ(n, unhex(hex, want));
	ATF_CHECK_EQ_MSG(memcmp(out, want, n), 0, "%s", hex);
	op_free(op);
}

/* RFC 1321, RFC 7693, FIPS 180-4's examples. */
ATF_TC_WITHOUT_HEAD(digest__of_few_rows);
ATF_TC_BODY(digest__of_few_rows, tc)
{
	static const CK_ULONG wrong[] = { 0, 7, 384, 512, 520 };
	CK_ULONG bits = 224;
	CK_MECHANISM t = { CKM_SHA512_T, &bits, sizeof(bits) };
	struct op *op;

	fixture_open();
	ATF_CHECK(mech_find(CKM_MD5) == NULL);
	mech_set_policy(POLICY_LEGACY);
	check_abc((CK_MECHANISM){ CKM_MD5, NULL, 0 },
	    "900150983cd24fb0d6963f7d28e17f72");
	check_abc((CK_MECHANISM){ CKM_BLAKE2B_512, NULL, 0 },
	    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
	    "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
	check_abc(t,
	    "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa");
	bits = 256;
	check_abc(t,
	    "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
	for (size_t i = 0; i < COUNT(wrong); i++) {
		bits = wrong[i];
		ATF_CHECK_EQ(op_start(mech_find(CKM_SHA512_T), CKF_DIGEST, &t,
		    NULL, &op), CKR_MECHANISM_PARAM_INVALID);
	}
}

/* SHA-512/t's HMAC, for which libcrypto has names at two of its lengths. */
ATF_TC_WITHOUT_HEAD(hmac__of_sha512_t);
ATF_TC_BODY(hmac__of_sha512_t, tc)
{
	CK_ULONG bits = 256;
	CK_MECHANISM t = { CKM_SHA512_T_HMAC, &bits, sizeof(bits) };
	CK_MECHANISM named = { CKM_SHA512_256_HMAC, NULL, 0 };
	uint8_t a[64], b[64];
	struct key *key;
	struct op *op;
	size_t n;

	fixture_open();
	key = secret_key_make(CKK_GENERIC_SECRET, "a key of some length", 20);
	for (int i = 0; i < 2; i++) {
		ATF_REQUIRE_EQ(op_start(mech_find(t.mechanism), CKF_SIGN, &t,
		    key, &op), CKR_OK);
		ATF_REQUIRE_EQ(op_once(op, "abc", 3, a, &n), CKR_OK);
		ATF_CHECK_EQ(n, bits / 8);
		op_free(op);
		ATF_REQUIRE_EQ(op_start(mech_find(named.mechanism), CKF_SIGN,
		    &named, key, &op), CKR_OK);
		ATF_REQUIRE_EQ(op_once(op, "abc", 3, b, &n), CKR_OK);
		ATF_CHECK_EQ(memcmp(a, b, bits / 8), 0);
		op_free(op);
		bits = 224;
		named.mechanism = CKM_SHA512_224_HMAC;
	}
	key_put(key);
}

/* Saved after each of its bytes and taken up by another operation. */
static void
check_saving(const struct mech *m, mech_use use, struct key *key)
{
	CK_MECHANISM how = mechanism_make(m);
	uint8_t in[150], want[64], out[64];
	size_t want_len, n;
	struct op *op, *other;

	memset(in, 0x3c, sizeof(in));
	ATF_REQUIRE_EQ(op_start(m, use, &how, key, &op), CKR_OK);
	ATF_REQUIRE_EQ(op_once(op, in, sizeof(in), want, &want_len), CKR_OK);
	op_free(op);
	for (size_t at = 0; at < sizeof(in); at += 7) {
		_cleanup_(secret_wipe) struct secret state = { NULL, 0 };
		struct span bytes;

		ATF_REQUIRE_EQ(op_start(m, use, &how, key, &op), CKR_OK);
		feed(op, in, at, 7);
		ATF_REQUIRE_EQ_MSG(op_save(op, &state), CKR_OK, "%s",
		    ckname_mechanism(m->type));
		op_free(op);
		bytes = (struct span){ state.data, state.len };
		ATF_REQUIRE_EQ(op_restore(m, use, bytes, key, &other),
		    CKR_OK);
		ATF_REQUIRE_EQ(op_once(other, in + at, sizeof(in) - at, out,
		    &n), CKR_OK);
		ATF_CHECK_EQ(n, want_len);
		ATF_CHECK_EQ(memcmp(out, want, n), 0);
		op_free(other);
		bytes.len--;
		ATF_CHECK_EQ(op_restore(m, use, bytes, key, &other),
		    CKR_SAVED_STATE_INVALID);
	}
}

ATF_TC_WITHOUT_HEAD(state__saved_and_taken_up);
ATF_TC_BODY(state__saved_and_taken_up, tc)
{
	unsigned digests = 0, macs = 0;
	struct key *key;

	fixture_open();
	key = secret_key_make(CKK_GENERIC_SECRET, "a key of some length", 20);
	for (size_t i = 0; i < mech_count(); i++) {
		const struct mech *m = mech_at(i);

		if (m->ops->save == NULL)
			continue;
		digests += (m->flags & CKF_DIGEST) != 0;
		macs += (m->flags & CKF_SIGN) != 0;
		if ((m->flags & CKF_DIGEST) != 0)
			check_saving(m, CKF_DIGEST, NULL);
		else
			check_saving(m, CKF_SIGN, key);
	}
	ATF_CHECK_EQ(digests, 8);
	ATF_CHECK_EQ(macs, 15);
	key_put(key);
}

ATF_TC_WITHOUT_HEAD(state__others_are_not_saved);
ATF_TC_BODY(state__others_are_not_saved, tc)
{
	_cleanup_(secret_wipe) struct secret state = { NULL, 0 };
	CK_MECHANISM how = { CKM_SHA3_256, NULL, 0 };
	struct op *op;

	fixture_open();
	ATF_REQUIRE_EQ(op_start(mech_find(how.mechanism), CKF_DIGEST, &how,
	    NULL, &op), CKR_OK);
	ATF_CHECK_EQ(op_save(op, &state), CKR_STATE_UNSAVEABLE);
	op_free(op);
	ATF_CHECK_EQ(op_restore(mech_find(how.mechanism), CKF_DIGEST,
	    (struct span){ "        ", 8 }, NULL, &op),
	    CKR_SAVED_STATE_INVALID);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, mac__known_answers);
	ATF_TP_ADD_TC(tp, gmac__is_a_tag_of_gcm);
	ATF_TP_ADD_TC(tp, digest__of_few_rows);
	ATF_TP_ADD_TC(tp, hmac__of_sha512_t);
	ATF_TP_ADD_TC(tp, state__saved_and_taken_up);
	ATF_TP_ADD_TC(tp, state__others_are_not_saved);
	return atf_no_error();
}
