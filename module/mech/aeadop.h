/*
 * An authenticated cipher's context: started with an IV and additional data,
 * fed, sealed or opened.  For aead.c alone.
 */
#ifndef VECS_AEADOP_H
#define VECS_AEADOP_H

#include "module/mech/aeadparam.h"
#include "module/mech/op.h"

#define AEAD_INPUT_MAX (1UL << 30) /* libcrypto counts in int */
#define AEAD_TAG_MAX 16

bool aeadop_is_message(mech_use use);
bool aeadop_encrypts(const struct op *op);
enum aead_scheme aeadop_scheme_of(const struct op *op);
/* Is what is fed written at once? */
bool aeadop_streams(const struct op *op);

/* With the key, ready to start. */
CK_RV aeadop_prepare(struct op *op);
/* IV and additional data of op->param in; CCM waits for its lengths. */
CK_RV aeadop_start(struct op *op) MUST_USE;

/* Writes the part when it streams, and keeps it when not. */
CK_RV aeadop_step(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len) MUST_USE;

/* The last of the input, after what was kept; tag has op->param.len bytes. */
CK_RV aeadop_seal(struct op *op, struct span in, uint8_t *out, size_t *out_len,
    uint8_t *tag) MUST_USE;
/* All of the input: CKR_AEAD_DECRYPT_FAILED, and out is wiped. */
CK_RV aeadop_open(struct op *op, struct span in, const uint8_t *tag,
    uint8_t *out, size_t *out_len) MUST_USE;
/* The tag stands behind the data. */
CK_RV aeadop_open_tagged(struct op *op, struct span in, uint8_t *out,
    size_t *out_len) MUST_USE;
/* All input of a decryption: what was kept and this. */
CK_RV aeadop_whole(struct op *op, struct span *in) MUST_USE;

#endif
