/*
 * Operations in progress: encryption, digests, signatures, MACs, messages.
 * Started once with all that is decided, then fed.
 */
#ifndef VECS_RUN_H
#define VECS_RUN_H

#include "module/mech/mech.h"

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

const struct mech *op_mech(const struct op *op);
/* NULL for a digest. */
const struct key *op_key(const struct op *op);

/* Starts over, with the same key and parameter: the next message of 5.14. */
CK_RV op_again(struct op *op) MUST_USE;

/* The most that once, or update and final together, write for in_len more
 * bytes of input: exact for signatures, MACs, digests and encryptions. */
size_t op_size(const struct op *op, size_t in_len);
/* Exactly what an update writes. */
size_t op_update_size(const struct op *op, size_t in_len);

/* False for rows that have a single-part form only (CKM_ECDSA, CKM_RSA_PKCS
 * encryption, ...): update and final then answer CKR_FUNCTION_NOT_SUPPORTED. */
bool op_is_multipart(const struct op *op);

/*
 * out has room for op_size (op_update_size) bytes; *out_len is set to what was
 * written.  Sign, MAC and digest updates write nothing: out may be NULL.  Input
 * and output may be the same memory.  Input that the row refuses:
 * CKR_DATA_LEN_RANGE, CKR_DATA_INVALID, CKR_ENCRYPTED_DATA_INVALID,
 * CKR_ENCRYPTED_DATA_LEN_RANGE or CKR_AEAD_DECRYPT_FAILED.
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

/*
 * Messages (5.9, 5.11), of operations started with CKF_MESSAGE_ENCRYPT or
 * CKF_MESSAGE_DECRYPT: begin, parts, end, and again.  parameter is the caller's
 * structure, into which a generated IV and the tag go; it is checked each time.
 * next writes op_update_size bytes, end at most op_size(op, 0).
 */
CK_RV op_message_begin(struct op *op, void *parameter, size_t len,
    struct span aad) MUST_USE;
CK_RV op_message_end(struct op *op, void *parameter, size_t len, void *out,
    size_t *out_len) MUST_USE;
/* The token makes IVs here: a fork must not copy it. */
bool op_makes_ivs(const struct op *op);

/* The state of a digest or MAC (5.6, C_GetOperationState) as bytes of our own,
 * to be sealed by the caller; CKR_STATE_UNSAVEABLE. */
CK_RV op_save(const struct op *op, struct secret *out) MUST_USE;
/* CKR_SAVED_STATE_INVALID.  key as for op_start. */
CK_RV op_restore(const struct mech *mech, mech_use use, struct span state,
    struct key *key, struct op **out) MUST_USE;

#endif
