/* Keys in finite fields, of DH (PKCS #3 and X9.42) and DSA: their generation;
 * loading and parts are in keykind.h. */
#ifndef VECS_FFCKEY_H
#define VECS_FFCKEY_H

#include "module/crypto/key.h"

/* The domain parameters of a key pair, as the attributes hold them. */
struct ffc_domain {
	struct span prime, subprime, base;
};

/* A pair of the type; value_bits: of the private number, or 0.  Absent
 * parameters are CKR_TEMPLATE_INCOMPLETE, wrong ones
 * CKR_DOMAIN_PARAMS_INVALID. */
CK_RV ffckey_generate(CK_KEY_TYPE type, const struct ffc_domain *domain,
    unsigned value_bits, struct key_made *out) MUST_USE;

/* Bits of the prime, to be judged before the work of generating. */
unsigned ffckey_bits(const struct ffc_domain *domain);

#endif
