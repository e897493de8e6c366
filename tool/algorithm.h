/* Kinds of keys by the names that a person gives them: ec:P-256, aes:256. */
#ifndef VECS_TOOL_ALGORITHM_H
#define VECS_TOOL_ALGORITHM_H

#include "tool/attrs.h"

/* What a key is for. */
#define USE_SIGN 1U
#define USE_ENCRYPT 2U
#define USE_WRAP 4U
#define USE_DERIVE 8U
#define USE_ENCAPSULATE 16U

struct algorithm {
	const char *name;
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE generate;
	bool pair;
	unsigned uses; /* by default */
	/* What follows the colon: the default, or NULL if nothing may. */
	const char *parameter;
	/* Adds it to the template of a public or secret key. */
	CK_RV (*shape)(const char *parameter, struct attrs *out);
};

/* The row of "NAME" or "NAME:PARAMETER" and the parameter; says if none. */
CK_RV algorithm_find(const char *word, const struct algorithm **out,
    const char **parameter) MUST_USE;

/* "sign,wrap"; NULL is what the row has. */
CK_RV algorithm_uses(const struct algorithm *row, const char *words,
    unsigned *out) MUST_USE;

/* CKA_SIGN and its like for a key of this class. */
void algorithm_use_attrs(CK_OBJECT_CLASS class, unsigned uses,
    struct attrs *out);

#endif
