/* Backups through the module: what a client reads in pieces, another sets. */
#include "tests/lib/p11.h"

#include <stdlib.h>
#include <unistd.h>

static CK_BYTE key[32] = "thirty-two bytes of a backup key";

struct stream {
	CK_BYTE *data;
	CK_ULONG len;
};

static CK_OBJECT_HANDLE
transfer(CK_SESSION_HANDLE s, CK_OBJECT_CLASS class, const char *as,
    bool replace)
{
	CK_OBJECT_HANDLE o = 0;
	CK_BYTE any = 1;
	CK_ATTRIBUTE t[4] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_VECS_BACKUP_KEY, key, sizeof(key) },
	};
	CK_ULONG n = 2;

	if (as != NULL)
		t[n++] = (CK_ATTRIBUTE){ CKA_VECS_RESTORE_AS,
			(void *)(uintptr_t)as, strlen(as) };
	if (replace)
		t[n++] = (CK_ATTRIBUTE){ CKA_VECS_REPLACE, &any, 1 };
	REQUIRE_OK(p11->C_CreateObject(s, t, n, &o));
	return o;
}

static struct stream
backup_read(CK_SESSION_HANDLE s)
{
	CK_OBJECT_HANDLE o = transfer(s, CKO_VECS_BACKUP, NULL, false);
	struct stream all = { malloc(1 << 22), 0 };
	CK_ATTRIBUTE t;

	do {
		t = (CK_ATTRIBUTE){ CKA_VECS_CHUNK, NULL, 0 };
		REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
		ATF_REQUIRE(all.len + t.ulValueLen < 1 << 22);
		t.pValue = all.data + all.len;
		REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
		all.len += t.ulValueLen;
	} while (t.ulValueLen != 0);
	REQUIRE_OK(p11->C_DestroyObject(s, o));
	return all;
}

static CK_RV
restore_write(CK_SESSION_HANDLE s, const struct stream *all, const char *as,
    bool replace)
{
	CK_OBJECT_HANDLE o = transfer(s, CKO_VECS_RESTORE, as, replace);
	CK_ATTRIBUTE t = { CKA_VECS_CHUNK, NULL, 0 };
	CK_RV rv;

	for (CK_ULONG at = 0; at < all->len; at += 1000) {
		t.pValue = all->data + at;
		t.ulValueLen = all->len - at < 1000 ? all->len - at : 1000;
		REQUIRE_OK(p11->C_SetAttributeValue(s, o, &t, 1));
	}
	t = (CK_ATTRIBUTE){ CKA_VECS_CHUNK, NULL, 0 };
	rv = p11->C_SetAttributeValue(s, o, &t, 1);
	REQUIRE_OK(p11->C_DestroyObject(s, o));
	return rv;
}

ATF_TC_WITHOUT_HEAD(backup__of_one_store_and_back);
ATF_TC_BODY(backup__of_one_store_and_back, tc)
{
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE s, empty;
	struct stream all;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	p11_data(s, true, "note", "text");
	p11_key_pair(s, true, "key", &public, &private);
	all = backup_read(s);
	ATF_CHECK(all.len > 1000);
	empty = p11_session(p11_slot(NULL), false);
	CHECK_RV(restore_write(empty, &all, NULL, false), CKR_VECS_EXISTS);
	CHECK_RV(restore_write(empty, &all, "copy", false), CKR_OK);
	REQUIRE_OK(p11->C_DestroyObject(s, private));
	CHECK_RV(restore_write(s, &all, NULL, true), CKR_OK);
	/* Non-extractable, and it signs in both places. */
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_PRIVATE_KEY, &private, 1), 1);
	CHECK_RV(p11_sign(s, private), CKR_OK);
	s = p11_session(p11_slot("copy"), true);
	ATF_CHECK_EQ(p11_find(s, "note", NULL), 1);
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_PRIVATE_KEY, &private, 1), 1);
	CHECK_RV(p11_sign(s, private), CKR_OK);
	free(all.data);
}

ATF_TC_WITHOUT_HEAD(backup__of_all_stores_into_a_new_instance);
ATF_TC_BODY(backup__of_all_stores_into_a_new_instance, tc)
{
	CK_UTF8CHAR pin[] = "user-pin", wrong[] = "no-pin!!";
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE s;
	struct stream all;

	p11_start();
	s = p11_session(p11_new_token("hsm"), true);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, pin, 8));
	p11_key_pair(s, true, "key", &public, &private);
	p11_data(p11_session(p11_slot("vpxd"), true), true, "note", "text");
	all = backup_read(p11_session(p11_slot(NULL), false));
	REQUIRE_OK(p11->C_Finalize(NULL));
	ATF_REQUIRE_EQ(rename("home", "old-home"), 0);
	REQUIRE_OK(p11->C_Initialize(NULL));
	CHECK_RV(restore_write(p11_session(p11_slot(NULL), false), &all, NULL,
	    false), CKR_OK);
	ATF_CHECK_EQ(p11_find(p11_session(p11_slot("vpxd"), false), "note",
	    NULL), 1);
	s = p11_session(p11_slot("hsm"), true);
	ATF_CHECK_EQ(p11_find_class(s, CKO_PRIVATE_KEY, &private, 1), 0);
	CHECK_RV(p11->C_Login(s, CKU_USER, wrong, 8), CKR_PIN_INCORRECT);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, pin, 8));
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_PRIVATE_KEY, &private, 1), 1);
	CHECK_RV(p11_sign(s, private), CKR_OK);
	free(all.data);
}

ATF_TC_WITHOUT_HEAD(backup__what_is_refused);
ATF_TC_BODY(backup__what_is_refused, tc)
{
	CK_OBJECT_CLASS class = CKO_VECS_BACKUP;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_VECS_BACKUP_KEY, key, 31 },
	};
	CK_OBJECT_HANDLE o;
	CK_SESSION_HANDLE s, ro;
	struct stream all;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	ro = p11_session(p11_slot("machine"), false);
	CHECK_RV(p11->C_CreateObject(s, t, 1, &o), CKR_TEMPLATE_INCOMPLETE);
	CHECK_RV(p11->C_CreateObject(s, t, 2, &o),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	t[1].ulValueLen = 32;
	REQUIRE_OK(p11->C_CreateObject(s, t, 2, &o));
	CHECK_RV(p11->C_CreateObject(s, t, 2, &o), CKR_OPERATION_ACTIVE);
	CHECK_RV(p11->C_SetAttributeValue(s, o, &t[1], 1),
	    CKR_ACTION_PROHIBITED);
	REQUIRE_OK(p11->C_DestroyObject(s, o));
	class = CKO_VECS_RESTORE;
	CHECK_RV(p11->C_CreateObject(ro, t, 2, &o), CKR_SESSION_READ_ONLY);
	all = backup_read(s);
	all.data[all.len / 2] ^= 4;
	CHECK_RV(restore_write(s, &all, "copy", false), CKR_DATA_INVALID);
	all.data[all.len / 2] ^= 4;
	key[3] ^= 1;
	CHECK_RV(restore_write(s, &all, "copy", false), CKR_DATA_INVALID);
	free(all.data);
}

ATF_TC_WITHOUT_HEAD(rekey__through_the_module);
ATF_TC_BODY(rekey__through_the_module, tc)
{
	CK_OBJECT_CLASS class = CKO_VECS_REKEY;
	CK_OBJECT_HANDLE public, private, o, copy;
	CK_BYTE go[1] = { 1 };
	char progress[48] = "";
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_ATTRIBUTE next = { CKA_VECS_PROGRESS, go, 1 }, read;
	CK_SESSION_HANDLE s, empty;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	p11_key_pair(s, true, "key", &public, &private);
	CHECK_RV(p11->C_CreateObject(s, &t, 1, &o),
	    CKR_TEMPLATE_INCONSISTENT);
	empty = p11_session(p11_slot(NULL), false);
	REQUIRE_OK(p11->C_CreateObject(empty, &t, 1, &o));
	for (int i = 0; i < 8; i++)
		REQUIRE_OK(p11->C_SetAttributeValue(empty, o, &next, 1));
	read = (CK_ATTRIBUTE){ CKA_VECS_PROGRESS, progress,
		sizeof(progress) - 1 };
	REQUIRE_OK(p11->C_GetAttributeValue(empty, o, &read, 1));
	ATF_CHECK_STREQ(progress, "8/8");
	REQUIRE_OK(p11->C_DestroyObject(empty, o));
	CHECK_RV(p11_sign(s, private), CKR_OK);
	ATF_CHECK_EQ(p11_find(s, "key", &copy), 2);
	REQUIRE_OK(p11->C_Finalize(NULL));
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = p11_session(p11_slot("machine"), true);
	ATF_CHECK_EQ(p11_find(s, "key", &copy), 2);
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_PRIVATE_KEY, &private, 1), 1);
	CHECK_RV(p11_sign(s, private), CKR_OK);
	class = CKO_VECS_CHECK;
	REQUIRE_OK(p11->C_CreateObject(p11_session(p11_slot(NULL), false),
	    &t, 1, &o));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, rekey__through_the_module);
	ATF_TP_ADD_TC(tp, backup__of_one_store_and_back);
	ATF_TP_ADD_TC(tp, backup__of_all_stores_into_a_new_instance);
	ATF_TP_ADD_TC(tp, backup__what_is_refused);
	return atf_no_error();
}
