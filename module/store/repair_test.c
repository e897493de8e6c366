/* After a repair everything that was good is as before, what was lost is named,
 * and the check finds nothing. */
#include "module/store/repair_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/vendor.h"

#define PAGE 4096

static off_t
pages_of(const char *path)
{
	struct stat st;

	ATF_REQUIRE_EQ(stat(path, &st), 0);
	return st.st_size / PAGE;
}

static void
bytes_change(const char *path, off_t at, size_t len, int mask)
{
	unsigned char bytes[PAGE] = { 0 };
	int fd = open(path, O_RDWR);

	ATF_REQUIRE(fd >= 0);
	if (mask != 0)
		ATF_REQUIRE_EQ(pread(fd, bytes, len, at), (ssize_t)len);
	for (size_t i = 0; i < len; i++)
		bytes[i] ^= (unsigned char)mask;
	ATF_REQUIRE_EQ(pwrite(fd, bytes, len, at), (ssize_t)len);
	close(fd);
}

ATF_TC_WITHOUT_HEAD(flip__one_byte_in_each_page);
ATF_TC_BODY(flip__one_byte_in_each_page, tc)
{
	struct repair_lines lines;
	off_t pages;

	repair_good();
	pages = pages_of("good/vecs.db");
	ATF_REQUIRE(pages > 10);
	for (off_t i = 0; i < pages; i++) {
		fixture_copy("good", "bad");
		bytes_change("bad/vecs.db", i * PAGE + (i * 389 + 11) % PAGE,
		    1, 0x20);
		ATF_REQUIRE_EQ_MSG(repair_rescue("bad", &lines), CKR_OK, "%s",
		    fixture_reason());
		ATF_CHECK_MSG(!repair_says(&lines, "lost"), "page %d: %s", (int)i,
		    lines.text);
		ATF_CHECK_EQ(repair_look("bad"), REPAIR_OBJECTS);
	}
}

/* What lay on the page is gone, and said to be; nothing else is. */
ATF_TC_WITHOUT_HEAD(zero__each_page);
ATF_TC_BODY(zero__each_page, tc)
{
	struct repair_lines lines;
	off_t pages;
	int all = 0;

	repair_good();
	pages = pages_of("good/vecs.db");
	for (off_t i = 0; i < pages; i++) {
		int there;

		repair_bad();
		bytes_change("bad/vecs.db", i * PAGE, PAGE, 0);
		ATF_REQUIRE_EQ_MSG(repair_rescue("bad", &lines), CKR_OK, "%s",
		    fixture_reason());
		there = repair_look("bad");
		printf("page %d: %d there\n%s", (int)i, there, lines.text);
		ATF_CHECK_EQ_MSG(there < REPAIR_OBJECTS, repair_says(&lines, "lost: "),
		    "page %d: %d there\n%s", (int)i, there, lines.text);
		/* Which objects: the index knows. */
		ATF_CHECK(!repair_says(&lines, "missing") || there == REPAIR_OBJECTS);
		/* The page with the stores' keys takes all with it. */
		ATF_CHECK(there >= REPAIR_OBJECTS - 5 || there == 0);
		ATF_CHECK(there != 0 || repair_says(&lines, "lost: store 1, whose"));
		all += there == REPAIR_OBJECTS;
	}
	ATF_CHECK(all > 2);
	ATF_CHECK_MSG(all < pages, "nothing was ever lost");
}

ATF_TC_WITHOUT_HEAD(truncate__at_each_page);
ATF_TC_BODY(truncate__at_each_page, tc)
{
	struct repair_lines lines;
	off_t pages;
	int last = 0;

	repair_good();
	pages = pages_of("good/vecs.db");
	for (off_t i = pages - 1; i > 6; i -= 2) {
		int there;

		fixture_copy("good", "bad");
		ATF_REQUIRE_EQ(truncate("bad/vecs.db", i * PAGE - 700), 0);
		ATF_REQUIRE_EQ_MSG(repair_rescue("bad", &lines), CKR_OK, "%s",
		    fixture_reason());
		there = repair_look("bad");
		ATF_CHECK_MSG(there < REPAIR_OBJECTS && (there > 0 || i < pages / 2),
		    "%d of %d pages: %d", (int)i, (int)pages, there);
		ATF_CHECK_MSG(repair_says(&lines, "lost: store alpha: object") ||
		    there == 0, "%s", lines.text);
		last = there;
	}
	ATF_CHECK_MSG(last < REPAIR_OBJECTS / 2, "%d", last);
}

/* Damage that leaves the pages whole: single rows. */
ATF_TC_WITHOUT_HEAD(row__is_named);
ATF_TC_BODY(row__is_named, tc)
{
	struct repair_lines lines;
	struct database *db;
	struct stat st;

	repair_good();
	fixture_sql("good", NULL, "UPDATE object SET record = CAST(x'00' || "
	    "substr(record, 2) AS BLOB) WHERE id = 5; "
	    "UPDATE object SET class = class + 1 WHERE id = 8; ");
	ATF_REQUIRE_EQ(repair_rescue("good", &lines), CKR_OK);
	printf("%s", lines.text);
	ATF_CHECK(repair_says(&lines,
	    "lost: store alpha: object 5 'label 4' (CKO_DATA)\n"));
	ATF_CHECK(repair_says(&lines, "lost: store beta: object 8 ("));
	ATF_CHECK(!repair_says(&lines, "missing"));
	ATF_CHECK(repair_says(&lines, "kept: the damaged database, as /"));
	ATF_CHECK_EQ(repair_look("good"), REPAIR_OBJECTS - 2);
	/* Ids go on where they were. */
	db = fixture("good");
	ATF_CHECK_EQ(fixture_put(db, 1, "new", repair_plains[0]), REPAIR_OBJECTS + 2);
	database_close(db);
	/* As it was, for those who know more. */
	ATF_REQUIRE_EQ(system("mkdir kept && mv good/vecs.db.damaged-* "
	    "kept/vecs.db && cp good/master.key kept"), 0);
	ATF_CHECK(stat("good/vecs.db", &st) == 0 &&
	    (st.st_mode & 0777) == 0600);
	db = fixture("kept");
	ATF_CHECK(fixture_check(db) >= 2);
	database_close(db);
}

/* Each is a database that was never written. */
static const struct {
	const char *what, *sql, *line;
	int there;
} forgeries[] = {
	{ "a hidden object", "DELETE FROM object WHERE id = 3; "
	    "DELETE FROM digest WHERE object = 3",
	    "lost: store alpha: objects are missing", REPAIR_OBJECTS - 1 },
	{ "a manifest", "UPDATE store SET manifest = CAST(x'00' || "
	    "substr(manifest, 2) AS BLOB) WHERE id = 2",
	    "lost: store beta: objects are missing", REPAIR_OBJECTS },
	{ "a meta", "UPDATE store SET meta = CAST(x'00' || substr(meta, 2) AS BLOB) "
	    "WHERE id = 2", "lost: store 2, whose keys are damaged, with 20 "
	    "objects", REPAIR_OBJECTS / 2 },
	{ "the instance", "UPDATE instance SET manifest = x'0000'",
	    "mended: the instance", REPAIR_OBJECTS },
	{ "no instance", "DELETE FROM instance", "mended: the instance",
	    REPAIR_OBJECTS },
	{ "the index", "DELETE FROM digest WHERE object < 9", "kept: ",
	    REPAIR_OBJECTS },
	{ "orphans", "UPDATE object SET store = 9 WHERE id = 4",
	    "lost: store 9, whose keys are damaged, with 1 objects",
	    REPAIR_OBJECTS - 1 },
};

ATF_TC_WITHOUT_HEAD(rows__of_all_kinds);
ATF_TC_BODY(rows__of_all_kinds, tc)
{
	struct repair_lines lines;

	repair_good();
	for (size_t i = 0; i < COUNT(forgeries); i++) {
		repair_bad();
		fixture_sql("bad", NULL, forgeries[i].sql);
		ATF_REQUIRE_EQ_MSG(repair_rescue("bad", &lines), CKR_OK, "%s: %s",
		    forgeries[i].what, fixture_reason());
		ATF_CHECK_MSG(repair_says(&lines, forgeries[i].line), "%s: %s",
		    forgeries[i].what, lines.text);
		ATF_CHECK_EQ_MSG(repair_look("bad"), forgeries[i].there,
		    "%s", forgeries[i].what);
	}
}

static uint64_t
grant_put(struct database *db)
{
	struct change c = { .kind = CHANGE_CREATE, .store = 1,
		.record = { .class = CKO_VECS_GRANT,
		    .plain = { repair_plains[0], strlen(repair_plains[0]) } } };

	ATF_REQUIRE_EQ(database_apply(db, &c, 1), CKR_OK);
	return c.id;
}

static void
grant_delete(struct database *db, uint64_t id)
{
	struct change c = { .kind = CHANGE_DELETE, .store = 1, .id = id,
		.version = 1 };

	ATF_REQUIRE_EQ(database_apply(db, &c, 1), CKR_OK);
}

static size_t
grants_count(const char *name)
{
	struct query q = { .has_class = true, .class = CKO_VECS_GRANT,
		.index = INDEX_COUNT };
	struct database *db = fixture(name);
	struct record_ref *refs = NULL;
	struct store *s = NULL;
	size_t count = 0;

	ATF_REQUIRE_EQ(store_get(db, 1, &s), CKR_OK);
	ATF_CHECK_EQ(records_find(db, s, NULL, &q, &refs, &count), CKR_OK);
	free(refs);
	store_put(s);
	database_close(db);
	return count;
}

ATF_TC_WITHOUT_HEAD(grants__none_comes_back);
ATF_TC_BODY(grants__none_comes_back, tc)
{
	struct repair_lines lines;
	struct database *db;
	uint64_t kept, revoked;

	repair_good();
	db = fixture("good");
	kept = grant_put(db);
	revoked = grant_put(db);
	ATF_REQUIRE_EQ(kept, REPAIR_OBJECTS + 2);
	ATF_REQUIRE_EQ(revoked, REPAIR_OBJECTS + 3);
	database_close(db);
	fixture_copy("good", "old");
	/* A damaged one is lost, the other is proven. */
	fixture_sql("good", NULL, "UPDATE object SET record = CAST(x'00' || "
	    "substr(record, 2) AS BLOB) WHERE id = 43;");
	ATF_REQUIRE_EQ(repair_rescue("good", &lines), CKR_OK);
	ATF_CHECK_MSG(repair_says(&lines, "lost: store alpha: object 43 (a grant)"),
	    "%s", lines.text);
	ATF_CHECK_MSG(!repair_says(&lines, "anew"), "%s", lines.text);
	ATF_CHECK_EQ(grants_count("good"), 1);
	/* One that was revoked, put back beside other damage. */
	fixture_copy("old", "bad");
	db = fixture("bad");
	grant_delete(db, revoked);
	database_close(db);
	fixture_sql("bad", "old", "INSERT INTO object SELECT * FROM "
	    "old.object WHERE id = 43; UPDATE object SET record = x'00' "
	    "WHERE id = 1;");
	ATF_REQUIRE_EQ(repair_rescue("bad", &lines), CKR_OK);
	ATF_CHECK_MSG(repair_says(&lines, "lost: store alpha: its grants cannot be "
	    "proven and are gone: grant them anew (2 there, 1 expected)"),
	    "%s", lines.text);
	ATF_CHECK_EQ(grants_count("bad"), 0);
	ATF_CHECK_EQ(repair_look("bad"), REPAIR_OBJECTS - 1);
}

/* What was committed lies in the log only. */
ATF_TC_WITHOUT_HEAD(log__is_read);
ATF_TC_BODY(log__is_read, tc)
{
	struct repair_lines lines;
	struct stat st;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		repair_fill(fixture("good"));
		_exit(0);
	}
	repair_plains_make();
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_REQUIRE_EQ(status, 0);
	ATF_REQUIRE_EQ(stat("good/vecs.db-wal", &st), 0);
	ATF_REQUIRE(st.st_size > 40 * PAGE);
	fixture_copy("good", "bad");
	for (off_t i = 0; i < 4; i++)
		bytes_change("bad/vecs.db", i * PAGE, PAGE, 0);
	ATF_REQUIRE_EQ_MSG(repair_rescue("bad", &lines), CKR_OK, "%s",
	    fixture_reason());
	ATF_CHECK_MSG(!repair_says(&lines, "lost"), "%s", lines.text);
	ATF_CHECK_EQ(repair_look("bad"), REPAIR_OBJECTS);
	/* A frame in the middle is damaged: what is on it opens or does not. */
	fixture_copy("good", "bad");
	bytes_change("bad/vecs.db-wal", st.st_size / 2, 1, 0x20);
	ATF_REQUIRE_EQ(repair_rescue("bad", &lines), CKR_OK);
	ATF_CHECK(repair_look("bad") >= REPAIR_OBJECTS - 1);
	ATF_CHECK_EQ(system("ls bad/vecs.db.damaged-*Z-wal > /dev/null"), 0);
}

/* An older copy beside the coherence file of a newer one. */
ATF_TC_WITHOUT_HEAD(rollback__is_told);
ATF_TC_BODY(rollback__is_told, tc)
{
	struct repair_lines lines;
	struct database *db;

	repair_good();
	ATF_REQUIRE_EQ(system("cp good/vecs.db old"), 0);
	db = fixture("good");
	fixture_put(db, 1, "later", repair_plains[0]);
	database_close(db);
	ATF_REQUIRE_EQ(system("cp old good/vecs.db"), 0);
	ATF_CHECK_EQ(fixture_open("good", &db), CKR_DEVICE_ERROR);
	ATF_REQUIRE_EQ(repair_rescue("good", &lines), CKR_OK);
	ATF_CHECK_MSG(repair_says(&lines, "lost: changes that were made last"),
	    "%s", lines.text);
	ATF_CHECK_EQ(repair_look("good"), REPAIR_OBJECTS);
}

static const struct {
	const char *what, *command, *reason;
} refused[] = {
	{ "no master key", "rm bad/master.key", "missing" },
	{ "another master key", "head -c 32 /dev/zero > bad/master.key",
	    "nothing opens under the master key" },
	{ "an empty file", ": > bad/vecs.db", "vecs.db" },
	{ "zeros", "head -c 40960 /dev/zero > bad/vecs.db",
	    "nothing opens" },
	{ "no file", "rm bad/vecs.db", "vecs.db" },
};

ATF_TC_WITHOUT_HEAD(refuse__and_change_nothing);
ATF_TC_BODY(refuse__and_change_nothing, tc)
{
	struct repair_lines lines;

	repair_good();
	for (size_t i = 0; i < COUNT(refused); i++) {
		fixture_copy("good", "bad");
		ATF_REQUIRE_EQ(system(refused[i].command), 0);
		ATF_REQUIRE_EQ(system("rm -f bad/*-wal; cat bad/* | cksum "
		    "> before"), 0);
		ATF_CHECK_EQ_MSG(repair_rescue("bad", &lines), CKR_DEVICE_ERROR,
		    "%s", refused[i].what);
		ATF_CHECK_MSG(strstr(fixture_reason(), refused[i].reason) !=
		    NULL, "%s: %s", refused[i].what, fixture_reason());
		ATF_CHECK_STREQ(lines.text, "");
		ATF_CHECK_MSG(system("rm -f bad/*-shm bad/*-wal; cat bad/* | "
		    "cksum | cmp -s - before") == 0, "%s", refused[i].what);
	}
}

ATF_TC_WITHOUT_HEAD(key__of_a_change_that_stopped);
ATF_TC_BODY(key__of_a_change_that_stopped, tc)
{
	struct repair_lines lines;

	repair_good();
	fixture_sql("good", NULL, "UPDATE object SET record = x'00' "
	    "WHERE id = 1");
	ATF_REQUIRE_EQ(system("mv good/master.key good/master.key.new && "
	    "head -c 32 /dev/zero > good/master.key"), 0);
	ATF_REQUIRE_EQ_MSG(repair_rescue("good", &lines), CKR_OK, "%s",
	    fixture_reason());
	ATF_CHECK_EQ(repair_look("good"), REPAIR_OBJECTS - 1);
	ATF_CHECK(system("test -e good/master.key.new") != 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, flip__one_byte_in_each_page);
	ATF_TP_ADD_TC(tp, zero__each_page);
	ATF_TP_ADD_TC(tp, truncate__at_each_page);
	ATF_TP_ADD_TC(tp, row__is_named);
	ATF_TP_ADD_TC(tp, rows__of_all_kinds);
	ATF_TP_ADD_TC(tp, grants__none_comes_back);
	ATF_TP_ADD_TC(tp, log__is_read);
	ATF_TP_ADD_TC(tp, rollback__is_told);
	ATF_TP_ADD_TC(tp, refuse__and_change_nothing);
	ATF_TP_ADD_TC(tp, key__of_a_change_that_stopped);
	return atf_no_error();
}
