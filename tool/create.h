/* What creating and replacing an entry have in common. */
#ifndef VECS_TOOL_CREATE_H
#define VECS_TOOL_CREATE_H

#include "tool/material.h"

bool is_empty(const char *text);

/* Some store is named, by --store or by --token. */
CK_RV store_given(const struct args *args) MUST_USE;

/* UTF-8 without control characters, and not empty. */
CK_RV alias_check(const char *alias) MUST_USE;

/* The files go together and are enough; says what is missing. */
CK_RV create_check(const struct args *args,
    const struct material *m) MUST_USE;

/*
 * The leaf's subject is unique among the solution-user stores of vecs.conf.
 * The entry of this alias in this store does not count: either it is replaced,
 * or it makes the creation fail by itself.
 */
CK_RV subject_check(const struct token *token, X509 *leaf,
    const char *alias) MUST_USE;

#endif
