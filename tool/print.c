/* What --json prints. */
#include "tool/print.h"

#include <ctype.h>
#include <openssl/err.h>
#include <string.h>

#include "common/text.h"
#include "tool/pem.h"

CK_RV
print_json(json_t *value)
{
	_cleanup_(json_decrefp) json_t *v = value;

	if (v == NULL)
		return CKR_HOST_MEMORY;
	if (json_dumpf(v, stdout, JSON_INDENT(2)) != 0)
		return E_WRITE_FAULT;
	printf("\n");
	return CKR_OK;
}

/* Strings of tokens are other people's: nothing in them steers a terminal. */
static void
string_print(const json_t *value)
{
	const char *text = json_string_value(value);

	for (size_t i = 0; i < json_string_length(value); i++) {
		unsigned char c = (unsigned char)text[i];

		putchar(c < ' ' || c == 0x7f ? '?' : c);
	}
}

void
print_value(const json_t *value)
{
	const json_t *one;
	size_t i;

	if (json_is_string(value))
		string_print(value);
	else if (json_is_integer(value))
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		printf("%s", json_is_true(value) ? "yes" : "no");
	json_array_foreach (value, i, one) {
		printf("%s", i != 0 ? " " : "");
		print_value(one);
	}
}

void
print_fields(json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value) {
		putchar(toupper((unsigned char)key[0]));
		for (const char *at = key + 1; *at != '\0'; at++)
			putchar(*at == '_' ? ' ' : *at);
		printf(" :\t");
		print_value(value);
		printf("\n");
	}
}

json_t *
json_padded(const unsigned char *field, size_t len)
{
	char text[65];

	while (len > 0 && field[len - 1] == ' ')
		len--;
	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, field, len);
	text[len] = '\0';
	return json_text(text);
}

json_t *
json_text(const char *text)
{
	size_t len = strlen(text);
	_cleanup_(freep) char *safe = NULL;

	if (text_is_utf8(text, len))
		return json_stringn(text, len);
	if ((safe = strdup(text)) == NULL)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)safe[i] > 0x7f)
			safe[i] = '?';
	return json_string(safe);
}

CK_RV
print_result(const char *result, const char *store, const char *alias)
{
	json_t *o = json_object();

	json_object_set_new(o, "result", json_string(result));
	json_object_set_new(o, "store", json_text(store));
	if (alias != NULL)
		json_object_set_new(o, "alias", json_text(alias));
	return print_json(o);
}

static json_t *
json_bio(BIO *bio)
{
	char *text = NULL;
	long len = BIO_get_mem_data(bio, &text);

	return json_stringn(text, len > 0 ? (size_t)len : 0);
}

static json_t *
json_name(const X509_NAME *name)
{
	_cleanup_(BIO_free_allp) BIO *out = BIO_new(BIO_s_mem());

	X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253);
	return json_bio(out);
}

/* 2026-11-25T03:30:00Z */
static json_t *
json_time(const ASN1_TIME *time)
{
	struct tm tm;
	char text[32];

	if (!ASN1_TIME_to_tm(time, &tm))
		return json_null();
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static json_t *
json_digest(const struct secret *der, const EVP_MD *md)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned len = 0;

	EVP_Digest(der->data, der->len, digest, &len, md, NULL);
	text_hex(digest, len, hex);
	return json_string(hex);
}

static void
cert_fields(json_t *o, const X509 *cert)
{
	_cleanup_(BIO_free_allp) BIO *serial = BIO_new(BIO_s_mem());

	json_object_set_new(o, "subject",
	    json_name(X509_get_subject_name(cert)));
	json_object_set_new(o, "issuer",
	    json_name(X509_get_issuer_name(cert)));
	i2a_ASN1_INTEGER(serial, X509_get0_serialNumber(cert));
	json_object_set_new(o, "serial", json_bio(serial));
	json_object_set_new(o, "not_before",
	    json_time(X509_get0_notBefore(cert)));
	json_object_set_new(o, "not_after",
	    json_time(X509_get0_notAfter(cert)));
}

json_t *
json_cert(const struct secret *der, const char *heading)
{
	const unsigned char *at = der->data;
	bool is_cert = strcmp(heading, "CERTIFICATE") == 0;
	_cleanup_(X509_freep) X509 *cert =
	    is_cert ? d2i_X509(NULL, &at, (long)der->len) : NULL;
	_cleanup_(BIO_free_allp) BIO *pem = BIO_new(BIO_s_mem());
	json_t *o = json_object();

	ERR_clear_error();
	if (cert != NULL)
		cert_fields(o, cert);
	json_object_set_new(o, "sha1", json_digest(der, EVP_sha1()));
	json_object_set_new(o, "sha256", json_digest(der, EVP_sha256()));
	if (pem != NULL && pem_wrap(heading, der->data, der->len, pem) ==
	    CKR_OK)
		json_object_set_new(o, "pem", json_bio(pem));
	return o;
}
