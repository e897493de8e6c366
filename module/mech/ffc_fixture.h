/* For tests: key pairs in finite fields, made by plain libcrypto. */
#ifndef VECS_FFC_FIXTURE_H
#define VECS_FFC_FIXTURE_H

#include "module/mech/mech_fixture.h"

/* name: a group of DH ("ffdhe2048", "modp_2048") or of X9.42 DH
 * ("dh_2048_256"), or a length of DSA ("DSA-1024"). */
void ffc_pair_make(const char *name, struct pair *out);

#endif
