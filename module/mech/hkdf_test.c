/* HKDF: the answers of RFC 5869, plain libcrypto, and hostile parameters. */
#include "module/mech/derive_fixture.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

#define KEY_22 "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
#define KEY_11 "0b0b0b0b0b0b0b0b0b0b0b"

static const struct {
	CK_MECHANISM_TYPE hash;
	const char *key, *salt, *info, *prk, *okm;
} known[] = {
	{ CKM_SHA256, KEY_22, "000102030405060708090a0b0c",
	    "f0f1f2f3f4f5f6f7f8f9",
	    "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2"
	    "b3e5",
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4"
	    "c5bf34007208d5b887185865" },
	{ CKM_SHA256, KEY_22, "", "",
	    "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293c"
	    "cb04",
	    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c73"
	    "8d2d9d201395faa4b61a96c8" },
	{ CKM_SHA_1, KEY_11, "000102030405060708090a0b0c",
	    "f0f1f2f3f4f5f6f7f8f9",
	    "9b6c18c432a7bf8f0e71c8eb88f4b30baa2ba243",
	    "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155"
	    "fda2c22e422478d305f3f896" },
	{ CKM_SHA_1, KEY_22, "", "",
	    "da8c8a73c7fa77288ec6f5e7c297786aa0d32d01",
	    "0ac1af7002b3d761d1e55298da9d0506b9ae52057220a306e07b6b87e8df"
	    "21d0ea00033de03984d34918" },
	{ CKM_SHA256,
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
	    "1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b"
	    "3c3d3e3f404142434445464748494a4b4c4d4e4f",
	    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d"
	    "7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b"
	    "9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccd"
	    "cecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaeb"
	    "ecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	    "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15f"
	    "c244",
	    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19af"
	    "a97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9"
	    "aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87" },
	{ CKM_SHA_1,
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
	    "1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b"
	    "3c3d3e3f404142434445464748494a4b4c4d4e4f",
	    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d"
	    "7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b"
	    "9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccd"
	    "cecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaeb"
	    "ecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	    "8adae09a2a307059478d309b26c4115a224cfaf6",
	    "0bd770a74d1160f7c9f12cd5912a06ebff6adcae899d92191fe4305673ba"
	    "2ffe8fa3f1a4e5ad79f3f334b3b202b2173c486ea37ce3d397ed034c7f9d"
	    "feb15c5e927336d0441f4c4300e2cff0d0900b52d3b4" },
	{ CKM_SHA_1,
	    "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
	    "",
	    "",
	    "2adccada18779e7c2077ad2eb19d3f3e731385dd",
	    "2c91117204d745f3500d636a62f64f0ab3bae548aa53d423b0d1f27ebba6"
	    "f5e5673a081d70cce7acfc48" },
};

struct bytes {
	uint8_t data[256];
	size_t len;
};

static CK_HKDF_PARAMS
params(CK_MECHANISM_TYPE hash, bool extract, bool expand, struct bytes *salt,
    struct bytes *info)
{
	return (CK_HKDF_PARAMS){ extract, expand, hash,
		salt->len != 0 ? CKF_HKDF_SALT_DATA : CKF_HKDF_SALT_NULL,
		salt->len != 0 ? salt->data : NULL, salt->len, 0, info->data,
		info->len };
}

ATF_TC_WITHOUT_HEAD(hkdf__of_rfc_5869);
ATF_TC_BODY(hkdf__of_rfc_5869, tc)
{
	for (size_t i = 0; i < COUNT(known); i++) {
		struct bytes salt, info;
		CK_HKDF_PARAMS p;
		struct derivation d = { CKM_HKDF_DERIVE, &p, sizeof(p),
			.base = known[i].key };

		salt.len = unhex(known[i].salt, salt.data);
		info.len = unhex(known[i].info, info.data);
		p = params(known[i].hash, true, true, &salt, &info);
		d.len = strlen(known[i].okm) / 2;
		check_derived(&d, CKR_OK, known[i].okm, "both");
		d.base_type = CKK_HKDF;
		check_derived(&d, CKR_OK, known[i].okm, "of an HKDF key");
		d.mech = CKM_HKDF_DATA;
		d.data_class = true;
		check_derived(&d, CKR_OK, known[i].okm, "data");
		d = (struct derivation){ CKM_HKDF_DERIVE, &p, sizeof(p),
			.base = known[i].key };
		p.bExpand = CK_FALSE;
		check_derived(&d, CKR_OK, known[i].prk, "extract");
		d.len = strlen(known[i].prk) / 2;
		check_derived(&d, CKR_OK, known[i].prk, "extract, length");
		d.len--;
		check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "extract, less");
		p.bExtract = CK_FALSE;
		p.bExpand = CK_TRUE;
		d.base = known[i].prk;
		d.len = strlen(known[i].okm) / 2;
		check_derived(&d, CKR_OK, known[i].okm, "expand");
	}
}

/* What plain libcrypto makes of the same. */
static void
other_hkdf(const char *md, const struct bytes *key, struct bytes *salt,
    struct bytes *info, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(fixture_open(), "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM p[] = {
		OSSL_PARAM_construct_utf8_string("digest",
		    (char *)(uintptr_t)md, 0),
		OSSL_PARAM_construct_octet_string("key",
		    (void *)(uintptr_t)key->data, key->len),
		OSSL_PARAM_construct_octet_string("info", info->data,
		    info->len),
		OSSL_PARAM_construct_octet_string("salt", salt->data,
		    salt->len),
		OSSL_PARAM_construct_end(),
	};

	ATF_REQUIRE_EQ(EVP_KDF_derive(ctx, out, len, p), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static void
hex_of(const uint8_t *in, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", in[i]);
}

ATF_TC_WITHOUT_HEAD(hkdf__as_libcrypto_does_it);
ATF_TC_BODY(hkdf__as_libcrypto_does_it, tc)
{
	static const struct {
		CK_MECHANISM_TYPE hash;
		const char *md;
	} hashes[] = { { CKM_SHA224, "SHA224" }, { CKM_SHA384, "SHA384" },
		{ CKM_SHA512, "SHA512" }, { CKM_SHA512_256, "SHA512-256" },
		{ CKM_SHA3_256, "SHA3-256" }, { CKM_SHA3_512, "SHA3-512" } };
	static const size_t lengths[] = { 1, 28, 32, 63, 64, 65, 129, 256 };
	struct bytes key = { "a key of some bytes", 19 };
	struct bytes salt = { "salt", 4 }, info = { "information", 11 };
	uint8_t want[256];
	char base[64], hex[513];

	hex_of(key.data, key.len, base);
	for (size_t i = 0; i < COUNT(hashes) * COUNT(lengths); i++) {
		size_t len = lengths[i % COUNT(lengths)];
		size_t h = i / COUNT(lengths);
		CK_HKDF_PARAMS p = params(hashes[h].hash, true, true, &salt,
		    &info);

		other_hkdf(hashes[h].md, &key, &salt, &info, want, len);
		hex_of(want, len, hex);
		check_derived(&(struct derivation){ CKM_HKDF_DERIVE, &p,
		    sizeof(p), .base = base, .len = len }, CKR_OK, hex,
		    hashes[h].md);
	}
}

ATF_TC_WITHOUT_HEAD(hkdf__salt_of_a_key);
ATF_TC_BODY(hkdf__salt_of_a_key, tc)
{
	uint8_t bytes[32];
	struct bytes none = { .len = 0 }, info;
	CK_HKDF_PARAMS p;
	struct derivation d = { CKM_HKDF_DERIVE, &p, sizeof(p),
		.base = known[0].key, .len = 42 };
	struct pair pair;
	struct key *keys[2];

	fixture_open();
	pair_make("P-256", &pair);
	keys[0] = secret_key_make(CKK_GENERIC_SECRET, bytes,
	    unhex(known[0].salt, bytes));
	keys[1] = pair.private;
	derive_keys(keys, 2);
	info.len = unhex(known[0].info, info.data);
	p = params(CKM_SHA256, true, true, &none, &info);
	p.ulSaltType = CKF_HKDF_SALT_KEY;
	p.hSaltKey = 1;
	check_derived(&d, CKR_OK, known[0].okm, "salt key");
	p.hSaltKey = 2;
	check_derived(&d, CKR_KEY_TYPE_INCONSISTENT, NULL, "private");
	p.hSaltKey = 3;
	check_derived(&d, CKR_KEY_HANDLE_INVALID, NULL, "no key");
	key_put(keys[0]);
	pair_wipe(&pair);
}

ATF_TC_WITHOUT_HEAD(hkdf__hostile_parameters);
ATF_TC_BODY(hkdf__hostile_parameters, tc)
{
	const CK_HKDF_PARAMS good = { CK_TRUE, CK_TRUE, CKM_SHA256,
		CKF_HKDF_SALT_NULL, NULL, 0, 0, NULL, 0 };
	struct bytes salt = { "salt", 4 };
	CK_HKDF_PARAMS p = good;
	struct derivation d = { CKM_HKDF_DERIVE, &p, sizeof(p),
		.base = KEY_22, .len = 16 };

#define BAD(field, value) \
	p = good; \
	p.field = (value); \
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, #field)
	BAD(prfHashMechanism, CKM_SHA256_HMAC);
	BAD(prfHashMechanism, CKM_AES_CBC);
	BAD(prfHashMechanism, CKM_SHA512_T);
	BAD(prfHashMechanism, CKM_BLAKE2B_160);
	BAD(prfHashMechanism, 0xdeadUL);
	BAD(ulSaltType, 0);
	BAD(ulSaltType, CKF_HKDF_SALT_DATA | CKF_HKDF_SALT_NULL);
	BAD(ulInfoLen, 1);
	BAD(ulInfoLen, ~0UL);
	p = good;
	p.bExtract = p.bExpand = CK_FALSE;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "neither");
	p = good;
	p.ulSaltType = CKF_HKDF_SALT_DATA;
	p.ulSaltLen = 4;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "NULL salt");
	p.pSalt = salt.data;
	p.ulSaltLen = ~0UL;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "long salt");
	/* what is not used is not looked at */
	p = good;
	p.bExtract = CK_FALSE;
	p.ulSaltType = 77;
	d.base = known[0].prk;
	check_derived(&d, CKR_OK, "b2a3d45126d31fb6828ef00d76c6d54e", "");
	d.base = KEY_22;
	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "no extracted key");
	p = good;
	d.param_len--;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "size");
	d = (struct derivation){ CKM_HKDF_DERIVE, .base = KEY_22, .len = 16 };
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "NULL");
}

ATF_TC_WITHOUT_HEAD(hkdf__lengths_and_classes);
ATF_TC_BODY(hkdf__lengths_and_classes, tc)
{
	CK_HKDF_PARAMS p = { CK_TRUE, CK_TRUE, CKM_SHA256, CKF_HKDF_SALT_NULL,
		NULL, 0, 0, NULL, 0 };
	struct derivation d = { CKM_HKDF_DERIVE, &p, sizeof(p),
		.base = KEY_22 };
	struct derived made;

	check_derived(&d, CKR_TEMPLATE_INCOMPLETE, NULL, "no length");
	d.len = 255 * 32;
	ATF_REQUIRE_EQ(derive(&d, &made), CKR_OK);
	ATF_CHECK_EQ(made.keys[0].made.value.len, 255 * 32);
	derived_wipe(&made);
	d.len++;
	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "long");
	d.len = 16;
	d.data_class = true;
	check_derived(&d, CKR_TEMPLATE_INCONSISTENT, NULL, "data of a key");
	d.mech = CKM_HKDF_DATA;
	d.data_class = false;
	check_derived(&d, CKR_TEMPLATE_INCONSISTENT, NULL, "key of data");
	d.mech = CKM_HKDF_DERIVE;
	d.base_type = CKK_AES;
	d.base = "000102030405060708090a0b0c0d0e0f";
	check_derived(&d, CKR_KEY_TYPE_INCONSISTENT, NULL, "AES");
}

ATF_TC_WITHOUT_HEAD(hkdf__keys_are_generated);
ATF_TC_BODY(hkdf__keys_are_generated, tc)
{
	CK_MECHANISM how = { CKM_HKDF_KEY_GEN, NULL, 0 };
	struct generate_args args = { .len = 48 };
	struct key_made a = { 0 }, b = { 0 };
	const struct mech *mech;
	CK_KEY_TYPE type;

	fixture_open();
	mech = mech_find(how.mechanism);
	ATF_REQUIRE_EQ(mech_generate(mech, &how, &args, &type, &a), CKR_OK);
	ATF_REQUIRE_EQ(mech_generate(mech, &how, &args, &type, &b), CKR_OK);
	ATF_CHECK_EQ(type, CKK_HKDF);
	ATF_REQUIRE_EQ(a.value.len, 48);
	ATF_CHECK(memcmp(a.value.data, b.value.data, 48) != 0);
	key_made_wipe(&a);
	key_made_wipe(&b);
	args.len = 0;
	ATF_CHECK_EQ(mech_generate(mech, &how, &args, &type, &a),
	    CKR_TEMPLATE_INCOMPLETE);
	args.len = ~0UL;
	ATF_CHECK_EQ(mech_generate(mech, &how, &args, &type, &a),
	    CKR_KEY_SIZE_RANGE);
	args.len = 48;
	how = (CK_MECHANISM){ how.mechanism, &args, sizeof(args) };
	ATF_CHECK_EQ(mech_generate(mech, &how, &args, &type, &a),
	    CKR_MECHANISM_PARAM_INVALID);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, hkdf__of_rfc_5869);
	ATF_TP_ADD_TC(tp, hkdf__as_libcrypto_does_it);
	ATF_TP_ADD_TC(tp, hkdf__salt_of_a_key);
	ATF_TP_ADD_TC(tp, hkdf__hostile_parameters);
	ATF_TP_ADD_TC(tp, hkdf__lengths_and_classes);
	ATF_TP_ADD_TC(tp, hkdf__keys_are_generated);
	return atf_no_error();
}
