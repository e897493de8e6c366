/* Making keys and random numbers (PKCS#11 5.18, 5.19). */
#include "module/calls/calls.h"

#include <string.h>

#include "module/calls/vendor.h"
#include "module/crypto/libctx.h"
#include "module/mech/keywork.h"
#include "module/object/create.h"

/* Who may not keep the key should not wait for its making. */
static CK_RV
may_keep(struct session *s, const struct token *token, const CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	const CK_ATTRIBUTE *a = template_find(t, n, CKA_TOKEN);

	if (token->store == NULL)
		return CKR_TOKEN_NOT_RECOGNIZED;
	if (a != NULL && a->ulValueLen == 1 &&
	    *(const CK_BBOOL *)a->pValue != CK_FALSE && !s->rw)
		return CKR_SESSION_READ_ONLY;
	return CKR_OK;
}

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

/* What to generate, from a template that the gate has let through. */
static CK_RV
generate_parts(const struct mech *mech, const CK_MECHANISM *mechanism,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_KEY_TYPE *type,
    struct key_made *made)
{
	struct generate_args args = {
		.public_exponent =
		    read_span(template_find(t, n, CKA_PUBLIC_EXPONENT)),
		.params = read_span(template_find(t, n, CKA_EC_PARAMS)),
	};

	read_ulong(template_find(t, n, CKA_MODULUS_BITS), &args.bits);
	read_ulong(template_find(t, n, CKA_VALUE_LEN), &args.len);
	return mech_generate(mech, mechanism, &args, type, made);
}

CK_RV
generate_key(struct session *s, const CK_MECHANISM *mechanism,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(key_made_wipe) struct key_made made = { .spki = { NULL, 0 } };
	struct maker who = { false, false };
	struct generated what = { .class = CKO_SECRET_KEY, .made = &made };
	struct attrs a = ATTRS_INIT;
	const struct mech *mech;

	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(template_check(t, n));
	TRY(mech_for(mechanism, CKF_GENERATE, &mech));
	TRY(token_of(s, &token));
	TRY(may_keep(s, &token, t, n));
	what.type = mech->key_type;
	what.mechanism = mech->type;
	TRY(object_generate_check(&what, t, n));
	TRY(generate_parts(mech, mechanism, t, n, &what.type, &made));
	TRY(object_generated(&who, &what, t, n, &a));
	return attrs_publish(s, &token, &a, out);
}

/* A public key whose private one cannot be kept is taken back. */
static CK_RV
pair_publish(struct session *s, const struct token *token,
    struct attrs made[2], CK_OBJECT_HANDLE *public_out,
    CK_OBJECT_HANDLE *private_out)
{
	CK_RV rv = attrs_publish(s, token, &made[0], public_out);

	if (rv != CKR_OK) {
		attrs_wipe(&made[1]);
		return rv;
	}
	rv = attrs_publish(s, token, &made[1], private_out);
	if (rv != CKR_OK && destroy_object(s, *public_out) != CKR_OK)
		return CKR_DEVICE_ERROR;
	return rv;
}

/* Both or none, also for who looks or dies in between: in a batch of their own
 * where the session has none. */
static CK_RV
pair_keep(struct session *s, const struct token *token, struct attrs made[2],
    CK_OBJECT_HANDLE *public_out, CK_OBJECT_HANDLE *private_out)
{
	bool own = s->rw && s->batch == NULL;
	CK_RV rv = own ? batch_begin(s) : CKR_OK;

	if (rv != CKR_OK) {
		attrs_wipe(&made[0]);
		attrs_wipe(&made[1]);
		return rv;
	}
	rv = pair_publish(s, token, made, public_out, private_out);
	if (rv == CKR_OK && own)
		rv = batch_commit(s);
	if (own)
		batch_drop(s);
	return rv;
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
	struct generated what = { .class = CKO_PRIVATE_KEY,
		.type = mech->key_type, .mechanism = mech->type,
		.made = &parts };
	CK_RV rv;

	TRY(object_generate_check(&what, private_t, private_n));
	what.class = CKO_PUBLIC_KEY;
	TRY(object_generate_check(&what, public_t, public_n));
	TRY(generate_parts(mech, mechanism, public_t, public_n, &what.type,
	    &parts));
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
	CK_OBJECT_HANDLE public = 0;
	const struct mech *mech;

	if (public_out == NULL || private_out == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(template_check(public_t, public_n));
	TRY(template_check(private_t, private_n));
	TRY(mech_for(mechanism, CKF_GENERATE_KEY_PAIR, &mech));
	TRY(token_of(s, &token));
	TRY(may_keep(s, &token, public_t, public_n));
	TRY(may_keep(s, &token, private_t, private_n));
	TRY(pair_make(mech, mechanism, public_t, public_n, private_t,
	    private_n, made));
	TRY(pair_keep(s, &token, made, &public, private_out));
	*public_out = public;
	return CKR_OK;
}

/* libcrypto seeds itself; an application's seed is mixed in nowhere. */
CK_RV
seed_random(struct session *s, const CK_BYTE *seed, CK_ULONG len)
{
	(void)s;
	return seed == NULL && len != 0 ? CKR_ARGUMENTS_BAD
	                                : CKR_RANDOM_SEED_NOT_SUPPORTED;
}

CK_RV
generate_random(struct session *s, CK_BYTE *out, CK_ULONG len)
{
	(void)s;
	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	return rng_bytes(out, len);
}
