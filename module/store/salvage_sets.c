/* The rows that speak for others: manifests, stores, the instance. */
#include "module/store/salvage.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/vendor.h"

/* Sets */

/* True if what is there and what is known to be lost is all that there was:
 * nothing is missing, nothing has come back. */
static CK_RV
set_is_proven(struct salvage *v, const struct found_store *f,
    enum manifest_kind kind, bool *proven)
{
	struct manifest sum = f->s->manifests[kind];

	for (size_t i = 0; i < v->lost_count; i++) {
		struct manifest_item item = object_item(f->s,
		    v->lost[i].class, v->lost[i].id, v->lost[i].version);

		if (v->lost[i].store == f->id && item.kind == kind)
			TRY(manifest_add(&sum,
			    KEY_SPAN(f->s->manifest_key), &item));
	}
	*proven = f->has_manifest && manifest_equal(&sum, &f->wanted[kind]);
	return CKR_OK;
}

static CK_RV
grants_drop(struct salvage *v, struct found_store *f)
{
	struct db *conn = &v->db->writer;
	sqlite3_stmt *st;
	bool row;

	memset(&f->s->manifests[MANIFEST_GRANTS], 0, sizeof(struct manifest));
	for (;;) {
		uint64_t id;

		TRY(db_statement(conn, ST_OBJECTS_CLASS, &st));
		db_bind_u64(st, 1, f->id);
		db_bind_u64(st, 2, CKO_VECS_GRANT);
		TRY(db_step(conn, st, &row));
		if (!row)
			return CKR_OK;
		id = db_u64(st, 0);
		sqlite3_reset(st);
		TRY(salvage_drop(v, id));
	}
}

/* Named users have rights as grants give them; without the SO and the user a
 * token would be closed for ever. */
static bool
is_named_user(const char *who)
{
	return strcmp(who, "so") != 0 && strcmp(who, "user") != 0;
}

static CK_RV
user_drop(struct salvage *v, struct found_store *f, const char *who,
    uint64_t version)
{
	struct manifest_item item = { .kind = MANIFEST_SLOTS, .name = who,
		.version = version };
	sqlite3_stmt *st;

	TRY(store_excludes(f->s, &item));
	TRY(db_statement(&v->db->writer, ST_SLOTS_DELETE, &st));
	db_bind_u64(st, 1, f->id);
	sqlite3_bind_text(st, 2, who, -1, SQLITE_STATIC);
	return db_run(&v->db->writer, st);
}

static CK_RV
named_drop(struct salvage *v, struct found_store *f)
{
	char last[SALVAGE_WHO] = "";

	for (;;) {
		sqlite3_stmt *st;
		uint64_t version;
		bool there;

		TRY(db_statement(&v->db->writer, ST_SLOT_AFTER, &st));
		db_bind_u64(st, 1, f->id);
		sqlite3_bind_text(st, 2, last, -1, SQLITE_STATIC);
		TRY(db_step(&v->db->writer, st, &there));
		if (!there)
			return CKR_OK;
		snprintf(last, sizeof(last), "%s", db_text(st, 0));
		version = db_u64(st, 1);
		sqlite3_reset(st);
		if (is_named_user(last))
			TRY(user_drop(v, f, last, version));
	}
}

static CK_RV
set_settle(struct salvage *v, struct found_store *f, enum manifest_kind kind)
{
	static const char *const words[MANIFEST_PARTS] = {
		"objects are missing, or older than they were",
		"its grants cannot be proven and are gone: grant them anew",
		"PINs are missing or older; its named users are gone",
	};
	bool proven;

	TRY(set_is_proven(v, f, kind, &proven));
	if (proven)
		return CKR_OK;
	v->incomplete = true;
	if (f->has_manifest)
		salvage_say(v, "lost: store %s: %s (%llu there, %llu "
		    "expected)", f->s->pub.name, words[kind],
		    (unsigned long long)f->s->manifests[kind].count,
		    (unsigned long long)f->wanted[kind].count);
	else if (f->s->manifests[kind].count != 0)
		salvage_say(v, "lost: store %s: %s (its manifest is damaged)",
		    f->s->pub.name, words[kind]);
	if (kind == MANIFEST_GRANTS)
		return grants_drop(v, f);
	return kind == MANIFEST_SLOTS ? named_drop(v, f) : CKR_OK;
}

/* Rows */

static CK_RV
store_write(struct salvage *v, struct found_store *f)
{
	struct manifest_item item = { .kind = MANIFEST_STORES, .id = f->id };
	sqlite3_stmt *st;

	TRY(db_statement(&v->db->writer, ST_STORE_PUT, &st));
	db_bind_u64(st, 1, f->id);
	db_bind_u64(st, 2, f->s->pub.version);
	db_bind_u64(st, 3, f->s->meta_version);
	db_bind_span(st, 4, secret_span(&f->meta));
	TRY(db_run(&v->db->writer, st));
	TRY(store_write_manifest(v->db, f->s));
	item.version = f->s->pub.version;
	return manifest_add(&v->t.manifest, KEY_SPAN(v->db->manifest_key),
	    &item);
}

static CK_RV
store_finish(struct salvage *v, struct found_store *f)
{
	bool any = false;

	for (size_t i = 0; i < v->lost_count; i++)
		any |= v->lost[i].store == f->id;
	if (any)
		TRY(salvage_names(v, f));
	for (size_t i = 0; i < v->lost_count; i++)
		if (v->lost[i].store == f->id)
			salvage_lost_say(v, f, &v->lost[i]);
	for (int kind = 0; kind < MANIFEST_PARTS; kind++)
		TRY(set_settle(v, f, kind));
	return store_write(v, f);
}

static void
store_lost_say(struct salvage *v, const struct found_store *f)
{
	size_t objects = 0;

	for (size_t i = 0; i < v->lost_count; i++)
		objects += v->lost[i].store == f->id;
	v->incomplete = true;
	salvage_say(v, "lost: store %llu, whose keys are damaged, with %zu "
	    "objects", (unsigned long long)f->id, objects);
}

static CK_RV
sequence_put(struct salvage *v, const char *table, uint64_t last)
{
	sqlite3_stmt *st;

	TRY(db_statement(&v->db->writer, ST_SEQUENCE_PUT, &st));
	sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	db_bind_u64(st, 2, last);
	return db_run(&v->db->writer, st);
}

/* No id is given twice: where the last one is not known, the coherence file
 * has a cell for each that was. */
static CK_RV
sequences_write(struct salvage *v)
{
	struct stat st;

	if (!v->has_sequence && stat(v->db->gen_path, &st) == 0 &&
	    (uint64_t)st.st_size / 8 > v->last_object)
		v->last_object = (uint64_t)st.st_size / 8;
	TRY(db_simple(&v->db->writer, ST_SEQUENCE_CLEAR));
	TRY(sequence_put(v, "store", v->last_store));
	return sequence_put(v, "object", v->last_object);
}

static CK_RV
instance_make(struct salvage *v)
{
	struct database *db = v->db;
	uint8_t key_id[KEY_ID];
	sqlite3_stmt *st;

	TRY(master_key_id(db, key_id));
	TRY(db_statement(&db->writer, ST_INSTANCE_ADD, &st));
	db_bind_u64(st, 1, SEAL_FORMAT);
	db_bind_span(st, 2, (struct span){ db->dbid, DBID_LEN });
	db_bind_span(st, 3, (struct span){ key_id, KEY_ID });
	TRY(db_run(&db->writer, st));
	return instance_write(db, v->generation + 1, &v->t.manifest);
}

CK_RV
salvage_finish(struct salvage *v)
{
	v->incomplete = v->lost_count != 0;
	for (size_t i = 0; i < v->store_count; i++) {
		if (v->stores[i].s == NULL)
			store_lost_say(v, &v->stores[i]);
		else
			TRY(store_finish(v, &v->stores[i]));
	}
	TRY(sequences_write(v));
	return instance_make(v);
}
