/* vecs-cli key wrap and unwrap. */
#include <string.h>

#include "common/ckname.h"
#include "tool/attribute.h"
#include "tool/create.h"
#include "tool/file.h"
#include "tool/keys.h"
#include "tool/print.h"
#include "tool/select.h"
#include "tool/verbs.h"
#include "tool/wrapping.h"

static CK_RV
needed(const char *value, const char *option)
{
	if (!is_empty(value))
		return CKR_OK;
	error_say("Error: %s is needed\n", option);
	return USAGE_ERROR;
}

/* Keeps the handles of keys: of a label's objects only these are meant. */
static CK_RV
keys_keep(const struct token *token, CK_ATTRIBUTE_TYPE must,
    struct handles *found)
{
	size_t kept = 0;

	for (size_t i = 0; i < found->count; i++) {
		struct field f = { .type = must };
		CK_ULONG class;

		TRY(object_get_ulong(token, found->list[i], CKA_CLASS,
		    &class));
		if (class != CKO_PRIVATE_KEY && class != CKO_SECRET_KEY &&
		    (class != CKO_PUBLIC_KEY || must == CKA_EXTRACTABLE))
			continue;
		TRY(object_read(token, found->list[i], &f, 1));
		if (must == CKA_EXTRACTABLE ||
		    (f.present && f.value.len == 1 && f.value.data[0] != 0))
			found->list[kept++] = found->list[i];
		fields_wipe(&f, 1);
	}
	found->count = kept;
	return CKR_OK;
}

static CK_RV
one_of(const struct handles *found, const char *what, const char *name,
    CK_OBJECT_HANDLE *out)
{
	if (found->count == 1) {
		*out = found->list[0];
		return CKR_OK;
	}
	if (found->count == 0) {
		error_say("Error: no %s [%s]\n", what, name);
		return E_OBJECT_NOT_FOUND;
	}
	error_say("Error: there are %zu of the %s [%s]\n", found->count, what,
	    name);
	return E_INVALID_PARAMETER;
}

/* The key of --with, which has this use. */
static CK_RV
with_find(const struct token *token, const char *label,
    CK_ATTRIBUTE_TYPE use, CK_OBJECT_HANDLE *out)
{
	_cleanup_(attrs_wipe) struct attrs match = ATTRS_INIT;
	_cleanup_(handles_free) struct handles found = { NULL, 0 };

	attrs_text(&match, CKA_LABEL, label);
	TRY(attrs_check(&match));
	TRY(objects_find(token, match.list, match.count, &found));
	TRY(keys_keep(token, use, &found));
	return one_of(&found, use == CKA_WRAP ? "key that wraps"
	                                      : "key that unwraps", label, out);
}

static CK_RV
store_open(const struct args *args, struct p11 *p11, struct token *out)
{
	TRY(store_given(args));
	return token_get(p11, args->store, "Error: no such store\n", true,
	    LOGIN_MUST, out);
}

static CK_RV
choose(const struct token *token, CK_OBJECT_HANDLE with,
    CK_OBJECT_CLASS class, CK_FLAGS flag, struct wrapping *out)
{
	const struct args *args = token->p11->args;
	CK_KEY_TYPE type;

	TRY(object_get_ulong(token, with, CKA_KEY_TYPE, &type));
	return wrapping_choose(token, type, class, flag, args->mechanism,
	    args->hash, out);
}

static CK_RV
told(const struct args *args, const char *result, const struct token *token,
    const struct wrapping *w)
{
	const char *name = ckname_mechanism(w->type);

	if (args->json)
		return print_json(json_pack("{s:s,s:o,s:o,s:s}", "result",
		    result, "store", json_text(token->name), "label",
		    json_text(args->label != NULL ? args->label : ""),
		    "mechanism", name));
	printf("Successfully %s key with %s\n", result, name);
	return CKR_OK;
}

/* Wrap */

static CK_RV
key_find(const struct token *token, const struct args *args,
    CK_OBJECT_HANDLE *out)
{
	_cleanup_(handles_free) struct handles found = { NULL, 0 };

	TRY(select_objects(token, args, &found));
	TRY(keys_keep(token, CKA_EXTRACTABLE, &found));
	return one_of(&found, "private or secret key",
	    args->label != NULL ? args->label : token->name, out);
}

CK_RV
key_wrap(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(secret_wipe) struct secret wrapped = { NULL, 0 };
	struct wrapping w;
	CK_OBJECT_HANDLE with, key;
	CK_OBJECT_CLASS class;

	TRY(needed(args->with, "--with"));
	TRY(needed(args->output, "--output"));
	TRY(store_open(args, p11, &token));
	TRY(key_find(&token, args, &key));
	TRY(with_find(&token, args->with, CKA_WRAP, &with));
	TRY(object_get_ulong(&token, key, CKA_CLASS, &class));
	TRY(choose(&token, with, class, CKF_WRAP, &w));
	TRY(wrapping_wrap(&w, &token, with, key, &wrapped));
	TRY(file_write(args->output, wrapped.data, wrapped.len));
	return strcmp(args->output, "-") == 0
	    ? CKR_OK
	    : told(args, "wrapped", &token, &w);
}

/* Unwrap */

/* A private key gets the identifier of its pair, if it tells. */
static CK_RV
id_add(const struct token *token, CK_OBJECT_HANDLE key)
{
	_cleanup_(secret_wipe) struct secret id = { NULL, 0 };
	CK_ATTRIBUTE a = { CKA_ID, NULL, 0 };
	CK_RV rv = key_id(token, key, &id);

	if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
		return CKR_OK;
	TRY(rv);
	a.pValue = id.data;
	a.ulValueLen = id.len;
	return token->p11->calls->C_SetAttributeValue(token->session, key, &a,
	    1);
}

static CK_RV
unwrap(const struct new_key *new, const struct secret *wrapped,
    const struct wrapping *w, CK_OBJECT_HANDLE with, struct batch *batch)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	const struct args *args = batch->token->p11->args;
	bool pair = new->algorithm->pair;
	CK_OBJECT_HANDLE made;

	TRY(new_key_attrs(args, new,
	    pair ? CKO_PRIVATE_KEY : CKO_SECRET_KEY, &a));
	TRY(wrapping_unwrap(w, batch->token, with, wrapped, &a, &made));
	TRY(batch_made(batch, made));
	return pair && new->id.len == 0 ? id_add(batch->token, made) : CKR_OK;
}

static CK_RV
try_unwrap(const struct args *args, const struct token *token,
    const struct new_key *new, const struct secret *wrapped)
{
	_cleanup_(batch_end) struct batch batch = BATCH_INIT;
	CK_OBJECT_HANDLE with;
	struct wrapping w;

	TRY(with_find(token, args->with, CKA_UNWRAP, &with));
	TRY(choose(token, with,
	    new->algorithm->pair ? CKO_PRIVATE_KEY : CKO_SECRET_KEY,
	    CKF_UNWRAP, &w));
	TRY(batch_begin(token, &batch));
	TRY(batch_absent(&batch, args->label));
	TRY(unwrap(new, wrapped, &w, with, &batch));
	TRY(batch_commit(&batch));
	return told(args, "unwrapped", token, &w);
}

CK_RV
key_unwrap(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(secret_wipe) struct secret wrapped = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret id = { NULL, 0 };
	struct new_key new = { .algorithm = NULL };
	CK_RV rv;

	TRY(needed(args->with, "--with"));
	TRY(needed(args->input, "--input"));
	rv = new_key_parse(args, &new);
	id = new.id;
	TRY(rv);
	TRY(file_read(args->input, &wrapped));
	TRY(store_open(args, p11, &token));
	rv = try_unwrap(args, &token, &new, &wrapped);
	if (rv == E_ALREADY_EXISTS)
		error_say("Error: alias [%s] exists already in store [%s]\n",
		    args->label, token.name);
	return rv;
}
