/* SQLite: connections, statements, errors. */
#include "module/store/db.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "module/store/pagesum.h"

#define BUSY_MS 60000
#define MOMENT_MS 20
#define WAL_PAGES 1000  /* then its pages go into the database */
#define WAL_LARGE 4000  /* then it is emptied as well: 16 MB */
#define OBJECT_COLUMNS \
	"id, version, class, private, label, folded, cka_id, subject, " \
	"issuer_serial, sha1"
#define REFS "SELECT id, version, class, private FROM object WHERE store = ?1 "
#define BY(column) \
	REFS "AND " column " IN (?2, ?3) AND (?4 IS NULL OR class = ?4) " \
	     "ORDER BY id"

static const char *const sql[ST_COUNT] = {
	[ST_BEGIN] = "BEGIN",
	[ST_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[ST_COMMIT] = "COMMIT",
	[ST_ROLLBACK] = "ROLLBACK",
	[ST_INSTANCE] = "SELECT format, dbid, key_id, generation, manifest "
			"FROM instance",
	[ST_GENERATION] = "SELECT generation FROM instance",
	[ST_INSTANCE_SET] = "UPDATE instance SET generation = ?1, "
			    "manifest = ?2",
	[ST_NEXT_STORE] = "SELECT seq FROM sqlite_sequence "
			  "WHERE name = 'store'",
	[ST_NEXT_OBJECT] = "SELECT seq FROM sqlite_sequence "
			   "WHERE name = 'object'",
	[ST_STORES] = "SELECT id, version, meta_version, meta, manifest "
		      "FROM store ORDER BY id",
	[ST_STORE] = "SELECT id, version, meta_version, meta, manifest "
		     "FROM store WHERE id = ?1",
	[ST_STORE_AFTER] = "SELECT id, version, meta_version, meta, manifest "
			   "FROM store WHERE id > ?1 ORDER BY id LIMIT 1",
	[ST_STORE_ADD] = "INSERT INTO store (version, meta_version, meta, "
			 "manifest) VALUES (0, 0, x'', x'')",
	[ST_STORE_SET] = "UPDATE store SET version = ?2, manifest = ?3 "
			 "WHERE id = ?1",
	[ST_STORE_META] = "UPDATE store SET meta_version = ?2, meta = ?3 "
			  "WHERE id = ?1",
	[ST_STORE_DELETE] = "DELETE FROM store WHERE id = ?1",
	[ST_SLOT] = "SELECT version, slot FROM keyslot WHERE store = ?1 "
		    "AND who = ?2",
	[ST_SLOTS] = "SELECT who, version, slot FROM keyslot "
		     "WHERE store = ?1 ORDER BY who",
	[ST_SLOT_PUT] = "INSERT INTO keyslot (store, who, version, slot) "
			"VALUES (?1, ?2, ?3, ?4) ON CONFLICT (store, who) "
			"DO UPDATE SET version = ?3, slot = ?4",
	[ST_SLOTS_DELETE] = "DELETE FROM keyslot WHERE store = ?1 "
			    "AND (?2 IS NULL OR who = ?2)",
	[ST_OBJECT] = "SELECT " OBJECT_COLUMNS ", record, store FROM object "
		      "WHERE id = ?1",
	/* The id comes first, so that the record can be sealed with it. */
	[ST_OBJECT_ADD] = "INSERT INTO object (" OBJECT_COLUMNS ", record, "
			  "store) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
			  "?9, ?10, ?11, ?12)",
	[ST_OBJECT_PUT] = "UPDATE object SET version = ?2, class = ?3, "
			  "private = ?4, label = ?5, folded = ?6, "
			  "cka_id = ?7, subject = ?8, issuer_serial = ?9, "
			  "sha1 = ?10, record = ?11, store = ?12 "
			  "WHERE id = ?1",
	[ST_OBJECT_DELETE] = "DELETE FROM object WHERE id = ?1",
	[ST_OBJECTS_DELETE] = "DELETE FROM object WHERE store = ?1 "
			      "AND (?2 IS NULL OR private = ?2)",
	[ST_OBJECTS_ALL] = REFS "ORDER BY id",
	[ST_OBJECTS_CLASS] = REFS "AND class = ?2 ORDER BY id",
	[ST_OBJECTS_BY_LABEL] = BY("label"),
	[ST_OBJECTS_BY_FOLDED] = BY("folded"),
	[ST_OBJECTS_BY_ID] = BY("cka_id"),
	[ST_OBJECTS_BY_SUBJECT] = BY("subject"),
	[ST_OBJECTS_BY_ISSUER_SERIAL] = BY("issuer_serial"),
	[ST_OBJECTS_BY_SHA1] = BY("sha1"),
	[ST_OBJECTS_WALK] = "SELECT " OBJECT_COLUMNS ", record, store "
			    "FROM object WHERE store = ?1 ORDER BY id",
	[ST_CHECK] = "PRAGMA integrity_check(20)",
};

static const char tables[] =
    "CREATE TABLE instance (id INTEGER PRIMARY KEY CHECK (id = 1), "
    "format INTEGER NOT NULL, dbid BLOB NOT NULL, key_id BLOB NOT NULL, "
    "generation INTEGER NOT NULL, manifest BLOB NOT NULL) STRICT;"
    "CREATE TABLE store (id INTEGER PRIMARY KEY AUTOINCREMENT, "
    "version INTEGER NOT NULL, meta_version INTEGER NOT NULL, "
    "meta BLOB NOT NULL, manifest BLOB NOT NULL) STRICT;"
    "CREATE TABLE keyslot (store INTEGER NOT NULL, who TEXT NOT NULL, "
    "version INTEGER NOT NULL, slot BLOB NOT NULL, "
    "PRIMARY KEY (store, who)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE object (id INTEGER PRIMARY KEY AUTOINCREMENT, "
    "store INTEGER NOT NULL, version INTEGER NOT NULL, "
    "class INTEGER NOT NULL, private INTEGER NOT NULL, label BLOB, "
    "folded BLOB, cka_id BLOB, subject BLOB, issuer_serial BLOB, "
    "sha1 BLOB, record BLOB NOT NULL) STRICT;"
    "CREATE INDEX object_class ON object (store, class);"
    "CREATE INDEX object_label ON object (store, label) "
    "WHERE label IS NOT NULL;"
    "CREATE INDEX object_folded ON object (store, folded) "
    "WHERE folded IS NOT NULL;"
    "CREATE INDEX object_cka_id ON object (store, cka_id) "
    "WHERE cka_id IS NOT NULL;"
    "CREATE INDEX object_subject ON object (store, subject) "
    "WHERE subject IS NOT NULL;"
    "CREATE INDEX object_issuer_serial ON object (store, issuer_serial) "
    "WHERE issuer_serial IS NOT NULL;"
    "CREATE INDEX object_sha1 ON object (store, sha1) "
    "WHERE sha1 IS NOT NULL;";

/* Nothing of a connection is left to defaults that an application's SQLite
 * may have changed. */
static const char settings[] =
    "PRAGMA secure_delete = ON;"
    "PRAGMA synchronous = FULL;"
    /* With a limit, the last one to close empties the WAL. */
    "PRAGMA journal_size_limit = 8388608;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA foreign_keys = OFF;"
    "PRAGMA temp_store = MEMORY;";

void
db_init(struct db *db, const char *path, bool writes)
{
	*db = (struct db){ .path = path, .writes = writes };
	pthread_mutex_init(&db->lock, NULL);
}

void
db_close(struct db *db)
{
	for (int i = 0; i < ST_COUNT; i++) {
		sqlite3_finalize(db->statements[i]);
		db->statements[i] = NULL;
	}
	sqlite3_close(db->sql);
	db->sql = NULL;
}

static const struct {
	int code;
	CK_RV rv;
} errors[] = {
	{ SQLITE_FULL, CKR_DEVICE_MEMORY },
	{ SQLITE_NOMEM, CKR_HOST_MEMORY },
};

CK_RV
db_error(struct db *db, int rc)
{
	int code = db->sql != NULL ? sqlite3_extended_errcode(db->sql) : rc;
	int system = db->sql != NULL ? sqlite3_system_errno(db->sql) : 0;

	if (code == SQLITE_IOERR_DATA)
		return fail(CKR_DEVICE_ERROR, "%s: a page is damaged",
		    db->path);
	if ((code & 0xff) == SQLITE_IOERR && system == ENOSPC)
		return fail(CKR_DEVICE_MEMORY, "%s: no space left", db->path);
	for (size_t i = 0; i < COUNT(errors); i++)
		if (errors[i].code == (code & 0xff))
			return fail(errors[i].rv, "%s: %s", db->path,
			    sqlite3_errstr(code));
	return fail(CKR_DEVICE_ERROR, "%s: %s", db->path,
	    sqlite3_errstr(code));
}

/*
 * After a commit, when the WAL has grown: its pages go into the database and
 * its space is used again, which costs less than growing anew.  After a large
 * commit it is emptied, so that the next process to open need not read through
 * it; who is reading just now is waited for a moment only.
 */
static int
wal_grown(void *arg, sqlite3 *conn, const char *name, int pages)
{
	int in_log = 0, done = 0;

	(void)arg;
	if (pages < WAL_PAGES)
		return SQLITE_OK;
	if (sqlite3_wal_checkpoint_v2(conn, name, SQLITE_CHECKPOINT_PASSIVE,
	    &in_log, &done) != SQLITE_OK || in_log != done ||
	    pages < WAL_LARGE)
		return SQLITE_OK;
	sqlite3_busy_timeout(conn, MOMENT_MS);
	(void)sqlite3_wal_checkpoint_v2(conn, name,
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(conn, BUSY_MS);
	return SQLITE_OK;
}

static CK_RV
connect(struct db *db)
{
	int persist = 1;
	int rc = sqlite3_open_v2(db->path, &db->sql,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_NOFOLLOW, PAGESUM_VFS);

	if (rc != SQLITE_OK)
		return db_error(db, rc);
	sqlite3_busy_timeout(db->sql, BUSY_MS);
	sqlite3_wal_hook(db->sql, wal_grown, NULL);
	sqlite3_extended_result_codes(db->sql, 1);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_PERSIST_WAL,
	    &persist);
	rc = sqlite3_exec(db->sql, settings, NULL, NULL, NULL);
	return rc == SQLITE_OK ? CKR_OK : db_error(db, rc);
}

CK_RV
db_open(struct db *db)
{
	CK_RV rv;

	if (db->sql != NULL)
		return CKR_OK;
	TRY(pagesum_register());
	rv = connect(db);
	if (rv != CKR_OK)
		db_close(db);
	return rv;
}

CK_RV
db_statement(struct db *db, enum statement which, sqlite3_stmt **out)
{
	sqlite3_stmt **st = &db->statements[which];
	int rc;

	TRY(db_open(db));
	if (*st == NULL) {
		rc = sqlite3_prepare_v3(db->sql, sql[which], -1,
		    SQLITE_PREPARE_PERSISTENT, st, NULL);
		if (rc != SQLITE_OK)
			return db_error(db, rc);
	}
	sqlite3_reset(*st);
	sqlite3_clear_bindings(*st);
	*out = *st;
	return CKR_OK;
}

CK_RV
db_step(struct db *db, sqlite3_stmt *st, bool *row)
{
	int rc = sqlite3_step(st);
	CK_RV rv = CKR_OK;

	*row = rc == SQLITE_ROW;
	if (*row)
		return CKR_OK;
	if (rc != SQLITE_DONE)
		rv = db_error(db, rc);
	sqlite3_reset(st);
	return rv;
}

CK_RV
db_run(struct db *db, sqlite3_stmt *st)
{
	bool row;

	TRY(db_step(db, st, &row));
	if (row)
		sqlite3_reset(st);
	return CKR_OK;
}

CK_RV
db_simple(struct db *db, enum statement which)
{
	sqlite3_stmt *st;

	TRY(db_statement(db, which, &st));
	return db_run(db, st);
}

/* SQLite's own waiting gives up at once where two connections would deadlock,
 * and sleeps in growing steps; neither may make a writer fail here. */
CK_RV
db_begin_write(struct db *db)
{
	struct timespec pause = { 0, 1000000 };

	TRY(db_open(db));
	for (int i = 0; i < BUSY_MS; i++) {
		sqlite3_stmt *st;
		int rc;

		TRY(db_statement(db, ST_BEGIN_WRITE, &st));
		rc = sqlite3_step(st);
		sqlite3_reset(st);
		if (rc == SQLITE_DONE)
			return CKR_OK;
		if ((rc & 0xff) != SQLITE_BUSY)
			return db_error(db, rc);
		nanosleep(&pause, NULL);
	}
	return fail(CKR_DEVICE_ERROR, "%s: another process holds the lock",
	    db->path);
}

void
db_bind_u64(sqlite3_stmt *st, int i, uint64_t value)
{
	sqlite3_bind_int64(st, i, (sqlite3_int64)value);
}

void
db_bind_span(sqlite3_stmt *st, int i, struct span value)
{
	if (value.data == NULL)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_blob64(st, i, value.data, value.len,
		    SQLITE_STATIC);
}

uint64_t
db_u64(sqlite3_stmt *st, int column)
{
	return (uint64_t)sqlite3_column_int64(st, column);
}

struct span
db_span(sqlite3_stmt *st, int column)
{
	const void *data = sqlite3_column_blob(st, column);
	int len = sqlite3_column_bytes(st, column);

	if (sqlite3_column_type(st, column) == SQLITE_NULL)
		return (struct span){ NULL, 0 };
	return (struct span){ len != 0 ? data : "", (size_t)len };
}

CK_RV
db_create_tables(struct db *db)
{
	int reserve = PAGESUM_SIZE, rc;

	TRY(db_open(db));
	sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_RESERVE_BYTES,
	    &reserve);
	rc = sqlite3_exec(db->sql, "PRAGMA page_size = 4096;"
	    "PRAGMA journal_mode = MEMORY; BEGIN;", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db->sql, tables, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db->sql, "COMMIT;", NULL, NULL, NULL);
	return rc == SQLITE_OK ? CKR_OK : db_error(db, rc);
}
