/* Keys wrapped by authenticated ciphers. */
#include <atf-c.h>
#include <string.h>

#include "module/mech/aead_fixture.h"
#include "module/mech/keywork.h"
#include "module/mech/mech_fixture.h"

/* Wrapping with the structure of its own makes the IV; both structures unwrap
 * what either has wrapped. */
ATF_TC_WITHOUT_HEAD(wrap__makes_the_iv);
ATF_TC_BODY(wrap__makes_the_iv, tc)
{
	uint8_t iv[12] = { 0 }, aad[4] = "aad", other[12] = { 0 };
	CK_GCM_WRAP_PARAMS gcm = { iv, 12, 0, CKG_GENERATE, aad, 4, 128 };
	CK_CCM_WRAP_PARAMS ccm = { 0, iv, 12, 0, CKG_GENERATE, aad, 4, 16 };
	CK_GCM_PARAMS gcm_plain = { iv, 12, 96, aad, 4, 128 };
	CK_CCM_PARAMS ccm_plain = { 99, iv, 12, aad, 4, 16 };
	CK_MECHANISM hows[][2] = {
		{ { CKM_AES_GCM, &gcm, sizeof(gcm) },
		    { CKM_AES_GCM, &gcm_plain, sizeof(gcm_plain) } },
		{ { CKM_AES_CCM, &ccm, sizeof(ccm) },
		    { CKM_AES_CCM, &ccm_plain, sizeof(ccm_plain) } },
	};
	struct span plain = { "the bytes of a key", 18 };
	struct key *key;

	fixture_open();
	key = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	for (size_t i = 0; i < COUNT(hows) * 2; i++) {
		const CK_MECHANISM *how = hows[i / 2];
		const struct mech *m = mech_find(how->mechanism);
		_cleanup_(secret_wipe) struct secret out = { NULL, 0 },
		    back = { NULL, 0 };

		ATF_REQUIRE_EQ(mech_wrap(m, &how[0], key, plain, &out),
		    CKR_OK);
		ATF_CHECK_EQ(out.len, plain.len + 16);
		ATF_CHECK(memcmp(iv, other, 12) != 0);
		memcpy(other, iv, 12);
		ATF_REQUIRE_EQ(mech_unwrap(m, &how[i % 2], key,
		    (struct span){ out.data, out.len }, &back), CKR_OK);
		ATF_CHECK_EQ(back.len, plain.len);
		ATF_CHECK_EQ(memcmp(back.data, plain.data, plain.len), 0);
		secret_wipe(&back);
		out.data[0] ^= 1;
		ATF_CHECK_EQ(mech_unwrap(m, &how[i % 2], key,
		    (struct span){ out.data, out.len }, &back),
		    CKR_WRAPPED_KEY_INVALID);
		ATF_CHECK_EQ(mech_unwrap(m, &how[0], key,
		    (struct span){ out.data, 16 }, &back),
		    CKR_WRAPPED_KEY_LEN_RANGE);
	}
	gcm.ivGenerator = CKG_GENERATE_COUNTER;
	ATF_CHECK_EQ(mech_wrap(mech_find(CKM_AES_GCM), &hows[0][0], key,
	    plain, &(struct secret){ NULL, 0 }), CKR_MECHANISM_PARAM_INVALID);
	key_put(key);
}

ATF_TC_WITHOUT_HEAD(wrap__authenticated);
ATF_TC_BODY(wrap__authenticated, tc)
{
	struct span plain = { "the bytes of a key", 18 }, aad = { "aad", 3 };
	struct key *key;

	fixture_open();
	key = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	for (int i = 0; i < 2; i++) {
		struct call c = { .mech = i == 0 ? CKM_AES_GCM : CKM_AES_CCM,
			.iv_len = 12, .tag_len = 16,
			.generator = CKG_GENERATE };
		CK_MECHANISM how = message_form(&c);
		const struct mech *m = mech_find(how.mechanism);
		_cleanup_(secret_wipe) struct secret out = { NULL, 0 },
		    back = { NULL, 0 };

		ATF_REQUIRE_EQ(mech_wrap_authenticated(m, &how, key, aad,
		    plain, &out), CKR_OK);
		ATF_CHECK_EQ(out.len, plain.len);
		ATF_REQUIRE_EQ(mech_unwrap_authenticated(m, &how, key, aad,
		    (struct span){ out.data, out.len }, &back), CKR_OK);
		ATF_CHECK_EQ(memcmp(back.data, plain.data, plain.len), 0);
		secret_wipe(&back);
		aad.len ^= 1;
		ATF_CHECK_EQ(mech_unwrap_authenticated(m, &how, key, aad,
		    (struct span){ out.data, out.len }, &back),
		    CKR_WRAPPED_KEY_INVALID);
		aad.len ^= 1;
	}
	key_put(key);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, wrap__makes_the_iv);
	ATF_TP_ADD_TC(tp, wrap__authenticated);
	return atf_no_error();
}
