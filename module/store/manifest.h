/*
 * A count and an additive hash of a set of (kind, id, version, name): changed
 * in steps, compared as a whole, so that a hidden or replayed row is found
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

/* The sets of a store: each is compared where its rows are read. */
enum manifest_kind {
	MANIFEST_OBJECTS, /* but for grants */
	MANIFEST_GRANTS,
	MANIFEST_SLOTS,
	MANIFEST_PARTS,
	MANIFEST_STORES = MANIFEST_PARTS, /* of the instance */
};

struct manifest_item {
	enum manifest_kind kind;
	uint64_t id, version; /* id 0: the row has a name */
	const char *name;     /* NULL: the row has an id */
};

CK_RV manifest_add(struct manifest *m, struct span key,
    const struct manifest_item *item) MUST_USE;
CK_RV manifest_remove(struct manifest *m, struct span key,
    const struct manifest_item *item) MUST_USE;
bool manifest_equal(const struct manifest *a, const struct manifest *b);

void manifest_write(const struct manifest *m, struct buf *out);
void manifest_read(struct reader *r, struct manifest *out);

#endif
