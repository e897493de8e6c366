/* Fingerprints of what an object holds: SHA-1 as an index of public values,
 * and the standard's check value of secret keys. */
#ifndef VECS_CHECKVALUE_H
#define VECS_CHECKVALUE_H

#include <stdint.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"
#include "common/span.h"

#define CHECK_VALUE_LEN 3
#define SHA1_LEN 20

CK_RV sha1_of(struct span value, uint8_t out[SHA1_LEN]) MUST_USE;

/* PKCS#11 4.10: of AES the start of an encrypted block of zeros, of other
 * secrets the start of the SHA-1.  An AES key has 16, 24 or 32 bytes. */
CK_RV check_value(CK_KEY_TYPE type, struct span value,
    uint8_t out[CHECK_VALUE_LEN]) MUST_USE;

#endif
