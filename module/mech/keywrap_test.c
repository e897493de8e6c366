/* Key wrap, wrapped keys of every row, and keys from encrypted data. */
#include <atf-c.h>
#include <string.h>

#include "common/ckname.h"
#include "module/mech/keywork.h"
#include "module/mech/mech_fixture.h"
#include "module/mech/op.h"

/* Key wrap: RFC 3394 4.1, RFC 5649 6. */
static const struct {
	CK_MECHANISM_TYPE mech;
	const char *kek, *key, *wrapped;
} wraps[] = {
	{ CKM_AES_KEY_WRAP, "000102030405060708090a0b0c0d0e0f",
	    "00112233445566778899aabbccddeeff",
	    "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5" },
	{ CKM_AES_KEY_WRAP_KWP,
	    "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
	    "c37b7e6492584340bed12207808941155068f738",
	    "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a" },
	{ CKM_AES_KEY_WRAP_KWP,
	    "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
	    "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f" },
};

ATF_TC_WITHOUT_HEAD(keywrap__known_answers);
ATF_TC_BODY(keywrap__known_answers, tc)
{
	fixture_open();
	for (size_t i = 0; i < COUNT(wraps); i++) {
		uint8_t kek[32], plain[64], want[64];
		CK_MECHANISM how = { wraps[i].mech, NULL, 0 };
		const struct mech *m = mech_find(how.mechanism);
		struct key *key = secret_key_make(CKK_AES, kek,
		    unhex(wraps[i].kek, kek));
		struct span in = { plain, unhex(wraps[i].key, plain) };
		_cleanup_(secret_wipe) struct secret out = { NULL, 0 },
		    back = { NULL, 0 };

		ATF_REQUIRE_EQ(mech_wrap(m, &how, key, in, &out), CKR_OK);
		ATF_REQUIRE_EQ(out.len, unhex(wraps[i].wrapped, want));
		ATF_CHECK_EQ(memcmp(out.data, want, out.len), 0);
		ATF_REQUIRE_EQ(mech_unwrap(m, &how, key, (struct span){
		    out.data, out.len }, &back), CKR_OK);
		ATF_CHECK_EQ(back.len, in.len);
		ATF_CHECK_EQ(memcmp(back.data, plain, in.len), 0);
		secret_wipe(&back);
		out.data[3] ^= 1;
		ATF_CHECK_EQ(mech_unwrap(m, &how, key, (struct span){
		    out.data, out.len }, &back), CKR_WRAPPED_KEY_INVALID);
		ATF_CHECK_EQ(mech_unwrap(m, &how, key, (struct span){
		    out.data, out.len - 1 }, &back),
		    CKR_WRAPPED_KEY_LEN_RANGE);
		key_put(key);
	}
}

/* Every wrapping row brings back keys of all lengths, but for zeros at the end
 * where it fills up. */
ATF_TC_WITHOUT_HEAD(keywrap__every_row_brings_keys_back);
ATF_TC_BODY(keywrap__every_row_brings_keys_back, tc)
{
	static const size_t key_lengths[] = { 16, 20, 24, 32, 57, 121 };
	uint8_t plain[128], kek[64];

	mech_set_policy(POLICY_LEGACY);
	fixture_open();
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = kek[i % 64] = (uint8_t)(i + 1);
	for (size_t i = 0; i < mech_count() * COUNT(key_lengths); i++) {
		const struct mech *m = mech_at(i / COUNT(key_lengths));
		struct span in = { plain,
			key_lengths[i % COUNT(key_lengths)] };
		CK_MECHANISM how = mechanism_make(m);
		_cleanup_(secret_wipe) struct secret out = { NULL, 0 },
		    back = { NULL, 0 };
		struct key *key;

		if (m->alg == NULL || (mech_flags(m) & CKF_WRAP) == 0 ||
		    m->ops->prepare == NULL || m->ops->message_begin != NULL ||
		    m->max > 64)
			continue;
		key = secret_key_make(m->key_type, kek, m->max);
		ATF_REQUIRE_EQ_MSG(mech_wrap(m, &how, key, in, &out), CKR_OK,
		    "%s: %zu", ckname_mechanism(m->type), in.len);
		ATF_REQUIRE_EQ_MSG(mech_unwrap(m, &how, key, (struct span){
		    out.data, out.len }, &back), CKR_OK, "%s: %zu",
		    ckname_mechanism(m->type), in.len);
		ATF_CHECK(back.len >= in.len && back.len < in.len + 16);
		ATF_CHECK_EQ(memcmp(back.data, plain, in.len), 0);
		for (size_t k = in.len; k < back.len; k++)
			ATF_CHECK_EQ(back.data[k], 0);
		key_put(key);
	}
}

/* Derived by encryption: the same bytes as an encryption gives. */
ATF_TC_WITHOUT_HEAD(encdata__is_an_encryption);
ATF_TC_BODY(encdata__is_an_encryption, tc)
{
	CK_AES_CBC_ENCRYPT_DATA_PARAMS data = { "sixteen bytes iv",
		(CK_BYTE *)(uintptr_t)"thirty-two bytes, two whole bloc", 32 };
	CK_MECHANISM how = { CKM_AES_CBC_ENCRYPT_DATA, &data, sizeof(data) };
	struct derive_args args = { CKO_SECRET_KEY, CKK_AES, 16,
		{ NULL, NULL } };
	uint8_t want[64];
	CK_MECHANISM encryption = { CKM_AES_CBC, data.iv, sizeof(data.iv) };
	struct derived made;
	struct key *key;
	struct op *op;
	size_t n;

	fixture_open();
	key = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	ATF_REQUIRE_EQ(op_start(mech_find(CKM_AES_CBC), CKF_ENCRYPT,
	    &encryption, key, &op), CKR_OK);
	ATF_REQUIRE_EQ(op_once(op, data.pData, 32, want, &n), CKR_OK);
	op_free(op);
	ATF_REQUIRE_EQ(mech_derive(mech_find(how.mechanism), &how, key, &args,
	    &made), CKR_OK);
	ATF_REQUIRE_EQ(made.count, 1);
	ATF_CHECK_EQ(made.keys[0].made.value.len, 16);
	ATF_CHECK_EQ(memcmp(made.keys[0].made.value.data, want, 16), 0);
	derived_wipe(&made);
	args.len = 33;
	ATF_CHECK_EQ(mech_derive(mech_find(how.mechanism), &how, key, &args,
	    &made), CKR_KEY_SIZE_RANGE);
	args.len = 0;
	data.length = 31;
	ATF_CHECK_EQ(mech_derive(mech_find(how.mechanism), &how, key, &args,
	    &made), CKR_MECHANISM_PARAM_INVALID);
	data.pData = NULL;
	ATF_CHECK_EQ(mech_derive(mech_find(how.mechanism), &how, key, &args,
	    &made), CKR_MECHANISM_PARAM_INVALID);
	key_put(key);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, keywrap__known_answers);
	ATF_TP_ADD_TC(tp, keywrap__every_row_brings_keys_back);
	ATF_TP_ADD_TC(tp, encdata__is_an_encryption);
	return atf_no_error();
}
