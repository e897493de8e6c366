/* The table of curves; encodings of their names and points. */
#include "module/crypto/curve.h"

#include <openssl/objects.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "module/crypto/der.h"
#include "module/crypto/libctx.h"

#define OID(bytes) { bytes, sizeof(bytes) - 1 }

enum {
	P224, P256, P384, P521, K256,
	R224, R256, R320, R384, R512, T224, T256, T320, T384, T512,
	ED25519, ED448, X25519, X448,
	CURVES
};

/* 1.3.36.3.3.2.8.1.1.n */
#define BRAINPOOL(n) OID("\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01" n)

static const struct curve curves[CURVES] = {
	[P224] = { "P-224", CKK_EC, 224, 28, NID_secp224r1,
	    OID("\x06\x05\x2b\x81\x04\x00\x21") },
	[P256] = { "P-256", CKK_EC, 256, 32, NID_X9_62_prime256v1,
	    OID("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07") },
	[P384] = { "P-384", CKK_EC, 384, 48, NID_secp384r1,
	    OID("\x06\x05\x2b\x81\x04\x00\x22") },
	[P521] = { "P-521", CKK_EC, 521, 66, NID_secp521r1,
	    OID("\x06\x05\x2b\x81\x04\x00\x23") },
	[K256] = { "secp256k1", CKK_EC, 256, 32, NID_secp256k1,
	    OID("\x06\x05\x2b\x81\x04\x00\x0a") },
	[R224] = { "brainpoolP224r1", CKK_EC, 224, 28,
	    NID_brainpoolP224r1, BRAINPOOL("\x05") },
	[R256] = { "brainpoolP256r1", CKK_EC, 256, 32,
	    NID_brainpoolP256r1, BRAINPOOL("\x07") },
	[R320] = { "brainpoolP320r1", CKK_EC, 320, 40,
	    NID_brainpoolP320r1, BRAINPOOL("\x09") },
	[R384] = { "brainpoolP384r1", CKK_EC, 384, 48,
	    NID_brainpoolP384r1, BRAINPOOL("\x0b") },
	[R512] = { "brainpoolP512r1", CKK_EC, 512, 64,
	    NID_brainpoolP512r1, BRAINPOOL("\x0d") },
	[T224] = { "brainpoolP224t1", CKK_EC, 224, 28,
	    NID_brainpoolP224t1, BRAINPOOL("\x06") },
	[T256] = { "brainpoolP256t1", CKK_EC, 256, 32,
	    NID_brainpoolP256t1, BRAINPOOL("\x08") },
	[T320] = { "brainpoolP320t1", CKK_EC, 320, 40,
	    NID_brainpoolP320t1, BRAINPOOL("\x0a") },
	[T384] = { "brainpoolP384t1", CKK_EC, 384, 48,
	    NID_brainpoolP384t1, BRAINPOOL("\x0c") },
	[T512] = { "brainpoolP512t1", CKK_EC, 512, 64,
	    NID_brainpoolP512t1, BRAINPOOL("\x0e") },
	[ED25519] = { "ED25519", CKK_EC_EDWARDS, 255, 32, 0,
	    OID("\x06\x03\x2b\x65\x70") },
	[ED448] = { "ED448", CKK_EC_EDWARDS, 448, 57, 0,
	    OID("\x06\x03\x2b\x65\x71") },
	[X25519] = { "X25519", CKK_EC_MONTGOMERY, 255, 32, 0,
	    OID("\x06\x03\x2b\x65\x6e") },
	[X448] = { "X448", CKK_EC_MONTGOMERY, 448, 56, 0,
	    OID("\x06\x03\x2b\x65\x6f") },
};

/* Names by which a PrintableString may call a curve, beside libcrypto's. */
static const struct {
	const char *name;
	int curve;
} curve_names[] = {
	{ "secp224r1", P224 },
	{ "prime256v1", P256 },
	{ "secp256r1", P256 },
	{ "secp384r1", P384 },
	{ "secp521r1", P521 },
	{ "edwards25519", ED25519 },
	{ "Ed25519", ED25519 },
	{ "id-Ed25519", ED25519 },
	{ "edwards448", ED448 },
	{ "Ed448", ED448 },
	{ "id-Ed448", ED448 },
	{ "curve25519", X25519 },
	{ "id-X25519", X25519 },
	{ "curve448", X448 },
	{ "id-X448", X448 },
};

/* Older OBJECT IDENTIFIERs, of OpenPGP; and what pkcs11-tool 0.23 sends, with a
 * length that is wrong by one. */
static const struct {
	struct span params;
	int curve;
} curve_aliases[] = {
	{ OID("\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01"), ED25519 },
	{ OID("\x06\x0a\x2b\x06\x01\x04\x01\x97\x55\x01\x05\x01"), X25519 },
	{ OID("\x13\x0b" "curve25519"), X25519 },
};

static EC_GROUP *_Atomic groups[CURVES];

static bool
span_is(struct span a, const void *data, size_t len)
{
	return a.len == len && memcmp(a.data, data, len) == 0;
}

/* The whole of CKA_EC_PARAMS, as most keys have it. */
static const struct curve *
find_whole(struct span params)
{
	for (size_t i = 0; i < COUNT(curves); i++)
		if (span_is(params, curves[i].oid.data, curves[i].oid.len))
			return &curves[i];
	for (size_t i = 0; i < COUNT(curve_aliases); i++)
		if (span_is(params, curve_aliases[i].params.data,
		    curve_aliases[i].params.len))
			return &curves[curve_aliases[i].curve];
	return NULL;
}

static const struct curve *
find_by_name(struct span name)
{
	for (size_t i = 0; i < COUNT(curves); i++)
		if (span_is(name, curves[i].name, strlen(curves[i].name)))
			return &curves[i];
	for (size_t i = 0; i < COUNT(curve_names); i++)
		if (span_is(name, curve_names[i].name,
		    strlen(curve_names[i].name)))
			return &curves[curve_names[i].curve];
	return NULL;
}

CK_RV
curve_find(CK_KEY_TYPE type, struct span params, const struct curve **out)
{
	const struct curve *found = find_whole(params);
	struct span content;

	if (found == NULL && der_only(params, DER_PRINTABLE_STRING,
	    &content) == CKR_OK)
		found = find_by_name(content);
	else if (found == NULL && der_only(params, DER_OID,
	    &content) != CKR_OK)
		return CKR_DOMAIN_PARAMS_INVALID;
	if (found == NULL || found->type != type)
		return CKR_CURVE_NOT_SUPPORTED;
	*out = found;
	return CKR_OK;
}

const struct curve *
curve_of(const EVP_PKEY *pkey)
{
	char name[64];
	int nid = NID_undef;

	if (EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, name,
	    sizeof(name), NULL) == 1)
		nid = OBJ_txt2nid(name);
	for (size_t i = 0; i < COUNT(curves); i++)
		if (curves[i].nid != 0 ? curves[i].nid == nid
		    : EVP_PKEY_is_a(pkey, curves[i].name))
			return &curves[i];
	return NULL;
}

const EC_GROUP *
curve_group(const struct curve *curve)
{
	EC_GROUP *_Atomic *slot = &groups[curve - curves];
	EC_GROUP *group = atomic_load(slot), *other = NULL;

	if (group != NULL)
		return group;
	group = EC_GROUP_new_by_curve_name_ex(libctx_get(), NULL, curve->nid);
	if (group != NULL &&
	    !atomic_compare_exchange_strong(slot, &other, group)) {
		EC_GROUP_free(group);
		return other;
	}
	return group;
}

static bool
is_point(const struct curve *curve, struct span bytes)
{
	const uint8_t *p = bytes.data;

	if (curve->nid == 0)
		return bytes.len == curve->len;
	if (bytes.len == 1 + 2 * curve->len)
		return p[0] == 4;
	return bytes.len == 1 + curve->len && (p[0] == 2 || p[0] == 3);
}

CK_RV
curve_point(const struct curve *curve, struct span point, struct span *out)
{
	struct span bits, octets;

	if (is_point(curve, point)) {
		*out = point;
		return CKR_OK;
	}
	if (der_only(point, DER_OCTET_STRING, &octets) == CKR_OK &&
	    is_point(curve, octets)) {
		*out = octets;
		return CKR_OK;
	}
	if (der_only(point, DER_BIT_STRING, &bits) == CKR_OK &&
	    bits.len > 1 && *(const uint8_t *)bits.data == 0) {
		bits = (struct span){ (const uint8_t *)bits.data + 1,
			bits.len - 1 };
		if (is_point(curve, bits)) {
			*out = bits;
			return CKR_OK;
		}
	}
	return CKR_ATTRIBUTE_VALUE_INVALID;
}
