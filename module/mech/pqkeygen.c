/* Generation of ML-DSA, ML-KEM and SLH-DSA key pairs. */
#include "module/crypto/pqkey.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

static bool
is_offered(const struct mech *mech)
{
	return pqset_is_offered(mech->key_type);
}

static CK_RV
generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, struct key_made *out)
{
	const struct pqset *set;
	struct param none;

	TRY(param_none(mech, CKF_GENERATE_KEY_PAIR, mechanism, &none));
	if (args->parameter_set == CK_UNAVAILABLE_INFORMATION)
		return CKR_TEMPLATE_INCOMPLETE;
	TRY(pqset_find(mech->key_type, args->parameter_set, &set));
	return pqkey_generate(set, out);
}

static const struct mech_ops pqkeygen_ops = {
	.unit = 8,
	.is_offered = is_offered,
	.generate = generate,
};

static const struct mech pqkeygen_rows[] = {
	{ CKM_ML_KEM_KEY_PAIR_GEN, CKK_ML_KEM, ML_KEM_SIZES,
	    CKF_GENERATE_KEY_PAIR, NULL, 0, &pqkeygen_ops },
	{ CKM_ML_DSA_KEY_PAIR_GEN, CKK_ML_DSA, ML_DSA_SIZES,
	    CKF_GENERATE_KEY_PAIR, NULL, 0, &pqkeygen_ops },
	{ CKM_SLH_DSA_KEY_PAIR_GEN, CKK_SLH_DSA, SLH_DSA_SIZES,
	    CKF_GENERATE_KEY_PAIR, NULL, 0, &pqkeygen_ops },
};

const struct mech_family pqkeygen_family = FAMILY(pqkeygen_rows);
