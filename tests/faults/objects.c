/* Scenarios: objects come, change and go. */
#include "tests/faults/stage.h"

#include <string.h>

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static CK_RV
data_create(struct stage *st)
{
	return p11_try_data(st->s, true, true, "data", "value", &st->made[0]);
}

static CK_RV
session_create(struct stage *st)
{
	return p11_try_data(st->s, false, true, "here", "value",
	    &st->made[0]);
}

static void
made_destroy(struct stage *st)
{
	for (int i = 0; i < 2; i++)
		if (st->made[i] != 0)
			REQUIRE_OK(p11->C_DestroyObject(st->s, st->made[i]));
}

static void
data_before(struct stage *st)
{
	REQUIRE_OK(data_create(st));
}

static CK_RV
data_destroy(struct stage *st)
{
	CK_RV rv = p11->C_DestroyObject(st->s, st->made[0]);

	if (rv == CKR_OK)
		st->made[0] = 0;
	return rv;
}

static CK_RV
data_change(struct stage *st)
{
	CK_ATTRIBUTE t = { CKA_LABEL, (void *)(uintptr_t)"other", 5 };

	return p11->C_SetAttributeValue(st->s, st->made[0], &t, 1);
}

static CK_RV
data_copy(struct stage *st)
{
	CK_ATTRIBUTE t = { CKA_LABEL, (void *)(uintptr_t)"copy", 4 };

	return p11->C_CopyObject(st->s, st->made[0], &t, 1, &st->made[1]);
}

static CK_RV
pair_generate(struct stage *st)
{
	static CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1,
		7 };
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE public[] = { { CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_EC_PARAMS, p256, sizeof(p256) } };

	return p11->C_GenerateKeyPair(st->s, &m, public, 2, public, 1,
	    &st->made[0], &st->made[1]);
}

static CK_RV
rsa_generate(struct stage *st)
{
	CK_ULONG bits = 2048;
	CK_MECHANISM m = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE public = { CKA_MODULUS_BITS, &bits, sizeof(bits) };

	return p11->C_GenerateKeyPair(st->s, &m, &public, 1, NULL, 0,
	    &st->made[0], &st->made[1]);
}

static CK_RV
key_generate(struct stage *st)
{
	CK_ULONG len = 16;
	CK_MECHANISM m = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ATTRIBUTE t[] = { { CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_VALUE_LEN, &len, sizeof(len) } };

	return p11->C_GenerateKey(st->s, &m, t, COUNT(t), &st->made[0]);
}

static CK_RV
key_move(struct stage *st)
{
	CK_BYTE wrapped[4096];
	CK_ULONG len = sizeof(wrapped);
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_MECHANISM m = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &no, sizeof(no) } };
	CK_RV rv = p11->C_WrapKey(st->s, &m, st->aes, st->private, wrapped,
	    &len);

	if (rv != CKR_OK)
		return rv;
	return p11->C_UnwrapKey(st->s, &m, st->aes, wrapped, len, t, COUNT(t),
	    &st->made[0]);
}

/* Two changes in one batch: one commit. */
static CK_RV
batch_commit(struct stage *st)
{
	CK_OBJECT_CLASS class = CKO_VECS_BATCH;
	CK_BYTE id[16] = { 1 };
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_VECS_BATCH_ID, id, sizeof(id) } };
	CK_ATTRIBUTE commit = { CKA_VECS_COMMIT, &yes, 1 };
	CK_RV rv = p11->C_CreateObject(st->s, t, COUNT(t), &st->batch);

	if (rv == CKR_OK)
		rv = p11_try_data(st->s, true, false, "one", "1",
		    &st->made[0]);
	if (rv == CKR_OK)
		rv = p11_try_data(st->s, true, true, "two", "2",
		    &st->made[1]);
	if (rv == CKR_OK)
		rv = p11->C_SetAttributeValue(st->s, st->batch, &commit, 1);
	return rv;
}

/* What was not committed goes with the batch. */
static void
batch_end(struct stage *st)
{
	CK_OBJECT_HANDLE o;

	if (st->batch != 0)
		REQUIRE_OK(p11->C_DestroyObject(st->s, st->batch));
	st->batch = 0;
	if (p11_find(st->s, "one", &o) != 0)
		REQUIRE_OK(p11->C_DestroyObject(st->s, o));
	if (p11_find(st->s, "two", &o) != 0)
		REQUIRE_OK(p11->C_DestroyObject(st->s, o));
}

const struct scenario object_scenarios[] = {
	{ "create", NULL, data_create, made_destroy, 1 },
	{ "create in the session", NULL, session_create, made_destroy, 1 },
	{ "destroy", data_before, data_destroy, made_destroy, -1 },
	{ "change", data_before, data_change, made_destroy, 0 },
	{ "copy", data_before, data_copy, made_destroy, 1 },
	{ "generate a pair", NULL, pair_generate, made_destroy, 2 },
	{ "generate a key", NULL, key_generate, made_destroy, 1 },
	{ "wrap and unwrap", NULL, key_move, made_destroy, 1 },
	{ "commit a batch", NULL, batch_commit, batch_end, 2 },
	{ "generate RSA", NULL, rsa_generate, made_destroy, 2, true },
	{ NULL },
};
