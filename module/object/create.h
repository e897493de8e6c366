/*
 * Templates become objects here, for create, copy, set and generate alike:
 * the schema's gate (policy/schema), then what depends on two attributes, then
 * what the token fills in (CKA_UNIQUE_ID, certificate fields, public key info,
 * check value, history flags).
 */
#ifndef VECS_CREATE_H
#define VECS_CREATE_H

#include "module/crypto/key.h"
#include "module/mech/mech.h"
#include "module/object/attrs.h"

/* Who asks, as far as attribute rules depend on it. */
struct maker {
	bool may_trust;     /* may set CKA_TRUSTED to true */
	bool trusts_cas;    /* TRUSTED_ROOTS: CA certificates become trusted */
};

/* On success *out is the caller's; on failure it is untouched.  Errors are the
 * standard's: CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT,
 * CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID,
 * CKR_ATTRIBUTE_READ_ONLY. */
CK_RV object_create(const struct maker *who, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct attrs *out) MUST_USE;
CK_RV object_copy(const struct maker *who, const struct attrs *from,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *out) MUST_USE;
/* C_SetAttributeValue: the object as it would be afterwards. */
CK_RV object_set(const struct maker *who, const struct attrs *from,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *out) MUST_USE;

/* C_GenerateKey and C_GenerateKeyPair: reads what to generate from the
 * template(s) (private one NULL for a secret key), asks mech_generate, and
 * makes the object(s): for a pair out[0] is the public, out[1] the private. */
CK_RV object_generate(const struct maker *who, const struct mech *mech,
    const CK_MECHANISM *mechanism, const CK_ATTRIBUTE *public_t,
    CK_ULONG public_n, const CK_ATTRIBUTE *private_t, CK_ULONG private_n,
    struct attrs out[2]) MUST_USE;

/* The key of an object, ready for use; CKR_KEY_TYPE_INCONSISTENT and the like
 * when its attributes do not make one. */
CK_RV object_key(const struct attrs *a, struct key **out) MUST_USE;

#endif
