/* Backups: what comes back, into whichever database, and what is refused. */
#include "module/store/backup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/vendor.h"
#include "module/store/fixture.h"

static const uint8_t key_bytes[BACKUP_KEY] = "a backup's key: 32 bytes exactly";
static const struct span key = { key_bytes, BACKUP_KEY };

static CK_RV
may_all(void *arg, uint32_t owner, const struct store *there)
{
	(void)arg;
	(void)owner;
	(void)there;
	return CKR_OK;
}

static struct store *
named(struct database *db, const char *name)
{
	struct store **stores = NULL, *found = NULL;
	size_t count = 0;

	ATF_REQUIRE_EQ(store_list(db, &stores, &count), CKR_OK);
	for (size_t i = 0; i < count; i++)
		if (found == NULL && strcmp(stores[i]->name, name) == 0)
			found = stores[i];
		else
			store_put(stores[i]);
	free(stores);
	return found;
}

static uint64_t
id_of(struct database *db, const char *name)
{
	struct store *store = named(db, name);
	uint64_t id;

	ATF_REQUIRE(store != NULL);
	id = store->id;
	store_put(store);
	return id;
}

static int
spool(void)
{
	int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	ATF_REQUIRE(fd >= 0);
	return fd;
}

static CK_RV
restore(struct database *db, int fd, const char *as, bool replace)
{
	struct restore_how how = { as, replace, may_all, NULL };

	return backup_restore(db, key, fd, &how);
}

static void
check_object(struct database *db, const char *store, const char *label,
    const char *plain)
{
	struct query q = { .index = INDEX_LABEL,
		.value = { label, strlen(label) } };
	struct store *s = named(db, store);
	struct record_ref *refs = NULL;
	struct record record;
	size_t count = 0;

	ATF_REQUIRE(s != NULL);
	ATF_REQUIRE_EQ(records_find(db, s, NULL, &q, &refs, &count), CKR_OK);
	ATF_REQUIRE_EQ_MSG(count, 1, "%s/%s: %zu", store, label, count);
	ATF_REQUIRE_EQ(record_load(db, s, NULL, refs[0].id, &record), CKR_OK);
	ATF_CHECK_EQ(record.plain.len, strlen(plain));
	ATF_CHECK_EQ(memcmp(record.plain.data, plain, record.plain.len), 0);
	secret_wipe(&record.plain);
	free(refs);
	store_put(s);
}

/* A backup of one store, or of both. */
static int
backup_of(struct database *db, const char *one, const char *two)
{
	uint64_t ids[2] = { id_of(db, one), two != NULL ? id_of(db, two) : 0 };
	int fd = spool();

	ATF_REQUIRE_EQ(backup_write(db, ids, two != NULL ? 2 : 1, key, fd),
	    CKR_OK);
	return fd;
}

ATF_TC_WITHOUT_HEAD(restore__in_place_of_what_was_deleted);
ATF_TC_BODY(restore__in_place_of_what_was_deleted, tc)
{
	struct database *db = fixture("db");
	uint64_t old = id_of(db, "beta");
	char serial[17];
	struct store *s;
	int fd;

	fixture_put(db, old, "first", "one");
	fixture_put(db, id_of(db, "alpha"), "other", "not this");
	fixture_put(db, old, "second", "two");
	s = named(db, "beta");
	strcpy(serial, s->serial);
	store_put(s);
	fd = backup_of(db, "beta", NULL);
	ATF_REQUIRE_EQ(restore(db, fd, NULL, false), CKR_VECS_EXISTS);
	ATF_REQUIRE_EQ(store_delete(db, old), CKR_OK);
	ATF_REQUIRE_EQ_MSG(restore(db, fd, NULL, false), CKR_OK, "%s",
	    fixture_reason());
	ATF_CHECK(id_of(db, "beta") != old);
	check_object(db, "beta", "first", "one");
	check_object(db, "beta", "second", "two");
	check_object(db, "alpha", "other", "not this");
	s = named(db, "beta");
	ATF_CHECK_STREQ(s->serial, serial);
	store_put(s);
	/* It is a store like any other. */
	fixture_put(db, id_of(db, "beta"), "third", "three");
	check_object(db, "beta", "third", "three");
	ATF_CHECK_EQ(fixture_check(db), 0);
	close(fd);
	database_close(db);
}

ATF_TC_WITHOUT_HEAD(restore__under_another_name_beside_the_first);
ATF_TC_BODY(restore__under_another_name_beside_the_first, tc)
{
	struct database *db = fixture("db");
	struct store *a, *b;
	int fd;

	fixture_put(db, id_of(db, "alpha"), "first", "one");
	fd = backup_of(db, "alpha", NULL);
	ATF_REQUIRE_EQ(restore(db, fd, "copy", false), CKR_OK);
	check_object(db, "alpha", "first", "one");
	check_object(db, "copy", "first", "one");
	a = named(db, "alpha");
	b = named(db, "copy");
	ATF_CHECK(strcmp(a->serial, b->serial) != 0);
	store_put(a);
	store_put(b);
	/* A second generation: a backup of what was restored. */
	close(fd);
	fd = backup_of(db, "copy", "alpha");
	ATF_REQUIRE_EQ(store_delete(db, id_of(db, "copy")), CKR_OK);
	ATF_REQUIRE_EQ(store_delete(db, id_of(db, "alpha")), CKR_OK);
	ATF_CHECK_EQ(restore(db, fd, "one", false), CKR_DATA_INVALID);
	ATF_REQUIRE_EQ(restore(db, fd, NULL, false), CKR_OK);
	check_object(db, "alpha", "first", "one");
	check_object(db, "copy", "first", "one");
	ATF_CHECK_EQ(fixture_check(db), 0);
	close(fd);
	database_close(db);
}

ATF_TC_WITHOUT_HEAD(restore__into_another_database);
ATF_TC_BODY(restore__into_another_database, tc)
{
	struct database *from = fixture("from"), *to = fixture("to");
	int fd;

	fixture_put(from, id_of(from, "alpha"), "first", "one");
	fixture_put(from, id_of(from, "beta"), "second", "two");
	for (int i = 0; i < 9; i++)
		fixture_put(to, id_of(to, "beta"), "in the way", "x");
	fd = backup_of(from, "alpha", "beta");
	database_close(from);
	ATF_CHECK_EQ(restore(to, fd, NULL, false), CKR_VECS_EXISTS);
	ATF_REQUIRE_EQ(restore(to, fd, NULL, true), CKR_OK);
	check_object(to, "alpha", "first", "one");
	check_object(to, "beta", "second", "two");
	ATF_CHECK_EQ(fixture_check(to), 0);
	close(fd);
	database_close(to);
	/* And after a new start. */
	ATF_REQUIRE_EQ(fixture_open("to", &to), CKR_OK);
	check_object(to, "alpha", "first", "one");
	ATF_CHECK_EQ(fixture_check(to), 0);
	database_close(to);
}

static const struct span so_pin = { "so-pin", 6 }, user_pin = { "1234", 4 };

static uint64_t
token_make(struct database *db, struct secret *private)
{
	struct store_new how = { .name = "hsm", .so_pin = so_pin };
	_cleanup_(secret_wipe) struct secret so = { NULL, 0 };
	struct change c = { .kind = CHANGE_CREATE };
	uint64_t id;

	ATF_REQUIRE_EQ(store_create(db, &how, &id), CKR_OK);
	ATF_REQUIRE_EQ(pin_login(db, id, PIN_SO, so_pin, &so), CKR_OK);
	ATF_REQUIRE_EQ(pin_init(db, id, &so, user_pin), CKR_OK);
	ATF_REQUIRE_EQ(pin_login(db, id, PIN_USER, user_pin, private),
	    CKR_OK);
	c.store = c.to = id;
	c.private_key = private;
	c.record = (struct record_new){ .class = CKO_DATA, .private = true,
		.index = { [INDEX_LABEL] = { "hidden", 6 } },
		.plain = { "secret", 6 } };
	ATF_REQUIRE_EQ(database_apply(db, &c, 1), CKR_OK);
	return id;
}

/* Private objects go along without a login, and open with the old PIN. */
ATF_TC_WITHOUT_HEAD(restore__a_token_keeps_its_pins);
ATF_TC_BODY(restore__a_token_keeps_its_pins, tc)
{
	struct database *from = fixture("from"), *to = fixture("to");
	_cleanup_(secret_wipe) struct secret private = { NULL, 0 },
	    again = { NULL, 0 };
	struct query q = { .index = INDEX_LABEL, .value = { "hidden", 6 },
		.private = true };
	struct record_ref *refs = NULL;
	struct record record;
	struct store *s;
	size_t count;
	int fd;

	fixture_put(to, id_of(to, "beta"), "in the way", "x");
	token_make(from, &private);
	fd = backup_of(from, "hsm", NULL);
	database_close(from);
	ATF_REQUIRE_EQ(restore(to, fd, NULL, false), CKR_OK);
	ATF_CHECK_EQ(pin_login(to, id_of(to, "hsm"), PIN_USER,
	    (struct span){ "wrong", 5 }, &again), CKR_PIN_INCORRECT);
	ATF_REQUIRE_EQ(pin_login(to, id_of(to, "hsm"), PIN_USER, user_pin,
	    &again), CKR_OK);
	s = named(to, "hsm");
	ATF_REQUIRE_EQ(records_find(to, s, &again, &q, &refs, &count),
	    CKR_OK);
	ATF_REQUIRE_EQ(count, 1);
	ATF_REQUIRE_EQ(record_load(to, s, &again, refs[0].id, &record),
	    CKR_OK);
	ATF_CHECK_EQ(memcmp(record.plain.data, "secret", 6), 0);
	secret_wipe(&record.plain);
	free(refs);
	store_put(s);
	ATF_CHECK_EQ(pin_set(to, id_of(to, "hsm"), PIN_USER, user_pin,
	    (struct span){ "5678", 4 }), CKR_OK);
	ATF_CHECK_EQ(fixture_check(to), 0);
	close(fd);
	database_close(to);
}

/* Named users and their PINs are the token's. */
ATF_TC_WITHOUT_HEAD(restore__a_token_keeps_its_users);
ATF_TC_BODY(restore__a_token_keeps_its_users, tc)
{
	static const struct user_new web = { .name = { "web", 3 },
		.rights = 4, .pin = { "web-pin", 7 } };
	struct database *from = fixture("from"), *to = fixture("to");
	_cleanup_(secret_wipe) struct secret private = { NULL, 0 },
	    again = { NULL, 0 };
	char who[PIN_WHO_SIZE];
	struct store *s;
	int fd;

	ATF_REQUIRE_EQ(user_add(from, token_make(from, &private), &private,
	    &web, who), CKR_OK);
	fd = backup_of(from, "hsm", NULL);
	database_close(from);
	ATF_REQUIRE_EQ(restore(to, fd, NULL, false), CKR_OK);
	s = named(to, "hsm");
	ATF_REQUIRE_EQ(s->user_count, 1);
	ATF_CHECK_STREQ(s->users[0].name, "web");
	ATF_CHECK_EQ(s->users[0].rights, 4);
	store_put(s);
	ATF_REQUIRE_EQ(pin_login(to, id_of(to, "hsm"), who, web.pin, &again),
	    CKR_OK);
	ATF_CHECK(again.len == private.len &&
	    memcmp(again.data, private.data, again.len) == 0);
	/* Over the token as it is now, without its user. */
	ATF_REQUIRE_EQ(user_remove(to, id_of(to, "hsm"), who), CKR_OK);
	ATF_REQUIRE_EQ(restore(to, fd, NULL, true), CKR_OK);
	s = named(to, "hsm");
	ATF_CHECK_EQ(s->user_count, 1);
	store_put(s);
	ATF_CHECK_EQ(fixture_check(to), 0);
	close(fd);
	database_close(to);
}

/* Every byte that is changed, every length that is cut: nothing is restored. */
ATF_TC_WITHOUT_HEAD(restore__damage_is_refused);
ATF_TC_BODY(restore__damage_is_refused, tc)
{
	struct database *db = fixture("db");
	struct restore_how how = { "copy", false, may_all, NULL };
	uint8_t other[BACKUP_KEY] = { 1 }, byte, flipped;
	off_t size;
	int fd;

	fixture_put(db, id_of(db, "alpha"), "first", "one");
	fd = backup_of(db, "alpha", NULL);
	size = lseek(fd, 0, SEEK_END);
	ATF_REQUIRE(size > 200);
	ATF_CHECK_EQ(backup_restore(db, (struct span){ other, BACKUP_KEY },
	    fd, &how), CKR_DATA_INVALID);
	for (off_t at = 0; at < size; at++) {
		ATF_REQUIRE_EQ(pread(fd, &byte, 1, at), 1);
		flipped = byte ^ (uint8_t)(1 << (at % 8));
		ATF_REQUIRE_EQ(pwrite(fd, &flipped, 1, at), 1);
		ATF_CHECK_EQ_MSG(restore(db, fd, "copy", false),
		    CKR_DATA_INVALID, "byte %lld", (long long)at);
		ATF_REQUIRE_EQ(pwrite(fd, &byte, 1, at), 1);
	}
	ATF_REQUIRE_EQ(pwrite(fd, "x", 1, size), 1);
	ATF_CHECK_EQ(restore(db, fd, "copy", false), CKR_DATA_INVALID);
	while (--size > 0) {
		ATF_REQUIRE_EQ(ftruncate(fd, size), 0);
		ATF_CHECK_EQ(restore(db, fd, "copy", false),
		    CKR_DATA_INVALID);
	}
	ATF_CHECK(named(db, "copy") == NULL);
	ATF_CHECK_EQ(fixture_check(db), 0);
	close(fd);
	database_close(db);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, restore__in_place_of_what_was_deleted);
	ATF_TP_ADD_TC(tp, restore__under_another_name_beside_the_first);
	ATF_TP_ADD_TC(tp, restore__into_another_database);
	ATF_TP_ADD_TC(tp, restore__a_token_keeps_its_pins);
	ATF_TP_ADD_TC(tp, restore__a_token_keeps_its_users);
	ATF_TP_ADD_TC(tp, restore__damage_is_refused);
	return atf_no_error();
}
