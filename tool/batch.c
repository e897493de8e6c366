/* All or nothing, on tokens that can and on tokens that cannot. */
#include "tool/batch.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "common/vendor.h"

static CK_RV
batch_object(const struct token *token, const CK_BYTE id[16],
    CK_OBJECT_HANDLE *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	attrs_ulong(&a, CKA_CLASS, CKO_VECS_BATCH);
	attrs_bool(&a, CKA_TOKEN, false);
	attrs_bytes(&a, CKA_VECS_BATCH_ID, id, 16);
	TRY(attrs_check(&a));
	return token->p11->calls->C_CreateObject(token->session, a.list,
	    a.count, out);
}

CK_RV
batch_begin(const struct token *token, struct batch *out)
{
	struct batch b = { .token = token };

	if (RAND_bytes(b.id, sizeof(b.id)) != 1)
		return CKR_FUNCTION_FAILED;
	if (token->p11->native)
		TRY(batch_object(token, b.id, &b.object));
	*out = b;
	return CKR_OK;
}

CK_RV
batch_join(struct batch *b, const struct token *other)
{
	CK_OBJECT_HANDLE joined;

	return batch_object(other, b->id, &joined);
}

/* Looks for objects of this alias that are not of our making. */
static CK_RV
alias_look(const struct batch *b, const char *alias)
{
	_cleanup_(entries_free) struct entries found = ENTRIES_INIT;

	TRY(entries_find(b->token, alias, &found));
	for (size_t e = 0; e < found.count; e++)
		for (size_t i = 0; i < found.list[e].count; i++) {
			bool ours = false;

			for (size_t k = 0; k < b->made.count; k++)
				ours = ours || b->made.list[k] ==
				    found.list[e].objects[i]->handle;
			if (!ours)
				return E_ALREADY_EXISTS;
		}
	return CKR_OK;
}

CK_RV
batch_absent(struct batch *b, const char *alias)
{
	char **list;

	if (b->token->p11->native)
		return object_set_text(b->token, b->object, CKA_VECS_ABSENT,
		    alias);
	TRY(alias_look(b, alias));
	list = reallocarray(b->absent, b->absent_count + 1, sizeof(*list));
	if (list == NULL)
		return CKR_HOST_MEMORY;
	b->absent = list;
	if ((list[b->absent_count] = strdup(alias)) == NULL)
		return CKR_HOST_MEMORY;
	b->absent_count++;
	return CKR_OK;
}

static CK_RV
made_room(struct batch *b)
{
	CK_OBJECT_HANDLE *list = reallocarray(b->made.list,
	    b->made.count + 1, sizeof(*list));

	if (list == NULL)
		return CKR_HOST_MEMORY;
	b->made.list = list;
	return CKR_OK;
}

CK_RV
batch_made(struct batch *b, CK_OBJECT_HANDLE object)
{
	TRY(made_room(b));
	b->made.list[b->made.count++] = object;
	return CKR_OK;
}

CK_RV
batch_create(struct batch *b, struct attrs *attrs)
{
	TRY(made_room(b));
	TRY(attrs_check(attrs));
	TRY(b->token->p11->calls->C_CreateObject(b->token->session,
	    attrs->list, attrs->count, &b->made.list[b->made.count]));
	b->made.count++;
	return CKR_OK;
}

CK_RV
batch_destroy(const struct batch *b, const struct token *token,
    CK_OBJECT_HANDLE object)
{
	CK_RV rv = token->p11->calls->C_DestroyObject(token->session, object);

	(void)b;
	/* Gone already is what was wanted. */
	return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_OK : rv;
}

CK_RV
batch_commit(struct batch *b)
{
	CK_RV rv = CKR_OK;

	if (b->token->p11->native)
		rv = object_set_text(b->token, b->object, CKA_VECS_COMMIT,
		    "1");
	for (size_t i = 0; rv == CKR_OK && i < b->absent_count; i++)
		rv = alias_look(b, b->absent[i]);
	if (rv == CKR_VECS_EXISTS)
		return E_ALREADY_EXISTS;
	if (rv == CKR_ACTION_PROHIBITED && b->token->p11->native)
		return E_BUSY;
	b->done = rv == CKR_OK;
	return rv;
}

void
batch_end(struct batch *b)
{
	CK_FUNCTION_LIST *calls;

	if (b->token == NULL)
		return;
	calls = b->token->p11->calls;
	if (!b->done)
		p11_reason_keep(b->token->p11);
	if (!b->done && b->token->p11->native)
		calls->C_DestroyObject(b->token->session, b->object);
	if (!b->done && !b->token->p11->native)
		for (size_t i = 0; i < b->made.count; i++)
			calls->C_DestroyObject(b->token->session,
			    b->made.list[i]);
	for (size_t i = 0; i < b->absent_count; i++)
		free(b->absent[i]);
	free(b->absent);
	free(b->made.list);
	*b = (struct batch)BATCH_INIT;
}
