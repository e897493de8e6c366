/* What is missing, by name where it has one, and the rows that speak for
 * others: manifests, stores, the instance. */
#include "module/store/salvage.h"

#include <string.h>
#include <sys/stat.h>

#include "common/ckname.h"
#include "common/vendor.h"

/* The names of what is lost: a certificate tells its key's. */

struct naming {
	struct salvage *v;
	const struct found_store *f;
};

static void
name_copy(char name[65], struct span label)
{
	size_t len = label.len < 64 ? label.len : 64;

	memcpy(name, label.data, len);
	name[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 127)
			name[i] = '?';
}

static CK_RV
names_match(const struct naming *n, bool private, struct span label)
{
	struct span private_key = private_key_of(n->f->s, NULL);
	uint8_t key[SEAL_KEY], digest[DIGEST];
	CK_RV rv;

	if (private && private_key.len == 0)
		return CKR_OK;
	rv = index_key(n->f->s, private_key, private, key);
	if (rv == CKR_OK)
		rv = index_digest(key, n->f->s->home, INDEX_LABEL, label,
		    digest);
	explicit_bzero(key, sizeof(key));
	TRY(rv);
	for (size_t i = 0; i < n->v->lost_count; i++) {
		struct lost_row *lost = &n->v->lost[i];

		if (lost->named && lost->store == n->f->id &&
		    lost->private == private &&
		    memcmp(lost->label, digest, DIGEST) == 0)
			name_copy(lost->name, label);
	}
	return CKR_OK;
}

static CK_RV
label_seen(void *arg, const struct span index[INDEX_COUNT])
{
	if (index[INDEX_LABEL].data == NULL)
		return CKR_OK;
	TRY(names_match(arg, false, index[INDEX_LABEL]));
	return names_match(arg, true, index[INDEX_LABEL]);
}

static CK_RV
object_seen(struct naming *n, sqlite3_stmt *st)
{
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	struct span private_key = private_key_of(n->f->s, NULL);
	struct row row;

	row_read(st, &row);
	if (row.private && private_key.len == 0)
		return CKR_OK;
	TRY(row_open(n->f->s, private_key, &row,
	    db_span(st, 4 + INDEX_COUNT), &plain));
	return n->v->index(secret_span(&plain), label_seen, n);
}

static CK_RV
names_find(struct salvage *v, const struct found_store *f)
{
	struct naming n = { v, f };
	struct db *conn = &v->db->writer;
	sqlite3_stmt *st;
	bool row;

	TRY(db_statement(conn, ST_OBJECTS_WALK, &st));
	db_bind_u64(st, 1, f->id);
	for (;;) {
		TRY(db_step(conn, st, &row));
		if (!row)
			return CKR_OK;
		TRY(object_seen(&n, st));
	}
}

/* A damaged copy of what is there all the same is no loss. */
static CK_RV
lost_sift(struct salvage *v)
{
	struct db *conn = &v->db->writer;
	size_t kept = 0;

	for (size_t i = 0; i < v->lost_count; i++) {
		sqlite3_stmt *st;
		bool there;

		TRY(db_statement(conn, ST_OBJECT, &st));
		db_bind_u64(st, 1, v->lost[i].id);
		TRY(db_step(conn, st, &there));
		sqlite3_reset(st);
		if (!there)
			v->lost[kept++] = v->lost[i];
	}
	v->lost_count = kept;
	return CKR_OK;
}

static void
lost_say(struct salvage *v, const struct found_store *f,
    const struct lost_row *lost)
{
	const char *class = lost->class == CKO_VECS_GRANT ? "a grant"
	    : ckname_class(lost->class);

	if (lost->name[0] != '\0')
		salvage_say(v, "lost: store %s: object %llu '%s' (%s)",
		    f->s->pub.name, (unsigned long long)lost->id, lost->name,
		    class != NULL ? class : "?");
	else
		salvage_say(v, "lost: store %s: object %llu (%s)",
		    f->s->pub.name, (unsigned long long)lost->id,
		    class != NULL ? class : "?");
}

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

static CK_RV
set_settle(struct salvage *v, struct found_store *f, enum manifest_kind kind)
{
	static const char *const words[MANIFEST_PARTS] = {
		"objects are missing, or older than they were",
		"its grants cannot be proven and are gone: grant them anew",
		"PINs are missing, or older than they were",
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
	return kind == MANIFEST_GRANTS ? grants_drop(v, f) : CKR_OK;
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
		TRY(names_find(v, f));
	for (size_t i = 0; i < v->lost_count; i++)
		if (v->lost[i].store == f->id)
			lost_say(v, f, &v->lost[i]);
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
	TRY(lost_sift(v));
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
