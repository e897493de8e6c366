/* A repair beside others who use the database, and one that is killed. */
#include "module/store/repair_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
	ATF_REQUIRE_EQ(repair_count(db), REPAIR_OBJECTS - 1);
	ATF_REQUIRE_EQ(fixture_put(db, 1, "mine", repair_plains[0]),
	    REPAIR_OBJECTS + 2);
}

ATF_TC_WITHOUT_HEAD(open__others_see_a_commit);
ATF_TC_BODY(open__others_see_a_commit, tc)
{
	struct repair_report report;
	struct repair_lines lines = { "" };
	struct database *db;
	int go[2], ready[2], status;
	pid_t pid;
	size_t n;
	char c;

	repair_good();
	fixture_sql("good", NULL, "UPDATE object SET record = CAST(x'00' || "
	    "substr(record, 2) AS BLOB) WHERE id = 5;");
	ATF_REQUIRE(pipe(go) == 0 && pipe(ready) == 0);
	if ((pid = fork()) == 0) {
		other_run(go[0], ready[1]);
		_exit(0);
	}
	ATF_REQUIRE_EQ(read(ready[0], &c, 1), 1);
	db = fixture("good");
	report = (struct repair_report){ repair_line, &lines };
	ATF_REQUIRE_EQ_MSG(database_repair(db, repair_index, &report), CKR_OK,
	    "%s", fixture_reason());
	ATF_CHECK_EQ(repair_count(db), REPAIR_OBJECTS - 1);
	ATF_REQUIRE_EQ(write(go[1], "g", 1), 1);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_EQ(status, 0);
	ATF_CHECK_EQ(fixture_find(db, 1, "mine", &n), CKR_OK);
	ATF_CHECK_EQ(n, 1);
	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
}

/* Somebody writes just now: he is waited for, and what he writes is there. */
ATF_TC_WITHOUT_HEAD(lock__is_waited_for);
ATF_TC_BODY(lock__is_waited_for, tc)
{
	struct repair_lines lines;
	struct database *db;
	int ready[2];
	size_t n;
	pid_t pid;
	char c;

	repair_good();
	fixture_sql("good", NULL, "UPDATE object SET record = x'00' "
	    "WHERE id = 5;");
	ATF_REQUIRE_EQ(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		db = fixture("good");
		for (int i = 0; i < 250; i++) {
			fixture_put(db, 2, "meanwhile", repair_plains[0]);
			if (i == 20)
				ATF_REQUIRE_EQ(write(ready[1], "r", 1), 1);
		}
		database_close(db);
		_exit(0);
	}
	ATF_REQUIRE_EQ(read(ready[0], &c, 1), 1);
	ATF_REQUIRE_EQ_MSG(repair_rescue("good", &lines), CKR_OK, "%s",
	    fixture_reason());
	ATF_REQUIRE_EQ(waitpid(pid, &ready[0], 0), pid);
	ATF_CHECK_EQ(ready[0], 0);
	ATF_CHECK_EQ(repair_look("good"), REPAIR_OBJECTS - 1);
	db = fixture("good");
	ATF_CHECK_EQ(fixture_find(db, 2, "meanwhile", &n), CKR_OK);
	ATF_CHECK_EQ(n, 250);
	database_close(db);
}

/* Bytes of all kinds in all places: what comes out is whole. */
static void
scribble(unsigned *seed, off_t size)
{
	int fd = open("bad/vecs.db", O_RDWR), times = 1 + rand_r(seed) % 30;

	ATF_REQUIRE(fd >= 0);
	for (int i = 0; i < times; i++) {
		unsigned char bytes[64];
		off_t at = (off_t)((unsigned)rand_r(seed) % (unsigned)size);
		size_t len = 1 + (unsigned)rand_r(seed) % sizeof(bytes);

		for (size_t k = 0; k < len; k++)
			bytes[k] = (unsigned char)rand_r(seed);
		/* Often where pages say what is on them. */
		if (rand_r(seed) % 2 == 0)
			at = at / 4096 * 4096;
		ATF_REQUIRE_EQ(pwrite(fd, bytes, len, at), (ssize_t)len);
	}
	close(fd);
}

ATF_TC_WITHOUT_HEAD(scribble__all_over_it);
ATF_TC_BODY(scribble__all_over_it, tc)
{
	int rounds = getenv("VECS_TEST_LONG") != NULL ? 1000 : 60;
	int repaired = 0;
	struct repair_lines lines;
	struct stat st;

	repair_good();
	ATF_REQUIRE_EQ(stat("good/vecs.db", &st), 0);
	for (int i = 0; i < rounds; i++) {
		unsigned seed = (unsigned)i;
		CK_RV rv;

		repair_bad();
		scribble(&seed, st.st_size);
		rv = repair_rescue("bad", &lines);
		ATF_CHECK_MSG(rv == CKR_OK || rv == CKR_DEVICE_ERROR,
		    "round %d: 0x%lx", i, rv);
		if (rv != CKR_OK)
			continue;
		repaired++;
		ATF_CHECK_MSG(repair_look("bad") == REPAIR_OBJECTS ||
		    repair_says(&lines, "lost: "), "round %d", i);
	}
	printf("%d of %d repaired\n", repaired, rounds);
	ATF_CHECK(repaired > rounds / 2);
}

/* A number of microseconds after which a repair is killed. */
static void
rescue_killed(const char *name, long us)
{
	struct timespec t = { 0, us * 1000 };
	struct repair_lines lines;
	pid_t pid = fork();

	if (pid == 0) {
		(void)!repair_rescue(name, &lines);
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
	    "vecs.db.damaged(.new|-[0-9TZ-]*(-wal)?))$'"), 0);
}

ATF_TC_WITHOUT_HEAD(kill__leaves_the_old_or_the_new);
ATF_TC_BODY(kill__leaves_the_old_or_the_new, tc)
{
	bool all = getenv("VECS_TEST_LONG") != NULL;
	int olds = 0, news = 0, rounds = all ? 400 : 40;
	struct repair_lines lines;

	repair_good();
	fixture_sql("good", NULL, "UPDATE object SET record = CAST(x'00' || "
	    "substr(record, 2) AS BLOB) WHERE id = 5;");
	for (int i = 0; i < rounds; i++) {
		struct database *db;
		int found;

		repair_bad();
		rescue_killed("bad", 500 + i * 12000L / rounds);
		folder_check();
		db = fixture("bad");
		found = fixture_check(db);
		database_close(db);
		*(found != 0 ? &olds : &news) += 1;
		/* Whatever it is, it can be repaired (again). */
		ATF_REQUIRE_EQ_MSG(repair_rescue("bad", &lines), CKR_OK, "%s",
		    fixture_reason());
		ATF_CHECK_EQ(repair_says(&lines, "lost: "), found != 0);
		ATF_CHECK_EQ(repair_look("bad"), REPAIR_OBJECTS - 1);
	}
	printf("%d old, %d new\n", olds, news);
	ATF_CHECK(olds > 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, open__others_see_a_commit);
	ATF_TP_ADD_TC(tp, lock__is_waited_for);
	ATF_TP_ADD_TC(tp, scribble__all_over_it);
	ATF_TP_ADD_TC(tp, kill__leaves_the_old_or_the_new);
	return atf_no_error();
}
