/*
 * Replaced entries in BACKUP_STORE: which are whose, and what they are called.
 * A record (CKO_DATA, application vecs:backup) of the backup's label says
 * from which store and alias it came.
 */
#ifndef VECS_TOOL_BACKUP_H
#define VECS_TOOL_BACKUP_H

#include "tool/batch.h"

#define BACKUP_STORE "BACKUP_STORE"
#define BACKUP_STEPS_MAX 1000

struct backup {
	CK_OBJECT_HANDLE record;
	char *label; /* the backup's alias, "bkp_..." */
	char *alias; /* in the store it came from, as written there */
	unsigned step; /* 1 is the newest */
	struct entries objects;
};

struct backups {
	struct backup *list; /* newest first */
	size_t count;
};

/* Opens BACKUP_STORE for a replacement or its reversal. */
CK_RV backup_open(struct p11 *p11, struct token *out) MUST_USE;

/* The backups of one store's alias. */
CK_RV backups_load(const struct token *store, const struct token *origin,
    const char *alias, struct backups *out) MUST_USE;
void backups_free(struct backups *backups);

/*
 * What the next backup is called: bkp_ALIAS, or bkp_STORE_ALIAS if others hold
 * that or one of its older steps; E_ALREADY_EXISTS if they hold both.
 */
CK_RV backup_base(const struct token *store, const struct token *origin,
    const char *alias, const struct backups *mine, char **out) MUST_USE;

/* Inside a batch that both tokens joined: moves an entry to another token. */
CK_RV entry_move(const struct token *from, const struct entry *entry,
    const struct token *to, const char *label) MUST_USE;

/* Writes the record of a new backup. */
CK_RV backup_record(const struct token *store, const struct token *origin,
    const char *alias, const char *label) MUST_USE;

/* Gives a backup and its record another step: its label becomes base or
 * base_STEP. */
CK_RV backup_rename(const struct token *store, const struct backup *backup,
    const char *base, unsigned step) MUST_USE;

CK_RV backup_destroy(const struct token *store,
    const struct backup *backup) MUST_USE;

#endif
