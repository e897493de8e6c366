/*
 * The coherence file: a mapped file beside the database in which every process
 * sees, for a memory read, whether anything has changed, and which objects.
 * A generation for the whole, a 64-bit cell for each object; odd means: a
 * commit is under way.  docs/STORE-FORMAT.md, "The coherence file".
 */
#ifndef VECS_COHERENCE_H
#define VECS_COHERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

#define DBID_LEN 16

struct coherence;

/* Maps DIR/vecs.gen.  A file that is missing or another database's is made
 * anew with this generation: call it under the database's write lock, or
 * with may_make false (then CKR_OBJECT_HANDLE_INVALID says: it needs making). */
CK_RV coherence_open(const char *path, const uint8_t dbid[DBID_LEN],
    uint64_t generation, bool may_make, struct coherence **out) MUST_USE;
void coherence_close(struct coherence *c);
DEFINE_CLEANUP(struct coherence *, coherence_close)

uint64_t coherence_generation(struct coherence *c);
uint64_t coherence_cell(struct coherence *c, uint64_t id);

/* The steps of a commit, all under the database's write lock. */
/* Completes what a writer that died has left; generation: the database's. */
void coherence_repair(struct coherence *c, uint64_t generation);
/* Cells and generation to odd, before COMMIT; grows the file if needed. */
CK_RV coherence_begin(struct coherence *c, const uint64_t *ids,
    size_t count) MUST_USE;
/* To the next even ones after it, or back to what they were. */
void coherence_end(struct coherence *c, const uint64_t *ids, size_t count,
    bool committed);

#endif
