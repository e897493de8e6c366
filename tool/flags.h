/* Bits of the standard's flag words, and how they are called in listings. */
#ifndef VECS_TOOL_FLAGS_H
#define VECS_TOOL_FLAGS_H

#include <jansson.h>

#include "common/pkcs11.h"

struct flag_name {
	CK_FLAGS flag;
	const char *name; /* NULL ends the rows */
};

extern const struct flag_name token_flag_names[];
extern const struct flag_name mechanism_flag_names[];

/* An array of the names of the bits that are set. */
json_t *flags_json(const struct flag_name *names, CK_FLAGS flags);

#endif
