/*
 * What makes keys of keys: generation, wrapping, derivation, encapsulation.
 */
#ifndef VECS_KEYWORK_H
#define VECS_KEYWORK_H

#include "module/mech/mech.h"

/* What a generation is asked for, from the template. */
struct generate_args {
	CK_ULONG bits;                /* CKA_MODULUS_BITS */
	CK_ULONG len;                 /* CKA_VALUE_LEN; 0: absent */
	CK_ULONG value_bits;          /* CKA_VALUE_BITS; 0: absent */
	CK_ULONG type;                /* CKA_KEY_TYPE, or unavailable */
	CK_ULONG parameter_set;       /* CKA_PARAMETER_SET, or unavailable */
	struct span public_exponent;  /* absent: 65537 */
	struct span params;           /* CKA_EC_PARAMS */
	struct span prime, subprime, base;
};

/* Makes a secret key or a key pair; missing or wrong arguments answer
 * CKR_TEMPLATE_INCOMPLETE, CKR_ATTRIBUTE_VALUE_INVALID, CKR_KEY_SIZE_RANGE or
 * CKR_CURVE_NOT_SUPPORTED.  *type is the key's type. */
CK_RV mech_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, CK_KEY_TYPE *type,
    struct key_made *out) MUST_USE;

/* Wraps or unwraps the bytes of a key: a secret value, or a PKCS #8
 * PrivateKeyInfo.  CKR_KEY_SIZE_RANGE, CKR_WRAPPED_KEY_LEN_RANGE,
 * CKR_WRAPPED_KEY_INVALID. */
CK_RV mech_wrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span plain, struct secret *out) MUST_USE;
CK_RV mech_unwrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span wrapped, struct secret *out) MUST_USE;

/* What was unwrapped has zeros in front of the key, which the mechanism cannot
 * tell from it. */
bool mech_fills_front(const struct mech *mech);

/* The same with associated data, by a mechanism with a message parameter, where
 * the IV and the tag are (5.18.6, 5.18.7). */
CK_RV mech_wrap_authenticated(const struct mech *mech,
    const CK_MECHANISM *mechanism, struct key *key, struct span aad,
    struct span plain, struct secret *out) MUST_USE;
CK_RV mech_unwrap_authenticated(const struct mech *mech,
    const CK_MECHANISM *mechanism, struct key *key, struct span aad,
    struct span wrapped, struct secret *out) MUST_USE;

struct derive_args;

/* Keys that a parameter names by handle, found for a derivation: held, the
 * caller's to put; CKR_KEY_HANDLE_INVALID. */
struct key_finder {
	CK_RV (*find)(void *arg, CK_OBJECT_HANDLE handle, struct key **out);
	void *arg;
	/* what the template of one more key asks for; judges it, too */
	CK_RV (*look)(void *arg, const CK_ATTRIBUTE *t, CK_ULONG n,
	    struct derive_args *out);
};

struct derive_args {
	CK_OBJECT_CLASS class;  /* of the template; CKO_SECRET_KEY if absent */
	CK_KEY_TYPE type;       /* CKK_GENERIC_SECRET if absent */
	CK_ULONG len;           /* CKA_VALUE_LEN, or what the type fixes, or 0 */
	struct key_finder keys;
	bool base_is_data; /* its value stands for a key's */
};

/* One object to be made: from the call's template and into its handle, or from
 * another of the parameter's. */
struct derived_key {
	struct key_made made;    /* of a secret: value alone */
	const CK_ATTRIBUTE *t;   /* NULL: the call's template */
	CK_ULONG n;
	CK_OBJECT_HANDLE *handle; /* NULL: the call's own */
	/* what the mechanism says of it, unless the template does; for good */
	const CK_ATTRIBUTE *unsaid, *says;
	CK_ULONG unsaid_n, says_n;
};

#define DERIVED_MAX 16
struct derived {
	struct derived_key keys[DERIVED_MAX];
	size_t count;
};
void derived_wipe(struct derived *d);

/* CKR_KEY_SIZE_RANGE when the mechanism cannot give so many bytes. */
CK_RV mech_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args,
    struct derived *out) MUST_USE;
/* What derived keys have of the base key's CKA_SENSITIVE and CKA_EXTRACTABLE. */
enum inheritance {
	INHERITS_NOTHING = 0,
	INHERITS_LIMITS = 1, /* no key is freer than the base key */
	INHERITS_UNSAID = 2, /* what the template does not say */
	INHERITS_BOTH = 3,
	INHERITS_VALUES = 4, /* exactly what they are */
};
enum inheritance mech_inherits(const struct mech *mech);
/* The base may be a CKO_DATA; the result is one, not a key. */
bool mech_takes_data(const struct mech *mech);
bool mech_makes_data(const struct mech *mech);

/* Key encapsulation (5.18): the ciphertext and the shared secret. */
CK_RV mech_encapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct secret *ciphertext,
    struct secret *shared) MUST_USE;
CK_RV mech_decapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span ciphertext, struct secret *shared) MUST_USE;
/* The same; where the mechanism can give a secret of any length, len says which,
 * or is 0. */
CK_RV mech_encapsulate_as(const struct mech *mech,
    const CK_MECHANISM *mechanism, struct key *key, size_t len,
    struct secret *ciphertext, struct secret *shared) MUST_USE;
CK_RV mech_decapsulate_as(const struct mech *mech,
    const CK_MECHANISM *mechanism, struct key *key, size_t len,
    struct span ciphertext, struct secret *shared) MUST_USE;
/* The bytes of the ciphertext for this key. */
size_t mech_encapsulated_size(const struct mech *mech, const struct key *key);

#endif
