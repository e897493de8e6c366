/* Damaged, exchanged, hidden, replayed: the same answer as before or an error,
 * and the check finds it. */
#include "module/store/fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"

#define OBJECTS 40
#define PAGE 4096

static char plains[OBJECTS][1200], labels[OBJECTS][32];

/* A database of some pages: closed, in the folder "good". */
static void
good_make(void)
{
	struct database *db = fixture("good");

	for (int i = 0; i < OBJECTS; i++) {
		snprintf(labels[i], sizeof(labels[i]), "label %d", i);
		snprintf(plains[i], sizeof(plains[i]), "the plain text %d %*d", i,
		    1000, i);
		fixture_put(db, 1 + (uint64_t)i % 2, labels[i], plains[i]);
	}
	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
}

/* Asks for everything: what is answered is right.  True if nothing failed. */
static bool
answers_are_right(struct database *db)
{
	bool all = true;

	for (int i = 0; i < OBJECTS; i++) {
		uint64_t store = 1 + (uint64_t)i % 2;
		struct record r = { .id = 0 };
		size_t n = 0;
		CK_RV rv = fixture_load(db, store, (uint64_t)i + 1, &r);

		if (rv == CKR_OK) {
			ATF_REQUIRE_EQ(r.plain.len, strlen(plains[i]));
			ATF_REQUIRE_EQ(memcmp(r.plain.data, plains[i],
			    r.plain.len), 0);
			secret_wipe(&r.plain);
		} else {
			ATF_REQUIRE_MSG(rv == CKR_DEVICE_ERROR, "0x%lx", rv);
		}
		all = all && rv == CKR_OK;
		rv = fixture_find(db, store, labels[i], &n);
		ATF_REQUIRE(rv == CKR_DEVICE_ERROR || n == 1);
		all = all && rv == CKR_OK;
	}
	for (uint64_t store = 1; store <= 2; store++) {
		size_t n = 0;
		CK_RV rv = fixture_find(db, store, NULL, &n);

		ATF_REQUIRE(rv == CKR_DEVICE_ERROR || n == OBJECTS / 2);
		all = all && rv == CKR_OK;
	}
	return all;
}

static off_t
size_of(const char *path)
{
	struct stat st;

	ATF_REQUIRE_EQ(stat(path, &st), 0);
	return st.st_size;
}

static void
byte_flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	char c;

	ATF_REQUIRE(fd >= 0);
	ATF_REQUIRE_EQ(pread(fd, &c, 1, at), 1);
	c ^= 0x20;
	ATF_REQUIRE_EQ(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

ATF_TC_WITHOUT_HEAD(flip__one_byte_in_each_page);
ATF_TC_BODY(flip__one_byte_in_each_page, tc)
{
	/* All places of a page in the long run, a walk over them else. */
	bool all = getenv("VECS_TEST_LONG") != NULL;
	off_t pages, step = all ? 97 : PAGE;

	good_make();
	pages = size_of("good/vecs.db") / PAGE;
	ATF_REQUIRE(pages > 10);
	for (off_t at = 0; at < pages * PAGE; at += step) {
		off_t place = all ? at : at + (at / PAGE * 389 + 11) % PAGE;
		struct database *db = NULL;
		CK_RV rv;

		fixture_copy("good", "bad");
		byte_flip("bad/vecs.db", place);
		rv = fixture_open("bad", &db);
		ATF_REQUIRE_MSG(rv == CKR_OK || rv == CKR_DEVICE_ERROR,
		    "0x%lx at %ld", rv, (long)place);
		if (rv != CKR_OK) {
			ATF_CHECK(fixture_reason()[0] != '\0');
			continue;
		}
		answers_are_right(db);
		ATF_CHECK_MSG(fixture_check(db) != 0,
		    "the check finds nothing at %ld", (long)place);
		database_close(db);
	}
}

ATF_TC_WITHOUT_HEAD(replay__an_older_record);
ATF_TC_BODY(replay__an_older_record, tc)
{
	struct record r = { .id = 0 };
	struct database *db;
	struct change c = { .kind = CHANGE_UPDATE, .store = 1,
		.record = { .class = CKO_DATA } };
	size_t n;

	good_make();
	fixture_copy("good", "old");
	db = fixture("good");
	ATF_REQUIRE_EQ(fixture_load(db, 1, 1, &r), CKR_OK);
	secret_wipe(&r.plain);
	c.id = r.id;
	c.version = r.version;
	c.record.plain = (struct span){ "changed", 7 };
	ATF_REQUIRE_EQ(database_apply(db, &c, 1), CKR_OK);
	database_close(db);
	/* The old row, whole and well sealed, in the new one's place. */
	fixture_sql("good", "old", "DELETE FROM object WHERE id = 1; "
	    "INSERT INTO object SELECT * FROM old.object WHERE id = 1; "
	    "INSERT OR IGNORE INTO digest SELECT * FROM old.digest "
	    "WHERE object = 1;");
	db = fixture("good");
	ATF_CHECK_EQ(fixture_find(db, 1, NULL, &n), CKR_DEVICE_ERROR);
	ATF_CHECK(strstr(fixture_reason(), "alpha") != NULL);
	ATF_CHECK(fixture_check(db) != 0);
	ATF_CHECK_EQ(fixture_find(db, 2, NULL, &n), CKR_OK);
	database_close(db);
}

ATF_TC_WITHOUT_HEAD(hide__a_record);
ATF_TC_BODY(hide__a_record, tc)
{
	struct database *db;
	size_t n;

	good_make();
	fixture_sql("good", NULL, "DELETE FROM object WHERE id = 3; "
	    "DELETE FROM digest WHERE object = 3;");
	db = fixture("good");
	ATF_CHECK_EQ(fixture_find(db, 1, NULL, &n), CKR_DEVICE_ERROR);
	ATF_CHECK(fixture_check(db) != 0);
	database_close(db);
}

ATF_TC_WITHOUT_HEAD(swap__two_records);
ATF_TC_BODY(swap__two_records, tc)
{
	struct record r = { .id = 0 };
	struct database *db;

	good_make();
	fixture_sql("good", NULL, "CREATE TEMP TABLE t AS SELECT id, record "
	    "FROM object WHERE id IN (1, 3); UPDATE object SET record = "
	    "(SELECT record FROM t WHERE t.id = 4 - object.id) "
	    "WHERE id IN (1, 3);");
	db = fixture("good");
	ATF_CHECK_EQ(fixture_load(db, 1, 1, &r), CKR_DEVICE_ERROR);
	ATF_CHECK_EQ(fixture_load(db, 1, 3, &r), CKR_DEVICE_ERROR);
	ATF_CHECK(strstr(fixture_reason(), "object 3") != NULL);
	ATF_CHECK(fixture_check(db) >= 2);
	database_close(db);
}

/* Each leaves a whole database that was never written. */
static const struct {
	const char *what, *sql, *reason;
} forgeries[] = {
	{ "a store of an older day",
	    "DELETE FROM store WHERE id = 1; "
	    "INSERT INTO store SELECT * FROM old.store WHERE id = 1;",
	    "" },
	{ "a hidden store", "DELETE FROM store WHERE id = 2;", "hidden" },
	{ "two stores' metas swapped",
	    "UPDATE store SET meta = (SELECT meta FROM old.store o WHERE "
	    "o.id = 3 - store.id);", "damaged or was exchanged" },
	{ "an instance of an older day",
	    "UPDATE instance SET manifest = (SELECT manifest FROM "
	    "old.instance);", "instance" },
	{ "a newer format", "UPDATE instance SET format = 2; "
	    "PRAGMA user_version = 2;", "newer" },
};

ATF_TC_WITHOUT_HEAD(forge__stores_and_instance);
ATF_TC_BODY(forge__stores_and_instance, tc)
{
	struct database *db;

	good_make();
	fixture_copy("good", "old");
	db = fixture("good");
	fixture_put(db, 1, "one more", "text");
	database_close(db);
	for (size_t i = 0; i < COUNT(forgeries); i++) {
		CK_RV rv;

		fixture_copy("good", "bad");
		fixture_sql("bad", "old", forgeries[i].sql);
		db = NULL;
		rv = fixture_open("bad", &db);
		ATF_CHECK_MSG(rv == CKR_DEVICE_ERROR, "%s: 0x%lx",
		    forgeries[i].what, rv);
		ATF_CHECK_MSG(strstr(fixture_reason(), forgeries[i].reason) !=
		    NULL, "%s: %s", forgeries[i].what, fixture_reason());
		if (db != NULL)
			database_close(db);
	}
}

ATF_TC_WITHOUT_HEAD(rollback__is_told_by_the_coherence_file);
ATF_TC_BODY(rollback__is_told_by_the_coherence_file, tc)
{
	struct database *db = NULL;

	good_make();
	fixture_copy("good", "old");
	db = fixture("good");
	fixture_put(db, 1, "lost", "text");
	database_close(db);
	ATF_REQUIRE_EQ(system("cp old/vecs.db good/vecs.db"), 0);
	db = NULL;
	ATF_CHECK_EQ(fixture_open("good", &db), CKR_DEVICE_ERROR);
	ATF_CHECK(strstr(fixture_reason(), "vecs.gen") != NULL);
	/* Who means it removes the coherence file, as the reason says. */
	ATF_REQUIRE_EQ(unlink("good/vecs.gen"), 0);
	db = fixture("good");
	ATF_CHECK(answers_are_right(db));
	database_close(db);
}

static const struct {
	const char *what, *command, *reason;
} files[] = {
	{ "empty", ": > bad/vecs.db", "empty" },
	{ "truncated", "truncate -s 6000 bad/vecs.db", "vecs.db" },
	{ "a few bytes", "echo hello > bad/vecs.db", "not a database" },
	{ "another database", "rm bad/vecs.db* && "
	    "printf 'SQLite format 3\\000' > bad/vecs.db && "
	    "head -c 8176 /dev/zero >> bad/vecs.db", "not a database" },
	{ "no master key", "rm bad/master.key", "missing" },
	{ "another master key", "head -c 32 /dev/zero > bad/master.key",
	    "is not the one" },
	{ "half a master key", "truncate -s 16 bad/master.key",
	    "not a master key" },
};

ATF_TC_WITHOUT_HEAD(files__that_are_not_right);
ATF_TC_BODY(files__that_are_not_right, tc)
{
	good_make();
	for (size_t i = 0; i < COUNT(files); i++) {
		struct database *db = NULL;
		CK_RV rv;

		fixture_copy("good", "bad");
		ATF_REQUIRE_EQ(system(files[i].command), 0);
		ATF_REQUIRE_EQ(system("cat bad/* | cksum > before"), 0);
		rv = fixture_open("bad", &db);
		ATF_CHECK_MSG(rv == CKR_DEVICE_ERROR, "%s: 0x%lx",
		    files[i].what, rv);
		ATF_CHECK_MSG(strstr(fixture_reason(), files[i].reason) !=
		    NULL, "%s: %s", files[i].what, fixture_reason());
		/* Refusing has changed nothing. */
		ATF_CHECK_MSG(system("rm -f bad/vecs.db-shm; cat bad/* | "
		    "cksum | cmp -s - before") == 0, "%s", files[i].what);
		if (db != NULL)
			database_close(db);
	}
}

ATF_TC_WITHOUT_HEAD(disk__holds_no_plain_text);
ATF_TC_BODY(disk__holds_no_plain_text, tc)
{
	good_make();
	ATF_CHECK(system("grep -a -q 'the plain text' good/*") != 0);
	ATF_CHECK(system("grep -a -q 'label 1' good/*") != 0);
	ATF_CHECK(system("grep -a -i -q 'alpha' good/*") != 0);
}

ATF_TC_WITHOUT_HEAD(birth__of_eight_at_once);
ATF_TC_BODY(birth__of_eight_at_once, tc)
{
	pid_t pids[8];
	struct database *db;
	size_t n;

	for (int i = 0; i < 8; i++)
		if ((pids[i] = fork()) == 0) {
			db = NULL;
			if (fixture_open("born", &db) != CKR_OK)
				_exit(1);
			fixture_put(db, 1, "mine", "text");
			_exit(0);
		}
	for (int i = 0; i < 8; i++) {
		int status;

		ATF_REQUIRE_EQ(waitpid(pids[i], &status, 0), pids[i]);
		ATF_CHECK_EQ(status, 0);
	}
	db = fixture("born");
	ATF_CHECK_EQ(fixture_find(db, 1, "mine", &n), CKR_OK);
	ATF_CHECK_EQ(n, 8);
	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
	/* Nothing temporary is left. */
	ATF_CHECK_EQ(system("test $(ls born | grep -c -E "
	    "'^(master.key|vecs.db|vecs.db-shm|vecs.db-wal|vecs.gen)$') "
	    "-eq $(ls -A born | wc -l)"), 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, flip__one_byte_in_each_page);
	ATF_TP_ADD_TC(tp, replay__an_older_record);
	ATF_TP_ADD_TC(tp, hide__a_record);
	ATF_TP_ADD_TC(tp, swap__two_records);
	ATF_TP_ADD_TC(tp, forge__stores_and_instance);
	ATF_TP_ADD_TC(tp, rollback__is_told_by_the_coherence_file);
	ATF_TP_ADD_TC(tp, files__that_are_not_right);
	ATF_TP_ADD_TC(tp, disk__holds_no_plain_text);
	ATF_TP_ADD_TC(tp, birth__of_eight_at_once);
	return atf_no_error();
}
