/*
 * The birth of a database where no file exists: a temporary file that is
 * complete gets its name by link(), so that of two that are born at once the
 * second finds the first.
 */
#include "module/store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/text.h"
#include "module/crypto/libctx.h"
#include "module/store/files.h"
#include "module/store/repair.h"

/* The master key */

static CK_RV
key_write(const struct database *db, int fd, const char *path,
    struct span key)
{
	TRY(file_own(db->dir, fd, path, true));
	return write(fd, key.data, key.len) == (ssize_t)key.len &&
	    fsync(fd) == 0 ? CKR_OK : file_error(path);
}

static CK_RV
key_fill(const struct database *db, int fd, const char *temporary)
{
	uint8_t key[SEAL_KEY];
	CK_RV rv;

	TRY(rng_bytes(key, sizeof(key)));
	rv = key_write(db, fd, temporary, KEY_SPAN(key));
	explicit_bzero(key, sizeof(key));
	return rv;
}

/* The folder that the master key lies in. */
static CK_RV
key_folder_sync(const struct database *db)
{
	char dir[PATH_SIZE];

	snprintf(dir, sizeof(dir), "%.*s",
	    (int)(strrchr(db->key_path, '/') - db->key_path), db->key_path);
	return folder_sync(dir[0] != '\0' ? dir : "/");
}

/* Complete before it has its name; one that exists is never touched. */
static CK_RV
master_key_make(const struct database *db)
{
	char temporary[PATH_SIZE + 16];
	_cleanup_(closep) int fd = -1;
	CK_RV rv;

	if (faccessat(AT_FDCWD, db->key_path, F_OK, AT_EACCESS) == 0)
		return CKR_OK;
	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", db->key_path);
	if ((fd = mkostemp(temporary, O_CLOEXEC)) < 0)
		return file_error(db->key_path);
	rv = key_fill(db, fd, temporary);
	if (rv == CKR_OK && link(temporary, db->key_path) != 0 &&
	    errno != EEXIST)
		rv = file_error(db->key_path);
	unlink(temporary);
	TRY(rv);
	/* Before anything is sealed under it. */
	return key_folder_sync(db);
}

/* A new master key lies beside the old one under a name of its own until the
 * database names it. */

static void
new_key_path(const struct database *db, char out[PATH_SIZE + 8])
{
	snprintf(out, PATH_SIZE + 8, "%s.new", db->key_path);
}

CK_RV
master_key_prepare(struct database *db, struct span key)
{
	char path[PATH_SIZE + 8];
	_cleanup_(closep) int fd = -1;

	new_key_path(db, path);
	unlink(path); /* of one that never came to be */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return file_error(path);
	TRY(key_write(db, fd, path, key));
	return key_folder_sync(db);
}

CK_RV
master_key_settle(struct database *db)
{
	char path[PATH_SIZE + 8];

	new_key_path(db, path);
	/* Another thread or process may have been faster. */
	if (rename(path, db->key_path) != 0 && errno != ENOENT)
		return file_error(path);
	return key_folder_sync(db);
}

/* The database */

static CK_RV
instance_insert(struct database *db)
{
	struct manifest none = { 0 };
	uint8_t key_id[KEY_ID];
	sqlite3_stmt *st;

	TRY(master_key_id(db, key_id));
	TRY(db_statement(&db->writer, ST_INSTANCE_ADD, &st));
	db_bind_u64(st, 1, SEAL_FORMAT);
	db_bind_span(st, 2, (struct span){ db->dbid, DBID_LEN });
	db_bind_span(st, 3, (struct span){ key_id, KEY_ID });
	TRY(db_run(&db->writer, st));
	return instance_write(db, 1, &none);
}

static CK_RV
seed_insert(struct transaction *t, const struct store_seed *seed,
    uint32_t owner)
{
	struct store_new how = { .name = seed->name, .owner = owner };
	struct store_full *s;
	uint64_t id;

	TRY(store_insert(t, &how, seed->flags, &s));
	for (size_t k = 0; k < seed->record_count; k++) {
		TRY(object_insert(t, s, &seed->records[k],
		    private_key_of(s, NULL), &id));
		TRY(transaction_touch(t, id));
	}
	return CKR_OK;
}

static CK_RV
seeds_insert(struct transaction *t, const struct database_config *config)
{
	for (size_t i = 0; i < config->seed_count; i++)
		TRY(seed_insert(t, &config->seeds[i], config->owner));
	return CKR_OK;
}

static CK_RV
seed_is_there(struct database *db, const char *name, bool *there)
{
	struct store **stores = NULL;
	size_t count = 0;

	*there = false;
	TRY(store_list(db, &stores, &count));
	for (size_t i = 0; i < count; i++) {
		*there |= text_equal_folded(stores[i]->name,
		    strlen(stores[i]->name), name, strlen(name));
		store_put(stores[i]);
	}
	free(stores);
	return CKR_OK;
}

static CK_RV
seed_again(struct database *db, const struct store_seed *seed,
    uint32_t owner)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };

	TRY(transaction_begin(db, &t));
	TRY(seed_insert(&t, seed, owner));
	return transaction_commit(&t);
}

CK_RV
database_reseed(struct database *db, const struct database_config *config,
    const struct repair_report *report)
{
	char line[128];
	bool there;

	for (size_t i = 0; i < config->seed_count; i++) {
		const struct store_seed *seed = &config->seeds[i];

		if ((seed->flags & STORE_PROTECTED) == 0)
			continue;
		TRY(seed_is_there(db, seed->name, &there));
		if (there)
			continue;
		TRY(seed_again(db, seed, config->owner));
		snprintf(line, sizeof(line),
		    "mended: store %s is there again, as a new one",
		    seed->name);
		report->line(report->arg, line);
	}
	return CKR_OK;
}

/* Before anybody else can see the file there is nothing to be coherent with:
 * the coherence file is made when the database is opened. */
static CK_RV
newborn_fill(struct database *db, const struct database_config *config)
{
	struct transaction t = { .db = db, .open = true, .generation = 1 };
	CK_RV rv;

	TRY(db_create_tables(&db->writer));
	TRY(instance_insert(db));
	TRY(db_begin_write(&db->writer));
	rv = seeds_insert(&t, config);
	if (rv == CKR_OK)
		rv = transaction_write(&t);
	if (rv == CKR_OK)
		rv = db_simple(&db->writer, ST_COMMIT);
	transaction_drop(&t);
	TRY(rv);
	return db_keep_log(&db->writer);
}

static CK_RV
newborn_make(struct database *db, const char *temporary,
    const struct database_config *config)
{
	CK_RV rv;

	TRY(rng_bytes(db->dbid, DBID_LEN));
	TRY(seal_subkey(secret_span(&db->master), SUBKEY_MANIFEST,
	    db->manifest_key));
	db->writer.path = temporary;
	db->writer.newborn = true;
	rv = newborn_fill(db, config);
	db_close(&db->writer);
	db->writer.newborn = false;
	db->writer.path = db->path;
	return rv;
}

static void
newborn_remove(const char *temporary)
{
	static const char *const suffixes[] = { "", "-wal", "-shm",
		"-journal" };
	char path[PATH_SIZE + 32];

	for (size_t i = 0; i < COUNT(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", temporary, suffixes[i]);
		unlink(path);
	}
}

static CK_RV
newborn_name(struct database *db, int fd, const char *temporary)
{
	if (fsync(fd) != 0)
		return file_error(db->path);
	/* Somebody was faster: his is the one. */
	if (link(temporary, db->path) != 0 && errno != EEXIST)
		return file_error(db->path);
	/* A commit that is reported as done needs the file's name. */
	return folder_sync(db->dir);
}

/* The log of a database that is gone would be taken for the new one's.  It is
 * looked for first: whoever is faster has a log only when his file has a name. */
static CK_RV
leftovers_check(const struct database *db)
{
	char log[PATH_SIZE + 8];
	struct stat st;

	snprintf(log, sizeof(log), "%s-wal", db->path);
	if (stat(log, &st) != 0 || st.st_size == 0 ||
	    faccessat(AT_FDCWD, db->path, F_OK, AT_EACCESS) == 0)
		return CKR_OK;
	return fail(CKR_DEVICE_ERROR,
	    "%s is missing, but its log is there: restore it, or remove %s too",
	    db->path, log);
}

CK_RV
database_bear(struct database *db, const struct database_config *config)
{
	char temporary[PATH_SIZE + 16];
	int fd;
	CK_RV rv;

	TRY(leftovers_check(db));
	TRY(master_key_make(db));
	TRY(master_key_read(db));
	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", db->path);
	if ((fd = mkostemp(temporary, O_CLOEXEC)) < 0)
		return file_error(db->path);
	rv = file_own(db->dir, fd, temporary, false);
	if (rv == CKR_OK)
		rv = newborn_make(db, temporary, config);
	/* The connection is closed: closing fd drops no lock of SQLite's. */
	if (rv == CKR_OK)
		rv = newborn_name(db, fd, temporary);
	newborn_remove(temporary);
	close(fd);
	return rv;
}
