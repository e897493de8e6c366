/* Secret keys of tests, and what the module says of them. */
#ifndef TESTS_SECRETS_H
#define TESTS_SECRETS_H

#include "tests/lib/p11.h"

/* A generic secret of 48 bytes, each of them 1, in the session. */
CK_OBJECT_HANDLE p11_secret(CK_SESSION_HANDLE s, CK_BBOOL sensitive,
    CK_BBOOL extractable, CK_BBOOL derive);

/* One attribute, that must be there. */
CK_BBOOL p11_flag(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE_TYPE type);
CK_ULONG p11_number(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE_TYPE type);

#endif
