/* Repairs of tokens with PINs: private objects stay, and nobody comes back. */
#include "module/store/repair_fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct span so_pin = { "so-pin", 6 }, user_pin = { "1234", 4 },
    web_pin = { "web-pin", 7 };

/* A token with a private object; the SO's login has its key. */
static uint64_t
token(struct database *db, struct secret *so)
{
	struct store_new how = { .name = "hsm", .so_pin = so_pin };
	struct change c = { .kind = CHANGE_CREATE, .private_key = so,
		.record = { .class = CKO_DATA, .private = true,
		    .plain = { "under the PIN", 13 } } };

	ATF_REQUIRE_EQ(store_create(db, &how, &c.store), CKR_OK);
	ATF_REQUIRE_EQ(pin_login(db, c.store, PIN_SO, so_pin, so), CKR_OK);
	ATF_REQUIRE_EQ(pin_init(db, c.store, so, user_pin), CKR_OK);
	ATF_REQUIRE_EQ(database_apply(db, &c, 1), CKR_OK);
	return c.store;
}

static void
user(struct database *db, uint64_t id, const struct secret *so,
    const char *name, char who[PIN_WHO_SIZE])
{
	struct user_new how = { .name = { name, strlen(name) }, .rights = 4 };

	how.pin = web_pin;
	ATF_REQUIRE_EQ(user_add(db, id, so, &how, who), CKR_OK);
}

/* What a login answers; the private object is as it was if it is one. */
static CK_RV
login(struct database *db, uint64_t id, const char *who, struct span pin)
{
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };
	struct query q = { .index = INDEX_COUNT, .private = true };
	struct record_ref *refs = NULL;
	struct record r = { .id = 0 };
	struct store *s = NULL;
	size_t n = 0;
	CK_RV rv = pin_login(db, id, who, pin, &key);

	if (rv != CKR_OK)
		return rv;
	ATF_REQUIRE_EQ(store_get(db, id, &s), CKR_OK);
	ATF_REQUIRE_EQ(records_find(db, s, &key, &q, &refs, &n), CKR_OK);
	ATF_REQUIRE_EQ(n, 1);
	ATF_CHECK_EQ(record_load(db, s, &key, refs->id, &r), CKR_OK);
	ATF_CHECK(r.plain.len == 13 &&
	    memcmp(r.plain.data, "under the PIN", 13) == 0);
	secret_wipe(&r.plain);
	free(refs);
	store_put(s);
	return CKR_OK;
}

ATF_TC_WITHOUT_HEAD(pins__private_objects_stay);
ATF_TC_BODY(pins__private_objects_stay, tc)
{
	struct secret so = { NULL, 0 };
	struct database *db = fixture("good");
	char who[PIN_WHO_SIZE];
	struct repair_lines lines;
	uint64_t id;

	repair_fill(db);
	id = token(db, &so);
	user(db, id, &so, "web", who);
	secret_wipe(&so);
	database_close(db);
	fixture_sql("good", NULL, "UPDATE object SET record = x'00' "
	    "WHERE id = 1; UPDATE instance SET manifest = x'00';");
	ATF_REQUIRE_EQ_MSG(repair_rescue("good", &lines), CKR_OK, "%s",
	    fixture_reason());
	ATF_CHECK_MSG(!repair_says(&lines, "hsm"), "%s", lines.text);
	ATF_CHECK_EQ(repair_look("good"), REPAIR_OBJECTS - 1);
	db = fixture("good");
	ATF_CHECK_EQ(login(db, id, PIN_USER, user_pin), CKR_OK);
	ATF_CHECK_EQ(login(db, id, PIN_SO, so_pin), CKR_OK);
	ATF_CHECK_EQ(login(db, id, who, web_pin), CKR_OK);
	database_close(db);
}

ATF_TC_WITHOUT_HEAD(pins__one_is_lost);
ATF_TC_BODY(pins__one_is_lost, tc)
{
	struct secret so = { NULL, 0 };
	struct database *db = fixture("good");
	char who[PIN_WHO_SIZE];
	struct repair_lines lines;
	uint64_t id = token(db, &so);

	user(db, id, &so, "web", who);
	database_close(db);
	fixture_sql("good", NULL, "UPDATE keyslot SET slot = x'00' "
	    "WHERE who = 'user'");
	ATF_REQUIRE_EQ(repair_rescue("good", &lines), CKR_OK);
	ATF_CHECK_MSG(repair_says(&lines, "lost: store hsm: the PIN of "
	    "'user'\n"), "%s", lines.text);
	ATF_CHECK_MSG(!repair_says(&lines, "missing"), "%s", lines.text);
	db = fixture("good");
	ATF_CHECK_EQ(login(db, id, PIN_USER, user_pin),
	    CKR_USER_PIN_NOT_INITIALIZED);
	ATF_CHECK_EQ(login(db, id, who, web_pin), CKR_OK);
	/* The SO gives the user a new one. */
	ATF_CHECK_EQ(pin_init(db, id, &so, user_pin), CKR_OK);
	ATF_CHECK_EQ(login(db, id, PIN_USER, user_pin), CKR_OK);
	ATF_CHECK_EQ(fixture_check(db), 0);
	secret_wipe(&so);
	database_close(db);
}

/* A user who was removed, put back beside other damage. */
ATF_TC_WITHOUT_HEAD(pins__no_user_comes_back);
ATF_TC_BODY(pins__no_user_comes_back, tc)
{
	struct secret so = { NULL, 0 };
	struct database *db = fixture("good");
	char who[PIN_WHO_SIZE], gone[PIN_WHO_SIZE];
	struct repair_lines lines;
	uint64_t id = token(db, &so);

	user(db, id, &so, "web", who);
	user(db, id, &so, "gone", gone);
	secret_wipe(&so);
	database_close(db);
	fixture_copy("good", "old");
	db = fixture("good");
	ATF_REQUIRE_EQ(user_remove(db, id, gone), CKR_OK);
	database_close(db);
	fixture_sql("good", "old", "INSERT INTO keyslot SELECT * FROM "
	    "old.keyslot o WHERE NOT EXISTS (SELECT 1 FROM keyslot k "
	    "WHERE k.store = o.store AND k.who = o.who)");
	ATF_REQUIRE_EQ(repair_rescue("good", &lines), CKR_OK);
	ATF_CHECK_MSG(repair_says(&lines, "named users are gone (4 there, 3 "
	    "expected)"), "%s", lines.text);
	db = fixture("good");
	ATF_CHECK(login(db, id, gone, web_pin) != CKR_OK);
	ATF_CHECK(login(db, id, who, web_pin) != CKR_OK);
	ATF_CHECK_EQ(login(db, id, PIN_USER, user_pin), CKR_OK);
	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
}

/* Two far bytes of each page in turn: who can, looks. */
ATF_TC_WITHOUT_HEAD(pins__tell_what_is_damaged);
ATF_TC_BODY(pins__tell_what_is_damaged, tc)
{
	struct secret so = { NULL, 0 };
	struct database *db = fixture("good");
	struct repair_lines lines;
	struct stat st;
	int told = 0;

	repair_fill(db);
	(void)token(db, &so);
	secret_wipe(&so);
	database_close(db);
	ATF_REQUIRE_EQ(stat("good/vecs.db", &st), 0);
	for (off_t at = 4096; at < st.st_size; at += 4096) {
		int fd;

		repair_bad();
		ATF_REQUIRE((fd = open("bad/vecs.db", O_RDWR)) >= 0);
		ATF_REQUIRE_EQ(pwrite(fd, "\251", 1, at + 1000), 1);
		ATF_REQUIRE_EQ(pwrite(fd, "\147", 1, at + 3000), 1);
		close(fd);
		ATF_REQUIRE_EQ(repair_rescue("bad", &lines), CKR_OK);
		told += repair_says(&lines, "damaged: store hsm: object 42 may "
		    "be: only its PIN can tell");
		(void)repair_look("bad");
	}
	ATF_CHECK_EQ(told, 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pins__private_objects_stay);
	ATF_TP_ADD_TC(tp, pins__one_is_lost);
	ATF_TP_ADD_TC(tp, pins__no_user_comes_back);
	ATF_TP_ADD_TC(tp, pins__tell_what_is_damaged);
	return atf_no_error();
}
