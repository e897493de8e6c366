/*
 * Every attribute of every class, one row each.  Where a row is kinder than the
 * standard, docs/PKCS11.md names it.
 */
#include "module/policy/schema_rows.h"

#include "common/vendor.h"

#define S true
#define P false

#define TIER(name) \
	static const struct tier name = { name##_rows, COUNT(name##_rows) }

/*                                        create generate unwrap derive set       copy */

static const struct attr_row object_rows[] = {
	{ CKA_CLASS, KIND_ULONG,            { MUST,  MAY,   MAY,   MAY,   NEVER,    NEVER    }, P, NONE },
	{ CKA_UNIQUE_ID, KIND_TEXT,         { NEVER, NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
};
TIER(object);

static const struct attr_row storage_rows[] = {
	{ CKA_TOKEN, KIND_BOOL,             { MAY,   MAY,   MAY,   MAY,   NEVER,    MAY      }, P, NO },
	{ CKA_MODIFIABLE, KIND_BOOL,        { MAY,   MAY,   MAY,   MAY,   NEVER,    MAY      }, P, YES },
	{ CKA_LABEL, KIND_TEXT,             { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, EMPTY },
	{ CKA_COPYABLE, KIND_BOOL,          { MAY,   MAY,   MAY,   MAY,   TO_FALSE, TO_FALSE }, P, YES },
	{ CKA_DESTROYABLE, KIND_BOOL,       { MAY,   MAY,   MAY,   MAY,   TO_FALSE, MAY      }, P, YES },
};
TIER(storage);

/* What can move to another store: calls/objects.c judges it.  Grants stay, or
 * whoever may write to a store could bring one there. */
static const struct attr_row movable_rows[] = {
	{ CKA_VECS_STORE, KIND_BYTES,       { NEVER, NEVER, NEVER, NEVER, MAY,      NEVER    }, P, NONE },
};
TIER(movable);

/* Keys that hold a secret are private unless said otherwise. */
static const struct attr_row public_default_rows[] = {
	{ CKA_PRIVATE, KIND_BOOL,           { MAY,   MAY,   MAY,   MAY,   NEVER,    MAY      }, P, NO },
};
TIER(public_default);

static const struct attr_row private_default_rows[] = {
	{ CKA_PRIVATE, KIND_BOOL,           { MAY,   MAY,   MAY,   MAY,   NEVER,    MAY      }, P, YES },
};
TIER(private_default);

static const struct attr_row data_rows[] = {
	{ CKA_APPLICATION, KIND_TEXT,       { MAY,   NEVER, NEVER, MAY,   MAY,      MAY      }, P, EMPTY },
	{ CKA_OBJECT_ID, KIND_BYTES,        { MAY,   NEVER, NEVER, MAY,   MAY,      MAY      }, P, EMPTY },
	{ CKA_VALUE, KIND_BYTES,            { MAY,   NEVER, NEVER, NEVER, MAY,      MAY      }, P, EMPTY },
};
TIER(data);

static const struct attr_row certificate_rows[] = {
	{ CKA_CERTIFICATE_TYPE, KIND_ULONG, { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_TRUSTED, KIND_BOOL,           { MAY,   NEVER, NEVER, NEVER, MAY,      MAY      }, P, NO },
	{ CKA_CERTIFICATE_CATEGORY, KIND_ULONG, { MAY, NEVER, NEVER, NEVER, NEVER,  NEVER    }, P, NONE },
	{ CKA_CHECK_VALUE, KIND_BYTES,      { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_START_DATE, KIND_DATE,        { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_END_DATE, KIND_DATE,          { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_PUBLIC_KEY_INFO, KIND_BYTES,  { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
};
TIER(certificate);

static const struct attr_row x509_rows[] = {
	{ CKA_SUBJECT, KIND_BYTES,          { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_ID, KIND_BYTES,               { MAY,   NEVER, NEVER, NEVER, MAY,      MAY      }, P, EMPTY },
	{ CKA_ISSUER, KIND_BYTES,           { MAY,   NEVER, NEVER, NEVER, MAY,      MAY      }, P, EMPTY },
	{ CKA_SERIAL_NUMBER, KIND_BYTES,    { MAY,   NEVER, NEVER, NEVER, MAY,      MAY      }, P, EMPTY },
	{ CKA_VALUE, KIND_BYTES,            { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_URL, KIND_TEXT,               { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, EMPTY },
	{ CKA_HASH_OF_SUBJECT_PUBLIC_KEY, KIND_BYTES, { MAY, NEVER, NEVER, NEVER, NEVER, NEVER }, P, EMPTY },
	{ CKA_HASH_OF_ISSUER_PUBLIC_KEY, KIND_BYTES, { MAY, NEVER, NEVER, NEVER, NEVER, NEVER }, P, EMPTY },
	{ CKA_JAVA_MIDP_SECURITY_DOMAIN, KIND_ULONG, { MAY, NEVER, NEVER, NEVER, NEVER, NEVER }, P, NONE },
	{ CKA_NAME_HASH_ALGORITHM, KIND_ULONG, { MAY, NEVER, NEVER, NEVER, NEVER,   NEVER    }, P, NONE },
};
TIER(x509);

static const struct attr_row crl_rows[] = {
	{ CKA_SUBJECT, KIND_BYTES,          { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_VALUE, KIND_BYTES,            { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ VECS_CKA_NSS_URL, KIND_TEXT,      { MAY,   NEVER, NEVER, NEVER, MAY,      MAY      }, P, NONE },
	{ VECS_CKA_NSS_KRL, KIND_BOOL,      { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NO },
};
TIER(crl);

static const struct attr_row key_rows[] = {
	{ CKA_KEY_TYPE, KIND_ULONG,         { MUST,  MAY,   MUST,  MAY,   NEVER,    NEVER    }, P, NONE },
	{ CKA_ID, KIND_BYTES,               { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, EMPTY },
	{ CKA_START_DATE, KIND_DATE,        { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, NONE },
	{ CKA_END_DATE, KIND_DATE,          { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, NONE },
	{ CKA_DERIVE, KIND_BOOL,            { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, NO },
	{ CKA_LOCAL, KIND_BOOL,             { NEVER, NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_KEY_GEN_MECHANISM, KIND_ULONG, { NEVER, NEVER, NEVER, NEVER, NEVER,   NEVER    }, P, NONE },
	{ CKA_ALLOWED_MECHANISMS, KIND_MECHS, { MAY, MAY,   MAY,   MAY,   NEVER,    NEVER    }, P, NONE },
};
TIER(key);

static const struct attr_row public_key_rows[] = {
	{ CKA_SUBJECT, KIND_BYTES,          { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, EMPTY },
	{ CKA_ENCRYPT, KIND_BOOL,           { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, YES },
	{ CKA_VERIFY, KIND_BOOL,            { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, YES },
	{ CKA_VERIFY_RECOVER, KIND_BOOL,    { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, NO },
	{ CKA_WRAP, KIND_BOOL,              { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, YES },
	{ CKA_ENCAPSULATE, KIND_BOOL,       { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, NO },
	{ CKA_TRUSTED, KIND_BOOL,           { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, NO },
	{ CKA_PUBLIC_KEY_INFO, KIND_BYTES,  { MAY,   NEVER, MAY,   NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_WRAP_TEMPLATE, KIND_TEMPLATE, { MAY,   MAY,   MAY,   MAY,   NEVER,    NEVER    }, P, NONE },
	{ CKA_ENCAPSULATE_TEMPLATE, KIND_TEMPLATE, { MAY, MAY, MAY, MAY,  NEVER,    NEVER    }, P, NONE },
};
TIER(public_key);

static const struct attr_row private_key_rows[] = {
	{ CKA_SUBJECT, KIND_BYTES,          { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, EMPTY },
	{ CKA_SENSITIVE, KIND_BOOL,         { MAY,   MAY,   MAY,   MAY,   TO_TRUE,  TO_TRUE  }, P, YES },
	{ CKA_DECRYPT, KIND_BOOL,           { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, YES },
	{ CKA_SIGN, KIND_BOOL,              { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, YES },
	{ CKA_SIGN_RECOVER, KIND_BOOL,      { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, NO },
	{ CKA_UNWRAP, KIND_BOOL,            { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, YES },
	{ CKA_DECAPSULATE, KIND_BOOL,       { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, NO },
	{ CKA_EXTRACTABLE, KIND_BOOL,       { MAY,   MAY,   MAY,   MAY,   TO_FALSE, TO_FALSE }, P, NO },
	{ CKA_ALWAYS_SENSITIVE, KIND_BOOL,  { NEVER, NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_NEVER_EXTRACTABLE, KIND_BOOL, { NEVER, NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_WRAP_WITH_TRUSTED, KIND_BOOL, { MAY,   MAY,   MAY,   MAY,   TO_TRUE,  TO_TRUE  }, P, NO },
	{ CKA_ALWAYS_AUTHENTICATE, KIND_BOOL, { MAY, MAY,   MAY,   MAY,   NEVER,    NEVER    }, P, NO },
	{ CKA_PUBLIC_KEY_INFO, KIND_BYTES,  { MAY,   NEVER, MAY,   NEVER, MAY,      MAY      }, P, NONE },
	{ CKA_UNWRAP_TEMPLATE, KIND_TEMPLATE, { MAY, MAY,   MAY,   MAY,   NEVER,    NEVER    }, P, NONE },
	{ CKA_DERIVE_TEMPLATE, KIND_TEMPLATE, { MAY, MAY,   MAY,   MAY,   NEVER,    NEVER    }, P, NONE },
	{ CKA_DECAPSULATE_TEMPLATE, KIND_TEMPLATE, { MAY, MAY, MAY, MAY,  NEVER,    NEVER    }, P, NONE },
};
TIER(private_key);

static const struct attr_row secret_key_rows[] = {
	{ CKA_SENSITIVE, KIND_BOOL,         { MAY,   MAY,   MAY,   MAY,   TO_TRUE,  TO_TRUE  }, P, YES },
	{ CKA_ENCRYPT, KIND_BOOL,           { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, YES },
	{ CKA_DECRYPT, KIND_BOOL,           { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, YES },
	{ CKA_SIGN, KIND_BOOL,              { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, YES },
	{ CKA_VERIFY, KIND_BOOL,            { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, YES },
	{ CKA_WRAP, KIND_BOOL,              { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, YES },
	{ CKA_UNWRAP, KIND_BOOL,            { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, YES },
	{ CKA_EXTRACTABLE, KIND_BOOL,       { MAY,   MAY,   MAY,   MAY,   TO_FALSE, TO_FALSE }, P, NO },
	{ CKA_ALWAYS_SENSITIVE, KIND_BOOL,  { NEVER, NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_NEVER_EXTRACTABLE, KIND_BOOL, { NEVER, NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_CHECK_VALUE, KIND_BYTES,      { MAY,   MAY,   MAY,   MAY,   MAY,      NEVER    }, P, NONE },
	{ CKA_WRAP_WITH_TRUSTED, KIND_BOOL, { MAY,   MAY,   MAY,   MAY,   TO_TRUE,  TO_TRUE  }, P, NO },
	{ CKA_TRUSTED, KIND_BOOL,           { MAY,   MAY,   MAY,   MAY,   MAY,      MAY      }, P, NO },
	{ CKA_VALUE, KIND_BYTES,            { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
	{ CKA_WRAP_TEMPLATE, KIND_TEMPLATE, { MAY,   MAY,   MAY,   MAY,   NEVER,    NEVER    }, P, NONE },
	{ CKA_UNWRAP_TEMPLATE, KIND_TEMPLATE, { MAY, MAY,   MAY,   MAY,   NEVER,    NEVER    }, P, NONE },
	{ CKA_DERIVE_TEMPLATE, KIND_TEMPLATE, { MAY, MAY,   MAY,   MAY,   NEVER,    NEVER    }, P, NONE },
};
TIER(secret_key);

static const struct attr_row sized_rows[] = {
	{ CKA_VALUE_LEN, KIND_ULONG,        { MAY,   MUST,  MAY,   MAY,   NEVER,    NEVER    }, P, NONE },
};
TIER(sized);

/* Types whose length is fixed, or has a default. */
static const struct attr_row fixed_rows[] = {
	{ CKA_VALUE_LEN, KIND_ULONG,        { MAY,   MAY,   MAY,   MAY,   NEVER,    NEVER    }, P, NONE },
};
TIER(fixed);

static const struct attr_row rsa_public_rows[] = {
	{ CKA_MODULUS, KIND_NUMBER,         { MUST,  NEVER, MUST,  NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_MODULUS_BITS, KIND_ULONG,     { MAY,   MUST,  MAY,   NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_PUBLIC_EXPONENT, KIND_NUMBER, { MUST,  MAY,   MUST,  NEVER, NEVER,    NEVER    }, P, NONE },
};
TIER(rsa_public);

static const struct attr_row rsa_private_rows[] = {
	{ CKA_MODULUS, KIND_NUMBER,         { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_PUBLIC_EXPONENT, KIND_NUMBER, { MAY,   MAY,   NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_PRIVATE_EXPONENT, KIND_NUMBER, { MUST, NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
	{ CKA_PRIME_1, KIND_NUMBER,         { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
	{ CKA_PRIME_2, KIND_NUMBER,         { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
	{ CKA_EXPONENT_1, KIND_NUMBER,      { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
	{ CKA_EXPONENT_2, KIND_NUMBER,      { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
	{ CKA_COEFFICIENT, KIND_NUMBER,     { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
};
TIER(rsa_private);

static const struct attr_row ec_public_rows[] = {
	{ CKA_EC_PARAMS, KIND_BYTES,        { MUST,  MUST,  MUST,  NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_EC_POINT, KIND_BYTES,         { MUST,  NEVER, MUST,  NEVER, NEVER,    NEVER    }, P, NONE },
};
TIER(ec_public);

static const struct attr_row ec_private_rows[] = {
	{ CKA_EC_PARAMS, KIND_BYTES,        { MUST,  MAY,   NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_EC_POINT, KIND_BYTES,         { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_VALUE, KIND_NUMBER,           { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
};
TIER(ec_private);

/* The bytes of an Edwards key are no number: zeros in front count. */
static const struct attr_row edwards_private_rows[] = {
	{ CKA_EC_PARAMS, KIND_BYTES,        { MUST,  MAY,   NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_EC_POINT, KIND_BYTES,         { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_VALUE, KIND_BYTES,            { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
};
TIER(edwards_private);

static const struct attr_row dh_public_rows[] = {
	{ CKA_PRIME, KIND_NUMBER,           { MUST,  MUST,  MUST,  NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_BASE, KIND_NUMBER,            { MUST,  MUST,  MUST,  NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_VALUE, KIND_NUMBER,           { MUST,  NEVER, MUST,  NEVER, NEVER,    NEVER    }, P, NONE },
};
TIER(dh_public);

static const struct attr_row dh_private_rows[] = {
	{ CKA_PRIME, KIND_NUMBER,           { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_BASE, KIND_NUMBER,            { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_VALUE, KIND_NUMBER,           { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
};
TIER(dh_private);

static const struct attr_row dh_bits_rows[] = {
	{ CKA_VALUE_BITS, KIND_ULONG,       { NEVER, MAY,   NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
};
TIER(dh_bits);

static const struct attr_row subprime_public_rows[] = {
	{ CKA_SUBPRIME, KIND_NUMBER,        { MUST,  MUST,  MUST,  NEVER, NEVER,    NEVER    }, P, NONE },
};
TIER(subprime_public);

static const struct attr_row subprime_private_rows[] = {
	{ CKA_SUBPRIME, KIND_NUMBER,        { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
};
TIER(subprime_private);

/* ML-DSA, ML-KEM, SLH-DSA */
static const struct attr_row lattice_public_rows[] = {
	{ CKA_PARAMETER_SET, KIND_ULONG,    { MUST,  MUST,  MUST,  NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_VALUE, KIND_BYTES,            { MUST,  NEVER, MUST,  NEVER, NEVER,    NEVER    }, P, NONE },
};
TIER(lattice_public);

static const struct attr_row lattice_private_rows[] = {
	{ CKA_PARAMETER_SET, KIND_ULONG,    { MUST,  MAY,   NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
};
TIER(lattice_private);

/* One of the two is enough; the value is filled in, the seed cannot be. */
static const struct attr_row seed_rows[] = {
	{ CKA_SEED, KIND_BYTES,             { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
	{ CKA_VALUE, KIND_BYTES,            { MAY,   NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
};
TIER(seed);

static const struct attr_row seedless_rows[] = {
	{ CKA_VALUE, KIND_BYTES,            { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, S, NONE },
};
TIER(seedless);

static const struct attr_row grant_rows[] = {
	{ CKA_VECS_PRINCIPAL, KIND_TEXT,    { MUST,  NEVER, NEVER, NEVER, NEVER,    NEVER    }, P, NONE },
	{ CKA_VECS_RIGHTS, KIND_TEXT,       { MUST,  NEVER, NEVER, NEVER, MAY,      NEVER    }, P, NONE },
};
TIER(grant);

const struct tier *const tiers[] = { &object, &storage, &movable,
	&public_default, &private_default, &certificate, &x509, &key,
	&private_key, &public_key, &secret_key, &data, &rsa_private,
	&rsa_public, &ec_private, &ec_public, &edwards_private, &crl, &grant,
	&sized, &fixed, &dh_public, &dh_private, &dh_bits, &subprime_public,
	&subprime_private, &lattice_public, &lattice_private, &seed,
	&seedless };

const size_t tier_count = COUNT(tiers);

#define NO_SUB CK_UNAVAILABLE_INFORMATION
#define PUBLIC_KEY &object, &storage, &movable, &public_default, &key, &public_key
#define PRIVATE_KEY &object, &storage, &movable, &private_default, &key, &private_key
#define SECRET_KEY &object, &storage, &movable, &private_default, &key, &secret_key

const struct schema schemas[] = {
	{ CKO_DATA, NO_SUB, { &object, &storage, &movable, &public_default, &data } },
	{ CKO_CERTIFICATE, CKC_X_509, { &object, &storage, &movable, &public_default, &certificate, &x509 } },
	{ VECS_CKO_NSS_CRL, NO_SUB, { &object, &storage, &movable, &public_default, &crl } },
	{ CKO_PUBLIC_KEY, CKK_RSA, { PUBLIC_KEY, &rsa_public } },
	{ CKO_PUBLIC_KEY, CKK_EC, { PUBLIC_KEY, &ec_public } },
	{ CKO_PUBLIC_KEY, CKK_EC_EDWARDS, { PUBLIC_KEY, &ec_public } },
	{ CKO_PRIVATE_KEY, CKK_RSA, { PRIVATE_KEY, &rsa_private } },
	{ CKO_PRIVATE_KEY, CKK_EC, { PRIVATE_KEY, &ec_private } },
	{ CKO_PRIVATE_KEY, CKK_EC_EDWARDS, { PRIVATE_KEY, &edwards_private } },
	{ CKO_PUBLIC_KEY, CKK_EC_MONTGOMERY, { PUBLIC_KEY, &ec_public } },
	{ CKO_PUBLIC_KEY, CKK_DH, { PUBLIC_KEY, &dh_public } },
	{ CKO_PUBLIC_KEY, CKK_X9_42_DH, { PUBLIC_KEY, &dh_public, &subprime_public } },
	{ CKO_PUBLIC_KEY, CKK_DSA, { PUBLIC_KEY, &dh_public, &subprime_public } },
	{ CKO_PUBLIC_KEY, CKK_ML_DSA, { PUBLIC_KEY, &lattice_public } },
	{ CKO_PUBLIC_KEY, CKK_ML_KEM, { PUBLIC_KEY, &lattice_public } },
	{ CKO_PUBLIC_KEY, CKK_SLH_DSA, { PUBLIC_KEY, &lattice_public } },
	{ CKO_PRIVATE_KEY, CKK_EC_MONTGOMERY, { PRIVATE_KEY, &edwards_private } },
	{ CKO_PRIVATE_KEY, CKK_DH, { PRIVATE_KEY, &dh_private, &dh_bits } },
	{ CKO_PRIVATE_KEY, CKK_X9_42_DH, { PRIVATE_KEY, &dh_private, &subprime_private } },
	{ CKO_PRIVATE_KEY, CKK_DSA, { PRIVATE_KEY, &dh_private, &subprime_private } },
	{ CKO_PRIVATE_KEY, CKK_ML_DSA, { PRIVATE_KEY, &lattice_private, &seed } },
	{ CKO_PRIVATE_KEY, CKK_ML_KEM, { PRIVATE_KEY, &lattice_private, &seed } },
	{ CKO_PRIVATE_KEY, CKK_SLH_DSA, { PRIVATE_KEY, &lattice_private, &seedless } },
	{ CKO_SECRET_KEY, CKK_GENERIC_SECRET, { SECRET_KEY, &sized } },
	{ CKO_SECRET_KEY, CKK_AES, { SECRET_KEY, &sized } },
	{ CKO_SECRET_KEY, CKK_AES_XTS, { SECRET_KEY, &sized } },
	{ CKO_SECRET_KEY, CKK_CAMELLIA, { SECRET_KEY, &sized } },
	{ CKO_SECRET_KEY, CKK_HKDF, { SECRET_KEY, &sized } },
	{ CKO_SECRET_KEY, CKK_DES, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_DES2, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_DES3, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_CHACHA20, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_POLY1305, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_MD5_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_SHA_1_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_SHA224_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_SHA256_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_SHA384_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_SHA512_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_SHA512_224_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_SHA512_256_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_SHA3_224_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_SHA3_256_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_SHA3_384_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_SHA3_512_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_BLAKE2B_160_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_BLAKE2B_256_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_BLAKE2B_384_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_SECRET_KEY, CKK_BLAKE2B_512_HMAC, { SECRET_KEY, &fixed } },
	{ CKO_VECS_GRANT, NO_SUB, { &object, &storage, &public_default, &grant } },
};

const size_t schema_count = COUNT(schemas);
