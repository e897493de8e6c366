/* C_FindObjects and C_GetAttributeValue, each written once. */
#include "tool/object.h"

#include <stdlib.h>
#include <string.h>

/* Takes the next handles; more is false at the end. */
static CK_RV
handles_more(const struct token *token, struct handles *h, size_t *room,
    bool *more)
{
	CK_ULONG n = 0;

	if (h->count == *room) {
		size_t wider = *room != 0 ? *room * 2 : 64;
		void *list = reallocarray(h->list, wider, sizeof(*h->list));

		if (list == NULL)
			return CKR_HOST_MEMORY;
		h->list = list;
		*room = wider;
	}
	TRY(token->p11->calls->C_FindObjects(token->session,
	    h->list + h->count, *room - h->count, &n));
	h->count += n;
	*more = n != 0;
	return CKR_OK;
}

CK_RV
objects_find(const struct token *token, const CK_ATTRIBUTE *match,
    CK_ULONG count, struct handles *out)
{
	_cleanup_(handles_free) struct handles h = { NULL, 0 };
	CK_FUNCTION_LIST *calls = token->p11->calls;
	CK_ATTRIBUTE wanted[8];
	size_t room = 0;
	bool more = true;
	CK_RV rv = CKR_OK;

	if (count > COUNT(wanted))
		return CKR_ARGUMENTS_BAD;
	if (count != 0)
		memcpy(wanted, match, count * sizeof(*match));
	TRY(calls->C_FindObjectsInit(token->session, wanted, count));
	while (rv == CKR_OK && more)
		rv = handles_more(token, &h, &room, &more);
	calls->C_FindObjectsFinal(token->session);
	TRY(rv);
	*out = h;
	h.list = NULL;
	return CKR_OK;
}

void
handles_free(struct handles *handles)
{
	free(handles->list);
	*handles = (struct handles){ NULL, 0 };
}

/* Some attributes being absent or secret is no failure of the others. */
static CK_RV
partial(CK_RV rv)
{
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
		return CKR_OK;
	return rv;
}

CK_RV
object_read(const struct token *token, CK_OBJECT_HANDLE object,
    struct field *fields, size_t count)
{
	CK_FUNCTION_LIST *calls = token->p11->calls;
	CK_ATTRIBUTE list[16];
	CK_ULONG n = 0;
	CK_RV rv;

	if (count > COUNT(list))
		return CKR_ARGUMENTS_BAD;
	for (size_t i = 0; i < count; i++)
		list[i] = (CK_ATTRIBUTE){ fields[i].type, NULL, 0 };
	TRY(partial(calls->C_GetAttributeValue(token->session, object, list,
	    count)));
	for (size_t i = 0; i < count; i++) {
		size_t len = list[i].ulValueLen;

		fields[i].present = len != CK_UNAVAILABLE_INFORMATION;
		if (!fields[i].present)
			continue;
		TRY(secret_new(len, &fields[i].value));
		if (len != 0)
			list[n++] = (CK_ATTRIBUTE){ fields[i].type,
				fields[i].value.data, len };
	}
	if (n == 0)
		return CKR_OK;
	rv = calls->C_GetAttributeValue(token->session, object, list, n);
	/* Longer now: somebody changed it between the two calls. */
	TRY(rv == CKR_BUFFER_TOO_SMALL ? CKR_OBJECT_HANDLE_INVALID : rv);
	n = 0;
	for (size_t i = 0; i < count; i++)
		if (fields[i].present && fields[i].value.len != 0 &&
		    list[n++].ulValueLen != fields[i].value.len)
			return CKR_OBJECT_HANDLE_INVALID; /* or shorter */
	return CKR_OK;
}

void
fields_wipe(struct field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		secret_wipe(&fields[i].value);
}

CK_RV
object_get(const struct token *token, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, struct secret *out)
{
	struct field f = { .type = type };
	CK_RV rv = object_read(token, object, &f, 1);

	if (rv == CKR_OK && !f.present)
		rv = CKR_ATTRIBUTE_TYPE_INVALID;
	if (rv != CKR_OK) {
		secret_wipe(&f.value);
		return rv;
	}
	*out = f.value;
	return CKR_OK;
}

CK_RV
object_get_ulong(const struct token *token, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, CK_ULONG *out)
{
	CK_ULONG value = 0;
	CK_ATTRIBUTE one = { type, &value, sizeof(value) };

	TRY(token->p11->calls->C_GetAttributeValue(token->session, object,
	    &one, 1));
	if (one.ulValueLen != sizeof(value))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*out = value;
	return CKR_OK;
}

CK_RV
object_get_text(const struct token *token, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, char **out)
{
	_cleanup_(secret_wipe) struct secret value = { NULL, 0 };
	char *text;

	TRY(object_get(token, object, type, &value));
	text = strndup(value.data != NULL ? (char *)value.data : "",
	    value.len);
	if (text == NULL)
		return CKR_HOST_MEMORY;
	*out = text;
	return CKR_OK;
}

CK_RV
object_set_text(const struct token *token, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, const char *value)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	attrs_text(&a, type, value);
	TRY(attrs_check(&a));
	return token->p11->calls->C_SetAttributeValue(token->session, object,
	    a.list, a.count);
}
