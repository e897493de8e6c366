/* What a batch does on tokens that have none: undo, and look again. */
#include <atf-c.h>
#include <string.h>

#include "tool/batch.h"

/* A token of some labelled data objects, in memory. */
static struct {
	char labels[8][16]; /* "" is free; the handle is the index + 1 */
	int creates;        /* how many may succeed */
	CK_ULONG found;     /* how far the search is */
} fake;

static CK_RV
fake_create(CK_SESSION_HANDLE session, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *out)
{
	(void)session;
	if (fake.creates-- <= 0)
		return CKR_DEVICE_MEMORY;
	for (size_t i = 0; i < COUNT(fake.labels); i++) {
		if (fake.labels[i][0] != '\0')
			continue;
		for (CK_ULONG k = 0; k < n; k++)
			if (t[k].type == CKA_LABEL)
				memcpy(fake.labels[i], t[k].pValue,
				    t[k].ulValueLen);
		*out = i + 1;
		return CKR_OK;
	}
	return CKR_DEVICE_MEMORY;
}

static CK_RV
fake_destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	(void)session;
	memset(fake.labels[object - 1], 0, sizeof(fake.labels[0]));
	return CKR_OK;
}

static CK_RV
fake_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *t, CK_ULONG n)
{
	(void)session;
	(void)t;
	(void)n;
	fake.found = 0;
	return CKR_OK;
}

static CK_RV
fake_find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *out, CK_ULONG max,
    CK_ULONG *count)
{
	(void)session;
	*count = 0;
	for (; fake.found < COUNT(fake.labels) && *count < max; fake.found++)
		if (fake.labels[fake.found][0] != '\0')
			out[(*count)++] = fake.found + 1;
	return CKR_OK;
}

static CK_RV
fake_final(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_OK;
}

static CK_RV
fake_get(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_RV rv = CKR_OK;

	(void)session;
	for (CK_ULONG i = 0; i < n; i++) {
		const void *value = fake.labels[object - 1];
		CK_ULONG len = strlen(value);

		if (t[i].type == CKA_CLASS) {
			value = &class;
			len = sizeof(class);
		} else if (t[i].type != CKA_LABEL) {
			t[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
			rv = CKR_ATTRIBUTE_TYPE_INVALID;
			continue;
		}
		if (t[i].pValue != NULL)
			memcpy(t[i].pValue, value, len);
		t[i].ulValueLen = len;
	}
	return rv;
}

static CK_FUNCTION_LIST calls = {
	.C_CreateObject = fake_create,
	.C_DestroyObject = fake_destroy,
	.C_FindObjectsInit = fake_init,
	.C_FindObjects = fake_find,
	.C_FindObjectsFinal = fake_final,
	.C_GetAttributeValue = fake_get,
};
static struct p11 p11 = { .calls = &calls };
static const struct token token = { .p11 = &p11, .session = 1 };

static size_t
objects(void)
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT(fake.labels); i++)
		n += fake.labels[i][0] != '\0';
	return n;
}

static CK_RV
labelled_create(struct batch *batch, const char *label)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	attrs_ulong(&a, CKA_CLASS, CKO_DATA);
	attrs_text(&a, CKA_LABEL, label);
	return batch_create(batch, &a);
}

static void
begin(struct batch *batch, int creates)
{
	memset(&fake, 0, sizeof(fake));
	fake.creates = creates;
	*batch = (struct batch)BATCH_INIT;
	ATF_REQUIRE_EQ(batch_begin(&token, batch), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(foreign__committed_stays);
ATF_TC_BODY(foreign__committed_stays, tc)
{
	struct batch batch;

	begin(&batch, 2);
	ATF_REQUIRE_EQ(batch_absent(&batch, "a"), CKR_OK);
	ATF_REQUIRE_EQ(labelled_create(&batch, "a"), CKR_OK);
	ATF_REQUIRE_EQ(labelled_create(&batch, "A"), CKR_OK);
	ATF_REQUIRE_EQ(batch_commit(&batch), CKR_OK);
	batch_end(&batch);
	ATF_CHECK_EQ(objects(), 2);
}

ATF_TC_WITHOUT_HEAD(foreign__failure_is_undone);
ATF_TC_BODY(foreign__failure_is_undone, tc)
{
	struct batch batch;

	begin(&batch, 2);
	ATF_REQUIRE_EQ(labelled_create(&batch, "a"), CKR_OK);
	ATF_REQUIRE_EQ(labelled_create(&batch, "a"), CKR_OK);
	ATF_REQUIRE_EQ(labelled_create(&batch, "a"), CKR_DEVICE_MEMORY);
	ATF_CHECK_EQ(objects(), 2);
	batch_end(&batch);
	ATF_CHECK_EQ(objects(), 0);
}

ATF_TC_WITHOUT_HEAD(foreign__taken_before);
ATF_TC_BODY(foreign__taken_before, tc)
{
	struct batch batch;

	begin(&batch, 1);
	strcpy(fake.labels[3], "Alias");
	ATF_CHECK_EQ(batch_absent(&batch, "aLIAS"), E_ALREADY_EXISTS);
	batch_end(&batch);
	ATF_CHECK_EQ(objects(), 1);
}

ATF_TC_WITHOUT_HEAD(foreign__taken_meanwhile);
ATF_TC_BODY(foreign__taken_meanwhile, tc)
{
	struct batch batch;

	begin(&batch, 2);
	ATF_REQUIRE_EQ(batch_absent(&batch, "a"), CKR_OK);
	ATF_REQUIRE_EQ(labelled_create(&batch, "a"), CKR_OK);
	strcpy(fake.labels[5], "A"); /* another process's */
	ATF_CHECK_EQ(batch_commit(&batch), E_ALREADY_EXISTS);
	batch_end(&batch);
	ATF_CHECK_EQ(objects(), 1);
	ATF_CHECK_STREQ(fake.labels[5], "A");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, foreign__committed_stays);
	ATF_TP_ADD_TC(tp, foreign__failure_is_undone);
	ATF_TP_ADD_TC(tp, foreign__taken_before);
	ATF_TP_ADD_TC(tp, foreign__taken_meanwhile);
	return atf_no_error();
}
