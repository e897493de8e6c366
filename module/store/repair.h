/*
 * Repairing a damaged database: what is good of it in the old one's place.
 * docs/STORE-FORMAT.md, "Repair".
 */
#ifndef VECS_REPAIR_H
#define VECS_REPAIR_H

#include "module/store/rekey.h"
#include "module/store/store.h"

/* Each finding is a line; it begins with "mended: ", "damaged: ",
 * "lost: " or "kept: ". */
struct repair_report {
	void (*line)(void *arg, const char *line);
	void *arg;
};

/*
 * An open database.  CKR_DEVICE_ERROR when nothing opens under the master key,
 * or another process holds the lock; then nothing has changed.
 */
CK_RV database_repair(struct database *db, rekey_index index,
    const struct repair_report *report) MUST_USE;
/* The protected ones of the seeds that are lost, made anew. */
CK_RV database_reseed(struct database *db,
    const struct database_config *config,
    const struct repair_report *report) MUST_USE;
/* Both for one that does not open. */
CK_RV database_rescue(const struct database_config *config,
    rekey_index index, const struct repair_report *report) MUST_USE;

#endif
