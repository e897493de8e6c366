/* A write transaction: locks, stores taken part, manifests, coherence. */
#include "module/store/database.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"

/* A coherence file that somebody removed is made anew, so that later processes
 * and this one meet in the same file.  Under the write lock. */
static CK_RV
coherence_renew(struct database *db, uint64_t generation)
{
	struct coherence *fresh = NULL;
	struct stat st;

	if (db->coherence != NULL && stat(db->gen_path, &st) == 0)
		return CKR_OK;
	TRY(coherence_open(db->gen_path, db->dbid, generation * 2, true,
	    &fresh));
	/* The old mapping may be in use by a reader: it stays. */
	db->coherence = fresh;
	db->seen = 1;
	return CKR_OK;
}

static CK_RV
begin(struct database *db, struct transaction *t)
{
	TRY(db_begin_write(&db->writer));
	t->open = true;
	TRY(instance_read(db, &db->writer, &t->generation, &t->manifest));
	TRY(coherence_renew(db, t->generation));
	coherence_repair(db->coherence, t->generation * 2);
	return CKR_OK;
}

CK_RV
transaction_begin(struct database *db, struct transaction *t)
{
	CK_RV rv;

	*t = (struct transaction){ .db = db };
	pthread_mutex_lock(&db->writer.lock);
	rv = begin(db, t);
	if (rv != CKR_OK)
		transaction_abort(t);
	return rv;
}

void
transaction_drop(struct transaction *t)
{
	for (size_t i = 0; i < t->loaded_count; i++)
		store_put(&t->loaded[i]->pub);
	free(t->loaded);
	free(t->cells);
	*t = (struct transaction){ .db = NULL };
}

static void
transaction_free(struct transaction *t)
{
	struct database *db = t->db;

	transaction_drop(t);
	pthread_mutex_unlock(&db->writer.lock);
}

void
transaction_abort(struct transaction *t)
{
	if (t->db == NULL)
		return;
	/* A connection that cannot roll back is not used again. */
	if (t->open && db_simple(&t->db->writer, ST_ROLLBACK) != CKR_OK)
		db_close(&t->db->writer);
	transaction_free(t);
}

CK_RV
transaction_adopt(struct transaction *t, struct store_full *s)
{
	struct store_full **more = realloc(t->loaded,
	    (t->loaded_count + 1) * sizeof(*more));

	if (more == NULL)
		return CKR_HOST_MEMORY;
	t->loaded = more;
	t->loaded[t->loaded_count++] = s;
	return CKR_OK;
}

CK_RV
transaction_store(struct transaction *t, uint64_t id, struct store_full **out)
{
	struct db *conn = &t->db->writer;
	struct store *store = NULL;
	sqlite3_stmt *st;
	bool row;
	CK_RV rv;

	for (size_t i = 0; i < t->loaded_count; i++)
		if (t->loaded[i]->pub.id == id) {
			*out = t->loaded[i];
			return CKR_OK;
		}
	TRY(db_statement(conn, ST_STORE, &st));
	db_bind_u64(st, 1, id);
	TRY(db_step(conn, st, &row));
	if (!row)
		return CKR_TOKEN_NOT_PRESENT;
	rv = store_from_row(t->db, conn, st, &store);
	sqlite3_reset(st);
	TRY(rv);
	rv = transaction_adopt(t, full(store));
	if (rv != CKR_OK)
		store_put(store);
	else
		*out = full(store);
	return rv;
}

CK_RV
transaction_forget(struct transaction *t, uint64_t id)
{
	for (size_t i = 0; i < t->loaded_count; i++) {
		struct store_full *s = t->loaded[i];

		if (s->pub.id != id)
			continue;
		TRY(manifest_remove(&t->manifest,
		    KEY_SPAN(t->db->manifest_key), MANIFEST_STORE, id,
		    s->pub.version));
		t->loaded[i] = t->loaded[--t->loaded_count];
		store_put(&s->pub);
		return CKR_OK;
	}
	return CKR_TOKEN_NOT_PRESENT;
}

CK_RV
transaction_touch(struct transaction *t, uint64_t object)
{
	if (t->cell_count == t->cell_cap) {
		size_t cap = t->cell_cap * 2 + 16;
		uint64_t *more = realloc(t->cells, cap * sizeof(*more));

		if (more == NULL)
			return CKR_HOST_MEMORY;
		t->cells = more;
		t->cell_cap = cap;
	}
	t->cells[t->cell_count++] = object;
	return CKR_OK;
}

/* Manifests of the stores, then the instance's own. */
CK_RV
transaction_write(struct transaction *t)
{
	struct span key = KEY_SPAN(t->db->manifest_key);

	for (size_t i = 0; i < t->loaded_count; i++) {
		struct store_full *s = t->loaded[i];

		if (s->pub.version != 0)
			TRY(manifest_remove(&t->manifest, key, MANIFEST_STORE,
			    s->pub.id, s->pub.version));
		TRY(store_write_manifest(t->db, s));
		TRY(manifest_add(&t->manifest, key, MANIFEST_STORE, s->pub.id,
		    s->pub.version));
	}
	return instance_write(t->db, t->generation + 1, &t->manifest);
}

/*
 * The order is the promise: a reader that sees the generation even and
 * unchanged has missed nothing, one that sees it odd looks at the database;
 * even again means that the commit is durable.
 */
CK_RV
transaction_commit(struct transaction *t)
{
	struct coherence *coherence = t->db->coherence;
	CK_RV rv;

	TRY(transaction_write(t));
	TRY(coherence_begin(coherence, t->cells, t->cell_count));
	rv = db_simple(&t->db->writer, ST_COMMIT);
	coherence_end(coherence, t->cells, t->cell_count, rv == CKR_OK);
	TRY(rv);
	t->open = false;
	transaction_free(t);
	return CKR_OK;
}
