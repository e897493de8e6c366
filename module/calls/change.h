/* A pending change as the database takes it: attributes to bytes and index. */
#ifndef VECS_CHANGE_H
#define VECS_CHANGE_H

#include "common/buf.h"
#include "module/calls/batch.h"

/* key: of the store that the object ends in, NULL without PIN.  bytes holds
 * what *out points to and must outlive it. */
CK_RV change_build(const struct pending *p, const struct secret *key,
    struct buf *bytes, struct change *out) MUST_USE;

/* The precondition that a folded label is free in a store; key as above: without
 * it the labels of private objects cannot be told. */
void change_build_absent(uint64_t store, const struct secret *key,
    struct span folded, struct change *out);

/* An object's attributes as a record to be sealed; as above. */
CK_RV record_build(const struct attrs *attrs, struct buf *bytes,
    struct record_new *out) MUST_USE;

#endif
