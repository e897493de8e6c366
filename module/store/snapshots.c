/* What was seen last of all stores, and when to look again. */
#include "module/store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"

static void
stores_put(struct store **stores, size_t count)
{
	for (size_t i = 0; i < count; i++)
		store_put(stores[i]);
	free(stores);
}

static struct store *
snapshot_find(struct database *db, uint64_t id, uint64_t version)
{
	for (size_t i = 0; i < db->store_count; i++)
		if (db->stores[i]->id == id &&
		    (version == 0 || db->stores[i]->version == version))
			return db->stores[i];
	return NULL;
}

/* Stores by the order of their rows, and what they add up to. */
struct loading {
	struct store **stores;
	size_t count, cap;
	struct manifest manifest;
};

static CK_RV
loading_add(struct database *db, sqlite3_stmt *st, struct loading *l)
{
	struct manifest_item item = { .kind = MANIFEST_STORES,
		.id = db_u64(st, 0), .version = db_u64(st, 1) };
	struct store *known = snapshot_find(db, item.id, item.version);

	if (l->count == l->cap) {
		size_t cap = l->cap * 2 + 16;
		struct store **more = realloc(l->stores, cap * sizeof(*more));

		if (more == NULL)
			return CKR_HOST_MEMORY;
		l->stores = more;
		l->cap = cap;
	}
	TRY(manifest_add(&l->manifest, KEY_SPAN(db->manifest_key), &item));
	/* What has this version already is what the row would give. */
	if (known != NULL)
		l->stores[l->count] = store_hold(known);
	else
		TRY(store_from_row(db, &db->reader, st, &l->stores[l->count]));
	l->count++;
	return CKR_OK;
}

static CK_RV
stores_load(struct database *db, struct loading *l)
{
	struct manifest wanted = { 0 };
	uint64_t generation = 0;
	sqlite3_stmt *st;
	bool row;

	TRY(instance_read(db, &db->reader, &generation, &wanted));
	TRY(db_statement(&db->reader, ST_STORES, &st));
	for (;;) {
		TRY(db_step(&db->reader, st, &row));
		if (!row)
			break;
		TRY(loading_add(db, st, l));
	}
	if (!manifest_equal(&wanted, &l->manifest))
		return fail(CKR_DEVICE_ERROR,
		    "%s: a store is hidden or an older one was put in its "
		    "place", db->path);
	TRY(db_statement(&db->reader, ST_NEXT_STORE, &st));
	TRY(db_step(&db->reader, st, &row));
	db->next_store = row ? db_u64(st, 0) + 1 : 1;
	sqlite3_reset(st);
	db->generation = generation;
	db->manifest = wanted;
	return CKR_OK;
}

/* A commit is durable before the mapped generation tells of it: a database that
 * is older than that has lost some. */
CK_RV
generation_check(const struct database *db, uint64_t mapped,
    uint64_t generation)
{
	if (mapped / 2 <= generation)
		return CKR_OK;
	return fail(CKR_DEVICE_ERROR,
	    "%s has lost changes that were made: restore it, or, if you have "
	    "put an older copy in its place, stop what uses it and remove %s",
	    db->path, db->gen_path);
}

CK_RV
generation_read(struct db *conn, uint64_t *generation)
{
	sqlite3_stmt *st;
	bool row;

	TRY(db_statement(conn, ST_GENERATION, &st));
	TRY(db_step(conn, st, &row));
	if (!row)
		return fail(CKR_DEVICE_ERROR, "%s: no instance", conn->path);
	*generation = db_u64(st, 0);
	sqlite3_reset(st);
	return CKR_OK;
}

/* Inside a read transaction. */
static CK_RV
snapshots_update(struct database *db, uint64_t mapped)
{
	struct loading l = { NULL, 0, 0, { 0, { 0 } } };
	uint64_t generation = 0;
	CK_RV rv;

	TRY(generation_read(&db->reader, &generation));
	TRY(generation_check(db, mapped, generation));
	if (generation == db->generation && db->stores != NULL)
		return CKR_OK;
	rv = stores_load(db, &l);
	if (rv != CKR_OK) {
		stores_put(l.stores, l.count);
		return rv;
	}
	stores_put(db->stores, db->store_count);
	db->stores = l.stores;
	db->store_count = l.count;
	return CKR_OK;
}

static CK_RV
snapshots_read(struct database *db)
{
	uint64_t mapped = coherence_generation(db->coherence);
	CK_RV rv;

	pthread_mutex_lock(&db->reader.lock);
	rv = db_simple(&db->reader, ST_BEGIN);
	if (rv == CKR_OK) {
		rv = snapshots_update(db, mapped);
		db_end(&db->reader, ST_COMMIT);
	}
	pthread_mutex_unlock(&db->reader.lock);
	if (rv == CKR_OK)
		db->seen = mapped;
	return rv;
}

bool
database_is_shut_out(const struct database *db)
{
	return faccessat(AT_FDCWD, db->path, R_OK | W_OK, AT_EACCESS) != 0 &&
	    (errno == EACCES || errno == EPERM || errno == EROFS);
}

/* Odd: somebody commits at this moment, or died while he did. */
static CK_RV
sync_once(struct database *db)
{
	uint64_t mapped = coherence_generation(db->coherence);
	bool opens;
	CK_RV rv = CKR_OK;

	if ((mapped & 1) == 0 && mapped == db->seen)
		return CKR_OK;
	pthread_mutex_lock(&db->snapshots);
	/* A process that may not open the database any more goes on with what
	 * it saw: the cells tell it what has changed since. */
	opens = db->stores == NULL || !database_is_shut_out(db);
	if (opens)
		rv = snapshots_read(db);
	pthread_mutex_unlock(&db->snapshots);
	if (rv == CKR_OK && opens && (mapped & 1) != 0)
		transaction_settle(db);
	return rv;
}

CK_RV
database_sync(struct database *db)
{
	CK_RV rv = sync_once(db);

	if (rv != CKR_KEY_CHANGED)
		return rv;
	TRY(master_key_refresh(db));
	return sync_once(db);
}

bool
snapshot_manifest(struct database *db, uint64_t generation,
    struct manifest *out)
{
	bool known;

	pthread_mutex_lock(&db->snapshots);
	if ((known = db->stores != NULL && db->generation == generation))
		*out = db->manifest;
	pthread_mutex_unlock(&db->snapshots);
	return known;
}

bool
snapshot_copy(struct database *db, uint64_t generation, uint64_t id,
    struct store **out)
{
	struct store *found = NULL;
	bool copied;

	pthread_mutex_lock(&db->snapshots);
	if (db->stores != NULL && db->generation == generation)
		found = snapshot_find(db, id, 0);
	copied = found != NULL && store_copy(full(found), out) == CKR_OK;
	pthread_mutex_unlock(&db->snapshots);
	return copied;
}

void
snapshots_publish(struct transaction *t)
{
	struct database *db = t->db;

	if (t->reshaped)
		return;
	pthread_mutex_lock(&db->snapshots);
	if (db->stores != NULL && db->generation == t->generation) {
		for (size_t i = 0; i < db->store_count; i++)
			for (size_t k = 0; k < t->loaded_count; k++)
				if (t->loaded[k]->pub.id == db->stores[i]->id) {
					store_put(db->stores[i]);
					db->stores[i] = store_hold(
					    &t->loaded[k]->pub);
				}
		db->generation = t->generation + 1;
		db->manifest = t->manifest;
		db->seen = db->generation * 2;
	}
	pthread_mutex_unlock(&db->snapshots);
}

CK_RV
store_list(struct database *db, struct store ***out, size_t *count)
{
	struct store **stores;

	TRY(database_sync(db));
	pthread_mutex_lock(&db->snapshots);
	stores = calloc(db->store_count + 1, sizeof(*stores));
	for (size_t i = 0; stores != NULL && i < db->store_count; i++)
		stores[i] = store_hold(db->stores[i]);
	*count = db->store_count;
	pthread_mutex_unlock(&db->snapshots);
	if (stores == NULL)
		return CKR_HOST_MEMORY;
	*out = stores;
	return CKR_OK;
}

CK_RV
store_get(struct database *db, uint64_t id, struct store **out)
{
	struct store *found;

	TRY(database_sync(db));
	pthread_mutex_lock(&db->snapshots);
	if ((found = snapshot_find(db, id, 0)) != NULL)
		store_hold(found);
	pthread_mutex_unlock(&db->snapshots);
	if (found == NULL)
		return CKR_TOKEN_NOT_PRESENT;
	*out = found;
	return CKR_OK;
}

uint64_t
store_next_id(struct database *db)
{
	uint64_t next;

	pthread_mutex_lock(&db->snapshots);
	next = db->next_store;
	pthread_mutex_unlock(&db->snapshots);
	return next;
}

uint64_t
cell_sample(struct database *db, uint64_t object)
{
	return coherence_cell(db->coherence, object);
}

/* In the middle of a commit nothing has been reported done. */
bool
cell_is_unchanged(struct database *db, uint64_t object, uint64_t sample)
{
	return (coherence_cell(db->coherence, object) & ~1ULL) ==
	    (sample & ~1ULL);
}
