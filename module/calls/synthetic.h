/*
 * Objects that are nowhere stored: one that stands for the store itself, and
 * the profiles that its token meets.  Only a search that names their class
 * finds them: to other clients they are no objects.
 */
#ifndef VECS_SYNTHETIC_H
#define VECS_SYNTHETIC_H

#include "module/calls/token.h"
#include "module/object/object.h"

bool synthetic_is(CK_OBJECT_CLASS class);
/* The place of one in the handle table, which no object on disk has. */
uint64_t synthetic_id(const struct object *o);
bool synthetic_is_id(uint64_t id);

/* The objects of a class, one after the other: *at starts at 0, *out is NULL
 * after the last. */
CK_RV synthetic_next(const struct token *token, CK_OBJECT_CLASS class,
    size_t *at, struct object **out) MUST_USE;

#endif
