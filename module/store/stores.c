/* Stores: rows to snapshots and back, and when to read them again. */
#include "module/store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

#define META_FORMAT 1

/* References */

struct store *
store_hold(struct store *store)
{
	full(store)->refs++;
	return store;
}

void
store_put(struct store *store)
{
	struct store_full *s = full(store);

	if (--s->refs != 0)
		return;
	secret_wipe(&s->public_key);
	secret_wipe(&s->private_key);
	explicit_bzero(s, sizeof(*s));
	free(s);
}

static void
stores_put(struct store **stores, size_t count)
{
	for (size_t i = 0; i < count; i++)
		store_put(stores[i]);
	free(stores);
}

/* Associated data: what the row may not be exchanged with. */
static CK_RV
row_binding(const struct database *db, uint64_t id, uint64_t version,
    struct buf *out)
{
	buf_u32(out, SEAL_FORMAT);
	buf_bytes(out, db->dbid, DBID_LEN);
	buf_u64(out, id);
	buf_u64(out, version);
	return buf_check(out);
}

/* Meta: name, serial, owner, time, flags, keys; under the master key */

static CK_RV
meta_parse(struct span plain, struct store_full *s)
{
	struct reader r = { plain.data, plain.len, false };
	uint8_t format = reader_u8(&r);
	size_t len;
	const uint8_t *name = reader_blob(&r, &len), *serial;

	if (r.failed || format != META_FORMAT || len >= sizeof(s->pub.name))
		return CKR_DEVICE_ERROR;
	memcpy(s->pub.name, name, len);
	serial = reader_bytes(&r, 16);
	if (serial != NULL)
		memcpy(s->pub.serial, serial, 16);
	s->pub.owner = reader_u32(&r);
	s->pub.created = reader_u64(&r);
	s->pub.flags = reader_u32(&r);
	name = reader_blob(&r, &len);
	TRY(secret_dup(name, len, &s->public_key));
	name = reader_blob(&r, &len);
	TRY(secret_dup(name, len, &s->private_key));
	if (!reader_done(&r) || s->public_key.len != SEAL_KEY ||
	    (s->private_key.len != SEAL_KEY && s->private_key.len != 0))
		return CKR_DEVICE_ERROR;
	return CKR_OK;
}

static void
meta_print(const struct store_full *s, struct buf *out)
{
	buf_u8(out, META_FORMAT);
	buf_blob(out, s->pub.name, strlen(s->pub.name));
	buf_bytes(out, s->pub.serial, 16);
	buf_u32(out, s->pub.owner);
	buf_u64(out, s->pub.created);
	buf_u32(out, s->pub.flags & ~(uint32_t)STORE_USER_PIN);
	buf_blob(out, s->public_key.data, s->public_key.len);
	buf_blob(out, s->private_key.data, s->private_key.len);
}

CK_RV
store_write_meta(struct database *db, struct store_full *s)
{
	_cleanup_(buf_wipe) struct buf plain = BUF_INIT, aad = BUF_INIT,
	    sealed = BUF_INIT;
	sqlite3_stmt *st;

	s->meta_version++;
	meta_print(s, &plain);
	TRY(buf_check(&plain));
	TRY(row_binding(db, s->pub.id, s->meta_version, &aad));
	TRY(seal(secret_span(&db->master), PURPOSE_STORE,
	    (struct span){ aad.data, aad.len },
	    (struct span){ plain.data, plain.len }, &sealed));
	TRY(db_statement(&db->writer, ST_STORE_META, &st));
	db_bind_u64(st, 1, s->pub.id);
	db_bind_u64(st, 2, s->meta_version);
	db_bind_span(st, 3, (struct span){ sealed.data, sealed.len });
	return db_run(&db->writer, st);
}

/* The manifest names the meta's version too, so that an older meta row does
 * not pass. */
CK_RV
store_write_manifest(struct database *db, struct store_full *s)
{
	_cleanup_(buf_wipe) struct buf plain = BUF_INIT, aad = BUF_INIT,
	    sealed = BUF_INIT;
	sqlite3_stmt *st;

	s->pub.version++;
	buf_u64(&plain, s->meta_version);
	manifest_write(&s->manifest, &plain);
	TRY(buf_check(&plain));
	TRY(row_binding(db, s->pub.id, s->pub.version, &aad));
	TRY(seal(secret_span(&s->public_key), PURPOSE_MANIFEST,
	    (struct span){ aad.data, aad.len },
	    (struct span){ plain.data, plain.len }, &sealed));
	TRY(db_statement(&db->writer, ST_STORE_SET, &st));
	db_bind_u64(st, 1, s->pub.id);
	db_bind_u64(st, 2, s->pub.version);
	db_bind_span(st, 3, (struct span){ sealed.data, sealed.len });
	return db_run(&db->writer, st);
}

CK_RV
store_derive(struct store_full *s)
{
	TRY(seal_subkey(secret_span(&s->public_key), SUBKEY_MANIFEST,
	    s->manifest_key));
	TRY(seal_subkey(secret_span(&s->public_key), SUBKEY_INDEX,
	    s->index_public));
	if (s->private_key.len == 0)
		return CKR_OK;
	return seal_subkey(secret_span(&s->private_key), SUBKEY_INDEX,
	    s->index_private);
}

static CK_RV
meta_open(struct database *db, struct store_full *s, struct span sealed)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT;
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };

	TRY(row_binding(db, s->pub.id, s->meta_version, &aad));
	TRY(seal_open(secret_span(&db->master), PURPOSE_STORE,
	    (struct span){ aad.data, aad.len }, sealed, &plain));
	TRY(meta_parse(secret_span(&plain), s));
	return store_derive(s);
}

static CK_RV
manifest_open(struct database *db, struct store_full *s, struct span sealed)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT;
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	struct reader r;
	uint64_t meta_version;

	TRY(row_binding(db, s->pub.id, s->pub.version, &aad));
	TRY(seal_open(secret_span(&s->public_key), PURPOSE_MANIFEST,
	    (struct span){ aad.data, aad.len }, sealed, &plain));
	r = (struct reader){ plain.data, plain.len, false };
	meta_version = reader_u64(&r);
	manifest_read(&r, &s->manifest);
	return reader_done(&r) && meta_version == s->meta_version
	    ? CKR_OK
	    : CKR_ENCRYPTED_DATA_INVALID;
}

static CK_RV
store_fill(struct database *db, struct db *conn, sqlite3_stmt *st,
    struct store_full *s)
{
	CK_RV rv;

	s->pub.id = db_u64(st, 0);
	s->pub.version = db_u64(st, 1);
	s->meta_version = db_u64(st, 2);
	rv = meta_open(db, s, db_span(st, 3));
	if (rv == CKR_OK)
		rv = manifest_open(db, s, db_span(st, 4));
	if (rv != CKR_OK && rv != CKR_HOST_MEMORY)
		return fail(CKR_DEVICE_ERROR,
		    "%s: store %llu is damaged or was exchanged", db->path,
		    (unsigned long long)s->pub.id);
	TRY(rv);
	return s->pub.flags & STORE_PIN ? slots_read(conn, s) : CKR_OK;
}

CK_RV
store_from_row(struct database *db, struct db *conn, sqlite3_stmt *st,
    struct store **out)
{
	struct store_full *s = calloc(1, sizeof(*s));
	CK_RV rv;

	if (s == NULL)
		return CKR_HOST_MEMORY;
	s->refs = 1;
	rv = store_fill(db, conn, st, s);
	if (rv != CKR_OK) {
		store_put(&s->pub);
		return rv;
	}
	*out = &s->pub;
	return CKR_OK;
}

/* Snapshots */

static struct store *
snapshot_find(struct database *db, uint64_t id, uint64_t version)
{
	for (size_t i = 0; i < db->store_count; i++)
		if (db->stores[i]->id == id &&
		    (version == 0 || db->stores[i]->version == version))
			return db->stores[i];
	return NULL;
}

struct loading {
	struct store **stores;
	size_t count, cap;
	struct manifest manifest;
};

static CK_RV
loading_add(struct database *db, sqlite3_stmt *st, struct loading *l)
{
	struct store *known = snapshot_find(db, db_u64(st, 0), db_u64(st, 1));

	if (l->count == l->cap) {
		size_t cap = l->cap * 2 + 16;
		struct store **more = realloc(l->stores, cap * sizeof(*more));

		if (more == NULL)
			return CKR_HOST_MEMORY;
		l->stores = more;
		l->cap = cap;
	}
	TRY(manifest_add(&l->manifest, KEY_SPAN(db->manifest_key),
	    MANIFEST_STORE, db_u64(st, 0), db_u64(st, 1)));
	/* What has this version already is what the row would give. */
	if (known != NULL)
		l->stores[l->count] = store_hold(known);
	else
		TRY(store_from_row(db, &db->reader, st, &l->stores[l->count]));
	l->count++;
	return CKR_OK;
}

CK_RV
instance_read(struct database *db, struct db *conn, uint64_t *generation,
    struct manifest *manifest)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT;
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	sqlite3_stmt *st;
	struct reader r;
	bool row;
	CK_RV rv;

	TRY(db_statement(conn, ST_INSTANCE, &st));
	TRY(db_step(conn, st, &row));
	if (!row)
		return fail(CKR_DEVICE_ERROR, "%s: no instance", db->path);
	*generation = db_u64(st, 3);
	TRY(row_binding(db, 0, *generation, &aad));
	rv = seal_open(secret_span(&db->master), PURPOSE_INSTANCE,
	    (struct span){ aad.data, aad.len }, db_span(st, 4), &plain);
	sqlite3_reset(st);
	if (rv != CKR_OK)
		return fail(CKR_DEVICE_ERROR,
		    "%s: the instance is damaged or was exchanged", db->path);
	r = (struct reader){ plain.data, plain.len, false };
	manifest_read(&r, manifest);
	return reader_done(&r) ? CKR_OK : CKR_DEVICE_ERROR;
}

CK_RV
instance_write(struct database *db, uint64_t generation,
    const struct manifest *manifest)
{
	_cleanup_(buf_wipe) struct buf plain = BUF_INIT, aad = BUF_INIT,
	    sealed = BUF_INIT;
	sqlite3_stmt *st;

	manifest_write(manifest, &plain);
	TRY(buf_check(&plain));
	TRY(row_binding(db, 0, generation, &aad));
	TRY(seal(secret_span(&db->master), PURPOSE_INSTANCE,
	    (struct span){ aad.data, aad.len },
	    (struct span){ plain.data, plain.len }, &sealed));
	TRY(db_statement(&db->writer, ST_INSTANCE_SET, &st));
	db_bind_u64(st, 1, generation);
	db_bind_span(st, 2, (struct span){ sealed.data, sealed.len });
	return db_run(&db->writer, st);
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
	return CKR_OK;
}

static CK_RV
generation_check(struct database *db, uint64_t mapped, uint64_t *generation)
{
	sqlite3_stmt *st;
	bool row;

	TRY(db_statement(&db->reader, ST_GENERATION, &st));
	TRY(db_step(&db->reader, st, &row));
	if (!row)
		return fail(CKR_DEVICE_ERROR, "%s: no instance", db->path);
	*generation = db_u64(st, 0);
	sqlite3_reset(st);
	/* Durable commits come before the mapped generation: a database that
	 * is older has lost some. */
	if (mapped / 2 > *generation)
		return fail(CKR_DEVICE_ERROR,
		    "%s has lost changes that were made: restore it, or, after "
		    "you have put an older copy in its place, remove %s",
		    db->path, db->gen_path);
	return CKR_OK;
}

/* Inside a read transaction. */
static CK_RV
snapshots_update(struct database *db, uint64_t mapped)
{
	struct loading l = { NULL, 0, 0, { 0, { 0 } } };
	uint64_t generation = 0;
	CK_RV rv;

	TRY(generation_check(db, mapped, &generation));
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
		if (db_simple(&db->reader, ST_COMMIT) != CKR_OK)
			db_close(&db->reader);
	}
	pthread_mutex_unlock(&db->reader.lock);
	if (rv == CKR_OK)
		db->seen = mapped;
	return rv;
}

/* A process that may not open the database any more goes on with what it saw:
 * the cells tell it what has changed since. */
bool
database_is_shut_out(const struct database *db)
{
	if (db->stores == NULL ||
	    faccessat(AT_FDCWD, db->path, R_OK | W_OK, AT_EACCESS) == 0)
		return false;
	return errno == EACCES || errno == EPERM || errno == EROFS;
}

CK_RV
database_sync(struct database *db)
{
	uint64_t mapped = coherence_generation(db->coherence);
	CK_RV rv;

	if ((mapped & 1) == 0 && mapped == db->seen)
		return CKR_OK;
	pthread_mutex_lock(&db->snapshots);
	rv = database_is_shut_out(db) ? CKR_OK : snapshots_read(db);
	pthread_mutex_unlock(&db->snapshots);
	return rv;
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

struct span
private_key_of(const struct store_full *s, const struct secret *login)
{
	if (s->private_key.len != 0)
		return secret_span(&s->private_key);
	return login != NULL ? secret_span(login) : (struct span){ NULL, 0 };
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
