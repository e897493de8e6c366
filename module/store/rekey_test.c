/* New keys: all is there afterwards, nothing opens with the old ones, and what
 * stops half-way goes on. */
#include "module/store/rekey.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module/store/fixture.h"

/* The fixture's records are no attributes: their one index is the label, which
 * is "one" or "two" as their contents are. */
static CK_RV
label_index(struct span plain, rekey_then then, void *arg)
{
	struct span index[INDEX_COUNT] = { [INDEX_LABEL] = plain };

	return then(arg, index);
}

static void
fill(struct database *db)
{
	fixture_put(db, 1, "one", "one");
	fixture_put(db, 1, "two", "two");
	fixture_put(db, 2, "three", "three");
}

static void
check_all(struct database *db)
{
	size_t count = 0;

	ATF_CHECK_EQ(fixture_find(db, 1, "one", &count), CKR_OK);
	ATF_CHECK_EQ(count, 1);
	ATF_CHECK_EQ(fixture_find(db, 2, "three", &count), CKR_OK);
	ATF_CHECK_EQ(count, 1);
	ATF_CHECK_EQ(fixture_find(db, 1, NULL, &count), CKR_OK);
	ATF_CHECK_EQ(count, 2);
	ATF_CHECK_EQ(fixture_check(db), 0);
}

static void
key_read(const char *name, uint8_t out[32])
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/master.key", name);
	ATF_REQUIRE((fd = open(path, O_RDONLY)) >= 0);
	ATF_REQUIRE_EQ(read(fd, out, 32), 32);
	close(fd);
}

static void
rekey_all(struct database *db)
{
	size_t done = 0, total = 0;

	ATF_REQUIRE_EQ_MSG(rekey_begin(db), CKR_OK, "%s", fixture_reason());
	do
		ATF_REQUIRE_EQ_MSG(rekey_step(db, label_index, &done, &total),
		    CKR_OK, "%s", fixture_reason());
	while (done < total);
	ATF_CHECK_EQ(total, 2);
}

ATF_TC_WITHOUT_HEAD(rekey__everything_is_there_under_other_keys);
ATF_TC_BODY(rekey__everything_is_there_under_other_keys, tc)
{
	struct database *db = fixture("db"), *other = fixture("db");
	uint8_t before[32], after[32];
	struct record record;

	fill(db);
	check_all(other);
	key_read("db", before);
	rekey_all(db);
	key_read("db", after);
	ATF_CHECK(memcmp(before, after, 32) != 0);
	check_all(db);
	/* Whoever had it open goes on. */
	check_all(other);
	ATF_REQUIRE_EQ(fixture_load(other, 1, 2, &record), CKR_OK);
	ATF_CHECK_EQ(memcmp(record.plain.data, "two", 3), 0);
	secret_wipe(&record.plain);
	fixture_put(other, 2, "four", "four");
	database_close(other);
	check_all(db);
	database_close(db);
	db = fixture("db");
	check_all(db);
	/* A second time. */
	rekey_all(db);
	database_close(db);
	db = fixture("db");
	check_all(db);
	database_close(db);
}

static const struct span so_pin = { "so-pin", 6 }, user_pin = { "1234", 4 };

ATF_TC_WITHOUT_HEAD(rekey__pins_and_private_objects_stay);
ATF_TC_BODY(rekey__pins_and_private_objects_stay, tc)
{
	struct database *db = fixture("db");
	struct store_new how = { .name = "hsm", .so_pin = so_pin };
	_cleanup_(secret_wipe) struct secret so = { NULL, 0 },
	    private = { NULL, 0 }, again = { NULL, 0 };
	struct change c = { .kind = CHANGE_CREATE };
	size_t done, total;
	struct record record;
	struct store *s = NULL;
	uint64_t id;

	ATF_REQUIRE_EQ(store_create(db, &how, &id), CKR_OK);
	ATF_REQUIRE_EQ(pin_login(db, id, PIN_SO, so_pin, &so), CKR_OK);
	ATF_REQUIRE_EQ(pin_init(db, id, &so, user_pin), CKR_OK);
	ATF_REQUIRE_EQ(pin_login(db, id, PIN_USER, user_pin, &private),
	    CKR_OK);
	c.store = c.to = id;
	c.private_key = &private;
	c.record = (struct record_new){ .class = CKO_DATA, .private = true,
		.plain = { "hidden", 6 } };
	ATF_REQUIRE_EQ(database_apply(db, &c, 1), CKR_OK);
	ATF_REQUIRE_EQ(rekey_begin(db), CKR_OK);
	do
		ATF_REQUIRE_EQ(rekey_step(db, label_index, &done, &total),
		    CKR_OK);
	while (done < total);
	ATF_REQUIRE_EQ(pin_login(db, id, PIN_USER, user_pin, &again),
	    CKR_OK);
	ATF_REQUIRE_EQ(store_get(db, id, &s), CKR_OK);
	ATF_REQUIRE_EQ(record_load(db, s, &again, c.id, &record), CKR_OK);
	ATF_CHECK_EQ(memcmp(record.plain.data, "hidden", 6), 0);
	secret_wipe(&record.plain);
	store_put(s);
	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
}

/* Killed after n steps, and before the new key has its name: the next start
 * goes on, the next call ends it. */
static void
stopped_after(const char *name, int steps, bool named)
{
	struct database *db = fixture(name);
	size_t done, total;
	char new[256], old[256];
	pid_t child;

	fill(db);
	database_close(db);
	child = fork();
	ATF_REQUIRE(child >= 0);
	if (child == 0) {
		db = fixture(name);
		if (rekey_begin(db) != CKR_OK)
			_exit(1);
		for (int i = 0; i < steps; i++)
			if (rekey_step(db, label_index, &done, &total) !=
			    CKR_OK)
				_exit(1);
		_exit(0);
	}
	ATF_REQUIRE_EQ(waitpid(child, &steps, 0), child);
	ATF_REQUIRE_EQ(steps, 0);
	snprintf(new, sizeof(new), "%s/master.key", name);
	snprintf(old, sizeof(old), "%s/master.key.new", name);
	if (!named) {
		/* As it is between the commit and the new name. */
		ATF_REQUIRE_EQ(rename(new, old), 0);
		ATF_REQUIRE_EQ(system("head -c 32 /dev/zero >k"), 0);
		ATF_REQUIRE_EQ(rename("k", new), 0);
	}
	db = fixture(name);
	ATF_CHECK(access(old, F_OK) != 0);
	check_all(db);
	rekey_all(db);
	check_all(db);
	database_close(db);
}

ATF_TC_WITHOUT_HEAD(rekey__goes_on_where_it_stopped);
ATF_TC_BODY(rekey__goes_on_where_it_stopped, tc)
{
	stopped_after("a", 0, true);
	stopped_after("b", 1, true);
	stopped_after("c", 2, true);
	stopped_after("d", 0, false);
	stopped_after("e", 1, false);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, rekey__everything_is_there_under_other_keys);
	ATF_TP_ADD_TC(tp, rekey__pins_and_private_objects_stay);
	ATF_TP_ADD_TC(tp, rekey__goes_on_where_it_stopped);
	return atf_no_error();
}
