/* Keys from attributes: encodings, completion, and what is no key.  Here, above
 * module/crypto, because a key proves itself by its mechanisms. */
#include <atf-c.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "module/crypto/der.h"
#include "module/mech/mech_fixture.h"

/* EVP's encoding of the public half against ours. */
static void
check_spki(const struct key *key, EVP_PKEY *pkey)
{
	_cleanup_(secret_wipe) struct secret spki = { NULL, 0 };
	unsigned char *want = NULL;
	int len = i2d_PUBKEY(pkey, &want);

	ATF_REQUIRE(len > 0);
	ATF_REQUIRE_EQ(key_spki(key, &spki), CKR_OK);
	ATF_REQUIRE_EQ(spki.len, (size_t)len);
	ATF_CHECK_EQ(memcmp(spki.data, want, spki.len), 0);
	OPENSSL_free(want);
}

static const char *const names[] = { "RSA-2048", "P-256", "P-384", "P-521",
	"ED25519", "ED448" };
static const unsigned bits[] = { 2048, 256, 384, 521, 255, 448 };

ATF_TC_WITHOUT_HEAD(key__spki_and_size_are_libcryptos);
ATF_TC_BODY(key__spki_and_size_are_libcryptos, tc)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		struct pair p;

		pair_make(names[i], &p);
		check_spki(p.private, p.pkey);
		check_spki(p.public, p.pkey);
		ATF_CHECK_EQ(key_bits(p.private), bits[i]);
		ATF_CHECK_EQ(key_bits(p.public), bits[i]);
		pair_wipe(&p);
	}
}

ATF_TC_WITHOUT_HEAD(key__public_parts_of_a_private_key);
ATF_TC_BODY(key__public_parts_of_a_private_key, tc)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		struct key_made made;
		struct span point;
		struct pair p;

		pair_make(names[i], &p);
		ATF_REQUIRE_EQ(key_public_parts(p.private, &made), CKR_OK);
		ATF_CHECK(made.spki.len > 0);
		if (i == 0) {
			ATF_CHECK_EQ(made.point.data, NULL);
			ATF_REQUIRE_EQ(made.public_exponent.len, 3);
			ATF_CHECK_EQ(memcmp(made.public_exponent.data,
			    "\1\0\1", 3), 0);
		} else {
			ATF_REQUIRE_EQ(der_only((struct span){
			    made.point.data, made.point.len },
			    DER_OCTET_STRING, &point), CKR_OK);
			ATF_REQUIRE_EQ(point.len, p.public_parts.point.len);
			ATF_CHECK_EQ(memcmp(point.data,
			    p.public_parts.point.data, point.len), 0);
		}
		key_made_wipe(&made);
		pair_wipe(&p);
	}
}

/* Signs with one key and verifies with the pair's public one. */
static void
check_works(struct pair *p, const struct key_parts *parts)
{
	static const struct {
		CK_KEY_TYPE type;
		CK_MECHANISM_TYPE mech;
	} rows[] = {
		{ CKK_RSA, CKM_SHA256_RSA_PKCS },
		{ CKK_EC, CKM_ECDSA_SHA256 },
		{ CKK_EC_EDWARDS, CKM_EDDSA },
	};
	struct key *key = NULL;
	uint8_t sig[1024];
	size_t len;

	ATF_REQUIRE_EQ(key_new(parts, &key), CKR_OK);
	check_spki(key, p->pkey);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct mech *m = mech_find(rows[i].mech);

		if (rows[i].type != parts->type)
			continue;
		if (parts->class == CKO_PUBLIC_KEY) {
			len = other_sign(m, p->pkey, "x", 1, sig);
			ATF_CHECK_EQ(verify_once(m, key, "x", 1, sig, len),
			    CKR_OK);
		} else {
			ATF_REQUIRE_EQ(sign_once(m, key, "x", 1, sig, &len),
			    CKR_OK);
			ATF_CHECK(other_verify(m, p->pkey, "x", 1, sig, len));
		}
	}
	key_put(key);
}

static CK_RV
load(const struct key_parts *parts)
{
	struct key *key = NULL;
	CK_RV rv = key_new(parts, &key);

	ATF_CHECK_EQ(rv == CKR_OK, key != NULL);
	if (key != NULL)
		key_put(key);
	return rv;
}

/* A point as it stands, and wrapped. */
static void
check_point(struct pair *p, struct span point)
{
	struct key_parts parts = p->public_parts;
	uint8_t wrapped[256];
	struct der_writer w = { wrapped, wrapped + sizeof(wrapped), false };
	const uint8_t *end = w.at;

	parts.point = point;
	check_works(p, &parts);
	der_put(&w, point.data, point.len);
	der_put_header(&w, DER_OCTET_STRING, end);
	parts.point = (struct span){ w.at, (size_t)(end - w.at) };
	check_works(p, &parts);
	w.at = wrapped + sizeof(wrapped);
	der_put(&w, point.data, point.len);
	der_put(&w, "", 1);
	der_put_header(&w, DER_BIT_STRING, end);
	parts.point = (struct span){ w.at, (size_t)(end - w.at) };
	check_works(p, &parts);
	parts.point.len--;
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
}

ATF_TC_WITHOUT_HEAD(ec__points_in_all_encodings);
ATF_TC_BODY(ec__points_in_all_encodings, tc)
{
	for (size_t i = 1; i < COUNT(names); i++) {
		uint8_t compressed[67];
		struct pair p;
		struct span point;
		size_t half;

		pair_make(names[i], &p);
		point = p.public_parts.point;
		check_point(&p, point);
		if (p.public_parts.type == CKK_EC) {
			half = (point.len - 1) / 2;
			memcpy(compressed, point.data, 1 + half);
			compressed[0] = 2 +
			    (((const uint8_t *)point.data)[2 * half] & 1);
			check_point(&p, (struct span){ compressed, 1 + half });
		}
		pair_wipe(&p);
	}
}

ATF_TC_WITHOUT_HEAD(ec__private_keys_with_and_without_a_point);
ATF_TC_BODY(ec__private_keys_with_and_without_a_point, tc)
{
	for (size_t i = 1; i < COUNT(names); i++) {
		uint8_t padded[80] = { 0 };
		struct key_parts parts;
		struct pair p, q;

		pair_make(names[i], &p);
		pair_make(names[i], &q);
		parts = p.private_parts;
		check_works(&p, &parts);
		parts.point = p.public_parts.point;
		check_works(&p, &parts);
		parts.point = q.public_parts.point;
		ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
		if (parts.type == CKK_EC) { /* a big number may have zeros */
			parts = p.private_parts;
			memcpy(padded + 10, parts.value.data,
			    parts.value.len);
			parts.value = (struct span){ padded,
				parts.value.len + 10 };
			check_works(&p, &parts);
		}
		pair_wipe(&p);
		pair_wipe(&q);
	}
}

ATF_TC_WITHOUT_HEAD(ec__scalars_out_of_range);
ATF_TC_BODY(ec__scalars_out_of_range, tc)
{
	static const uint8_t order[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
		0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2,
		0xfc, 0x63, 0x25, 0x51 };
	uint8_t bytes[32], longer[33] = { 1 };
	struct key_parts parts;
	struct pair p;

	pair_make("P-256", &p);
	parts = p.private_parts;
	memcpy(bytes, order, sizeof(bytes));
	parts.value = (struct span){ bytes, sizeof(bytes) };
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	bytes[31]--;
	ATF_CHECK_EQ(load(&parts), CKR_OK);
	memset(bytes, 0, sizeof(bytes));
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	parts.value = (struct span){ longer, sizeof(longer) };
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	parts.value = (struct span){ "", 0 };
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	parts.value = (struct span){ NULL, 0 };
	ATF_CHECK_EQ(load(&parts), CKR_TEMPLATE_INCOMPLETE);
	pair_wipe(&p);
}

ATF_TC_WITHOUT_HEAD(ec__points_off_the_curve);
ATF_TC_BODY(ec__points_off_the_curve, tc)
{
	for (size_t i = 1; i <= 3; i++) {
		uint8_t bytes[160];
		struct key_parts parts;
		struct pair p;

		pair_make(names[i], &p);
		parts = p.public_parts;
		memcpy(bytes, parts.point.data, parts.point.len);
		parts.point.data = bytes;
		bytes[parts.point.len - 1] ^= 1;
		ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
		bytes[parts.point.len - 1] ^= 1;
		bytes[0] = 6;
		ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
		parts.point = (struct span){ "", 1 }; /* infinity */
		ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
		parts.point = (struct span){ NULL, 0 };
		ATF_CHECK_EQ(load(&parts), CKR_TEMPLATE_INCOMPLETE);
		pair_wipe(&p);
	}
}

ATF_TC_WITHOUT_HEAD(ec__names_of_curves);
ATF_TC_BODY(ec__names_of_curves, tc)
{
	static const struct {
		const char *curve;
		struct span params;
		CK_RV rv;
	} rows[] = {
		{ "P-256", { "\x13\x05P-256", 7 }, CKR_OK },
		{ "P-256", { "\x13\x09secp256r1", 11 }, CKR_OK },
		{ "P-256", { "\x13\x0aprime256v1", 12 }, CKR_OK },
		{ "P-521", { "\x13\x09secp521r1", 11 }, CKR_OK },
		{ "ED25519", { "\x13\x0c" "edwards25519", 14 }, CKR_OK },
		{ "ED25519", { "\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01",
		    11 }, CKR_OK },
		{ "ED448", { "\x13\x0a" "edwards448", 12 }, CKR_OK },
		{ "P-224", { "\x13\x09secp224r1", 11 }, CKR_OK },
		{ "secp256k1", { "\x13\x09secp256k1", 11 }, CKR_OK },
		{ "brainpoolP320t1", { "\x13\x0f" "brainpoolP320t1", 17 },
		    CKR_OK },
		{ "X25519", { "\x13\x0a" "curve25519", 12 }, CKR_OK },
		{ "X25519", { "\x13\x0b" "curve25519", 12 }, CKR_OK },
		{ "X25519", { "\x06\x0a\x2b\x06\x01\x04\x01\x97\x55\x01\x05"
		    "\x01", 12 }, CKR_OK },
		{ "X448", { "\x13\x08" "curve448", 10 }, CKR_OK },
		{ "X448", { "\x13\x09" "curve448", 10 },
		    CKR_DOMAIN_PARAMS_INVALID },
		/* secp192r1, secp160k1 */
		{ "P-256", { "\x13\x09secp192r1", 11 },
		    CKR_CURVE_NOT_SUPPORTED },
		{ "P-256", { "\x06\x05\x2b\x81\x04\x00\x09", 7 },
		    CKR_CURVE_NOT_SUPPORTED },
		/* a curve of the other family */
		{ "P-256", { "\x06\x03\x2b\x65\x70", 5 },
		    CKR_CURVE_NOT_SUPPORTED },
		{ "ED25519", { "\x13\x05P-256", 7 },
		    CKR_CURVE_NOT_SUPPORTED },
		{ "P-256", { "\x05\x00", 2 }, CKR_DOMAIN_PARAMS_INVALID },
		{ "P-256", { "\x30\x00", 2 }, CKR_DOMAIN_PARAMS_INVALID },
		{ "P-256", { "\x06\x05\x2b", 3 }, CKR_DOMAIN_PARAMS_INVALID },
		{ "P-256", { "", 0 }, CKR_DOMAIN_PARAMS_INVALID },
		{ "P-256", { NULL, 0 }, CKR_TEMPLATE_INCOMPLETE },
		/* of another size than the point */
		{ "P-256", { "\x13\x05P-384", 7 },
		    CKR_ATTRIBUTE_VALUE_INVALID },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct key_parts parts;
		struct pair p;

		pair_make(rows[i].curve, &p);
		parts = p.public_parts;
		parts.params = rows[i].params;
		ATF_CHECK_EQ_MSG(load(&parts), rows[i].rv, "row %zu", i);
		if (rows[i].rv == CKR_OK)
			check_works(&p, &parts);
		pair_wipe(&p);
	}
}

ATF_TC_WITHOUT_HEAD(rsa__what_is_absent_is_computed);
ATF_TC_BODY(rsa__what_is_absent_is_computed, tc)
{
	struct pair p;
	struct key_parts parts;

	pair_make("RSA-2048", &p);
	parts = p.private_parts;
	parts.exponent_1 = parts.exponent_2 = parts.coefficient =
	    (struct span){ NULL, 0 };
	check_works(&p, &parts);
	parts = p.private_parts;
	parts.public_exponent = (struct span){ NULL, 0 };
	check_works(&p, &parts);
	parts = p.private_parts;
	parts.prime_1 = parts.prime_2 = parts.exponent_1 = parts.exponent_2 =
	    parts.coefficient = (struct span){ NULL, 0 };
	check_works(&p, &parts);
	parts.public_exponent = (struct span){ NULL, 0 };
	check_works(&p, &parts);
	pair_wipe(&p);
}

/* Each number in turn with one bit flipped, then absent. */
ATF_TC_WITHOUT_HEAD(rsa__each_number_counts);
ATF_TC_BODY(rsa__each_number_counts, tc)
{
	static const size_t offsets[] = {
		offsetof(struct key_parts, modulus),
		offsetof(struct key_parts, public_exponent),
		offsetof(struct key_parts, private_exponent),
		offsetof(struct key_parts, prime_1),
		offsetof(struct key_parts, prime_2),
		offsetof(struct key_parts, exponent_1),
		offsetof(struct key_parts, exponent_2),
		offsetof(struct key_parts, coefficient),
	};
	struct pair p;

	pair_make("RSA-2048", &p);
	for (size_t i = 0; i < COUNT(offsets); i++) {
		struct key_parts parts = p.private_parts;
		struct span *span = (struct span *)(void *)
		    ((char *)&parts + offsets[i]);
		uint8_t bytes[256];

		memcpy(bytes, span->data, span->len);
		span->data = bytes;
		ATF_CHECK_EQ(load(&parts), CKR_OK);
		bytes[span->len - 1] ^= 2;
		ATF_CHECK_EQ_MSG(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID,
		    "number %zu", i);
		*span = (struct span){ "", 0 };
		ATF_CHECK_EQ_MSG(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID,
		    "empty number %zu", i);
	}
	pair_wipe(&p);
}

ATF_TC_WITHOUT_HEAD(rsa__what_is_no_key);
ATF_TC_BODY(rsa__what_is_no_key, tc)
{
	struct key_parts parts;
	struct pair p, q;

	pair_make("RSA-2048", &p);
	pair_make("RSA-2048", &q);
	parts = p.public_parts;
	parts.modulus = (struct span){ NULL, 0 };
	ATF_CHECK_EQ(load(&parts), CKR_TEMPLATE_INCOMPLETE);
	parts = p.public_parts;
	parts.public_exponent = (struct span){ NULL, 0 };
	ATF_CHECK_EQ(load(&parts), CKR_TEMPLATE_INCOMPLETE);
	parts.public_exponent = (struct span){ "\1", 1 };
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	parts.public_exponent = (struct span){ "\1\0", 2 };
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	parts = p.public_parts;
	parts.modulus = (struct span){ "\xff\xff\xff\xff", 4 };
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	parts = p.private_parts;
	parts.private_exponent = (struct span){ NULL, 0 };
	ATF_CHECK_EQ(load(&parts), CKR_TEMPLATE_INCOMPLETE);
	parts = p.private_parts;
	parts.prime_2 = (struct span){ NULL, 0 };
	ATF_CHECK_EQ(load(&parts), CKR_TEMPLATE_INCOMPLETE);
	parts = p.private_parts;
	parts.modulus = q.private_parts.modulus;
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	parts.prime_1 = parts.prime_2 = parts.exponent_1 = parts.exponent_2 =
	    parts.coefficient = (struct span){ NULL, 0 };
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	pair_wipe(&p);
	pair_wipe(&q);
}

ATF_TC_WITHOUT_HEAD(key__other_types_are_refused);
ATF_TC_BODY(key__other_types_are_refused, tc)
{
	struct key_parts parts = { .class = CKO_SECRET_KEY, .type = CKK_AES };

	fixture_open();
	ATF_CHECK_EQ(load(&parts), CKR_TEMPLATE_INCOMPLETE);
	parts.value = (struct span){ "", 0 };
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	parts.value = (struct span){ "0123456789abcdef", 16 };
	ATF_CHECK_EQ(load(&parts), CKR_OK);
	parts.class = CKO_PRIVATE_KEY;
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	parts.class = CKO_DATA;
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	parts.class = CKO_PUBLIC_KEY;
	parts.type = CKK_BATON;
	ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, key__spki_and_size_are_libcryptos);
	ATF_TP_ADD_TC(tp, key__public_parts_of_a_private_key);
	ATF_TP_ADD_TC(tp, ec__points_in_all_encodings);
	ATF_TP_ADD_TC(tp, ec__private_keys_with_and_without_a_point);
	ATF_TP_ADD_TC(tp, ec__scalars_out_of_range);
	ATF_TP_ADD_TC(tp, ec__points_off_the_curve);
	ATF_TP_ADD_TC(tp, ec__names_of_curves);
	ATF_TP_ADD_TC(tp, rsa__what_is_absent_is_computed);
	ATF_TP_ADD_TC(tp, rsa__each_number_counts);
	ATF_TP_ADD_TC(tp, rsa__what_is_no_key);
	ATF_TP_ADD_TC(tp, key__other_types_are_refused);
	return atf_no_error();
}
