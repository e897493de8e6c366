/* ECDH: every curve and every function of keys against plain libcrypto, known
 * answers, and public values that are none. */
#include <atf-c.h>
#include <string.h>

#include "module/mech/agree.h"
#include "module/mech/agree_fixture.h"

static const char *const curves[] = { "P-224", "P-256", "P-384", "P-521",
	"secp256k1", "brainpoolP224r1", "brainpoolP224t1", "brainpoolP256r1",
	"brainpoolP256t1", "brainpoolP320r1", "brainpoolP320t1",
	"brainpoolP384r1", "brainpoolP384t1", "brainpoolP512r1",
	"brainpoolP512t1", "X25519", "X448" };

static const struct {
	CK_EC_KDF_TYPE type;
	const char *name, *md;
} kdfs[] = {
	{ CKD_SHA1_KDF, "X963KDF", "SHA1" },
	{ CKD_SHA224_KDF, "X963KDF", "SHA2-224" },
	{ CKD_SHA256_KDF, "X963KDF", "SHA2-256" },
	{ CKD_SHA384_KDF, "X963KDF", "SHA2-384" },
	{ CKD_SHA512_KDF, "X963KDF", "SHA2-512" },
	{ CKD_SHA3_224_KDF, "X963KDF", "SHA3-224" },
	{ CKD_SHA3_256_KDF, "X963KDF", "SHA3-256" },
	{ CKD_SHA3_384_KDF, "X963KDF", "SHA3-384" },
	{ CKD_SHA3_512_KDF, "X963KDF", "SHA3-512" },
	{ CKD_SHA1_KDF_SP800, "SSKDF", "SHA1" },
	{ CKD_SHA224_KDF_SP800, "SSKDF", "SHA2-224" },
	{ CKD_SHA256_KDF_SP800, "SSKDF", "SHA2-256" },
	{ CKD_SHA384_KDF_SP800, "SSKDF", "SHA2-384" },
	{ CKD_SHA512_KDF_SP800, "SSKDF", "SHA2-512" },
	{ CKD_SHA3_224_KDF_SP800, "SSKDF", "SHA3-224" },
	{ CKD_SHA3_256_KDF_SP800, "SSKDF", "SHA3-256" },
	{ CKD_SHA3_384_KDF_SP800, "SSKDF", "SHA3-384" },
	{ CKD_SHA3_512_KDF_SP800, "SSKDF", "SHA3-512" },
	{ CKD_BLAKE2B_512_KDF, "SSKDF", "BLAKE2B-512" },
};

/* Whose secret it is makes no difference, and neither does which side is
 * ours. */
ATF_TC_WITHOUT_HEAD(plain__is_libcryptos_on_every_curve);
ATF_TC_BODY(plain__is_libcryptos_on_every_curve, tc)
{
	for (size_t i = 0; i < COUNT(curves); i++) {
		uint8_t want[SECRET_MAX], is[SECRET_MAX];
		size_t want_len, len;
		struct pair a, b;

		pair_make(curves[i], &a);
		pair_make(curves[i], &b);
		want_len = other_agree(a.pkey, b.pkey, want);
		ATF_REQUIRE_EQ_MSG(derive_plain(a.private,
		    b.public_parts.point, is, &len), CKR_OK, "%s", curves[i]);
		ATF_REQUIRE_EQ(len, want_len);
		ATF_CHECK_EQ(memcmp(is, want, len), 0);
		ATF_REQUIRE_EQ(derive_plain(b.private, a.public_parts.point,
		    is, &len), CKR_OK);
		ATF_CHECK_EQ(memcmp(is, want, len), 0);
		pair_wipe(&a);
		pair_wipe(&b);
	}
}

static void
check_kdf(CK_MECHANISM_TYPE mech, struct pair *own, size_t row,
    CK_ECDH1_DERIVE_PARAMS *p, struct span secret)
{
	static const size_t lengths[] = { 1, 16, 28, 64, 65, 200 };
	uint8_t want[SECRET_MAX], is[SECRET_MAX];
	size_t len;

	for (size_t i = 0; i < COUNT(lengths); i++) {
		other_kdf(kdfs[row].name, kdfs[row].md, secret,
		    (struct span){ p->pSharedData, p->ulSharedDataLen },
		    want, lengths[i]);
		ATF_REQUIRE_EQ(derive_once(mech, p, sizeof(*p), own->private,
		    lengths[i], is, &len), CKR_OK);
		ATF_CHECK_EQ(len, lengths[i]);
		ATF_CHECK_EQ_MSG(memcmp(is, want, len), 0, "kdf %zu, %zu "
		    "bytes", row, len);
	}
	ATF_CHECK_EQ(derive_once(mech, p, sizeof(*p), own->private, 0, is,
	    &len), CKR_TEMPLATE_INCOMPLETE);
	ATF_CHECK_EQ(derive_once(mech, p, sizeof(*p), own->private, ~0UL, is,
	    &len), CKR_KEY_SIZE_RANGE);
}

static void
check_kdfs(const char *curve, CK_MECHANISM_TYPE mech)
{
	uint8_t secret[SECRET_MAX], info[] = "what both know";
	CK_ECDH1_DERIVE_PARAMS p = { .ulSharedDataLen = 0 };
	struct pair own, peer;
	size_t len;

	pair_make(curve, &own);
	pair_make(curve, &peer);
	len = other_agree(own.pkey, peer.pkey, secret);
	p.pPublicData = (CK_BYTE *)(uintptr_t)peer.public_parts.point.data;
	p.ulPublicDataLen = peer.public_parts.point.len;
	for (size_t i = 0; i < COUNT(kdfs); i++) {
		p.kdf = kdfs[i].type;
		p.pSharedData = NULL;
		p.ulSharedDataLen = 0;
		check_kdf(mech, &own, i, &p, (struct span){ secret, len });
		p.pSharedData = info;
		p.ulSharedDataLen = sizeof(info);
		check_kdf(mech, &own, i, &p, (struct span){ secret, len });
	}
	pair_wipe(&own);
	pair_wipe(&peer);
}

ATF_TC_WITHOUT_HEAD(kdf__is_libcryptos);
ATF_TC_BODY(kdf__is_libcryptos, tc)
{
	check_kdfs("P-256", CKM_ECDH1_DERIVE);
	check_kdfs("P-521", CKM_ECDH1_COFACTOR_DERIVE);
	check_kdfs("X448", CKM_ECDH1_DERIVE);
}

/* NIST's ANSI X9.63 vectors, SHA-256. */
ATF_TC_WITHOUT_HEAD(kdf__known_answer);
ATF_TC_BODY(kdf__known_answer, tc)
{
	const struct agree_kdf kdf = { CKD_SHA256_KDF, NULL, 0 };
	struct secret secret;
	uint8_t bytes[SECRET_MAX];
	size_t len = hex_bytes("96c05619d56c328ab95fe84b18264b08725b85e33fd34f"
	    "08", bytes);

	fixture_open();
	ATF_REQUIRE_EQ(secret_dup(bytes, len, &secret), CKR_OK);
	ATF_REQUIRE_EQ(agree_derive(&kdf, 16, &secret), CKR_OK);
	check_bytes(secret.data, secret.len,
	    "443024c3dae66b95e6f5670601558f71");
	secret_wipe(&secret);
}

/* RFC 7748 6.1 and 6.2, RFC 5903 8.1 to 8.3, RFC 7027 A.1: both sides come to
 * the same. */
static const struct answer {
	CK_KEY_TYPE type;
	struct span params;
	const char *value[2], *point[2], *secret;
} answers[] = {
	{ CKK_EC_MONTGOMERY, { "\x13\x0a" "curve25519", 12 },
	    { "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c"
	      "2a",
	      "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0"
	      "eb" },
	    { "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e"
	      "6a",
	      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b"
	      "4f" },
	    "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e1617"
	    "42" },
	{ CKK_EC_MONTGOMERY, { "\x06\x03\x2b\x65\x6f", 5 },
	    { "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9ba"
	      "f574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
	      "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c1"
	      "20bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d" },
	    { "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9"
	      "bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
	      "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b9"
	      "72fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609" },
	    "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b"
	    "56fd2464c335543936521c24403085d59a449a5037514a879d" },
	{ CKK_EC, { "\x13\x05P-256", 7 },
	    { "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d14"
	      "33",
	      "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee"
	      "53" },
	    { "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c377258"
	      "11805271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8"
	      "990bb3",
	      "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494"
	      "bf6356fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f3303"
	      "9872ab" },
	    "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442"
	    "de" },
	{ CKK_EC, { "\x13\x05P-384", 7 },
	    { "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce6"
	      "55e35b538041e649ee3faef896783ab194",
	      "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa29"
	      "42e0308312916b8ed2960e4bd55a7448fc" },
	    { "04667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c5"
	      "5ee6de3ac808acb4bdb4c88732aee95f41aa9482ed1fc0eeb9cafc4984625c"
	      "cfc23f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c63"
	      "4573a81c",
	      "04e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc"
	      "509d0d1ac43a0336def96fda41d0774a3571dcfbec7aacf3196472169e8384"
	      "30367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96d"
	      "b9e6386c" },
	    "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5"
	    "c4d603135569b9e9d09cf5d4a270f59746" },
	{ CKK_EC, { "\x13\x05P-521", 7 },
	    { "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172"
	      "a095aa85a30fe1c2952c6771d937ba9777f5957b2639bab072462f68c27a57"
	      "382d4a52",
	      "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f07838020"
	      "1e9c677d600b343757a3bdbf2a3163e4c2f869cca7458aa4a4effc311f5cb1"
	      "51685eb9" },
	    { "040015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9"
	      "ecbee1e3bf42e00b8e380aeae57c2d107564941885942af5a7f4601723c419"
	      "5d176ced3e017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c"
	      "739d7cb4a10ad8a788015ac405d7799dc75e7b7d5b6cf2261a6a7f1507438b"
	      "f01beb6ca3926f9582",
	      "0400d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e573973"
	      "5a219b97c356436adc6e95bb0352f6be64a6c2912d4ef2d0433ced2b617164"
	      "0012d9460f015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c72"
	      "4d9852077b87220b6536c5c408a1d2aebb8e86d678ae49cb57091f47322965"
	      "79ab44fcd17f0fc56a" },
	    "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b"
	    "04d1427e73ca4baa240a34786859810c06b3c715a3a8cc3151f2bee417996d"
	    "19f3ddea" },
	{ CKK_EC, { "\x13\x0f" "brainpoolP256r1", 17 },
	    { "81db1ee100150ff2ea338d708271be38300cb54241d79950f77b063039804f"
	      "1d",
	      "55e40bc41e37e3e2ad25c3c6654511ffa8474a91a0032087593852d3e7d76b"
	      "d3" },
	    { "0444106e913f92bc02a1705d9953a8414db95e1aaa49e81d9e85f929a8e310"
	      "0be58ab4846f11caccb73ce49cbdd120f5a900a69fd32c272223f789ef10eb"
	      "089bdc",
	      "048d2d688c6cf93e1160ad04cc4429117dc2c41825e1e9fca0addd34e6f1b3"
	      "9f7b990c57520812be512641e47034832106bc7d3e8dd0e4c7f1136d700654"
	      "7cec6a" },
	    "89afc39d41d3b327814b80940b042590f96556ec91e6ae7939bce31f3a18bf"
	    "2b" },
};

ATF_TC_WITHOUT_HEAD(plain__known_answers);
ATF_TC_BODY(plain__known_answers, tc)
{
	fixture_open();
	for (size_t i = 0; i < 2 * COUNT(answers); i++) {
		const struct answer *a = &answers[i / 2];
		uint8_t value[SECRET_MAX], point[SECRET_MAX], is[SECRET_MAX];
		struct key_parts parts = { .class = CKO_PRIVATE_KEY,
			.type = a->type, .params = a->params };
		struct key *key = NULL;
		size_t len, point_len = hex_bytes(a->point[1 - i % 2], point);

		parts.value = (struct span){ value,
			hex_bytes(a->value[i % 2], value) };
		ATF_REQUIRE_EQ(key_new(&parts, &key), CKR_OK);
		ATF_REQUIRE_EQ_MSG(derive_plain(key, (struct span){ point,
		    point_len }, is, &len), CKR_OK, "row %zu", i);
		check_bytes(is, len, a->secret);
		key_put(key);
	}
}

/* The last bytes of what is used as it is. */
ATF_TC_WITHOUT_HEAD(plain__loses_its_front);
ATF_TC_BODY(plain__loses_its_front, tc)
{
	CK_ECDH1_DERIVE_PARAMS p = { .kdf = CKD_NULL };
	uint8_t want[SECRET_MAX], is[SECRET_MAX];
	struct pair own, peer;
	size_t len;

	pair_make("P-256", &own);
	pair_make("P-256", &peer);
	ATF_REQUIRE_EQ(other_agree(own.pkey, peer.pkey, want), 32);
	p.pPublicData = (CK_BYTE *)(uintptr_t)peer.public_parts.point.data;
	p.ulPublicDataLen = peer.public_parts.point.len;
	for (size_t n = 1; n <= 32; n++) {
		ATF_REQUIRE_EQ(derive_once(CKM_ECDH1_DERIVE, &p, sizeof(p),
		    own.private, n, is, &len), CKR_OK);
		ATF_CHECK_EQ(len, n);
		ATF_CHECK_EQ(memcmp(is, want + 32 - n, n), 0);
	}
	ATF_CHECK_EQ(derive_once(CKM_ECDH1_DERIVE, &p, sizeof(p), own.private,
	    33, is, &len), CKR_KEY_SIZE_RANGE);
	pair_wipe(&own);
	pair_wipe(&peer);
}

static size_t
point_form(EVP_PKEY *pkey, const char *form, uint8_t out[SECRET_MAX])
{
	size_t len = 0;

	ATF_REQUIRE_EQ(EVP_PKEY_set_utf8_string_param(pkey, "point-format",
	    form), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_get_octet_string_param(pkey, "pub", out,
	    SECRET_MAX, &len), 1);
	return len;
}

/* Bare, in an OCTET STRING, in a BIT STRING; compressed or not. */
ATF_TC_WITHOUT_HEAD(point__has_many_forms);
ATF_TC_BODY(point__has_many_forms, tc)
{
	static const char *const names[] = { "P-256", "X25519" };
	uint8_t want[SECRET_MAX], is[SECRET_MAX], point[SECRET_MAX + 8];
	struct pair own, peer;
	size_t len;

	for (size_t i = 0; i < COUNT(names); i++) {
		struct span bare;
		uint8_t n;

		pair_make(names[i], &own);
		pair_make(names[i], &peer);
		other_agree(own.pkey, peer.pkey, want);
		bare = peer.public_parts.point;
		n = (uint8_t)bare.len;
		memcpy(point, (uint8_t[]){ 4, n }, 2);
		memcpy(point + 2, bare.data, n);
		ATF_REQUIRE_EQ(derive_plain(own.private, (struct span){ point,
		    n + 2U }, is, &len), CKR_OK);
		ATF_CHECK_EQ(memcmp(is, want, len), 0);
		memcpy(point, (uint8_t[]){ 3, (uint8_t)(n + 1), 0 }, 3);
		memcpy(point + 3, bare.data, n);
		ATF_REQUIRE_EQ(derive_plain(own.private, (struct span){ point,
		    n + 3U }, is, &len), CKR_OK);
		ATF_CHECK_EQ(memcmp(is, want, len), 0);
		if (i == 0) {
			n = (uint8_t)point_form(peer.pkey, "compressed",
			    point);
			ATF_CHECK_EQ(n, 33);
			ATF_REQUIRE_EQ(derive_plain(own.private,
			    (struct span){ point, n }, is, &len), CKR_OK);
			ATF_CHECK_EQ(memcmp(is, want, len), 0);
		}
		pair_wipe(&own);
		pair_wipe(&peer);
	}
}

/* Values that make every secret the same, or are on another curve. */
ATF_TC_WITHOUT_HEAD(point__hostile);
ATF_TC_BODY(point__hostile, tc)
{
	static const struct {
		const char *curve, *point;
		CK_RV rv;
	} rows[] = {
		{ "X25519", "00000000000000000000000000000000000000000000000000"
		    "00000000000000", CKR_PUBLIC_KEY_INVALID },
		{ "X25519", "01000000000000000000000000000000000000000000000000"
		    "00000000000000", CKR_PUBLIC_KEY_INVALID },
		/* of order 8 */
		{ "X25519", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd86"
		    "6205165f49b800", CKR_PUBLIC_KEY_INVALID },
		{ "X25519", "09", CKR_MECHANISM_PARAM_INVALID },
		{ "X448", "0000000000000000000000000000000000000000000000000000"
		    "00000000000000000000000000000000000000000000000000000000"
		    "0000", CKR_PUBLIC_KEY_INVALID },
		{ "P-256", "00", CKR_MECHANISM_PARAM_INVALID },
		{ "P-256", "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef"
		    "945d0c37725811805271a0461cdb8252d61f1c456fa3e59ab1f45b33ac"
		    "cf5f58389e0577b8990bb4", CKR_PUBLIC_KEY_INVALID },
		/* the whole of another curve's */
		{ "brainpoolP256r1", "04dad0b65394221cf9b051e1feca5787d098dfe6"
		    "37fc90b9ef945d0c37725811805271a0461cdb8252d61f1c456fa3e59a"
		    "b1f45b33accf5f58389e0577b8990bb3",
		    CKR_PUBLIC_KEY_INVALID },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t point[SECRET_MAX], is[SECRET_MAX];
		size_t len, point_len = hex_bytes(rows[i].point, point);
		struct pair own;

		pair_make(rows[i].curve, &own);
		ATF_CHECK_EQ_MSG(derive_plain(own.private, (struct span){
		    point, point_len }, is, &len), rows[i].rv, "row %zu", i);
		pair_wipe(&own);
	}
}

ATF_TC_WITHOUT_HEAD(parameter__that_is_none);
ATF_TC_BODY(parameter__that_is_none, tc)
{
	CK_ECDH1_DERIVE_PARAMS good = { .kdf = CKD_SHA256_KDF }, p;
	uint8_t is[SECRET_MAX];
	struct pair own, edwards;
	size_t len;

	pair_make("P-256", &own);
	pair_make("ED25519", &edwards);
	good.pPublicData = (CK_BYTE *)(uintptr_t)own.public_parts.point.data;
	good.ulPublicDataLen = own.public_parts.point.len;
#define TELLS(rv) ATF_CHECK_EQ(derive_once(CKM_ECDH1_DERIVE, &p, sizeof(p), \
    own.private, 32, is, &len), rv)
	p = good;
	TELLS(CKR_OK);
	p.pPublicData = NULL;
	TELLS(CKR_MECHANISM_PARAM_INVALID);
	p = good;
	p.ulPublicDataLen = 0;
	TELLS(CKR_MECHANISM_PARAM_INVALID);
	p = good;
	p.kdf = 0;
	TELLS(CKR_MECHANISM_PARAM_INVALID);
	p.kdf = CKD_SHA1_KDF_ASN1;
	TELLS(CKR_MECHANISM_PARAM_INVALID);
	p = good;
	p.ulSharedDataLen = 3;
	TELLS(CKR_MECHANISM_PARAM_INVALID);
	p.pSharedData = (CK_BYTE *)(uintptr_t)"abc";
	TELLS(CKR_OK);
	p.kdf = CKD_NULL;
	TELLS(CKR_MECHANISM_PARAM_INVALID);
	ATF_CHECK_EQ(derive_once(CKM_ECDH1_DERIVE, NULL, 0, own.private, 32,
	    is, &len), CKR_MECHANISM_PARAM_INVALID);
	ATF_CHECK_EQ(derive_once(CKM_ECDH1_DERIVE, &good, sizeof(good) - 1,
	    own.private, 32, is, &len), CKR_MECHANISM_PARAM_INVALID);
	ATF_CHECK_EQ(derive_once(CKM_ECDH1_DERIVE, &good, sizeof(good),
	    own.public, 32, is, &len), CKR_KEY_FUNCTION_NOT_PERMITTED);
	ATF_CHECK_EQ(derive_once(CKM_ECDH1_DERIVE, &good, sizeof(good),
	    edwards.private, 32, is, &len), CKR_KEY_TYPE_INCONSISTENT);
	pair_wipe(&own);
	pair_wipe(&edwards);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, plain__is_libcryptos_on_every_curve);
	ATF_TP_ADD_TC(tp, plain__known_answers);
	ATF_TP_ADD_TC(tp, plain__loses_its_front);
	ATF_TP_ADD_TC(tp, kdf__is_libcryptos);
	ATF_TP_ADD_TC(tp, kdf__known_answer);
	ATF_TP_ADD_TC(tp, point__has_many_forms);
	ATF_TP_ADD_TC(tp, point__hostile);
	ATF_TP_ADD_TC(tp, parameter__that_is_none);
	return atf_no_error();
}
