/* How named objects become entries. */
#ifndef VECS_TOOL_GROUP_H
#define VECS_TOOL_GROUP_H

#include "tool/entries.h"

/*
 * Fills order and list from the objects, whose labels and aliases are set:
 * adoption by CKA_ID, one entry for each alias, twins apart.  keep_order lists
 * entries as the token does, otherwise by name.
 */
CK_RV group_objects(struct entries *e, bool keep_order) MUST_USE;

#endif
