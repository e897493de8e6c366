/*
 * X.509 certificates and CRLs (RFC 5280), read by position: the names and
 * numbers come out byte for byte as they went in, and nothing is decoded that
 * the token does not need.
 */
#include "module/crypto/cert.h"

#include <openssl/evp.h>
#include <string.h>

#include "common/log.h"
#include "module/crypto/der.h"
#include "module/crypto/digest.h"
#include "module/crypto/errors.h"

#define SHA1_LEN 20

/* The fields of a TBSCertificate; names and spki are whole values. */
struct fields {
	struct span serial, issuer, subject, spki;
	struct span not_before, not_after; /* YYYYMMDD or YYMMDD at front */
	bool short_before, short_after;    /* two digits of a year */
	struct span extensions;            /* of the SEQUENCE; may be absent */
	bool is_v1;
};

/* A signed thing: SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING }. */
static CK_RV
signed_open(struct span der, struct span *tbs)
{
	struct span all, algorithm, signature;

	TRY(der_only(der, DER_SEQUENCE, &all));
	TRY(der_take(&all, DER_SEQUENCE, tbs));
	TRY(der_take(&all, DER_SEQUENCE, &algorithm));
	TRY(der_take(&all, DER_BIT_STRING, &signature));
	return all.len == 0 ? CKR_OK : CKR_DATA_INVALID;
}

/* Passes over an optional value. */
static void
skip(struct span *in, uint8_t tag)
{
	struct span skipped;

	(void)!der_take(in, tag, &skipped);
}

static CK_RV
time_take(struct span *in, struct span *out, bool *is_short)
{
	*is_short = der_take(in, DER_UTC_TIME, out) == CKR_OK;
	if (!*is_short)
		TRY(der_take(in, DER_GENERALIZED_TIME, out));
	if (out->len < (*is_short ? 11 : 13))
		return CKR_DATA_INVALID;
	for (size_t i = 0; i < (*is_short ? 6 : 8); i++) {
		uint8_t digit = ((const uint8_t *)out->data)[i];

		if (digit < '0' || digit > '9')
			return CKR_DATA_INVALID;
	}
	return CKR_OK;
}

static CK_RV
validity_take(struct span *in, struct fields *out)
{
	struct span validity;

	TRY(der_take(in, DER_SEQUENCE, &validity));
	TRY(time_take(&validity, &out->not_before, &out->short_before));
	TRY(time_take(&validity, &out->not_after, &out->short_after));
	return validity.len == 0 ? CKR_OK : CKR_DATA_INVALID;
}

/* What may follow the key: [1] and [2] unique identifiers, [3] extensions. */
static CK_RV
rest_take(struct span *in, struct fields *out)
{
	struct span list;

	skip(in, 0x81);
	skip(in, 0x82);
	if (in->len == 0)
		return CKR_OK;
	TRY(der_take(in, DER_CONTEXT(3), &list));
	TRY(der_only(list, DER_SEQUENCE, &out->extensions));
	return in->len == 0 ? CKR_OK : CKR_DATA_INVALID;
}

static CK_RV
fields_read(struct span der, struct fields *out)
{
	struct span tbs, skipped;

	TRY(signed_open(der, &tbs));
	out->is_v1 = der_take(&tbs, DER_CONTEXT(0), &skipped) != CKR_OK;
	TRY(der_take_whole(&tbs, DER_INTEGER, &out->serial));
	TRY(der_take(&tbs, DER_SEQUENCE, &skipped));
	TRY(der_take_whole(&tbs, DER_SEQUENCE, &out->issuer));
	TRY(validity_take(&tbs, out));
	TRY(der_take_whole(&tbs, DER_SEQUENCE, &out->subject));
	TRY(der_take_whole(&tbs, DER_SEQUENCE, &out->spki));
	return rest_take(&tbs, out);
}

static bool
span_same(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* The content of the OCTET STRING of an extension, or absent. */
static struct span
extension_find(struct span extensions, struct span oid)
{
	struct span one, id, value;

	while (der_take(&extensions, DER_SEQUENCE, &one) == CKR_OK) {
		if (der_take(&one, DER_OID, &id) != CKR_OK ||
		    !span_same(id, oid))
			continue;
		skip(&one, DER_BOOLEAN); /* critical, if it is */
		if (der_only(one, DER_OCTET_STRING, &value) == CKR_OK)
			return value;
	}
	return (struct span){ NULL, 0 };
}

/* BasicConstraints says so; of version 1 those that issued themselves. */
static bool
is_ca(const struct fields *f)
{
	static const struct span basic_constraints = { "\x55\x1d\x13", 3 };
	struct span value, content, ca;

	if (f->is_v1)
		return span_same(f->subject, f->issuer);
	value = extension_find(f->extensions, basic_constraints);
	return der_only(value, DER_SEQUENCE, &content) == CKR_OK &&
	    der_take(&content, DER_BOOLEAN, &ca) == CKR_OK && ca.len == 1 &&
	    *(const uint8_t *)ca.data != 0;
}

static CK_RV
sha1(struct span data, struct secret *out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	const struct digest *digest = digest_find("SHA1");

	if (digest == NULL)
		return CKR_GENERAL_ERROR;
	TRY(secret_new(SHA1_LEN, out));
	if (EVP_Digest(data.data, data.len, out->data, NULL,
	    digest_md(digest), NULL) != 1)
		return CKR_GENERAL_ERROR;
	return CKR_OK;
}

/* Of the bits of the key alone: the first method of RFC 5280, 4.2.1.2. */
static CK_RV
key_id(struct span spki, struct secret *out)
{
	struct span all, algorithm, bits;

	TRY(der_only(spki, DER_SEQUENCE, &all));
	TRY(der_take(&all, DER_SEQUENCE, &algorithm));
	TRY(der_only(all, DER_BIT_STRING, &bits));
	if (bits.len < 1)
		return CKR_DATA_INVALID;
	return sha1((struct span){ (const uint8_t *)bits.data + 1,
	    bits.len - 1 }, out);
}

/* RFC 5280: a year of two digits is 1950 to 2049. */
static void
date(struct span time, bool is_short, char out[8])
{
	const char *digits = time.data;

	if (!is_short) {
		memcpy(out, digits, 8);
		return;
	}
	memcpy(out, digits[0] < '5' ? "20" : "19", 2);
	memcpy(out + 2, digits, 6);
}

static CK_RV
facts_fill(struct span der, const struct fields *f, struct cert_facts *out)
{
	TRY(secret_dup(f->subject.data, f->subject.len, &out->subject));
	TRY(secret_dup(f->issuer.data, f->issuer.len, &out->issuer));
	TRY(secret_dup(f->serial.data, f->serial.len, &out->serial));
	TRY(secret_dup(f->spki.data, f->spki.len, &out->spki));
	TRY(key_id(f->spki, &out->key_id));
	TRY(sha1(der, &out->sha1));
	date(f->not_before, f->short_before, out->start);
	date(f->not_after, f->short_after, out->end);
	out->is_ca = is_ca(f);
	return CKR_OK;
}

/* Whatever is wrong with the bytes is the value's fault, the rest is not. */
static CK_RV
value_invalid(CK_RV rv, const char *what)
{
	if (rv != CKR_DATA_INVALID)
		return rv;
	return fail_quiet(CKR_ATTRIBUTE_VALUE_INVALID,
	    "the value is not the DER of one %s", what);
}

static CK_RV
facts_read(struct span der, struct cert_facts *out)
{
	struct fields fields = { .is_v1 = false };

	TRY(fields_read(der, &fields));
	return facts_fill(der, &fields, out);
}

CK_RV
cert_read(struct span der, struct cert_facts *out)
{
	_cleanup_(cert_facts_wipe) struct cert_facts facts = { .is_ca = false };
	CK_RV rv = facts_read(der, &facts);

	if (rv != CKR_OK)
		return value_invalid(rv, "certificate");
	*out = facts;
	facts = (struct cert_facts){ .is_ca = false };
	return CKR_OK;
}

void
cert_facts_wipe(struct cert_facts *facts)
{
	struct secret *all[] = { &facts->subject, &facts->issuer,
		&facts->serial, &facts->spki, &facts->key_id, &facts->sha1 };

	for (size_t i = 0; i < COUNT(all); i++)
		secret_wipe(all[i]);
}

static CK_RV
issuer_find(struct span der, struct span *out)
{
	struct span tbs, skipped, whole;
	bool is_short;

	TRY(signed_open(der, &tbs));
	skip(&tbs, DER_INTEGER); /* version 1 has none */
	TRY(der_take(&tbs, DER_SEQUENCE, &skipped));
	TRY(der_take_whole(&tbs, DER_SEQUENCE, &whole));
	TRY(time_take(&tbs, &skipped, &is_short));
	*out = whole;
	return CKR_OK;
}

CK_RV
crl_issuer(struct span der, struct secret *out)
{
	struct span issuer;
	CK_RV rv = issuer_find(der, &issuer);

	if (rv != CKR_OK)
		return value_invalid(rv, "CRL");
	return secret_dup(issuer.data, issuer.len, out);
}
