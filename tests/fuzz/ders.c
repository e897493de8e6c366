/*
 * Target functions: cert_read, crl_issuer, pkcs8_read, pkcs8_write, key_new,
 * key_spki, key_public_parts, curve_find, curve_point.
 *
 * The input is the DER of a certificate, a CRL, a PrivateKeyInfo or the name
 * of a curve.  A private key that is read can be used, and is written so that
 * it is read again with the same type.
 */
#include <string.h>

#include "common/log.h"
#include "module/crypto/cert.h"
#include "module/crypto/curve.h"
#include "module/crypto/libctx.h"
#include "module/crypto/pkcs8.h"
#include "tests/fuzz/fuzz.h"

static void
certificate(struct span der)
{
	struct cert_facts facts = { .is_ca = false };
	_cleanup_(secret_wipe) struct secret issuer = { NULL, 0 };
	CK_RV rv = cert_read(der, &facts);

	FUZZ_HOLDS(rv == CKR_OK || rv == CKR_ATTRIBUTE_VALUE_INVALID);
	if (rv == CKR_OK) {
		FUZZ_HOLDS(facts.sha1.len == 20 && facts.key_id.len == 20);
		FUZZ_HOLDS(facts.subject.len != 0 && facts.issuer.len != 0);
	}
	cert_facts_wipe(&facts);
	rv = crl_issuer(der, &issuer);
	FUZZ_HOLDS(rv == CKR_OK || rv == CKR_ATTRIBUTE_VALUE_INVALID);
}

static struct span
span_of(const struct secret *s)
{
	return (struct span){ s->data, s->len };
}

static struct key_parts
parts_of(CK_KEY_TYPE type, const struct key_made *m)
{
	return (struct key_parts){ .class = CKO_PRIVATE_KEY, .type = type,
		.modulus = span_of(&m->modulus),
		.public_exponent = span_of(&m->public_exponent),
		.private_exponent = span_of(&m->private_exponent),
		.prime_1 = span_of(&m->prime_1),
		.prime_2 = span_of(&m->prime_2),
		.exponent_1 = span_of(&m->exponent_1),
		.exponent_2 = span_of(&m->exponent_2),
		.coefficient = span_of(&m->coefficient),
		.params = span_of(&m->params), .point = span_of(&m->point),
		.value = span_of(&m->value), .prime = span_of(&m->prime),
		.subprime = span_of(&m->subprime), .base = span_of(&m->base),
		.seed = span_of(&m->seed),
		.parameter_set = m->parameter_set };
}

static void
written_again(const struct key *key, CK_KEY_TYPE type)
{
	_cleanup_(secret_wipe) struct secret der = { NULL, 0 };
	struct key_made again = { .parameter_set = 0 };
	CK_KEY_TYPE other = CK_UNAVAILABLE_INFORMATION;

	FUZZ_HOLDS(pkcs8_write(key, &der) == CKR_OK);
	FUZZ_HOLDS(pkcs8_read(span_of(&der), &other, &again) == CKR_OK);
	FUZZ_HOLDS(other == type);
	key_made_wipe(&again);
}

static void
private_key(struct span der)
{
	struct key_made made = { .parameter_set = 0 };
	_cleanup_(key_putp) struct key *key = NULL;
	CK_KEY_TYPE type = CK_UNAVAILABLE_INFORMATION;
	struct key_parts parts;
	CK_RV rv = pkcs8_read(der, &type, &made);

	FUZZ_HOLDS(rv == CKR_OK || rv == CKR_WRAPPED_KEY_INVALID);
	if (rv != CKR_OK)
		return;
	parts = parts_of(type, &made);
	rv = key_new(&parts, &key);
	if (rv == CKR_OK) {
		struct key_made public = { .parameter_set = 0 };

		FUZZ_HOLDS(key_public_parts(key, &public) == CKR_OK);
		key_made_wipe(&public);
		written_again(key, type);
	} else {
		/* libcrypto has read numbers that do not make a key */
		FUZZ_HOLDS(rv == CKR_ATTRIBUTE_VALUE_INVALID ||
		    rv == CKR_TEMPLATE_INCOMPLETE ||
		    rv == CKR_CURVE_NOT_SUPPORTED);
	}
	key_made_wipe(&made);
}

static void
curve_name(struct span params)
{
	static const CK_KEY_TYPE types[] = { CKK_EC, CKK_EC_EDWARDS };

	for (size_t i = 0; i < COUNT(types); i++) {
		const struct curve *curve = NULL;
		struct span point;
		CK_RV rv = curve_find(types[i], params, &curve);

		FUZZ_HOLDS(rv == CKR_OK || rv == CKR_CURVE_NOT_SUPPORTED ||
		    rv == CKR_DOMAIN_PARAMS_INVALID);
		if (rv == CKR_OK && curve_point(curve, params, &point) ==
		    CKR_OK)
			FUZZ_HOLDS(point.len <= params.len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span der = { data, size };

	log_target("none");
	FUZZ_HOLDS(libctx_open() == CKR_OK);
	certificate(der);
	private_key(der);
	curve_name(der);
	return 0;
}
