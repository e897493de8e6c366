/* Attributes of an object, one at a time: some tokens answer no more. */
#ifndef VECS_PROVIDER_ATTR_H
#define VECS_PROVIDER_ATTR_H

#include <stdbool.h>

#include "common/buf.h"
#include "provider/token.h"

/* Appends the value; CKR_ATTRIBUTE_TYPE_INVALID when it is absent or empty. */
CK_RV attr_get(const struct session *s, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, struct buf *out) MUST_USE;
CK_RV attr_number(const struct session *s, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, CK_ULONG *out) MUST_USE;
/* False when absent. */
bool attr_true(const struct session *s, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type);

/* The first object of the template; CKR_OBJECT_HANDLE_INVALID if none. */
CK_RV object_first(const struct session *s, CK_ATTRIBUTE *template, size_t n,
    CK_OBJECT_HANDLE *out) MUST_USE;

/* All of them, appended to an array of handles. */
CK_RV objects_find(const struct session *s, CK_ATTRIBUTE *template, size_t n,
    size_t limit, struct buf *handles) MUST_USE;

#endif
