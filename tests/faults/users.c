/* Scenarios: named users of a token with PINs. */
#include "tests/lib/users.h"

#include "tests/faults/stage.h"

static void
so_login(struct stage *st)
{
	REQUIRE_OK(p11->C_Login(st->pin, CKU_SO, so_pin, 6));
}

static CK_RV
user_make(struct stage *st)
{
	return user_try(st->pin, "web", "read", (const char *)web_pin,
	    &st->made[0]);
}

/* A user who is there can log in; then he goes. */
static void
user_end(struct stage *st)
{
	CK_OBJECT_HANDLE user;
	CK_ULONG n = p11_find_class(st->pin, CKO_VECS_USER, &user, 1);

	ATF_CHECK_EQ(n, st->made[0] != 0);
	REQUIRE_OK(p11->C_Logout(st->pin));
	if (n == 0)
		return;
	REQUIRE_OK(user_login(st->pin, "web", web_pin));
	ATF_CHECK_EQ(p11_find(st->pin, "secret", NULL), 1);
	REQUIRE_OK(p11->C_Logout(st->pin));
	so_login(st);
	ATF_REQUIRE_EQ(p11_find_class(st->pin, CKO_VECS_USER, &user, 1), 1);
	REQUIRE_OK(p11->C_DestroyObject(st->pin, user));
	REQUIRE_OK(p11->C_Logout(st->pin));
}

static void
user_before(struct stage *st)
{
	so_login(st);
	REQUIRE_OK(user_make(st));
}

static CK_RV
user_goes(struct stage *st)
{
	CK_RV rv = p11->C_DestroyObject(st->pin, st->made[0]);

	if (rv == CKR_OK)
		st->made[0] = 0;
	return rv;
}

static CK_RV
user_change(struct stage *st)
{
	return user_set(st->pin, st->made[0], CKA_VECS_RIGHTS, "read,use");
}

static void
login_before(struct stage *st)
{
	user_before(st);
	REQUIRE_OK(p11->C_Logout(st->pin));
}

static CK_RV
login(struct stage *st)
{
	return user_login(st->pin, "web", web_pin);
}

static void
login_end(struct stage *st)
{
	CK_RV rv = p11->C_Logout(st->pin);

	ATF_REQUIRE(rv == CKR_OK || rv == CKR_USER_NOT_LOGGED_IN);
	so_login(st);
	user_end(st);
}

const struct scenario user_scenarios[] = {
	{ "make a user", so_login, user_make, user_end, 0 },
	{ "change a user", user_before, user_change, user_end, 0 },
	{ "remove a user", user_before, user_goes, user_end, 0 },
	{ "log in as a user", login_before, login, login_end, 0 },
	{ NULL },
};
