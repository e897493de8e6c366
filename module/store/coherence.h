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

/* What a new file begins with. */
struct coherence_seed {
	uint64_t generation;
	uint64_t last_object; /* the highest id that needs a cell */
};

/* Maps the file.  One that is missing or another database's is made anew from
 * the seed: under the database's write lock.  Without a seed it is not made:
 * CKR_OBJECT_HANDLE_INVALID. */
CK_RV coherence_open(const char *path, const uint8_t dbid[DBID_LEN],
    const struct coherence_seed *seed, struct coherence **out) MUST_USE;
/* The database that the file of this name belongs to, if it says one. */
bool coherence_names(const char *path, uint8_t dbid[DBID_LEN]);
/* older: a mapping that other threads may still read; closed together. */
void coherence_keep(struct coherence *c, struct coherence *older);
void coherence_close(struct coherence *c);
DEFINE_CLEANUP(struct coherence *, coherence_close)

/* Whether the file of this name is the one that is mapped, and still open. */
bool coherence_is_named(const struct coherence *c, const char *path);

uint64_t coherence_generation(struct coherence *c);
/* A cell that the file does not have counts as always changed. */
uint64_t coherence_cell(struct coherence *c, uint64_t id);

/* The steps of a commit, all under the database's write lock. */
/* Completes what a writer that died has left; generation: the database's. */
void coherence_settle(struct coherence *c, uint64_t generation);
/* One object's cell in a commit: what the commit made of it. */
struct coherence_mark {
	uint64_t id;
	uint64_t odd;
};

/* Cells and generation to odd, before COMMIT; grows the file if needed, and
 * has changed nothing if it fails. */
CK_RV coherence_begin(struct coherence *c, struct coherence_mark *marks,
    size_t count, uint64_t *odd) MUST_USE;
/* To the next even ones after it, or back to what they were; the write lock
 * may be gone, so that what another writer has completed is left alone. */
void coherence_end(struct coherence *c, const struct coherence_mark *marks,
    size_t count, uint64_t odd, bool committed);

#endif
