/* What tests of named users share: making them and logging in as one. */
#ifndef TESTS_USERS_H
#define TESTS_USERS_H

#include "tests/lib/p11.h"

#define TEXT(type, text) \
	{ (type), (void *)(uintptr_t)(text), strlen(text) }

/* PINs, without a NUL that counts; users begin with web_pin. */
extern CK_UTF8CHAR so_pin[7], user_pin[9], web_pin[8], new_pin[8],
    wrong_pin[7];

CK_RV user_try(CK_SESSION_HANDLE s, const char *name, const char *rights,
    const char *pin, CK_OBJECT_HANDLE *out);
CK_OBJECT_HANDLE user_add(CK_SESSION_HANDLE s, const char *name,
    const char *rights);
CK_RV user_set(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE_TYPE type, const char *text);
CK_RV user_login(CK_SESSION_HANDLE s, const char *name,
    const CK_UTF8CHAR *pin);

/* A R/W session of a new token "HSM", the SO logged in. */
CK_SESSION_HANDLE so_session(CK_SLOT_ID *slot);
/* One more line of vecs.conf, before C_Initialize. */
void conf_add(const char *line);

#endif
