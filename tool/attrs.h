/*
 * A template that owns copies of its values in secret memory; it fails
 * stickily, so that a caller fills it and asks once.
 */
#ifndef VECS_TOOL_ATTRS_H
#define VECS_TOOL_ATTRS_H

#include <stdbool.h>

#include "common/pkcs11.h"
#include "common/secret.h"

struct attrs {
	CK_ATTRIBUTE list[48];
	CK_ULONG count;
	bool failed;
};

#define ATTRS_INIT { .count = 0, .failed = false }

void attrs_bytes(struct attrs *a, CK_ATTRIBUTE_TYPE type, const void *value,
    size_t len);
void attrs_text(struct attrs *a, CK_ATTRIBUTE_TYPE type, const char *value);
void attrs_ulong(struct attrs *a, CK_ATTRIBUTE_TYPE type, CK_ULONG value);
void attrs_bool(struct attrs *a, CK_ATTRIBUTE_TYPE type, bool value);
void attrs_wipe(struct attrs *a);

/* CKR_OK or CKR_HOST_MEMORY. */
CK_RV attrs_check(const struct attrs *a) MUST_USE;

#endif
