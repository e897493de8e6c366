/* Rows of all pages: instance, stores, key slots, objects. */
#include "module/store/salvage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/log.h"
#include "module/store/slots.h"

#define SEALED_MIN (SEAL_SALT + SEAL_TAG)

void
salvage_say(const struct salvage *v, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	v->report->line(v->report->arg, line);
	log_message(LOG_WARNING, "%s: repair: %s", v->db->path, line);
	log_reason_clear();
}

CK_RV
salvage_each(struct salvage *v,
    CK_RV (*then)(void *arg, const struct cell *cell))
{
	unsigned char page[PAGE_LEN];

	for (uint32_t n = 1; n <= v->pages->count; n++) {
		v->page = pages_read(v->pages, n, page);
		TRY(cells_each(v->pages, page, n, then, v));
	}
	return CKR_OK;
}

/* The shapes of rows.  'i' a number, 'b' bytes, 't' text, 'd' a digest or
 * nothing, '-' nothing: a table's own id. */
bool
salvage_shape(const struct cell *cell, bool has_id, const char *shape)
{
	if (cell->has_id != has_id || cell->count != (int)strlen(shape))
		return false;
	for (int i = 0; i < cell->count; i++) {
		enum column_type type = cell->columns[i].type;
		size_t len = cell->columns[i].bytes.len;

		if ((shape[i] == 'i' && type != COLUMN_INT) ||
		    (shape[i] == 'b' && type != COLUMN_BLOB) ||
		    (shape[i] == 't' && type != COLUMN_TEXT) ||
		    (shape[i] == '-' && type != COLUMN_NULL) ||
		    (shape[i] == 'd' && type != COLUMN_NULL &&
			(type != COLUMN_BLOB || len != DIGEST)))
			return false;
	}
	return true;
}

/* The instance and the ids that were given */

static void
raise_to(uint64_t *at, uint64_t value)
{
	if (value > *at && value <= INT64_MAX)
		*at = value;
}

/* The dbid is the one that the instance's own manifest is sealed with.  That of
 * an open database is known, and others read it. */
static void
instance_found(struct salvage *v, const struct cell *cell)
{
	uint64_t generation = cell->columns[4].number;
	struct span dbid = cell->columns[2].bytes;
	struct manifest manifest;

	if (dbid.len != DBID_LEN || v->has_instance)
		return;
	if (!v->has_dbid)
		memcpy(v->db->dbid, dbid.data, DBID_LEN);
	if (memcmp(v->db->dbid, dbid.data, DBID_LEN) != 0 ||
	    instance_unseal(v->db, generation, cell->columns[5].bytes,
		&manifest) != CKR_OK)
		return;
	v->has_instance = v->has_dbid = v->key_fits = true;
	v->generation = generation;
}

static void
sequence_found(struct salvage *v, const struct cell *cell)
{
	struct span name = cell->columns[0].bytes;

	if (name.len == 5 && memcmp(name.data, "store", 5) == 0)
		raise_to(&v->last_store, cell->columns[1].number);
	if (name.len == 6 && memcmp(name.data, "object", 6) == 0) {
		raise_to(&v->last_object, cell->columns[1].number);
		v->has_sequence = true;
	}
}

static CK_RV
head_found(void *arg, const struct cell *cell)
{
	if (salvage_shape(cell, true, "-ibbib"))
		instance_found(arg, cell);
	else if (salvage_shape(cell, true, "ti"))
		sequence_found(arg, cell);
	return CKR_OK;
}

/* Stores */

static struct found_store *
store_known(const struct salvage *v, uint64_t id)
{
	for (size_t i = 0; i < v->store_count; i++)
		if (v->stores[i].id == id)
			return &v->stores[i];
	return NULL;
}

static CK_RV
store_slot(struct salvage *v, uint64_t id, struct found_store **out)
{
	struct found_store *more;

	if ((*out = store_known(v, id)) != NULL)
		return CKR_OK;
	more = realloc(v->stores, (v->store_count + 1) * sizeof(*more));
	if (more == NULL)
		return CKR_HOST_MEMORY;
	v->stores = more;
	*out = &more[v->store_count++];
	**out = (struct found_store){ .id = id };
	return CKR_OK;
}

static CK_RV
store_keep(struct salvage *v, struct store_full *s, struct span meta,
    struct span manifest, struct found_store *f)
{
	TRY(store_open_meta(v->db, s, meta));
	v->key_fits = true;
	f->has_manifest = store_open_manifest(v->db, s, manifest) == CKR_OK;
	memcpy(f->wanted, s->manifests, sizeof(f->wanted));
	memset(s->manifests, 0, sizeof(s->manifests));
	secret_wipe(&f->meta);
	return secret_dup(meta.data, meta.len, &f->meta);
}

/* Of two rows of one store the higher version; one that does not open is
 * remembered as lost. */
static CK_RV
store_found(void *arg, const struct cell *cell)
{
	struct salvage *v = arg;
	struct found_store *f;
	struct store_full *s;

	if (!salvage_shape(cell, true, "-iibb"))
		return CKR_OK;
	TRY(store_slot(v, cell->id, &f));
	raise_to(&v->last_store, cell->id);
	if (f->s != NULL && f->s->pub.version >= cell->columns[1].number)
		return CKR_OK;
	if ((s = store_alloc()) == NULL)
		return CKR_HOST_MEMORY;
	s->pub.id = s->home = cell->id;
	s->pub.version = cell->columns[1].number;
	s->meta_version = cell->columns[2].number;
	if (store_keep(v, s, cell->columns[3].bytes, cell->columns[4].bytes,
	    f) != CKR_OK) {
		store_put(&s->pub);
		return CKR_OK;
	}
	if (f->s != NULL)
		store_put(&f->s->pub);
	f->s = s;
	return CKR_OK;
}

static void
pages_say(struct salvage *v)
{
	unsigned char page[PAGE_LEN];

	for (uint32_t n = 1; n <= v->pages->count; n++) {
		enum page_state state = pages_read(v->pages, n, page);

		if (state == PAGE_MENDED)
			salvage_say(v, "mended: page %u of the file",
			    (unsigned)n);
		if (state == PAGE_DAMAGED)
			salvage_say(v, "damaged: page %u of the file",
			    (unsigned)n);
	}
}

CK_RV
salvage_begin(struct salvage *v)
{
	TRY(salvage_each(v, head_found));
	if (!v->has_dbid)
		v->has_dbid = coherence_names(v->db->gen_path, v->db->dbid);
	TRY(salvage_each(v, store_found));
	if (!v->key_fits)
		return fail(CKR_DEVICE_ERROR,
		    "%s: nothing opens under the master key %s: restore a "
		    "backup", v->db->path, v->db->key_path);
	pages_say(v);
	if (!v->has_instance)
		salvage_say(v, "mended: the instance");
	return CKR_OK;
}

/* Key slots */

static CK_RV
slot_insert(struct salvage *v, struct found_store *f, const char *who,
    const struct cell *cell)
{
	struct manifest_item item = { .kind = MANIFEST_SLOTS, .name = who,
		.version = cell->columns[2].number };
	struct db *conn = &v->db->writer;
	sqlite3_stmt *st;
	bool there;

	TRY(db_statement(conn, ST_SLOT, &st));
	db_bind_u64(st, 1, f->id);
	sqlite3_bind_text(st, 2, who, -1, SQLITE_STATIC);
	TRY(db_step(conn, st, &there));
	if (there) {
		struct manifest_item old = item;

		old.version = db_u64(st, 0);
		sqlite3_reset(st);
		if (old.version >= item.version)
			return CKR_OK;
		TRY(store_excludes(f->s, &old));
	}
	TRY(store_includes(f->s, &item));
	TRY(db_statement(conn, ST_SLOT_PUT, &st));
	db_bind_u64(st, 1, f->id);
	sqlite3_bind_text(st, 2, who, -1, SQLITE_STATIC);
	db_bind_u64(st, 3, item.version);
	db_bind_span(st, 4, cell->columns[3].bytes);
	return db_run(conn, st);
}

static CK_RV
slot_found(struct salvage *v, const struct cell *cell)
{
	_cleanup_(slot_wipe) struct slot slot = { .version =
		cell->columns[2].number };
	struct span name = cell->columns[1].bytes;
	struct found_store *f = store_known(v, cell->columns[0].number);
	char who[SALVAGE_WHO];

	if (f == NULL || f->s == NULL || name.len >= sizeof(who))
		return CKR_OK;
	snprintf(who, sizeof(who), "%.*s", (int)name.len,
	    (const char *)name.data);
	if (slot_open(f->s, who, cell->columns[3].bytes, &slot) == CKR_OK)
		return slot_insert(v, f, who, cell);
	salvage_say(v, "lost: store %s: the PIN of '%s'", f->s->pub.name,
	    who);
	/* What is known to be lost is not missing. */
	return manifest_remove(&f->wanted[MANIFEST_SLOTS],
	    KEY_SPAN(f->s->manifest_key), &(struct manifest_item){
	    .kind = MANIFEST_SLOTS, .name = who, .version = slot.version });
}

/* Objects */

static bool
is_object(const struct cell *cell, struct row *row)
{
	if (!salvage_shape(cell, true, "-iiiiddddddb") || cell->id == 0 ||
	    cell->id > INT64_MAX)
		return false;
	*row = (struct row){ .id = cell->id,
		.store = cell->columns[1].number,
		.version = cell->columns[2].number,
		.class = (CK_OBJECT_CLASS)cell->columns[3].number,
		.private = cell->columns[4].number != 0 };
	for (int i = 0; i < INDEX_COUNT; i++)
		row->digests[i] = cell->columns[5 + i].bytes;
	return true;
}

static CK_RV
index_fits(void *arg, const struct span index[INDEX_COUNT])
{
	(void)arg;
	(void)index;
	return CKR_OK;
}

/* Under a PIN: it is kept for what it looks like. */
static bool
is_closed(const struct found_store *f, const struct row *row)
{
	return row->private && private_key_of(f->s, NULL).len == 0;
}

static bool
row_is_good(const struct salvage *v, const struct found_store *f,
    const struct row *row, struct span sealed)
{
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	struct span private_key = private_key_of(f->s, NULL);

	if (is_closed(f, row))
		return sealed.len > SEALED_MIN;
	return row_open(f->s, private_key, row, sealed, &plain) == CKR_OK &&
	    v->index(secret_span(&plain), index_fits, NULL) == CKR_OK;
}

CK_RV
salvage_drop(struct salvage *v, uint64_t id)
{
	struct db *conn = &v->db->writer;
	sqlite3_stmt *st;

	TRY(db_statement(conn, ST_DIGESTS_OF_DELETE, &st));
	db_bind_u64(st, 1, id);
	TRY(db_run(conn, st));
	TRY(db_statement(conn, ST_OBJECT_DELETE, &st));
	db_bind_u64(st, 1, id);
	return db_run(conn, st);
}

/* Makes room for a row: false in *room when one that is newer has its id. */
static CK_RV
row_room(struct salvage *v, const struct row *row, bool *room)
{
	struct db *conn = &v->db->writer;
	struct manifest_item item;
	struct found_store *f;
	struct row old;
	sqlite3_stmt *st;
	bool there;

	*room = true;
	TRY(db_statement(conn, ST_OBJECT, &st));
	db_bind_u64(st, 1, row->id);
	TRY(db_step(conn, st, &there));
	if (!there)
		return CKR_OK;
	row_read(st, &old);
	sqlite3_reset(st);
	if ((*room = old.version < row->version) == false)
		return CKR_OK;
	f = store_known(v, old.store);
	item = object_item(f->s, old.class, old.id, old.version);
	TRY(store_excludes(f->s, &item));
	return salvage_drop(v, old.id);
}

static CK_RV
object_found(struct salvage *v, const struct row *row, struct span sealed)
{
	struct manifest_item item;
	struct found_store *f;
	bool room;

	TRY(store_slot(v, row->store, &f));
	if (f->s == NULL || !row_is_good(v, f, row, sealed)) {
		log_reason_clear();
		return salvage_lose(v, row);
	}
	raise_to(&v->last_object, row->id);
	if (is_closed(f, row) && v->page == PAGE_DAMAGED)
		salvage_say(v, "damaged: store %s: object %llu may be: only "
		    "its PIN can tell", f->s->pub.name,
		    (unsigned long long)row->id);
	TRY(row_room(v, row, &room));
	if (!room)
		return CKR_OK;
	item = object_item(f->s, row->class, row->id, row->version);
	TRY(store_includes(f->s, &item));
	return row_put(&v->t, ST_OBJECT_ADD, row, sealed);
}

static CK_RV
contents_found(void *arg, const struct cell *cell)
{
	struct row row;

	if (is_object(cell, &row))
		return object_found(arg, &row,
		    cell->columns[CELL_COLUMNS - 1].bytes);
	if (salvage_shape(cell, false, "itib"))
		return slot_found(arg, cell);
	return CKR_OK;
}

CK_RV
salvage_fill(struct salvage *v)
{
	v->t = (struct transaction){ .db = v->db };
	TRY(db_simple(&v->db->writer, ST_BEGIN));
	TRY(salvage_each(v, contents_found));
	TRY(salvage_missing(v));
	TRY(salvage_sift(v));
	TRY(salvage_finish(v));
	return db_simple(&v->db->writer, ST_COMMIT);
}

void
salvage_wipe(struct salvage *v)
{
	for (size_t i = 0; i < v->store_count; i++) {
		if (v->stores[i].s != NULL)
			store_put(&v->stores[i].s->pub);
		secret_wipe(&v->stores[i].meta);
	}
	free(v->stores);
	free(v->lost);
}
