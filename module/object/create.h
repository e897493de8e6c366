/*
 * Templates become objects here, for create, copy, set and generate alike:
 * the schema's gate (policy/schema), then what depends on two attributes, then
 * what the token fills in (object/fill).
 */
#ifndef VECS_CREATE_H
#define VECS_CREATE_H

#include "module/crypto/key.h"
#include "module/object/attrs.h"

/* Who asks, as far as attribute rules depend on it.  For a move between stores
 * it is said of the store that the object comes to. */
struct maker {
	bool may_trust;  /* may set CKA_TRUSTED to true */
	bool trusts_cas; /* TRUSTED_ROOTS: CA certificates become trusted */
};

/* On success *out is the caller's; on failure it is untouched.  Errors are the
 * standard's: CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT,
 * CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID,
 * CKR_ATTRIBUTE_READ_ONLY, CKR_ACTION_PROHIBITED; of keys also
 * CKR_CURVE_NOT_SUPPORTED, CKR_DOMAIN_PARAMS_INVALID, CKR_KEY_SIZE_RANGE. */
CK_RV object_create(const struct maker *who, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct attrs *out) MUST_USE;
CK_RV object_copy(const struct maker *who, const struct attrs *from,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *out) MUST_USE;
/* C_SetAttributeValue: the object as it would be afterwards. */
CK_RV object_set(const struct maker *who, const struct attrs *from,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *out) MUST_USE;

/*
 * What a mechanism has made: parts, and of what kind they are.  act is
 * ACT_GENERATE, ACT_UNWRAP or ACT_DERIVE; always and never say whether the key
 * may call itself ALWAYS_SENSITIVE and NEVER_EXTRACTABLE if it is so now.
 */
struct generated {
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE mechanism; /* CKA_KEY_GEN_MECHANISM */
	const struct key_made *made;
	enum act act;
	bool local, always, never;
	/* what an unsaid CKA_EXTRACTABLE is, instead of the schema's default */
	bool extractable;
};

/* What C_GenerateKey and C_GenerateKeyPair make. */
#define GENERATED(class_, type_, mechanism_, made_) \
	{ .class = (class_), .type = (type_), .mechanism = (mechanism_), \
	    .made = (made_), .act = ACT_GENERATE, .local = true, \
	    .always = true, .never = true }

/* The gate alone, before the work of generating; reads class and type. */
CK_RV object_generate_check(const struct generated *what,
    const CK_ATTRIBUTE *t, CK_ULONG n) MUST_USE;

/* One object of a generated key or pair, of an unwrapped or derived key. */
CK_RV object_generated(const struct maker *who, const struct generated *what,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *out) MUST_USE;

/* The key of an object, ready for use; CKR_KEY_TYPE_INCONSISTENT and the like
 * when its attributes do not make one. */
CK_RV object_key(const struct attrs *a, struct key **out) MUST_USE;

#endif
