/* What the token itself adds to a new object, by class: facts of certificates
 * and CRLs, public halves, check values, identity. */
#ifndef VECS_FILL_H
#define VECS_FILL_H

#include "module/object/create.h"

/* A new CKA_UNIQUE_ID. */
CK_RV fill_identity(struct attrs *a) MUST_USE;

/* Everything else that the object's own values say; also proves that a key is
 * one.  CKR_ATTRIBUTE_VALUE_INVALID and what key_new answers. */
CK_RV fill_facts(const struct maker *who, struct attrs *a) MUST_USE;

#endif
