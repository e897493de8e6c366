/* What the token adds to certificates, keys and trust, against plain
 * libcrypto and known answers. */
#include <atf-c.h>
#include <openssl/x509.h>
#include <string.h>

#include "common/ckname.h"
#include "common/vendor.h"
#include "module/object/object_fixture.h"

static void
check_create(const struct maker *who, const struct template *t, CK_RV want,
    const char *what)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_RV rv = create(who, t, &a);

	ATF_CHECK_EQ_MSG(rv, want, "%s: %s", what, ckname_rv(rv));
}

/* Certificates */

#define NAME_A "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x61"

ATF_TC_WITHOUT_HEAD(certificate__facts_are_filled_in);
ATF_TC_BODY(certificate__facts_are_filled_in, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	struct secret der = { NULL, 0 };
	unsigned char hash[20], *spki = NULL;
	struct template t;
	struct pair ec;
	int len;

	pair_make("P-256", &ec);
	template_certificate(&t, certificate_make(ec.pkey, false, &der));
	create_good(&nobody, &t, &a);
	check_bytes(&a, CKA_SUBJECT, NAME_A, sizeof(NAME_A) - 1);
	check_bytes(&a, CKA_ISSUER, NAME_A, sizeof(NAME_A) - 1);
	check_bytes(&a, CKA_SERIAL_NUMBER, "\x02\x04\x00\x80\xff\x01", 6);
	check_bytes(&a, CKA_START_DATE, "20240102", 8);
	check_bytes(&a, CKA_END_DATE, "20340506", 8);
	check_bytes(&a, CKA_VALUE, der.data, der.len);
	len = i2d_PUBKEY(ec.pkey, &spki);
	check_bytes(&a, CKA_PUBLIC_KEY_INFO, spki, (size_t)len);
	OPENSSL_free(spki);
	ATF_REQUIRE(EVP_Q_digest(NULL, "SHA1", NULL, der.data, der.len, hash,
	    NULL));
	check_bytes(&a, CKA_CHECK_VALUE, hash, 3);
	ATF_REQUIRE(EVP_Q_digest(NULL, "SHA1", NULL,
	    ec.public_parts.point.data, ec.public_parts.point.len, hash,
	    NULL));
	check_bytes(&a, CKA_ID, hash, 20);
	ATF_CHECK_EQ(attrs_ulong(&a, CKA_CERTIFICATE_CATEGORY, 9),
	    CK_CERTIFICATE_CATEGORY_OTHER_ENTITY);
	ATF_CHECK_EQ(bool_of(&a, CKA_TRUSTED), false);
	secret_wipe(&der);
	pair_wipe(&ec);
}

ATF_TC_WITHOUT_HEAD(certificate__category_of_a_ca);
ATF_TC_BODY(certificate__category_of_a_ca, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;
	struct secret der = { NULL, 0 };
	struct template t;
	struct pair ec;

	pair_make("P-256", &ec);
	template_certificate(&t, certificate_make(ec.pkey, true, &der));
	create_good(&nobody, &t, &a);
	ATF_CHECK_EQ(attrs_ulong(&a, CKA_CERTIFICATE_CATEGORY, 9),
	    CK_CERTIFICATE_CATEGORY_AUTHORITY);
	put_ulong(&t, CKA_CERTIFICATE_CATEGORY,
	    CK_CERTIFICATE_CATEGORY_TOKEN_USER);
	create_good(&nobody, &t, &b);
	ATF_CHECK_EQ(attrs_ulong(&b, CKA_CERTIFICATE_CATEGORY, 9),
	    CK_CERTIFICATE_CATEGORY_TOKEN_USER);
	secret_wipe(&der);
	pair_wipe(&ec);
}

/* What clients say is kept where the standard leaves it to them; an empty
 * value says nothing; fingerprints must be right. */
ATF_TC_WITHOUT_HEAD(certificate__what_the_client_says);
ATF_TC_BODY(certificate__what_the_client_says, tc)
{
	static const CK_ATTRIBUTE_TYPE kept[] = { CKA_SUBJECT, CKA_ISSUER,
		CKA_SERIAL_NUMBER, CKA_ID };
	static const CK_ATTRIBUTE_TYPE judged[] = { CKA_CHECK_VALUE,
		CKA_PUBLIC_KEY_INFO };
	_cleanup_(attrs_wipe) struct attrs is = ATTRS_INIT;
	struct secret der = { NULL, 0 };
	struct template t, wrong;
	struct pair ec;

	pair_make("P-256", &ec);
	template_certificate(&t, certificate_make(ec.pkey, false, &der));
	create_good(&nobody, &t, &is);
	for (size_t i = 0; i < COUNT(kept); i++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		_cleanup_(attrs_wipe) struct attrs b = ATTRS_INIT;
		struct span true_value = attrs_span(&is, kept[i]);

		put_bytes(&t, kept[i], "mine", 4);
		create_good(&nobody, &t, &a);
		check_bytes(&a, kept[i], "mine", 4);
		put_bytes(&t, kept[i], NULL, 0);
		create_good(&nobody, &t, &b);
		check_bytes(&b, kept[i], true_value.data, true_value.len);
	}
	for (size_t i = 0; i < COUNT(judged); i++) {
		struct span value = attrs_span(&is, judged[i]);

		put_bytes(&t, judged[i], value.data, value.len);
		check_create(&nobody, &t, CKR_OK, "right");
		template_certificate(&wrong, (struct span){ der.data,
			der.len });
		put_bytes(&wrong, judged[i], value.data, value.len - 1);
		check_create(&nobody, &wrong, CKR_ATTRIBUTE_VALUE_INVALID,
		    "short");
		put_bytes(&wrong, judged[i], "abc", 3);
		check_create(&nobody, &wrong, CKR_ATTRIBUTE_VALUE_INVALID,
		    "other");
		put_bytes(&t, judged[i], NULL, 0);
		check_create(&nobody, &t, CKR_OK, "empty");
	}
	secret_wipe(&der);
	pair_wipe(&ec);
}

ATF_TC_WITHOUT_HEAD(certificate__garbage_is_none);
ATF_TC_BODY(certificate__garbage_is_none, tc)
{
	struct template t;

	fixture_open();
	template_certificate(&t, (struct span){ "", 0 });
	check_create(&nobody, &t, CKR_ATTRIBUTE_VALUE_INVALID, "empty");
	/* no certificates by URL alone */
	put_bytes(&t, CKA_URL, "http://x", 8);
	check_create(&nobody, &t, CKR_ATTRIBUTE_VALUE_INVALID, "url");
	put_bytes(&t, CKA_VALUE, "-----BEGIN CERTIFICATE-----", 27);
	check_create(&nobody, &t, CKR_ATTRIBUTE_VALUE_INVALID, "pem");
	put_ulong(&t, CKA_CLASS, VECS_CKO_NSS_CRL);
	drop(&t, CKA_URL);
	drop(&t, CKA_CERTIFICATE_TYPE);
	check_create(&nobody, &t, CKR_ATTRIBUTE_VALUE_INVALID, "crl");
}

ATF_TC_WITHOUT_HEAD(crl__subject_is_the_issuer);
ATF_TC_BODY(crl__subject_is_the_issuer, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	struct template t = { .n = 0 };
	X509_CRL *crl = X509_CRL_new();
	X509_NAME *name = X509_NAME_new();
	ASN1_TIME *now = ASN1_TIME_new();
	unsigned char *der = NULL;
	struct pair ec;
	int len;

	pair_make("P-256", &ec);
	ATF_REQUIRE(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)"a", -1, -1, 0));
	X509_CRL_set_issuer_name(crl, name);
	ASN1_TIME_set_string_X509(now, "20240102030405Z");
	X509_CRL_set1_lastUpdate(crl, now);
	ATF_REQUIRE(X509_CRL_sign(crl, ec.pkey, EVP_sha256()) > 0);
	len = i2d_X509_CRL(crl, &der);
	put_ulong(&t, CKA_CLASS, VECS_CKO_NSS_CRL);
	put_bytes(&t, CKA_VALUE, der, (size_t)len);
	create_good(&nobody, &t, &a);
	check_bytes(&a, CKA_SUBJECT, NAME_A, sizeof(NAME_A) - 1);
	ATF_CHECK_EQ(bool_of(&a, VECS_CKA_NSS_KRL), false);
	ATF_CHECK_EQ(bool_of(&a, CKA_PRIVATE), false);
	OPENSSL_free(der);
	ASN1_TIME_free(now);
	X509_NAME_free(name);
	X509_CRL_free(crl);
	pair_wipe(&ec);
}

/* Keys */

static const char *const pair_names[] = { "RSA-2048", "P-256", "P-384",
	"P-521", "ED25519", "ED448" };

ATF_TC_WITHOUT_HEAD(key__public_key_info_of_both_halves);
ATF_TC_BODY(key__public_key_info_of_both_halves, tc)
{
	for (size_t i = 0; i < COUNT(pair_names); i++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		_cleanup_(attrs_wipe) struct attrs b = ATTRS_INIT;
		unsigned char *spki = NULL;
		struct template t;
		struct pair p;
		size_t len;

		pair_make(pair_names[i], &p);
		len = (size_t)i2d_PUBKEY(p.pkey, &spki);
		template_key(&t, &p.public_parts);
		create_good(&nobody, &t, &a);
		check_bytes(&a, CKA_PUBLIC_KEY_INFO, spki, len);
		template_key(&t, &p.private_parts);
		create_good(&nobody, &t, &b);
		check_bytes(&b, CKA_PUBLIC_KEY_INFO, spki, len);
		put_bytes(&t, CKA_PUBLIC_KEY_INFO, spki, len);
		check_create(&nobody, &t, CKR_OK, "right");
		put_bytes(&t, CKA_PUBLIC_KEY_INFO, NULL, 0);
		check_create(&nobody, &t, CKR_OK, "empty");
		spki[len - 1] ^= 1;
		put_bytes(&t, CKA_PUBLIC_KEY_INFO, spki, len);
		check_create(&nobody, &t, CKR_ATTRIBUTE_VALUE_INVALID,
		    "wrong");
		OPENSSL_free(spki);
		pair_wipe(&p);
	}
}

ATF_TC_WITHOUT_HEAD(rsa__numbers_and_lengths);
ATF_TC_BODY(rsa__numbers_and_lengths, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;
	uint8_t padded[260] = { 0 };
	struct template t;
	struct pair p;

	pair_make("RSA-2048", &p);
	ATF_REQUIRE_EQ(p.public_parts.modulus.len, 256);
	memcpy(padded + 4, p.public_parts.modulus.data, 256);
	template_key(&t, &p.public_parts);
	put_bytes(&t, CKA_MODULUS, padded, sizeof(padded));
	put_bytes(&t, CKA_PUBLIC_EXPONENT, "\0\1\0\1", 4);
	create_good(&nobody, &t, &a);
	check_bytes(&a, CKA_MODULUS, padded + 4, 256);
	check_bytes(&a, CKA_PUBLIC_EXPONENT, "\1\0\1", 3);
	ATF_CHECK_EQ(attrs_ulong(&a, CKA_MODULUS_BITS, 0), 2048);
	put_ulong(&t, CKA_MODULUS_BITS, 2048);
	check_create(&nobody, &t, CKR_OK, "bits");
	put_ulong(&t, CKA_MODULUS_BITS, 2047);
	check_create(&nobody, &t, CKR_TEMPLATE_INCONSISTENT, "wrong bits");
	/* the public exponent of a private key comes from its primes */
	template_key(&t, &p.private_parts);
	drop(&t, CKA_PUBLIC_EXPONENT);
	create_good(&nobody, &t, &b);
	check_bytes(&b, CKA_PUBLIC_EXPONENT, "\1\0\1", 3);
	ATF_CHECK_EQ(attrs_find(&b, CKA_MODULUS_BITS), NULL);
	pair_wipe(&p);
}

/* The point of a public key as an OCTET STRING, of a private one not at all. */
ATF_TC_WITHOUT_HEAD(ec__points);
ATF_TC_BODY(ec__points, tc)
{
	for (size_t i = 1; i < COUNT(pair_names); i++) {
		_cleanup_(attrs_wipe) struct attrs raw = ATTRS_INIT;
		_cleanup_(attrs_wipe) struct attrs der = ATTRS_INIT;
		_cleanup_(attrs_wipe) struct attrs priv = ATTRS_INIT;
		struct span point, stored;
		uint8_t wrong[140];
		struct template t;
		struct pair p;

		pair_make(pair_names[i], &p);
		point = p.public_parts.point;
		template_key(&t, &p.public_parts);
		create_good(&nobody, &t, &raw);
		stored = attrs_span(&raw, CKA_EC_POINT);
		ATF_REQUIRE(stored.len > point.len);
		ATF_CHECK_EQ(((const uint8_t *)stored.data)[0], 4);
		ATF_CHECK_EQ(memcmp((const uint8_t *)stored.data +
		    stored.len - point.len, point.data, point.len), 0);
		put_bytes(&t, CKA_EC_POINT, stored.data, stored.len);
		create_good(&nobody, &t, &der);
		check_bytes(&der, CKA_EC_POINT, stored.data, stored.len);

		template_key(&t, &p.private_parts);
		put_bytes(&t, CKA_EC_POINT, stored.data, stored.len);
		create_good(&nobody, &t, &priv);
		ATF_CHECK_EQ(attrs_find(&priv, CKA_EC_POINT), NULL);
		memcpy(wrong, stored.data, stored.len);
		wrong[stored.len - 1] ^= 1;
		put_bytes(&t, CKA_EC_POINT, wrong, stored.len);
		check_create(&nobody, &t, CKR_ATTRIBUTE_VALUE_INVALID,
		    pair_names[i]);
		pair_wipe(&p);
	}
}

ATF_TC_WITHOUT_HEAD(ec__private_number_without_zeros);
ATF_TC_BODY(ec__private_number_without_zeros, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, ed = ATTRS_INIT;
	uint8_t padded[70] = { 0 }, zero_first[32] = { 0, 7 };
	struct template t;
	struct pair p, e;
	size_t len;

	pair_make("P-521", &p);
	len = p.private_parts.value.len;
	memcpy(padded + 2, p.private_parts.value.data, len);
	template_key(&t, &p.private_parts);
	put_bytes(&t, CKA_VALUE, padded, len + 2);
	create_good(&nobody, &t, &a);
	check_bytes(&a, CKA_VALUE, padded + 2, len);
	/* an Edwards key is a string of bytes, zeros and all */
	pair_make("ED25519", &e);
	template_key(&t, &e.private_parts);
	put_bytes(&t, CKA_VALUE, zero_first, sizeof(zero_first));
	create_good(&nobody, &t, &ed);
	check_bytes(&ed, CKA_VALUE, zero_first, sizeof(zero_first));
	pair_wipe(&p);
	pair_wipe(&e);
}

ATF_TC_WITHOUT_HEAD(secret__lengths);
ATF_TC_BODY(secret__lengths, tc)
{
	static const uint8_t value[40] = { 1 };
	struct template t;

	fixture_open();
	for (size_t len = 0; len <= 40; len++) {
		bool aes = len == 16 || len == 24 || len == 32;

		template_secret(&t, CKK_AES, value, len);
		check_create(&nobody, &t, aes ? CKR_OK
		    : CKR_ATTRIBUTE_VALUE_INVALID, "aes");
		template_secret(&t, CKK_GENERIC_SECRET, value, len);
		check_create(&nobody, &t, len != 0 ? CKR_OK
		    : CKR_ATTRIBUTE_VALUE_INVALID, "generic");
		if (len == 0)
			continue;
		put_ulong(&t, CKA_VALUE_LEN, len);
		check_create(&nobody, &t, CKR_OK, "length");
		put_ulong(&t, CKA_VALUE_LEN, len + 1);
		check_create(&nobody, &t, CKR_TEMPLATE_INCONSISTENT,
		    "wrong length");
	}
}

/* FIPS 197's block cipher on zeros with a key of zeros; SHA-1 of "abc". */
ATF_TC_WITHOUT_HEAD(secret__check_values);
ATF_TC_BODY(secret__check_values, tc)
{
	static const uint8_t zeros[16];
	static const struct {
		CK_KEY_TYPE type;
		struct span value;
		const char *check;
	} cases[] = {
		{ CKK_AES, { zeros, 16 }, "\x66\xe9\x4b" },
		{ CKK_GENERIC_SECRET, { "abc", 3 }, "\xa9\x99\x3e" },
	};
	struct template t;

	fixture_open();
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		_cleanup_(attrs_wipe) struct attrs none = ATTRS_INIT;

		template_secret(&t, cases[i].type, cases[i].value.data,
		    cases[i].value.len);
		/* "even if the encryption operation is forbidden" (4.11) */
		put_bool(&t, CKA_ENCRYPT, false);
		create_good(&nobody, &t, &a);
		check_bytes(&a, CKA_CHECK_VALUE, cases[i].check, 3);
		put_bytes(&t, CKA_CHECK_VALUE, cases[i].check, 3);
		check_create(&nobody, &t, CKR_OK, "right");
		put_bytes(&t, CKA_CHECK_VALUE, cases[i].check, 2);
		check_create(&nobody, &t, CKR_ATTRIBUTE_VALUE_INVALID,
		    "short");
		put_bytes(&t, CKA_CHECK_VALUE, "xyz", 3);
		check_create(&nobody, &t, CKR_ATTRIBUTE_VALUE_INVALID,
		    "wrong");
		put_bytes(&t, CKA_CHECK_VALUE, NULL, 0);
		create_good(&nobody, &t, &none);
		ATF_CHECK_EQ(attrs_find(&none, CKA_CHECK_VALUE), NULL);
	}
}

/* Trust: who makes, what is made, what the template says. */

static const struct {
	const struct maker *who;
	bool ca;
	int said; /* -1: nothing */
	CK_RV rv;
	bool trusted;
} trust_cases[] = {
	{ &nobody, true, -1, CKR_OK, false },
	{ &nobody, true, false, CKR_OK, false },
	{ &nobody, true, true, CKR_ATTRIBUTE_READ_ONLY, false },
	{ &nobody, false, true, CKR_ATTRIBUTE_READ_ONLY, false },
	{ &officer, true, -1, CKR_OK, false },
	{ &officer, true, false, CKR_OK, false },
	{ &officer, true, true, CKR_OK, true },
	{ &officer, false, true, CKR_OK, true },
	{ &roots, true, -1, CKR_OK, true },
	{ &roots, true, false, CKR_OK, false },
	{ &roots, true, true, CKR_OK, true },
	{ &roots, false, -1, CKR_OK, false },
	{ &roots, false, true, CKR_ATTRIBUTE_READ_ONLY, false },
};

ATF_TC_WITHOUT_HEAD(trust__of_new_certificates);
ATF_TC_BODY(trust__of_new_certificates, tc)
{
	struct secret der[2] = { { NULL, 0 }, { NULL, 0 } };
	struct pair ec;

	pair_make("P-256", &ec);
	certificate_make(ec.pkey, false, &der[0]);
	certificate_make(ec.pkey, true, &der[1]);
	for (size_t i = 0; i < COUNT(trust_cases); i++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		const struct secret *value = &der[trust_cases[i].ca];
		struct template t;
		CK_RV rv;

		template_certificate(&t, (struct span){ value->data,
			value->len });
		if (trust_cases[i].said != -1)
			put_bool(&t, CKA_TRUSTED, trust_cases[i].said);
		rv = create(trust_cases[i].who, &t, &a);
		ATF_CHECK_EQ_MSG(rv, trust_cases[i].rv, "case %zu: %s", i,
		    ckname_rv(rv));
		if (rv == CKR_OK)
			ATF_CHECK_EQ_MSG(bool_of(&a, CKA_TRUSTED),
			    trust_cases[i].trusted, "case %zu", i);
	}
	secret_wipe(&der[0]);
	secret_wipe(&der[1]);
	pair_wipe(&ec);
}

ATF_TC_WITHOUT_HEAD(trust__of_keys_is_the_officers_word);
ATF_TC_BODY(trust__of_keys_is_the_officers_word, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	struct template t;

	fixture_open();
	template_secret(&t, CKK_GENERIC_SECRET, "abc", 3);
	put_bool(&t, CKA_TRUSTED, true);
	check_create(&nobody, &t, CKR_ATTRIBUTE_READ_ONLY, "nobody");
	check_create(&roots, &t, CKR_ATTRIBUTE_READ_ONLY, "roots");
	create_good(&officer, &t, &a);
	ATF_CHECK_EQ(bool_of(&a, CKA_TRUSTED), true);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, certificate__facts_are_filled_in);
	ATF_TP_ADD_TC(tp, certificate__category_of_a_ca);
	ATF_TP_ADD_TC(tp, certificate__what_the_client_says);
	ATF_TP_ADD_TC(tp, certificate__garbage_is_none);
	ATF_TP_ADD_TC(tp, crl__subject_is_the_issuer);
	ATF_TP_ADD_TC(tp, key__public_key_info_of_both_halves);
	ATF_TP_ADD_TC(tp, rsa__numbers_and_lengths);
	ATF_TP_ADD_TC(tp, ec__points);
	ATF_TP_ADD_TC(tp, ec__private_number_without_zeros);
	ATF_TP_ADD_TC(tp, secret__lengths);
	ATF_TP_ADD_TC(tp, secret__check_values);
	ATF_TP_ADD_TC(tp, trust__of_new_certificates);
	ATF_TP_ADD_TC(tp, trust__of_keys_is_the_officers_word);
	return atf_no_error();
}
