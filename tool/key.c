/* One row for each family of keys, one function each way. */
#include "tool/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <string.h>

DEFINE_CLEANUP(BIGNUM *, BN_clear_free)
DEFINE_CLEANUP(ASN1_OBJECT *, ASN1_OBJECT_free)
DEFINE_CLEANUP(ASN1_OCTET_STRING *, ASN1_OCTET_STRING_free)
DEFINE_CLEANUP(EC_GROUP *, EC_GROUP_free)
DEFINE_CLEANUP(EC_POINT *, EC_POINT_free)
DEFINE_CLEANUP(OSSL_PARAM *, OSSL_PARAM_free)
DEFINE_CLEANUP(OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)
DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)

static const struct number {
	const char *param;
	CK_ATTRIBUTE_TYPE type;
	bool secret;
} rsa_numbers[] = {
	{ OSSL_PKEY_PARAM_RSA_N, CKA_MODULUS, false },
	{ OSSL_PKEY_PARAM_RSA_E, CKA_PUBLIC_EXPONENT, false },
	{ OSSL_PKEY_PARAM_RSA_D, CKA_PRIVATE_EXPONENT, true },
	{ OSSL_PKEY_PARAM_RSA_FACTOR1, CKA_PRIME_1, true },
	{ OSSL_PKEY_PARAM_RSA_FACTOR2, CKA_PRIME_2, true },
	{ OSSL_PKEY_PARAM_RSA_EXPONENT1, CKA_EXPONENT_1, true },
	{ OSSL_PKEY_PARAM_RSA_EXPONENT2, CKA_EXPONENT_2, true },
	{ OSSL_PKEY_PARAM_RSA_COEFFICIENT1, CKA_COEFFICIENT, true },
};

/* A big number without leading zeros, as the standard wants it. */
static void
attrs_number(struct attrs *a, CK_ATTRIBUTE_TYPE type, EVP_PKEY *key,
    const char *param)
{
	_cleanup_(BN_clear_freep) BIGNUM *n = NULL;
	_cleanup_(secret_wipe) struct secret bytes = { NULL, 0 };

	if (!EVP_PKEY_get_bn_param(key, param, &n) ||
	    secret_new((size_t)BN_num_bytes(n), &bytes) != CKR_OK) {
		a->failed = true;
		return;
	}
	BN_bn2bin(n, bytes.data);
	attrs_bytes(a, type, bytes.data, bytes.len);
}

/* The curve as an OID. */
static void
attrs_curve(struct attrs *a, int nid)
{
	_cleanup_(ASN1_OBJECT_freep) ASN1_OBJECT *oid = OBJ_nid2obj(nid);
	unsigned char *der = NULL;
	int len = oid != NULL ? i2d_ASN1_OBJECT(oid, &der) : 0;

	if (len <= 0)
		a->failed = true;
	else
		attrs_bytes(a, CKA_EC_PARAMS, der, (size_t)len);
	OPENSSL_free(der);
}

/* The point inside a DER OCTET STRING. */
static void
attrs_point(struct attrs *a, const unsigned char *point, size_t len)
{
	_cleanup_(ASN1_OCTET_STRING_freep) ASN1_OCTET_STRING *octets =
	    ASN1_OCTET_STRING_new();
	unsigned char *der = NULL;
	int size = 0;

	if (octets != NULL && ASN1_OCTET_STRING_set(octets, point, (int)len))
		size = i2d_ASN1_OCTET_STRING(octets, &der);
	if (size <= 0)
		a->failed = true;
	else
		attrs_bytes(a, CKA_EC_POINT, der, (size_t)size);
	OPENSSL_free(der);
}

static void
rsa_attrs(EVP_PKEY *key, bool private, struct attrs *out)
{
	attrs_ulong(out, CKA_KEY_TYPE, CKK_RSA);
	for (size_t i = 0; i < COUNT(rsa_numbers); i++)
		if (private || !rsa_numbers[i].secret)
			attrs_number(out, rsa_numbers[i].type, key,
			    rsa_numbers[i].param);
	attrs_bool(out, private ? CKA_SIGN : CKA_VERIFY, true);
	attrs_bool(out, private ? CKA_DECRYPT : CKA_ENCRYPT, true);
	attrs_bool(out, private ? CKA_UNWRAP : CKA_WRAP, true);
}

static int
ec_nid(EVP_PKEY *key)
{
	char name[80];

	if (!EVP_PKEY_get_group_name(key, name, sizeof(name), NULL))
		return NID_undef;
	return OBJ_txt2nid(name);
}

static void
ec_attrs(EVP_PKEY *key, bool private, struct attrs *out)
{
	unsigned char point[256];
	size_t len = 0;

	attrs_ulong(out, CKA_KEY_TYPE, CKK_EC);
	attrs_curve(out, ec_nid(key));
	attrs_bool(out, private ? CKA_SIGN : CKA_VERIFY, true);
	if (private) {
		attrs_number(out, CKA_VALUE, key, OSSL_PKEY_PARAM_PRIV_KEY);
		attrs_bool(out, CKA_DERIVE, true);
		return;
	}
	if (!EVP_PKEY_set_utf8_string_param(key,
	        OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
	        OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) ||
	    !EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY,
	        point, sizeof(point), &len))
		out->failed = true;
	else
		attrs_point(out, point, len);
}

static void
edwards_attrs(EVP_PKEY *key, bool private, struct attrs *out)
{
	unsigned char raw[64];
	size_t len = sizeof(raw);
	int nid = EVP_PKEY_get_base_id(key);

	attrs_ulong(out, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	attrs_curve(out, nid);
	attrs_bool(out, private ? CKA_SIGN : CKA_VERIFY, true);
	if (private && EVP_PKEY_get_raw_private_key(key, raw, &len))
		attrs_bytes(out, CKA_VALUE, raw, len);
	else if (!private && EVP_PKEY_get_raw_public_key(key, raw, &len))
		attrs_point(out, raw, len);
	else
		out->failed = true;
	OPENSSL_cleanse(raw, sizeof(raw));
}

static const struct family {
	int id;
	void (*attrs)(EVP_PKEY *key, bool private, struct attrs *out);
} families[] = {
	{ EVP_PKEY_RSA, rsa_attrs },
	{ EVP_PKEY_EC, ec_attrs },
	{ EVP_PKEY_ED25519, edwards_attrs },
	{ EVP_PKEY_ED448, edwards_attrs },
};

static const struct family *
family_find(EVP_PKEY *key)
{
	for (size_t i = 0; i < COUNT(families); i++)
		if (families[i].id == EVP_PKEY_get_base_id(key))
			return &families[i];
	return NULL;
}

CK_RV
key_check(EVP_PKEY *key)
{
	const char *name = EVP_PKEY_get0_type_name(key);

	if (family_find(key) == NULL) {
		error_say("Error: keys of type [%s] are not supported\n",
		    name != NULL ? name : "unknown");
		return E_BAD_FORMAT;
	}
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
	    ec_nid(key) == NID_undef) {
		error_say("Error: the key's curve has no name\n");
		return E_BAD_FORMAT;
	}
	return CKR_OK;
}

static void
common_attrs(CK_OBJECT_CLASS class, const char *label,
    const struct secret *id, struct attrs *out)
{
	attrs_ulong(out, CKA_CLASS, class);
	attrs_bool(out, CKA_TOKEN, true);
	attrs_bool(out, CKA_PRIVATE, class == CKO_PRIVATE_KEY);
	attrs_text(out, CKA_LABEL, label);
	attrs_bytes(out, CKA_ID, id->data, id->len);
}

CK_RV
key_private_attrs(EVP_PKEY *key, const char *label, const struct secret *id,
    const struct secret *subject, const struct key_policy *policy,
    struct attrs *out)
{
	TRY(key_check(key));
	common_attrs(CKO_PRIVATE_KEY, label, id, out);
	attrs_bytes(out, CKA_SUBJECT, subject->data, subject->len);
	attrs_bool(out, CKA_SENSITIVE, policy->sensitive);
	attrs_bool(out, CKA_EXTRACTABLE, policy->extractable);
	family_find(key)->attrs(key, true, out);
	ERR_clear_error();
	return attrs_check(out);
}

CK_RV
key_public_attrs(EVP_PKEY *key, const char *label, const struct secret *id,
    struct attrs *out)
{
	TRY(key_check(key));
	common_attrs(CKO_PUBLIC_KEY, label, id, out);
	family_find(key)->attrs(key, false, out);
	ERR_clear_error();
	return attrs_check(out);
}

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
	BIGNUM *n[COUNT(rsa_numbers)] = { NULL };
	CK_RV rv = builder != NULL ? CKR_OK : CKR_HOST_MEMORY;

	for (size_t i = 0; rv == CKR_OK && i < COUNT(rsa_numbers); i++) {
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
	for (size_t i = 0; i < COUNT(n); i++)
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
		if (object_get(token, object, fetchers[i].secret, &probe) !=
		    CKR_OK)
			return CKR_ATTRIBUTE_SENSITIVE;
		rv = fetchers[i].fetch(token, object, out);
		ERR_clear_error();
		return rv;
	}
	error_say("Error: keys of this type cannot be written to a file\n");
	return E_NOT_SUPPORTED;
}
