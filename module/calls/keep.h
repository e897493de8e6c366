/* Keys that have been made become objects, all of them or none. */

#ifndef VECS_KEEP_H
#define VECS_KEEP_H

#include "module/calls/calls.h"
#include "module/calls/vendor.h"
#include "module/object/create.h"

/* Who may not keep a key of this template should not wait for its making. */
CK_RV may_keep_key(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n) MUST_USE;

/* Takes the attributes over; on success each handle is set, on failure no
 * object is left.  At most KEEP_MAX. */
#define KEEP_MAX 16
CK_RV keys_keep(struct session *s, const struct token *token,
    struct attrs made[], CK_OBJECT_HANDLE *const to[], size_t count) MUST_USE;

/* One key of this kind and template. */
CK_RV key_keep(struct session *s, const struct token *token,
    const struct generated *what, const struct template *t,
    CK_OBJECT_HANDLE *out) MUST_USE;

#endif
