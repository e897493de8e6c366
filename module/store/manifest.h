/*
 * A count and an additive hash of a set of (kind, id, version): changed in
 * steps, compared as a whole, so that a hidden or replayed row is found
 * (docs/STORE-FORMAT.md, "Manifests").
 */
#ifndef VECS_MANIFEST_H
#define VECS_MANIFEST_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/span.h"

#define MANIFEST_SUM 32

struct manifest {
	uint64_t count;
	uint8_t sum[MANIFEST_SUM]; /* little-endian, modulo 2^256 */
};

enum manifest_kind { MANIFEST_OBJECT, MANIFEST_SLOT, MANIFEST_STORE };

/* id: the row's number; of a key slot manifest_slot_id of its name. */
CK_RV manifest_add(struct manifest *m, struct span key,
    enum manifest_kind kind, uint64_t id, uint64_t version) MUST_USE;
CK_RV manifest_remove(struct manifest *m, struct span key,
    enum manifest_kind kind, uint64_t id, uint64_t version) MUST_USE;
bool manifest_equal(const struct manifest *a, const struct manifest *b);

void manifest_write(const struct manifest *m, struct buf *out);
void manifest_read(struct reader *r, struct manifest *out);

/* A key slot's name as an id. */
uint64_t manifest_slot_id(const char *who);

#endif
