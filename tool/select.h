/* Which objects the options --class, --label, --id and --uid mean. */
#ifndef VECS_TOOL_SELECT_H
#define VECS_TOOL_SELECT_H

#include "tool/object.h"

/* The template that they make. */
CK_RV select_attrs(const struct args *args, struct attrs *out) MUST_USE;

/* All objects that match; none is E_OBJECT_NOT_FOUND and said. */
CK_RV select_objects(const struct token *token, const struct args *args,
    struct handles *out) MUST_USE;

/* The same, and more than one is an error that is said, unless --all. */
CK_RV select_few(const struct token *token, const struct args *args,
    struct handles *out) MUST_USE;

#endif
