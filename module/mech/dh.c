/* Diffie-Hellman in finite fields (PKCS#11 6.4): of PKCS #3 and of X9.42. */
#include "common/log.h"
#include "module/crypto/ffckey.h"
#include "module/mech/agree.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

static CK_RV
dh_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, struct key_made *out)
{
	const struct ffc_domain domain = { args->prime, args->subprime,
		args->base };
	struct param none;
	CK_ULONG bits = ffckey_bits(&domain);

	TRY(param_none(mech, CKF_GENERATE_KEY_PAIR, mechanism, &none));
	if (args->prime.data == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	if (bits < mech->min || bits > mech->max)
		return CKR_KEY_SIZE_RANGE;
	if (args->value_bits >= bits)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return ffckey_generate(mech->key_type, &domain,
	    (unsigned)args->value_bits, out);
}

static struct span
span_of(const struct secret *s)
{
	return (struct span){ s->data, s->len };
}

/* The other party's number in the domain of one's own key. */
static CK_RV
peer_load(const struct key *base, const void *value, CK_ULONG len,
    struct key **out)
{
	_cleanup_(key_made_wipe) struct key_made own = { 0 };
	struct key_parts parts = { .class = CKO_PUBLIC_KEY,
		.type = key_type(base), .value = { value, len } };
	CK_RV rv;

	if (value == NULL || len == 0)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "the other party's public value is absent");
	TRY(key_public_parts(base, &own));
	parts.prime = span_of(&own.prime);
	parts.base = span_of(&own.base);
	if (own.subprime.len != 0)
		parts.subprime = span_of(&own.subprime);
	rv = key_new(&parts, out);
	return rv == CKR_ATTRIBUTE_VALUE_INVALID ? CKR_PUBLIC_KEY_INVALID
	                                         : rv;
}

static CK_RV
pkcs_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	const struct agree_kdf plain = { CKD_NULL, NULL, 0 };
	_cleanup_(key_putp) struct key *peer = NULL;

	(void)mech;
	TRY(peer_load(base, mechanism->pParameter, mechanism->ulParameterLen,
	    &peer));
	return agree_finish(key_pkey(base), key_pkey(peer), &plain, args,
	    out);
}

static CK_RV
x942_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(key_putp) struct key *peer = NULL;
	CK_X9_42_DH1_DERIVE_PARAMS p;
	struct agree_kdf kdf;

	(void)mech;
	TRY(param_copy(mechanism, &p, sizeof(p)));
	kdf = (struct agree_kdf){ p.kdf, p.pOtherInfo, p.ulOtherInfoLen };
	TRY(agree_kdf_check(&kdf));
	TRY(peer_load(base, p.pPublicData, p.ulPublicDataLen, &peer));
	return agree_finish(key_pkey(base), key_pkey(peer), &kdf, args, out);
}

static const struct mech_ops keygen_ops = {
	.unit = 1,
	.generate = dh_generate,
};
static const struct mech_ops pkcs_ops = { .unit = 1, .derive = pkcs_derive };
static const struct mech_ops x942_ops = { .unit = 1, .derive = x942_derive };

static const struct mech dh_rows[] = {
	{ CKM_DH_PKCS_KEY_PAIR_GEN, CKK_DH, 2048, 8192,
	    CKF_GENERATE_KEY_PAIR, NULL, 0, &keygen_ops },
	{ CKM_DH_PKCS_DERIVE, CKK_DH, 1024, 8192, CKF_DERIVE,
	    NULL, 0, &pkcs_ops },
	{ CKM_X9_42_DH_KEY_PAIR_GEN, CKK_X9_42_DH, 2048, 8192,
	    CKF_GENERATE_KEY_PAIR, NULL, 0, &keygen_ops },
	{ CKM_X9_42_DH_DERIVE, CKK_X9_42_DH, 1024, 8192, CKF_DERIVE,
	    NULL, 0, &x942_ops },
};

const struct mech_family dh_family = FAMILY(dh_rows);
