/* Batches: all or nothing, seen by their sessions alone, with preconditions. */
#include "tests/lib/p11.h"

static CK_OBJECT_HANDLE
batch(CK_SESSION_HANDLE s, CK_BYTE number)
{
	CK_OBJECT_CLASS class = CKO_VECS_BATCH;
	CK_BYTE id[16] = { number };
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_VECS_BATCH_ID, id, sizeof(id) } };
	CK_OBJECT_HANDLE o = 0;

	REQUIRE_OK(p11->C_CreateObject(s, t, COUNT(t), &o));
	return o;
}

static CK_RV
set_text(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type,
    const char *text)
{
	CK_ATTRIBUTE t = { type, (void *)(uintptr_t)text, strlen(text) };

	return p11->C_SetAttributeValue(s, o, &t, 1);
}

static CK_RV
commit(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE b)
{
	return set_text(s, b, CKA_VECS_COMMIT, "1");
}

static const char *
text_of(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type)
{
	static char text[128];
	CK_ATTRIBUTE t = { type, text, sizeof(text) - 1 };

	memset(text, 0, sizeof(text));
	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
	return text;
}

ATF_TC_WITHOUT_HEAD(batch__is_seen_by_its_sessions_alone);
ATF_TC_BODY(batch__is_seen_by_its_sessions_alone, tc)
{
	CK_SESSION_HANDLE s, outside;
	CK_OBJECT_HANDLE b, made, old, gone;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	outside = p11_session(p11_slot("machine"), true);
	old = p11_data(s, true, "old", "1");
	gone = p11_data(s, true, "gone", "1");
	b = batch(s, 1);
	made = p11_data(s, true, "made", "2");
	REQUIRE_OK(set_text(s, old, CKA_LABEL, "renamed"));
	REQUIRE_OK(p11->C_DestroyObject(s, gone));
	ATF_CHECK_EQ(p11_find(s, "made", NULL), 1);
	ATF_CHECK_EQ(p11_find(s, "renamed", NULL), 1);
	ATF_CHECK_EQ(p11_find(s, "old", NULL), 0);
	ATF_CHECK_EQ(p11_find(s, "gone", NULL), 0);
	ATF_CHECK_EQ(p11_find(outside, "made", NULL), 0);
	ATF_CHECK_EQ(p11_find(outside, "renamed", NULL), 0);
	ATF_CHECK_EQ(p11_find(outside, "old", NULL), 1);
	ATF_CHECK_EQ(p11_find(outside, "gone", NULL), 1);
	ATF_CHECK_STREQ(text_of(s, made, CKA_VALUE), "2");
	ATF_CHECK_STREQ(text_of(s, old, CKA_LABEL), "renamed");
	ATF_CHECK_STREQ(text_of(outside, old, CKA_LABEL), "old");
	REQUIRE_OK(commit(s, b));
	ATF_CHECK_EQ(p11_find(outside, "made", NULL), 1);
	ATF_CHECK_EQ(p11_find(outside, "renamed", NULL), 1);
	ATF_CHECK_EQ(p11_find(outside, "gone", NULL), 0);
	ATF_CHECK_STREQ(text_of(s, made, CKA_VALUE), "2");
	CHECK_RV(p11->C_DestroyObject(s, b), CKR_OK);
	ATF_CHECK_EQ(p11_find(outside, NULL, NULL), 2);
}

ATF_TC_WITHOUT_HEAD(batch__dropped_leaves_nothing);
ATF_TC_BODY(batch__dropped_leaves_nothing, tc)
{
	CK_SESSION_HANDLE s, other;
	CK_OBJECT_HANDLE b, old;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	old = p11_data(s, true, "old", "1");
	b = batch(s, 1);
	p11_data(s, true, "made", "2");
	REQUIRE_OK(p11->C_DestroyObject(s, old));
	REQUIRE_OK(p11->C_DestroyObject(s, b));
	ATF_CHECK_EQ(p11_find(s, "made", NULL), 0);
	ATF_CHECK_EQ(p11_find(s, "old", NULL), 1);
	/* Closing a joined session drops it for the other one too. */
	batch(s, 2);
	other = p11_session(p11_slot("vpxd"), true);
	b = batch(other, 2);
	p11_data(other, true, "far", "3");
	REQUIRE_OK(p11->C_CloseSession(s));
	CHECK_RV(p11_try_data(other, true, false, "x", "y",
	    &(CK_ULONG){ 0 }), CKR_ACTION_PROHIBITED);
	CHECK_RV(commit(other, b), CKR_ACTION_PROHIBITED);
	REQUIRE_OK(p11->C_DestroyObject(other, b));
	ATF_CHECK_EQ(p11_find(other, NULL, NULL), 0);
}

ATF_TC_WITHOUT_HEAD(batch__two_stores_in_one_transaction);
ATF_TC_BODY(batch__two_stores_in_one_transaction, tc)
{
	CK_SESSION_HANDLE a, b;
	CK_OBJECT_HANDLE batch_a, batch_b;

	p11_start();
	a = p11_session(p11_slot("machine"), true);
	b = p11_session(p11_slot("vpxd"), true);
	batch_a = batch(a, 7);
	batch_b = batch(b, 7);
	p11_data(a, true, "one", "1");
	p11_data(b, true, "two", "2");
	ATF_CHECK_EQ(p11_find(a, NULL, NULL), 2); /* one and the batch */
	REQUIRE_OK(commit(a, batch_a));
	REQUIRE_OK(p11->C_DestroyObject(a, batch_a));
	REQUIRE_OK(p11->C_DestroyObject(b, batch_b));
	ATF_CHECK_EQ(p11_find(a, "one", NULL), 1);
	ATF_CHECK_EQ(p11_find(b, "two", NULL), 1);
}

ATF_TC_WITHOUT_HEAD(batch__a_taken_alias_stops_it);
ATF_TC_BODY(batch__a_taken_alias_stops_it, tc)
{
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE b, old;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	old = p11_data(s, true, "Alias", "1");
	b = batch(s, 1);
	REQUIRE_OK(set_text(s, b, CKA_VECS_ABSENT, "aLIAS"));
	p11_data(s, true, "alias", "2");
	CHECK_RV(commit(s, b), CKR_VECS_EXISTS);
	REQUIRE_OK(p11->C_DestroyObject(s, b));
	ATF_CHECK_EQ(p11_find(s, "alias", NULL), 0);
	/* What the batch itself deletes does not stand in its way. */
	b = batch(s, 2);
	REQUIRE_OK(set_text(s, b, CKA_VECS_ABSENT, "alias"));
	REQUIRE_OK(p11->C_DestroyObject(s, old));
	p11_data(s, true, "alias", "2");
	REQUIRE_OK(commit(s, b));
	ATF_CHECK_EQ(p11_find(s, "alias", NULL), 1);
	ATF_CHECK_EQ(p11_find(s, "Alias", NULL), 0);
}

ATF_TC_WITHOUT_HEAD(batch__a_change_meanwhile_stops_it);
ATF_TC_BODY(batch__a_change_meanwhile_stops_it, tc)
{
	CK_SESSION_HANDLE s, other;
	CK_OBJECT_HANDLE b, o, p;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	other = p11_session(p11_slot("machine"), true);
	o = p11_data(s, true, "o", "1");
	p = p11_data(s, true, "p", "1");
	b = batch(s, 1);
	REQUIRE_OK(set_text(s, o, CKA_LABEL, "mine"));
	REQUIRE_OK(p11->C_DestroyObject(s, p));
	REQUIRE_OK(set_text(other, p, CKA_LABEL, "yours"));
	CHECK_RV(commit(s, b), CKR_ACTION_PROHIBITED);
	REQUIRE_OK(p11->C_DestroyObject(s, b));
	ATF_CHECK_EQ(p11_find(s, "o", NULL), 1);
	ATF_CHECK_EQ(p11_find(s, "yours", NULL), 1);
}

ATF_TC_WITHOUT_HEAD(batch__moves_with_identity_and_key);
ATF_TC_BODY(batch__moves_with_identity_and_key, tc)
{
	CK_SESSION_HANDLE s, backup;
	CK_OBJECT_HANDLE b, public, private, store, moved;
	char serial[17], unique[64];
	CK_ATTRIBUTE t[] = { { CKA_VECS_STORE, serial, 16 },
		{ CKA_LABEL, (void *)(uintptr_t)"bkp_key", 7 } };

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	backup = p11_session(p11_slot("BACKUP_STORE"), true);
	p11_key_pair(s, true, "key", &public, &private);
	REQUIRE_OK(p11_sign(s, private));
	strcpy(unique, text_of(s, private, CKA_UNIQUE_ID));
	ATF_REQUIRE_EQ(p11_find_class(backup, CKO_VECS_STORE, &store, 1), 1);
	strcpy(serial, text_of(backup, store, CKA_VECS_STORE));
	/* Outside a batch nothing moves. */
	CHECK_RV(p11->C_SetAttributeValue(s, private, t, 2),
	    CKR_ACTION_PROHIBITED);
	b = batch(s, 1);
	REQUIRE_OK(p11->C_SetAttributeValue(s, private, t, 2));
	ATF_CHECK_EQ(p11_find(backup, "bkp_key", NULL), 0);
	REQUIRE_OK(commit(s, b));
	REQUIRE_OK(p11->C_DestroyObject(s, b));
	ATF_CHECK_EQ(p11_find(s, "key", NULL), 1); /* the public one */
	ATF_REQUIRE_EQ(p11_find(backup, "bkp_key", &moved), 1);
	ATF_CHECK_STREQ(text_of(backup, moved, CKA_UNIQUE_ID), unique);
	CHECK_RV(p11_sign(backup, moved), CKR_OK);
	/* Who held the key goes on signing with it. */
	CHECK_RV(p11_sign(s, private), CKR_OK);
	REQUIRE_OK(p11->C_DestroyObject(backup, moved));
	CHECK_RV(p11_sign(s, private), CKR_KEY_HANDLE_INVALID);
}

/* A move leaves the cell as it is, so that a key in use may be older than the
 * disk: a change finds out, and is made all the same. */
ATF_TC_WITHOUT_HEAD(batch__moved_away_and_back_can_be_changed);
ATF_TC_BODY(batch__moved_away_and_back_can_be_changed, tc)
{
	CK_SESSION_HANDLE s, backup;
	CK_OBJECT_HANDLE b, public, o, away, store[2];
	char serials[2][17] = { "", "" };
	CK_ATTRIBUTE t = { CKA_VECS_STORE, serials[1], 16 };

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	backup = p11_session(p11_slot("BACKUP_STORE"), true);
	p11_key_pair(s, true, "wanderer", &public, &o);
	REQUIRE_OK(p11->C_DestroyObject(s, public));
	CHECK_RV(p11_sign(s, o), CKR_OK);
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_VECS_STORE, &store[0], 1), 1);
	ATF_REQUIRE_EQ(p11_find_class(backup, CKO_VECS_STORE, &store[1], 1),
	    1);
	strcpy(serials[0], text_of(s, store[0], CKA_VECS_STORE));
	strcpy(serials[1], text_of(backup, store[1], CKA_VECS_STORE));
	b = batch(s, 1);
	REQUIRE_OK(p11->C_SetAttributeValue(s, o, &t, 1));
	REQUIRE_OK(commit(s, b));
	REQUIRE_OK(p11->C_DestroyObject(s, b));
	ATF_REQUIRE_EQ(p11_find(backup, "wanderer", &away), 1);
	b = batch(backup, 2);
	t.pValue = serials[0];
	REQUIRE_OK(p11->C_SetAttributeValue(backup, away, &t, 1));
	REQUIRE_OK(commit(backup, b));
	REQUIRE_OK(p11->C_DestroyObject(backup, b));
	CHECK_RV(set_text(s, o, CKA_LABEL, "home"), CKR_OK);
	ATF_CHECK_EQ(p11_find(s, "home", NULL), 1);
	CHECK_RV(p11->C_DestroyObject(s, o), CKR_OK);
	ATF_CHECK_EQ(p11_find(s, "home", NULL), 0);
}

ATF_TC_WITHOUT_HEAD(batch__needs_rw_and_a_good_id);
ATF_TC_BODY(batch__needs_rw_and_a_good_id, tc)
{
	CK_OBJECT_CLASS class = CKO_VECS_BATCH;
	CK_BYTE id[16] = { 1 };
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_VECS_BATCH_ID, id, sizeof(id) } };
	CK_OBJECT_HANDLE o;
	CK_UTF8CHAR label[33] = "Alpha                           ";
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_slot("machine"), false);
	CHECK_RV(p11->C_CreateObject(s, t, 2, &o), CKR_SESSION_READ_ONLY);
	s = p11_session(p11_slot("machine"), true);
	t[1].ulValueLen = 15;
	CHECK_RV(p11->C_CreateObject(s, t, 2, &o),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	CHECK_RV(p11->C_CreateObject(s, t, 1, &o),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	o = batch(s, 1);
	t[1].ulValueLen = 16;
	CHECK_RV(p11->C_CreateObject(s, t, 2, &o), CKR_OPERATION_ACTIVE);
	/* A batch holds no lock: others go on. */
	REQUIRE_OK(p11->C_InitToken(p11_slot(NULL), NULL, 0, label));
}

ATF_TC_WITHOUT_HEAD(batch__what_it_made_can_be_changed_and_unmade);
ATF_TC_BODY(batch__what_it_made_can_be_changed_and_unmade, tc)
{
	CK_SESSION_HANDLE s, backup;
	CK_OBJECT_HANDLE b, kept, gone, moved, store;
	char serial[17];

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	backup = p11_session(p11_slot("BACKUP_STORE"), true);
	ATF_REQUIRE_EQ(p11_find_class(backup, CKO_VECS_STORE, &store, 1), 1);
	strcpy(serial, text_of(backup, store, CKA_VECS_STORE));
	b = batch(s, 1);
	kept = p11_data(s, true, "kept", "1");
	gone = p11_data(s, true, "gone", "2");
	moved = p11_data(s, true, "moved", "3");
	REQUIRE_OK(set_text(s, kept, CKA_LABEL, "renamed"));
	ATF_CHECK_STREQ(text_of(s, kept, CKA_LABEL), "renamed");
	REQUIRE_OK(set_text(s, kept, CKA_VALUE, "one"));
	REQUIRE_OK(p11->C_DestroyObject(s, gone));
	CHECK_RV(p11->C_DestroyObject(s, gone), CKR_OBJECT_HANDLE_INVALID);
	REQUIRE_OK(set_text(s, moved, CKA_VECS_STORE, serial));
	REQUIRE_OK(commit(s, b));
	ATF_CHECK_STREQ(text_of(s, kept, CKA_LABEL), "renamed");
	ATF_CHECK_STREQ(text_of(s, kept, CKA_VALUE), "one");
	CHECK_RV(p11->C_DestroyObject(s, gone), CKR_OBJECT_HANDLE_INVALID);
	ATF_CHECK_EQ(p11_find(s, "moved", NULL), 0);
	ATF_CHECK_EQ(p11_find(backup, "moved", NULL), 1);
}

ATF_TC_WITHOUT_HEAD(batch__dropped_leaves_no_handle);
ATF_TC_BODY(batch__dropped_leaves_no_handle, tc)
{
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE b, made;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	b = batch(s, 1);
	made = p11_data(s, true, "made", "1");
	REQUIRE_OK(p11->C_DestroyObject(s, b));
	CHECK_RV(p11->C_DestroyObject(s, made), CKR_OBJECT_HANDLE_INVALID);
	/* Nor does it when it is found in the middle of another one. */
	b = batch(s, 2);
	CHECK_RV(p11->C_DestroyObject(s, made), CKR_OBJECT_HANDLE_INVALID);
	REQUIRE_OK(commit(s, b));
}

ATF_TC_WITHOUT_HEAD(batch__a_private_alias_is_taken_too);
ATF_TC_BODY(batch__a_private_alias_is_taken_too, tc)
{
	CK_UTF8CHAR user[] = "user-pin";
	CK_OBJECT_HANDLE b, old;
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_new_token("hsm"), true);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user, 8));
	REQUIRE_OK(p11_try_data(s, true, true, "Alias", "1", &old));
	b = batch(s, 1);
	REQUIRE_OK(set_text(s, b, CKA_VECS_ABSENT, "alias"));
	p11_data(s, true, "alias", "2");
	CHECK_RV(commit(s, b), CKR_VECS_EXISTS);
}

ATF_TC_WITHOUT_HEAD(batch__tokens_and_pins_wait_for_its_end);
ATF_TC_BODY(batch__tokens_and_pins_wait_for_its_end, tc)
{
	CK_UTF8CHAR user[] = "user-pin", so[] = "so-pin";
	CK_OBJECT_HANDLE b;
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_new_token("hsm"), true);
	b = batch(s, 1);
	CHECK_RV(p11->C_SetPIN(s, user, 8, user, 8), CKR_OPERATION_ACTIVE);
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so, 6));
	CHECK_RV(p11->C_InitPIN(s, user, 8), CKR_OPERATION_ACTIVE);
	REQUIRE_OK(p11->C_DestroyObject(s, b));
	CHECK_RV(p11->C_InitPIN(s, user, 8), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(batch__is_its_sessions_own);
ATF_TC_BODY(batch__is_its_sessions_own, tc)
{
	CK_SESSION_HANDLE s, other;
	CK_OBJECT_HANDLE b, c;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	other = p11_session(p11_slot("machine"), true);
	b = batch(s, 1);
	c = batch(other, 2);
	p11_data(s, true, "mine", "1");
	p11_data(other, true, "yours", "2");
	/* By another session's batch object nobody commits or drops his own. */
	CHECK_RV(commit(s, c), CKR_ACTION_PROHIBITED);
	CHECK_RV(p11->C_DestroyObject(s, c), CKR_ACTION_PROHIBITED);
	ATF_CHECK_EQ(p11_find(s, "mine", NULL), 1);
	REQUIRE_OK(commit(s, b));
	REQUIRE_OK(commit(other, c));
	REQUIRE_OK(p11->C_DestroyObject(s, b));
	REQUIRE_OK(p11->C_DestroyObject(other, c));
	ATF_CHECK_EQ(p11_find(s, "mine", NULL), 1);
	ATF_CHECK_EQ(p11_find(s, "yours", NULL), 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, batch__is_seen_by_its_sessions_alone);
	ATF_TP_ADD_TC(tp, batch__dropped_leaves_nothing);
	ATF_TP_ADD_TC(tp, batch__two_stores_in_one_transaction);
	ATF_TP_ADD_TC(tp, batch__a_taken_alias_stops_it);
	ATF_TP_ADD_TC(tp, batch__a_change_meanwhile_stops_it);
	ATF_TP_ADD_TC(tp, batch__moves_with_identity_and_key);
	ATF_TP_ADD_TC(tp, batch__moved_away_and_back_can_be_changed);
	ATF_TP_ADD_TC(tp, batch__needs_rw_and_a_good_id);
	ATF_TP_ADD_TC(tp, batch__what_it_made_can_be_changed_and_unmade);
	ATF_TP_ADD_TC(tp, batch__dropped_leaves_no_handle);
	ATF_TP_ADD_TC(tp, batch__a_private_alias_is_taken_too);
	ATF_TP_ADD_TC(tp, batch__tokens_and_pins_wait_for_its_end);
	ATF_TP_ADD_TC(tp, batch__is_its_sessions_own);
	return atf_no_error();
}
