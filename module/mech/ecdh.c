/* ECDH (PKCS#11 6.3): every curve that is offered has the cofactor one, so that
 * both mechanisms are the same. */
#include "common/log.h"
#include "module/crypto/eckey.h"
#include "module/mech/agree.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

CK_RV
ecdh_peer(const struct key *own, struct span point, struct key **out)
{
	const struct curve *curve = curve_of(key_pkey(own));
	struct key_parts parts = { .class = CKO_PUBLIC_KEY,
		.type = key_type(own), .point = point };
	struct span bytes;
	CK_RV rv;

	if (curve == NULL)
		return CKR_FUNCTION_FAILED;
	if (point.data == NULL ||
	    curve_point(curve, point, &bytes) != CKR_OK)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "the other party's public key is absent or of no form "
		    "that this curve's have");
	parts.params = curve->oid;
	rv = key_new(&parts, out);
	return rv == CKR_ATTRIBUTE_VALUE_INVALID ? CKR_PUBLIC_KEY_INVALID
	                                         : rv;
}

CK_RV
ecdh_ephemeral(const struct key *like, struct key_made *made,
    struct key **out)
{
	const struct curve *curve = curve_of(key_pkey(like));
	struct key_parts parts = { .class = CKO_PRIVATE_KEY };

	if (curve == NULL)
		return CKR_FUNCTION_FAILED;
	TRY(eckey_generate(curve, curve->oid, made));
	parts.type = curve->type;
	parts.params = curve->oid;
	parts.value = (struct span){ made->value.data, made->value.len };
	return key_new(&parts, out);
}

static CK_RV
params_read(const CK_MECHANISM *mechanism, CK_ECDH1_DERIVE_PARAMS *p,
    struct agree_kdf *kdf)
{
	TRY(param_copy(mechanism, p, sizeof(*p)));
	*kdf = (struct agree_kdf){ p->kdf, p->pSharedData,
		p->ulSharedDataLen };
	return agree_kdf_check(kdf);
}

static CK_RV
ecdh_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(key_putp) struct key *peer = NULL;
	CK_ECDH1_DERIVE_PARAMS p;
	struct agree_kdf kdf;

	(void)mech;
	TRY(params_read(mechanism, &p, &kdf));
	TRY(ecdh_peer(base, (struct span){ p.pPublicData,
	    p.ulPublicDataLen }, &peer));
	return agree_finish(key_pkey(base), key_pkey(peer), &kdf, args, out);
}

/* Encapsulation: the ciphertext is the public half of a pair made for it. */

static CK_RV
kem_read(const CK_MECHANISM *mechanism, struct agree_kdf *kdf)
{
	CK_ECDH1_DERIVE_PARAMS p;

	TRY(params_read(mechanism, &p, kdf));
	if (p.pPublicData != NULL || p.ulPublicDataLen != 0)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "an encapsulation has no public data");
	return CKR_OK;
}

static CK_RV
ecdh_encapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, size_t len, struct secret *ciphertext,
    struct secret *shared)
{
	const struct curve *curve = curve_of(key_pkey(key));
	_cleanup_(key_made_wipe) struct key_made made = { 0 };
	_cleanup_(key_putp) struct key *own = NULL;
	struct agree_kdf kdf;
	struct span point;

	(void)mech;
	if (curve == NULL)
		return CKR_FUNCTION_FAILED;
	TRY(kem_read(mechanism, &kdf));
	TRY(ecdh_ephemeral(key, &made, &own));
	TRY(curve_point(curve, (struct span){ made.point.data,
	    made.point.len }, &point));
	TRY(agree_answer(agree_shared(key_pkey(own), key_pkey(key), &kdf, len,
	    shared)));
	return secret_dup(point.data, point.len, ciphertext);
}

static CK_RV
ecdh_decapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, size_t len, struct span ciphertext,
    struct secret *shared)
{
	_cleanup_(key_putp) struct key *peer = NULL;
	struct agree_kdf kdf;

	(void)mech;
	TRY(kem_read(mechanism, &kdf));
	TRY(agree_answer(ecdh_peer(key, ciphertext, &peer)));
	return agree_answer(agree_shared(key_pkey(key), key_pkey(peer),
	    &kdf, len, shared));
}

static size_t
ecdh_size(const struct mech *mech, const struct key *key)
{
	size_t len = (key_bits(key) + 7) / 8;

	(void)mech;
	return key_type(key) == CKK_EC ? 1 + 2 * len : len;
}

static const struct mech_ops ecdh_ops = {
	.unit = 1,
	.derive = ecdh_derive,
	.encapsulate_as = ecdh_encapsulate,
	.decapsulate_as = ecdh_decapsulate,
	.encapsulated_size = ecdh_size,
};

static const struct mech ecdh_rows[] = {
	{ CKM_ECDH1_DERIVE, CKK_EC, EC_SIZES, CKF_DERIVE | KEM | EC_FLAGS,
	    NULL, 0, &ecdh_ops, .also = KEYS(CKK_EC_MONTGOMERY) },
	{ CKM_ECDH1_COFACTOR_DERIVE, CKK_EC, EC_SIZES,
	    CKF_DERIVE | KEM | EC_FLAGS, NULL, 0, &ecdh_ops },
};

const struct mech_family ecdh_family = FAMILY(ecdh_rows);
