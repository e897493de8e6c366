/* Scenarios: sessions, logins, PINs, stores. */
#include "tests/faults/stage.h"

#include <string.h>

static CK_UTF8CHAR user[] = "user-pin", so[] = "so-pin";

static CK_RV
session_open(struct stage *st)
{
	return p11->C_OpenSession(st->store, CKF_SERIAL_SESSION, NULL, NULL,
	    &st->made[0]);
}

static void
session_close(struct stage *st)
{
	if (st->made[0] != 0)
		REQUIRE_OK(p11->C_CloseSession(st->made[0]));
}

static CK_RV
login(struct stage *st)
{
	return p11->C_Login(st->pin, CKU_USER, user, sizeof(user) - 1);
}

static void
logout(struct stage *st)
{
	CK_RV rv = p11->C_Logout(st->pin);

	ATF_REQUIRE(rv == CKR_OK || rv == CKR_USER_NOT_LOGGED_IN);
}

/* Whatever became of it, the PIN is one or the other, and becomes this one. */
static CK_UTF8CHAR other[] = "otherpin";

static CK_RV
pin_set(struct stage *st)
{
	return p11->C_SetPIN(st->pin, user, sizeof(user) - 1, other,
	    sizeof(other) - 1);
}

static void
pin_back(struct stage *st)
{
	if (login(st) == CKR_PIN_INCORRECT)
		REQUIRE_OK(p11->C_SetPIN(st->pin, other, sizeof(other) - 1,
		    user, sizeof(user) - 1));
	logout(st);
	REQUIRE_OK(login(st));
	ATF_CHECK_EQ(p11_find(st->pin, "secret", NULL), 1);
	logout(st);
}

static void
so_login(struct stage *st)
{
	REQUIRE_OK(p11->C_Login(st->pin, CKU_SO, so, sizeof(so) - 1));
}

static CK_RV
pin_init(struct stage *st)
{
	return p11->C_InitPIN(st->pin, user, sizeof(user) - 1);
}

static void
so_logout(struct stage *st)
{
	logout(st);
	pin_back(st);
}

static CK_RV
store_create(struct stage *st)
{
	CK_SLOT_ID slots[64];
	CK_ULONG n = COUNT(slots);
	CK_UTF8CHAR label[33] = "new                             ";
	CK_RV rv = p11->C_GetSlotList(CK_TRUE, slots, &n);

	(void)st;
	return rv == CKR_OK ? p11->C_InitToken(slots[n - 1], NULL, 0, label)
	                    : rv;
}

/* The store is there with all that a store has, or not at all. */
static void
store_destroy(struct stage *st)
{
	CK_OBJECT_CLASS class = CKO_VECS_STORE;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_SLOT_ID slots[64];
	CK_ULONG n = COUNT(slots);

	(void)st;
	REQUIRE_OK(p11->C_GetSlotList(CK_TRUE, slots, &n));
	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO info;
		CK_SESSION_HANDLE s;
		CK_OBJECT_HANDLE store = 0;
		CK_ULONG got = 0;

		REQUIRE_OK(p11->C_GetTokenInfo(slots[i], &info));
		if (memcmp(info.label, "new ", 4) != 0)
			continue;
		s = p11_session(slots[i], true);
		REQUIRE_OK(p11->C_FindObjectsInit(s, &t, 1));
		REQUIRE_OK(p11->C_FindObjects(s, &store, 1, &got));
		REQUIRE_OK(p11->C_FindObjectsFinal(s));
		ATF_REQUIRE_EQ(got, 1);
		REQUIRE_OK(p11->C_DestroyObject(s, store));
		REQUIRE_OK(p11->C_CloseSession(s));
	}
}

static CK_RV
slots_list(struct stage *st)
{
	CK_SLOT_ID slots[64];
	CK_ULONG n = COUNT(slots);
	CK_TOKEN_INFO info;
	CK_RV rv = p11->C_GetSlotList(CK_TRUE, slots, &n);

	return rv == CKR_OK ? p11->C_GetTokenInfo(st->store, &info) : rv;
}

const struct scenario token_scenarios[] = {
	{ "open a session", NULL, session_open, session_close, 0 },
	{ "list the slots", NULL, slots_list, NULL, 0 },
	{ "log in", NULL, login, logout, 0 },
	{ "set the PIN", NULL, pin_set, pin_back, 0 },
	{ "give a PIN", so_login, pin_init, so_logout, 0 },
	{ "make a store", NULL, store_create, store_destroy, 0 },
	{ NULL },
};
