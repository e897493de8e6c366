/*
 * One row for each CKM_: what it is called with, what it offers, who serves
 * it.  C_GetMechanismList, C_GetMechanismInfo, the check of key against
 * mechanism and the dispatch all read the row and nothing else.
 */
#ifndef VECS_MECH_H
#define VECS_MECH_H

#include <stdbool.h>

#include "module/crypto/key.h"

/* One bit of CKF_ each: CKF_ENCRYPT, CKF_DECRYPT, CKF_DIGEST, CKF_SIGN,
 * CKF_VERIFY, CKF_GENERATE, CKF_GENERATE_KEY_PAIR. */
typedef CK_FLAGS mech_use;

struct mech_ops;

struct mech {
	CK_MECHANISM_TYPE type;
	CK_KEY_TYPE key_type; /* CK_UNAVAILABLE_INFORMATION: no key */
	CK_ULONG min, max;    /* key size, in the standard's unit for the row */
	CK_FLAGS flags;
	const char *md;       /* EVP name of the digest, or NULL */
	int arg;              /* the family's own: padding, mode, ... */
	const struct mech_ops *ops;
};

/* The rows that this build and this libcrypto offer, sorted by type. */
size_t mech_count(void);
const struct mech *mech_at(size_t i);
/* NULL: CKR_MECHANISM_INVALID. */
const struct mech *mech_find(CK_MECHANISM_TYPE type);

/* An operation in progress: started, fed, ended by once or final (whatever they
 * answer), and always let go by op_free, which keeps it ready for the next. */
struct op;

/*
 * Checks the parameter (CKR_MECHANISM_PARAM_INVALID), the key's size
 * (CKR_KEY_SIZE_RANGE) and starts.  The key is held as long as the operation;
 * NULL for digests.  Whether key type and usage flags allow it is the caller's.
 */
CK_RV op_start(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct key *key,
    struct op **out) MUST_USE;
void op_free(struct op *op);
DEFINE_CLEANUP(struct op *, op_free)

/* The most that once, or update and final together, write for in_len more
 * bytes of input: exact for signatures, MACs and digests. */
size_t op_size(const struct op *op, size_t in_len);

/* False for rows that have a single-part form only (CKM_ECDSA, CKM_RSA_PKCS
 * encryption, ...): update and final then answer CKR_FUNCTION_NOT_SUPPORTED. */
bool op_is_multipart(const struct op *op);

/*
 * out has room for op_size bytes; *out_len is set to what was written.  Sign,
 * MAC and digest updates write nothing: out may be NULL.  Input that the row
 * refuses: CKR_DATA_LEN_RANGE, CKR_DATA_INVALID, CKR_ENCRYPTED_DATA_INVALID or
 * CKR_ENCRYPTED_DATA_LEN_RANGE.
 */
CK_RV op_once(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len) MUST_USE;
CK_RV op_update(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len) MUST_USE;
CK_RV op_final(struct op *op, void *out, size_t *out_len) MUST_USE;

/* CKR_OK, CKR_SIGNATURE_INVALID or CKR_SIGNATURE_LEN_RANGE. */
CK_RV op_verify_once(struct op *op, const void *in, size_t in_len,
    const void *sig, size_t sig_len) MUST_USE;
CK_RV op_verify_final(struct op *op, const void *sig,
    size_t sig_len) MUST_USE;

/* What a generation is asked for, from the template. */
struct generate_args {
	CK_ULONG bits;                /* CKA_MODULUS_BITS */
	CK_ULONG len;                 /* CKA_VALUE_LEN */
	struct span public_exponent;  /* absent: 65537 */
	struct span params;           /* CKA_EC_PARAMS */
};

/* Makes a secret key or a key pair; missing or wrong arguments answer
 * CKR_TEMPLATE_INCOMPLETE, CKR_ATTRIBUTE_VALUE_INVALID, CKR_KEY_SIZE_RANGE or
 * CKR_CURVE_NOT_SUPPORTED.  *type is the key's type. */
CK_RV mech_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, CK_KEY_TYPE *type,
    struct key_made *out) MUST_USE;

#endif
