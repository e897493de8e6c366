/*
 * What is good of a damaged database, row by row, into a new one
 * (docs/STORE-FORMAT.md, "Repair").  In two steps: first what says whose rows
 * there are; nothing is written before it is clear that the master key is the
 * right one.
 */
#ifndef VECS_SALVAGE_H
#define VECS_SALVAGE_H

#include "module/store/cells.h"
#include "module/store/database.h"
#include "module/store/repair.h"

#define SALVAGE_WHO 96 /* the name of a key slot */

struct found_store {
	struct store_full *s; /* NULL: lost */
	uint64_t id;
	bool has_manifest;    /* it opened: */
	struct manifest wanted[MANIFEST_PARTS];
	struct secret meta;   /* as it lies there */
};

/* A row that can be told from others but not opened, or of which only the
 * indexes know. */
struct lost_row {
	uint64_t id, version, store;
	CK_OBJECT_CLASS class;
	bool private;
	int digest_count;     /* of whichever attributes */
	uint8_t digests[INDEX_COUNT][DIGEST];
	char name[65];        /* if another object has the same label */
};

struct salvage {
	struct database *db;  /* its writer: the new one */
	const struct pages *pages;
	rekey_index index;
	const struct repair_report *report;
	bool key_fits, has_dbid, has_instance, has_sequence;
	bool incomplete;      /* something is lost */
	enum page_state page; /* where the cell at hand begins */
	uint64_t generation;  /* the highest that was seen */
	uint64_t last_store, last_object; /* ids that were given */
	struct found_store *stores;
	size_t store_count;
	struct lost_row *lost;
	size_t lost_count, lost_cap;
	struct transaction t; /* for the functions that write rows */
};

/* Instance, sequences and stores.  CKR_DEVICE_ERROR when nothing of them opens
 * under the master key. */
CK_RV salvage_begin(struct salvage *v) MUST_USE;
/* Key slots and objects, then what follows from them. */
CK_RV salvage_fill(struct salvage *v) MUST_USE;
void salvage_wipe(struct salvage *v);

/* salvage_sets.c: what the rows add up to, and which are missing. */
CK_RV salvage_finish(struct salvage *v) MUST_USE;
/* salvage_lost.c: which rows are missing, and how they were called. */
CK_RV salvage_lose(struct salvage *v, const struct row *row) MUST_USE;
/* What only the indexes know. */
CK_RV salvage_missing(struct salvage *v) MUST_USE;
/* Forgets what is there all the same; each once, by id. */
CK_RV salvage_sift(struct salvage *v) MUST_USE;
CK_RV salvage_names(struct salvage *v,
    const struct found_store *f) MUST_USE;
void salvage_lost_say(const struct salvage *v, const struct found_store *f,
    const struct lost_row *lost);

/* salvage.c, for them */
CK_RV salvage_each(struct salvage *v,
    CK_RV (*then)(void *arg, const struct cell *cell)) MUST_USE;
bool salvage_shape(const struct cell *cell, bool has_id, const char *shape);
void salvage_say(const struct salvage *v, const char *format, ...)
    PRINTF_LIKE(2, 3);
/* Takes an object out of the new database. */
CK_RV salvage_drop(struct salvage *v, uint64_t id) MUST_USE;

#endif
