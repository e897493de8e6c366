/* Scenarios: whole stores, by backup, restore, new keys and deletion. */
#include "tests/faults/stage.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_MAX 65536

static CK_BYTE key[32] = { 5 }, any = 1;
static CK_BYTE stream[STREAM_MAX];
static CK_ULONG stream_len;

static CK_RV
transfer_begin(CK_SESSION_HANDLE s, CK_OBJECT_CLASS class,
    CK_OBJECT_HANDLE *out)
{
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_VECS_BACKUP_KEY, key, sizeof(key) },
		{ CKA_VECS_RESTORE_AS, (void *)(uintptr_t)"restored", 8 } };

	return p11->C_CreateObject(s, t, class == CKO_VECS_RESTORE ? 3
	    : class == CKO_VECS_BACKUP ? 2 : 1, out);
}

static CK_RV
backup(struct stage *st)
{
	CK_RV rv = transfer_begin(st->look, CKO_VECS_BACKUP, &st->batch);
	CK_ATTRIBUTE t = { CKA_VECS_CHUNK, stream, STREAM_MAX };

	stream_len = 0;
	while (rv == CKR_OK && t.ulValueLen != 0) {
		t.pValue = stream + stream_len;
		t.ulValueLen = STREAM_MAX - stream_len;
		rv = p11->C_GetAttributeValue(st->look, st->batch, &t, 1);
		stream_len += rv == CKR_OK ? t.ulValueLen : 0;
	}
	return rv;
}

static void
backup_end(struct stage *st)
{
	if (st->batch != 0)
		REQUIRE_OK(p11->C_DestroyObject(st->look, st->batch));
	st->batch = 0;
}

/* The empty slot is another one after each new store. */
static void
empty_before(struct stage *st)
{
	st->empty = p11_session(p11_slot(NULL), false);
}

static void
backup_before(struct stage *st)
{
	REQUIRE_OK(backup(st));
	backup_end(st);
	empty_before(st);
}

static void
empty_end(struct stage *st)
{
	if (st->transfer != 0)
		REQUIRE_OK(p11->C_DestroyObject(st->empty, st->transfer));
	st->transfer = 0;
	p11->C_CloseSession(st->empty);
}

static CK_RV
restore(struct stage *st)
{
	CK_RV rv = transfer_begin(st->empty, CKO_VECS_RESTORE,
	    &st->transfer);
	CK_ATTRIBUTE piece = { CKA_VECS_CHUNK, stream, stream_len },
	    end = { CKA_VECS_CHUNK, NULL, 0 };

	if (rv == CKR_OK)
		rv = p11->C_SetAttributeValue(st->empty, st->transfer,
		    &piece, 1);
	if (rv == CKR_OK)
		rv = p11->C_SetAttributeValue(st->empty, st->transfer,
		    &end, 1);
	return rv;
}

/* The slot of the store of this name; false when there is none. */
static bool
store_find(const char *name, CK_SLOT_ID *out)
{
	CK_SLOT_ID slots[64];
	CK_ULONG n = COUNT(slots);
	size_t len = strlen(name);

	REQUIRE_OK(p11->C_GetSlotList(CK_TRUE, slots, &n));
	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO info;

		REQUIRE_OK(p11->C_GetTokenInfo(slots[i], &info));
		if (memcmp(info.label, name, len) != 0 ||
		    info.label[len] != ' ')
			continue;
		*out = slots[i];
		return true;
	}
	return false;
}

static CK_RV
store_delete(CK_SESSION_HANDLE s)
{
	CK_OBJECT_CLASS class = CKO_VECS_STORE;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE store = 0;
	CK_ULONG got = 0;
	CK_RV rv = p11->C_FindObjectsInit(s, &t, 1);

	if (rv == CKR_OK)
		rv = p11->C_FindObjects(s, &store, 1, &got);
	p11->C_FindObjectsFinal(s);
	if (rv != CKR_OK)
		return rv;
	ATF_CHECK_EQ(got, 1);
	return p11->C_DestroyObject(s, store);
}

/* What is there is whole. */
static void
store_end(const char *name, const char *holds)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE s;

	if (!store_find(name, &slot))
		return;
	s = p11_session(slot, true);
	check_store(s);
	if (holds != NULL)
		ATF_CHECK_EQ(p11_find(s, holds, NULL), 1);
	REQUIRE_OK(store_delete(s));
	REQUIRE_OK(p11->C_CloseSession(s));
}

static void
restore_end(struct stage *st)
{
	empty_end(st);
	store_end("restored", "kept");
}

static void
store_before(struct stage *st)
{
	CK_OBJECT_HANDLE o;

	st->gone = p11_session(p11_new_store("gone"), true);
	REQUIRE_OK(p11_try_data(st->gone, true, true, "inside", "", &o));
}

static CK_RV
store_goes(struct stage *st)
{
	return store_delete(st->gone);
}

static void
gone_end(struct stage *st)
{
	store_end("gone", "inside");
	p11->C_CloseSession(st->gone);
}

static CK_RV
rekey(struct stage *st)
{
	char progress[48];
	CK_ATTRIBUTE go = { CKA_VECS_PROGRESS, &any, 1 };
	CK_RV rv = transfer_begin(st->empty, CKO_VECS_REKEY,
	    &st->transfer);
	unsigned done = 0, all = 1;

	while (rv == CKR_OK && done < all) {
		CK_ATTRIBUTE said = { CKA_VECS_PROGRESS, progress,
			sizeof(progress) - 1 };

		rv = p11->C_SetAttributeValue(st->empty, st->transfer,
		    &go, 1);
		if (rv == CKR_OK)
			rv = p11->C_GetAttributeValue(st->empty, st->transfer,
			    &said, 1);
		if (rv != CKR_OK)
			return rv;
		progress[said.ulValueLen] = '\0';
		ATF_REQUIRE_EQ(sscanf(progress, "%u/%u", &done, &all), 2);
	}
	return rv;
}

/* Half-way it goes on from where it stands. */
static void
rekey_end(struct stage *st)
{
	empty_end(st);
	check_store(st->s);
	check_store(st->pin);
	ATF_CHECK_EQ(p11_find(st->s, "kept", NULL), 1);
}

const struct scenario store_scenarios[] = {
	{ "back up", NULL, backup, backup_end, 0 },
	{ "restore", backup_before, restore, restore_end, 0 },
	{ "delete a store", store_before, store_goes, gone_end, 0 },
	{ "change all keys", empty_before, rekey, rekey_end, 0 },
	{ NULL },
};
