/* RSA keys: their generation; loading and parts are in crypto/keykind.h. */
#ifndef VECS_RSAKEY_H
#define VECS_RSAKEY_H

#include "module/crypto/key.h"

/* Exponent absent: 65537; smaller ones and even ones are
 * CKR_ATTRIBUTE_VALUE_INVALID. */
CK_RV rsakey_generate(unsigned bits, struct span exponent,
    struct key_made *out) MUST_USE;

#endif
