/*
 * Session state x kind of object x act: may it?  The standard's tables of
 * access (4.4, 5.6) as one truth table; a token without PINs counts as one
 * whose user is logged in.
 */
#ifndef VECS_ACCESS_H
#define VECS_ACCESS_H

#include <stdbool.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

enum access {
	ACCESS_READ,   /* find, read, use */
	ACCESS_CHANGE, /* create, change, destroy */
};

/* CKR_OK; CKR_SESSION_READ_ONLY; CKR_USER_NOT_LOGGED_IN, which for what exists
 * already is told as an invalid handle. */
CK_RV access_check(CK_STATE state, bool token_object, bool private_object,
    enum access act) MUST_USE;

#endif
