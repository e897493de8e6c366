/*
 * Backups (docs/STORE-FORMAT.md, "Backups"): stores as one stream of records,
 * whose contents stay sealed as they are; the keys of the stores go along,
 * sealed under the backup's own key, and a chain of MACs holds all together.
 */
#ifndef VECS_BACKUP_H
#define VECS_BACKUP_H

#include "module/store/store.h"

#define BACKUP_KEY 32

/* Writes these stores, as one read transaction sees them, to fd.  Private
 * objects of tokens with PINs go along unread. */
CK_RV backup_write(struct database *db, const uint64_t *stores, size_t count,
    struct span key, int fd) MUST_USE;

/* How what is in a backup becomes stores again. */
struct restore_how {
	const char *as; /* NULL: under its own name; for a single store only */
	bool replace;   /* what a store of the name holds goes */
	/* May the caller make or replace this store?  CKR_ACTION_PROHIBITED. */
	CK_RV (*may)(void *arg, uint32_t owner, const struct store *there);
	void *arg;
};

/*
 * Restores all stores of the stream in one transaction, or nothing.  One that
 * was cut off, changed or is under another key: CKR_DATA_INVALID; a name that
 * is taken by a store with objects: CKR_VECS_EXISTS.
 */
CK_RV backup_restore(struct database *db, struct span key, int fd,
    const struct restore_how *how) MUST_USE;

/* The inside: records of a stream, for backup.c and restore.c. */

#define BACKUP_MAGIC "VECSBKP1"
#define BACKUP_CHAIN 32

enum backup_record { BACKUP_STORE = 1, BACKUP_SLOT, BACKUP_OBJECT, BACKUP_END };

#endif
