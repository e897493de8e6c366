/* The numbers of an RSA key: read, completed and checked. */
#ifndef VECS_RSANUM_H
#define VECS_RSANUM_H

#include <openssl/bn.h>
#include <stdbool.h>

#include "module/crypto/key.h"

/* Absent ones are NULL; of the last five all or none. */
struct rsanum {
	BIGNUM *n, *e, *d;
	BIGNUM *p, *q, *dp, *dq, *qinv;
};

CK_RV rsanum_read(const struct key_parts *parts, bool private,
    struct rsanum *out) MUST_USE;
CK_RV rsanum_check_public(const struct rsanum *num) MUST_USE;
/* Completes: e from the primes (or tried), dp, dq and qinv from d. */
CK_RV rsanum_check_private(struct rsanum *num) MUST_USE;
void rsanum_wipe(struct rsanum *num);

#endif
