/* A write transaction: locks, stores taken part, manifests, coherence. */
#include "module/store/database.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"

/* A coherence file that somebody removed is made anew, so that later processes
 * and this one meet in the same file.  Under the write lock. */
static CK_RV
coherence_renew(struct database *db, uint64_t generation)
{
	struct coherence_seed seed = { .generation = generation * 2 };
	struct coherence *fresh = NULL;
	sqlite3_stmt *st;
	bool row;

	if (db->coherence != NULL &&
	    coherence_is_named(db->coherence, db->gen_path))
		return CKR_OK;
	TRY(db_statement(&db->writer, ST_NEXT_OBJECT, &st));
	TRY(db_step(&db->writer, st, &row));
	seed.last_object = row ? db_u64(st, 0) : 0;
	sqlite3_reset(st);
	TRY(coherence_open(db->gen_path, db->dbid, &seed, &fresh));
	/* Other threads may be reading the old mapping. */
	coherence_keep(fresh, db->coherence);
	db->coherence = fresh;
	db->seen = 1;
	return CKR_OK;
}

static CK_RV
begin(struct database *db, struct transaction *t)
{
	uint64_t mapped;

	TRY(db_begin_write(&db->writer));
	t->open = true;
	TRY(generation_read(&db->writer, &t->generation));
	if (!snapshot_manifest(db, t->generation, &t->manifest))
		TRY(instance_read(db, &db->writer, &t->generation,
		    &t->manifest));
	TRY(coherence_renew(db, t->generation));
	mapped = coherence_generation(db->coherence);
	TRY(generation_check(db, mapped, t->generation));
	coherence_settle(db->coherence, t->generation * 2);
	return CKR_OK;
}

void
transaction_settle(struct database *db)
{
	uint64_t generation;

	if (pthread_mutex_trylock(&db->writer.lock) != 0)
		return;
	/* Whoever commits has the write lock; if it is free, nobody does. */
	if (db_try_write(&db->writer)) {
		if (generation_read(&db->writer, &generation) == CKR_OK)
			coherence_settle(db->coherence, generation * 2);
		db_end(&db->writer, ST_ROLLBACK);
	}
	pthread_mutex_unlock(&db->writer.lock);
}

static CK_RV
begin_once(struct database *db, struct transaction *t)
{
	CK_RV rv;

	*t = (struct transaction){ .db = db };
	pthread_mutex_lock(&db->writer.lock);
	rv = begin(db, t);
	if (rv != CKR_OK)
		transaction_abort(t);
	return rv;
}

CK_RV
transaction_begin(struct database *db, struct transaction *t)
{
	CK_RV rv = begin_once(db, t);

	if (rv != CKR_KEY_CHANGED)
		return rv;
	TRY(master_key_refresh(db));
	return begin_once(db, t);
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
	if (t->open)
		db_end(&t->db->writer, ST_ROLLBACK);
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
	if (!snapshot_copy(t->db, t->generation, id, &store)) {
		TRY(db_statement(conn, ST_STORE, &st));
		db_bind_u64(st, 1, id);
		TRY(db_step(conn, st, &row));
		if (!row)
			return CKR_TOKEN_NOT_PRESENT;
		rv = store_from_row(t->db, conn, st, &store);
		sqlite3_reset(st);
		TRY(rv);
	}
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
		    KEY_SPAN(t->db->manifest_key), &(struct manifest_item){
		    .kind = MANIFEST_STORES, .id = id,
		    .version = s->pub.version }));
		t->loaded[i] = t->loaded[--t->loaded_count];
		t->reshaped = true;
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
		struct coherence_mark *more =
		    realloc(t->cells, cap * sizeof(*more));

		if (more == NULL)
			return CKR_HOST_MEMORY;
		t->cells = more;
		t->cell_cap = cap;
	}
	t->cells[t->cell_count++] = (struct coherence_mark){ object, 0 };
	return CKR_OK;
}

/* Manifests of the stores, then the instance's own. */
CK_RV
transaction_write(struct transaction *t)
{
	struct span key = KEY_SPAN(t->db->manifest_key);

	for (size_t i = 0; i < t->loaded_count; i++) {
		struct store_full *s = t->loaded[i];
		struct manifest_item item = { .kind = MANIFEST_STORES,
			.id = s->pub.id, .version = s->pub.version };

		if (item.version == 0)
			t->reshaped = true;
		else
			TRY(manifest_remove(&t->manifest, key, &item));
		TRY(store_write_manifest(t->db, s));
		item.version = s->pub.version;
		TRY(manifest_add(&t->manifest, key, &item));
	}
	return instance_write(t->db, t->generation + 1, &t->manifest);
}

/*
 * The order is the promise.  Odd before COMMIT: a reader that sees an even
 * generation, the one it knows, has missed nothing; one that sees an odd one
 * looks at the database.  Even after COMMIT has returned, that is, when the
 * log is on the disk: what the coherence file tells of is never undone.
 */
CK_RV
transaction_commit(struct transaction *t)
{
	struct coherence *coherence = t->db->coherence;
	uint64_t odd;
	CK_RV rv;

	TRY(transaction_write(t));
	TRY(coherence_begin(coherence, t->cells, t->cell_count, &odd));
	rv = db_simple(&t->db->writer, ST_COMMIT);
	coherence_end(coherence, t->cells, t->cell_count, odd, rv == CKR_OK);
	TRY(rv);
	t->open = false;
	snapshots_publish(t);
	transaction_free(t);
	return CKR_OK;
}
