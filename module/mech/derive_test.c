/* Derivations of few words: keys put together and cut out, keys of digests. */
#include "module/mech/derive_fixture.h"

#define BASE "01234567"

static CK_KEY_DERIVATION_STRING_DATA four = {
	(CK_BYTE *)(uintptr_t)"\x89\xab\xcd\xef", 4 };
static CK_KEY_DERIVATION_STRING_DATA nothing = {
	(CK_BYTE *)(uintptr_t)"", 0 };
static CK_KEY_DERIVATION_STRING_DATA nowhere = { NULL, 4 };
static CK_KEY_DERIVATION_STRING_DATA endless = {
	(CK_BYTE *)(uintptr_t)"", ~0UL };

#define STRING(mech, data) mech, &(data), sizeof(data), 0, BASE

/* The standard's own examples, and lengths. */
static const struct {
	struct derivation d;
	CK_RV rv;
	const char *value;
} strings[] = {
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four) }, CKR_OK,
	    "0123456789abcdef" },
	{ { STRING(CKM_CONCATENATE_DATA_AND_BASE, four) }, CKR_OK,
	    "89abcdef01234567" },
	{ { STRING(CKM_XOR_BASE_AND_DATA, four) }, CKR_OK, "88888888" },
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four), .len = 5 }, CKR_OK,
	    "0123456789" },
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four), .len = 9 },
	    CKR_KEY_SIZE_RANGE, NULL },
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four), .len = ~0UL },
	    CKR_KEY_SIZE_RANGE, NULL },
	{ { STRING(CKM_XOR_BASE_AND_DATA, four), .len = 5 },
	    CKR_KEY_SIZE_RANGE, NULL },
	/* a type of several lengths must say which */
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four), .type = CKK_AES },
	    CKR_TEMPLATE_INCOMPLETE, NULL },
	/* DES keys get their parity */
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four), .type = CKK_DES,
	    .len = 8 }, CKR_OK, "0123456789abcdef" },
	{ { STRING(CKM_CONCATENATE_DATA_AND_BASE, four), .type = CKK_DES,
	    .len = 8 }, CKR_OK, "89abcdef01234567" },
	{ { STRING(CKM_CONCATENATE_DATA_AND_BASE, nothing) },
	    CKR_MECHANISM_PARAM_INVALID, NULL },
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, nowhere) },
	    CKR_MECHANISM_PARAM_INVALID, NULL },
	{ { STRING(CKM_XOR_BASE_AND_DATA, endless) },
	    CKR_MECHANISM_PARAM_INVALID, NULL },
	{ { CKM_XOR_BASE_AND_DATA, NULL, 0, 0, BASE },
	    CKR_MECHANISM_PARAM_INVALID, NULL },
	{ { CKM_CONCATENATE_BASE_AND_DATA, &four, sizeof(four) - 1, 0, BASE },
	    CKR_MECHANISM_PARAM_INVALID, NULL },
	/* a key is no data */
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four), .data_class = true },
	    CKR_TEMPLATE_INCONSISTENT, NULL },
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four),
	    .class = CKO_PUBLIC_KEY }, CKR_TEMPLATE_INCONSISTENT, NULL },
};

ATF_TC_WITHOUT_HEAD(strings__with_a_key);
ATF_TC_BODY(strings__with_a_key, tc)
{
	for (size_t i = 0; i < COUNT(strings); i++) {
		char row[16];

		snprintf(row, sizeof(row), "row %zu", i);
		check_derived(&strings[i].d, strings[i].rv, strings[i].value,
		    row);
	}
}

ATF_TC_WITHOUT_HEAD(parity__of_des_keys);
ATF_TC_BODY(parity__of_des_keys, tc)
{
	static const struct {
		CK_KEY_TYPE type;
		const char *value;
	} rows[] = {
		{ CKK_DES2, "0101020204040707fefe7f7f80801010" },
		{ CKK_GENERIC_SECRET, "0001020304050607fffe7e7f80811011" },
		{ CKK_AES, "0001020304050607fffe7e7f80811011" },
	};
	CK_KEY_DERIVATION_STRING_DATA data = {
		(CK_BYTE *)(uintptr_t)"\xff\xfe\x7e\x7f\x80\x81\x10\x11", 8 };

	for (size_t i = 0; i < COUNT(rows); i++)
		check_derived(&(struct derivation){
		    CKM_CONCATENATE_BASE_AND_DATA, &data, sizeof(data),
		    .base = "0001020304050607", .type = rows[i].type,
		    .len = 16 }, CKR_OK, rows[i].value, "");
}

ATF_TC_WITHOUT_HEAD(concatenate__with_another_key);
ATF_TC_BODY(concatenate__with_another_key, tc)
{
	struct pair pair;
	struct key *keys[2];
	CK_OBJECT_HANDLE handle = 1;
	struct derivation d = { CKM_CONCATENATE_BASE_AND_KEY, &handle,
		sizeof(handle), .base = BASE };

	fixture_open();
	pair_make("P-256", &pair);
	keys[0] = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	keys[1] = pair.private;
	derive_keys(keys, 2);
	check_derived(&d, CKR_OK, BASE "30313233343536373839616263646566",
	    "");
	d.len = 5;
	check_derived(&d, CKR_OK, BASE "30", "5");
	d.len = 21;
	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "21");
	d.len = 0;
	handle = 2;
	check_derived(&d, CKR_KEY_TYPE_INCONSISTENT, NULL, "private");
	handle = 3;
	check_derived(&d, CKR_KEY_HANDLE_INVALID, NULL, "none");
	d.param_len = 4;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "short");
	key_put(keys[0]);
	pair_wipe(&pair);
}

ATF_TC_WITHOUT_HEAD(extract__bits);
ATF_TC_BODY(extract__bits, tc)
{
	static const struct {
		CK_EXTRACT_PARAMS first;
		CK_ULONG len;
		CK_RV rv;
		const char *value;
	} rows[] = {
		{ 21, 2, CKR_OK, "9526" }, /* the standard's example */
		{ 0, 4, CKR_OK, "329f84a9" },
		{ 8, 4, CKR_OK, "9f84a932" },
		{ 31, 1, CKR_OK, "99" },
		{ 1, 4, CKR_OK, "653f0952" },
		{ 32, 1, CKR_MECHANISM_PARAM_INVALID, NULL },
		{ ~0UL, 1, CKR_MECHANISM_PARAM_INVALID, NULL },
		{ 0, 5, CKR_KEY_SIZE_RANGE, NULL },
		{ 0, 0, CKR_TEMPLATE_INCOMPLETE, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_EXTRACT_PARAMS first = rows[i].first;
		char row[16];

		snprintf(row, sizeof(row), "row %zu", i);
		check_derived(&(struct derivation){ CKM_EXTRACT_KEY_FROM_KEY,
		    &first, sizeof(first), .base = "329f84a9",
		    .len = rows[i].len }, rows[i].rv, rows[i].value, row);
	}
}

/* Digests of the four bytes 01 23 45 67, by plain libcrypto. */
static const struct {
	CK_MECHANISM_TYPE mech;
	const char *md;
	size_t len; /* 0: has no default */
} hashes[] = {
	{ CKM_SHA1_KEY_DERIVATION, "SHA1", 20 },
	{ CKM_SHA224_KEY_DERIVATION, "SHA224", 28 },
	{ CKM_SHA256_KEY_DERIVATION, "SHA256", 32 },
	{ CKM_SHA384_KEY_DERIVATION, "SHA384", 48 },
	{ CKM_SHA512_KEY_DERIVATION, "SHA512", 64 },
	{ CKM_SHA512_224_KEY_DERIVATION, "SHA512-224", 28 },
	{ CKM_SHA512_256_KEY_DERIVATION, "SHA512-256", 32 },
	{ CKM_SHA3_224_KEY_DERIVATION, "SHA3-224", 28 },
	{ CKM_SHA3_256_KEY_DERIVATION, "SHA3-256", 32 },
	{ CKM_SHA3_384_KEY_DERIVATION, "SHA3-384", 48 },
	{ CKM_SHA3_512_KEY_DERIVATION, "SHA3-512", 64 },
	{ CKM_BLAKE2B_512_KEY_DERIVE, "BLAKE2B512", 64 },
};

static void
check_hash(CK_MECHANISM_TYPE mech, const char *md, size_t size)
{
	uint8_t want[64];
	char hex[129];
	size_t len = sizeof(want);
	struct derivation d = { mech, .base = BASE };

	ATF_REQUIRE_EQ(EVP_Q_digest(fixture_open(), md, NULL,
	    "\x01\x23\x45\x67", 4, want, &len), 1);
	ATF_REQUIRE_EQ(len, size);
	for (size_t i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", want[i]);
	check_derived(&d, CKR_OK, hex, md);
	d.len = 5;
	hex[10] = 0;
	check_derived(&d, CKR_OK, hex, md);
	d.len = size + 1;
	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, md);
	d.type = CKK_AES;
	d.len = 0;
	check_derived(&d, CKR_TEMPLATE_INCOMPLETE, NULL, md);
	d = (struct derivation){ mech, &len, sizeof(len), .base = BASE };
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, md);
}

ATF_TC_WITHOUT_HEAD(hash__of_a_key);
ATF_TC_BODY(hash__of_a_key, tc)
{
	for (size_t i = 0; i < COUNT(hashes); i++)
		check_hash(hashes[i].mech, hashes[i].md, hashes[i].len);
}

/* SHA-512/t has its t in the parameter, as the digest has. */
ATF_TC_WITHOUT_HEAD(hash__of_a_key_with_a_length);
ATF_TC_BODY(hash__of_a_key_with_a_length, tc)
{
	CK_MAC_GENERAL_PARAMS t = 224;
	struct derivation d = { CKM_SHA512_T_KEY_DERIVATION, &t, sizeof(t),
		.base = BASE };

	check_derived(&d, CKR_OK, "687a93450cd8988afcfcc5bc69ec7fecf55a49bd7b526c26b2"
	    "a9de85", "224");
	t = 256;
	check_derived(&d, CKR_OK, "d3a508fab7171bae3f76a1f8f1d9304cb8fd07c660a77a43cb"
	    "f826bf16d4c759", "256");
	d.len = 33;
	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "long");
	d.len = 0;
	t = 384;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "384");
	t = 0;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "0");
	t = ~0UL;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "endless");
	d.param = NULL;
	d.param_len = 0;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "none");
}

ATF_TC_WITHOUT_HEAD(hash__of_a_key_by_policy);
ATF_TC_BODY(hash__of_a_key_by_policy, tc)
{
	fixture_open();
	ATF_CHECK(mech_find(CKM_MD5_KEY_DERIVATION) == NULL);
	mech_set_policy(POLICY_LEGACY);
	ATF_REQUIRE(mech_find(CKM_MD5_KEY_DERIVATION) != NULL);
	check_hash(CKM_MD5_KEY_DERIVATION, "MD5", 16);
}

/* The first bytes for 01 23 45 67, as Python's hashlib gives them. */
ATF_TC_WITHOUT_HEAD(shake__of_a_key);
ATF_TC_BODY(shake__of_a_key, tc)
{
	struct derivation d = { CKM_SHAKE_128_KEY_DERIVATION, .base = BASE };

	check_derived(&d, CKR_TEMPLATE_INCOMPLETE, NULL, "no length");
	d.len = 40;
	check_derived(&d, CKR_OK, "03870ca780ed319533f4c12257f6a475af86dd8195f9ebeb1b"
	    "4e516afce5d3180d221c98fb0dbbc5", "128");
	d.mech = CKM_SHAKE_256_KEY_DERIVATION;
	check_derived(&d, CKR_OK, "a6255547b7e7f10f5ce3dc3188b295aab4abfc95510f798dbd"
	    "565d38cb9758195b83fe1cfe1850f5", "256");
	d.len = 16;
	d.type = CKK_DES2;
	check_derived(&d, CKR_OK, "a7255446b6e6f10e5de3dc3189b394ab", "parity");
	d.len = 65537;
	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "long");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, strings__with_a_key);
	ATF_TP_ADD_TC(tp, parity__of_des_keys);
	ATF_TP_ADD_TC(tp, concatenate__with_another_key);
	ATF_TP_ADD_TC(tp, extract__bits);
	ATF_TP_ADD_TC(tp, hash__of_a_key);
	ATF_TP_ADD_TC(tp, hash__of_a_key_with_a_length);
	ATF_TP_ADD_TC(tp, hash__of_a_key_by_policy);
	ATF_TP_ADD_TC(tp, shake__of_a_key);
	return atf_no_error();
}
