/*
 * What the calls on operations with keys share: which key may be used for
 * what, the states of an operation, and the length protocol of 5.2.
 */
#ifndef VECS_OPERATE_H
#define VECS_OPERATE_H

#include "module/calls/calls.h"
#include "module/calls/resolve.h"

/* Uses of a key beside those in operations of a session. */
enum key_use {
	USE_WRAP = OPERATION_COUNT,
	USE_UNWRAP,
	USE_DERIVE,
	USE_ENCAPSULATE,
	USE_DECAPSULATE,
	USE_COUNT
};

/* One row for each enum operation_kind and enum key_use: what the mechanism
 * and the key must allow, and the answers about the key. */
struct use {
	CK_FLAGS flag;
	CK_ATTRIBUTE_TYPE allowed_by;
	CK_OBJECT_CLASS class; /* of an asymmetric key */
	CK_RV bad_handle, bad_type, bad_size;
};
extern const struct use uses[USE_COUNT];

/* A key as a use finds it. */
struct key_ref {
	struct object *object;
	struct key *key;
	bool always_authenticates; /* asks for a login of its own */
};
void key_ref_put(struct key_ref *ref);

/* The key behind a handle, if it may be used so with this mechanism. */
CK_RV key_for(struct session *s, unsigned use, const struct mech *mech,
    CK_OBJECT_HANDLE handle, struct key_ref *out) MUST_USE;
/* CKA_ALLOWED_MECHANISMS, where the key has it (4.9). */
bool key_allows(const struct object *o, CK_MECHANISM_TYPE type);
/* The object behind a handle that must be a key's. */
CK_RV key_object(struct session *s, unsigned use, CK_OBJECT_HANDLE handle,
    struct object **out) MUST_USE;
/* The size code of the use instead of CKR_KEY_SIZE_RANGE. */
CK_RV use_answer(unsigned use, CK_RV rv);

/* In progress, of the wanted form (else CKR_OPERATION_ACTIVE), and not waiting
 * for a login. */
enum form { ONCE, UPDATE, FINAL };
CK_RV operation_check(const struct operation *operation,
    enum form form) MUST_USE;
/* The same, and a wrong form ends the operation. */
CK_RV operation_enter(struct operation *operation, enum form form) MUST_USE;
/* Ends it; rv is handed through. */
CK_RV operation_ended(struct operation *operation, CK_RV rv);
/* Ends it unless a larger buffer may follow. */
CK_RV operation_answered(struct operation *operation, CK_RV rv);
/* An init call without a mechanism ends what is active (5.8 to 5.15). */
CK_RV cancel_or_active(struct operation *operation,
    const CK_MECHANISM *mechanism) MUST_USE;
void operation_begin(struct operation *operation, struct op *op);

bool bytes_given(const void *in, CK_ULONG len);

typedef CK_RV (*step_fn)(struct op *op, const void *in, size_t in_len,
    void *out, size_t *out_len);

/*
 * The length protocol: answers a question for the length; runs the step, which
 * writes at most size bytes, into the output or, where it may not fit (exact
 * false: its length is known afterwards only), aside: CKR_BUFFER_TOO_SMALL
 * keeps the result for the next call.
 */
CK_RV step_answer(struct operation *operation, step_fn step, struct span in,
    size_t size, bool exact, const struct output *out) MUST_USE;
/* The same for bytes that are there already. */
CK_RV bytes_answer(struct span made, const struct output *out) MUST_USE;

#endif
