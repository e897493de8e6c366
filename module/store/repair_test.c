/* After a repair everything that was good is as before, what was lost is named,
 * and the check finds nothing. */
#include "module/store/repair.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/vendor.h"
#include "module/store/fixture.h"

#define OBJECTS 40
#define PAGE 4096

static char plains[OBJECTS][1200], labels[OBJECTS][32];

/* The fixture's records are no attributes: their label is in them. */
static CK_RV
label_index(struct span plain, rekey_then then, void *arg)
{
	struct span index[INDEX_COUNT] = { { NULL, 0 } };
	char label[32];
	int n;

	if (plain.len < 16 || memcmp(plain.data, "the plain text ", 15) != 0)
		return CKR_DEVICE_ERROR;
	n = atoi((const char *)plain.data + 15);
	snprintf(label, sizeof(label), "label %d", n);
	index[INDEX_LABEL] = index[INDEX_FOLDED_LABEL] =
	    (struct span){ label, strlen(label) };
	return then(arg, index);
}

/* Objects 1 to 40, odd ones in alpha; 41 has the label of 5. */
static void
good_fill(struct database *db)
{
	for (int i = 0; i < OBJECTS; i++) {
		snprintf(labels[i], sizeof(labels[i]), "label %d", i);
		snprintf(plains[i], sizeof(plains[i]),
		    "the plain text %d %*d", i, 1000, i);
		fixture_put(db, 1 + (uint64_t)i % 2, labels[i], plains[i]);
	}
	fixture_put(db, 1, labels[4], plains[4]);
	ATF_CHECK_EQ(fixture_check(db), 0);
}

static void
good_make(void)
{
	struct database *db = fixture("good");

	good_fill(db);
	database_close(db);
}

/* The instance's dbid is in the coherence file too. */
static void
bad_make(void)
{
	fixture_copy("good", "bad");
	ATF_REQUIRE_EQ(system("cp good/vecs.gen bad"), 0);
}

struct lines {
	char text[16384];
};

static void
line_add(void *arg, const char *line)
{
	struct lines *l = arg;
	size_t len = strlen(l->text);

	snprintf(l->text + len, sizeof(l->text) - len, "%s\n", line);
}

static CK_RV
rescue(const char *name, struct lines *lines)
{
	struct repair_report report = { line_add, lines };

	lines->text[0] = '\0';
	return fixture_rescue(name, label_index, &report);
}

static bool
says(const struct lines *lines, const char *text)
{
	return strstr(lines->text, text) != NULL;
}

/* How many of the objects are there, each as it was; the others are not. */
static int
objects_there(struct database *db)
{
	int there = 0;

	for (int i = 0; i < OBJECTS; i++) {
		struct record r = { .id = 0 };
		CK_RV rv = fixture_load(db, 1 + (uint64_t)i % 2,
		    (uint64_t)i + 1, &r);

		if (rv == CKR_OK) {
			ATF_REQUIRE_EQ(r.plain.len, strlen(plains[i]));
			ATF_REQUIRE_EQ(memcmp(r.plain.data, plains[i],
			    r.plain.len), 0);
			secret_wipe(&r.plain);
			there++;
		} else {
			ATF_REQUIRE_MSG(rv == CKR_OBJECT_HANDLE_INVALID ||
			    rv == CKR_TOKEN_NOT_PRESENT, "0x%lx", rv);
		}
	}
	return there;
}

static int
repaired_there(const char *name)
{
	struct database *db = fixture(name);
	int there = objects_there(db);

	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
	return there;
}

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
	struct lines lines;
	off_t pages;

	good_make();
	pages = pages_of("good/vecs.db");
	ATF_REQUIRE(pages > 10);
	for (off_t i = 0; i < pages; i++) {
		fixture_copy("good", "bad");
		bytes_change("bad/vecs.db", i * PAGE + (i * 389 + 11) % PAGE,
		    1, 0x20);
		ATF_REQUIRE_EQ_MSG(rescue("bad", &lines), CKR_OK, "%s",
		    fixture_reason());
		ATF_CHECK_MSG(!says(&lines, "lost"), "page %d: %s", (int)i,
		    lines.text);
		ATF_CHECK_EQ(repaired_there("bad"), OBJECTS);
	}
}

/* What lay on the page is gone, and said to be; nothing else is. */
ATF_TC_WITHOUT_HEAD(zero__each_page);
ATF_TC_BODY(zero__each_page, tc)
{
	struct lines lines;
	off_t pages;
	int all = 0;

	good_make();
	pages = pages_of("good/vecs.db");
	for (off_t i = 0; i < pages; i++) {
		int there;

		bad_make();
		bytes_change("bad/vecs.db", i * PAGE, PAGE, 0);
		ATF_REQUIRE_EQ_MSG(rescue("bad", &lines), CKR_OK, "%s",
		    fixture_reason());
		there = repaired_there("bad");
		printf("page %d: %d there\n%s", (int)i, there, lines.text);
		ATF_CHECK_EQ_MSG(there < OBJECTS, says(&lines, "lost: "),
		    "page %d: %d there\n%s", (int)i, there, lines.text);
		/* Which objects: the index knows. */
		ATF_CHECK(!says(&lines, "missing") || there == OBJECTS);
		/* The page with the stores' keys takes all with it. */
		ATF_CHECK(there >= OBJECTS - 5 || there == 0);
		ATF_CHECK(there != 0 || says(&lines, "lost: store 1, whose"));
		all += there == OBJECTS;
	}
	ATF_CHECK(all > 2);
	ATF_CHECK_MSG(all < pages, "nothing was ever lost");
}

ATF_TC_WITHOUT_HEAD(truncate__at_each_page);
ATF_TC_BODY(truncate__at_each_page, tc)
{
	struct lines lines;
	off_t pages;
	int last = 0;

	good_make();
	pages = pages_of("good/vecs.db");
	for (off_t i = pages - 1; i > 6; i -= 2) {
		int there;

		fixture_copy("good", "bad");
		ATF_REQUIRE_EQ(truncate("bad/vecs.db", i * PAGE - 700), 0);
		ATF_REQUIRE_EQ_MSG(rescue("bad", &lines), CKR_OK, "%s",
		    fixture_reason());
		there = repaired_there("bad");
		ATF_CHECK_MSG(there < OBJECTS && (there > 0 || i < pages / 2),
		    "%d of %d pages: %d", (int)i, (int)pages, there);
		ATF_CHECK_MSG(says(&lines, "lost: store alpha: object") ||
		    there == 0, "%s", lines.text);
		last = there;
	}
	ATF_CHECK_MSG(last < OBJECTS / 2, "%d", last);
}

/* Damage that leaves the pages whole: single rows. */
ATF_TC_WITHOUT_HEAD(row__is_named);
ATF_TC_BODY(row__is_named, tc)
{
	struct lines lines;
	struct database *db;
	struct stat st;

	good_make();
	fixture_sql("good", NULL, "UPDATE object SET record = CAST(x'00' || "
	    "substr(record, 2) AS BLOB) WHERE id = 5; "
	    "UPDATE object SET class = class + 1 WHERE id = 8; ");
	ATF_REQUIRE_EQ(rescue("good", &lines), CKR_OK);
	printf("%s", lines.text);
	ATF_CHECK(says(&lines,
	    "lost: store alpha: object 5 'label 4' (CKO_DATA)\n"));
	ATF_CHECK(says(&lines, "lost: store beta: object 8 ("));
	ATF_CHECK(!says(&lines, "missing"));
	ATF_CHECK(says(&lines, "kept: the damaged database, as /"));
	ATF_CHECK_EQ(repaired_there("good"), OBJECTS - 2);
	/* Ids go on where they were. */
	db = fixture("good");
	ATF_CHECK_EQ(fixture_put(db, 1, "new", plains[0]), OBJECTS + 2);
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
	    "lost: store alpha: objects are missing", OBJECTS - 1 },
	{ "a manifest", "UPDATE store SET manifest = CAST(x'00' || "
	    "substr(manifest, 2) AS BLOB) WHERE id = 2",
	    "lost: store beta: objects are missing", OBJECTS },
	{ "a meta", "UPDATE store SET meta = CAST(x'00' || substr(meta, 2) AS BLOB) "
	    "WHERE id = 2", "lost: store 2, whose keys are damaged, with 20 "
	    "objects", OBJECTS / 2 },
	{ "the instance", "UPDATE instance SET manifest = x'0000'",
	    "mended: the instance", OBJECTS },
	{ "no instance", "DELETE FROM instance", "mended: the instance",
	    OBJECTS },
	{ "the index", "DELETE FROM digest WHERE object < 9", "kept: ",
	    OBJECTS },
	{ "orphans", "UPDATE object SET store = 9 WHERE id = 4",
	    "lost: store 9, whose keys are damaged, with 1 objects",
	    OBJECTS - 1 },
};

ATF_TC_WITHOUT_HEAD(rows__of_all_kinds);
ATF_TC_BODY(rows__of_all_kinds, tc)
{
	struct lines lines;

	good_make();
	for (size_t i = 0; i < COUNT(forgeries); i++) {
		bad_make();
		fixture_sql("bad", NULL, forgeries[i].sql);
		ATF_REQUIRE_EQ_MSG(rescue("bad", &lines), CKR_OK, "%s: %s",
		    forgeries[i].what, fixture_reason());
		ATF_CHECK_MSG(says(&lines, forgeries[i].line), "%s: %s",
		    forgeries[i].what, lines.text);
		ATF_CHECK_EQ_MSG(repaired_there("bad"), forgeries[i].there,
		    "%s", forgeries[i].what);
	}
}

static uint64_t
grant_put(struct database *db)
{
	struct change c = { .kind = CHANGE_CREATE, .store = 1,
		.record = { .class = CKO_VECS_GRANT,
		    .plain = { plains[0], strlen(plains[0]) } } };

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
	struct lines lines;
	struct database *db;
	uint64_t kept, revoked;

	good_make();
	db = fixture("good");
	kept = grant_put(db);
	revoked = grant_put(db);
	ATF_REQUIRE_EQ(kept, OBJECTS + 2);
	ATF_REQUIRE_EQ(revoked, OBJECTS + 3);
	database_close(db);
	fixture_copy("good", "old");
	/* A damaged one is lost, the other is proven. */
	fixture_sql("good", NULL, "UPDATE object SET record = CAST(x'00' || "
	    "substr(record, 2) AS BLOB) WHERE id = 43;");
	ATF_REQUIRE_EQ(rescue("good", &lines), CKR_OK);
	ATF_CHECK_MSG(says(&lines, "lost: store alpha: object 43 (a grant)"),
	    "%s", lines.text);
	ATF_CHECK_MSG(!says(&lines, "anew"), "%s", lines.text);
	ATF_CHECK_EQ(grants_count("good"), 1);
	/* One that was revoked, put back beside other damage. */
	fixture_copy("old", "bad");
	db = fixture("bad");
	grant_delete(db, revoked);
	database_close(db);
	fixture_sql("bad", "old", "INSERT INTO object SELECT * FROM "
	    "old.object WHERE id = 43; UPDATE object SET record = x'00' "
	    "WHERE id = 1;");
	ATF_REQUIRE_EQ(rescue("bad", &lines), CKR_OK);
	ATF_CHECK_MSG(says(&lines, "lost: store alpha: its grants cannot be "
	    "proven and are gone: grant them anew (2 there, 1 expected)"),
	    "%s", lines.text);
	ATF_CHECK_EQ(grants_count("bad"), 0);
	ATF_CHECK_EQ(repaired_there("bad"), OBJECTS - 1);
}

/* What was committed lies in the log only. */
ATF_TC_WITHOUT_HEAD(log__is_read);
ATF_TC_BODY(log__is_read, tc)
{
	struct lines lines;
	struct stat st;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		good_fill(fixture("good"));
		_exit(0);
	}
	for (int i = 0; i < OBJECTS; i++) {
		snprintf(labels[i], sizeof(labels[i]), "label %d", i);
		snprintf(plains[i], sizeof(plains[i]),
		    "the plain text %d %*d", i, 1000, i);
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_REQUIRE_EQ(status, 0);
	ATF_REQUIRE_EQ(stat("good/vecs.db-wal", &st), 0);
	ATF_REQUIRE(st.st_size > 40 * PAGE);
	fixture_copy("good", "bad");
	for (off_t i = 0; i < 4; i++)
		bytes_change("bad/vecs.db", i * PAGE, PAGE, 0);
	ATF_REQUIRE_EQ_MSG(rescue("bad", &lines), CKR_OK, "%s",
	    fixture_reason());
	ATF_CHECK_MSG(!says(&lines, "lost"), "%s", lines.text);
	ATF_CHECK_EQ(repaired_there("bad"), OBJECTS);
	/* A frame in the middle is damaged: what is on it opens or does not. */
	fixture_copy("good", "bad");
	bytes_change("bad/vecs.db-wal", st.st_size / 2, 1, 0x20);
	ATF_REQUIRE_EQ(rescue("bad", &lines), CKR_OK);
	ATF_CHECK(repaired_there("bad") >= OBJECTS - 1);
	ATF_CHECK_EQ(system("ls bad/vecs.db.damaged-*Z-wal > /dev/null"), 0);
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
	struct lines lines;

	good_make();
	for (size_t i = 0; i < COUNT(refused); i++) {
		fixture_copy("good", "bad");
		ATF_REQUIRE_EQ(system(refused[i].command), 0);
		ATF_REQUIRE_EQ(system("rm -f bad/*-wal; cat bad/* | cksum "
		    "> before"), 0);
		ATF_CHECK_EQ_MSG(rescue("bad", &lines), CKR_DEVICE_ERROR,
		    "%s", refused[i].what);
		ATF_CHECK_MSG(strstr(fixture_reason(), refused[i].reason) !=
		    NULL, "%s: %s", refused[i].what, fixture_reason());
		ATF_CHECK_STREQ(lines.text, "");
		ATF_CHECK_MSG(system("rm -f bad/*-shm bad/*-wal; cat bad/* | "
		    "cksum | cmp -s - before") == 0, "%s", refused[i].what);
	}
}

/* Another process has it open: what it knew of is still there, what is lost is
 * told by its cell, and it goes on writing. */
static void
other_run(int go, int ready)
{
	struct database *db = fixture("good");
	uint64_t lost = cell_sample(db, 5), kept = cell_sample(db, 6);
	struct record r = { .id = 0 };
	char c;

	ATF_REQUIRE_EQ(fixture_load(db, 2, 6, &r), CKR_OK);
	ATF_REQUIRE_EQ(write(ready, "r", 1), 1);
	ATF_REQUIRE_EQ(read(go, &c, 1), 1);
	ATF_REQUIRE(!cell_is_unchanged(db, 5, lost));
	ATF_REQUIRE(cell_is_unchanged(db, 6, kept));
	ATF_REQUIRE_EQ(objects_there(db), OBJECTS - 1);
	ATF_REQUIRE_EQ(fixture_put(db, 1, "mine", plains[0]), OBJECTS + 2);
}

ATF_TC_WITHOUT_HEAD(open__others_see_a_commit);
ATF_TC_BODY(open__others_see_a_commit, tc)
{
	struct repair_report report;
	struct lines lines = { "" };
	struct database *db;
	int go[2], ready[2], status;
	pid_t pid;
	size_t n;
	char c;

	good_make();
	fixture_sql("good", NULL, "UPDATE object SET record = CAST(x'00' || "
	    "substr(record, 2) AS BLOB) WHERE id = 5;");
	ATF_REQUIRE(pipe(go) == 0 && pipe(ready) == 0);
	if ((pid = fork()) == 0) {
		other_run(go[0], ready[1]);
		_exit(0);
	}
	ATF_REQUIRE_EQ(read(ready[0], &c, 1), 1);
	db = fixture("good");
	report = (struct repair_report){ line_add, &lines };
	ATF_REQUIRE_EQ_MSG(database_repair(db, label_index, &report), CKR_OK,
	    "%s", fixture_reason());
	ATF_CHECK_EQ(objects_there(db), OBJECTS - 1);
	ATF_REQUIRE_EQ(write(go[1], "g", 1), 1);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_EQ(status, 0);
	ATF_CHECK_EQ(fixture_find(db, 1, "mine", &n), CKR_OK);
	ATF_CHECK_EQ(n, 1);
	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
}

/* A number of microseconds after which a repair is killed. */
static void
rescue_killed(const char *name, long us)
{
	struct timespec t = { 0, us * 1000 };
	struct lines lines;
	pid_t pid = fork();

	if (pid == 0) {
		(void)!rescue(name, &lines);
		_exit(0);
	}
	nanosleep(&t, NULL);
	kill(pid, SIGKILL);
	ATF_REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
}

/* Nothing lies about but whole files, and a copy that will be made anew. */
static void
folder_check(void)
{
	ATF_CHECK_EQ(system("! ls -A bad | grep -v -E "
	    "'^(master.key|vecs.gen|vecs.db(-shm|-wal)?|"
	    "vecs.db.damaged(.new|-[0-9TZ]*(-wal)?))$'"), 0);
}

ATF_TC_WITHOUT_HEAD(kill__leaves_the_old_or_the_new);
ATF_TC_BODY(kill__leaves_the_old_or_the_new, tc)
{
	bool all = getenv("VECS_TEST_LONG") != NULL;
	int olds = 0, news = 0, rounds = all ? 400 : 40;
	struct lines lines;

	good_make();
	fixture_sql("good", NULL, "UPDATE object SET record = CAST(x'00' || "
	    "substr(record, 2) AS BLOB) WHERE id = 5;");
	for (int i = 0; i < rounds; i++) {
		struct database *db;
		int found;

		bad_make();
		rescue_killed("bad", 500 + i * 12000L / rounds);
		folder_check();
		db = fixture("bad");
		found = fixture_check(db);
		database_close(db);
		*(found != 0 ? &olds : &news) += 1;
		/* Whatever it is, it can be repaired (again). */
		ATF_REQUIRE_EQ_MSG(rescue("bad", &lines), CKR_OK, "%s",
		    fixture_reason());
		ATF_CHECK_EQ(says(&lines, "lost: "), found != 0);
		ATF_CHECK_EQ(repaired_there("bad"), OBJECTS - 1);
	}
	printf("%d old, %d new\n", olds, news);
	ATF_CHECK(olds > 0);
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
	ATF_TP_ADD_TC(tp, refuse__and_change_nothing);
	ATF_TP_ADD_TC(tp, open__others_see_a_commit);
	ATF_TP_ADD_TC(tp, kill__leaves_the_old_or_the_new);
	return atf_no_error();
}
