/*
 * Templates as values: CKA_WRAP_TEMPLATE and its kin.  An object holds them as
 * the bytes of a record (docs/STORE-FORMAT.md), the ABI as an array of
 * attributes.  They hold no templates themselves.
 */
#ifndef VECS_NESTED_H
#define VECS_NESTED_H

#include "common/buf.h"
#include "module/object/attrs.h"

/* From the ABI's array; CKR_ATTRIBUTE_VALUE_INVALID. */
CK_RV nested_write(const CK_ATTRIBUTE *t, CK_ULONG n,
    struct buf *out) MUST_USE;
/* CKR_DEVICE_ERROR for anything but what nested_write makes. */
CK_RV nested_read(struct span bytes, struct attrs *out) MUST_USE;

/* Answers C_GetAttributeValue for one of them (5.7.5). */
CK_RV nested_answer(struct span bytes, CK_ATTRIBUTE *to) MUST_USE;

/* The object has every attribute of the template; an absent one (data NULL)
 * asks for nothing. */
CK_RV nested_match(struct span bytes, const struct attrs *object,
    bool *out) MUST_USE;

/*
 * A caller's template with what a nested one adds to it, for C_UnwrapKey and
 * the like: CKR_TEMPLATE_INCONSISTENT where they contradict each other.  list
 * points into added and into the caller's memory.
 */
struct joined {
	CK_ATTRIBUTE *list;
	CK_ULONG count;
	struct attrs added;
};
CK_RV nested_join(struct span bytes, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct joined *out) MUST_USE;
/* The same, from attributes, which are copied. */
CK_RV nested_join_attrs(const struct attrs *added, const CK_ATTRIBUTE *t,
    CK_ULONG n, struct joined *out) MUST_USE;
void joined_wipe(struct joined *joined);

#endif
