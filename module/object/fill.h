/* What the token itself adds to a new object, by class: facts of certificates
 * and CRLs, public halves, check values, trust, identity. */
#ifndef VECS_FILL_H
#define VECS_FILL_H

#include "module/object/create.h"

/* A new CKA_UNIQUE_ID. */
CK_RV fill_identity(struct attrs *a) MUST_USE;

/* Everything else that the object's own values say; also proves that a key is
 * one, and that what the client says of a key is true.  The errors of key_new,
 * CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCONSISTENT. */
CK_RV fill_facts(struct attrs *a) MUST_USE;

/* CKA_CHECK_VALUE of a secret key: what was said must be true, an empty one
 * means that the client wants none. */
CK_RV fill_check_value(struct attrs *a) MUST_USE;

/*
 * CKA_TRUSTED of an object that is new in its store.  said: the template
 * speaks of it; true by who may not say so is CKR_ATTRIBUTE_READ_ONLY.  What
 * was not said is false, but for CA certificates in a store of roots.
 */
CK_RV fill_trust(const struct maker *who, bool said, struct attrs *a) MUST_USE;

#endif
