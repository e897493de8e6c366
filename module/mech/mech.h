/*
 * One row for each CKM_: what it is called with, what it offers, who serves
 * it.  C_GetMechanismList, C_GetMechanismInfo, the check of key against
 * mechanism and the dispatch all read the row and nothing else.  The rows of a
 * family stand under its functions; mech.c sorts them.
 */
#ifndef VECS_MECH_H
#define VECS_MECH_H

#include <stdbool.h>

#include "module/crypto/key.h"

/* One bit of CKF_ each: CKF_ENCRYPT, CKF_SIGN, CKF_WRAP, CKF_DERIVE, ... */
typedef CK_FLAGS mech_use;

struct mech_ops;

struct mech {
	CK_MECHANISM_TYPE type;
	CK_KEY_TYPE key_type; /* MECH_NO_KEY, MECH_ANY_SECRET, ... or a type */
	CK_ULONG min, max;    /* key size, in the standard's unit for the row */
	CK_FLAGS flags;       /* offered under every policy */
	const char *md;       /* EVP name of the digest, or NULL */
	int arg;              /* the family's own: padding, mode, ... */
	const struct mech_ops *ops;
	/* what few rows have, by name */
	const CK_KEY_TYPE *also; /* more key types, ends with MECH_NO_KEY */
	const char *alg;         /* EVP name: cipher (%u: bits), MAC, key type */
	CK_FLAGS standard;       /* offered besides, unless policy is modern */
	CK_FLAGS legacy;         /* offered besides under policy legacy */
};

#define MECH_NO_KEY CK_UNAVAILABLE_INFORMATION
#define MECH_ANY_SECRET (CK_UNAVAILABLE_INFORMATION - 1)
#define MECH_ANY_PRIVATE (CK_UNAVAILABLE_INFORMATION - 2)

/* vecs.conf `policy`: what is offered of the dated mechanisms. */
enum mech_policy { POLICY_STANDARD, POLICY_MODERN, POLICY_LEGACY };
void mech_set_policy(enum mech_policy policy);

/* The rows that this build, this libcrypto and the policy offer, sorted by
 * type; flags are those of the policy. */
size_t mech_count(void);
const struct mech *mech_at(size_t i);
/* Walks them: *at starts at 0; NULL after the last. */
const struct mech *mech_next(size_t *at);
/* NULL: CKR_MECHANISM_INVALID. */
const struct mech *mech_find(CK_MECHANISM_TYPE type);
CK_FLAGS mech_flags(const struct mech *mech);

/* Does the row take keys of this class and type? */
bool mech_takes(const struct mech *mech, CK_OBJECT_CLASS class,
    CK_KEY_TYPE type);

#endif
