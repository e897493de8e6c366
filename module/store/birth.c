/*
 * Opening a database, and its birth where no file exists: a temporary file
 * that is complete gets its name by link(), so that of two that are born at
 * once the second finds the first.
 */
#include "module/store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/paths.h"
#include "module/crypto/libctx.h"

#define KEY_ID 16

/* Folder and files */

static CK_RV
folder_make(const char *dir)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s", dir);
	for (char *at = strchr(path + 1, '/'); at != NULL;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return fail(CKR_DEVICE_ERROR, "%s: %s", path,
			    strerror(errno));
		*at = '/';
	}
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return fail(CKR_DEVICE_ERROR, "%s: %s", path, strerror(errno));
	return CKR_OK;
}

/* SQLite's WAL needs to write beside the database. */
static CK_RV
folder_check(const char *dir)
{
	if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) != 0)
		return fail(CKR_DEVICE_ERROR,
		    "the folder of the database cannot be written: %s: %s",
		    dir, strerror(errno));
	return CKR_OK;
}

/* Files take the owner of their folder, the system's key the group vecs. */
static CK_RV
file_own(const struct database *db, int fd, const char *path, bool is_key)
{
	struct stat st;
	struct group *vecs = is_key && geteuid() == 0 &&
	    strcmp(db->dir, VECS_STATEDIR) == 0 ? getgrnam("vecs") : NULL;

	if (stat(db->dir, &st) != 0)
		return fail(CKR_DEVICE_ERROR, "%s: %s", db->dir,
		    strerror(errno));
	if (vecs != NULL) {
		st.st_uid = 0;
		st.st_gid = vecs->gr_gid;
	}
	if (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) != 0)
		return fail(CKR_DEVICE_ERROR, "%s: %s", path, strerror(errno));
	if (fchmod(fd, vecs != NULL ? 0640 : 0600) != 0)
		return fail(CKR_DEVICE_ERROR, "%s: %s", path, strerror(errno));
	return CKR_OK;
}

static CK_RV
no_space(const char *path)
{
	return fail(errno == ENOSPC || errno == EDQUOT ? CKR_DEVICE_MEMORY
	                                               : CKR_DEVICE_ERROR,
	    "%s: %s", path, strerror(errno));
}

/* The master key */

CK_RV
master_key_id(const struct database *db, uint8_t out[KEY_ID])
{
	uint8_t id[SEAL_KEY];

	TRY(seal_subkey(secret_span(&db->master), SUBKEY_ID, id));
	memcpy(out, id, KEY_ID);
	return CKR_OK;
}

CK_RV
master_key_read(struct database *db)
{
	_cleanup_(closep) int fd =
	    open(db->key_path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return fail(CKR_DEVICE_ERROR, "the master key is missing: %s",
		    db->key_path);
	if (fd < 0 || fstat(fd, &st) != 0)
		return fail(CKR_DEVICE_ERROR,
		    "the master key cannot be read: %s: %s", db->key_path,
		    strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size != SEAL_KEY)
		return fail(CKR_DEVICE_ERROR,
		    "%s is not a master key: it must have %d bytes",
		    db->key_path, SEAL_KEY);
	secret_wipe(&db->master);
	TRY(secret_new(SEAL_KEY, &db->master));
	if (pread(fd, db->master.data, SEAL_KEY, 0) != SEAL_KEY)
		return fail(CKR_DEVICE_ERROR,
		    "the master key cannot be read: %s", db->key_path);
	return CKR_OK;
}

/* Complete before it has its name; one that exists is used. */
static CK_RV
master_key_make(struct database *db)
{
	char temporary[PATH_SIZE + 16];
	uint8_t key[SEAL_KEY];
	_cleanup_(closep) int fd = -1;
	CK_RV rv;

	if (access(db->key_path, F_OK) == 0)
		return CKR_OK;
	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", db->key_path);
	if ((fd = mkostemp(temporary, O_CLOEXEC)) < 0)
		return fail(CKR_DEVICE_ERROR, "%s: %s", db->key_path,
		    strerror(errno));
	rv = file_own(db, fd, temporary, true);
	if (rv == CKR_OK)
		rv = rng_bytes(key, sizeof(key));
	if (rv == CKR_OK && (write(fd, key, sizeof(key)) != sizeof(key) ||
	    fsync(fd) != 0))
		rv = no_space(db->key_path);
	explicit_bzero(key, sizeof(key));
	if (rv == CKR_OK && link(temporary, db->key_path) != 0 &&
	    errno != EEXIST)
		rv = no_space(db->key_path);
	unlink(temporary);
	return rv;
}

/* Birth */

static CK_RV
instance_insert(struct database *db)
{
	static const char insert[] = "INSERT INTO instance (id, format, dbid, "
	    "key_id, generation, manifest) VALUES (1, ?1, ?2, ?3, 1, x'')";
	struct manifest none = { 0 };
	uint8_t key_id[KEY_ID];
	sqlite3_stmt *st = NULL;
	int rc;

	TRY(master_key_id(db, key_id));
	rc = sqlite3_prepare_v2(db->writer.sql, insert, -1, &st, NULL);
	if (rc == SQLITE_OK) {
		db_bind_u64(st, 1, SEAL_FORMAT);
		db_bind_span(st, 2, (struct span){ db->dbid, DBID_LEN });
		db_bind_span(st, 3, (struct span){ key_id, KEY_ID });
		rc = sqlite3_step(st);
	}
	sqlite3_finalize(st);
	if (rc != SQLITE_DONE)
		return db_error(&db->writer, rc);
	return instance_write(db, 1, &none);
}

static CK_RV
seeds_insert(struct transaction *t, const struct database_config *config)
{
	for (size_t i = 0; i < config->seed_count; i++) {
		const struct store_seed *seed = &config->seeds[i];
		struct store_new how = { .name = seed->name,
			.owner = config->owner };
		struct store_full *s;
		uint64_t id;

		TRY(store_insert(t, &how, seed->flags, &s));
		for (size_t k = 0; k < seed->record_count; k++)
			TRY(object_insert(t, s, &seed->records[k],
			    private_key_of(s, NULL), &id));
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
	return sqlite3_exec(db->writer.sql, "PRAGMA journal_mode = WAL", NULL,
	    NULL, NULL) == SQLITE_OK ? CKR_OK : db_error(&db->writer, 0);
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
	rv = newborn_fill(db, config);
	db_close(&db->writer);
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
		return no_space(db->path);
	/* Somebody was faster: his is the one. */
	if (link(temporary, db->path) != 0 && errno != EEXIST)
		return no_space(db->path);
	return CKR_OK;
}

CK_RV
database_bear(struct database *db, const struct database_config *config)
{
	char temporary[PATH_SIZE + 16];
	int fd;
	CK_RV rv;

	TRY(master_key_make(db));
	TRY(master_key_read(db));
	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", db->path);
	if ((fd = mkostemp(temporary, O_CLOEXEC)) < 0)
		return no_space(db->path);
	rv = file_own(db, fd, temporary, false);
	if (rv == CKR_OK)
		rv = newborn_make(db, temporary, config);
	/* The connection is closed: closing fd drops no lock of SQLite's. */
	if (rv == CKR_OK)
		rv = newborn_name(db, fd, temporary);
	newborn_remove(temporary);
	close(fd);
	return rv;
}

/* Opening */

static CK_RV
instance_check(struct database *db, sqlite3_stmt *st)
{
	uint64_t format = db_u64(st, 0);
	struct span dbid = db_span(st, 1), id = db_span(st, 2);
	uint8_t key_id[KEY_ID];

	if (format > SEAL_FORMAT)
		return fail(CKR_DEVICE_ERROR,
		    "%s has format %llu, which is newer than this program's",
		    db->path, (unsigned long long)format);
	if (format != SEAL_FORMAT || dbid.len != DBID_LEN || id.len != KEY_ID)
		return fail(CKR_DEVICE_ERROR, "%s is not a database of VECS",
		    db->path);
	memcpy(db->dbid, dbid.data, DBID_LEN);
	TRY(master_key_read(db));
	TRY(master_key_id(db, key_id));
	if (memcmp(key_id, id.data, KEY_ID) != 0)
		return fail(CKR_DEVICE_ERROR,
		    "the master key %s is not the one of %s", db->key_path,
		    db->path);
	return seal_subkey(secret_span(&db->master), SUBKEY_MANIFEST,
	    db->manifest_key);
}

/* The first 100 bytes tell a database from anything else. */
static CK_RV
file_check(const struct database *db)
{
	static const char sqlite[] = "SQLite format 3";
	_cleanup_(closep) int fd =
	    open(db->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char head[100];
	ssize_t n;

	if (fd < 0)
		return fail(CKR_DEVICE_ERROR, "%s: %s", db->path,
		    strerror(errno));
	n = pread(fd, head, sizeof(head), 0);
	if (n != (ssize_t)sizeof(head) ||
	    memcmp(head, sqlite, sizeof(sqlite)) != 0)
		return fail(CKR_DEVICE_ERROR, "%s is not a database of VECS%s",
		    db->path, n == 0 ? ": it is empty" : "");
	return CKR_OK;
}

static CK_RV
instance_open(struct database *db)
{
	sqlite3_stmt *st;
	bool row;
	CK_RV rv;

	TRY(db_statement(&db->reader, ST_INSTANCE, &st));
	TRY(db_step(&db->reader, st, &row));
	if (!row)
		return fail(CKR_DEVICE_ERROR, "%s is not a database of VECS",
		    db->path);
	rv = instance_check(db, st);
	db->generation = db_u64(st, 3);
	sqlite3_reset(st);
	return rv;
}

/* A coherence file that lacks is made under the write lock. */
static CK_RV
coherence_find(struct database *db)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	CK_RV rv = coherence_open(db->gen_path, db->dbid, 0, false,
	    &db->coherence);

	if (rv != CKR_OBJECT_HANDLE_INVALID)
		return rv;
	return transaction_begin(db, &t);
}

static CK_RV
open_existing(struct database *db)
{
	CK_RV rv;

	TRY(file_check(db));
	pthread_mutex_lock(&db->reader.lock);
	rv = instance_open(db);
	pthread_mutex_unlock(&db->reader.lock);
	TRY(rv);
	TRY(coherence_find(db));
	db->generation = 0;
	return database_sync(db);
}

static CK_RV
paths_set(struct database *db, const struct database_config *config)
{
	if (strlen(config->dir) > PATH_SIZE - 32)
		return fail(CKR_GENERAL_ERROR, "%s: the path is too long",
		    config->dir);
	strcpy(db->dir, config->dir);
	snprintf(db->path, PATH_SIZE, "%.4000s/vecs.db", config->dir);
	snprintf(db->gen_path, PATH_SIZE, "%.4000s/vecs.gen", config->dir);
	if (config->master_key != NULL)
		snprintf(db->key_path, PATH_SIZE, "%s", config->master_key);
	else
		snprintf(db->key_path, PATH_SIZE, "%.4000s/master.key",
		    config->dir);
	return CKR_OK;
}

CK_RV
database_open(const struct database_config *config, struct database **out)
{
	_cleanup_(database_closep) struct database *db = calloc(1, sizeof(*db));

	if (db == NULL)
		return CKR_HOST_MEMORY;
	pthread_mutex_init(&db->snapshots, NULL);
	db_init(&db->reader, db->path, false);
	db_init(&db->writer, db->path, true);
	db->seen = 1;
	db->cost = (struct pin_cost){ config->argon2_memory,
		config->argon2_passes, config->argon2_lanes };
	db->pin_tries = config->pin_tries;
	db->so_recovery = config->so_recovery;
	TRY(paths_set(db, config));
	TRY(folder_make(db->dir));
	TRY(folder_check(db->dir));
	if (access(db->path, F_OK) != 0 && errno == ENOENT)
		TRY(database_bear(db, config));
	TRY(open_existing(db));
	*out = TAKE(db);
	return CKR_OK;
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

void
database_fork_prepare(struct database *db)
{
	pthread_mutex_lock(&db->writer.lock);
	pthread_mutex_lock(&db->reader.lock);
	pthread_mutex_lock(&db->snapshots);
	db_close(&db->reader);
	db_close(&db->writer);
}

void
database_fork_parent(struct database *db)
{
	pthread_mutex_unlock(&db->snapshots);
	pthread_mutex_unlock(&db->reader.lock);
	pthread_mutex_unlock(&db->writer.lock);
}

void
database_fork_child(struct database *db)
{
	database_fork_parent(db);
}
