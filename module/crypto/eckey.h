/* Keys on curves: their generation; loading and parts are in keykind.h. */
#ifndef VECS_ECKEY_H
#define VECS_ECKEY_H

#include "module/crypto/curve.h"
#include "module/crypto/key.h"

/*
 * params as they came are the params of the key made.  A loaded private key's
 * EVP_PKEY of a Weierstrass curve has no public half: it costs a
 * multiplication, and signatures do not need it.
 */
CK_RV eckey_generate(const struct curve *curve, struct span params,
    struct key_made *out) MUST_USE;

#endif
