/* Keys to attributes: one row for each family. */
#include "tool/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <string.h>

#include "tool/pqkey.h"

DEFINE_CLEANUP(BIGNUM *, BN_clear_free)
DEFINE_CLEANUP(ASN1_OBJECT *, ASN1_OBJECT_free)
DEFINE_CLEANUP(ASN1_OCTET_STRING *, ASN1_OCTET_STRING_free)

const struct rsa_number rsa_numbers[RSA_NUMBERS] = {
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

/* Every key of ours signs or verifies; only RSA encrypts. */
static void
attrs_uses(struct attrs *a, bool private, bool encrypts)
{
	attrs_bool(a, private ? CKA_SIGN : CKA_VERIFY, true);
	attrs_bool(a, private ? CKA_DECRYPT : CKA_ENCRYPT, encrypts);
	attrs_bool(a, private ? CKA_UNWRAP : CKA_WRAP, encrypts);
}

static void
rsa_attrs(EVP_PKEY *key, bool private, struct attrs *out)
{
	attrs_ulong(out, CKA_KEY_TYPE, CKK_RSA);
	for (size_t i = 0; i < COUNT(rsa_numbers); i++)
		if (private || !rsa_numbers[i].secret)
			attrs_number(out, rsa_numbers[i].type, key,
			    rsa_numbers[i].param);
	attrs_uses(out, private, true);
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
	attrs_uses(out, private, false);
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
	attrs_uses(out, private, false);
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

/* Known to libcrypto by names alone. */
static const struct family pq_family = { EVP_PKEY_KEYMGMT, pqkey_attrs };

static const struct family *
family_find(EVP_PKEY *key)
{
	for (size_t i = 0; i < COUNT(families); i++)
		if (families[i].id == EVP_PKEY_get_base_id(key))
			return &families[i];
	return pqkey_is(key) ? &pq_family : NULL;
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
