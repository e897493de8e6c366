/* The table of mechanisms, sorted by number: each row whole in itself. */
#include "module/mech/mech.h"

#include <openssl/rsa.h>
#include <pthread.h>

#include "module/crypto/digest.h"
#include "module/mech/op.h"

#define NO_KEY CK_UNAVAILABLE_INFORMATION
#define V CKF_VERIFY
#define SV (CKF_SIGN | CKF_VERIFY)
#define ED (CKF_ENCRYPT | CKF_DECRYPT)
#define ED_CURVES (CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME)
#define EC (CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME | \
    CKF_EC_UNCOMPRESS | CKF_EC_COMPRESS)
#define PKCS1 RSA_PKCS1_PADDING
#define PSS RSA_PKCS1_PSS_PADDING
#define OAEP RSA_PKCS1_OAEP_PADDING

/* In the standard's units: bits of a modulus, a field or a generated secret,
 * bytes of an AES or HMAC key. */
#define RSA_SIZES 2048, 8192
#define EC_SIZES 256, 521
#define SECRET_SIZES 8, 8 * 65536
#define HMAC_SIZES 1, 65536

static const struct mech mechs[] = {
	{ CKM_RSA_PKCS_KEY_PAIR_GEN, CKK_RSA, RSA_SIZES, CKF_GENERATE_KEY_PAIR,
	    NULL, 0, &rsa_keygen_ops },
	{ CKM_RSA_PKCS, CKK_RSA, RSA_SIZES, SV | ED,
	    NULL, PKCS1, &rsa_pkcs1_ops },
	{ CKM_SHA1_RSA_PKCS, CKK_RSA, RSA_SIZES, V,
	    "SHA1", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_RSA_PKCS_OAEP, CKK_RSA, RSA_SIZES, ED,
	    NULL, OAEP, &rsa_oaep_ops },
	{ CKM_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    NULL, PSS, &rsa_pss_ops },
	{ CKM_SHA1_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, V,
	    "SHA1", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA256_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-256", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA384_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-384", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA512_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-512", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA256_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-256", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA384_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-384", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA512_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-512", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA224_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-224", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA224_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA2-224", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA512_224, NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA2-512/224", 0, &digest_ops },
	{ CKM_SHA512_224_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-512/224", 0, &hmac_ops },
	{ CKM_SHA512_224_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-512/224", 1, &hmac_general_ops },
	{ CKM_SHA512_256, NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA2-512/256", 0, &digest_ops },
	{ CKM_SHA512_256_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-512/256", 0, &hmac_ops },
	{ CKM_SHA512_256_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-512/256", 1, &hmac_general_ops },
	{ CKM_SHA3_256_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-256", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA3_384_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-384", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA3_512_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-512", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA3_256_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-256", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA3_384_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-384", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA3_512_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-512", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA3_224_RSA_PKCS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-224", PKCS1, &rsa_pkcs1_hash_ops },
	{ CKM_SHA3_224_RSA_PKCS_PSS, CKK_RSA, RSA_SIZES, SV,
	    "SHA3-224", PSS, &rsa_pss_hash_ops },
	{ CKM_SHA_1, NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA1", 0, &digest_ops },
	{ CKM_SHA_1_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA1", 0, &hmac_ops },
	{ CKM_SHA_1_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA1", 1, &hmac_general_ops },
	{ CKM_SHA256, NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA2-256", 0, &digest_ops },
	{ CKM_SHA256_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-256", 0, &hmac_ops },
	{ CKM_SHA256_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-256", 1, &hmac_general_ops },
	{ CKM_SHA224, NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA2-224", 0, &digest_ops },
	{ CKM_SHA224_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-224", 0, &hmac_ops },
	{ CKM_SHA224_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-224", 1, &hmac_general_ops },
	{ CKM_SHA384, NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA2-384", 0, &digest_ops },
	{ CKM_SHA384_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-384", 0, &hmac_ops },
	{ CKM_SHA384_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-384", 1, &hmac_general_ops },
	{ CKM_SHA512, NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA2-512", 0, &digest_ops },
	{ CKM_SHA512_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-512", 0, &hmac_ops },
	{ CKM_SHA512_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA2-512", 1, &hmac_general_ops },
	{ CKM_SHA3_256, NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA3-256", 0, &digest_ops },
	{ CKM_SHA3_256_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-256", 0, &hmac_ops },
	{ CKM_SHA3_256_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-256", 1, &hmac_general_ops },
	{ CKM_SHA3_224, NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA3-224", 0, &digest_ops },
	{ CKM_SHA3_224_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-224", 0, &hmac_ops },
	{ CKM_SHA3_224_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-224", 1, &hmac_general_ops },
	{ CKM_SHA3_384, NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA3-384", 0, &digest_ops },
	{ CKM_SHA3_384_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-384", 0, &hmac_ops },
	{ CKM_SHA3_384_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-384", 1, &hmac_general_ops },
	{ CKM_SHA3_512, NO_KEY, 0, 0, CKF_DIGEST,
	    "SHA3-512", 0, &digest_ops },
	{ CKM_SHA3_512_HMAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-512", 0, &hmac_ops },
	{ CKM_SHA3_512_HMAC_GENERAL, CKK_GENERIC_SECRET, HMAC_SIZES, SV,
	    "SHA3-512", 1, &hmac_general_ops },
	{ CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, SECRET_SIZES,
	    CKF_GENERATE, NULL, 1, &secret_keygen_ops },
	{ CKM_EC_KEY_PAIR_GEN, CKK_EC, EC_SIZES, CKF_GENERATE_KEY_PAIR | EC,
	    NULL, 0, &ec_keygen_ops },
	{ CKM_ECDSA, CKK_EC, EC_SIZES, SV | EC,
	    NULL, 0, &ecdsa_ops },
	{ CKM_ECDSA_SHA1, CKK_EC, EC_SIZES, V | EC,
	    "SHA1", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA224, CKK_EC, EC_SIZES, SV | EC,
	    "SHA2-224", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA256, CKK_EC, EC_SIZES, SV | EC,
	    "SHA2-256", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA384, CKK_EC, EC_SIZES, SV | EC,
	    "SHA2-384", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA512, CKK_EC, EC_SIZES, SV | EC,
	    "SHA2-512", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA3_224, CKK_EC, EC_SIZES, SV | EC,
	    "SHA3-224", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA3_256, CKK_EC, EC_SIZES, SV | EC,
	    "SHA3-256", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA3_384, CKK_EC, EC_SIZES, SV | EC,
	    "SHA3-384", 0, &ecdsa_hash_ops },
	{ CKM_ECDSA_SHA3_512, CKK_EC, EC_SIZES, SV | EC,
	    "SHA3-512", 0, &ecdsa_hash_ops },
	{ CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, 255, 448,
	    CKF_GENERATE_KEY_PAIR | ED_CURVES, NULL, 0, &ec_keygen_ops },
	{ CKM_EDDSA, CKK_EC_EDWARDS, 255, 448, SV | ED_CURVES,
	    NULL, 0, &eddsa_ops },
	{ CKM_AES_KEY_GEN, CKK_AES, 16, 32, CKF_GENERATE,
	    NULL, 8, &aes_keygen_ops },
};

static pthread_once_t offered_once = PTHREAD_ONCE_INIT;
static const struct mech *offered[COUNT(mechs)];
static size_t offered_count;

/* What this libcrypto has not is left out. */
static bool
is_offered(const struct mech *mech)
{
	return mech->md == NULL || digest_find(mech->md) != NULL;
}

static void
offered_fill(void)
{
	for (size_t i = 0; i < COUNT(mechs); i++)
		if (is_offered(&mechs[i]))
			offered[offered_count++] = &mechs[i];
}

size_t
mech_count(void)
{
	pthread_once(&offered_once, offered_fill);
	return offered_count;
}

const struct mech *
mech_at(size_t i)
{
	return i < mech_count() ? offered[i] : NULL;
}

/* Asks about its own row only: a first signature fetches one digest. */
const struct mech *
mech_find(CK_MECHANISM_TYPE type)
{
	size_t low = 0, high = COUNT(mechs);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (mechs[middle].type < type)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == COUNT(mechs) || mechs[low].type != type ||
	    !is_offered(&mechs[low]))
		return NULL;
	return &mechs[low];
}
