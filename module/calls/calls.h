/*
 * The calls of PKCS#11 by chapter of the standard, as the entry points hand
 * them on: context or session found and held, everything else still to judge.
 * Each answers what the standard's section of the same name says.
 */
#ifndef VECS_CALLS_H
#define VECS_CALLS_H

#include "module/calls/instance.h"
#include "module/session/session.h"

/* Where a result goes: data NULL asks for the length. */
struct output {
	CK_BYTE *data;
	CK_ULONG *len;
};

#define CALL CK_RV MUST_USE_CALL
#define MUST_USE_CALL __attribute__((warn_unused_result))

/* General purpose, slots and tokens (5.4, 5.5) */
CALL get_info(CK_INFO *out);
CALL slot_list(struct context *c, CK_BBOOL present, CK_SLOT_ID *out,
    CK_ULONG *count);
CALL slot_info(struct context *c, CK_SLOT_ID slot, CK_SLOT_INFO *out);
CALL token_info(struct context *c, CK_SLOT_ID slot, CK_TOKEN_INFO *out);
CALL mechanism_list(struct context *c, CK_SLOT_ID slot,
    CK_MECHANISM_TYPE *out, CK_ULONG *count);
CALL mechanism_info(struct context *c, CK_SLOT_ID slot,
    CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *out);
CALL init_token(struct context *c, CK_SLOT_ID slot, const CK_UTF8CHAR *pin,
    CK_ULONG pin_len, const CK_UTF8CHAR *label);
CALL init_pin(struct session *s, const CK_UTF8CHAR *pin, CK_ULONG len);
CALL set_pin(struct session *s, const CK_UTF8CHAR *old, CK_ULONG old_len,
    const CK_UTF8CHAR *new, CK_ULONG new_len);

/* Sessions (5.6) */
CALL open_session(struct context *c, CK_SLOT_ID slot, CK_FLAGS flags,
    CK_SESSION_HANDLE *out);
CALL close_session(struct session *s);
CALL close_all_sessions(struct context *c, CK_SLOT_ID slot);
CALL session_info(struct session *s, CK_SESSION_INFO *out);
CALL validation_flags(struct session *s, CK_ULONG type, CK_FLAGS *out);
CALL session_cancel(struct session *s, CK_FLAGS flags);
CALL login(struct session *s, CK_USER_TYPE who, const CK_UTF8CHAR *pin,
    CK_ULONG len);
CALL login_user(struct session *s, CK_USER_TYPE who, struct span pin,
    struct span name);
CALL logout(struct session *s);

/* Objects (5.7) */
CALL create_object(struct session *s, const CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *out);
CALL copy_object(struct session *s, CK_OBJECT_HANDLE object,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out);
CALL destroy_object(struct session *s, CK_OBJECT_HANDLE object);
CALL object_size(struct session *s, CK_OBJECT_HANDLE object, CK_ULONG *out);
CALL get_attributes(struct session *s, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *t, CK_ULONG n);
CALL set_attributes(struct session *s, CK_OBJECT_HANDLE object,
    const CK_ATTRIBUTE *t, CK_ULONG n);
CALL find_init(struct session *s, const CK_ATTRIBUTE *t, CK_ULONG n);
CALL find_next(struct session *s, CK_OBJECT_HANDLE *out, CK_ULONG max,
    CK_ULONG *count);
CALL find_final(struct session *s);

/* Encryption, decryption, digests, signatures, MACs and their verification
 * (5.8 to 5.15): one story, the kind tells which */
CALL crypt_init(struct session *s, enum operation_kind kind,
    const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
CALL digest_init(struct session *s, const CK_MECHANISM *mechanism);
CALL digest_key(struct session *s, CK_OBJECT_HANDLE key);
CALL crypt_once(struct session *s, enum operation_kind kind,
    const CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len);
CALL crypt_update(struct session *s, enum operation_kind kind,
    const CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len);
CALL crypt_final(struct session *s, enum operation_kind kind, CK_BYTE *out,
    CK_ULONG *out_len);
/* Updates that give nothing back: sign, verify, digest */
CALL crypt_absorb(struct session *s, enum operation_kind kind,
    const CK_BYTE *in, CK_ULONG in_len);
CALL verify_once(struct session *s, const CK_BYTE *in, CK_ULONG in_len,
    const CK_BYTE *signature, CK_ULONG len);
CALL verify_final(struct session *s, const CK_BYTE *signature, CK_ULONG len);
CALL verify_signature_init(struct session *s, const CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key, const CK_BYTE *signature, CK_ULONG len);
CALL verify_signature_once(struct session *s, const CK_BYTE *in,
    CK_ULONG in_len);
CALL verify_signature_final(struct session *s);

/* Two operations in one pass (5.17); other: digest or sign, digest or verify */
CALL dual_encrypt(struct session *s, enum operation_kind other,
    const CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len);
CALL dual_decrypt(struct session *s, enum operation_kind other,
    const CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len);

/* Messages (5.9, 5.11, 5.14, 5.16), begun by crypt_init */
struct message {
	void *parameter;
	CK_ULONG parameter_len;
	struct span aad;
	CK_FLAGS flags; /* CKF_END_OF_MESSAGE */
};
CALL crypt_message(struct session *s, enum operation_kind kind,
    const struct message *message, struct span in, CK_BYTE *out,
    CK_ULONG *out_len);
CALL crypt_message_begin(struct session *s, enum operation_kind kind,
    const struct message *message);
CALL crypt_message_next(struct session *s, enum operation_kind kind,
    const struct message *message, struct span in, CK_BYTE *out,
    CK_ULONG *out_len);
CALL sign_message(struct session *s, const struct message *message,
    struct span in, CK_BYTE *out, CK_ULONG *out_len);
CALL sign_message_begin(struct session *s, enum operation_kind kind,
    const struct message *message);
CALL sign_message_next(struct session *s, struct span in, CK_BYTE *out,
    CK_ULONG *out_len);
CALL verify_message(struct session *s, const struct message *message,
    struct span in, struct span signature);
CALL verify_message_next(struct session *s, struct span in,
    struct span signature);
CALL message_final(struct session *s, enum operation_kind kind);

/* The state of an operation (5.6) */
CALL get_operation_state(struct session *s, CK_BYTE *out, CK_ULONG *out_len);
CALL set_operation_state(struct session *s, const CK_BYTE *state,
    CK_ULONG len, CK_OBJECT_HANDLE encryption_key,
    CK_OBJECT_HANDLE authentication_key);

/* Events (5.5): enters the library by itself, as it may wait */
CALL events_begin(struct context *c);
CALL wait_for_slot_event(CK_FLAGS flags, CK_SLOT_ID *out);

/* Keys (5.18) and random numbers (5.19); aad NULL: not authenticated */
struct template {
	const CK_ATTRIBUTE *list;
	CK_ULONG count;
};
CALL generate_key(struct session *s, const CK_MECHANISM *mechanism,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out);
CALL generate_key_pair(struct session *s, const CK_MECHANISM *mechanism,
    const CK_ATTRIBUTE *public_t, CK_ULONG public_n,
    const CK_ATTRIBUTE *private_t, CK_ULONG private_n,
    CK_OBJECT_HANDLE *public_out, CK_OBJECT_HANDLE *private_out);
CALL wrap_key(struct session *s, const CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, const struct span *aad,
    const struct output *out);
CALL unwrap_key(struct session *s, const CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE unwrapping, struct span wrapped, const struct span *aad,
    const struct template *t, CK_OBJECT_HANDLE *out);
CALL derive_key(struct session *s, const CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE base, const struct template *t, CK_OBJECT_HANDLE *out);
CALL encapsulate_key(struct session *s, const CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE public, const struct template *t,
    const struct output *ciphertext, CK_OBJECT_HANDLE *out);
CALL decapsulate_key(struct session *s, const CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE private, const struct template *t, struct span ciphertext,
    CK_OBJECT_HANDLE *out);
CALL seed_random(struct session *s, const CK_BYTE *seed, CK_ULONG len);
CALL generate_random(struct session *s, CK_BYTE *out, CK_ULONG len);

#endif
