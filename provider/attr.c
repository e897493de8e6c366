/* Attributes of an object and objects of a template. */
#include "provider/attr.h"

#include <stdlib.h>
#include <string.h>

CK_RV
attr_get(const struct session *s, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, struct buf *out)
{
	struct module *m = s->token->m;
	uint8_t first[2048];
	CK_ATTRIBUTE a = { type, first, sizeof(first) };
	_cleanup_(freep) uint8_t *more = NULL;
	CK_RV rv = P11(m, C_GetAttributeValue(s->handle, object, &a, 1));

	if (rv == CKR_BUFFER_TOO_SMALL) {
		a.pValue = NULL;
		TRY(P11(m, C_GetAttributeValue(s->handle, object, &a, 1)));
		more = malloc(a.ulValueLen + 1);
		if (more == NULL)
			return CKR_HOST_MEMORY;
		a.pValue = more;
		rv = P11(m, C_GetAttributeValue(s->handle, object, &a, 1));
	}
	TRY(rv);
	if (a.ulValueLen == CK_UNAVAILABLE_INFORMATION || a.ulValueLen == 0)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	buf_bytes(out, a.pValue, a.ulValueLen);
	return buf_check(out);
}

CK_RV
attr_number(const struct session *s, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, CK_ULONG *out)
{
	CK_ULONG value;
	CK_ATTRIBUTE a = { type, &value, sizeof(value) };

	TRY(P11(s->token->m, C_GetAttributeValue(s->handle, object, &a, 1)));
	if (a.ulValueLen != sizeof(value))
		return CKR_ATTRIBUTE_TYPE_INVALID;
	*out = value;
	return CKR_OK;
}

bool
attr_true(const struct session *s, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = CK_FALSE;
	CK_ATTRIBUTE a = { type, &value, sizeof(value) };

	return P11(s->token->m, C_GetAttributeValue(s->handle, object, &a, 1))
	    == CKR_OK && a.ulValueLen == sizeof(value) && value != CK_FALSE;
}

CK_RV
objects_find(const struct session *s, CK_ATTRIBUTE *template, size_t n,
    size_t limit, struct buf *handles)
{
	struct module *m = s->token->m;
	CK_OBJECT_HANDLE some[64];
	CK_ULONG got, want;
	CK_RV rv;

	TRY(P11(m, C_FindObjectsInit(s->handle, template, n)));
	do {
		want = limit < COUNT(some) ? limit : COUNT(some);
		rv = P11(m, C_FindObjects(s->handle, some, want, &got));
		if (rv != CKR_OK)
			break;
		buf_bytes(handles, some, got * sizeof(some[0]));
		limit -= got;
	} while (got > 0 && limit > 0);
	(void)P11(m, C_FindObjectsFinal(s->handle));
	TRY(rv);
	return buf_check(handles);
}

CK_RV
object_first(const struct session *s, CK_ATTRIBUTE *template, size_t n,
    CK_OBJECT_HANDLE *out)
{
	_cleanup_(buf_wipe) struct buf handles = BUF_INIT;

	TRY(objects_find(s, template, n, 1, &handles));
	if (handles.len == 0)
		return CKR_OBJECT_HANDLE_INVALID;
	memcpy(out, handles.data, sizeof(*out));
	return CKR_OK;
}
