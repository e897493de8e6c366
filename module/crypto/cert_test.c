/* Certificates and CRLs, against what plain libcrypto reads in them. */
#include <atf-c.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "module/crypto/cert.h"
#include "module/crypto/libctx.h"

static struct span
der_of(X509 *x, unsigned char **bytes)
{
	int len;

	*bytes = NULL;
	len = i2d_X509(x, bytes);
	ATF_REQUIRE(len > 0);
	return (struct span){ *bytes, (size_t)len };
}

static void
add_extension(X509 *x, int nid, const char *text)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, text);

	ATF_REQUIRE(e != NULL);
	ATF_REQUIRE_EQ(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void
add_name(X509_NAME *name, const char *text)
{
	ATF_REQUIRE_EQ(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)text, -1, -1, 0), 1);
}

/* version 0 is v1; constraints NULL: none. */
static X509 *
cert_make(long version, const char *subject, const char *issuer,
    const char *start, const char *end, const char *constraints)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	X509 *x = X509_new();

	ATF_REQUIRE(pkey != NULL && x != NULL);
	X509_set_version(x, version);
	ASN1_INTEGER_set_int64(X509_get_serialNumber(x), 0x80ff01);
	add_name(X509_get_subject_name(x), subject);
	add_name(X509_get_issuer_name(x), issuer);
	ATF_REQUIRE(ASN1_TIME_set_string_X509(X509_getm_notBefore(x), start));
	ATF_REQUIRE(ASN1_TIME_set_string_X509(X509_getm_notAfter(x), end));
	X509_set_pubkey(x, pkey);
	if (version == 2) {
		add_extension(x, NID_key_usage, "keyCertSign");
		if (constraints != NULL)
			add_extension(x, NID_basic_constraints, constraints);
	}
	ATF_REQUIRE(X509_sign(x, pkey, EVP_sha256()) > 0);
	EVP_PKEY_free(pkey);
	return x;
}

static void
check_same(const struct secret *is, const void *want, int len)
{
	ATF_REQUIRE_EQ(is->len, (size_t)len);
	ATF_CHECK_EQ(memcmp(is->data, want, is->len), 0);
}

static void
check_date(const char is[8], const ASN1_TIME *want)
{
	struct tm tm;
	char text[32];

	ATF_REQUIRE_EQ(ASN1_TIME_to_tm(want, &tm), 1);
	snprintf(text, sizeof(text), "%04d%02d%02d", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday);
	ATF_CHECK_EQ(memcmp(is, text, 8), 0);
}

/* i2d functions allocate when they are given NULL. */
#define CHECK_DER(is, i2d, value) \
	do { \
		unsigned char *out_ = NULL; \
		int len_ = i2d((value), &out_); \
		check_same((is), out_, len_); \
		OPENSSL_free(out_); \
	} while (0)

static void
check_facts(X509 *x, struct span der, bool is_ca)
{
	struct cert_facts f;
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len;

	ATF_REQUIRE_EQ(cert_read(der, &f), CKR_OK);
	CHECK_DER(&f.subject, i2d_X509_NAME, X509_get_subject_name(x));
	CHECK_DER(&f.issuer, i2d_X509_NAME, X509_get_issuer_name(x));
	CHECK_DER(&f.serial, i2d_ASN1_INTEGER, X509_get_serialNumber(x));
	CHECK_DER(&f.spki, i2d_X509_PUBKEY, X509_get_X509_PUBKEY(x));
	ATF_REQUIRE_EQ(X509_digest(x, EVP_sha1(), hash, &len), 1);
	check_same(&f.sha1, hash, (int)len);
	ATF_REQUIRE_EQ(X509_pubkey_digest(x, EVP_sha1(), hash, &len), 1);
	check_same(&f.key_id, hash, (int)len);
	check_date(f.start, X509_get0_notBefore(x));
	check_date(f.end, X509_get0_notAfter(x));
	ATF_CHECK_EQ(f.is_ca, is_ca);
	cert_facts_wipe(&f);
	ATF_CHECK_EQ(f.subject.data, NULL);
}

ATF_TC_WITHOUT_HEAD(cert__facts_are_libcryptos);
ATF_TC_BODY(cert__facts_are_libcryptos, tc)
{
	static const struct {
		long version;
		const char *issuer, *start, *end, *constraints;
		bool is_ca;
	} rows[] = {
		{ 2, "a", "20240102030405Z", "20491231235959Z",
		    "critical,CA:TRUE", true },
		{ 2, "b", "19500101000000Z", "20500101000000Z",
		    "CA:TRUE,pathlen:0", true },
		{ 2, "a", "20240102030405Z", "99991231235959Z",
		    "critical,CA:FALSE", false },
		{ 2, "a", "20240102030405Z", "20250102030405Z", NULL, false },
		{ 0, "a", "20240102030405Z", "20250102030405Z", NULL, true },
		{ 0, "b", "20240102030405Z", "20250102030405Z", NULL, false },
	};

	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *x = cert_make(rows[i].version, "a", rows[i].issuer,
		    rows[i].start, rows[i].end, rows[i].constraints);
		unsigned char *bytes;
		struct span der = der_of(x, &bytes);

		check_facts(x, der, rows[i].is_ca);
		OPENSSL_free(bytes);
		X509_free(x);
	}
}

/* The authorities that the system trusts, if it has any. */
ATF_TC_WITHOUT_HEAD(cert__authorities_of_the_system);
ATF_TC_BODY(cert__authorities_of_the_system, tc)
{
	FILE *file = fopen("/etc/ssl/certs/ca-certificates.crt", "r");
	X509 *x;

	if (file == NULL)
		atf_tc_skip("no ca-certificates here");
	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	while ((x = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
		unsigned char *bytes;
		struct span der = der_of(x, &bytes);

		check_facts(x, der, true);
		OPENSSL_free(bytes);
		X509_free(x);
	}
	fclose(file);
}

static void
check_refused(const void *data, size_t len)
{
	struct cert_facts f;
	struct secret issuer = { NULL, 0 };

	ATF_CHECK_EQ(cert_read((struct span){ data, len }, &f),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	ATF_CHECK_EQ(crl_issuer((struct span){ data, len }, &issuer),
	    CKR_ATTRIBUTE_VALUE_INVALID);
}

/* Copies of their own, so that a sanitizer sees the first byte too many. */
ATF_TC_WITHOUT_HEAD(cert__anything_else_is_refused);
ATF_TC_BODY(cert__anything_else_is_refused, tc)
{
	X509 *x = cert_make(2, "a", "a", "20240102030405Z",
	    "20250102030405Z", "CA:TRUE");
	unsigned char *bytes;
	struct span der = der_of(x, &bytes);
	struct secret issuer = { NULL, 0 };

	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	check_refused(NULL, 0);
	check_refused("", 0);
	check_refused("-----BEGIN CERTIFICATE-----", 27);
	ATF_CHECK_EQ(crl_issuer(der, &issuer), CKR_ATTRIBUTE_VALUE_INVALID);
	for (size_t len = 1; len < der.len; len++) {
		void *copy = malloc(len);

		memcpy(copy, bytes, len);
		check_refused(copy, len);
		free(copy);
	}
	for (size_t i = 0; i < der.len; i++) {
		unsigned char *copy = malloc(der.len);
		struct cert_facts f = { .is_ca = false };

		memcpy(copy, bytes, der.len);
		copy[i] ^= 0xff;
		/* some flips leave a certificate, none may leave its bytes */
		if (cert_read((struct span){ copy, der.len }, &f) == CKR_OK)
			cert_facts_wipe(&f);
		free(copy);
	}
	bytes = OPENSSL_realloc(bytes, der.len + 1);
	bytes[der.len] = 0;
	check_refused(bytes, der.len + 1);
	OPENSSL_free(bytes);
	X509_free(x);
}

ATF_TC_WITHOUT_HEAD(crl__issuer_is_found);
ATF_TC_BODY(crl__issuer_is_found, tc)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	ASN1_TIME *now = ASN1_TIME_set(NULL, 1700000000);
	X509_NAME *name = X509_NAME_new();

	add_name(name, "who revokes");
	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	for (long version = 0; version <= 1; version++) {
		X509_CRL *crl = X509_CRL_new();
		unsigned char *bytes = NULL;
		struct secret issuer = { NULL, 0 };
		struct cert_facts f;
		struct span der;

		X509_CRL_set_version(crl, version);
		X509_CRL_set_issuer_name(crl, name);
		X509_CRL_set1_lastUpdate(crl, now);
		ATF_REQUIRE(X509_CRL_sign(crl, pkey, EVP_sha256()) > 0);
		der.len = (size_t)i2d_X509_CRL(crl, &bytes);
		der.data = bytes;
		ATF_REQUIRE_EQ(crl_issuer(der, &issuer), CKR_OK);
		CHECK_DER(&issuer, i2d_X509_NAME, name);
		ATF_CHECK_EQ(cert_read(der, &f), CKR_ATTRIBUTE_VALUE_INVALID);
		secret_wipe(&issuer);
		OPENSSL_free(bytes);
		X509_CRL_free(crl);
	}
	X509_NAME_free(name);
	ASN1_TIME_free(now);
	EVP_PKEY_free(pkey);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, cert__facts_are_libcryptos);
	ATF_TP_ADD_TC(tp, cert__authorities_of_the_system);
	ATF_TP_ADD_TC(tp, cert__anything_else_is_refused);
	ATF_TP_ADD_TC(tp, crl__issuer_is_found);
	return atf_no_error();
}
