/*
 * The only file that knows SQLite's connections: opening, statements, errors,
 * transactions.  Two connections, one for reading and one for writing, each
 * under its own lock, opened at first need and closed before a fork.
 */
#ifndef VECS_DB_H
#define VECS_DB_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/secret.h"
#include "common/span.h"

enum statement {
	ST_BEGIN,
	ST_BEGIN_WRITE,
	ST_COMMIT,
	ST_ROLLBACK,
	ST_FORMAT,
	ST_INSTANCE,
	ST_GENERATION,
	ST_INSTANCE_ADD,
	ST_INSTANCE_SET,
	ST_KEY_ID_SET,
	ST_NEXT_STORE,
	ST_NEXT_OBJECT,
	ST_STORES,
	ST_STORE,
	ST_STORE_AFTER,
	ST_STORE_ADD,
	ST_STORE_PUT,
	ST_STORE_SET,
	ST_STORE_META,
	ST_STORE_DELETE,
	ST_SLOT,
	ST_SLOTS,
	ST_SLOT_AFTER,
	ST_SLOT_PUT,
	ST_SLOTS_DELETE,
	ST_OBJECT,
	ST_OBJECT_ADD,
	ST_OBJECT_PUT,
	ST_OBJECT_DELETE,
	ST_OBJECTS_DELETE,
	ST_OBJECTS_ALL,
	ST_OBJECTS_CLASS,
	ST_OBJECTS_BY,
	ST_DIGEST_ADD,
	ST_DIGEST_DELETE,
	ST_DIGESTS_DELETE,
	ST_DIGESTS_OF_DELETE,
	ST_SEQUENCE_CLEAR,
	ST_SEQUENCE_PUT,
	ST_OBJECTS_WALK,
	ST_OBJECT_AFTER,
	ST_CHECK,
	ST_UNINDEXED,
	ST_ORPHANS,
	ST_COUNT
};

/* sql.c */
extern const char *const db_sql[ST_COUNT];
extern const char db_tables[];

struct db {
	pthread_mutex_t lock; /* recursive never: whoever has it says so */
	const char *path;     /* borrowed */
	bool newborn;         /* the file may be empty */
	bool salvage;         /* the file may be damaged: its pages are looked
	                       * at, its tables are not */
	sqlite3 *sql;         /* NULL: closed */
	sqlite3_stmt *statements[ST_COUNT];
};

void db_init(struct db *db, const char *path);
/* Closes; the lock stays usable. */
void db_close(struct db *db);

/* Opens if closed; called with the lock held, like all below. */
CK_RV db_open(struct db *db) MUST_USE;

/* A statement, reset and with its parameters unset; opens if need be. */
CK_RV db_statement(struct db *db, enum statement which,
    sqlite3_stmt **out) MUST_USE;
/* Runs a statement that gives no row. */
CK_RV db_run(struct db *db, sqlite3_stmt *st) MUST_USE;
/* Steps to the next row: *row false at the end, when it is reset. */
CK_RV db_step(struct db *db, sqlite3_stmt *st, bool *row) MUST_USE;
CK_RV db_simple(struct db *db, enum statement which) MUST_USE;

/* ST_COMMIT of a read transaction or ST_ROLLBACK.  First resets what an error has
 * left in the middle of its rows: it would keep the transaction open, and what
 * is read afterwards old.  A connection that cannot end one is closed. */
void db_end(struct db *db, enum statement how);

/* BEGIN IMMEDIATE, waiting for other writers up to a minute. */
CK_RV db_begin_write(struct db *db) MUST_USE;
/* The same if nobody has the lock, without waiting. */
bool db_try_write(struct db *db);

/* SQLite's last error as CK_RV, with a reason that names the file. */
CK_RV db_error(struct db *db, int rc);

void db_bind_u64(sqlite3_stmt *st, int i, uint64_t value);
/* data NULL binds NULL. */
void db_bind_span(sqlite3_stmt *st, int i, struct span value);
uint64_t db_u64(sqlite3_stmt *st, int column);
struct span db_span(sqlite3_stmt *st, int column);
/* Never NULL. */
const char *db_text(sqlite3_stmt *st, int column);

/* The next page of the file, after *number, that is damaged, whether it is in
 * use or not; false at the end. */
bool db_page_next(struct db *db, uint64_t *number);

/* SQLite's own descriptor: to close another one would let go of the locks that
 * this process holds on the file.  NULL when it has none. */
sqlite3_file *db_file(struct db *db);

/* Makes the tables in a new file: docs/STORE-FORMAT.md. */
CK_RV db_create_tables(struct db *db) MUST_USE;
/* From now on the file has a write-ahead log. */
CK_RV db_keep_log(struct db *db) MUST_USE;

#endif
