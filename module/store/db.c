/* SQLite: connections, statements, errors. */
#include "module/store/db.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "module/store/pagesum.h"
#include "module/store/seal.h"

#define BUSY_MS 60000
#define MOMENT_MS 20
#define WAL_PAGES 1000 /* then its pages go into the database */
#define WAL_LARGE 4000 /* then it is emptied as well: 16 MB */
#define NAME 0x56454353 /* "VECS", the header's application id */
#define PAGE_SIZE 4096

/* Nothing of a connection is left to defaults that an application's SQLite
 * may have changed.  No page goes to the log before its commit (cache_spill):
 * pagesum.c relies on it.  The last to close empties the log (its limit of 64
 * MiB is not for that), so that the next to open has nothing to recover. */
static const char settings[] =
    "PRAGMA secure_delete = ON;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA foreign_keys = OFF;"
    "PRAGMA cache_spill = OFF;"
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA temp_store = MEMORY;";

void
db_init(struct db *db, const char *path)
{
	*db = (struct db){ .path = path };
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

static bool
is_no_space(int code, int system)
{
	return code == SQLITE_FULL || (code == SQLITE_IOERR &&
	    (system == ENOSPC || system == EDQUOT || system == EFBIG));
}

CK_RV
db_error(struct db *db, int rc)
{
	int code = db->sql != NULL ? sqlite3_extended_errcode(db->sql) : rc;
	int system = db->sql != NULL ? sqlite3_system_errno(db->sql) : 0;
	char where[PAGESUM_NAME];

	if (code == SQLITE_IOERR_DATA) {
		pagesum_damaged(where);
		return fail(CKR_DEVICE_ERROR, "%s: %s is damaged", db->path,
		    where);
	}
	if (is_no_space(code & 0xff, system))
		return fail(CKR_DEVICE_MEMORY, "%s: no space left", db->path);
	if ((code & 0xff) == SQLITE_NOMEM)
		return fail(CKR_HOST_MEMORY, "%s: no memory", db->path);
	if ((code & 0xff) == SQLITE_CANTOPEN && system != 0)
		return fail(CKR_DEVICE_ERROR, "%s: %s", db->path,
		    strerror(system));
	return fail(CKR_DEVICE_ERROR, "%s: %s", db->path,
	    sqlite3_errstr(code));
}

sqlite3_file *
db_file(struct db *db)
{
	sqlite3_file *f = NULL;

	if (sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_FILE_POINTER,
		&f) != SQLITE_OK || f == NULL || f->pMethods == NULL)
		return NULL;
	return f;
}

static CK_RV
header_check(struct db *db)
{
	static const char sqlite[] = "SQLite format 3";
	static const unsigned char name[] = { NAME >> 24 & 255,
		NAME >> 16 & 255, NAME >> 8 & 255, NAME & 255 };
	unsigned char head[100] = { 0 };
	sqlite3_file *f = db_file(db);
	sqlite3_int64 size = 0;

	if (f == NULL || f->pMethods->xFileSize(f, &size) != SQLITE_OK)
		return db_error(db, SQLITE_IOERR);
	if (size == 0)
		return db->newborn ? CKR_OK : fail(CKR_DEVICE_ERROR,
		    "%s is not a database of VECS: it is empty", db->path);
	if (size < PAGE_SIZE ||
	    f->pMethods->xRead(f, head, sizeof(head), 0) != SQLITE_OK ||
	    memcmp(head, sqlite, sizeof(sqlite)) != 0 ||
	    memcmp(head + 68, name, sizeof(name)) != 0)
		return fail(CKR_DEVICE_ERROR, "%s is not a database of VECS",
		    db->path);
	return CKR_OK;
}

static void
sleep_a_little(void)
{
	nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

/* SQLite's own waiting sleeps in growing steps, so that a busy database lets
 * the patient starve. */
static int
wait_more(void *arg, int tries)
{
	(void)arg;
	sleep_a_little();
	return tries < BUSY_MS;
}

static int
wait_a_moment(void *arg, int tries)
{
	(void)arg;
	sleep_a_little();
	return tries < MOMENT_MS;
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
	sqlite3_busy_handler(conn, wait_a_moment, NULL);
	(void)sqlite3_wal_checkpoint_v2(conn, name,
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_handler(conn, wait_more, NULL);
	return SQLITE_OK;
}

/* Nothing that makes SQLite read its schema. */
static CK_RV
salvage_set(struct db *db)
{
	int rc = sqlite3_exec(db->sql, "PRAGMA cache_spill = OFF;", NULL, NULL,
	    NULL);

	/* A file that is shorter than its header says is no reason to stop. */
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
	return rc == SQLITE_OK ? CKR_OK : db_error(db, rc);
}

static CK_RV
connect(struct db *db)
{
	int persist = 1;
	int rc = sqlite3_open_v2(db->path, &db->sql,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_NOFOLLOW,
	    db->salvage ? PAGESUM_SALVAGE : PAGESUM_VFS);

	if (rc != SQLITE_OK)
		return db_error(db, rc);
	if (!db->salvage)
		TRY(header_check(db));
	sqlite3_busy_handler(db->sql, wait_more, NULL);
	sqlite3_wal_hook(db->sql, wal_grown, NULL);
	sqlite3_extended_result_codes(db->sql, 1);
	sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_PERSIST_WAL,
	    &persist);
	if (db->salvage)
		return salvage_set(db);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
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
		rc = sqlite3_prepare_v3(db->sql, db_sql[which], -1,
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

void
db_end(struct db *db, enum statement how)
{
	for (int i = 0; i < ST_COUNT; i++)
		sqlite3_reset(db->statements[i]);
	if (db->sql != NULL && !sqlite3_get_autocommit(db->sql) &&
	    db_simple(db, how) != CKR_OK)
		db_close(db);
}

CK_RV
db_begin_write(struct db *db)
{
	sqlite3_stmt *st;
	int rc = SQLITE_BUSY;

	/* PROTOCOL: too many others at once in the index of the log. */
	for (int i = 0; i < BUSY_MS; i++) {
		TRY(db_statement(db, ST_BEGIN_WRITE, &st));
		rc = sqlite3_step(st);
		sqlite3_reset(st);
		if (rc == SQLITE_DONE)
			return CKR_OK;
		if (rc != SQLITE_PROTOCOL)
			break;
		sleep_a_little();
	}
	if ((rc & 0xff) == SQLITE_BUSY)
		return fail(CKR_DEVICE_ERROR,
		    "%s: another process holds the lock", db->path);
	return db_error(db, rc);
}

bool
db_try_write(struct db *db)
{
	sqlite3_stmt *st;
	int rc;

	if (db_statement(db, ST_BEGIN_WRITE, &st) != CKR_OK)
		return false;
	sqlite3_busy_handler(db->sql, NULL, NULL);
	rc = sqlite3_step(st);
	sqlite3_reset(st);
	sqlite3_busy_handler(db->sql, wait_more, NULL);
	return rc == SQLITE_DONE;
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

const char *
db_text(sqlite3_stmt *st, int column)
{
	const char *text = (const char *)sqlite3_column_text(st, column);

	return text != NULL ? text : "";
}

/* A page that was never written is a hole of zeros, and nothing uses it.  One
 * that a checkpoint is writing at this moment will be whole when it is read
 * again. */
static bool
page_is_whole(sqlite3_file *f, sqlite3_int64 at)
{
	unsigned char page[PAGE_SIZE];

	for (int tries = 0; tries < 3; tries++) {
		int rc = f->pMethods->xRead(f, page, PAGE_SIZE, at);

		if (rc != SQLITE_IOERR_DATA)
			return rc == SQLITE_OK;
		sleep_a_little();
	}
	return page[0] == 0 && memcmp(page, page + 1, PAGE_SIZE - 1) == 0;
}

bool
db_page_next(struct db *db, uint64_t *number)
{
	sqlite3_int64 size = 0, at = (sqlite3_int64)*number * PAGE_SIZE;
	sqlite3_file *f = db_file(db);

	if (f == NULL || f->pMethods->xFileSize(f, &size) != SQLITE_OK)
		return false;
	for (; at + PAGE_SIZE <= size; at += PAGE_SIZE) {
		if (page_is_whole(f, at))
			continue;
		*number = (uint64_t)(at / PAGE_SIZE) + 1;
		return true;
	}
	return false;
}

CK_RV
db_create_tables(struct db *db)
{
	int reserve = PAGESUM_SIZE, rc;
	char header[128];

	snprintf(header, sizeof(header), "PRAGMA application_id = %d;"
	    "PRAGMA user_version = %d;", NAME, SEAL_FORMAT);
	TRY(db_open(db));
	sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_RESERVE_BYTES,
	    &reserve);
	rc = sqlite3_exec(db->sql, "PRAGMA page_size = 4096;"
	    "PRAGMA journal_mode = MEMORY; BEGIN;", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db->sql, db_tables, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db->sql, header, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db->sql, "COMMIT;", NULL, NULL, NULL);
	return rc == SQLITE_OK ? CKR_OK : db_error(db, rc);
}

CK_RV
db_keep_log(struct db *db)
{
	int rc = sqlite3_exec(db->sql, "PRAGMA journal_mode = WAL", NULL, NULL,
	    NULL);

	return rc == SQLITE_OK ? CKR_OK : db_error(db, rc);
}
