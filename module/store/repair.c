/* The old database, the new one beside it, and how it takes its place. */
#include "module/store/repair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "module/store/files.h"
#include "module/store/salvage.h"

#define LOCK_SECONDS 60
#define LOCK_STEP_MS 10
#define LOG_MS 1000 /* for readers who hold the log */
#define COPY (64 * 1024)
#define COPY_NAME (PATH_SIZE + 64)

struct repair {
	struct database *db;
	struct db old;          /* reads anything; the writer is the new one */
	sqlite3_backup *backup; /* holds the old one's write lock */
	struct pages pages;
	struct salvage salvage;
};

/* The damaged one is kept.  Its descriptor is SQLite's: see db_file. */

struct source {
	sqlite3_file *file; /* or NULL: */
	int fd;
};

/* In pieces that are not a page: those are looked at. */
static ssize_t
source_read(const struct source *s, void *out, off_t at)
{
	sqlite3_int64 size = 0;
	int len = at == 0 ? 64 : COPY - 64;

	if (s->file == NULL)
		return pread(s->fd, out, COPY, at);
	if (s->file->pMethods->xFileSize(s->file, &size) != SQLITE_OK)
		return -1;
	if (len > size - at)
		len = (int)(size - at);
	if (len > 0 && s->file->pMethods->xRead(s->file, out, len, at) !=
	    SQLITE_OK)
		return -1;
	return len;
}

static CK_RV
copy_fill(const struct database *db, const struct source *s, int fd,
    const char *path)
{
	_cleanup_(freep) unsigned char *bytes = malloc(COPY);
	off_t at = 0;
	ssize_t n;

	if (bytes == NULL)
		return CKR_HOST_MEMORY;
	TRY(file_own(db->dir, fd, path, false));
	while ((n = source_read(s, bytes, at)) > 0) {
		if (pwrite(fd, bytes, (size_t)n, at) != n)
			return file_error(path);
		at += n;
	}
	return n == 0 && fsync(fd) == 0 ? CKR_OK : file_error(path);
}

/* Complete before it has its name. */
static CK_RV
copy_make(const struct database *db, const struct source *s, const char *path)
{
	char temporary[PATH_SIZE + 16];
	int fd;
	CK_RV rv;

	/* One name: what a kill has left is written over. */
	snprintf(temporary, sizeof(temporary), "%s.damaged.new", db->path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (fd < 0)
		return file_error(temporary);
	rv = copy_fill(db, s, fd, temporary);
	close(fd);
	if (rv == CKR_OK && rename(temporary, path) != 0)
		rv = file_error(path);
	if (rv != CKR_OK)
		unlink(temporary);
	return rv;
}

/* A second one of the same second has a number. */
static void
copy_name(const struct database *db, char path[COPY_NAME])
{
	time_t now = time(NULL);
	struct stat st;
	struct tm tm;
	char when[32];
	int n = 1;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(path, COPY_NAME, "%s.damaged-%s", db->path, when);
	while (lstat(path, &st) == 0 && n++ < 1000)
		snprintf(path, COPY_NAME, "%s.damaged-%s-%d", db->path,
		    when, n);
}

static CK_RV
copies_make(struct repair *r)
{
	struct source file = { r->pages.file, -1 };
	struct source log = { NULL, r->pages.log };
	char path[COPY_NAME], log_path[COPY_NAME + 8];
	struct stat st;

	copy_name(r->db, path);
	snprintf(log_path, sizeof(log_path), "%s-wal", path);
	TRY(copy_make(r->db, &file, path));
	if (log.fd >= 0 && fstat(log.fd, &st) == 0 && st.st_size > 0)
		TRY(copy_make(r->db, &log, log_path));
	TRY(folder_sync(r->db->dir));
	salvage_say(&r->salvage, "kept: the damaged database, as %s", path);
	return CKR_OK;
}

/* The lock */

/* A file without a name, which goes with its connection. */
static CK_RV
fresh_make(struct repair *r)
{
	struct db *conn = &r->db->writer;

	db_close(conn);
	conn->path = "";
	conn->salvage = true;
	return db_create_tables(conn);
}

/* A step of no pages takes the lock and keeps it: from here to the last step
 * nobody writes. */
static CK_RV
old_lock(struct repair *r)
{
	struct timespec step = { 0, LOCK_STEP_MS * 1000000L };
	time_t end = time(NULL) + LOCK_SECONDS;
	int rc;

	TRY(db_open(&r->old));
	r->backup = sqlite3_backup_init(r->old.sql, "main",
	    r->db->writer.sql, "main");
	if (r->backup == NULL)
		return db_error(&r->old, SQLITE_ERROR);
	while ((rc = sqlite3_backup_step(r->backup, 0)) == SQLITE_BUSY &&
	    time(NULL) < end)
		nanosleep(&step, NULL);
	if (rc == SQLITE_OK)
		return CKR_OK;
	return fail(CKR_DEVICE_ERROR, "%s cannot be locked: %s", r->db->path,
	    sqlite3_errstr(rc));
}

/* One commit, which others see as one in which the lost objects changed. */

static CK_RV
marks_make(const struct salvage *v, struct coherence_mark **out)
{
	struct coherence_mark *marks =
	    calloc(v->lost_count + 1, sizeof(*marks));

	if (marks == NULL)
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < v->lost_count; i++)
		marks[i].id = v->lost[i].id;
	*out = marks;
	return CKR_OK;
}

static CK_RV
old_replace(struct repair *r)
{
	int rc = sqlite3_backup_step(r->backup, -1);

	if (rc == SQLITE_DONE)
		rc = sqlite3_backup_finish(r->backup);
	else
		(void)sqlite3_backup_finish(r->backup);
	r->backup = NULL;
	if (rc == SQLITE_OK)
		return CKR_OK;
	return fail((rc & 0xff) == SQLITE_FULL ? CKR_DEVICE_MEMORY
	                                       : CKR_DEVICE_ERROR,
	    "%s: %s", r->db->path, sqlite3_errstr(rc));
}

static CK_RV
replace_seen(struct repair *r, struct coherence *c)
{
	_cleanup_(freep) struct coherence_mark *marks = NULL;
	struct salvage *v = &r->salvage;
	uint64_t odd;
	CK_RV rv;

	TRY(marks_make(v, &marks));
	coherence_settle(c, v->generation * 2);
	TRY(coherence_begin(c, marks, v->lost_count, &odd));
	rv = old_replace(r);
	coherence_end(c, marks, v->lost_count, odd, rv == CKR_OK);
	return rv;
}

/* Above what the database says and what the coherence file does. */
static CK_RV
coherence_find(struct repair *r, struct coherence **out)
{
	struct coherence_seed seed = { r->salvage.generation * 2,
		r->salvage.last_object };
	uint64_t mapped;

	if (*out == NULL || !coherence_is_named(*out, r->db->gen_path))
		TRY(coherence_open(r->db->gen_path, r->db->dbid, &seed, out));
	mapped = coherence_generation(*out) / 2;
	if (mapped > r->salvage.generation) {
		r->salvage.generation = mapped;
		if (r->salvage.has_instance)
			salvage_say(&r->salvage, "lost: changes that were "
			    "made last, with the log or an older copy");
	}
	return CKR_OK;
}

/* The pages that were damaged are written over now. */
static void
log_empty(struct repair *r)
{
	sqlite3_busy_timeout(r->old.sql, LOG_MS);
	(void)sqlite3_wal_checkpoint_v2(r->old.sql, "main",
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

static CK_RV
salvage_all(struct repair *r)
{
	struct coherence *c = r->db->coherence;
	CK_RV rv;

	if (c == NULL)
		TRY(seal_subkey(secret_span(&r->db->master), SUBKEY_MANIFEST,
		    r->db->manifest_key));
	TRY(salvage_begin(&r->salvage));
	TRY(copies_make(r));
	rv = coherence_find(r, &c);
	if (rv == CKR_OK)
		rv = salvage_fill(&r->salvage);
	if (rv == CKR_OK)
		rv = replace_seen(r, c);
	if (c != NULL && c != r->db->coherence) {
		if (r->db->coherence != NULL)
			coherence_keep(c, r->db->coherence);
		r->db->coherence = c;
	}
	if (rv == CKR_OK)
		log_empty(r);
	return rv;
}

static CK_RV
repair_run(struct repair *r)
{
	TRY(fresh_make(r));
	TRY(old_lock(r));
	TRY(pages_open(&r->old, &r->pages));
	return salvage_all(r);
}

static void
repair_end(struct repair *r)
{
	struct database *db = r->db;

	if (r->backup != NULL)
		(void)sqlite3_backup_finish(r->backup);
	salvage_wipe(&r->salvage);
	pages_close(&r->pages);
	db_close(&db->writer);
	db->writer.salvage = false;
	db->writer.path = db->path;
	db_close(&r->old);
	pthread_mutex_destroy(&r->old.lock);
	db->seen = 1;
}

CK_RV
database_repair(struct database *db, rekey_index index,
    const struct repair_report *report)
{
	struct repair r = { .db = db, .pages = { .log = -1 } };
	CK_RV rv;

	/* Another process may have changed the master key. */
	if (db->coherence != NULL && database_sync(db) != CKR_OK)
		log_reason_clear();
	pthread_mutex_lock(&db->writer.lock);
	db_init(&r.old, db->path);
	r.old.salvage = true;
	r.salvage = (struct salvage){ .db = db, .pages = &r.pages,
		.index = index, .report = report,
		.has_dbid = db->coherence != NULL };
	rv = repair_run(&r);
	repair_end(&r);
	pthread_mutex_unlock(&db->writer.lock);
	return rv;
}
