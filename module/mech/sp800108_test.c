/* SP 800-108: fields, several keys, plain libcrypto, and hostile parameters. */
#include "module/mech/derive_fixture.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

#define BASE "000102030405060708090a0b0c0d0e0f"

static CK_SP800_108_COUNTER_FORMAT counter = { CK_FALSE, 32 };
static CK_SP800_108_DKM_LENGTH_FORMAT keys_length = {
	CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS, CK_FALSE, 32 };
static CK_SP800_108_DKM_LENGTH_FORMAT segments_length = {
	CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS, CK_FALSE, 32 };

#define BYTES(text) { CK_SP800_108_BYTE_ARRAY, \
	(void *)(uintptr_t)(text), sizeof(text) - 1 }
#define ITERATION { CK_SP800_108_ITERATION_VARIABLE, &counter, sizeof(counter) }
#define LENGTH(format) { CK_SP800_108_DKM_LENGTH, &(format), sizeof(format) }

/* The example of SP 800-108 itself, which libcrypto has as KBKDF; mode is
 * COUNTER or FEEDBACK, and the iteration variable of the latter comes first. */
static void
other_kbkdf(const char *mode, const char *md, uint8_t *out, size_t len)
{
	uint8_t base[16];
	EVP_KDF *kdf = EVP_KDF_fetch(fixture_open(), "KBKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM p[] = {
		OSSL_PARAM_construct_utf8_string("mode",
		    (char *)(uintptr_t)mode, 0),
		OSSL_PARAM_construct_utf8_string("mac",
		    (char *)(uintptr_t)"HMAC", 0),
		OSSL_PARAM_construct_utf8_string("digest",
		    (char *)(uintptr_t)md, 0),
		OSSL_PARAM_construct_octet_string("key", base,
		    unhex(BASE, base)),
		OSSL_PARAM_construct_octet_string("salt",
		    (void *)(uintptr_t)"label", 5),
		OSSL_PARAM_construct_octet_string("info",
		    (void *)(uintptr_t)"context", 7),
		OSSL_PARAM_construct_end(),
	};

	ATF_REQUIRE_EQ(EVP_KDF_derive(ctx, out, len, p), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static const struct {
	CK_SP800_108_PRF_TYPE prf;
	const char *md;
} prfs[] = {
	{ CKM_SHA_1_HMAC, "SHA1" },
	{ CKM_SHA224_HMAC, "SHA224" },
	{ CKM_SHA256_HMAC, "SHA256" },
	{ CKM_SHA384_HMAC, "SHA384" },
	{ CKM_SHA512_HMAC, "SHA512" },
	{ CKM_SHA3_224_HMAC, "SHA3-224" },
	{ CKM_SHA3_256_HMAC, "SHA3-256" },
	{ CKM_SHA3_384_HMAC, "SHA3-384" },
	{ CKM_SHA3_512_HMAC, "SHA3-512" },
};

static void
check_value(const struct derived *made, size_t i, const uint8_t *want,
    size_t len, const char *what)
{
	ATF_REQUIRE_MSG(i < made->count, "%s", what);
	ATF_REQUIRE_EQ_MSG(made->keys[i].made.value.len, len, "%s", what);
	ATF_CHECK_EQ_MSG(memcmp(made->keys[i].made.value.data, want, len), 0,
	    "%s", what);
}

ATF_TC_WITHOUT_HEAD(sp800108__as_libcrypto_does_it);
ATF_TC_BODY(sp800108__as_libcrypto_does_it, tc)
{
	static const size_t lengths[] = { 1, 16, 20, 33, 64, 65, 200 };
	CK_PRF_DATA_PARAM counted[] = { ITERATION, BYTES("label"),
		BYTES("\0"), BYTES("context"), LENGTH(keys_length) };
	CK_PRF_DATA_PARAM fed[] = { { CK_SP800_108_ITERATION_VARIABLE },
		{ CK_SP800_108_OPTIONAL_COUNTER, &counter, sizeof(counter) },
		BYTES("label"), BYTES("\0"), BYTES("context"),
		LENGTH(keys_length) };

	for (size_t i = 0; i < COUNT(prfs) * COUNT(lengths); i++) {
		size_t len = lengths[i % COUNT(lengths)];
		size_t f = i / COUNT(lengths);
		CK_SP800_108_KDF_PARAMS p = { prfs[f].prf, COUNT(counted),
			counted, 0, NULL };
		CK_SP800_108_FEEDBACK_KDF_PARAMS q = { prfs[f].prf, COUNT(fed),
			fed, 0, NULL, 0, NULL };
		struct derived made;
		uint8_t want[200];

		ATF_REQUIRE_EQ(derive(&(struct derivation){
		    CKM_SP800_108_COUNTER_KDF, &p, sizeof(p), .base = BASE,
		    .len = len }, &made), CKR_OK);
		other_kbkdf("COUNTER", prfs[f].md, want, len);
		check_value(&made, 0, want, len, prfs[f].md);
		derived_wipe(&made);
		ATF_REQUIRE_EQ(derive(&(struct derivation){
		    CKM_SP800_108_FEEDBACK_KDF, &q, sizeof(q), .base = BASE,
		    .len = len }, &made), CKR_OK);
		other_kbkdf("FEEDBACK", prfs[f].md, want, len);
		check_value(&made, 0, want, len, prfs[f].md);
		derived_wipe(&made);
	}
}

/* HMAC-SHA-256 of base and text: what a segment must be. */
static void
segment(const char *text, size_t len, uint8_t out[32])
{
	uint8_t base[16];
	size_t n = unhex(BASE, base);

	ATF_REQUIRE(EVP_Q_mac(fixture_open(), "HMAC", NULL, "SHA256", NULL,
	    base, n, (const void *)text, len, out, 32, &n) != NULL);
}

/* Little-endian numbers of odd widths, the values of keys, in any order. */
ATF_TC_WITHOUT_HEAD(fields__are_what_they_say);
ATF_TC_BODY(fields__are_what_they_say, tc)
{
	CK_SP800_108_COUNTER_FORMAT three = { CK_TRUE, 24 };
	CK_SP800_108_DKM_LENGTH_FORMAT eight = {
		CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS, CK_TRUE, 64 };
	CK_OBJECT_HANDLE handle = 1;
	CK_PRF_DATA_PARAM data[] = { LENGTH(eight), BYTES("a"),
		{ CK_SP800_108_ITERATION_VARIABLE, &three, sizeof(three) },
		{ CK_SP800_108_KEY_HANDLE, &handle, sizeof(handle) },
		BYTES("b"),
		{ CK_SP800_108_KEY_HANDLE, &handle, sizeof(handle) } };
	CK_SP800_108_KDF_PARAMS p = { CKM_SHA256_HMAC, COUNT(data), data, 0,
		NULL };
	struct derivation d = { CKM_SP800_108_COUNTER_KDF, &p, sizeof(p),
		.base = BASE, .len = 40 };
	struct pair pair;
	struct key *key;
	struct derived made;
	uint8_t want[64];

	fixture_open();
	key = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	derive_keys(&key, 1);
#define TEXT(i) "\0\2\0\0\0\0\0\0" "a" i "\0\0" "0123456789abcdef" "b" \
	"0123456789abcdef"
	segment(TEXT("\1"), sizeof(TEXT("\1")) - 1, want);
	segment(TEXT("\2"), sizeof(TEXT("\2")) - 1, want + 32);
	ATF_REQUIRE_EQ(derive(&d, &made), CKR_OK);
	check_value(&made, 0, want, 40, "");
	derived_wipe(&made);
	handle = 2;
	check_derived(&d, CKR_KEY_HANDLE_INVALID, NULL, "no key");
	pair_make("P-256", &pair);
	derive_keys((struct key *[]){ key, pair.private }, 2);
	check_derived(&d, CKR_KEY_TYPE_INCONSISTENT, NULL, "private");
	pair_wipe(&pair);
	key_put(key);
}

/* The standard's own example: 48 and 16 bytes take three segments. */
ATF_TC_WITHOUT_HEAD(keys__share_no_segment);
ATF_TC_BODY(keys__share_no_segment, tc)
{
	CK_ULONG sixteen = 16;
	CK_KEY_TYPE des2 = CKK_DES2;
	CK_ATTRIBUTE t[] = { { CKA_VALUE_LEN, &sixteen, sizeof(sixteen) },
		{ CKA_KEY_TYPE, &des2, sizeof(des2) } };
	CK_OBJECT_HANDLE handles[2] = { 7, 7 };
	CK_DERIVED_KEY more[] = { { t, 1, &handles[0] },
		{ t, 2, &handles[1] } };
	CK_PRF_DATA_PARAM data[] = { ITERATION, LENGTH(keys_length) };
	CK_SP800_108_KDF_PARAMS p = { CKM_SHA256_HMAC, 2, data, 1, more };
	struct derivation d = { CKM_SP800_108_COUNTER_KDF, &p, sizeof(p),
		.base = BASE, .len = 48 };
	struct derived made;
	uint8_t want[4][32];

	for (int i = 0; i < 3; i++)
		segment((char[]){ 0, 0, 0, (char)(i + 1), 0, 0, 2, 0 }, 8,
		    want[i]);
	ATF_REQUIRE_EQ(derive(&d, &made), CKR_OK);
	ATF_REQUIRE_EQ(made.count, 2);
	check_value(&made, 0, want[0], 48, "first");
	check_value(&made, 1, want[2], 16, "second");
	ATF_CHECK(made.keys[0].t == NULL && made.keys[0].handle == NULL);
	ATF_CHECK(made.keys[1].t == t && made.keys[1].handle == &handles[0]);
	derived_wipe(&made);

	data[1] = (CK_PRF_DATA_PARAM)LENGTH(segments_length);
	p.ulAdditionalDerivedKeys = 2;
	for (int i = 0; i < 4; i++)
		segment((char[]){ 0, 0, 0, (char)(i + 1), 0, 0, 4, 0 }, 8,
		    want[i]);
	ATF_REQUIRE_EQ(derive(&d, &made), CKR_OK);
	ATF_REQUIRE_EQ(made.count, 3);
	check_value(&made, 1, want[2], 16, "second of three");
	for (size_t i = 0; i < 16; i++) {
		uint8_t b = made.keys[2].made.value.data[i];

		ATF_CHECK_EQ(b & 0xfe, want[3][i] & 0xfe);
		ATF_CHECK_EQ(__builtin_popcount(b) % 2, 1);
	}
	derived_wipe(&made);
	/* each by its own type */
	d.type = CKK_DES2;
	d.len = 16;
	for (int i = 0; i < 2; i++)
		segment((char[]){ 0, 0, 0, (char)(i + 1), 0, 0, 3, 0 }, 8,
		    want[i]);
	ATF_REQUIRE_EQ(derive(&d, &made), CKR_OK);
	ATF_CHECK(memcmp(made.keys[0].made.value.data, want[0], 16) != 0);
	check_value(&made, 1, want[1], 16, "no DES key");
	derived_wipe(&made);
}

/* A template that is to blame is told. */
ATF_TC_WITHOUT_HEAD(keys__who_is_to_blame);
ATF_TC_BODY(keys__who_is_to_blame, tc)
{
	CK_ULONG good = 16, endless = ~0UL, data_class = CKO_DATA;
	CK_ATTRIBUTE t[] = { { CKA_VALUE_LEN, &good, sizeof(good) },
		{ CKA_VALUE_LEN, &endless, sizeof(endless) },
		{ CKA_LABEL, NULL, 0 }, { CKA_CLASS, &data_class, 8 } };
	CK_OBJECT_HANDLE handles[3] = { 7, 7, 7 };
	CK_DERIVED_KEY more[] = { { &t[0], 1, &handles[0] },
		{ &t[1], 1, &handles[1] }, { &t[0], 1, &handles[2] } };
	CK_PRF_DATA_PARAM data[] = { ITERATION };
	CK_SP800_108_KDF_PARAMS p = { CKM_SHA256_HMAC, 1, data, 3, more };
	struct derivation d = { CKM_SP800_108_COUNTER_KDF, &p, sizeof(p),
		.base = BASE, .len = 16 };

	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "length");
	ATF_CHECK(handles[0] == 7 && handles[2] == 7);
	ATF_CHECK_EQ(handles[1], CK_INVALID_HANDLE);
	more[1].pTemplate = &t[2];
	handles[1] = 7;
	check_derived(&d, CKR_ATTRIBUTE_VALUE_INVALID, NULL, "template");
	ATF_CHECK_EQ(handles[1], CK_INVALID_HANDLE);
	more[1].pTemplate = &t[3];
	check_derived(&d, CKR_TEMPLATE_INCONSISTENT, NULL, "data");
	more[1].pTemplate = NULL;
	more[1].ulAttributeCount = 0;
	check_derived(&d, CKR_TEMPLATE_INCOMPLETE, NULL, "no template");
	more[1].phKey = NULL;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "no handle");
}

static CK_SP800_108_COUNTER_FORMAT odd = { CK_FALSE, 12 };
static CK_SP800_108_COUNTER_FORMAT none = { CK_FALSE, 0 };
static CK_SP800_108_COUNTER_FORMAT wide = { CK_FALSE, 40 };
static CK_SP800_108_COUNTER_FORMAT huge = { CK_FALSE, ~0UL - 7 };
static CK_SP800_108_DKM_LENGTH_FORMAT no_method = { 3, CK_FALSE, 32 };
static CK_SP800_108_DKM_LENGTH_FORMAT narrow = {
	CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS, CK_FALSE, 8 };
static CK_SP800_108_DKM_LENGTH_FORMAT broad = {
	CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS, CK_FALSE, 72 };

#define I CK_SP800_108_ITERATION_VARIABLE
#define C CK_SP800_108_OPTIONAL_COUNTER
#define L CK_SP800_108_DKM_LENGTH
#define B CK_SP800_108_BYTE_ARRAY
#define K CK_SP800_108_KEY_HANDLE
#define COUNT_BY { I, &counter, sizeof(counter) }
#define CHANGE { I, NULL, 0 }

/* Fields that are refused: with a counter, and with the other two modes. */
static CK_PRF_DATA_PARAM counter_bad[][3] = {
	{ { B, &counter, 4 } },
	{ COUNT_BY, COUNT_BY },
	{ COUNT_BY, { C, &counter, sizeof(counter) } },
	{ { C, &counter, sizeof(counter) }, COUNT_BY },
	{ CHANGE },
	{ { I, &counter, 4 } },
	{ { I, &odd, sizeof(odd) } },
	{ { I, &none, sizeof(none) } },
	{ { I, &wide, sizeof(wide) } },
	{ { I, &huge, sizeof(huge) } },
	{ COUNT_BY, { L, NULL, sizeof(narrow) } },
	{ COUNT_BY, { L, &narrow, 8 } },
	{ COUNT_BY, { L, &narrow, sizeof(narrow) } },
	{ COUNT_BY, { L, &broad, sizeof(broad) } },
	{ COUNT_BY, { L, &keys_length, sizeof(keys_length) },
	    { L, &keys_length, sizeof(keys_length) } },
	{ COUNT_BY, { L, &no_method, sizeof(no_method) } },
	{ COUNT_BY, { B, NULL, 4 } },
	{ COUNT_BY, { B, &counter, 0 } },
	{ COUNT_BY, { B, &counter, ~0UL } },
	{ COUNT_BY, { K, NULL, 8 } },
	{ COUNT_BY, { K, &counter, 4 } },
	{ COUNT_BY, { 6, &counter, 4 } },
};
static CK_PRF_DATA_PARAM other_bad[][3] = {
	{ COUNT_BY },
	{ CHANGE, CHANGE },
	{ { C, &counter, sizeof(counter) } },
	{ CHANGE, { C, &odd, sizeof(odd) } },
	{ CHANGE, { C, NULL, 0 } },
	{ CHANGE, { C, &counter, sizeof(counter) },
	    { C, &counter, sizeof(counter) } },
};

static void
check_bad(CK_MECHANISM_TYPE mech, CK_PRF_DATA_PARAM data[3], size_t row)
{
	CK_ULONG n = data[2].type != 0 ? 3 : data[1].type != 0 ? 2 : 1;
	CK_SP800_108_KDF_PARAMS p = { CKM_SHA256_HMAC, n, data, 0, NULL };
	CK_SP800_108_FEEDBACK_KDF_PARAMS q = { CKM_SHA256_HMAC, n, data, 0,
		NULL, 0, NULL };
	bool fed = mech == CKM_SP800_108_FEEDBACK_KDF;
	char what[32];

	snprintf(what, sizeof(what), "row %zu of %lx", row, mech);
	check_derived(&(struct derivation){ mech, fed ? (void *)&q : &p,
	    fed ? sizeof(q) : sizeof(p), .base = BASE, .len = 32 },
	    CKR_MECHANISM_PARAM_INVALID, NULL, what);
}

ATF_TC_WITHOUT_HEAD(fields__that_are_refused);
ATF_TC_BODY(fields__that_are_refused, tc)
{
	for (size_t i = 0; i < COUNT(counter_bad); i++)
		check_bad(CKM_SP800_108_COUNTER_KDF, counter_bad[i], i);
	for (size_t i = 0; i < COUNT(other_bad); i++) {
		check_bad(CKM_SP800_108_FEEDBACK_KDF, other_bad[i], i);
		check_bad(CKM_SP800_108_DOUBLE_PIPELINE_KDF, other_bad[i], i);
	}
}

ATF_TC_WITHOUT_HEAD(parameters__that_are_refused);
ATF_TC_BODY(parameters__that_are_refused, tc)
{
	CK_OBJECT_HANDLE handle;
	CK_ULONG sixteen = 16;
	CK_ATTRIBUTE t = { CKA_VALUE_LEN, &sixteen, sizeof(sixteen) };
	CK_DERIVED_KEY more[16];
	CK_PRF_DATA_PARAM data[] = { COUNT_BY };
	CK_PRF_DATA_PARAM fed[] = { CHANGE };
	const CK_SP800_108_KDF_PARAMS good = { CKM_SHA256_HMAC, 1, data, 0,
		NULL };
	CK_SP800_108_KDF_PARAMS p;
	CK_SP800_108_FEEDBACK_KDF_PARAMS q = { CKM_SHA256_HMAC, 1, fed, 4,
		NULL, 0, NULL };
	struct derivation d = { CKM_SP800_108_COUNTER_KDF, &p, sizeof(p),
		.base = BASE, .len = 16 };
	struct derived made;

	for (size_t i = 0; i < COUNT(more); i++)
		more[i] = (CK_DERIVED_KEY){ &t, 1, &handle };
#define BAD(field, value) \
	p = good; \
	p.field = (value); \
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, #field)
	BAD(prfType, CKM_SHA256);
	BAD(prfType, CKM_SHA512_256_HMAC);
	BAD(prfType, 0xdeadUL);
	BAD(pDataParams, NULL);
	BAD(ulNumberOfDataParams, 0);
	BAD(ulNumberOfDataParams, ~0UL);
	BAD(ulAdditionalDerivedKeys, 1);
	BAD(pAdditionalDerivedKeys, more);
	p = good;
	p.pAdditionalDerivedKeys = more;
	p.ulAdditionalDerivedKeys = 15;
	ATF_REQUIRE_EQ(derive(&d, &made), CKR_OK);
	ATF_CHECK_EQ(made.count, 16);
	derived_wipe(&made);
	p.ulAdditionalDerivedKeys = 16;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "16 more");
	p.ulAdditionalDerivedKeys = ~0UL;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "many more");
	p = good;
	d.len = 0;
	check_derived(&d, CKR_TEMPLATE_INCOMPLETE, NULL, "no length");
	d.len = 65537;
	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "long");
	d.len = 16;
	d.data_class = true;
	check_derived(&d, CKR_TEMPLATE_INCONSISTENT, NULL, "data");
	d.data_class = false;
	p.prfType = CKM_AES_CMAC;
	check_derived(&d, CKR_KEY_TYPE_INCONSISTENT, NULL, "CMAC");
	d.param_len--;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "size");

	d = (struct derivation){ CKM_SP800_108_FEEDBACK_KDF, &q, sizeof(q),
		.base = BASE, .len = 16 };
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "NULL IV");
	q.pIV = (CK_BYTE *)&handle;
	q.ulIVLen = 0;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "empty IV");
	q.ulIVLen = ~0UL;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "long IV");
}

/* A counter of r bits counts to 2^r - 1. */
ATF_TC_WITHOUT_HEAD(counter__does_not_wrap);
ATF_TC_BODY(counter__does_not_wrap, tc)
{
	CK_SP800_108_COUNTER_FORMAT byte = { CK_FALSE, 8 };
	CK_PRF_DATA_PARAM data[] = { { I, &byte, sizeof(byte) } };
	CK_SP800_108_KDF_PARAMS p = { CKM_SHA256_HMAC, 1, data, 0, NULL };
	struct derivation d = { CKM_SP800_108_COUNTER_KDF, &p, sizeof(p),
		.base = BASE, .len = 255 * 32 };
	struct derived made;

	ATF_REQUIRE_EQ(derive(&d, &made), CKR_OK);
	derived_wipe(&made);
	d.len++;
	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "256 segments");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sp800108__as_libcrypto_does_it);
	ATF_TP_ADD_TC(tp, fields__are_what_they_say);
	ATF_TP_ADD_TC(tp, keys__share_no_segment);
	ATF_TP_ADD_TC(tp, keys__who_is_to_blame);
	ATF_TP_ADD_TC(tp, fields__that_are_refused);
	ATF_TP_ADD_TC(tp, parameters__that_are_refused);
	ATF_TP_ADD_TC(tp, counter__does_not_wrap);
	return atf_no_error();
}
