/* What was damaged and is put right again is used again, without a restart. */
#include <atf-c.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "module/store/pagesum.h"
#include "module/store/store.h"

static const struct store_seed seeds[] = { { "one", STORE_SYSTEM, NULL, 0 },
	{ "two", STORE_SYSTEM, NULL, 0 } };

static char dir[4096];

static CK_RV
open_database(struct database **out)
{
	struct database_config config = { .dir = dir, .seeds = seeds,
		.seed_count = 2, .argon2_memory = 64, .argon2_passes = 1,
		.argon2_lanes = 1, .pin_tries = 3, .so_recovery = true };
	char here[4000];

	ATF_REQUIRE(getcwd(here, sizeof(here)) != NULL);
	snprintf(dir, sizeof(dir), "%s/home", here);
	log_target("none");
	return database_open(&config, out);
}

/* Past all checks but the checksums of pages. */
static void
change(const char *sql)
{
	char path[4200];
	sqlite3 *raw = NULL;

	snprintf(path, sizeof(path), "%s/vecs.db", dir);
	ATF_REQUIRE_EQ(sqlite3_open_v2(path, &raw, SQLITE_OPEN_READWRITE,
	    PAGESUM_VFS), SQLITE_OK);
	ATF_REQUIRE_EQ_MSG(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK,
	    "%s", sqlite3_errmsg(raw));
	sqlite3_close(raw);
}

/* Any commit: other handles on the database look again. */
static void
commit_something(struct database *db, const char *name)
{
	struct store_new how = { .name = name };
	uint64_t id;

	ATF_REQUIRE_EQ(store_create(db, &how, &id), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(recover__a_reader_from_a_damaged_store);
ATF_TC_BODY(recover__a_reader_from_a_damaged_store, tc)
{
	_cleanup_(database_closep) struct database *reader = NULL;
	_cleanup_(database_closep) struct database *writer = NULL;
	struct store *store = NULL;

	ATF_REQUIRE_EQ(open_database(&reader), CKR_OK);
	ATF_REQUIRE_EQ(open_database(&writer), CKR_OK);
	commit_something(writer, "three");
	change("CREATE TABLE aside AS SELECT * FROM store WHERE id = 2;"
	       "UPDATE store SET version = version + 1, meta = x'00' "
	       "WHERE id = 2;");
	ATF_CHECK_EQ(store_get(reader, 1, &store), CKR_DEVICE_ERROR);
	change("UPDATE store SET version = version - 1, "
	       "meta = (SELECT meta FROM aside) WHERE id = 2;"
	       "DROP TABLE aside;");
	commit_something(writer, "four");
	ATF_REQUIRE_EQ(store_get(reader, 1, &store), CKR_OK);
	store_put(store);
}

ATF_TC_WITHOUT_HEAD(birth__not_beside_the_log_of_a_lost_database);
ATF_TC_BODY(birth__not_beside_the_log_of_a_lost_database, tc)
{
	struct database *db = NULL;
	char reason[512];
	FILE *log;

	ATF_REQUIRE_EQ(mkdir("home", 0700), 0);
	log = fopen("home/vecs.db-wal", "w");
	ATF_REQUIRE(log != NULL);
	fputs("frames of another database", log);
	fclose(log);
	ATF_CHECK_EQ(open_database(&db), CKR_DEVICE_ERROR);
	log_reason(reason, sizeof(reason));
	ATF_CHECK_MSG(strstr(reason, "vecs.db-wal") != NULL, "%s", reason);
	ATF_CHECK(access("home/vecs.db", F_OK) != 0);
	ATF_CHECK(access("home/master.key", F_OK) != 0);
	ATF_REQUIRE_EQ(unlink("home/vecs.db-wal"), 0);
	ATF_REQUIRE_EQ(open_database(&db), CKR_OK);
	database_close(db);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, recover__a_reader_from_a_damaged_store);
	ATF_TP_ADD_TC(tp, birth__not_beside_the_log_of_a_lost_database);
	return atf_no_error();
}
