/* The standard's names of its numbers, for messages, logs and listings. */
#ifndef VECS_CKNAME_H
#define VECS_CKNAME_H

#include <stdbool.h>

#include "common/pkcs11.h"

/* A static string, or NULL for a number without a name. */
const char *ckname_rv(CK_RV rv);
const char *ckname_attribute(CK_ATTRIBUTE_TYPE type);
const char *ckname_mechanism(CK_MECHANISM_TYPE type);
const char *ckname_class(CK_OBJECT_CLASS class);
const char *ckname_key_type(CK_KEY_TYPE type);

/* The way back, from the whole name. */
bool ckname_mechanism_find(const char *name, CK_MECHANISM_TYPE *out);

#endif
