/* Words of the families' tables of rows, and the list of the families. */
#ifndef VECS_ROWS_H
#define VECS_ROWS_H

#include "module/mech/mech.h"

struct mech_family {
	const struct mech *rows;
	size_t count;
};

#define FAMILY(rows) { rows, COUNT(rows) }

/* More key types of a row. */
#define KEYS(...) (const CK_KEY_TYPE[]){ __VA_ARGS__, MECH_NO_KEY }

#define V CKF_VERIFY
#define S CKF_SIGN
#define SV (CKF_SIGN | CKF_VERIFY)
#define SVR (CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER)
/* signs and verifies messages too */
#define SVM (SV | CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY | CKF_MULTI_MESSAGE)
#define ED (CKF_ENCRYPT | CKF_DECRYPT)
#define WU (CKF_WRAP | CKF_UNWRAP)
#define KEM (CKF_ENCAPSULATE | CKF_DECAPSULATE)

/* In the standard's units: bits of a modulus, a field or a generated secret,
 * bytes of an AES or HMAC key or of a public key of FIPS 203 to 205. */
#define RSA_SIZES 1024, 8192 /* what is there; generated from 2048 on */
#define EC_SIZES 224, 521
#define HMAC_SIZES 1, 65536
#define AES_SIZES 16, 32
#define ML_DSA_SIZES 1312, 2592
#define ML_KEM_SIZES 800, 1568
#define SLH_DSA_SIZES 32, 64

#define EC_FLAGS (CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME | \
    CKF_EC_UNCOMPRESS | CKF_EC_COMPRESS)

extern const struct mech_family aead_family, cipher_family, cmac_family,
    dh_family, digest_family, dsa_family, ec_family, ecdh_family, eddsa_family,
    encdata_family, hashkdf_family, hkdf_family, hmac_family,
    hybridwrap_family, keygen_family, keywrap_family, ml_dsa_family,
    ml_kem_family, pbkdf2_family, pqkeygen_family, pubfromprv_family,
    rsa_family, rsax509_family, simplekdf_family, slh_dsa_family,
    sp800108_family, tls12_family, tlsmac_family;

#endif
