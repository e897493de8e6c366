/* The public half of a key in a token, as a key of our own libcrypto. */
#include "provider/pubkey.h"

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <string.h>

#include "common/log.h"
#include "provider/attr.h"

DEFINE_CLEANUP(OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)
DEFINE_CLEANUP(OSSL_PARAM *, OSSL_PARAM_free)
DEFINE_CLEANUP(BIGNUM *, BN_free)
DEFINE_CLEANUP(X509_PUBKEY *, X509_PUBKEY_free)

static CK_RV
info_decode(const unsigned char *der, long len, EVP_PKEY **out)
{
	EVP_PKEY *key = d2i_PUBKEY_ex(NULL, &der, len, soft_libctx(), NULL);

	if (key == NULL)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*out = key;
	return CKR_OK;
}

/* CKA_PUBLIC_KEY_INFO */
static CK_RV
from_info(const struct session *s, CK_OBJECT_HANDLE object, EVP_PKEY **out)
{
	_cleanup_(buf_wipe) struct buf info = BUF_INIT;

	TRY(attr_get(s, object, CKA_PUBLIC_KEY_INFO, &info));
	return info_decode(info.data, (long)info.len, out);
}

static CK_RV
from_cert(const struct session *s, CK_OBJECT_HANDLE object, EVP_PKEY **out)
{
	_cleanup_(buf_wipe) struct buf value = BUF_INIT;
	_cleanup_(X509_freep) X509 *x = X509_new_ex(soft_libctx(), NULL);
	const unsigned char *at;

	if (x == NULL)
		return CKR_HOST_MEMORY;
	TRY(attr_get(s, object, CKA_VALUE, &value));
	at = value.data;
	if (d2i_X509(&x, &at, (long)value.len) == NULL)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*out = X509_get_pubkey(x);
	return *out != NULL ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

static CK_RV
rsa_build(const char *type, const struct buf *n, const struct buf *e,
    EVP_PKEY **out)
{
	_cleanup_(OSSL_PARAM_BLD_freep) OSSL_PARAM_BLD *bld
	    = OSSL_PARAM_BLD_new();
	_cleanup_(OSSL_PARAM_freep) OSSL_PARAM *params = NULL;
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx
	    = EVP_PKEY_CTX_new_from_name(soft_libctx(), type, NULL);
	_cleanup_(BN_freep) BIGNUM *bn = BN_bin2bn(n->data, (int)n->len, NULL);
	_cleanup_(BN_freep) BIGNUM *be = BN_bin2bn(e->data, (int)e->len, NULL);
	EVP_PKEY *key = NULL;

	if (bld == NULL || bn == NULL || be == NULL || ctx == NULL
	    || !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn)
	    || !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be)
	    || (params = OSSL_PARAM_BLD_to_param(bld)) == NULL)
		return CKR_HOST_MEMORY;
	if (EVP_PKEY_fromdata_init(ctx) != 1
	    || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*out = key;
	return CKR_OK;
}

/* True if the key is for RSASSA-PSS alone. */
static bool
rsa_is_pss(const struct session *s, CK_OBJECT_HANDLE object)
{
	static const CK_MECHANISM_TYPE pss[] = {
		CKM_RSA_PKCS_PSS, CKM_SHA1_RSA_PKCS_PSS,
		CKM_SHA224_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS,
		CKM_SHA384_RSA_PKCS_PSS, CKM_SHA512_RSA_PKCS_PSS
	};
	_cleanup_(buf_wipe) struct buf list = BUF_INIT;
	CK_MECHANISM_TYPE type;
	size_t hits = 0;

	if (attr_get(s, object, CKA_ALLOWED_MECHANISMS, &list) != CKR_OK)
		return false;
	for (size_t at = 0; at + sizeof(type) <= list.len; at += sizeof(type)) {
		memcpy(&type, list.data + at, sizeof(type));
		for (size_t i = 0; i < COUNT(pss); i++)
			hits += type == pss[i];
	}
	return hits > 0 && hits == list.len / sizeof(type);
}

static CK_RV
rsa_public(const struct session *s, CK_OBJECT_HANDLE object, EVP_PKEY **out)
{
	_cleanup_(buf_wipe) struct buf n = BUF_INIT;
	_cleanup_(buf_wipe) struct buf e = BUF_INIT;

	TRY(attr_get(s, object, CKA_MODULUS, &n));
	TRY(attr_get(s, object, CKA_PUBLIC_EXPONENT, &e));
	return rsa_build(rsa_is_pss(s, object) ? "RSA-PSS" : "RSA", &n, &e,
	    out);
}

/* CKA_EC_POINT is the point in an OCTET STRING; some tokens leave that off,
 * or make it a BIT STRING. */
static void
point_unwrap(const struct buf *in, const uint8_t **point, size_t *len)
{
	const unsigned char *at = in->data;
	long body = 0;
	int tag = 0, class = 0;

	*point = in->data;
	*len = in->len;
	if ((ASN1_get_object(&at, &body, &tag, &class, (long)in->len) & 0x80)
	    != 0 || class != V_ASN1_UNIVERSAL
	    || at + body != in->data + in->len)
		return;
	if (tag == V_ASN1_OCTET_STRING) {
		*point = at;
		*len = (size_t)body;
	} else if (tag == V_ASN1_BIT_STRING && body > 1 && at[0] == 0) {
		*point = at + 1;
		*len = (size_t)body - 1;
	}
}

/* CKA_EC_PARAMS as the parameters of an AlgorithmIdentifier. */
static CK_RV
ec_params(const struct buf *der, int *type, void **out)
{
	const unsigned char *at = der->data;
	ASN1_TYPE *p = d2i_ASN1_TYPE(NULL, &at, (long)der->len);

	*type = p != NULL ? ASN1_TYPE_get(p) : 0;
	if (*type == V_ASN1_OBJECT)
		*out = OBJ_dup(p->value.object);
	else if (*type == V_ASN1_SEQUENCE)
		*out = ASN1_STRING_dup(p->value.sequence);
	ASN1_TYPE_free(p);
	return *out != NULL ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

/* By way of a SubjectPublicKeyInfo, so that the curve keeps its name. */
static CK_RV
ec_build(const struct buf *params, const uint8_t *point, size_t len,
    EVP_PKEY **out)
{
	_cleanup_(X509_PUBKEY_freep) X509_PUBKEY *x = X509_PUBKEY_new();
	unsigned char *copy, *der = NULL;
	void *value = NULL;
	int type, der_len;
	CK_RV rv;

	TRY(ec_params(params, &type, &value));
	copy = OPENSSL_memdup(point, len);
	if (x == NULL || copy == NULL || !X509_PUBKEY_set0_param(x,
	    OBJ_nid2obj(NID_X9_62_id_ecPublicKey), type, value, copy,
	    (int)len)) {
		OPENSSL_free(copy);
		return CKR_HOST_MEMORY;
	}
	der_len = i2d_X509_PUBKEY(x, &der);
	rv = info_decode(der, der_len, out);
	OPENSSL_free(der);
	return rv;
}

static CK_RV
ec_public(const struct session *s, CK_OBJECT_HANDLE object, EVP_PKEY **out)
{
	_cleanup_(buf_wipe) struct buf params = BUF_INIT;
	_cleanup_(buf_wipe) struct buf value = BUF_INIT;
	const uint8_t *point;
	size_t len;

	TRY(attr_get(s, object, CKA_EC_PARAMS, &params));
	TRY(attr_get(s, object, CKA_EC_POINT, &value));
	/* An uncompressed point alone may look like an OCTET STRING. */
	point_unwrap(&value, &point, &len);
	return ec_build(&params, point, len, out);
}

static CK_RV
edwards_public(const struct session *s, CK_OBJECT_HANDLE object, EVP_PKEY **out)
{
	_cleanup_(buf_wipe) struct buf value = BUF_INIT;
	const uint8_t *point;
	size_t len;

	TRY(attr_get(s, object, CKA_EC_POINT, &value));
	point_unwrap(&value, &point, &len);
	*out = EVP_PKEY_new_raw_public_key_ex(soft_libctx(),
	    len == 57 ? "ED448" : "ED25519", NULL, point, len);
	return *out != NULL ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

static const struct family {
	CK_KEY_TYPE type;
	CK_RV (*read)(const struct session *, CK_OBJECT_HANDLE, EVP_PKEY **);
} families[] = {
	{ CKK_RSA, rsa_public },
	{ CKK_EC, ec_public },
	{ CKK_EC_EDWARDS, edwards_public },
};

/* Another object of the same CKA_ID that knows. */
static CK_RV
from_sibling(const struct session *s, CK_OBJECT_HANDLE key,
    const struct family *family, EVP_PKEY **out)
{
	_cleanup_(buf_wipe) struct buf id = BUF_INIT;
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) }, { CKA_ID, NULL, 0 },
	};
	CK_OBJECT_HANDLE other;

	TRY(attr_get(s, key, CKA_ID, &id));
	template[1].pValue = id.data;
	template[1].ulValueLen = id.len;
	if (object_first(s, template, 2, &other) == CKR_OK
	    && (family->read(s, other, out) == CKR_OK
	        || from_info(s, other, out) == CKR_OK))
		return CKR_OK;
	class = CKO_CERTIFICATE;
	TRY(object_first(s, template, 2, &other));
	return from_cert(s, other, out);
}

CK_RV
pubkey_get(const struct session *s, CK_OBJECT_HANDLE key, EVP_PKEY **out)
{
	const struct family *family = NULL;
	CK_KEY_TYPE type;
	CK_RV rv;

	TRY(attr_number(s, key, CKA_KEY_TYPE, &type));
	for (size_t i = 0; i < COUNT(families); i++)
		if (families[i].type == type)
			family = &families[i];
	if (family == NULL)
		return fail_quiet(CKR_KEY_TYPE_INCONSISTENT,
		    "key type 0x%lx is not supported", type);
	ERR_set_mark();
	rv = from_info(s, key, out);
	/* It may be plain where only the mechanisms say RSASSA-PSS. */
	if (rv == CKR_OK && EVP_PKEY_is_a(*out, "RSA") && rsa_is_pss(s, key)) {
		EVP_PKEY_free(*out);
		*out = NULL;
		rv = CKR_ATTRIBUTE_VALUE_INVALID;
	}
	if (rv != CKR_OK)
		rv = family->read(s, key, out);
	if (rv != CKR_OK)
		rv = from_sibling(s, key, family, out);
	ERR_pop_to_mark();
	if (rv == CKR_OK)
		return CKR_OK;
	return fail_quiet(CKR_KEY_TYPE_INCONSISTENT,
	    "the token tells the public key neither with the private one, nor "
	    "in a public key or certificate of the same CKA_ID");
}
