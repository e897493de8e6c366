/*
 * An object as bytes and back (docs/STORE-FORMAT.md, "Records"): attributes in
 * ascending order, each by its schema's kind, so that the bytes do not depend
 * on the machine.
 */
#ifndef VECS_RECORD_H
#define VECS_RECORD_H

#include "common/buf.h"
#include "module/object/attrs.h"
#include "module/store/store.h"

/* Appends the record's bytes; ask buf_check at the end. */
void record_write(const struct attrs *a, struct buf *out);

/* CKR_DEVICE_ERROR for anything but exactly one well-formed record. */
CK_RV record_read(struct span plain, struct attrs *out) MUST_USE;

/* The attributes alone, of whatever class or none: as above. */
CK_RV record_attributes(struct span plain, struct attrs *out) MUST_USE;

/* The values of the indexed attributes.  scratch holds those that are computed
 * (folded label, issuer and serial, SHA-1) and must outlive index. */
CK_RV record_index(const struct attrs *a, struct buf *scratch,
    struct span index[INDEX_COUNT]) MUST_USE;

#endif
