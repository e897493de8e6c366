/* Keys on curves: loading with checks, public halves, generation. */
#include "module/crypto/eckey.h"

#include <openssl/core_names.h>
#include <string.h>

#include "module/crypto/der.h"
#include "module/crypto/keykind.h"
#include "module/crypto/libctx.h"

DEFINE_CLEANUP(EC_POINT *, EC_POINT_free)

#define POINT_MAX (1 + 2 * 66)

/* The uncompressed point of a private number. */
static CK_RV
point_compute(const struct curve *curve, const BIGNUM *d,
    uint8_t out[POINT_MAX], size_t *len)
{
	const EC_GROUP *group = curve_group(curve);
	_cleanup_(EC_POINT_freep) EC_POINT *point = NULL;

	if (group == NULL || (point = EC_POINT_new(group)) == NULL)
		return CKR_HOST_MEMORY;
	if (EC_POINT_mul(group, point, d, NULL, NULL, NULL) != 1)
		return CKR_FUNCTION_FAILED;
	*len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
	    out, POINT_MAX, NULL);
	return *len != 0 ? CKR_OK : CKR_FUNCTION_FAILED;
}

/* The same bytes uncompressed; CKR_ATTRIBUTE_VALUE_INVALID off the curve. */
static CK_RV
point_expand(const struct curve *curve, struct span in,
    uint8_t out[POINT_MAX], size_t *len)
{
	const EC_GROUP *group = curve_group(curve);
	_cleanup_(EC_POINT_freep) EC_POINT *point = NULL;

	if (group == NULL || (point = EC_POINT_new(group)) == NULL)
		return CKR_HOST_MEMORY;
	if (EC_POINT_oct2point(group, point, in.data, in.len, NULL) != 1)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
	    out, POINT_MAX, NULL);
	return *len != 0 ? CKR_OK : CKR_FUNCTION_FAILED;
}

/* 0 < d < order, and d's point is the given one if one is given. */
static CK_RV
scalar_check(const struct curve *curve, const BIGNUM *d, struct span given)
{
	const EC_GROUP *group = curve_group(curve);
	uint8_t is[POINT_MAX], want[POINT_MAX];
	size_t is_len, want_len;

	if (group == NULL)
		return CKR_HOST_MEMORY;
	if (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(group)) >= 0)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (given.data == NULL)
		return CKR_OK;
	TRY(point_expand(curve, given, want, &want_len));
	TRY(point_compute(curve, d, is, &is_len));
	if (is_len != want_len || memcmp(is, want, is_len) != 0)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_OK;
}

static CK_RV
load_weierstrass(const struct curve *curve, struct span value,
    struct span point, EVP_PKEY **out)
{
	_cleanup_(pkey_parts_wipe) struct pkey_parts parts = { .count = 0 };
	_cleanup_(BN_clear_freep) BIGNUM *d = NULL;

	pkey_add_text(&parts, OSSL_PKEY_PARAM_GROUP_NAME, curve->name);
	if (value.data == NULL) {
		pkey_add_octets(&parts, OSSL_PKEY_PARAM_PUB_KEY, point);
		return pkey_make("EC", EVP_PKEY_PUBLIC_KEY, &parts, out);
	}
	value = span_number(value);
	if (value.len > curve->len)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	d = BN_bin2bn(value.data, (int)value.len, NULL);
	if (d == NULL)
		return CKR_HOST_MEMORY;
	BN_set_flags(d, BN_FLG_CONSTTIME);
	TRY(scalar_check(curve, d, point));
	TRY(pkey_add_number(&parts, OSSL_PKEY_PARAM_PRIV_KEY, d));
	return pkey_make("EC", EVP_PKEY_KEYPAIR, &parts, out);
}

static CK_RV
load_raw(const struct curve *curve, struct span value, struct span point,
    EVP_PKEY **out)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;
	uint8_t is[57];
	size_t len = sizeof(is);

	if (value.data == NULL)
		pkey = EVP_PKEY_new_raw_public_key_ex(libctx_get(),
		    curve->name, NULL, point.data, point.len);
	else if (value.len == curve->len)
		pkey = EVP_PKEY_new_raw_private_key_ex(libctx_get(),
		    curve->name, NULL, value.data, value.len);
	if (pkey == NULL)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (value.data != NULL && point.data != NULL &&
	    (EVP_PKEY_get_raw_public_key(pkey, is, &len) != 1 ||
	    len != point.len || memcmp(is, point.data, len) != 0))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*out = TAKE(pkey);
	return CKR_OK;
}

static CK_RV
curve_load(const struct key_parts *parts, const struct curve *curve,
    EVP_PKEY **out)
{
	bool private = parts->class == CKO_PRIVATE_KEY;
	struct span point = { NULL, 0 };
	struct span value = { NULL, 0 };

	if (private)
		value = parts->value;
	if ((private ? value.data : parts->point.data) == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	if (parts->point.data != NULL)
		TRY(curve_point(curve, parts->point, &point));
	if (curve->type != CKK_EC)
		return load_raw(curve, value, point, out);
	return load_weierstrass(curve, value, point, out);
}

static CK_RV
ec_load(const struct key_parts *parts, EVP_PKEY **out, unsigned *bits)
{
	const struct curve *curve;

	if (parts->params.data == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	TRY(curve_find(parts->type, parts->params, &curve));
	TRY(curve_load(parts, curve, out));
	*bits = curve->bits;
	return CKR_OK;
}

static CK_RV
point_of_private(const struct curve *curve, const EVP_PKEY *pkey,
    uint8_t out[POINT_MAX], size_t *len)
{
	_cleanup_(BN_clear_freep) BIGNUM *d = NULL;

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) != 1)
		return CKR_FUNCTION_FAILED;
	BN_set_flags(d, BN_FLG_CONSTTIME);
	return point_compute(curve, d, out, len);
}

/* The bytes of the public key, uncompressed; computed where needed. */
static CK_RV
point_of(const struct curve *curve, const EVP_PKEY *pkey,
    struct secret *out)
{
	uint8_t bytes[POINT_MAX], point[POINT_MAX];
	size_t len = sizeof(bytes);

	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY,
	    bytes, sizeof(bytes), &len) != 1) {
		TRY(point_of_private(curve, pkey, bytes, &len));
	} else if (curve->type == CKK_EC) {
		TRY(point_expand(curve, (struct span){ bytes, len }, point,
		    &len));
		memcpy(bytes, point, len);
	}
	return secret_dup(bytes, len, out);
}

/* CKA_EC_POINT: the same in an OCTET STRING, but for Montgomery curves (6.3.8).
 */
static CK_RV
point_attribute(const struct curve *curve, struct span point,
    struct secret *out)
{
	uint8_t bytes[POINT_MAX + 8];
	struct der_writer w = { bytes, bytes + sizeof(bytes), false };
	const uint8_t *end = w.at;

	if (curve->type == CKK_EC_MONTGOMERY)
		return secret_dup(point.data, point.len, out);
	der_put(&w, point.data, point.len);
	der_put_header(&w, DER_OCTET_STRING, end);
	if (w.failed)
		return CKR_GENERAL_ERROR;
	return secret_dup(w.at, (size_t)(end - w.at), out);
}

static CK_RV
curve_spki(const struct curve *curve, struct span point, struct secret *out)
{
	static const uint8_t ec_public_key[] = { 0x06, 0x07, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 0x02, 0x01 };
	uint8_t algorithm[32];
	struct der_writer w = { algorithm, algorithm + sizeof(algorithm),
		false };

	der_put(&w, curve->oid.data, curve->oid.len);
	if (curve->type == CKK_EC)
		der_put(&w, ec_public_key, sizeof(ec_public_key));
	if (w.failed)
		return CKR_GENERAL_ERROR;
	return pkey_spki((struct span){ w.at,
	    (size_t)(algorithm + sizeof(algorithm) - w.at) }, point, out);
}

static CK_RV
private_value(const struct curve *curve, const EVP_PKEY *pkey,
    struct secret *out)
{
	size_t len = curve->len;

	if (curve->type == CKK_EC)
		return pkey_number(pkey, OSSL_PKEY_PARAM_PRIV_KEY, len, out);
	TRY(secret_new(len, out));
	if (EVP_PKEY_get_raw_private_key(pkey, out->data, &len) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV
curve_public_parts(const struct curve *curve, const EVP_PKEY *pkey,
    struct key_made *out)
{
	_cleanup_(secret_wipe) struct secret point = { NULL, 0 };
	struct span bytes;

	TRY(point_of(curve, pkey, &point));
	bytes = (struct span){ point.data, point.len };
	TRY(secret_dup(curve->oid.data, curve->oid.len, &out->params));
	TRY(point_attribute(curve, bytes, &out->point));
	return curve_spki(curve, bytes, &out->spki);
}

static CK_RV
ec_public_parts(const EVP_PKEY *pkey, struct key_made *out)
{
	const struct curve *curve = curve_of(pkey);

	return curve != NULL ? curve_public_parts(curve, pkey, out)
	                     : CKR_CURVE_NOT_SUPPORTED;
}

/* libcrypto decodes numbers of any size. */
static CK_RV
scalar_is_in_range(const struct curve *curve, const EVP_PKEY *pkey)
{
	_cleanup_(BN_clear_freep) BIGNUM *d = NULL;
	CK_RV rv;

	if (curve->type != CKK_EC)
		return CKR_OK;
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) != 1)
		return CKR_WRAPPED_KEY_INVALID;
	rv = scalar_check(curve, d, (struct span){ NULL, 0 });
	return rv == CKR_ATTRIBUTE_VALUE_INVALID ? CKR_WRAPPED_KEY_INVALID
	                                         : rv;
}

static CK_RV
curve_export(CK_KEY_TYPE type, const EVP_PKEY *pkey, struct key_made *out)
{
	const struct curve *curve = curve_of(pkey);

	if (curve == NULL || curve->type != type)
		return CKR_WRAPPED_KEY_INVALID;
	TRY(scalar_is_in_range(curve, pkey));
	TRY(curve_public_parts(curve, pkey, out));
	return private_value(curve, pkey, &out->value);
}

static CK_RV
ec_export(const EVP_PKEY *pkey, struct key_made *out)
{
	return curve_export(CKK_EC, pkey, out);
}

static CK_RV
edwards_export(const EVP_PKEY *pkey, struct key_made *out)
{
	return curve_export(CKK_EC_EDWARDS, pkey, out);
}

static CK_RV
montgomery_export(const EVP_PKEY *pkey, struct key_made *out)
{
	return curve_export(CKK_EC_MONTGOMERY, pkey, out);
}

CK_RV
eckey_generate(const struct curve *curve, struct span params,
    struct key_made *out)
{
	bool named = curve->type == CKK_EC;
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx =
	    pkey_context(named ? "EC" : curve->name);
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;
	_cleanup_(key_made_wipe) struct key_made made = { 0 };

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
	    (named && EVP_PKEY_CTX_set_group_name(ctx, curve->name) != 1) ||
	    EVP_PKEY_generate(ctx, &pkey) != 1)
		return CKR_FUNCTION_FAILED;
	TRY(curve_export(curve->type, pkey, &made));
	secret_wipe(&made.params);
	TRY(secret_dup(params.data, params.len, &made.params));
	*out = made;
	made = (struct key_made){ 0 };
	return CKR_OK;
}

const struct key_kind ec_kind = {
	.type = CKK_EC,
	.load = ec_load,
	.public_parts = ec_public_parts,
	.export = ec_export,
};

const struct key_kind edwards_kind = {
	.type = CKK_EC_EDWARDS,
	.load = ec_load,
	.public_parts = ec_public_parts,
	.export = edwards_export,
};

const struct key_kind montgomery_kind = {
	.type = CKK_EC_MONTGOMERY,
	.load = ec_load,
	.public_parts = ec_public_parts,
	.export = montgomery_export,
};
