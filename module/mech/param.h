/*
 * Mechanism parameters, checked and decoded into a plain struct.  Anything
 * that is not what the mechanism asks for is CKR_MECHANISM_PARAM_INVALID.
 */
#ifndef VECS_PARAM_H
#define VECS_PARAM_H

#include "module/crypto/digest.h"
#include "module/mech/mech.h"

#define IV_MAX 128 /* GCM takes as many */

struct param {
	const struct digest *hash; /* of PSS and OAEP */
	const struct digest *mgf;
	size_t len;         /* bytes of a salt or of a MAC */
	struct span label;  /* OAEP's label, a signature's context, data of
	                     * an AEAD; the caller's */
	uint8_t iv[IV_MAX]; /* of ciphers */
	size_t iv_len;
	CK_ULONG bits;      /* of a counter, of SHA-512/t; CCM's data, in bytes */
	bool deterministic; /* CKH_DETERMINISTIC_REQUIRED */
	bool prehash;       /* EdDSA's phFlag */
	bool has_context;   /* EdDSA: another scheme than the pure one */
};

/* A copy of the caller's structure, which may be anywhere; only of this size. */
CK_RV param_copy(const CK_MECHANISM *mechanism, void *out,
    size_t size) MUST_USE;

/* A parameter that is one CK_ULONG, within these limits. */
CK_RV param_number(const CK_MECHANISM *mechanism, CK_ULONG min, CK_ULONG max,
    CK_ULONG *out) MUST_USE;

CK_RV param_none(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct param *out) MUST_USE;
CK_RV param_pss(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct param *out) MUST_USE;
CK_RV param_oaep(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct param *out) MUST_USE;
CK_RV param_eddsa(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct param *out) MUST_USE;

#endif
