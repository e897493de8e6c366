/* Generation: what is made is a key, and what cannot be made is refused. */
#include <atf-c.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "module/mech/keywork.h"
#include "module/mech/mech_fixture.h"

static CK_RV
generate(CK_MECHANISM_TYPE type, const struct generate_args *args,
    CK_KEY_TYPE *key_type, struct key_made *out)
{
	CK_MECHANISM m = { type, NULL, 0 };

	fixture_open();
	return mech_generate(mech_find(type), &m, args, key_type, out);
}

static struct key_parts
parts_of(const struct key_made *m, CK_KEY_TYPE type, CK_OBJECT_CLASS class)
{
	struct key_parts parts = { .class = class, .type = type };

#define PART(name) \
	if (m->name.data != NULL) \
		parts.name = (struct span){ m->name.data, m->name.len }
	PART(modulus);
	PART(public_exponent);
	PART(private_exponent);
	PART(prime_1);
	PART(prime_2);
	PART(exponent_1);
	PART(exponent_2);
	PART(coefficient);
	PART(params);
	PART(point);
	PART(value);
	return parts;
}

/* Both halves load, belong together, and are what the SPKI says. */
static void
check_pair(const struct key_made *m, CK_KEY_TYPE type,
    CK_MECHANISM_TYPE sign)
{
	struct key_parts private = parts_of(m, type, CKO_PRIVATE_KEY);
	struct key_parts public = parts_of(m, type, CKO_PUBLIC_KEY);
	const unsigned char *at = m->spki.data;
	EVP_PKEY *pkey = d2i_PUBKEY_ex(NULL, &at, (long)m->spki.len,
	    fixture_open(), NULL);
	struct key *keys[2];
	uint8_t sig[1024];
	size_t len;

	ATF_REQUIRE(pkey != NULL);
	ATF_REQUIRE_EQ(key_new(&private, &keys[0]), CKR_OK);
	ATF_REQUIRE_EQ(key_new(&public, &keys[1]), CKR_OK);
	ATF_REQUIRE_EQ(sign_once(mech_find(sign), keys[0], "x", 1, sig, &len),
	    CKR_OK);
	ATF_CHECK_EQ(verify_once(mech_find(sign), keys[1], "x", 1, sig, len),
	    CKR_OK);
	ATF_CHECK(other_verify(mech_find(sign), pkey, "x", 1, sig, len));
	key_put(keys[0]);
	key_put(keys[1]);
	EVP_PKEY_free(pkey);
}

ATF_TC_WITHOUT_HEAD(rsa__sizes_and_exponents);
ATF_TC_BODY(rsa__sizes_and_exponents, tc)
{
	static const struct {
		CK_ULONG bits;
		struct span exponent;
		CK_RV rv;
	} rows[] = {
		{ 2048, { NULL, 0 }, CKR_OK },
		{ 2048, { "\0\0\1\0\1", 5 }, CKR_OK },
		{ 2056, { "\1\0\0\0\xf", 5 }, CKR_OK },
		{ 0, { NULL, 0 }, CKR_TEMPLATE_INCOMPLETE },
		{ 1024, { NULL, 0 }, CKR_KEY_SIZE_RANGE },
		{ 2047, { NULL, 0 }, CKR_KEY_SIZE_RANGE },
		{ 8193, { NULL, 0 }, CKR_KEY_SIZE_RANGE },
		{ ~0UL, { NULL, 0 }, CKR_KEY_SIZE_RANGE },
		{ 2048, { "\3", 1 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 2048, { "\1\0\0", 3 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 2048, { "", 0 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 2048, { "\1\0\0\0\0\0\0\0\1", 9 },
		    CKR_ATTRIBUTE_VALUE_INVALID },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct generate_args args = { .bits = rows[i].bits,
			.public_exponent = rows[i].exponent };
		struct key_made m = { 0 };
		CK_KEY_TYPE type;

		ATF_REQUIRE_EQ_MSG(generate(CKM_RSA_PKCS_KEY_PAIR_GEN, &args,
		    &type, &m), rows[i].rv, "row %zu", i);
		if (rows[i].rv != CKR_OK)
			continue;
		ATF_CHECK_EQ(type, CKK_RSA);
		ATF_CHECK_EQ(m.modulus.len, rows[i].bits / 8);
		ATF_CHECK((m.modulus.data[0] & 0x80) != 0);
		ATF_CHECK(m.public_exponent.data[0] != 0);
		check_pair(&m, type, CKM_SHA256_RSA_PKCS);
		key_made_wipe(&m);
	}
}

ATF_TC_WITHOUT_HEAD(ec__curves);
ATF_TC_BODY(ec__curves, tc)
{
	static const struct {
		CK_MECHANISM_TYPE mech;
		struct span params;
		CK_RV rv;
		size_t value, point;
	} rows[] = {
		{ CKM_EC_KEY_PAIR_GEN, { "\x13\x05P-256", 7 }, CKR_OK, 32,
		    67 },
		{ CKM_EC_KEY_PAIR_GEN, { "\x06\x05\x2b\x81\x04\x00\x22", 7 },
		    CKR_OK, 48, 99 },
		{ CKM_EC_KEY_PAIR_GEN, { "\x06\x05\x2b\x81\x04\x00\x23", 7 },
		    CKR_OK, 66, 136 },
		{ CKM_EC_EDWARDS_KEY_PAIR_GEN, { "\x06\x03\x2b\x65\x70", 5 },
		    CKR_OK, 32, 34 },
		{ CKM_EC_EDWARDS_KEY_PAIR_GEN, { "\x13\x0a" "edwards448", 12 },
		    CKR_OK, 57, 59 },
		{ CKM_EC_KEY_PAIR_GEN, { "\x13\x05P-224", 7 }, CKR_OK, 28,
		    59 },
		{ CKM_EC_KEY_PAIR_GEN, { "\x13\x09secp256k1", 11 }, CKR_OK,
		    32, 67 },
		{ CKM_EC_KEY_PAIR_GEN, { "\x13\x0f" "brainpoolP512r1", 17 },
		    CKR_OK, 64, 132 },
		{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, { "\x06\x03\x2b\x65\x6e",
		    5 }, CKR_OK, 32, 32 },
		{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, { "\x13\x08" "curve448",
		    10 }, CKR_OK, 56, 56 },
		{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, { "\x06\x03\x2b\x65\x70",
		    5 }, CKR_CURVE_NOT_SUPPORTED, 0, 0 },
		{ CKM_EC_KEY_PAIR_GEN, { NULL, 0 }, CKR_TEMPLATE_INCOMPLETE,
		    0, 0 },
		{ CKM_EC_KEY_PAIR_GEN, { "\x06\x03\x2b\x65\x70", 5 },
		    CKR_CURVE_NOT_SUPPORTED, 0, 0 },
		{ CKM_EC_EDWARDS_KEY_PAIR_GEN, { "\x13\x05P-256", 7 },
		    CKR_CURVE_NOT_SUPPORTED, 0, 0 },
		{ CKM_EC_KEY_PAIR_GEN, { "P-256", 5 },
		    CKR_DOMAIN_PARAMS_INVALID, 0, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct generate_args args = { .params = rows[i].params };
		struct key_made m = { 0 };
		CK_KEY_TYPE type;

		ATF_REQUIRE_EQ_MSG(generate(rows[i].mech, &args, &type, &m),
		    rows[i].rv, "row %zu", i);
		if (rows[i].rv != CKR_OK)
			continue;
		ATF_CHECK_EQ(m.value.len, rows[i].value);
		ATF_CHECK_EQ(m.point.len, rows[i].point);
		ATF_REQUIRE_EQ(m.params.len, args.params.len);
		ATF_CHECK_EQ(memcmp(m.params.data, args.params.data,
		    m.params.len), 0);
		if (type != CKK_EC_MONTGOMERY)
			check_pair(&m, type, type == CKK_EC
			    ? CKM_ECDSA_SHA256
			    : CKM_EDDSA);
		key_made_wipe(&m);
	}
}

ATF_TC_WITHOUT_HEAD(secret__lengths);
ATF_TC_BODY(secret__lengths, tc)
{
	static const struct {
		CK_MECHANISM_TYPE mech;
		CK_ULONG len;
		CK_RV rv;
	} rows[] = {
		{ CKM_AES_KEY_GEN, 16, CKR_OK },
		{ CKM_AES_KEY_GEN, 24, CKR_OK },
		{ CKM_AES_KEY_GEN, 32, CKR_OK },
		{ CKM_AES_KEY_GEN, 0, CKR_TEMPLATE_INCOMPLETE },
		{ CKM_AES_KEY_GEN, 8, CKR_KEY_SIZE_RANGE },
		{ CKM_AES_KEY_GEN, 17, CKR_KEY_SIZE_RANGE },
		{ CKM_AES_KEY_GEN, 40, CKR_KEY_SIZE_RANGE },
		{ CKM_AES_KEY_GEN, ~0UL, CKR_KEY_SIZE_RANGE },
		{ CKM_GENERIC_SECRET_KEY_GEN, 1, CKR_OK },
		{ CKM_GENERIC_SECRET_KEY_GEN, 48, CKR_OK },
		{ CKM_GENERIC_SECRET_KEY_GEN, 65536, CKR_OK },
		{ CKM_GENERIC_SECRET_KEY_GEN, 65537, CKR_KEY_SIZE_RANGE },
		{ CKM_GENERIC_SECRET_KEY_GEN, ~0UL / 8 + 2,
		    CKR_KEY_SIZE_RANGE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct generate_args args = { .len = rows[i].len };
		struct key_made m = { 0 }, again = { 0 };
		CK_KEY_TYPE type;

		ATF_REQUIRE_EQ_MSG(generate(rows[i].mech, &args, &type, &m),
		    rows[i].rv, "row %zu", i);
		if (rows[i].rv != CKR_OK)
			continue;
		ATF_CHECK_EQ(m.value.len, rows[i].len);
		ATF_REQUIRE_EQ(generate(rows[i].mech, &args, &type, &again),
		    CKR_OK);
		ATF_CHECK(rows[i].len == 1 || memcmp(m.value.data,
		    again.value.data, m.value.len) != 0);
		key_made_wipe(&m);
		key_made_wipe(&again);
	}
}

ATF_TC_WITHOUT_HEAD(generate__needs_a_row_that_generates);
ATF_TC_BODY(generate__needs_a_row_that_generates, tc)
{
	struct generate_args args = { .bits = 2048, .len = 16 };
	CK_MECHANISM m = { CKM_AES_KEY_GEN, &args, sizeof(args) };
	struct key_made made = { 0 };
	CK_KEY_TYPE type;

	ATF_CHECK_EQ(generate(CKM_RSA_PKCS, &args, &type, &made),
	    CKR_MECHANISM_INVALID);
	ATF_CHECK_EQ(mech_generate(mech_find(CKM_AES_KEY_GEN), &m, &args,
	    &type, &made), CKR_MECHANISM_PARAM_INVALID);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, rsa__sizes_and_exponents);
	ATF_TP_ADD_TC(tp, ec__curves);
	ATF_TP_ADD_TC(tp, secret__lengths);
	ATF_TP_ADD_TC(tp, generate__needs_a_row_that_generates);
	return atf_no_error();
}
