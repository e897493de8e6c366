/* The lengths that the values of secret keys may have. */
#ifndef VECS_KEYLEN_H
#define VECS_KEYLEN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/pkcs11.h"

bool keylen_is_right(CK_KEY_TYPE type, size_t len);
/* The only length of a type that has but one; 0: it has several. */
size_t keylen_of(CK_KEY_TYPE type);

#endif
