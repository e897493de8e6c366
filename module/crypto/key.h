/*
 * A key ready for use: an EVP_PKEY of our own context, or the bytes of a secret
 * key, with a pool of prepared contexts so that a signature costs no set-up.
 * Shared by reference, used by any number of threads at once.
 */
#ifndef VECS_KEY_H
#define VECS_KEY_H

#include "common/secret.h"
#include "common/span.h"

struct key;

/*
 * The key's parts as the standard's attributes hold them: big numbers are
 * big-endian, params is DER (or PrintableString for Edwards curves), point is
 * the DER OCTET STRING of CKA_EC_POINT (raw bytes and BIT STRING are accepted),
 * value is CKA_VALUE.  Absent parts have data NULL.
 */
struct key_parts {
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;
	struct span modulus, public_exponent, private_exponent;
	struct span prime_1, prime_2, exponent_1, exponent_2, coefficient;
	struct span params, point, value;
	struct span prime, subprime, base, seed; /* of DH, DSA, lattices */
	CK_ULONG parameter_set; /* CKP_*, or CK_UNAVAILABLE_INFORMATION */
};

/* The same, generated: the scope that holds it wipes it by key_made_wipe. */
struct key_made {
	struct secret modulus, public_exponent, private_exponent;
	struct secret prime_1, prime_2, exponent_1, exponent_2, coefficient;
	struct secret params, point, value;
	struct secret prime, subprime, base, seed;
	struct secret public_value; /* CKA_VALUE of the public half */
	CK_ULONG parameter_set; /* 0: the key has none */
	struct secret spki; /* DER SubjectPublicKeyInfo, CKA_PUBLIC_KEY_INFO */
};

/*
 * Checks the parts and makes a key with one reference.  Parts that do not make
 * a key: CKR_ATTRIBUTE_VALUE_INVALID; a curve that is not offered:
 * CKR_CURVE_NOT_SUPPORTED, such a set CKR_PARAMETER_SET_NOT_SUPPORTED; a needed
 * part absent: CKR_TEMPLATE_INCOMPLETE.  Private RSA keys may come without
 * primes, EC private keys without a point, ML-DSA and ML-KEM ones with one of
 * seed and value.
 */
CK_RV key_new(const struct key_parts *parts, struct key **out) MUST_USE;

struct key *key_hold(struct key *key);
void key_put(struct key *key);
DEFINE_CLEANUP(struct key *, key_put)

/* RSA: bits of the modulus; EC: of the field; DH and DSA: of the prime; secret:
 * bytes times eight. */
unsigned key_bits(const struct key *key);

/* DER SubjectPublicKeyInfo of an asymmetric key, private ones too. */
CK_RV key_spki(const struct key *key, struct secret *out) MUST_USE;

/* What the token fills in for an imported or generated asymmetric key:
 * CKA_PUBLIC_EXPONENT of a private key that came without, the point of an EC
 * private key, spki.  Only members that the key determines are set. */
CK_RV key_public_parts(const struct key *key, struct key_made *out) MUST_USE;

/* All attributes of a private key, those too that it came without. */
CK_RV key_private_parts(const struct key *key, struct key_made *out) MUST_USE;

/* What key_new leaves out because it takes long: that the halves of a private
 * key that holds both belong together; CKR_ATTRIBUTE_VALUE_INVALID. */
CK_RV key_prove(const struct key *key) MUST_USE;

void key_made_wipe(struct key_made *made);

#endif
