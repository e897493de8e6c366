/* Templates that own their values. */
#include "tool/attrs.h"

#include <string.h>

void
attrs_bytes(struct attrs *a, CK_ATTRIBUTE_TYPE type, const void *value,
    size_t len)
{
	CK_ATTRIBUTE *at = &a->list[a->count];
	void *copy = NULL;

	if (a->failed || a->count == COUNT(a->list) ||
	    (len != 0 && (copy = secret_alloc(len)) == NULL)) {
		a->failed = true;
		return;
	}
	if (len != 0)
		memcpy(copy, value, len);
	*at = (CK_ATTRIBUTE){ type, copy, len };
	a->count++;
}

void
attrs_text(struct attrs *a, CK_ATTRIBUTE_TYPE type, const char *value)
{
	attrs_bytes(a, type, value, strlen(value));
}

void
attrs_ulong(struct attrs *a, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
	attrs_bytes(a, type, &value, sizeof(value));
}

void
attrs_bool(struct attrs *a, CK_ATTRIBUTE_TYPE type, bool value)
{
	CK_BBOOL byte = value ? CK_TRUE : CK_FALSE;

	attrs_bytes(a, type, &byte, sizeof(byte));
}

void
attrs_wipe(struct attrs *a)
{
	for (CK_ULONG i = 0; i < a->count; i++)
		secret_free(a->list[i].pValue, a->list[i].ulValueLen);
	a->count = 0;
	a->failed = false;
}

CK_RV
attrs_check(const struct attrs *a)
{
	return a->failed ? CKR_HOST_MEMORY : CKR_OK;
}
