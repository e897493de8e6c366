/* Key slots: named users, tries, and what a PIN costs. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/vendor.h"
#include "module/store/fixture.h"
#include "module/store/rekey.h"
#include "module/store/slots.h"

static const struct span so_pin = { "so-pin", 6 }, user_pin = { "1234", 4 },
    web_pin = { "web-pin", 7 }, new_pin = { "new-pin", 7 },
    wrong = { "wrong!", 6 };

static const struct user_new web = { .name = { "web", 3 }, .rights = 4,
	.pin = { "web-pin", 7 } };

/* A token with the SO logged in. */
static uint64_t
token(struct database *db, struct secret *so)
{
	struct store_new how = { .name = "hsm", .so_pin = so_pin };
	uint64_t id;

	ATF_REQUIRE_EQ(store_create(db, &how, &id), CKR_OK);
	ATF_REQUIRE_EQ(pin_login(db, id, PIN_SO, so_pin, so), CKR_OK);
	ATF_REQUIRE_EQ(pin_init(db, id, so, user_pin), CKR_OK);
	return id;
}

static CK_RV
try(struct database *db, uint64_t id, const char *who, struct span pin)
{
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };

	return pin_login(db, id, who, pin, &key);
}

static size_t
users(struct database *db, uint64_t id, struct store_user *first)
{
	struct store *s = NULL;
	size_t n;

	ATF_REQUIRE_EQ(store_get(db, id, &s), CKR_OK);
	n = s->user_count;
	if (n != 0)
		*first = s->users[0];
	store_put(s);
	return n;
}

ATF_TC_WITHOUT_HEAD(user__opens_the_same_key_with_a_pin_of_his_own);
ATF_TC_BODY(user__opens_the_same_key_with_a_pin_of_his_own, tc)
{
	struct database *db = fixture("db");
	_cleanup_(secret_wipe) struct secret so = { NULL, 0 },
	    his = { NULL, 0 };
	uint64_t id = token(db, &so);
	char who[PIN_WHO_SIZE], other[PIN_WHO_SIZE];
	struct store_user seen;

	ATF_REQUIRE_EQ(user_add(db, id, &so, &web, who), CKR_OK);
	ATF_CHECK_EQ(user_add(db, id, &so, &web, other), CKR_VECS_EXISTS);
	ATF_REQUIRE_EQ(pin_login(db, id, who, web_pin, &his), CKR_OK);
	ATF_CHECK(his.len == so.len &&
	    memcmp(his.data, so.data, so.len) == 0);
	ATF_CHECK_EQ(try(db, id, who, user_pin), CKR_PIN_INCORRECT);
	ATF_CHECK_EQ(try(db, id, PIN_USER, web_pin), CKR_PIN_INCORRECT);
	/* As another process reads it. */
	database_close(db);
	db = fixture("db");
	ATF_REQUIRE_EQ(users(db, id, &seen), 1);
	ATF_CHECK_STREQ(seen.name, "web");
	ATF_CHECK_STREQ(seen.who, who);
	ATF_CHECK_EQ(seen.rights, 4);
	ATF_CHECK_EQ(seen.pin.tries_left, 2);
	ATF_CHECK_EQ(pin_set(db, id, who, web_pin, new_pin), CKR_OK);
	ATF_CHECK_EQ(try(db, id, who, web_pin), CKR_PIN_INCORRECT);
	ATF_CHECK_EQ(try(db, id, who, new_pin), CKR_OK);
	ATF_REQUIRE_EQ(users(db, id, &seen), 1);
	ATF_CHECK_STREQ(seen.name, "web");
	ATF_CHECK_EQ(seen.rights, 4);
	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
}

ATF_TC_WITHOUT_HEAD(user__is_changed_and_removed);
ATF_TC_BODY(user__is_changed_and_removed, tc)
{
	struct database *db = fixture("db");
	_cleanup_(secret_wipe) struct secret so = { NULL, 0 };
	struct secret none = { NULL, 0 };
	uint64_t id = token(db, &so);
	struct user_change rights = { .rights = 3 }, pin = { .pin = new_pin };
	struct store_user seen;
	char who[PIN_WHO_SIZE];

	ATF_CHECK_EQ(user_add(db, id, &none, &web, who),
	    CKR_USER_NOT_LOGGED_IN);
	ATF_REQUIRE_EQ(user_add(db, id, &so, &web, who), CKR_OK);
	ATF_REQUIRE_EQ(user_set(db, id, NULL, who, &rights), CKR_OK);
	ATF_REQUIRE_EQ(users(db, id, &seen), 1);
	ATF_CHECK_EQ(seen.rights, 3);
	ATF_CHECK_EQ(try(db, id, who, web_pin), CKR_OK);
	/* A locked PIN gets a new one; nobody sets it without the key. */
	for (int i = 0; i < 3; i++)
		ATF_CHECK_EQ(try(db, id, who, wrong), CKR_PIN_INCORRECT);
	ATF_CHECK_EQ(try(db, id, who, web_pin), CKR_PIN_LOCKED);
	ATF_CHECK_EQ(user_set(db, id, &none, who, &pin),
	    CKR_USER_NOT_LOGGED_IN);
	ATF_REQUIRE_EQ(user_set(db, id, &so, who, &pin), CKR_OK);
	ATF_CHECK_EQ(try(db, id, who, new_pin), CKR_OK);
	ATF_REQUIRE_EQ(user_remove(db, id, who), CKR_OK);
	ATF_CHECK_EQ(user_remove(db, id, who), CKR_OBJECT_HANDLE_INVALID);
	ATF_CHECK_EQ(try(db, id, who, new_pin), CKR_USER_PIN_NOT_INITIALIZED);
	database_close(db);
	db = fixture("db");
	ATF_CHECK_EQ(users(db, id, &seen), 0);
	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
}

/* Whether a file of the database holds these bytes. */
static bool
on_disk(const char *text)
{
	char command[256];

	snprintf(command, sizeof(command), "grep -qa '%s' db/vecs.db db/*-wal "
	    "2>/dev/null", text);
	return system(command) == 0;
}

ATF_TC_WITHOUT_HEAD(user__name_is_sealed);
ATF_TC_BODY(user__name_is_sealed, tc)
{
	struct database *db = fixture("db");
	_cleanup_(secret_wipe) struct secret so = { NULL, 0 };
	struct user_new how = web;
	uint64_t id = token(db, &so);
	char who[PIN_WHO_SIZE];

	how.name = (struct span){ "wilhelmina", 10 };
	ATF_REQUIRE_EQ(user_add(db, id, &so, &how, who), CKR_OK);
	ATF_CHECK(on_disk(who));
	ATF_CHECK(!on_disk("wilhelmina"));
	database_close(db);
	ATF_CHECK(!on_disk("wilhelmina"));
}

ATF_TC_WITHOUT_HEAD(user__survives_rekeying_and_a_new_user_pin);
ATF_TC_BODY(user__survives_rekeying_and_a_new_user_pin, tc)
{
	struct database *db = fixture("db");
	_cleanup_(secret_wipe) struct secret so = { NULL, 0 };
	uint64_t id = token(db, &so);
	struct store_user seen;
	size_t done, total;
	char who[PIN_WHO_SIZE];

	ATF_REQUIRE_EQ(user_add(db, id, &so, &web, who), CKR_OK);
	ATF_REQUIRE_EQ(rekey_begin(db), CKR_OK);
	do
		ATF_REQUIRE_EQ(rekey_step(db, NULL, &done, &total), CKR_OK);
	while (done < total);
	ATF_CHECK_EQ(try(db, id, who, web_pin), CKR_OK);
	ATF_REQUIRE_EQ(pin_init(db, id, &so, new_pin), CKR_OK);
	ATF_CHECK_EQ(try(db, id, who, web_pin), CKR_OK);
	/* With another private-objects key nobody has what he shared. */
	ATF_REQUIRE_EQ(pin_init(db, id, NULL, user_pin), CKR_OK);
	ATF_CHECK_EQ(users(db, id, &seen), 0);
	ATF_CHECK_EQ(try(db, id, who, web_pin), CKR_USER_PIN_NOT_INITIALIZED);
	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
}

/* An older slot would give back tries, or a right that was taken. */
ATF_TC_WITHOUT_HEAD(user__replayed_or_hidden_is_found);
ATF_TC_BODY(user__replayed_or_hidden_is_found, tc)
{
	struct database *db = fixture("db");
	_cleanup_(secret_wipe) struct secret so = { NULL, 0 };
	uint64_t id = token(db, &so);
	struct user_change less = { .rights = 1 };
	char who[PIN_WHO_SIZE];

	ATF_REQUIRE_EQ(user_add(db, id, &so, &web, who), CKR_OK);
	database_close(db);
	fixture_copy("db", "old");
	db = fixture("db");
	ATF_REQUIRE_EQ(user_set(db, id, NULL, who, &less), CKR_OK);
	database_close(db);
	fixture_copy("db", "hidden");
	fixture_sql("db", "old", "UPDATE keyslot SET (version, slot) = (SELECT "
	    "version, slot FROM old.keyslot o WHERE o.who = keyslot.who) "
	    "WHERE who LIKE 'u:%'");
	ATF_CHECK_EQ(fixture_open("db", &db), CKR_DEVICE_ERROR);
	ATF_CHECK_MSG(strstr(fixture_reason(), "hsm") != NULL, "%s",
	    fixture_reason());
	fixture_sql("hidden", NULL, "DELETE FROM keyslot WHERE who LIKE "
	    "'u:%'");
	ATF_CHECK_EQ(fixture_open("hidden", &db), CKR_DEVICE_ERROR);
}

/* What the slot says that its PIN costs. */
static struct pin_cost
cost_of(struct database *db, uint64_t id, const char *who)
{
	_cleanup_(transaction_abort) struct transaction t = { .db = NULL };
	_cleanup_(slot_wipe) struct slot slot = { .version = 0 };
	struct store_full *s;
	bool there = false;

	ATF_REQUIRE_EQ(transaction_begin(db, &t), CKR_OK);
	ATF_REQUIRE_EQ(transaction_store(&t, id, &s), CKR_OK);
	ATF_REQUIRE_EQ(slot_load(&t, s, who, &slot, &there), CKR_OK);
	ATF_REQUIRE(there);
	return slot.cost;
}

static void
check_cost(struct database *db, uint64_t id, const char *who,
    uint32_t memory, uint32_t passes)
{
	struct pin_cost cost = cost_of(db, id, who);

	ATF_CHECK_EQ_MSG(cost.memory, memory, "%s: %u KiB", who, cost.memory);
	ATF_CHECK_EQ_MSG(cost.passes, passes, "%s: %u passes", who,
	    cost.passes);
}

/* The database configured for more, or less, than when the PINs were set. */
ATF_TC_WITHOUT_HEAD(cost__is_raised_by_the_next_right_pin);
ATF_TC_BODY(cost__is_raised_by_the_next_right_pin, tc)
{
	struct database *db = fixture("db");
	_cleanup_(secret_wipe) struct secret so = { NULL, 0 },
	    his = { NULL, 0 };
	uint64_t id = token(db, &so);
	struct store_user seen;
	char who[PIN_WHO_SIZE];

	ATF_REQUIRE_EQ(user_add(db, id, &so, &web, who), CKR_OK);
	db->cost = (struct pin_cost){ .memory = 128, .passes = 2, .lanes = 1 };
	ATF_CHECK_EQ(try(db, id, who, wrong), CKR_PIN_INCORRECT);
	check_cost(db, id, who, 64, 1);
	ATF_REQUIRE_EQ(pin_login(db, id, who, web_pin, &his), CKR_OK);
	ATF_CHECK(his.len == so.len &&
	    memcmp(his.data, so.data, so.len) == 0);
	check_cost(db, id, who, 128, 2);
	ATF_CHECK_EQ(try(db, id, PIN_SO, so_pin), CKR_OK);
	check_cost(db, id, PIN_SO, 128, 2);
	check_cost(db, id, PIN_USER, 64, 1);
	db->cost = (struct pin_cost){ .memory = 64, .passes = 3, .lanes = 1 };
	ATF_CHECK_EQ(try(db, id, who, web_pin), CKR_OK);
	check_cost(db, id, who, 128, 3);
	db->cost = (struct pin_cost){ .memory = 64, .passes = 1, .lanes = 1 };
	ATF_CHECK_EQ(try(db, id, who, web_pin), CKR_OK);
	check_cost(db, id, who, 128, 3);
	ATF_REQUIRE_EQ(users(db, id, &seen), 1);
	ATF_CHECK_STREQ(seen.name, "web");
	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
}

/* A cost at which there is no hash, as where memory lacks: the PIN is right all
 * the same. */
ATF_TC_WITHOUT_HEAD(cost__that_cannot_be_paid_refuses_no_one);
ATF_TC_BODY(cost__that_cannot_be_paid_refuses_no_one, tc)
{
	struct database *db = fixture("db");
	_cleanup_(secret_wipe) struct secret so = { NULL, 0 };
	uint64_t id = token(db, &so);

	db->cost = (struct pin_cost){ .memory = 128, .passes = 1, .lanes = 0 };
	ATF_CHECK_EQ(try(db, id, PIN_USER, user_pin), CKR_OK);
	check_cost(db, id, PIN_USER, 64, 1);
	database_close(db);
}

/* What was configured since the PIN was set holds from the next right one. */
ATF_TC_WITHOUT_HEAD(tries__are_as_configured_after_a_right_pin);
ATF_TC_BODY(tries__are_as_configured_after_a_right_pin, tc)
{
	struct database *db = fixture("db");
	_cleanup_(secret_wipe) struct secret so = { NULL, 0 };
	uint64_t id = token(db, &so);
	struct store_user seen;
	char who[PIN_WHO_SIZE];

	ATF_REQUIRE_EQ(user_add(db, id, &so, &web, who), CKR_OK);
	db->pin_tries = 5;
	ATF_CHECK_EQ(try(db, id, who, wrong), CKR_PIN_INCORRECT);
	ATF_REQUIRE_EQ(users(db, id, &seen), 1);
	ATF_CHECK_EQ(seen.pin.tries_left, 2);
	ATF_CHECK(seen.pin.failed_before);
	ATF_CHECK_EQ(try(db, id, who, web_pin), CKR_OK);
	ATF_REQUIRE_EQ(users(db, id, &seen), 1);
	ATF_CHECK_EQ(seen.pin.tries_left, 5);
	ATF_CHECK(!seen.pin.failed_before);
	database_close(db);
}

static void
put_private(struct database *db, uint64_t id, const struct secret *key)
{
	struct change c = { .kind = CHANGE_CREATE, .store = id, .to = id,
		.private_key = key };

	c.record = (struct record_new){ .class = CKO_DATA, .private = true,
		.plain = { "hidden", 6 } };
	ATF_REQUIRE_EQ(database_apply(db, &c, 1), CKR_OK);
}

/* An integer overflow, an error, for each object that is not as it was. */
#define OVERFLOW_IF_CHANGED \
	"SELECT abs(-9223372036854775808) FROM old.object o LEFT JOIN " \
	"object n USING (id) WHERE n.record IS NOT o.record OR " \
	"n.version <> o.version"

ATF_TC_WITHOUT_HEAD(pin__new_ones_seal_no_object_anew);
ATF_TC_BODY(pin__new_ones_seal_no_object_anew, tc)
{
	struct database *db = fixture("db");
	_cleanup_(secret_wipe) struct secret so = { NULL, 0 };
	struct user_change pin = { .pin = new_pin };
	uint64_t id = token(db, &so);
	char who[PIN_WHO_SIZE];

	for (int i = 0; i < 3; i++)
		put_private(db, id, &so);
	ATF_REQUIRE_EQ(user_add(db, id, &so, &web, who), CKR_OK);
	database_close(db);
	fixture_copy("db", "old");
	db = fixture("db");
	ATF_CHECK_EQ(pin_set(db, id, PIN_USER, user_pin, new_pin), CKR_OK);
	ATF_CHECK_EQ(pin_set(db, id, PIN_SO, so_pin, new_pin), CKR_OK);
	ATF_CHECK_EQ(pin_set(db, id, who, web_pin, new_pin), CKR_OK);
	ATF_CHECK_EQ(pin_init(db, id, &so, user_pin), CKR_OK);
	ATF_CHECK_EQ(user_set(db, id, &so, who, &pin), CKR_OK);
	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
	fixture_sql("db", "old", OVERFLOW_IF_CHANGED);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, user__opens_the_same_key_with_a_pin_of_his_own);
	ATF_TP_ADD_TC(tp, user__is_changed_and_removed);
	ATF_TP_ADD_TC(tp, user__name_is_sealed);
	ATF_TP_ADD_TC(tp, user__survives_rekeying_and_a_new_user_pin);
	ATF_TP_ADD_TC(tp, user__replayed_or_hidden_is_found);
	ATF_TP_ADD_TC(tp, cost__is_raised_by_the_next_right_pin);
	ATF_TP_ADD_TC(tp, cost__that_cannot_be_paid_refuses_no_one);
	ATF_TP_ADD_TC(tp, tries__are_as_configured_after_a_right_pin);
	ATF_TP_ADD_TC(tp, pin__new_ones_seal_no_object_anew);
	return atf_no_error();
}
