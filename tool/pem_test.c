/* Files to objects and back: formats, damage, chains, attributes. */
#include <atf-c.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tool/cert.h"
#include "tool/key.h"

/* A certificate for key, signed by the issuer's key. */
static X509 *
cert_new(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *signer)
{
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);

	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(
	    issuer != NULL ? issuer : cert));
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	ATF_REQUIRE(X509_sign(cert, signer, EVP_sha256()) > 0);
	return cert;
}

/* root, middle, leaf: keys[i] belongs to certs[i]. */
static struct {
	EVP_PKEY *keys[3];
	X509 *certs[3];
} pki;

static void
pki_make(void)
{
	static const char *const names[] = { "root", "middle", "leaf" };

	for (int i = 0; i < 3; i++) {
		int issuer = i > 0 ? i - 1 : 0;

		pki.keys[i] = EVP_EC_gen("P-256");
		pki.certs[i] = cert_new(names[i], pki.keys[i],
		    i > 0 ? pki.certs[issuer] : NULL, pki.keys[issuer]);
	}
}

static struct secret
bio_bytes(BIO *bio)
{
	struct secret s = { NULL, 0 };
	char *text = NULL;
	long len = BIO_get_mem_data(bio, &text);

	ATF_REQUIRE_EQ(secret_dup(text, (size_t)len, &s), CKR_OK);
	BIO_free(bio);
	return s;
}

static struct secret
certs_pem(const int *order, int count)
{
	BIO *out = BIO_new(BIO_s_mem());

	for (int i = 0; i < count; i++)
		PEM_write_bio_X509(out, pki.certs[order[i]]);
	return bio_bytes(out);
}

ATF_TC_WITHOUT_HEAD(certs__all_of_a_file);
ATF_TC_BODY(certs__all_of_a_file, tc)
{
	static const int order[] = { 2, 0, 1 };
	_cleanup_(certs_freep) STACK_OF(X509) *certs = NULL;
	_cleanup_(secret_wipe) struct secret file = { NULL, 0 };

	pki_make();
	file = certs_pem(order, 3);
	ATF_REQUIRE_EQ(pem_certs(&file, &certs), CKR_OK);
	ATF_REQUIRE_EQ(sk_X509_num(certs), 3);
	for (int i = 0; i < 3; i++)
		ATF_CHECK_EQ(X509_cmp(sk_X509_value(certs, i),
		    pki.certs[order[i]]), 0);
}

ATF_TC_WITHOUT_HEAD(certs__cut_anywhere);
ATF_TC_BODY(certs__cut_anywhere, tc)
{
	static const int order[] = { 0 };
	_cleanup_(secret_wipe) struct secret file = { NULL, 0 };

	pki_make();
	file = certs_pem(order, 1);
	/* Without its last newline it is still whole. */
	for (size_t len = 0; len + 1 < file.len; len++) {
		STACK_OF(X509) *certs = NULL;
		struct secret part = { file.data, len };

		ATF_REQUIRE_EQ_MSG(pem_certs(&part, &certs), E_BAD_FORMAT,
		    "%zu bytes", len);
	}
}

ATF_TC_WITHOUT_HEAD(keys__every_format);
ATF_TC_BODY(keys__every_format, tc)
{
	EVP_PKEY *keys[] = { EVP_EC_gen("P-384"), EVP_RSA_gen(2048),
		EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
		EVP_PKEY_Q_keygen(NULL, NULL, "ED448") };

	for (size_t i = 0; i < COUNT(keys); i++) {
		for (int form = 0; form < 4; form++) {
			BIO *out = BIO_new(BIO_s_mem());
			struct input_password none = { .asked = true };
			EVP_PKEY *back = NULL;
			struct secret file;

			if (form == 0)
				PEM_write_bio_PrivateKey(out, keys[i], NULL,
				    NULL, 0, NULL, NULL);
			else if (form == 1)
				i2d_PrivateKey_bio(out, keys[i]);
			else if (form == 2)
				i2d_PKCS8PrivateKey_bio(out, keys[i], NULL,
				    NULL, 0, NULL, NULL);
			else if (i < 2)
				PEM_write_bio_PrivateKey_traditional(out,
				    keys[i], NULL, NULL, 0, NULL, NULL);
			else
				PEM_write_bio_PKCS8PrivateKey(out, keys[i],
				    NULL, NULL, 0, NULL, NULL);
			file = bio_bytes(out);
			ATF_REQUIRE_EQ_MSG(pem_key(&file, &none, &back),
			    CKR_OK, "key %zu, form %d", i, form);
			ATF_CHECK_EQ(EVP_PKEY_eq(back, keys[i]), 1);
			EVP_PKEY_free(back);
			/* Cut short it is refused, not half-read. */
			file.len = file.len * 2 / 3;
			back = NULL;
			ATF_CHECK(pem_key(&file, &none, &back) != CKR_OK);
		}
		EVP_PKEY_free(keys[i]);
	}
}

ATF_TC_WITHOUT_HEAD(pkcs8__sealed_and_opened);
ATF_TC_BODY(pkcs8__sealed_and_opened, tc)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = EVP_EC_gen("P-256");
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *back = NULL;
	_cleanup_(secret_wipe) struct secret sealed = { NULL, 0 };
	uint8_t word[] = "geheim", other[] = "falsch";
	struct secret right = { word, 6 }, wrong = { other, 6 };

	ATF_REQUIRE_EQ(pkcs8_seal(key, &right, &sealed), CKR_OK);
	ATF_CHECK_EQ(pkcs8_open(&sealed, &wrong, &back), E_WRONG_PASSWORD);
	ATF_REQUIRE_EQ(pkcs8_open(&sealed, &right, &back), CKR_OK);
	ATF_CHECK_EQ(EVP_PKEY_eq(key, back), 1);
	sealed.data[sealed.len - 1] ^= 1;
	ATF_CHECK(pkcs8_open(&sealed, &right, &back) != CKR_OK);
}

ATF_TC_WITHOUT_HEAD(chain__every_order);
ATF_TC_BODY(chain__every_order, tc)
{
	static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	pki_make();
	for (size_t i = 0; i < COUNT(orders); i++)
		for (int with_key = 0; with_key < 2; with_key++) {
			_cleanup_(secret_wipe) struct secret file =
			    certs_pem(orders[i], 3);
			_cleanup_(certs_freep) STACK_OF(X509) *certs = NULL;

			ATF_REQUIRE_EQ(pem_certs(&file, &certs), CKR_OK);
			ATF_REQUIRE_EQ(chain_sort(certs,
			    with_key ? pki.keys[2] : NULL, false), CKR_OK);
			for (int k = 0; k < 3; k++)
				ATF_CHECK_EQ(X509_cmp(sk_X509_value(certs, k),
				    pki.certs[2 - k]), 0);
		}
}

ATF_TC_WITHOUT_HEAD(chain__refused);
ATF_TC_BODY(chain__refused, tc)
{
	static const int gap[] = { 2, 0 };
	_cleanup_(secret_wipe) struct secret file = { NULL, 0 };
	_cleanup_(certs_freep) STACK_OF(X509) *certs = NULL;

	pki_make();
	file = certs_pem(gap, 2);
	ATF_REQUIRE_EQ(pem_certs(&file, &certs), CKR_OK);
	ATF_CHECK_EQ(chain_sort(certs, NULL, false), E_BAD_FORMAT);
	ATF_CHECK_EQ(chain_sort(certs, NULL, true), CKR_OK);
	ATF_CHECK_EQ(sk_X509_num(certs), 2);
	ATF_CHECK_EQ(chain_sort(certs, pki.keys[1], false), E_KEY_MISMATCH);
}

static const CK_ATTRIBUTE *
attr_of(const struct attrs *a, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < a->count; i++)
		if (a->list[i].type == type)
			return &a->list[i];
	return NULL;
}

static void
check_bytes(const struct attrs *a, CK_ATTRIBUTE_TYPE type, const char *prefix,
    size_t prefix_len, size_t len)
{
	const CK_ATTRIBUTE *attr = attr_of(a, type);

	ATF_REQUIRE(attr != NULL);
	ATF_CHECK_EQ_MSG(attr->ulValueLen, len, "%lu bytes", attr->ulValueLen);
	ATF_CHECK_EQ(memcmp(attr->pValue, prefix, prefix_len), 0);
}

ATF_TC_WITHOUT_HEAD(attrs__encodings_of_the_standard);
ATF_TC_BODY(attrs__encodings_of_the_standard, tc)
{
	static const struct {
		const char *type, *oid, *point;
		size_t oid_len, point_prefix, point_len;
	} cases[] = {
		{ "EC", "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
		    "\x04\x41\x04", 10, 3, 67 },
		{ "ED25519", "\x06\x03\x2b\x65\x70", "\x04\x20", 5, 2, 34 },
		{ "ED448", "\x06\x03\x2b\x65\x71", "\x04\x39", 5, 2, 59 },
	};
	struct key_policy policy = { false, true };
	uint8_t bytes[] = "id";
	struct secret id = { bytes, 2 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = i == 0
		    ? EVP_EC_gen("P-256")
		    : EVP_PKEY_Q_keygen(NULL, NULL, cases[i].type);
		_cleanup_(attrs_wipe) struct attrs public = ATTRS_INIT;
		_cleanup_(attrs_wipe) struct attrs private = ATTRS_INIT;

		ATF_REQUIRE_EQ(key_public_attrs(key, "l", &id, &public),
		    CKR_OK);
		ATF_REQUIRE_EQ(key_private_attrs(key, "l", &id, &id, &policy,
		    &private), CKR_OK);
		check_bytes(&public, CKA_EC_PARAMS, cases[i].oid,
		    cases[i].oid_len, cases[i].oid_len);
		check_bytes(&public, CKA_EC_POINT, cases[i].point,
		    cases[i].point_prefix, cases[i].point_len);
		check_bytes(&private, CKA_EC_PARAMS, cases[i].oid,
		    cases[i].oid_len, cases[i].oid_len);
		check_bytes(&private, CKA_SENSITIVE, "\0", 1, 1);
		check_bytes(&private, CKA_EXTRACTABLE, "\1", 1, 1);
		check_bytes(&private, CKA_PRIVATE, "\1", 1, 1);
		ATF_CHECK_EQ(attr_of(&public, CKA_VALUE), NULL);
	}
}

ATF_TC_WITHOUT_HEAD(attrs__full_template_fails);
ATF_TC_BODY(attrs__full_template_fails, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	for (size_t i = 0; i < COUNT(a.list); i++)
		attrs_ulong(&a, CKA_CLASS, i);
	ATF_CHECK_EQ(attrs_check(&a), CKR_OK);
	attrs_bool(&a, CKA_TOKEN, true);
	ATF_CHECK_EQ(attrs_check(&a), CKR_HOST_MEMORY);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, certs__all_of_a_file);
	ATF_TP_ADD_TC(tp, certs__cut_anywhere);
	ATF_TP_ADD_TC(tp, keys__every_format);
	ATF_TP_ADD_TC(tp, pkcs8__sealed_and_opened);
	ATF_TP_ADD_TC(tp, chain__every_order);
	ATF_TP_ADD_TC(tp, chain__refused);
	ATF_TP_ADD_TC(tp, attrs__encodings_of_the_standard);
	ATF_TP_ADD_TC(tp, attrs__full_template_fails);
	return atf_no_error();
}
