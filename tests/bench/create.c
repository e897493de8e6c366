/*
 * Durable creations, of a certificate of 1,536 bytes and of a P-256 key pair,
 * against what SQLite itself needs for the same bytes and as many index
 * entries.  The pair's generation itself is on both sides.
 */
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <sqlite3.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/keys.h"
#include "tests/bench/stock.h"

#define DIGESTS 6 /* label, folded label, id, subject, issuer + serial, hash */
#define DIGEST 16
#define PAIR_RECORD 512 /* about what a half of a pair takes */

/* The shape of our own table of objects, without anything else. */
static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "CREATE TABLE object (id INTEGER PRIMARY KEY, store INTEGER,"
    "  class INTEGER, a BLOB, b BLOB, c BLOB, d BLOB, e BLOB, f BLOB,"
    "  record BLOB);"
    "CREATE INDEX object_class ON object (store, class);"
    "CREATE INDEX object_a ON object (store, a);"
    "CREATE INDEX object_b ON object (store, b);"
    "CREATE INDEX object_c ON object (store, c);"
    "CREATE INDEX object_d ON object (store, d);"
    "CREATE INDEX object_e ON object (store, e);"
    "CREATE INDEX object_f ON object (store, f);";
static const char insert[] = "INSERT INTO object (store, class, record,"
    "  a, b, c, d, e, f) VALUES (1, 1, ?, ?, ?, ?, ?, ?, ?)";

struct bare {
	sqlite3 *db;
	sqlite3_stmt *begin, *object, *commit;
	unsigned number;
	bool pairs;
};

static sqlite3_stmt *
statement(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;

	NEED(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK);
	return s;
}

static void
step(sqlite3_stmt *s)
{
	NEED(sqlite3_step(s) == SQLITE_DONE);
	sqlite3_reset(s);
}

static void
bare_insert(struct bare *b, int size)
{
	CK_BYTE digest[DIGESTS][DIGEST];

	RAND_bytes(digest[0], sizeof(digest));
	sqlite3_bind_blob(b->object, 1, stock_der(b->number++), size,
	    SQLITE_STATIC);
	for (int i = 0; i < DIGESTS; i++)
		sqlite3_bind_blob(b->object, i + 2, digest[i], DIGEST,
		    SQLITE_STATIC);
	step(b->object);
}

static void
bare_once(void *arg)
{
	struct bare *b = arg;

	if (b->pairs) {
		EVP_PKEY *key = EVP_EC_gen("P-256");

		NEED(key != NULL);
		EVP_PKEY_free(key);
	}
	step(b->begin);
	bare_insert(b, b->pairs ? PAIR_RECORD : STOCK_CERT);
	if (b->pairs)
		bare_insert(b, PAIR_RECORD);
	step(b->commit);
}

static void
bare_add(struct sides *sides, bool pairs)
{
	struct side *side = side_add(sides, "bare SQLite");
	static struct bare b;
	char path[BENCH_PATH];

	bench_path(path, "bare-%s.db", pairs ? "pairs" : "create");
	NEED(sqlite3_open(path, &b.db) == SQLITE_OK);
	NEED(sqlite3_exec(b.db, schema, NULL, NULL, NULL) == SQLITE_OK);
	b.begin = statement(b.db, "BEGIN IMMEDIATE");
	b.object = statement(b.db, insert);
	b.commit = statement(b.db, "COMMIT");
	b.pairs = pairs;
	side->once = bare_once;
	side->arg[0] = &b;
}

struct creator {
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	unsigned number;
};

static void
creator_once(void *arg)
{
	struct creator *c = arg;

	stock_create(c->f, c->session, c->number++, NULL);
}

static void
pair_once(void *arg)
{
	static CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	static CK_BBOOL yes = CK_TRUE;
	static CK_ATTRIBUTE public[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_VERIFY, &yes, sizeof(yes) },
	};
	static CK_ATTRIBUTE private[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_SIGN, &yes, sizeof(yes) },
	};
	struct creator *c = arg;
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_OBJECT_HANDLE pair[2];

	if (c->f->C_GenerateKeyPair(c->session, &m, public, COUNT(public),
	    private, COUNT(private), &pair[0], &pair[1]) != CKR_OK)
		die("C_GenerateKeyPair failed");
}

static void
creator_add(struct sides *sides, const struct brand *brand, bool pairs)
{
	char home[BENCH_PATH];
	struct creator *c = calloc(1, sizeof(*c));
	struct side *side;

	if (!brand_is_there(brand))
		return;
	NEED(c != NULL);
	bench_path(home, "%s-%s", brand->folder, pairs ? "pairs" : "create");
	c->f = brand_open(brand, home);
	c->session = brand_session(brand, c->f, true);
	side = side_add(sides, brand->name);
	side->once = pairs ? pair_once : creator_once;
	side->arg[0] = c;
}

/* What the disk itself needs to be asked. */
static void
sync_once(void *arg)
{
	static char page[4096];
	int *fd = arg;

	page[0]++;
	NEED(pwrite(*fd, page, sizeof(page), 0) == sizeof(page));
	NEED(fdatasync(*fd) == 0);
}

static void
sync_add(struct sides *sides)
{
	struct side *side = side_add(sides, "fdatasync of 4 KiB");
	static int fd;
	char path[BENCH_PATH];

	bench_path(path, "page");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	NEED(fd >= 0);
	side->once = sync_once;
	side->arg[0] = &fd;
}

static void
create_run(const struct row *row)
{
	struct sides sides = { .count = 0 };
	bool pairs = strcmp(row->about, "pair") == 0;

	bare_add(&sides, pairs);
	for (size_t i = 0; brands[i] != NULL; i++)
		creator_add(&sides, brands[i], pairs);
	sync_add(&sides);
	measure(row, &sides);
}

const struct row create_rows[] = {
	{ "create", "durable creation of a certificate of 1,536 bytes", RATE,
	    0.7, create_run, "certificate", 0 },
	{ "create-pair", "durable generation of a P-256 key pair", RATE, 0.7,
	    create_run, "pair", 0 },
	{ 0 },
};
