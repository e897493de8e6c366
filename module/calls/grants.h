/*
 * Grants: who besides the owner may do what with a store.  On disk a grant is
 * an object whose CKA_VECS_PRINCIPAL is "uid:N", "gid:N" or "EVERYONE"; to a
 * client it is a name.
 */
#ifndef VECS_GRANTS_H
#define VECS_GRANTS_H

#include "module/calls/token.h"

/* The RIGHT_ bits that this store's grants give to the client. */
CK_RV grants_rights(struct context *context, const struct store *store,
    unsigned *out) MUST_USE;

/* "alice", "%staff", "EVERYONE", "1000", "%100" to the stored form;
 * CKR_ATTRIBUTE_VALUE_INVALID for a principal that the system does not know.
 * out has PRINCIPAL_MAX bytes. */
#define PRINCIPAL_MAX 64
CK_RV principal_parse(struct span text, char *out) MUST_USE;

/* The stored form, as a client is shown it: a name, or the bare number. */
CK_RV principal_print(struct span stored, struct secret *out) MUST_USE;

/* A uid as its name, or the bare number. */
CK_RV owner_print(uint32_t uid, struct secret *out) MUST_USE;

#endif
