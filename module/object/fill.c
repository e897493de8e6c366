/* Facts that an object's value determines, filled in where they lack. */
#include "module/object/fill.h"

#include <string.h>

#include "common/vendor.h"
#include "module/crypto/cert.h"
#include "module/crypto/checkvalue.h"
#include "module/crypto/libctx.h"
#include "module/object/keylen.h"

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

/* What a client says of a value that the object determines must be true; an
 * empty one says nothing. */
static CK_RV
claim_check(const struct attrs *a, CK_ATTRIBUTE_TYPE type, struct span truth)
{
	struct span said = attrs_span(a, type);

	if (said.len == 0 || (said.len == truth.len &&
	    memcmp(said.data, truth.data, truth.len) == 0))
		return CKR_OK;
	return CKR_ATTRIBUTE_VALUE_INVALID;
}

static struct span
secret_span(const struct secret *s)
{
	return (struct span){ s->data, s->len };
}

/* Certificates and CRLs */

static CK_RV
certificate_facts(const struct cert_facts *facts, struct attrs *a)
{
	struct span check = { facts->sha1.data, CHECK_VALUE_LEN };

	TRY(claim_check(a, CKA_CHECK_VALUE, check));
	TRY(claim_check(a, CKA_PUBLIC_KEY_INFO, secret_span(&facts->spki)));
	TRY(lacks_set(a, CKA_CHECK_VALUE, check.data, check.len));
	TRY(lacks_secret(a, CKA_SUBJECT, &facts->subject));
	TRY(lacks_secret(a, CKA_ISSUER, &facts->issuer));
	TRY(lacks_secret(a, CKA_SERIAL_NUMBER, &facts->serial));
	TRY(lacks_secret(a, CKA_ID, &facts->key_id));
	TRY(lacks_secret(a, CKA_PUBLIC_KEY_INFO, &facts->spki));
	TRY(lacks_set(a, CKA_START_DATE, facts->start, sizeof(facts->start)));
	TRY(lacks_set(a, CKA_END_DATE, facts->end, sizeof(facts->end)));
	if (attrs_ulong(a, CKA_CERTIFICATE_CATEGORY,
	    CK_CERTIFICATE_CATEGORY_UNSPECIFIED) !=
	    CK_CERTIFICATE_CATEGORY_UNSPECIFIED)
		return CKR_OK;
	return attrs_set_ulong(a, CKA_CERTIFICATE_CATEGORY, facts->is_ca
	    ? CK_CERTIFICATE_CATEGORY_AUTHORITY
	    : CK_CERTIFICATE_CATEGORY_OTHER_ENTITY);
}

static CK_RV
fill_certificate(struct attrs *a)
{
	_cleanup_(cert_facts_wipe) struct cert_facts facts = { .is_ca = false };

	TRY(cert_read(attrs_span(a, CKA_VALUE), &facts));
	return certificate_facts(&facts, a);
}

static CK_RV
fill_crl(struct attrs *a)
{
	_cleanup_(secret_wipe) struct secret issuer = { NULL, 0 };

	TRY(crl_issuer(attrs_span(a, CKA_VALUE), &issuer));
	return lacks_secret(a, CKA_SUBJECT, &issuer);
}

/* Trust */

static CK_RV
is_ca(const struct attrs *a, bool *out)
{
	_cleanup_(cert_facts_wipe) struct cert_facts facts = { .is_ca = false };

	if (attrs_ulong(a, CKA_CLASS, CK_UNAVAILABLE_INFORMATION) ==
	    CKO_CERTIFICATE)
		TRY(cert_read(attrs_span(a, CKA_VALUE), &facts));
	*out = facts.is_ca;
	return CKR_OK;
}

CK_RV
fill_trust(const struct maker *who, bool said, struct attrs *a)
{
	bool trusted = attrs_bool(a, CKA_TRUSTED, false), is_root = false;

	if (attrs_find(a, CKA_TRUSTED) == NULL || (trusted && who->may_trust))
		return CKR_OK;
	if (who->trusts_cas)
		TRY(is_ca(a, &is_root));
	if (said)
		return trusted && !is_root ? CKR_ATTRIBUTE_READ_ONLY : CKR_OK;
	return attrs_set_bool(a, CKA_TRUSTED, is_root);
}

/* Keys */

/* An RSA public key's length is said by generation, and filled in here. */
static CK_RV
fill_rsa(const struct key *key, const struct key_made *made, struct attrs *a)
{
	CK_ULONG bits = key_bits(key);

	TRY(lacks_secret(a, CKA_PUBLIC_EXPONENT, &made->public_exponent));
	if (attrs_ulong(a, CKA_CLASS, CKO_PRIVATE_KEY) != CKO_PUBLIC_KEY)
		return CKR_OK;
	if (attrs_ulong(a, CKA_MODULUS_BITS, bits) != bits)
		return CKR_TEMPLATE_INCONSISTENT;
	return attrs_set_ulong(a, CKA_MODULUS_BITS, bits);
}

/* A private key's point has been compared by key_new and is its public key's
 * attribute, not its own; a public one's is kept in one form. */
static CK_RV
fill_ec(const struct key_made *made, struct attrs *a)
{
	if (attrs_ulong(a, CKA_CLASS, CKO_PRIVATE_KEY) == CKO_PUBLIC_KEY)
		return attrs_set(a, CKA_EC_POINT, made->point.data,
		    made->point.len);
	attrs_remove(a, CKA_EC_POINT);
	return CKR_OK;
}

/* The value of a key that came as its seed. */
static CK_RV
fill_grown(const struct key *key, struct attrs *a)
{
	_cleanup_(key_made_wipe) struct key_made made = { .spki = { NULL, 0 } };

	if (attrs_span(a, CKA_SEED).len == 0 ||
	    attrs_find(a, CKA_VALUE) != NULL)
		return CKR_OK;
	TRY(key_private_parts(key, &made));
	return attrs_set(a, CKA_VALUE, made.value.data, made.value.len);
}

/* The length of a DH key's private value, unless the template has limited it.
 */
static CK_RV
fill_dh(struct attrs *a)
{
	struct span value = attrs_span(a, CKA_VALUE);
	const CK_BYTE *bytes = value.data;
	CK_ULONG bits = value.len != 0 ? 8 * (value.len - 1) : 0;

	if (attrs_ulong(a, CKA_CLASS, CKO_PUBLIC_KEY) != CKO_PRIVATE_KEY ||
	    attrs_find(a, CKA_VALUE_BITS) != NULL)
		return CKR_OK;
	for (unsigned top = value.len != 0 ? bytes[0] : 0; top != 0; top >>= 1)
		bits++;
	return attrs_set_ulong(a, CKA_VALUE_BITS, bits);
}

static CK_RV
fill_asymmetric(struct attrs *a)
{
	_cleanup_(key_putp) struct key *key = NULL;
	_cleanup_(key_made_wipe) struct key_made made = { .spki = { NULL, 0 } };

	TRY(object_key(a, &key));
	TRY(key_prove(key));
	TRY(fill_grown(key, a));
	TRY(key_public_parts(key, &made));
	TRY(claim_check(a, CKA_PUBLIC_KEY_INFO, secret_span(&made.spki)));
	TRY(lacks_secret(a, CKA_PUBLIC_KEY_INFO, &made.spki));
	if (attrs_ulong(a, CKA_KEY_TYPE, CKK_EC) == CKK_RSA)
		return fill_rsa(key, &made, a);
	if (attrs_ulong(a, CKA_KEY_TYPE, CKK_EC) == CKK_DH)
		return fill_dh(a);
	return made.point.len != 0 ? fill_ec(&made, a) : CKR_OK;
}

CK_RV
fill_check_value(struct attrs *a)
{
	const struct attr *said = attrs_find(a, CKA_CHECK_VALUE);
	uint8_t check[CHECK_VALUE_LEN];

	if (said != NULL && said->value.len == 0) {
		attrs_remove(a, CKA_CHECK_VALUE);
		return CKR_OK;
	}
	TRY(check_value(attrs_ulong(a, CKA_KEY_TYPE, CKK_GENERIC_SECRET),
	    attrs_span(a, CKA_VALUE), check));
	TRY(claim_check(a, CKA_CHECK_VALUE,
	    (struct span){ check, sizeof(check) }));
	return attrs_set(a, CKA_CHECK_VALUE, check, sizeof(check));
}

static CK_RV
fill_secret(struct attrs *a)
{
	struct span value = attrs_span(a, CKA_VALUE);

	if (!keylen_is_right(attrs_ulong(a, CKA_KEY_TYPE, CKK_GENERIC_SECRET),
	    value.len))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (attrs_ulong(a, CKA_VALUE_LEN, value.len) != value.len)
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(attrs_set_ulong(a, CKA_VALUE_LEN, value.len));
	return fill_check_value(a);
}

static const struct {
	CK_OBJECT_CLASS class;
	CK_RV (*fill)(struct attrs *a);
} fills[] = {
	{ CKO_CERTIFICATE, fill_certificate },
	{ VECS_CKO_NSS_CRL, fill_crl },
	{ CKO_PUBLIC_KEY, fill_asymmetric },
	{ CKO_PRIVATE_KEY, fill_asymmetric },
	{ CKO_SECRET_KEY, fill_secret },
};

CK_RV
fill_facts(struct attrs *a)
{
	CK_OBJECT_CLASS class =
	    attrs_ulong(a, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);

	for (size_t i = 0; i < COUNT(fills); i++)
		if (fills[i].class == class)
			return fills[i].fill(a);
	return CKR_OK;
}
