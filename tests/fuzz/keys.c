/*
 * Target functions: key_new, key_spki, key_public_parts, pkcs8_write.
 *
 * The input is a class, a type and the parts of a key as attributes have them,
 * each a u16 length and bytes; length 0xffff leaves the part out.
 */
#include "common/buf.h"
#include "common/log.h"
#include "module/crypto/libctx.h"
#include "module/crypto/pkcs8.h"
#include "tests/fuzz/fuzz.h"

static struct span
part_next(struct reader *r)
{
	size_t len = reader_u8(r);

	len |= (size_t)reader_u8(r) << 8;
	if (r->failed || len == 0xffff)
		return (struct span){ NULL, 0 };
	return (struct span){ reader_bytes(r, len), len };
}

static void
parts_read(struct reader *r, struct key_parts *p)
{
	struct span *const order[] = { &p->params, &p->point, &p->value,
		&p->modulus, &p->public_exponent, &p->private_exponent,
		&p->prime_1, &p->prime_2, &p->exponent_1, &p->exponent_2,
		&p->coefficient, &p->prime, &p->subprime, &p->base, &p->seed };

	p->class = reader_u8(r);
	p->type = reader_u8(r);
	p->parameter_set = reader_u8(r);
	for (size_t i = 0; i < COUNT(order); i++) {
		struct span part = part_next(r);

		if (!r->failed)
			*order[i] = part;
	}
}

static void
key_use(const struct key *key, CK_OBJECT_CLASS class)
{
	_cleanup_(secret_wipe) struct secret der = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret spki = { NULL, 0 };
	struct key_made public = { .parameter_set = 0 };
	CK_RV rv;

	if (class == CKO_SECRET_KEY)
		return;
	FUZZ_HOLDS(key_spki(key, &spki) == CKR_OK && spki.len != 0);
	FUZZ_HOLDS(key_public_parts(key, &public) == CKR_OK);
	key_made_wipe(&public);
	if (class != CKO_PRIVATE_KEY)
		return;
	rv = pkcs8_write(key, &der);
	/* an RSA key without its primes has no such form */
	FUZZ_HOLDS(rv == CKR_OK || rv == CKR_KEY_NOT_WRAPPABLE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = { data, size, false };
	struct key_parts parts = { .class = 0 };
	_cleanup_(key_putp) struct key *key = NULL;
	CK_RV rv;

	log_target("none");
	FUZZ_HOLDS(libctx_open() == CKR_OK);
	parts_read(&r, &parts);
	rv = key_new(&parts, &key);
	if (rv == CKR_OK)
		key_use(key, parts.class);
	else
		FUZZ_HOLDS(rv == CKR_ATTRIBUTE_VALUE_INVALID ||
		    rv == CKR_TEMPLATE_INCOMPLETE ||
		    rv == CKR_CURVE_NOT_SUPPORTED ||
		    rv == CKR_DOMAIN_PARAMS_INVALID);
	return 0;
}
