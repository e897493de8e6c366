/* Known answers: FIPS 180-4 and FIPS 202 ("abc"), RFC 2202, RFC 4231, RFC 6979
 * and RFC 8032. */
#include <atf-c.h>
#include <string.h>

#include "module/mech/mech_fixture.h"

static void
check_hex(const uint8_t *is, size_t len, const char *hex)
{
	uint8_t want[256];

	ATF_REQUIRE_EQ(unhex(hex, want), len);
	ATF_CHECK_EQ(memcmp(is, want, len), 0);
}

static const struct {
	CK_MECHANISM_TYPE mech;
	const char *hash;
} digests[] = {
	{ CKM_SHA_1,
	    "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ CKM_SHA224,
	    "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
	{ CKM_SHA256,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f200"
	    "15ad" },
	{ CKM_SHA384,
	    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff"
	    "5bed8086072ba1e7cc2358baeca134c825a7" },
	{ CKM_SHA512,
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55"
	    "d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94f"
	    "a54ca49f" },
	{ CKM_SHA512_224,
	    "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa" },
	{ CKM_SHA512_256,
	    "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7"
	    "af23" },
	{ CKM_SHA3_224,
	    "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf" },
	{ CKM_SHA3_256,
	    "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe2451143"
	    "1532" },
	{ CKM_SHA3_384,
	    "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49b"
	    "e4b298d88cea927ac7f539f1edf228376d25" },
	{ CKM_SHA3_512,
	    "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2"
	    "712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f827"
	    "4eec53f0" },
};

ATF_TC_WITHOUT_HEAD(digest__of_abc);
ATF_TC_BODY(digest__of_abc, tc)
{
	fixture_open();
	for (size_t i = 0; i < COUNT(digests); i++) {
		CK_MECHANISM m = { digests[i].mech, NULL, 0 };
		uint8_t out[64];
		struct op *op;
		size_t len;

		ATF_REQUIRE_EQ(op_start(mech_find(m.mechanism), CKF_DIGEST,
		    &m, NULL, &op), CKR_OK);
		ATF_REQUIRE_EQ(op_once(op, "abc", 3, out, &len), CKR_OK);
		check_hex(out, len, digests[i].hash);
		op_free(op);
	}
}

static const struct {
	CK_MECHANISM_TYPE mech;
	const char *key, *text, *mac;
} macs[] = {
	{ CKM_SHA_1_HMAC,
	    "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "Hi There",
	    "b617318655057264e28bc0b6fb378c8ef146be00" },
	{ CKM_SHA224_HMAC,
	    "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "Hi There",
	    "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22" },
	{ CKM_SHA256_HMAC,
	    "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "Hi There",
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32"
	    "cff7" },
	{ CKM_SHA384_HMAC,
	    "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "Hi There",
	    "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7ceb"
	    "c59cfaea9ea9076ede7f4af152e8b2fa9cb6" },
	{ CKM_SHA512_HMAC,
	    "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "Hi There",
	    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e1"
	    "7cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c20"
	    "3a126854" },
	{ CKM_SHA256_HMAC,
	    "4a656665",
	    "what do ya want for nothing?",
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec"
	    "3843" },
	{ CKM_SHA256_HMAC_GENERAL,
	    "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
	    "Test With Truncation",
	    "a3b6167473100ee06e0c796c2955552b" },
	{ CKM_SHA256_HMAC,
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaa",
	    "Test Using Larger Than Block-Size Key - Hash Key First",
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee3"
	    "7f54" },
};

ATF_TC_WITHOUT_HEAD(hmac__of_rfc_2202_and_4231);
ATF_TC_BODY(hmac__of_rfc_2202_and_4231, tc)
{
	fixture_open();
	for (size_t i = 0; i < COUNT(macs); i++) {
		CK_ULONG wanted = strlen(macs[i].mac) / 2;
		CK_MECHANISM m = { macs[i].mech, NULL, 0 };
		uint8_t key_bytes[256], out[64];
		struct key *key = secret_key_make(CKK_GENERIC_SECRET,
		    key_bytes, unhex(macs[i].key, key_bytes));
		struct op *op;
		size_t len;

		if (m.mechanism == CKM_SHA256_HMAC_GENERAL)
			m = (CK_MECHANISM){ m.mechanism, &wanted,
				sizeof(wanted) };
		ATF_REQUIRE_EQ(op_start(mech_find(m.mechanism), CKF_SIGN, &m,
		    key, &op), CKR_OK);
		ATF_REQUIRE_EQ(op_once(op, macs[i].text,
		    strlen(macs[i].text), out, &len), CKR_OK);
		check_hex(out, len, macs[i].mac);
		op_free(op);
		key_put(key);
	}
}

static const struct {
	struct span params;
	const char *private, *public, *text, *sig;
} edwards[] = {
	{ { "\x06\x03\x2b\x65\x70", 5 },
	    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae"
	    "7f60",
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707"
	    "511a",
	    "",
	    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e0652249"
	    "01555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2465514143"
	    "8e7a100b" },
	{ { "\x06\x03\x2b\x65\x70", 5 },
	    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8"
	    "a6fb",
	    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4"
	    "660c",
	    "72",
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb"
	    "69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d2916"
	    "12bb0c00" },
	{ { "\x06\x03\x2b\x65\x71", 5 },
	    "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e3"
	    "48a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
	    "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e9"
	    "6778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
	    "",
	    "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a"
	    "591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d20"
	    "28d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda85"
	    "30a113a0f4dbb61149f05a7363268c71d95808ff2e652600" },
};

ATF_TC_WITHOUT_HEAD(eddsa__of_rfc_8032);
ATF_TC_BODY(eddsa__of_rfc_8032, tc)
{
	fixture_open();
	for (size_t i = 0; i < COUNT(edwards); i++) {
		const struct mech *m = mech_find(CKM_EDDSA);
		uint8_t private[64], public[64], text[8], sig[1024];
		struct key_parts parts = { .class = CKO_PRIVATE_KEY,
			.type = CKK_EC_EDWARDS, .params = edwards[i].params };
		size_t text_len = unhex(edwards[i].text, text), len;
		struct key *keys[2];

		parts.value = (struct span){ private,
			unhex(edwards[i].private, private) };
		parts.point = (struct span){ public,
			unhex(edwards[i].public, public) };
		ATF_REQUIRE_EQ(key_new(&parts, &keys[0]), CKR_OK);
		parts.class = CKO_PUBLIC_KEY;
		ATF_REQUIRE_EQ(key_new(&parts, &keys[1]), CKR_OK);
		ATF_REQUIRE_EQ(sign_once(m, keys[0], text, text_len, sig,
		    &len), CKR_OK);
		check_hex(sig, len, edwards[i].sig);
		ATF_CHECK_EQ(verify_once(m, keys[1], text, text_len, sig,
		    len), CKR_OK);
		ATF_REQUIRE_EQ(sign_parts(m, keys[0], text, text_len, 1, sig,
		    &len), CKR_OK);
		check_hex(sig, len, edwards[i].sig);
		key_put(keys[0]);
		key_put(keys[1]);
	}
}

/* RFC 6979, A.2.5: the key on P-256, its public half, and two signatures of
 * "sample".  Ours are not deterministic, so they are verified only. */
ATF_TC_WITHOUT_HEAD(ecdsa__of_rfc_6979);
ATF_TC_BODY(ecdsa__of_rfc_6979, tc)
{
	static const struct {
		CK_MECHANISM_TYPE mech;
		const char *sig;
	} rows[] = {
		{ CKM_ECDSA_SHA256,
		    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf"
		    "3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f"
		    "843acda8" },
		{ CKM_ECDSA_SHA1,
		    "61340c88c3aaebeb4f6d667f672ca9759a6ccaa9fa8811313039ee4a3547"
		    "1d326d7f147dac089441bb2e2fe8f7a3fa264b9c475098fdcf6e00d7c996"
		    "e1b8b7eb" },
	};
	uint8_t d[32], sig[64];
	struct key_parts parts = { .class = CKO_PRIVATE_KEY, .type = CKK_EC,
		.params = { "\x13\x05P-256", 7 }, .value = { d, sizeof(d) } };
	struct key_made made;
	struct key *key;

	fixture_open();
	unhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b"
	    "120f6721", d);
	ATF_REQUIRE_EQ(key_new(&parts, &key), CKR_OK);
	ATF_REQUIRE_EQ(key_public_parts(key, &made), CKR_OK);
	key_put(key);
	check_hex(made.point.data, made.point.len, "044104"
	    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
	    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
	parts.class = CKO_PUBLIC_KEY;
	parts.point = (struct span){ made.point.data, made.point.len };
	ATF_REQUIRE_EQ(key_new(&parts, &key), CKR_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		ATF_REQUIRE_EQ(unhex(rows[i].sig, sig), 64);
		ATF_CHECK_EQ(verify_once(mech_find(rows[i].mech), key,
		    "sample", 6, sig, 64), CKR_OK);
	}
	key_put(key);
	key_made_wipe(&made);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, digest__of_abc);
	ATF_TP_ADD_TC(tp, hmac__of_rfc_2202_and_4231);
	ATF_TP_ADD_TC(tp, eddsa__of_rfc_8032);
	ATF_TP_ADD_TC(tp, ecdsa__of_rfc_6979);
	return atf_no_error();
}
