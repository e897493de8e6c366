/*
 * The vendor classes whose creation, change or end is an act of its own and
 * not just an object: one row each (common/vendor.h says what they mean).
 */
#ifndef VECS_VENDOR_CALLS_H
#define VECS_VENDOR_CALLS_H

#include "module/calls/resolve.h"

struct vendor_class {
	CK_OBJECT_CLASS class;
	bool anywhere; /* in the empty slot too */
	CK_RV (*create)(struct session *s, const struct token *token,
	    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out);
	CK_RV (*set)(struct session *s, const struct token *token,
	    struct object *o, const CK_ATTRIBUTE *t, CK_ULONG n);
	CK_RV (*destroy)(struct session *s, const struct token *token,
	    struct object *o);
};

/* NULL for a class that has no row. */
const struct vendor_class *vendor_class_find(CK_OBJECT_CLASS class);

/* The steps of calls/objects.c that the rows and calls/keys.c need too;
 * attrs_publish takes the attributes over in any case. */
CK_RV attrs_publish(struct session *s, const struct token *token,
    struct attrs *a, CK_OBJECT_HANDLE *out) MUST_USE;
CK_RV object_make(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out) MUST_USE;
CK_RV object_change(struct session *s, const struct token *token,
    struct object *o, const CK_ATTRIBUTE *t, CK_ULONG n) MUST_USE;
CK_RV object_end(struct session *s, const struct token *token,
    struct object *o) MUST_USE;

/* A template in which a grant's principal has its stored form: copy has room
 * for n attributes, stored for PRINCIPAL_MAX bytes. */
CK_RV principal_translate(const CK_ATTRIBUTE *t, CK_ULONG n,
    CK_ATTRIBUTE *copy, char *stored) MUST_USE;

#endif
