/* vecs-cli object list, show, set and delete. */
#include <string.h>

#include "tool/attribute.h"
#include "tool/create.h"
#include "tool/print.h"
#include "tool/progress.h"
#include "tool/prompt.h"
#include "tool/select.h"
#include "tool/verbs.h"

#define NAME_SIZE 64

/* The officer, where his PIN is given: only he makes objects trusted. */
static CK_RV
store_open(const struct args *args, struct p11 *p11, bool write,
    struct token *out)
{
	enum login how = write ? LOGIN_MUST : LOGIN_IF_CAN;

	TRY(store_given(args));
	if (write && args->so_pin_source != NULL)
		how = LOGIN_SO;
	return token_get(p11, args->store, "Error: no such store\n", write,
	    how, out);
}

/* List */

enum { LIST_CLASS, LIST_KEY_TYPE, LIST_LABEL, LIST_ID, LIST_UID, LIST_COUNT };

static const struct attribute *
row_of(CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < attributes_count; i++)
		if (attributes[i].type == type)
			return &attributes[i];
	return NULL;
}

static CK_RV
line_make(const struct token *token, CK_OBJECT_HANDLE object, json_t **out)
{
	struct field f[LIST_COUNT] = {
		[LIST_CLASS] = { .type = CKA_CLASS },
		[LIST_KEY_TYPE] = { .type = CKA_KEY_TYPE },
		[LIST_LABEL] = { .type = CKA_LABEL },
		[LIST_ID] = { .type = CKA_ID },
		[LIST_UID] = { .type = CKA_UNIQUE_ID },
	};
	json_t *o = json_object();
	char name[NAME_SIZE];
	CK_RV rv = object_read(token, object, f, COUNT(f));

	for (size_t i = 0; rv == CKR_OK && i < COUNT(f); i++) {
		if (!f[i].present)
			continue;
		attribute_name(f[i].type, name, sizeof(name));
		json_object_set_new(o, name,
		    attribute_json(row_of(f[i].type), &f[i].value));
	}
	fields_wipe(f, COUNT(f));
	*out = o;
	return rv;
}

static void
line_print(json_t *o)
{
	static const char *const columns[] = { "class", "key_type", "label",
		"id" };

	for (size_t i = 0; i < COUNT(columns); i++) {
		const json_t *value = json_object_get(o, columns[i]);

		printf("%s", i != 0 ? "\t" : "");
		if (value == NULL || json_string_length(value) == 0)
			printf("-");
		else
			print_value(value);
	}
	printf("\n");
}

static CK_RV
lines_make(const struct token *token, const struct handles *found,
    json_t *list)
{
	for (size_t i = 0; i < found->count; i++) {
		json_t *line = NULL;
		CK_RV rv = line_make(token, found->list[i], &line);

		/* Somebody has deleted it meanwhile. */
		if (rv == CKR_OBJECT_HANDLE_INVALID) {
			json_decref(line);
			continue;
		}
		json_array_append_new(list, line);
		TRY(rv);
	}
	return CKR_OK;
}

CK_RV
object_list(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(attrs_wipe) struct attrs match = ATTRS_INIT;
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	_cleanup_(json_decrefp) json_t *list = json_array();
	json_t *line;
	size_t i;

	TRY(select_attrs(args, &match));
	TRY(store_open(args, p11, false, &token));
	TRY(objects_find(&token, match.list, match.count, &found));
	TRY(lines_make(&token, &found, list));
	if (args->json)
		return print_json(json_pack("{s:o,s:O}", "store",
		    json_text(token.name), "objects", list));
	json_array_foreach (list, i, line)
		line_print(line);
	return CKR_OK;
}

/* Show */

/* Each attribute by itself: some modules stop at the first they lack. */
static CK_RV
attribute_add(const struct token *token, CK_OBJECT_HANDLE object,
    const struct attribute *row, json_t *o)
{
	_cleanup_(secret_wipe) struct secret value = { NULL, 0 };
	char name[NAME_SIZE];
	CK_RV rv = object_get(token, object, row->type, &value);

	if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
		return CKR_OK;
	TRY(rv);
	attribute_name(row->type, name, sizeof(name));
	json_object_set_new(o, name, attribute_json(row, &value));
	return CKR_OK;
}

static CK_RV
object_describe(const struct token *token, CK_OBJECT_HANDLE object, json_t *o)
{
	CK_OBJECT_CLASS class;
	unsigned of;

	TRY(object_get_ulong(token, object, CKA_CLASS, &class));
	of = attribute_of(class);
	for (size_t i = 0; i < attributes_count; i++)
		if ((attributes[i].secret & of) == 0)
			TRY(attribute_add(token, object, &attributes[i], o));
	return CKR_OK;
}

CK_RV
object_show(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	_cleanup_(json_decrefp) json_t *list = json_array();
	json_t *one;
	size_t i;

	TRY(store_open(args, p11, false, &token));
	TRY(select_objects(&token, args, &found));
	for (i = 0; i < found.count; i++) {
		json_array_append_new(list, one = json_object());
		TRY(object_describe(&token, found.list[i], one));
	}
	if (args->json)
		return print_json(json_pack("{s:o,s:O}", "store",
		    json_text(token.name), "objects", list));
	json_array_foreach (list, i, one) {
		printf("%s", i != 0 ? "\n" : "");
		print_fields(one);
	}
	return CKR_OK;
}

/* Set */

static CK_RV
values_parse(const struct args *args, struct attrs *out)
{
	for (size_t i = 0; i < COUNT(args->values); i++)
		if (args->values[i] != NULL)
			TRY(attribute_parse(args->values[i], out));
	if (out->count != 0)
		return CKR_OK;
	error_say("Error: a NAME=VALUE is needed\n");
	return USAGE_ERROR;
}

static CK_RV
counted(const struct token *token, const char *what, size_t count)
{
	if (token->p11->args->json)
		return print_json(json_pack("{s:s,s:o,s:i}", "result", what,
		    "store", json_text(token->name), "objects", (int)count));
	printf("%zu object%s %s\n", count, count == 1 ? "" : "s", what);
	return CKR_OK;
}

CK_RV
object_set(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	_cleanup_(attrs_wipe) struct attrs values = ATTRS_INIT;

	TRY(values_parse(args, &values));
	TRY(store_open(args, p11, true, &token));
	TRY(select_few(&token, args, &found));
	for (size_t i = 0; i < found.count; i++)
		TRY(p11->calls->C_SetAttributeValue(token.session,
		    found.list[i], values.list, values.count));
	return counted(&token, "changed", found.count);
}

/* Delete */

static bool
confirmed(const struct args *args, const struct token *token, size_t count)
{
	FILE *out = args->json ? stderr : stdout;

	if (args->yes)
		return true;
	fprintf(out, "Warning: This operation will delete %zu object%s of "
	             "store [%s]\n", count, count == 1 ? "" : "s", token->name);
	return prompt_confirm(out);
}

CK_RV
object_delete(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	_cleanup_(progress_end) struct progress bar = PROGRESS("delete");

	TRY(store_open(args, p11, true, &token));
	TRY(select_few(&token, args, &found));
	if (!confirmed(args, &token, found.count))
		return CKR_OK;
	for (size_t i = 0; i < found.count; i++) {
		TRY(p11->calls->C_DestroyObject(token.session, found.list[i]));
		progress_show(&bar, i + 1, found.count);
	}
	progress_end(&bar);
	return counted(&token, "deleted", found.count);
}
