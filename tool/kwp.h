/* AES key wrap with padding (RFC 5649) in this process. */
#ifndef VECS_TOOL_KWP_H
#define VECS_TOOL_KWP_H

#include "common/secret.h"

#define KWP_KEY 32

CK_RV kwp_wrap(const struct secret *kek, const struct secret *plain,
    struct secret *out) MUST_USE;
CK_RV kwp_unwrap(const struct secret *kek, const struct secret *wrapped,
    struct secret *out) MUST_USE;

#endif
