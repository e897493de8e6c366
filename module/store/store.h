/*
 * What the tokens need of the disk: stores, sealed records, changes that are
 * applied together or not at all, PINs.  Knows bytes and the keys of stores,
 * neither attributes nor mechanisms.  docs/STORE-FORMAT.md is its contract.
 *
 * A database is used by any number of threads at once.  No SQLite connection is
 * open at the moment of a fork: the atfork handlers of the library call
 * database_fork_*.  Errors: CKR_DEVICE_ERROR (damaged, unreadable, wrong key;
 * the reason says which and names the file), CKR_DEVICE_MEMORY (no space),
 * CKR_HOST_MEMORY, and those said below.
 */
#ifndef VECS_STORE_H
#define VECS_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/secret.h"
#include "common/span.h"

struct database;

/* The attributes that have an index. */
enum index_kind {
	INDEX_LABEL,
	INDEX_FOLDED_LABEL,
	INDEX_ID,
	INDEX_SUBJECT,
	INDEX_ISSUER_SERIAL, /* u32 length of issuer, issuer, serial */
	INDEX_SHA1,          /* SHA-1 of CKA_VALUE */
	INDEX_COUNT
};

/* An object as the caller hands it over to be sealed. */
struct record_new {
	CK_OBJECT_CLASS class;
	bool private;
	struct span index[INDEX_COUNT]; /* absent ones have data NULL */
	struct span plain;
};

enum store_flags {
	STORE_SYSTEM = 1,    /* made at birth */
	STORE_PROTECTED = 2, /* never deleted, never re-initialised */
	STORE_PIN = 4,       /* has an SO PIN: login rules apply */
	STORE_USER_PIN = 8,  /* the user PIN is set */
	STORE_STALE = 16,    /* its keys are older than the master key */
};

struct pin_state {
	unsigned tries_left, tries_max; /* 0 left: locked */
	bool failed_before;             /* a wrong try since the last login */
};

/* Whose PIN: these, or the who of a named user. */
#define PIN_SO "so"
#define PIN_USER "user"

#define USER_NAME_MAX 64
#define PIN_WHO_SIZE 40

/* A named user of a token with PINs: has a PIN and rights of his own. */
struct store_user {
	char who[PIN_WHO_SIZE]; /* stays his in this store, never another's */
	char name[USER_NAME_MAX + 1]; /* UTF-8 */
	unsigned rights; /* as the caller means them: 8 bits */
	struct pin_state pin;
};

/* One store as it was at its last change: held by reference, never changes. */
struct store {
	uint64_t id;      /* the slot's id; never used again */
	uint64_t version; /* grows with each change of the store or its objects */
	char name[33];    /* UTF-8, as it was made */
	char serial[17];  /* 16 hexadecimal digits, unique for ever */
	uint32_t owner;   /* uid */
	uint64_t created; /* seconds since 1970 */
	uint32_t flags;
	struct pin_state so, user;
	struct store_user *users;
	size_t user_count;
};

struct store_seed {
	const char *name;
	uint32_t flags;
	const struct record_new *records;
	size_t record_count;
};

struct database_config {
	const char *dir;        /* made 0700 when absent; owner of files: its */
	const char *master_key; /* path of the file; NULL: DIR/master.key */
	const struct store_seed *seeds; /* made at the database's birth */
	size_t seed_count;
	uint32_t owner;         /* uid of the seeds */
	uint32_t argon2_memory, argon2_passes, argon2_lanes; /* new key slots */
	unsigned pin_tries;
	bool so_recovery;
};

/* Opens the database of dir, or bears it where no file exists. */
CK_RV database_open(const struct database_config *config,
    struct database **out) MUST_USE;
void database_close(struct database *db);
DEFINE_CLEANUP(struct database *, database_close)

void database_fork_prepare(struct database *db);
void database_fork_parent(struct database *db);
void database_fork_child(struct database *db);

/* True in a process that may not open the files any more: it goes on with
 * what it has loaded. */
bool database_is_shut_out(const struct database *db);

/* Stores in the order of their making; each held for the caller, who puts each
 * and frees the array.  A process that cannot open the database any more gets
 * what it saw last. */
CK_RV store_list(struct database *db, struct store ***out,
    size_t *count) MUST_USE;
/* CKR_TOKEN_NOT_PRESENT when there is none of this id.  Costs a memory read
 * and a short lock when nothing changed. */
CK_RV store_get(struct database *db, uint64_t id, struct store **out) MUST_USE;
struct store *store_hold(struct store *store);
void store_put(struct store *store);
DEFINE_CLEANUP(struct store *, store_put)

/* The cell of an object, and whether it is still what the sample was: one
 * memory read, no lock, works where the database cannot be opened.  A cell in
 * the middle of a commit counts as unchanged. */
uint64_t cell_sample(struct database *db, uint64_t object);
bool cell_is_unchanged(struct database *db, uint64_t object, uint64_t sample);

struct query {
	bool has_class;
	CK_OBJECT_CLASS class;
	enum index_kind index; /* INDEX_COUNT: none */
	struct span value;
	bool private;          /* private objects too: needs their key */
};

struct record_ref {
	uint64_t id, version;
	CK_OBJECT_CLASS class;
	bool private;
};

/*
 * The objects that may match, ascending by id; the array is the caller's to
 * free.  private_key: of a store with PINs, from pin_login; NULL otherwise.
 * Without class and index, and for grants, the store's manifest is compared:
 * CKR_DEVICE_ERROR when an object is hidden or replayed.
 */
CK_RV records_find(struct database *db, const struct store *store,
    const struct secret *private_key, const struct query *query,
    struct record_ref **out, size_t *count) MUST_USE;

struct record {
	uint64_t id, version, store;
	uint64_t cell; /* sampled before the record was read */
	CK_OBJECT_CLASS class;
	bool private;
	struct secret plain;
};

/* Unseals one object; CKR_OBJECT_HANDLE_INVALID when it is not (any more) in
 * this store.  Wipe record.plain. */
CK_RV record_load(struct database *db, const struct store *store,
    const struct secret *private_key, uint64_t id,
    struct record *out) MUST_USE;

enum change_kind {
	CHANGE_NOTHING,
	CHANGE_CREATE,
	CHANGE_UPDATE,
	CHANGE_DELETE,
	CHANGE_MOVE,   /* to another store; the cell stays as it is */
	CHANGE_ABSENT, /* no change: the folded label in record.index is free */
};

struct change {
	enum change_kind kind;
	uint64_t store;       /* where the object is; CREATE, ABSENT: will be */
	uint64_t to;          /* MOVE: where it goes */
	uint64_t id, version; /* as loaded; CREATE: set on success */
	struct record_new record;         /* CREATE, UPDATE, MOVE: contents */
	const struct secret *private_key; /* of the store that it ends in */
};

/*
 * Applies all in one transaction, or nothing: deletions, moves and updates
 * first, then ABSENT, then creations.  A changed or vanished object:
 * CKR_ACTION_PROHIBITED; a taken label: CKR_VECS_EXISTS; a vanished store:
 * CKR_TOKEN_NOT_PRESENT.  On return it is durable.
 */
CK_RV database_apply(struct database *db, struct change *changes,
    size_t count) MUST_USE;

/* The id that the next store will get, unless another process is faster. */
uint64_t store_next_id(struct database *db);

struct store_new {
	const char *name; /* checked by the caller (text_is_store_name) */
	uint32_t owner;
	uint32_t flags;
	struct span so_pin; /* absent: a store without PINs */
};

/* A name that another store has, ASCII-folded: CKR_ARGUMENTS_BAD. */
CK_RV store_create(struct database *db, const struct store_new *how,
    uint64_t *id) MUST_USE;
CK_RV store_delete(struct database *db, uint64_t id) MUST_USE;
/* C_InitToken on an existing token: a store with PINs needs the SO's and loses
 * objects and user PIN; one without must be empty (CKR_FUNCTION_REJECTED) and
 * becomes what `how` says. */
CK_RV store_reinit(struct database *db, uint64_t id,
    const struct store_new *how) MUST_USE;

/*
 * The failure is committed before the hash and taken back after success.
 * CKR_PIN_INCORRECT, CKR_PIN_LOCKED (without hashing),
 * CKR_USER_PIN_NOT_INITIALIZED.  *private_key is the private-objects key, also
 * for the SO (for pin_init and user_add), empty when so_recovery is off.  A PIN
 * hashed at less than the configured cost is hashed anew.
 */
CK_RV pin_login(struct database *db, uint64_t store, const char *who,
    struct span pin, struct secret *private_key) MUST_USE;
/* The SO, logged in, gives the user a new PIN: private objects and named users
 * stay when the key is known; else they go and a new key is made. */
CK_RV pin_init(struct database *db, uint64_t store,
    const struct secret *private_key, struct span pin) MUST_USE;
CK_RV pin_set(struct database *db, uint64_t store, const char *who,
    struct span old_pin, struct span new_pin) MUST_USE;

/* The user of this name or who, or NULL. */
const struct store_user *user_named(const struct store *store,
    struct span name);
const struct store_user *user_find(const struct store *store,
    const char *who);

struct user_new {
	struct span name; /* 1 to USER_NAME_MAX bytes, checked by the caller */
	unsigned rights;
	struct span pin;
};

/* A user who shares the private-objects key: CKR_VECS_EXISTS when another has
 * the name, CKR_USER_NOT_LOGGED_IN when the key is not the store's. */
CK_RV user_add(struct database *db, uint64_t store,
    const struct secret *private_key, const struct user_new *how,
    char who[PIN_WHO_SIZE]) MUST_USE;
struct user_change {
	unsigned rights;  /* 0: as they are */
	struct span pin;  /* data NULL: as it is; else the tries are there again */
};
/* CKR_OBJECT_HANDLE_INVALID when the user is gone, also from user_remove. */
CK_RV user_set(struct database *db, uint64_t store,
    const struct secret *private_key, const char *who,
    const struct user_change *how) MUST_USE;
CK_RV user_remove(struct database *db, uint64_t store,
    const char *who) MUST_USE;

/* An unnamed file in the database's folder, for what is on its way; -1. */
int database_spool(struct database *db);

/* Walks every record and manifest of one store (0: the instance itself) and
 * reports each finding as a line of text that names store and object. */
CK_RV database_check(struct database *db, uint64_t store,
    void (*report)(void *arg, const char *line), void *arg) MUST_USE;

#endif
