/* Generating keys and random numbers (PKCS#11 5.18, 5.19). */
#include "module/calls/calls.h"

#include <string.h>

#include "module/calls/keep.h"
#include "module/crypto/libctx.h"
#include "module/mech/keywork.h"
#include "module/object/create.h"
#include "module/object/keylen.h"

static void
read_ulong(const CK_ATTRIBUTE *a, CK_ULONG *out)
{
	if (a != NULL && a->ulValueLen == sizeof(*out))
		memcpy(out, a->pValue, sizeof(*out));
}

static struct span
read_span(const CK_ATTRIBUTE *a)
{
	return a != NULL ? (struct span){ a->pValue, a->ulValueLen }
	                 : (struct span){ NULL, 0 };
}

/* What to generate, from a template that the gate has let through; the bits of
 * a private value are said in its own. */
static CK_RV
generate_parts(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct template *from, CK_ULONG value_bits, CK_KEY_TYPE *type,
    struct key_made *made)
{
	const CK_ATTRIBUTE *t = from->list;
	CK_ULONG n = from->count;
	struct generate_args args = {
		.value_bits = value_bits,
		.type = CK_UNAVAILABLE_INFORMATION,
		.parameter_set = CK_UNAVAILABLE_INFORMATION,
		.public_exponent =
		    read_span(template_find(t, n, CKA_PUBLIC_EXPONENT)),
		.params = read_span(template_find(t, n, CKA_EC_PARAMS)),
		.prime = read_span(template_find(t, n, CKA_PRIME)),
		.subprime = read_span(template_find(t, n, CKA_SUBPRIME)),
		.base = read_span(template_find(t, n, CKA_BASE)),
	};

	read_ulong(template_find(t, n, CKA_MODULUS_BITS), &args.bits);
	read_ulong(template_find(t, n, CKA_KEY_TYPE), &args.type);
	args.len = keylen_of(args.type);
	read_ulong(template_find(t, n, CKA_VALUE_LEN), &args.len);
	read_ulong(template_find(t, n, CKA_PARAMETER_SET),
	    &args.parameter_set);
	return mech_generate(mech, mechanism, &args, type, made);
}

/* A row that makes keys of any type (PBKDF2) is told by the template. */
static CK_KEY_TYPE
type_made(const struct mech *mech, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_KEY_TYPE type = mech->key_type;

	if (type == MECH_ANY_SECRET) {
		type = CKK_GENERIC_SECRET;
		read_ulong(template_find(t, n, CKA_KEY_TYPE), &type);
	}
	return type;
}

CK_RV
generate_key(struct session *s, const CK_MECHANISM *mechanism,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(key_made_wipe) struct key_made made = { .spki = { NULL, 0 } };
	struct maker who = { false, false };
	struct generated what = GENERATED(CKO_SECRET_KEY, 0, 0, &made);
	struct attrs a = ATTRS_INIT;
	const struct mech *mech;

	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(template_check(t, n));
	TRY(mech_for(mechanism, CKF_GENERATE, &mech));
	TRY(token_of(s, &token));
	TRY(may_keep_key(s, &token, t, n));
	what.type = type_made(mech, t, n);
	what.mechanism = mech->type;
	TRY(object_generate_check(&what, t, n));
	TRY(generate_parts(mech, mechanism, &(struct template){ t, n }, 0,
	    &what.type, &made));
	TRY(object_generated(&who, &what, t, n, &a));
	return attrs_publish(s, &token, &a, out);
}

/* The two objects of a pair; a public exponent asked for in the private
 * template is that of the pair. */
static CK_RV
pair_make(const struct mech *mech, const CK_MECHANISM *mechanism,
    const CK_ATTRIBUTE *public_t, CK_ULONG public_n,
    const CK_ATTRIBUTE *private_t, CK_ULONG private_n, struct attrs made[2])
{
	_cleanup_(key_made_wipe) struct key_made parts = {
		.spki = { NULL, 0 } };
	struct maker who = { false, false };
	struct generated what = GENERATED(CKO_PRIVATE_KEY, mech->key_type,
	    mech->type, &parts);
	CK_ULONG value_bits = 0;
	CK_RV rv;

	TRY(object_generate_check(&what, private_t, private_n));
	what.class = CKO_PUBLIC_KEY;
	TRY(object_generate_check(&what, public_t, public_n));
	read_ulong(template_find(private_t, private_n, CKA_VALUE_BITS),
	    &value_bits);
	TRY(generate_parts(mech, mechanism, &(struct template){ public_t,
	    public_n }, value_bits, &what.type, &parts));
	TRY(object_generated(&who, &what, public_t, public_n, &made[0]));
	what.class = CKO_PRIVATE_KEY;
	rv = object_generated(&who, &what, private_t, private_n, &made[1]);
	if (rv != CKR_OK)
		attrs_wipe(&made[0]);
	return rv;
}

CK_RV
generate_key_pair(struct session *s, const CK_MECHANISM *mechanism,
    const CK_ATTRIBUTE *public_t, CK_ULONG public_n,
    const CK_ATTRIBUTE *private_t, CK_ULONG private_n,
    CK_OBJECT_HANDLE *public_out, CK_OBJECT_HANDLE *private_out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	struct attrs made[2] = { ATTRS_INIT, ATTRS_INIT };
	CK_OBJECT_HANDLE public = 0, private = 0;
	CK_OBJECT_HANDLE *const to[] = { &public, &private };
	const struct mech *mech;

	if (public_out == NULL || private_out == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(template_check(public_t, public_n));
	TRY(template_check(private_t, private_n));
	TRY(mech_for(mechanism, CKF_GENERATE_KEY_PAIR, &mech));
	TRY(token_of(s, &token));
	TRY(may_keep_key(s, &token, public_t, public_n));
	TRY(may_keep_key(s, &token, private_t, private_n));
	TRY(pair_make(mech, mechanism, public_t, public_n, private_t,
	    private_n, made));
	TRY(keys_keep(s, &token, made, to, 2));
	*public_out = public;
	*private_out = private;
	return CKR_OK;
}

CK_RV
seed_random(struct session *s, const CK_BYTE *seed, CK_ULONG len)
{
	(void)s;
	if (seed == NULL && len != 0)
		return CKR_ARGUMENTS_BAD;
	return len == 0 ? CKR_OK : rng_mix(seed, len);
}

CK_RV
generate_random(struct session *s, CK_BYTE *out, CK_ULONG len)
{
	(void)s;
	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	return rng_bytes(out, len);
}
