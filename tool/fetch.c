/* Attributes to keys: what a token lets out. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

#include "tool/key.h"
#include "tool/pqkey.h"

DEFINE_CLEANUP(ASN1_OBJECT *, ASN1_OBJECT_free)
DEFINE_CLEANUP(BIGNUM *, BN_clear_free)
DEFINE_CLEANUP(EC_GROUP *, EC_GROUP_free)
DEFINE_CLEANUP(EC_POINT *, EC_POINT_free)
DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_CLEANUP(OSSL_PARAM *, OSSL_PARAM_free)
DEFINE_CLEANUP(OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)

static CK_RV
key_from_params(const char *type, OSSL_PARAM_BLD *builder, EVP_PKEY **out)
{
	_cleanup_(OSSL_PARAM_freep) OSSL_PARAM *params =
	    OSSL_PARAM_BLD_to_param(builder);
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

	if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, out, EVP_PKEY_KEYPAIR, params) <= 0)
		return E_BAD_FORMAT;
	return CKR_OK;
}

static CK_RV
rsa_fetch(const struct token *token, CK_OBJECT_HANDLE object, EVP_PKEY **out)
{
	_cleanup_(OSSL_PARAM_BLD_freep) OSSL_PARAM_BLD *builder =
	    OSSL_PARAM_BLD_new();
	BIGNUM *n[RSA_NUMBERS] = { NULL };
	CK_RV rv = builder != NULL ? CKR_OK : CKR_HOST_MEMORY;

	for (size_t i = 0; rv == CKR_OK && i < RSA_NUMBERS; i++) {
		_cleanup_(secret_wipe) struct secret bytes = { NULL, 0 };

		rv = object_get(token, object, rsa_numbers[i].type, &bytes);
		if (rv == CKR_OK &&
		    ((n[i] = BN_secure_new()) == NULL ||
		        !BN_bin2bn(bytes.data, (int)bytes.len, n[i]) ||
		        !OSSL_PARAM_BLD_push_BN(builder, rsa_numbers[i].param,
		            n[i])))
			rv = CKR_HOST_MEMORY;
	}
	if (rv == CKR_OK)
		rv = key_from_params("RSA", builder, out);
	for (size_t i = 0; i < RSA_NUMBERS; i++)
		BN_clear_free(n[i]);
	return rv;
}

/* The nid of EC_PARAMS, when it is an OID. */
static int
curve_nid(const struct secret *params)
{
	const unsigned char *at = params->data;
	_cleanup_(ASN1_OBJECT_freep) ASN1_OBJECT *oid =
	    d2i_ASN1_OBJECT(NULL, &at, (long)params->len);

	return oid != NULL ? OBJ_obj2nid(oid) : NID_undef;
}

/* The public point is computed: not every token keeps it with the key. */
static size_t
point_compute(int nid, const BIGNUM *d, unsigned char *out, size_t size)
{
	_cleanup_(EC_GROUP_freep) EC_GROUP *group =
	    EC_GROUP_new_by_curve_name(nid);
	_cleanup_(EC_POINT_freep) EC_POINT *point =
	    group != NULL ? EC_POINT_new(group) : NULL;

	if (point == NULL || !EC_POINT_mul(group, point, d, NULL, NULL, NULL))
		return 0;
	return EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
	    out, size, NULL);
}

static CK_RV
ec_fetch(const struct token *token, CK_OBJECT_HANDLE object, EVP_PKEY **out)
{
	_cleanup_(secret_wipe) struct secret params = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret value = { NULL, 0 };
	_cleanup_(OSSL_PARAM_BLD_freep) OSSL_PARAM_BLD *builder =
	    OSSL_PARAM_BLD_new();
	_cleanup_(BN_clear_freep) BIGNUM *d = BN_secure_new();
	unsigned char point[256];
	size_t len;
	int nid;

	TRY(object_get(token, object, CKA_EC_PARAMS, &params));
	TRY(object_get(token, object, CKA_VALUE, &value));
	if (builder == NULL || d == NULL ||
	    !BN_bin2bn(value.data, (int)value.len, d))
		return CKR_HOST_MEMORY;
	nid = curve_nid(&params);
	len = point_compute(nid, d, point, sizeof(point));
	if (len == 0 ||
	    !OSSL_PARAM_BLD_push_utf8_string(builder,
	        OSSL_PKEY_PARAM_GROUP_NAME, OBJ_nid2sn(nid), 0) ||
	    !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d) ||
	    !OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY,
	        point, len))
		return E_BAD_FORMAT;
	return key_from_params("EC", builder, out);
}

static CK_RV
edwards_fetch(const struct token *token, CK_OBJECT_HANDLE object,
    EVP_PKEY **out)
{
	_cleanup_(secret_wipe) struct secret value = { NULL, 0 };

	TRY(object_get(token, object, CKA_VALUE, &value));
	/* The length tells the two curves apart: 32 and 57 bytes. */
	*out = EVP_PKEY_new_raw_private_key(
	    value.len == 57 ? EVP_PKEY_ED448 : EVP_PKEY_ED25519, NULL,
	    value.data, value.len);
	return *out != NULL ? CKR_OK : E_BAD_FORMAT;
}

static const struct {
	CK_KEY_TYPE type;
	CK_ATTRIBUTE_TYPE secret;
	CK_RV (*fetch)(const struct token *token, CK_OBJECT_HANDLE object,
	    EVP_PKEY **out);
} fetchers[] = {
	{ CKK_RSA, CKA_PRIVATE_EXPONENT, rsa_fetch },
	{ CKK_EC, CKA_VALUE, ec_fetch },
	{ CKK_EC_EDWARDS, CKA_VALUE, edwards_fetch },
	{ CKK_ML_DSA, CKA_VALUE, pqkey_fetch },
	{ CKK_ML_KEM, CKA_VALUE, pqkey_fetch },
	{ CKK_SLH_DSA, CKA_VALUE, pqkey_fetch },
};

CK_RV
key_fetch(const struct token *token, CK_OBJECT_HANDLE object, EVP_PKEY **out)
{
	CK_ULONG type = 0;
	CK_RV rv;

	TRY(object_get_ulong(token, object, CKA_KEY_TYPE, &type));
	for (size_t i = 0; i < COUNT(fetchers); i++) {
		_cleanup_(secret_wipe) struct secret probe = { NULL, 0 };

		if (fetchers[i].type != type)
			continue;
		/* An attribute that must exist and is absent is withheld. */
		rv = object_get(token, object, fetchers[i].secret, &probe);
		TRY(rv == CKR_ATTRIBUTE_TYPE_INVALID ? CKR_ATTRIBUTE_SENSITIVE
		                                     : rv);
		rv = fetchers[i].fetch(token, object, out);
		ERR_clear_error();
		return rv;
	}
	error_say("Error: keys of this type cannot be written to a file\n");
	return E_NOT_SUPPORTED;
}
