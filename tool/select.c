/* Objects meant by options. */
#include "tool/select.h"

#include "tool/attribute.h"

static CK_RV
class_add(const char *word, struct attrs *out)
{
	CK_OBJECT_CLASS class;

	if (!attribute_class_parse(word, &class)) {
		error_say("Error: [%s] is no class of objects\n", word);
		return E_INVALID_PARAMETER;
	}
	attrs_ulong(out, CKA_CLASS, class);
	return CKR_OK;
}

static CK_RV
id_add(const char *hex, struct attrs *out)
{
	_cleanup_(secret_wipe) struct secret id = { NULL, 0 };

	if (attribute_unhex(hex, &id) != CKR_OK) {
		error_say("Error: [%s] is not hexadecimal\n", hex);
		return E_INVALID_PARAMETER;
	}
	attrs_bytes(out, CKA_ID, id.data, id.len);
	return CKR_OK;
}

CK_RV
select_attrs(const struct args *args, struct attrs *out)
{
	if (args->class != NULL)
		TRY(class_add(args->class, out));
	if (args->label != NULL)
		attrs_text(out, CKA_LABEL, args->label);
	if (args->id != NULL)
		TRY(id_add(args->id, out));
	if (args->uid != NULL)
		attrs_text(out, CKA_UNIQUE_ID, args->uid);
	return attrs_check(out);
}

CK_RV
select_objects(const struct token *token, const struct args *args,
    struct handles *out)
{
	_cleanup_(attrs_wipe) struct attrs match = ATTRS_INIT;

	TRY(select_attrs(args, &match));
	TRY(objects_find(token, match.list, match.count, out));
	if (out->count != 0)
		return CKR_OK;
	error_say("Error: no such object in store [%s]\n", token->name);
	return E_OBJECT_NOT_FOUND;
}

CK_RV
select_few(const struct token *token, const struct args *args,
    struct handles *out)
{
	_cleanup_(handles_free) struct handles found = { NULL, 0 };

	TRY(select_objects(token, args, &found));
	if (found.count > 1 && !args->all) {
		error_say("Error: %zu objects are meant; narrow it by "
		          "--class, --label or --id, or say --all\n",
		    found.count);
		return E_INVALID_PARAMETER;
	}
	*out = found;
	found.list = NULL;
	return CKR_OK;
}
