/*
 * What the derivations share: how many bytes are wanted, and how a value
 * becomes the key of the call.
 */
#ifndef VECS_DERIVED_H
#define VECS_DERIVED_H

#include "module/mech/op.h"

/* Of one derivation, and of each piece of data that goes into it. */
#define DERIVED_BYTES_MAX 65536

/*
 * The length that the call asks for: CKA_VALUE_LEN or what the type fixes, or
 * all that there are for a generic secret; available 0: there is no such
 * default.  CKR_TEMPLATE_INCOMPLETE, CKR_KEY_SIZE_RANGE.
 */
CK_RV derived_length(const struct derive_args *args, size_t available,
    size_t *out) MUST_USE;

/* The first len bytes of value, which is taken over, as the next key. */
CK_RV derived_add(struct secret *value, size_t len,
    struct derived *out) MUST_USE;

/* Bytes of a parameter: a pointer and a length that belong together.  Absent
 * ones are refused, or for the other function come out as NULL, 0. */
CK_RV param_bytes(const void *data, CK_ULONG len, struct span *out) MUST_USE;
CK_RV param_bytes_or_none(const void *data, CK_ULONG len,
    struct span *out) MUST_USE;

/* Every byte of a DES key has an odd number of bits (FIPS 46-3); other types
 * are left alone. */
void parity_set(CK_KEY_TYPE type, struct secret *value);

#endif
