/* A PKCS#11 module by dlopen, and the few calls that every program makes. */
#ifndef BENCH_MODULE_H
#define BENCH_MODULE_H

#include <stdbool.h>

#include "common/pkcs11.h"
#include "tests/bench/die.h"

/* Loads and initialises; parameters (may be NULL) are for NSS alone. */
CK_FUNCTION_LIST *module_open(const char *path, const char *parameters);

/* Finds the token of this label. */
bool module_slot(CK_FUNCTION_LIST *f, const char *label, CK_SLOT_ID *out);

/* A session, logged in unless pin is NULL. */
CK_SESSION_HANDLE module_session(CK_FUNCTION_LIST *f, CK_SLOT_ID slot,
    bool rw, const char *pin);

/* How many of at most two objects match, and the first of them. */
CK_ULONG module_find(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session,
    CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *out);

/* The private key of this label. */
CK_OBJECT_HANDLE module_key(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session,
    const char *label);

#endif
