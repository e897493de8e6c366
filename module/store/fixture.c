/* A small database and what is done to it. */
#include "module/store/fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "module/crypto/libctx.h"
#include "module/store/pagesum.h"

struct where {
	char dir[2304];
	struct database_config config;
};

static void
where_set(const char *name, struct where *w)
{
	static const struct store_seed seeds[] = {
		{ .name = "alpha", .flags = STORE_SYSTEM },
		{ .name = "beta", .flags = STORE_SYSTEM },
	};
	char cwd[2048];

	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	snprintf(w->dir, sizeof(w->dir), "%s/%s", cwd, name);
	w->config = (struct database_config){ .dir = w->dir, .seeds = seeds,
		.seed_count = COUNT(seeds), .owner = geteuid(),
		.argon2_memory = 64, .argon2_passes = 1, .argon2_lanes = 1,
		.pin_tries = 3, .so_recovery = true };
	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	log_target("none");
	log_reason_clear();
}

CK_RV
fixture_open(const char *name, struct database **out)
{
	struct where w;

	where_set(name, &w);
	return database_open(&w.config, out);
}

CK_RV
fixture_rescue(const char *name, rekey_index index,
    const struct repair_report *report)
{
	struct where w;

	where_set(name, &w);
	return database_rescue(&w.config, index, report);
}

const char *
fixture_reason(void)
{
	static char reason[512];

	log_reason(reason, sizeof(reason));
	return reason;
}

struct database *
fixture(const char *name)
{
	struct database *db = NULL;
	CK_RV rv = fixture_open(name, &db);

	ATF_REQUIRE_MSG(rv == CKR_OK, "0x%lx: %s", rv, fixture_reason());
	return db;
}

uint64_t
fixture_put(struct database *db, uint64_t store, const char *label,
    const char *plain)
{
	struct change c = { .kind = CHANGE_CREATE, .store = store,
		.record = { .class = CKO_DATA } };

	c.record.plain = (struct span){ plain, strlen(plain) };
	c.record.index[INDEX_LABEL] = (struct span){ label, strlen(label) };
	c.record.index[INDEX_FOLDED_LABEL] = c.record.index[INDEX_LABEL];
	ATF_REQUIRE_EQ(database_apply(db, &c, 1), CKR_OK);
	return c.id;
}

CK_RV
fixture_load(struct database *db, uint64_t store, uint64_t id,
    struct record *out)
{
	struct store *s = NULL;
	CK_RV rv = store_get(db, store, &s);

	if (rv != CKR_OK)
		return rv;
	rv = record_load(db, s, NULL, id, out);
	store_put(s);
	return rv;
}

CK_RV
fixture_find(struct database *db, uint64_t store, const char *label,
    size_t *count)
{
	struct query q = { .index = label != NULL ? INDEX_LABEL : INDEX_COUNT,
		.private = true };
	struct record_ref *refs = NULL;
	struct store *s = NULL;
	CK_RV rv = store_get(db, store, &s);

	if (rv != CKR_OK)
		return rv;
	if (label != NULL)
		q.value = (struct span){ label, strlen(label) };
	rv = records_find(db, s, NULL, &q, &refs, count);
	store_put(s);
	free(refs);
	return rv;
}

void
fixture_sql(const char *name, const char *old, const char *sql)
{
	char path[4096], attach[8192];
	char *error = NULL;
	sqlite3 *conn = NULL;

	ATF_REQUIRE_EQ(pagesum_register(), CKR_OK);
	snprintf(path, sizeof(path), "%s/vecs.db", name);
	ATF_REQUIRE_EQ(sqlite3_open_v2(path, &conn, SQLITE_OPEN_READWRITE,
	    PAGESUM_VFS), SQLITE_OK);
	snprintf(attach, sizeof(attach), "ATTACH '%s/vecs.db' AS old",
	    old != NULL ? old : name);
	ATF_REQUIRE_EQ(sqlite3_exec(conn, "PRAGMA cache_spill = OFF", NULL,
	    NULL, NULL), SQLITE_OK);
	if (old != NULL)
		ATF_REQUIRE_EQ(sqlite3_exec(conn, attach, NULL, NULL, NULL),
		    SQLITE_OK);
	sqlite3_exec(conn, sql, NULL, NULL, &error);
	ATF_REQUIRE_MSG(error == NULL, "%s: %s", sql, error);
	ATF_REQUIRE_EQ(sqlite3_close(conn), SQLITE_OK);
}

void
fixture_copy(const char *name, const char *copy)
{
	char command[8192];

	snprintf(command, sizeof(command), "rm -rf %s && cp -r %s %s && "
	    "rm -f %s/vecs.gen %s/vecs.db-shm", copy, name, copy, copy, copy);
	ATF_REQUIRE_EQ(system(command), 0);
}

static void
count_line(void *arg, const char *line)
{
	++*(int *)arg;
	printf("%s\n", line);
}

int
fixture_check(struct database *db)
{
	int lines = 0;

	ATF_REQUIRE_EQ(database_check(db, 0, count_line, &lines), CKR_OK);
	return lines;
}
