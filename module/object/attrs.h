/*
 * A bag of attributes: the value of an object.  Values are as the ABI has
 * them, in native CK_BBOOL and CK_ULONG, in secret memory; each type at most
 * once.  An absent attribute and an empty one differ.
 */
#ifndef VECS_ATTRS_H
#define VECS_ATTRS_H

#include <stdbool.h>

#include "common/secret.h"
#include "common/span.h"
#include "module/policy/schema.h"

struct attr {
	CK_ATTRIBUTE_TYPE type;
	struct secret value;
};

struct attrs {
	struct attr *items;
	size_t count, cap;
};

#define ATTRS_INIT { NULL, 0, 0 }

/* Borrowed, or NULL. */
const struct attr *attrs_find(const struct attrs *a, CK_ATTRIBUTE_TYPE type);
/* Absent: data NULL. */
struct span attrs_span(const struct attrs *a, CK_ATTRIBUTE_TYPE type);
bool attrs_bool(const struct attrs *a, CK_ATTRIBUTE_TYPE type, bool absent);
CK_ULONG attrs_ulong(const struct attrs *a, CK_ATTRIBUTE_TYPE type,
    CK_ULONG absent);

/* Copies the value in, over an older one; CKR_HOST_MEMORY. */
CK_RV attrs_set(struct attrs *a, CK_ATTRIBUTE_TYPE type, const void *value,
    size_t len) MUST_USE;
CK_RV attrs_set_bool(struct attrs *a, CK_ATTRIBUTE_TYPE type,
    bool value) MUST_USE;
CK_RV attrs_set_ulong(struct attrs *a, CK_ATTRIBUTE_TYPE type,
    CK_ULONG value) MUST_USE;
void attrs_remove(struct attrs *a, CK_ATTRIBUTE_TYPE type);

CK_RV attrs_dup(const struct attrs *from, struct attrs *out) MUST_USE;
void attrs_wipe(struct attrs *a);

/* The rows of the object's class and type; NULL for none that is stored. */
const struct schema *attrs_schema(const struct attrs *a);

/* May this attribute's value be told?  Not a secret of a sensitive or
 * unextractable key, nor what the class does not know. */
bool attrs_reveals(const struct attrs *a, CK_ATTRIBUTE_TYPE type);

/* Absent here, but the class has it, with the empty string as its default. */
bool attrs_reads_empty(const struct attrs *a, CK_ATTRIBUTE_TYPE type);

/* The template's attribute of this type, or NULL. */
const CK_ATTRIBUTE *template_find(const CK_ATTRIBUTE *t, CK_ULONG n,
    CK_ATTRIBUTE_TYPE type);

/* Every attribute of the template is there with the same bytes.  What is not
 * told is not matched either: a search would confirm guesses.
 * CKA_VECS_FOLDED_LABEL matches the ASCII-folded label. */
bool attrs_match(const struct attrs *a, const CK_ATTRIBUTE *t, CK_ULONG n);

#endif
