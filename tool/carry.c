/* One object from one token to another. */
#include "tool/carry.h"

#include <string.h>

#include "common/ckname.h"
#include "common/text.h"
#include "common/vendor.h"
#include "tool/attribute.h"

bool
carry_class(CK_OBJECT_CLASS class)
{
	static const CK_OBJECT_CLASS own[] = { CKO_HW_FEATURE, CKO_MECHANISM,
		CKO_PROFILE, CKO_VALIDATION, CKO_VECS_STORE, CKO_VECS_GRANT,
		CKO_VECS_USER };

	for (size_t i = 0; i < COUNT(own); i++)
		if (own[i] == class)
			return false;
	return true;
}

/* A missing one is false. */
static CK_RV
bool_get(const struct token *token, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, bool *out)
{
	_cleanup_(secret_wipe) struct secret value = { NULL, 0 };
	CK_RV rv = object_get(token, object, type, &value);

	*out = rv == CKR_OK && value.len == 1 && value.data[0] != 0;
	return rv == CKR_ATTRIBUTE_TYPE_INVALID ? CKR_OK : rv;
}

static bool
goes_unsaid(const struct attribute *row, const struct secret *value)
{
	if (value->len == 0)
		return true;
	return (row->unsaid == UNSAID_FALSE && value->data[0] == 0) ||
	       (row->unsaid == UNSAID_TRUE && value->data[0] != 0);
}

/* The template of the copy; without what a wrapped key brings along. */
static CK_RV
attrs_read(const struct carry *c, CK_OBJECT_HANDLE object, unsigned of,
    bool wrapped, struct attrs *out)
{
	attrs_bool(out, CKA_TOKEN, true);
	for (size_t i = 0; i < attributes_count; i++) {
		const struct attribute *row = &attributes[i];
		_cleanup_(secret_wipe) struct secret value = { NULL, 0 };
		CK_RV rv;

		if ((row->copied & of) == 0 ||
		    (wrapped && (row->material & of) != 0))
			continue;
		rv = object_get(c->from, object, row->type, &value);
		if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
			continue;
		TRY(rv);
		if (!goes_unsaid(row, &value))
			attrs_bytes(out, row->type, value.data, value.len);
	}
	return attrs_check(out);
}

/* A token cannot have the same thing twice by a second run. */
static CK_RV
is_present(const struct carry *c, unsigned of, const struct attrs *copy,
    bool *out)
{
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	CK_ATTRIBUTE match[8];
	CK_ULONG n = 0;

	for (CK_ULONG i = 0; i < copy->count; i++) {
		CK_ATTRIBUTE_TYPE type = copy->list[i].type;

		if (type == CKA_CLASS || type == CKA_LABEL ||
		    type == CKA_ID || type == CKA_KEY_TYPE ||
		    type == CKA_APPLICATION ||
		    (type == CKA_VALUE && (of & (OF_DATA | OF_CERT)) != 0))
			match[n++] = copy->list[i];
	}
	TRY(objects_find(c->to, match, n, &found));
	*out = found.count != 0;
	return CKR_OK;
}

/* Templates of templates are rules that would be lost. */
static bool
has_template(const struct carry *c, CK_OBJECT_HANDLE object)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_WRAP_TEMPLATE,
		CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE };

	for (size_t i = 0; i < COUNT(types); i++) {
		CK_ATTRIBUTE a = { types[i], NULL, 0 };

		if (c->from->p11->calls->C_GetAttributeValue(
		        c->from->session, object, &a, 1) == CKR_OK &&
		    a.ulValueLen != 0 &&
		    a.ulValueLen != CK_UNAVAILABLE_INFORMATION)
			return true;
	}
	return false;
}

/* Sets a reason when the object has to stay; wrapped when it is sensitive. */
static CK_RV
key_judge(const struct carry *c, CK_OBJECT_HANDLE object,
    struct carry_result *r, bool *wrapped)
{
	bool extractable, sensitive, trusted_only;
	const char *why = "";

	TRY(bool_get(c->from, object, CKA_EXTRACTABLE, &extractable));
	TRY(bool_get(c->from, object, CKA_SENSITIVE, &sensitive));
	TRY(bool_get(c->from, object, CKA_WRAP_WITH_TRUSTED, &trusted_only));
	if (!extractable)
		why = "it is not extractable";
	else if (sensitive && trusted_only)
		why = "only trusted keys may wrap it";
	else if (has_template(c, object))
		why = "it has templates for other keys";
	snprintf(r->reason, sizeof(r->reason), "%s", why);
	*wrapped = sensitive;
	return CKR_OK;
}

static CK_RV
object_make(struct carry *c, CK_OBJECT_HANDLE object, struct carry_result *r)
{
	_cleanup_(attrs_wipe) struct attrs copy = ATTRS_INIT;
	unsigned of = attribute_of(r->class);
	CK_OBJECT_HANDLE made;
	bool wrapped = false, present = false;

	if (of == 0)
		snprintf(r->reason, sizeof(r->reason),
		    "objects of its class are not carried");
	if (r->class == CKO_PRIVATE_KEY || r->class == CKO_SECRET_KEY)
		TRY(key_judge(c, object, r, &wrapped));
	if (r->reason[0] != '\0') {
		r->how = CARRIED_STAYS;
		return CKR_OK;
	}
	TRY(attrs_read(c, object, of, wrapped, &copy));
	TRY(is_present(c, of, &copy, &present));
	r->how = present ? CARRIED_PRESENT : CARRIED_MOVED;
	if (present)
		return CKR_OK;
	if (wrapped)
		return ways_go(&c->ways, c->from, c->to, object, &copy);
	return c->to->p11->calls->C_CreateObject(c->to->session, copy.list,
	    copy.count, &made);
}

static CK_RV
name_get(const struct carry *c, CK_OBJECT_HANDLE object, char **out)
{
	_cleanup_(secret_wipe) struct secret id = { NULL, 0 };
	char *text = NULL;

	if (object_get_text(c->from, object, CKA_LABEL, &text) == CKR_OK &&
	    text[0] != '\0') {
		*out = text;
		return CKR_OK;
	}
	free(text);
	if (object_get(c->from, object, CKA_ID, &id) != CKR_OK)
		id.len = 0;
	if ((text = malloc(2 * id.len + sizeof("id:"))) == NULL)
		return CKR_HOST_MEMORY;
	strcpy(text, "id:");
	text_hex(id.data, id.len, text + 3);
	*out = text;
	return CKR_OK;
}

/* Refusals that a person understands better in words. */
static const struct {
	CK_RV rv;
	const char *words;
} refusals[] = {
	{ CKR_MECHANISM_INVALID, "no mechanism wraps it on both sides" },
	{ CKR_KEY_NOT_WRAPPABLE, "its token cannot wrap keys of this type" },
	{ CKR_WRAPPED_KEY_LEN_RANGE, "its token does not tell its length" },
};

static void
refusal_tell(const struct carry *c, CK_RV rv, struct carry_result *r)
{
	const char *name = ckname_rv(rv);

	r->how = CARRIED_FAILED;
	p11_reason(c->to->p11, rv, r->reason, sizeof(r->reason));
	for (size_t i = 0; i < COUNT(refusals); i++)
		if (refusals[i].rv == rv)
			snprintf(r->reason, sizeof(r->reason), "%s",
			    refusals[i].words);
	if (r->reason[0] == '\0')
		snprintf(r->reason, sizeof(r->reason), "a module answered %s",
		    name != NULL ? name : "what has no name");
}

CK_RV
carry_object(struct carry *c, CK_OBJECT_HANDLE object,
    struct carry_result *out)
{
	struct carry_result r = { .how = CARRIED_FAILED };
	CK_RV rv;

	TRY(object_get_ulong(c->from, object, CKA_CLASS, &r.class));
	TRY(name_get(c, object, &r.name));
	c->to->p11->reason[0] = '\0';
	rv = object_make(c, object, &r);
	if (rv != CKR_OK)
		refusal_tell(c, rv, &r);
	*out = r;
	return CKR_OK;
}

void
carry_result_free(struct carry_result *result)
{
	free(result->name);
	result->name = NULL;
}
