/* The tiers of the schema: data of schema.c, and what its test walks. */
#ifndef VECS_SCHEMA_ROWS_H
#define VECS_SCHEMA_ROWS_H

#include "module/policy/schema.h"

#define TIERS_MAX 9

struct tier {
	const struct attr_row *rows;
	size_t count;
};

struct schema {
	CK_OBJECT_CLASS class;
	CK_ULONG sub; /* CK_UNAVAILABLE_INFORMATION: the class has none */
	const struct tier *tiers[TIERS_MAX + 1]; /* ends with NULL */
};

/* Every tier once. */
extern const struct tier *const tiers[];
extern const size_t tier_count;

extern const struct schema schemas[];
extern const size_t schema_count;

#endif
