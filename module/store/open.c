/* Opening and closing a database, and what a fork asks of it. */
#include "module/store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/lock.h"
#include "common/log.h"
#include "module/crypto/libctx.h"
#include "module/store/files.h"
#include "module/store/repair.h"

/* The master key */

CK_RV
master_key_id(const struct database *db, uint8_t out[KEY_ID])
{
	uint8_t id[SEAL_KEY];

	TRY(seal_subkey(secret_span(&db->master), SUBKEY_ID, id));
	memcpy(out, id, KEY_ID);
	return CKR_OK;
}

static CK_RV
key_file_read(struct database *db, const char *path)
{
	_cleanup_(closep) int fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return fail(CKR_DEVICE_ERROR, "the master key is missing: %s",
		    path);
	if (fd < 0 || fstat(fd, &st) != 0)
		return fail(CKR_DEVICE_ERROR,
		    "the master key cannot be read: %s: %s", path,
		    strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size != SEAL_KEY)
		return fail(CKR_DEVICE_ERROR,
		    "%s is not a master key: it must have %d bytes", path,
		    SEAL_KEY);
	secret_wipe(&db->master);
	TRY(secret_new(SEAL_KEY, &db->master));
	if (pread(fd, db->master.data, SEAL_KEY, 0) != SEAL_KEY)
		return fail(CKR_DEVICE_ERROR,
		    "the master key cannot be read: %s", path);
	return CKR_OK;
}

CK_RV
master_key_read(struct database *db)
{
	return key_file_read(db, db->key_path);
}

/* Does the key in memory open this database? */
static CK_RV
master_key_fits(struct database *db, struct span id, bool *fits)
{
	uint8_t key_id[KEY_ID];

	TRY(master_key_id(db, key_id));
	*fits = memcmp(key_id, id.data, KEY_ID) == 0;
	return CKR_OK;
}

/* A change of the master key that stopped just before its end is finished. */
static CK_RV
master_key_find(struct database *db, struct span id)
{
	char path[PATH_SIZE + 8];
	bool fits;

	TRY(master_key_read(db));
	TRY(master_key_fits(db, id, &fits));
	snprintf(path, sizeof(path), "%s.new", db->key_path);
	if (!fits && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0) {
		TRY(key_file_read(db, path));
		TRY(master_key_fits(db, id, &fits));
		if (fits)
			return master_key_settle(db);
	}
	return fits ? CKR_OK : fail(CKR_DEVICE_ERROR,
	    "the master key %s is not the one of %s", db->key_path, db->path);
}

/* The instance */

static CK_RV
instance_check(struct database *db, sqlite3_stmt *st)
{
	struct span dbid = db_span(st, 1), id = db_span(st, 2);

	if (db_u64(st, 0) != SEAL_FORMAT || dbid.len != DBID_LEN ||
	    id.len != KEY_ID)
		return fail(CKR_DEVICE_ERROR, "%s is not a database of VECS",
		    db->path);
	memcpy(db->dbid, dbid.data, DBID_LEN);
	TRY(master_key_find(db, id));
	return seal_subkey(secret_span(&db->master), SUBKEY_MANIFEST,
	    db->manifest_key);
}

/* Before any table is touched: a newer one may have others. */
static CK_RV
format_check(struct database *db)
{
	sqlite3_stmt *st;
	uint64_t format;
	bool row;

	TRY(db_statement(&db->reader, ST_FORMAT, &st));
	TRY(db_step(&db->reader, st, &row));
	format = row ? db_u64(st, 0) : 0;
	sqlite3_reset(st);
	if (format > SEAL_FORMAT)
		return fail(CKR_DEVICE_ERROR,
		    "%s has format %llu, which is newer than this program's "
		    "(%d)", db->path, (unsigned long long)format, SEAL_FORMAT);
	if (format != SEAL_FORMAT)
		return fail(CKR_DEVICE_ERROR, "%s is not a database of VECS",
		    db->path);
	return CKR_OK;
}

static CK_RV
instance_open(struct database *db)
{
	sqlite3_stmt *st;
	bool row;
	CK_RV rv;

	TRY(format_check(db));
	TRY(db_statement(&db->reader, ST_INSTANCE, &st));
	TRY(db_step(&db->reader, st, &row));
	if (!row)
		return fail(CKR_DEVICE_ERROR, "%s is not a database of VECS",
		    db->path);
	rv = instance_check(db, st);
	sqlite3_reset(st);
	return rv;
}

/* Nobody seals or opens anything meanwhile. */
CK_RV
master_key_refresh(struct database *db)
{
	CK_RV rv;

	pthread_mutex_lock(&db->writer.lock);
	pthread_mutex_lock(&db->snapshots);
	pthread_mutex_lock(&db->reader.lock);
	rv = instance_open(db);
	pthread_mutex_unlock(&db->reader.lock);
	pthread_mutex_unlock(&db->snapshots);
	pthread_mutex_unlock(&db->writer.lock);
	return rv;
}

/* A coherence file that lacks is made under the write lock. */
static CK_RV
coherence_find(struct database *db)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	struct coherence *found = NULL;
	CK_RV rv;

	if (db->coherence != NULL)
		return CKR_OK; /* a repair needed it */
	rv = coherence_open(db->gen_path, db->dbid, NULL, &found);
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		return transaction_begin(db, &t);
	TRY(rv);
	db->coherence = found;
	return CKR_OK;
}

static CK_RV
open_existing(struct database *db)
{
	CK_RV rv;

	pthread_mutex_lock(&db->reader.lock);
	rv = instance_open(db);
	pthread_mutex_unlock(&db->reader.lock);
	TRY(rv);
	TRY(coherence_find(db));
	return database_sync(db);
}

/* The folder without symbolic links, which SQLite refuses on the way. */
static CK_RV
paths_set(struct database *db, const struct database_config *config)
{
	char real[PATH_MAX];

	if (realpath(config->dir, real) == NULL)
		return file_error(config->dir);
	if (strlen(real) > PATH_SIZE - 96)
		return fail(CKR_GENERAL_ERROR, "%s: the path is too long",
		    config->dir);
	strcpy(db->dir, real);
	snprintf(db->path, PATH_SIZE, "%.4000s/vecs.db", real);
	snprintf(db->gen_path, PATH_SIZE, "%.4000s/vecs.gen", real);
	if (config->master_key != NULL)
		snprintf(db->key_path, PATH_SIZE, "%s", config->master_key);
	else
		snprintf(db->key_path, PATH_SIZE, "%.4000s/master.key", real);
	return CKR_OK;
}

static void
settings_take(struct database *db, const struct database_config *config)
{
	db->cost = (struct pin_cost){ config->argon2_memory,
		config->argon2_passes, config->argon2_lanes };
	db->pin_tries = config->pin_tries;
	db->so_recovery = config->so_recovery;
}

static CK_RV
database_new(const struct database_config *config, struct database **out)
{
	_cleanup_(database_closep) struct database *db = calloc(1, sizeof(*db));

	if (db == NULL)
		return CKR_HOST_MEMORY;
	lock_init(&db->snapshots);
	db_init(&db->reader, db->path);
	db_init(&db->writer, db->path);
	db->seen = 1;
	settings_take(db, config);
	TRY(libctx_open());
	TRY(folder_open(config->dir));
	TRY(paths_set(db, config));
	*out = TAKE(db);
	return CKR_OK;
}

CK_RV
database_open(const struct database_config *config, struct database **out)
{
	_cleanup_(database_closep) struct database *db = NULL;

	TRY(database_new(config, &db));
	if (faccessat(AT_FDCWD, db->path, F_OK,
	    AT_EACCESS | AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
		TRY(database_bear(db, config));
	TRY(open_existing(db));
	*out = TAKE(db);
	return CKR_OK;
}

/* A change of the master key may have stopped just before its end. */
static CK_RV
rescue(struct database *db, rekey_index index,
    const struct repair_report *report)
{
	char path[PATH_SIZE + 8];
	CK_RV rv;

	TRY(master_key_read(db));
	rv = database_repair(db, index, report);
	snprintf(path, sizeof(path), "%s.new", db->key_path);
	if (rv == CKR_OK || faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0)
		return rv;
	TRY(key_file_read(db, path));
	TRY(database_repair(db, index, report));
	return master_key_settle(db);
}

CK_RV
database_rescue(const struct database_config *config, rekey_index index,
    const struct repair_report *report)
{
	_cleanup_(database_closep) struct database *db = NULL;

	TRY(database_new(config, &db));
	TRY(rescue(db, index, report));
	TRY(open_existing(db));
	return database_reseed(db, config, report);
}

int
database_spool(struct database *db)
{
	return open(db->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

void
database_close(struct database *db)
{
	for (size_t i = 0; i < db->store_count; i++)
		store_put(db->stores[i]);
	free(db->stores);
	db_close(&db->reader);
	db_close(&db->writer);
	if (db->coherence != NULL)
		coherence_close(db->coherence);
	secret_wipe(&db->master);
	pthread_mutex_destroy(&db->reader.lock);
	pthread_mutex_destroy(&db->writer.lock);
	pthread_mutex_destroy(&db->snapshots);
	explicit_bzero(db, sizeof(*db));
	free(db);
}

/* All locks are held across the fork, in their order, and no connection is
 * open: the child would inherit SQLite's table of locks, but not the locks. */
void
database_fork_prepare(struct database *db)
{
	pthread_mutex_lock(&db->writer.lock);
	pthread_mutex_lock(&db->snapshots);
	pthread_mutex_lock(&db->reader.lock);
	db_close(&db->reader);
	db_close(&db->writer);
}

void
database_fork_parent(struct database *db)
{
	pthread_mutex_unlock(&db->reader.lock);
	pthread_mutex_unlock(&db->snapshots);
	pthread_mutex_unlock(&db->writer.lock);
}

/* The mapping of the coherence file is shared and stays; connections are
 * opened at first need. */
void
database_fork_child(struct database *db)
{
	database_fork_parent(db);
}
