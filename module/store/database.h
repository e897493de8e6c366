/*
 * The inside of an open database, for the files of this folder alone.
 *
 * Lock order: writer, snapshots, reader.  A write transaction works on copies
 * of its stores; after its commit they become what is seen next.
 */
#ifndef VECS_DATABASE_H
#define VECS_DATABASE_H

#include <limits.h>
#include <stdatomic.h>

#include "module/crypto/pinhash.h"
#include "module/store/coherence.h"
#include "module/store/db.h"
#include "module/store/manifest.h"
#include "module/store/seal.h"
#include "module/store/store.h"

#define PATH_SIZE 4096
#define DIGEST 16 /* of an indexed attribute */
#define KEY_ID 16 /* what tells a key from others */

struct database {
	char dir[PATH_SIZE], path[PATH_SIZE], gen_path[PATH_SIZE],
	    key_path[PATH_SIZE];
	struct secret master;
	uint8_t dbid[DBID_LEN];
	uint8_t manifest_key[SEAL_KEY]; /* of the instance */
	struct db reader, writer;
	struct coherence *_Atomic coherence;
	struct pin_cost cost;
	unsigned pin_tries;
	bool so_recovery;
	/* What was seen last: under snapshots. */
	pthread_mutex_t snapshots;
	_Atomic uint64_t seen;  /* the mapped generation; odd: look again */
	uint64_t generation;
	struct manifest manifest; /* of the instance */
	uint64_t next_store;
	struct store **stores;
	size_t store_count;
};

/* What hangs on a store beside what callers see. */
struct store_full {
	struct store pub; /* first: a struct store * is one of these */
	uint64_t meta_version;
	/* The numbers that its contents are sealed under: where the store was
	 * made, and what its objects' ids have grown by since. */
	uint64_t home, shift;
	struct secret public_key, private_key; /* private: empty with PINs */
	uint8_t private_id[KEY_ID]; /* of the private-objects key, if any */
	uint8_t index_public[SEAL_KEY], index_private[SEAL_KEY];
	uint8_t manifest_key[SEAL_KEY];
	struct manifest manifests[MANIFEST_PARTS];
	atomic_uint refs; /* last: what stands before it can be copied */
};

static inline struct store_full *
full(const struct store *store)
{
	return (struct store_full *)(uintptr_t)store;
}

static inline struct span
secret_span(const struct secret *s)
{
	return (struct span){ s->data, s->len };
}

#define KEY_SPAN(bytes) ((struct span){ (bytes), SEAL_KEY })

struct transaction;

/* stores.c: rows to stores and back, the instance */

/* An empty one with one reference, in secret memory; or NULL. */
struct store_full *store_alloc(void) MUST_USE;
/* The current row of ST_STORES or ST_STORE as a store with one reference. */
CK_RV store_from_row(struct database *db, struct db *conn, sqlite3_stmt *st,
    struct store **out) MUST_USE;
/* The two sealed columns of a store whose id and versions are set: they do not
 * open, or CKR_HOST_MEMORY. */
CK_RV store_open_meta(struct database *db, struct store_full *s,
    struct span sealed) MUST_USE;
CK_RV store_open_manifest(struct database *db, struct store_full *s,
    struct span sealed) MUST_USE;
/* A store of its own with the same contents. */
CK_RV store_copy(const struct store_full *from, struct store **out) MUST_USE;
/* Writes meta (name, owner, flags, keys; bumps meta_version). */
CK_RV store_write_meta(struct database *db, struct store_full *s) MUST_USE;
/* Writes version + 1 and the manifest. */
CK_RV store_write_manifest(struct database *db, struct store_full *s) MUST_USE;
/* The instance's row: its generation and the manifest of its stores.
 * CKR_KEY_CHANGED when another process has changed the master key. */
CK_RV instance_read(struct database *db, struct db *conn,
    uint64_t *generation, struct manifest *manifest) MUST_USE;
CK_RV instance_unseal(const struct database *db, uint64_t generation,
    struct span sealed, struct manifest *manifest) MUST_USE;
CK_RV instance_write(struct database *db, uint64_t generation,
    const struct manifest *manifest) MUST_USE;
/* What a row's seal and the manifests say of it, and whether rows are what they say. */
struct manifest_item object_item(const struct store_full *s,
    CK_OBJECT_CLASS class, uint64_t id, uint64_t version);
CK_RV store_includes(struct store_full *s,
    const struct manifest_item *item) MUST_USE;
CK_RV store_excludes(struct store_full *s,
    const struct manifest_item *item) MUST_USE;
CK_RV store_compare(const struct store_full *s, enum manifest_kind kind,
    const struct manifest *found) MUST_USE;
/* The private-objects key that is to be used: the store's own or the login's. */
struct span private_key_of(const struct store_full *s,
    const struct secret *login);
/* Meta as bytes: restored says that home and shift are part of it. */
void store_print(const struct store_full *s, bool restored, struct buf *out);
CK_RV store_parse(struct span plain, struct store_full *s) MUST_USE;
/* The keys that follow from a store's own. */
CK_RV store_derive(struct store_full *s) MUST_USE;
/* The id of a private-objects key; of none (empty) it is zeros. */
CK_RV private_key_id(struct span key, uint8_t out[KEY_ID]) MUST_USE;
/* CKR_USER_NOT_LOGGED_IN unless the key is the store's at this moment: a login
 * may be older than the key. */
CK_RV private_key_check(const struct store_full *s,
    struct span key) MUST_USE;

/* slots.c: PIN states from the key slots, which are compared. */
CK_RV slots_read(struct db *conn, struct store_full *s) MUST_USE;
/* All slots from the old key of a store to its new one. */
CK_RV slots_reseal(struct transaction *t, const struct store_full *before,
    struct store_full *s) MUST_USE;

/* snapshots.c */

/* Brings the snapshots up to date: a memory read when nothing changed. */
CK_RV database_sync(struct database *db) MUST_USE;
/* The state of this generation if it was seen: the instance's manifest, and a
 * store of it as a copy that may be changed; false when it must be read. */
bool snapshot_manifest(struct database *db, uint64_t generation,
    struct manifest *out);
bool snapshot_copy(struct database *db, uint64_t generation, uint64_t id,
    struct store **out);
/* What a commit has made of the stores that took part. */
void snapshots_publish(struct transaction *t);
CK_RV generation_read(struct db *conn, uint64_t *generation) MUST_USE;
/* CKR_DEVICE_ERROR for a database that is older than what was mapped. */
CK_RV generation_check(const struct database *db, uint64_t mapped,
    uint64_t generation) MUST_USE;

/* transaction.c: a write transaction */

struct transaction {
	struct database *db;
	bool open;
	uint64_t generation;        /* before */
	struct manifest manifest;   /* of the instance */
	struct store_full **loaded; /* stores taken part, each held */
	size_t loaded_count;
	bool reshaped;              /* a store came or went */
	struct coherence_mark *cells; /* objects whose cells are bumped */
	size_t cell_count, cell_cap;
};

/* Takes the writer's lock and SQLite's; ends by commit or abort.  transaction_
 * abort is for _cleanup_ and does nothing after a commit. */
CK_RV transaction_begin(struct database *db, struct transaction *t) MUST_USE;
CK_RV transaction_commit(struct transaction *t) MUST_USE;
void transaction_abort(struct transaction *t);
/* The parts of it that a birth uses: writes manifests and generation; lets go
 * of what is loaded. */
CK_RV transaction_write(struct transaction *t) MUST_USE;
void transaction_drop(struct transaction *t);
/* The store as it is in this transaction; CKR_TOKEN_NOT_PRESENT. */
CK_RV transaction_store(struct transaction *t, uint64_t id,
    struct store_full **out) MUST_USE;
/* A store that is new in this transaction is taken over; one that goes is
 * forgotten. */
CK_RV transaction_adopt(struct transaction *t,
    struct store_full *s) MUST_USE;
CK_RV transaction_forget(struct transaction *t, uint64_t id) MUST_USE;
CK_RV transaction_touch(struct transaction *t, uint64_t object) MUST_USE;
/* If a writer has died in its commit, and nobody writes now: completes the
 * coherence file. */
void transaction_settle(struct database *db);

/* records.c: rows to records and back */

struct row {
	uint64_t id, version, store;
	CK_OBJECT_CLASS class;
	bool private;
	struct span digests[INDEX_COUNT];
};

CK_RV row_aad(const struct store_full *s, const struct row *row,
    struct buf *out) MUST_USE;
void row_read(sqlite3_stmt *st, struct row *row);
CK_RV row_open(const struct store_full *s, struct span private_key,
    const struct row *row, struct span sealed, struct secret *out) MUST_USE;
CK_RV index_digest(const uint8_t key[SEAL_KEY], uint64_t store,
    enum index_kind kind, struct span value, uint8_t out[DIGEST]) MUST_USE;
CK_RV index_key(const struct store_full *s, struct span private_key,
    bool private, uint8_t out[SEAL_KEY]) MUST_USE;
/* Compares the manifests with all rows: inside a transaction of conn. */
CK_RV objects_compare(struct db *conn, const struct store_full *s) MUST_USE;

/* birth.c and open.c */
CK_RV database_bear(struct database *db,
    const struct database_config *config) MUST_USE;
CK_RV master_key_read(struct database *db) MUST_USE;
CK_RV master_key_id(const struct database *db,
    uint8_t out[KEY_ID]) MUST_USE;
/* A new master key beside the old one; settling gives it its name. */
CK_RV master_key_prepare(struct database *db, struct span key) MUST_USE;
CK_RV master_key_settle(struct database *db) MUST_USE;
/* After CKR_KEY_CHANGED, with no lock held. */
CK_RV master_key_refresh(struct database *db) MUST_USE;

/* apply.c and make.c */
/* Writes a sealed row by ST_OBJECT_ADD or _PUT, and its index. */
CK_RV row_put(struct transaction *t, enum statement which,
    const struct row *row, struct span sealed) MUST_USE;
/* Seals a row that is there anew, with a new index. */
CK_RV row_reseal(struct transaction *t, const struct store_full *s,
    struct span private_key, const struct record_new *record,
    struct row *row) MUST_USE;
/* The id that the next object gets. */
CK_RV next_object(struct transaction *t, uint64_t *id) MUST_USE;
/* CKR_ARGUMENTS_BAD with a reason when another store than own has the name. */
CK_RV name_is_free(struct transaction *t, const char *name,
    uint64_t own) MUST_USE;
/* A serial number that no store has had. */
CK_RV serial_make(struct store_full *s) MUST_USE;
/* Every object and key slot of the store; their cells change. */
CK_RV contents_destroy(struct transaction *t, struct store_full *s) MUST_USE;
/* Inserts one new object into a store of this transaction. */
CK_RV object_insert(struct transaction *t, struct store_full *s,
    const struct record_new *record, struct span private_key,
    uint64_t *id) MUST_USE;
/* A new store with these keys and slots; *out is the transaction's. */
CK_RV store_insert(struct transaction *t, const struct store_new *how,
    uint32_t flags, struct store_full **out) MUST_USE;

#endif
