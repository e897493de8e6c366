/* Rekey objects (common/vendor.h): new keys for the instance, store by store. */
#ifndef VECS_REKEYS_H
#define VECS_REKEYS_H

#include "module/session/session.h"
#include "module/store/rekey.h"

/* What the index of a record is made of: CKR_DEVICE_ERROR when it is none. */
CK_RV rekey_index_of(struct span plain, rekey_then then, void *arg) MUST_USE;
/* A new master key, or what is left of the last time; administrators only. */
CK_RV rekey_open(struct session *s) MUST_USE;
/* The next store. */
CK_RV rekey_go_on(struct session *s) MUST_USE;
/* "done/total", for C_GetAttributeValue. */
CK_RV rekey_progress(struct session *s, char out[48]) MUST_USE;

#endif
