/* A public key out of its private one (PKCS#11 6.43). */
#include "module/mech/op.h"
#include "module/mech/rows.h"

static CK_RV
public_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	struct param none;

	TRY(param_none(mech, CKF_DERIVE, mechanism, &none));
	if (args->class != CKO_PUBLIC_KEY || args->type != key_type(base))
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(key_public_parts(base, &out->keys[0].made));
	out->count = 1;
	return CKR_OK;
}

static const struct mech_ops public_ops = {
	.unit = 1,
	.derive = public_derive,
};

static const struct mech pubfromprv_rows[] = {
	{ CKM_PUB_KEY_FROM_PRIV_KEY, MECH_ANY_PRIVATE, 0, 0, CKF_DERIVE,
	    NULL, 0, &public_ops },
};

const struct mech_family pubfromprv_family = FAMILY(pubfromprv_rows);
