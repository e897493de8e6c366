/* Facts that an object's value determines, filled in where they lack. */
#include "module/object/fill.h"

#include <string.h>

#include "common/vendor.h"
#include "module/crypto/cert.h"
#include "module/crypto/checkvalue.h"
#include "module/crypto/libctx.h"

#define CATEGORY_AUTHORITY 2 /* CK_CERTIFICATE_CATEGORY_AUTHORITY */
#define CATEGORY_OTHER_ENTITY 3

CK_RV
fill_identity(struct attrs *a)
{
	uint8_t r[16];
	char text[37];

	TRY(rng_bytes(r, sizeof(r)));
	/* RFC 9562, version 4 */
	r[6] = (uint8_t)((r[6] & 0x0f) | 0x40);
	r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
	snprintf(text, sizeof(text), "%02x%02x%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1], r[2], r[3], r[4],
	    r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14],
	    r[15]);
	return attrs_set(a, CKA_UNIQUE_ID, text, 36);
}

/* Sets what the client left out; an empty one counts as left out. */
static CK_RV
lacks_set(struct attrs *a, CK_ATTRIBUTE_TYPE type, const void *value,
    size_t len)
{
	const struct attr *item = attrs_find(a, type);

	if ((item != NULL && item->value.len != 0) || len == 0)
		return CKR_OK;
	return attrs_set(a, type, value, len);
}

static CK_RV
lacks_secret(struct attrs *a, CK_ATTRIBUTE_TYPE type,
    const struct secret *value)
{
	return lacks_set(a, type, value->data, value->len);
}

/* Certificates and CRLs */

/* The only roots that the token trusts by itself; elsewhere nobody's word
 * makes more of a certificate than it is. */
static CK_RV
certificate_trust(const struct maker *who, const struct cert_facts *facts,
    struct attrs *a)
{
	if (!who->trusts_cas || !facts->is_ca)
		return CKR_OK;
	return attrs_set_bool(a, CKA_TRUSTED, true);
}

static CK_RV
certificate_facts(const struct maker *who, const struct cert_facts *facts,
    struct attrs *a)
{
	CK_ULONG category = facts->is_ca ? CATEGORY_AUTHORITY
	                                 : CATEGORY_OTHER_ENTITY;

	TRY(lacks_secret(a, CKA_SUBJECT, &facts->subject));
	TRY(lacks_secret(a, CKA_ISSUER, &facts->issuer));
	TRY(lacks_secret(a, CKA_SERIAL_NUMBER, &facts->serial));
	TRY(lacks_secret(a, CKA_ID, &facts->key_id));
	TRY(lacks_secret(a, CKA_PUBLIC_KEY_INFO, &facts->spki));
	TRY(lacks_set(a, CKA_CHECK_VALUE, facts->sha1.data, CHECK_VALUE_LEN));
	TRY(lacks_set(a, CKA_START_DATE, facts->start, sizeof(facts->start)));
	TRY(lacks_set(a, CKA_END_DATE, facts->end, sizeof(facts->end)));
	if (attrs_ulong(a, CKA_CERTIFICATE_CATEGORY, 0) == 0)
		TRY(attrs_set_ulong(a, CKA_CERTIFICATE_CATEGORY, category));
	return certificate_trust(who, facts, a);
}

static CK_RV
fill_certificate(const struct maker *who, struct attrs *a)
{
	_cleanup_(cert_facts_wipe) struct cert_facts facts = { .is_ca = false };

	TRY(cert_read(attrs_span(a, CKA_VALUE), &facts));
	return certificate_facts(who, &facts, a);
}

static CK_RV
fill_crl(const struct maker *who, struct attrs *a)
{
	_cleanup_(secret_wipe) struct secret issuer = { NULL, 0 };

	(void)who;
	TRY(crl_issuer(attrs_span(a, CKA_VALUE), &issuer));
	return lacks_secret(a, CKA_SUBJECT, &issuer);
}

/* Keys */

static CK_RV
fill_asymmetric(const struct maker *who, struct attrs *a)
{
	_cleanup_(key_putp) struct key *key = NULL;
	_cleanup_(key_made_wipe) struct key_made made = { .spki = { NULL, 0 } };
	bool is_rsa = attrs_ulong(a, CKA_KEY_TYPE, CKK_EC) == CKK_RSA;

	(void)who;
	TRY(object_key(a, &key));
	TRY(key_public_parts(key, &made));
	/* What a client says of the public key must be true: it is searched
	 * and shown by it. */
	TRY(attrs_set(a, CKA_PUBLIC_KEY_INFO, made.spki.data, made.spki.len));
	if (is_rsa)
		TRY(lacks_secret(a, CKA_PUBLIC_EXPONENT,
		    &made.public_exponent));
	if (is_rsa && attrs_ulong(a, CKA_CLASS, 0) == CKO_PUBLIC_KEY)
		TRY(attrs_set_ulong(a, CKA_MODULUS_BITS, key_bits(key)));
	return CKR_OK;
}

static bool
is_secret_len(CK_KEY_TYPE type, size_t len)
{
	if (type == CKK_AES)
		return len == 16 || len == 24 || len == 32;
	return len != 0;
}

static CK_RV
fill_secret(const struct maker *who, struct attrs *a)
{
	CK_KEY_TYPE type = attrs_ulong(a, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	struct span value = attrs_span(a, CKA_VALUE);
	struct span given = attrs_span(a, CKA_CHECK_VALUE);
	uint8_t check[CHECK_VALUE_LEN];

	(void)who;
	if (!is_secret_len(type, value.len) ||
	    attrs_ulong(a, CKA_VALUE_LEN, value.len) != value.len)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	TRY(attrs_set_ulong(a, CKA_VALUE_LEN, value.len));
	/* Empty: the client wants none (4.10.2). */
	if (given.data != NULL && given.len == 0) {
		attrs_remove(a, CKA_CHECK_VALUE);
		return CKR_OK;
	}
	TRY(check_value(type, value, check));
	if (given.data != NULL && (given.len != CHECK_VALUE_LEN ||
	    memcmp(given.data, check, CHECK_VALUE_LEN) != 0))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return attrs_set(a, CKA_CHECK_VALUE, check, CHECK_VALUE_LEN);
}

static const struct {
	CK_OBJECT_CLASS class;
	CK_RV (*fill)(const struct maker *who, struct attrs *a);
} fills[] = {
	{ CKO_CERTIFICATE, fill_certificate },
	{ VECS_CKO_NSS_CRL, fill_crl },
	{ CKO_PUBLIC_KEY, fill_asymmetric },
	{ CKO_PRIVATE_KEY, fill_asymmetric },
	{ CKO_SECRET_KEY, fill_secret },
};

CK_RV
fill_facts(const struct maker *who, struct attrs *a)
{
	CK_OBJECT_CLASS class =
	    attrs_ulong(a, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);

	for (size_t i = 0; i < COUNT(fills); i++)
		if (fills[i].class == class)
			return fills[i].fill(who, a);
	return CKR_OK;
}
