/* URIs, their PEM files, signatures' encodings and PINs. */
#include <atf-c.h>
#include <openssl/asn1.h>
#include <openssl/ecdsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "provider/config.h"
#include "provider/digest.h"
#include "provider/ecsig.h"
#include "provider/pemblock.h"
#include "provider/pemuri.h"
#include "provider/uri.h"

#define TEXT "PKCS#11 Provider URI v1.0"

ATF_TC_WITHOUT_HEAD(pemuri__built_is_parsed);
ATF_TC_BODY(pemuri__built_is_parsed, tc)
{
	char uri[700] = "pkcs11:token=";
	_cleanup_(freep) uint8_t *der = NULL;
	_cleanup_(freep) char *out = NULL;
	size_t len;

	memset(uri + strlen(uri), 'x', sizeof(uri) - 14);
	uri[sizeof(uri) - 1] = '\0';
	ATF_REQUIRE_EQ(pemuri_build(uri, &der, &len), CKR_OK);
	ATF_REQUIRE_EQ(pemuri_parse(der, len, &out), CKR_OK);
	ATF_CHECK_STREQ(out, uri);
	for (size_t cut = 0; cut < len; cut++) {
		_cleanup_(freep) uint8_t *copy = malloc(cut + 1);
		char *none = NULL;

		memcpy(copy, der, cut);
		ATF_CHECK_EQ(pemuri_parse(copy, cut, &none), CKR_DATA_INVALID);
	}
}

ATF_TC_WITHOUT_HEAD(pemuri__lengths_need_not_be_minimal);
ATF_TC_BODY(pemuri__lengths_need_not_be_minimal, tc)
{
	static const uint8_t der[] = "\x30\x82\x00\x28\x1a\x81\x19" TEXT
	    "\x0c\x82\x00\x08pkcs11:x";
	_cleanup_(freep) char *out = NULL;

	ATF_REQUIRE_EQ(pemuri_parse(der, sizeof(der) - 1, &out), CKR_OK);
	ATF_CHECK_STREQ(out, "pkcs11:x");
}

ATF_TC_WITHOUT_HEAD(pemuri__what_is_not_ours_is_refused);
ATF_TC_BODY(pemuri__what_is_not_ours_is_refused, tc)
{
	static const struct {
		const char *why, *der;
		size_t len;
	} rows[] = {
#define ROW(why, der) { why, der, sizeof(der) - 1 }
		ROW("empty", ""),
		ROW("another text", "\x30\x25\x1a\x19PKCS#11 Provider URI v1.1"
		    "\x0c\x08pkcs11:x"),
		ROW("longer text", "\x30\x26\x1a\x1aPKCS#11 Provider URI v1.0 "
		    "\x0c\x08pkcs11:x"),
		ROW("shorter text", "\x30\x24\x1a\x18PKCS#11 Provider URI v1."
		    "\x0c\x08pkcs11:x"),
		ROW("not a VisibleString", "\x30\x25\x0c\x19" TEXT
		    "\x0c\x08pkcs11:x"),
		ROW("not a UTF8String", "\x30\x25\x1a\x19" TEXT
		    "\x1a\x08pkcs11:x"),
		ROW("not a URI", "\x30\x25\x1a\x19" TEXT "\x0c\x08http:///"),
		ROW("a NUL inside", "\x30\x25\x1a\x19" TEXT
		    "\x0c\x08pkcs11:\0"),
		ROW("more inside", "\x30\x27\x1a\x19" TEXT
		    "\x0c\x08pkcs11:x\x05\0"),
		ROW("more after", "\x30\x25\x1a\x19" TEXT
		    "\x0c\x08pkcs11:x\0"),
		ROW("length beyond", "\x30\x26\x1a\x19" TEXT
		    "\x0c\x08pkcs11:x"),
		ROW("indefinite", "\x30\x80\x1a\x19" TEXT
		    "\x0c\x08pkcs11:x\0\0"),
#undef ROW
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *out = NULL;

		ATF_CHECK_MSG(pemuri_parse((const uint8_t *)rows[i].der,
		    rows[i].len, &out) == CKR_DATA_INVALID, "%s",
		    rows[i].why);
		ATF_CHECK(out == NULL);
	}
}

ATF_TC_WITHOUT_HEAD(pemblock__only_ours_is_decoded);
ATF_TC_BODY(pemblock__only_ours_is_decoded, tc)
{
	_cleanup_(pemblock_wipe) struct pemblock b = { .open = false };
	_cleanup_(buf_wipe) struct buf der = BUF_INIT;

	ATF_CHECK(!pemblock_line(&b, "text before\n"));
	ATF_CHECK(!pemblock_line(&b, "-----BEGIN CERTIFICATE-----\n"));
	ATF_CHECK(!pemblock_line(&b, "AAAA\n"));
	ATF_CHECK(pemblock_line(&b, "-----END CERTIFICATE-----\n"));
	ATF_CHECK_EQ(pemblock_der(&b, &der), CKR_DATA_INVALID);
	ATF_CHECK(!pemblock_line(&b, "-----BEGIN " PEMBLOCK_NAME "-----\r\n"));
	ATF_CHECK(!pemblock_line(&b, "AAEC\r\n"));
	ATF_CHECK(!pemblock_line(&b, "Aw==\r\n"));
	ATF_CHECK(pemblock_line(&b, "-----END " PEMBLOCK_NAME "-----\r\n"));
	ATF_REQUIRE_EQ(pemblock_der(&b, &der), CKR_OK);
	ATF_REQUIRE_EQ(der.len, 4);
	ATF_CHECK(memcmp(der.data, "\0\1\2\3", 4) == 0);
}

static CK_TOKEN_INFO
token_labelled(const char *label)
{
	CK_TOKEN_INFO info;

	memset(&info, ' ', sizeof(info));
	memcpy(info.label, label, strlen(label));
	return info;
}

ATF_TC_WITHOUT_HEAD(uri__parts_are_found);
ATF_TC_BODY(uri__parts_are_found, tc)
{
	_cleanup_(uri_freep) struct uri *u = NULL;
	_cleanup_(secret_wipe) struct secret pin = { NULL, 0 };
	CK_TOKEN_INFO t1 = token_labelled("T 1"), t2 = token_labelled("T 2");
	CK_ATTRIBUTE a[8];

	ATF_REQUIRE_EQ(uri_parse("pkcs11:token=T%201;object=k;id=%01%02;"
	    "type=private;slot-id=7?pin-value=12%3334&module-path=/m.so", &u),
	    CKR_OK);
	ATF_CHECK_STREQ(uri_text(u),
	    "pkcs11:token=T%201;object=k;id=%01%02;type=private;slot-id=7");
	ATF_CHECK_EQ(uri_class(u), CKO_PRIVATE_KEY);
	ATF_CHECK(uri_names_object(u));
	ATF_CHECK_EQ(uri_template(u, a, 8), 2);
	ATF_CHECK_STREQ(uri_module_path(u), "/m.so");
	ATF_CHECK(uri_match_token(u, 7, &t1));
	ATF_CHECK(!uri_match_token(u, 8, &t1));
	ATF_CHECK(!uri_match_token(u, 7, &t2));
	ATF_REQUIRE_EQ(uri_pin(u, &pin), CKR_OK);
	ATF_REQUIRE_EQ(pin.len, 5);
	ATF_CHECK(memcmp(pin.data, "12334", 5) == 0);
}

ATF_TC_WITHOUT_HEAD(uri__bad_ones_are_refused);
ATF_TC_BODY(uri__bad_ones_are_refused, tc)
{
	static const char *const bad[] = {
		"", "file:x", "pkcs11:token", "pkcs11:token=%zz",
		"pkcs11:colour=red",
		"pkcs11:token=x?pin-value=1&pin-source=/dev/null",
	};
	struct uri *u = NULL;

	for (size_t i = 0; i < COUNT(bad); i++)
		ATF_CHECK_MSG(uri_parse(bad[i], &u) == CKR_ARGUMENTS_BAD,
		    "%s", bad[i]);
	ATF_CHECK(u == NULL);
}

static void
pin_is(const char *text, const char *want)
{
	_cleanup_(secret_wipe) struct secret pin = { NULL, 0 };

	if (want == NULL) {
		ATF_CHECK_EQ_MSG(pin_text(text, &pin), CKR_PIN_INVALID, "%s",
		    text);
		return;
	}
	ATF_REQUIRE_EQ_MSG(pin_text(text, &pin), CKR_OK, "%s", text);
	ATF_CHECK_EQ(pin.len, strlen(want));
	ATF_CHECK(memcmp(pin.data, want, pin.len) == 0);
}

ATF_TC_WITHOUT_HEAD(uri__pin_from_a_file);
ATF_TC_BODY(uri__pin_from_a_file, tc)
{
	_cleanup_(freep) char *here = getcwd(NULL, 0);
	char text[4200];
	FILE *f = fopen("pin", "w");

	fputs("1234\r\nmore\n", f);
	fclose(f);
	f = fopen("empty", "w");
	fputs("\n", f);
	fclose(f);
	pin_is("1234", "1234");
	pin_is("file:pin", "1234");
	snprintf(text, sizeof(text), "%s/pin", here);
	pin_is(text, "1234");
	snprintf(text, sizeof(text), "file:%s/pin", here);
	pin_is(text, "1234");
	snprintf(text, sizeof(text), "file://%s/pin", here);
	pin_is(text, "1234");
	pin_is("file:empty", NULL);
	pin_is("/nonexistent", NULL);
}

ATF_TC_WITHOUT_HEAD(uri__pin_source_runs_no_command);
ATF_TC_BODY(uri__pin_source_runs_no_command, tc)
{
	_cleanup_(uri_freep) struct uri *u = NULL;
	_cleanup_(secret_wipe) struct secret pin = { NULL, 0 };

	ATF_REQUIRE_EQ(uri_parse("pkcs11:?pin-source=%7Ctouch%20ran", &u),
	    CKR_OK);
	ATF_CHECK_EQ(uri_pin(u, &pin), CKR_PIN_INVALID);
	ATF_CHECK(access("ran", F_OK) != 0);
}

ATF_TC_WITHOUT_HEAD(ecsig__as_libcrypto_writes_it);
ATF_TC_BODY(ecsig__as_libcrypto_writes_it, tc)
{
	static const size_t halves[] = { 20, 28, 32, 48, 64, 66, 72 };
	uint8_t raw[144], out[160];

	for (unsigned round = 0; round < 70; round++) {
		size_t half = halves[round % COUNT(halves)];
		unsigned char *want = NULL;
		ECDSA_SIG *sig = ECDSA_SIG_new();
		int len;

		for (size_t i = 0; i < sizeof(raw); i++)
			raw[i] = (uint8_t)(i * 37 + round * 11);
		memset(raw, 0, round % 5);
		raw[half] = round % 2 ? 0x80 : 0;
		ATF_REQUIRE(ECDSA_SIG_set0(sig, BN_bin2bn(raw, (int)half,
		    NULL), BN_bin2bn(raw + half, (int)half, NULL)));
		len = i2d_ECDSA_SIG(sig, &want);
		ATF_REQUIRE_EQ(ecsig_der(raw, half, out, sizeof(out)),
		    (size_t)len);
		ATF_CHECK(memcmp(out, want, (size_t)len) == 0);
		ATF_CHECK_EQ(ecsig_der(raw, half, out, (size_t)len - 1), 0);
		OPENSSL_free(want);
		ECDSA_SIG_free(sig);
	}
}

ATF_TC_WITHOUT_HEAD(digest__info_is_what_x509_writes);
ATF_TC_BODY(digest__info_is_what_x509_writes, tc)
{
	static const char *const names[] = { "SHA1", "SHA2-224", "SHA-256",
	    "SHA384", "SHA2-512", "SHA512-224", "SHA2-512/256", "SHA3-224",
	    "SHA3-256", "SHA3-384", "SHA3-512" };
	unsigned char value[64] = { 1, 2, 3 }, out[DIGEST_INFO_MAX];

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct digest *d = digest_find(names[i]);
		X509_SIG *sig = X509_SIG_new();
		X509_ALGOR *algor;
		ASN1_OCTET_STRING *octets;
		unsigned char *want = NULL;
		int len;

		ATF_REQUIRE_MSG(d != NULL && digest_md(d) != NULL, "%s",
		    names[i]);
		X509_SIG_getm(sig, &algor, &octets);
		X509_ALGOR_set0(algor, OBJ_nid2obj(d->nid), V_ASN1_NULL, NULL);
		ASN1_OCTET_STRING_set(octets, value, (int)d->size);
		len = i2d_X509_SIG(sig, &want);
		ATF_CHECK_EQ(digest_info(d, value, out), (size_t)len);
		ATF_CHECK(memcmp(out, want, (size_t)len) == 0);
		OPENSSL_free(want);
		X509_SIG_free(sig);
	}
	ATF_CHECK(digest_find("SHA9") == NULL);
}

ATF_TC_WITHOUT_HEAD(config__words_in_a_list);
ATF_TC_BODY(config__words_in_a_list, tc)
{
	ATF_CHECK(config_is("no-deinit", "no-deinit"));
	ATF_CHECK(config_is("a, No-Deinit ;b", "no-deinit"));
	ATF_CHECK(!config_is("no-deinits", "no-deinit"));
	ATF_CHECK(!config_is(NULL, "no-deinit"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pemuri__built_is_parsed);
	ATF_TP_ADD_TC(tp, pemuri__lengths_need_not_be_minimal);
	ATF_TP_ADD_TC(tp, pemuri__what_is_not_ours_is_refused);
	ATF_TP_ADD_TC(tp, pemblock__only_ours_is_decoded);
	ATF_TP_ADD_TC(tp, uri__parts_are_found);
	ATF_TP_ADD_TC(tp, uri__bad_ones_are_refused);
	ATF_TP_ADD_TC(tp, uri__pin_from_a_file);
	ATF_TP_ADD_TC(tp, uri__pin_source_runs_no_command);
	ATF_TP_ADD_TC(tp, ecsig__as_libcrypto_writes_it);
	ATF_TP_ADD_TC(tp, digest__info_is_what_x509_writes);
	ATF_TP_ADD_TC(tp, config__words_in_a_list);
	return atf_no_error();
}
