/* vecs-cli entry delete. */
#include <string.h>

#include "common/text.h"
#include "tool/create.h"
#include "tool/print.h"
#include "tool/prompt.h"
#include "tool/verbs.h"

#define TRIES 5

static const char *
or_null(const char *text)
{
	return text != NULL ? text : "(null)";
}

static CK_RV
objects_delete(const struct token *token, const char *alias, bool *any)
{
	_cleanup_(entries_free) struct entries found = ENTRIES_INIT;
	_cleanup_(batch_end) struct batch batch = BATCH_INIT;

	TRY(entries_find(token, alias, &found));
	*any = found.count != 0;
	if (found.count > 1) {
		for (size_t i = 0; i < found.count; i++) {
			const struct object *key =
			    entry_object(&found.list[i], ROLE_PRIVATE);
			char hex[129] = "";

			if (key->id.len <= 64)
				text_hex(key->id.data, key->id.len, hex);
			error_say("Error: more than one key is called [%s]: "
			          "--alias id:%s\n", alias, hex);
		}
		return E_INVALID_PARAMETER;
	}
	if (found.count == 0)
		return CKR_OK;
	TRY(batch_begin(token, &batch));
	for (size_t i = 0; i < found.list[0].count; i++)
		TRY(batch_destroy(&batch, token,
		    found.list[0].objects[i]->handle));
	return batch_commit(&batch);
}

static bool
confirmed(const struct args *args)
{
	if (args->yes)
		return true;
	fprintf(args->json ? stderr : stdout,
	    "Warning: This operation will delete entry [%s] from store "
	    "[%s]\n", or_null(args->alias), or_null(args->store));
	return prompt_confirm(args->json ? stderr : stdout);
}

CK_RV
entry_delete(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	const char *store;
	bool any = false;
	CK_RV rv = E_BUSY;

	if (!confirmed(args))
		return CKR_OK;
	if ((is_empty(args->store) && args->token == NULL) ||
	    is_empty(args->alias)) {
		error_say("Error : An invalid store name [%s] was "
		          "specified\n ",
		    args->store != NULL ? args->store : "");
		return USAGE_ERROR;
	}
	TRY(token_get(p11, args->store, "Error: Failed to open the store\n",
	    true, LOGIN_MUST, &token));
	for (int i = 0; i < TRIES && rv == E_BUSY; i++)
		rv = objects_delete(&token, args->alias, &any);
	TRY(rv);
	store = is_empty(args->store) ? token.name : args->store;
	if (!any)
		error_say("note: there was no entry [%s]; nothing was "
		          "deleted\n", args->alias);
	if (args->json)
		return print_result(any ? "deleted" : "absent", store,
		    args->alias);
	printf("Deleted entry with alias [%s] in store [%s] successfully\n ",
	    args->alias, store);
	return CKR_OK;
}
