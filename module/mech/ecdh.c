/* ECDH (PKCS#11 6.3): every curve that is offered has the cofactor one, so that
 * both mechanisms are the same. */
#include "common/log.h"
#include "module/crypto/curve.h"
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
		return CKR_KEY_TYPE_INCONSISTENT;
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

static CK_RV
ecdh_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(key_putp) struct key *peer = NULL;
	CK_ECDH1_DERIVE_PARAMS p;
	struct agree_kdf kdf;

	(void)mech;
	TRY(param_copy(mechanism, &p, sizeof(p)));
	kdf = (struct agree_kdf){ p.kdf, p.pSharedData, p.ulSharedDataLen };
	TRY(agree_kdf_check(&kdf));
	TRY(ecdh_peer(base, (struct span){ p.pPublicData,
	    p.ulPublicDataLen }, &peer));
	return agree_finish(key_pkey(base), key_pkey(peer), &kdf, args, out);
}

static const struct mech_ops ecdh_ops = { .unit = 1, .derive = ecdh_derive };

static const struct mech ecdh_rows[] = {
	{ CKM_ECDH1_DERIVE, CKK_EC, EC_SIZES, CKF_DERIVE | EC_FLAGS,
	    NULL, 0, &ecdh_ops, .also = KEYS(CKK_EC_MONTGOMERY) },
	{ CKM_ECDH1_COFACTOR_DERIVE, CKK_EC, EC_SIZES, CKF_DERIVE | EC_FLAGS,
	    NULL, 0, &ecdh_ops },
};

const struct mech_family ecdh_family = FAMILY(ecdh_rows);
