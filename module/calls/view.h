/*
 * What a client sees who may only use a token's keys: no data objects and no
 * generic secrets, and of the other secret and private keys never the value.
 */
#ifndef VECS_VIEW_H
#define VECS_VIEW_H

#include "module/calls/token.h"
#include "module/object/object.h"

/* *o as it is shown to the token's client: itself, or in its place a sensitive,
 * unextractable image of it, held instead; hidden: CKR_OBJECT_HANDLE_INVALID. */
CK_RV view_object(const struct token *token, struct object **o) MUST_USE;

/* find_objects for this client: the answers as its view has them. */
CK_RV view_find(struct cache *cache, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct record_ref **out,
    size_t *count) MUST_USE;

#endif
