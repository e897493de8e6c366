/* ML-DSA, ML-KEM and SLH-DSA keys, where libcrypto has them (3.5 and later). */
#ifndef VECS_TOOL_PQKEY_H
#define VECS_TOOL_PQKEY_H

#include "tool/key.h"

bool pqkey_is(EVP_PKEY *key);

/* The part of a template that is the type's own. */
void pqkey_attrs(EVP_PKEY *key, bool private, struct attrs *out);

/* As key_fetch, of a private key of one of the types. */
CK_RV pqkey_fetch(const struct token *token, CK_OBJECT_HANDLE object,
    EVP_PKEY **out) MUST_USE;

#endif
