/* The parameters of mechanisms; no pointer of a caller is trusted. */
#include "module/mech/param.h"

#include <string.h>

#include "common/log.h"

#define LABEL_MAX 65536

static const struct {
	CK_RSA_PKCS_MGF_TYPE type;
	const char *md;
} mgfs[] = {
	{ CKG_MGF1_SHA1, "SHA1" },
	{ CKG_MGF1_SHA224, "SHA2-224" },
	{ CKG_MGF1_SHA256, "SHA2-256" },
	{ CKG_MGF1_SHA384, "SHA2-384" },
	{ CKG_MGF1_SHA512, "SHA2-512" },
	{ CKG_MGF1_SHA3_224, "SHA3-224" },
	{ CKG_MGF1_SHA3_256, "SHA3-256" },
	{ CKG_MGF1_SHA3_384, "SHA3-384" },
	{ CKG_MGF1_SHA3_512, "SHA3-512" },
};

static CK_RV
invalid(const char *why)
{
	return fail_quiet(CKR_MECHANISM_PARAM_INVALID, "%s", why);
}

CK_RV
param_copy(const CK_MECHANISM *mechanism, void *out, size_t size)
{
	if (mechanism->pParameter == NULL ||
	    mechanism->ulParameterLen != size)
		return invalid("the mechanism's parameter is absent or "
		    "has the wrong size");
	memcpy(out, mechanism->pParameter, size);
	return CKR_OK;
}

static CK_RV
hash_read(CK_MECHANISM_TYPE type, const struct digest **out)
{
	const struct mech *row = mech_find(type);

	/* SHA-512/t has no place for its t here */
	if (row == NULL || (mech_flags(row) & CKF_DIGEST) == 0 ||
	    type == CKM_SHA512_T)
		return invalid("hashAlg is not a digest mechanism");
	*out = digest_find(row->md);
	return *out != NULL ? CKR_OK : invalid("hashAlg is not offered");
}

static CK_RV
mgf_read(CK_RSA_PKCS_MGF_TYPE type, const struct digest **out)
{
	const struct digest *found = NULL;

	for (size_t i = 0; i < COUNT(mgfs); i++)
		if (mgfs[i].type == type)
			found = digest_find(mgfs[i].md);
	if (found == NULL)
		return invalid("mgf is not one of CKG_MGF1");
	*out = found;
	return CKR_OK;
}

CK_RV
param_none(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct param *out)
{
	(void)mech;
	(void)use;
	(void)out;
	if (mechanism->ulParameterLen != 0)
		return invalid("the mechanism takes no parameter");
	return CKR_OK;
}

/* By the policy of its own row. */
static bool
sha1_signs(void)
{
	const struct mech *row = mech_find(CKM_SHA1_RSA_PKCS_PSS);

	return row != NULL && (mech_flags(row) & CKF_SIGN) != 0;
}

CK_RV
param_pss(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct param *out)
{
	CK_RSA_PKCS_PSS_PARAMS pss;

	TRY(param_copy(mechanism, &pss, sizeof(pss)));
	TRY(hash_read(pss.hashAlg, &out->hash));
	TRY(mgf_read(pss.mgf, &out->mgf));
	if (mech->md != NULL && digest_find(mech->md) != out->hash)
		return invalid("hashAlg is not the mechanism's hash");
	if (use == CKF_SIGN && out->hash == digest_find("SHA1") &&
	    !sha1_signs())
		return invalid("SHA-1 is for verification only");
	out->len = pss.sLen;
	return CKR_OK;
}

/* An optional text of the caller's. */
static CK_RV
label_read(const void *data, CK_ULONG len, size_t max, struct span *out)
{
	if (len > max || (data == NULL && len != 0))
		return invalid("the parameter's data is absent or too long");
	if (len != 0)
		*out = (struct span){ data, len };
	return CKR_OK;
}

CK_RV
param_oaep(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct param *out)
{
	CK_RSA_PKCS_OAEP_PARAMS oaep;

	(void)mech;
	(void)use;
	TRY(param_copy(mechanism, &oaep, sizeof(oaep)));
	TRY(hash_read(oaep.hashAlg, &out->hash));
	TRY(mgf_read(oaep.mgf, &out->mgf));
	/* Clients that have no label leave out its source, too. */
	if (oaep.source != CKZ_DATA_SPECIFIED &&
	    (oaep.source != 0 || oaep.ulSourceDataLen != 0))
		return invalid("source is not CKZ_DATA_SPECIFIED");
	return label_read(oaep.pSourceData, oaep.ulSourceDataLen, LABEL_MAX,
	    &out->label);
}

CK_RV
param_number(const CK_MECHANISM *mechanism, CK_ULONG min, CK_ULONG max,
    CK_ULONG *out)
{
	CK_ULONG n = 0;

	TRY(param_copy(mechanism, &n, sizeof(n)));
	if (n < min || n > max)
		return invalid("the parameter is out of its range");
	*out = n;
	return CKR_OK;
}

CK_RV
param_eddsa(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct param *out)
{
	CK_EDDSA_PARAMS eddsa;

	(void)mech;
	(void)use;
	if (mechanism->pParameter == NULL && mechanism->ulParameterLen == 0)
		return CKR_OK;
	TRY(param_copy(mechanism, &eddsa, sizeof(eddsa)));
	TRY(label_read(eddsa.pContextData, eddsa.ulContextDataLen, 255,
	    &out->label));
	out->prehash = eddsa.phFlag != CK_FALSE;
	out->has_context = out->prehash || out->label.len != 0;
	return CKR_OK;
}
