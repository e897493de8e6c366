/* Objects of an open token: searched, and read attribute by attribute. */
#ifndef VECS_TOOL_OBJECT_H
#define VECS_TOOL_OBJECT_H

#include "tool/attrs.h"
#include "tool/token.h"

struct handles {
	CK_OBJECT_HANDLE *list;
	size_t count;
};

/* Every object that matches, in the token's order. */
CK_RV objects_find(const struct token *token, const CK_ATTRIBUTE *match,
    CK_ULONG count, struct handles *out) MUST_USE;
void handles_free(struct handles *handles);

struct field {
	CK_ATTRIBUTE_TYPE type;
	bool present; /* false also for one that may not be read */
	struct secret value;
};

/* Reads all fields; absent and sensitive ones stay absent. */
CK_RV object_read(const struct token *token, CK_OBJECT_HANDLE object,
    struct field *fields, size_t count) MUST_USE;
void fields_wipe(struct field *fields, size_t count);

/* One attribute that must be there. */
CK_RV object_get(const struct token *token, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, struct secret *out) MUST_USE;
CK_RV object_get_ulong(const struct token *token, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, CK_ULONG *out) MUST_USE;
/* As a string, by malloc. */
CK_RV object_get_text(const struct token *token, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, char **out) MUST_USE;

CK_RV object_set_text(const struct token *token, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, const char *value) MUST_USE;

#endif
