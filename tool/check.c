/* vecs-cli check: what the module finds when it walks every record, and what it
 * makes of it. */
#include <stdbool.h>
#include <string.h>

#include "common/vendor.h"
#include "tool/create.h"
#include "tool/print.h"
#include "tool/verbs.h"

static CK_RV
report_get(const struct token *token, bool repair, char **out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_OBJECT_HANDLE object;

	attrs_ulong(&a, CKA_CLASS, CKO_VECS_CHECK);
	attrs_bool(&a, CKA_TOKEN, false);
	if (repair)
		attrs_bool(&a, CKA_VECS_REPAIR, true);
	TRY(attrs_check(&a));
	TRY(token->p11->calls->C_CreateObject(token->session, a.list, a.count,
	    &object));
	return object_get_text(token, object, CKA_VECS_REPORT, out);
}

/* What a store's own walk has found, the whole database's finds again. */
static bool
findings_have(const json_t *findings, const char *line, size_t len)
{
	size_t i;
	const json_t *one;

	json_array_foreach (findings, i, one) {
		const json_t *text = json_object_get(one, "finding");

		if (json_string_length(text) == len &&
		    memcmp(json_string_value(text), line, len) == 0)
			return true;
	}
	return false;
}

/* Appends the lines that are new to the list of findings. */
static void
findings_add(json_t *findings, const char *store, const char *lines)
{
	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n");

		if (len != 0 && !findings_have(findings, lines, len))
			json_array_append_new(findings,
			    json_pack("{s:o,s:o}", "store", json_text(store),
			        "finding", json_stringn_nocheck(lines, len)));
		lines += len;
		lines += *lines == '\n';
	}
}

static void
token_check(struct token *token, json_t *findings)
{
	_cleanup_(token_close) struct token t = *token;
	_cleanup_(freep) char *report = NULL;
	char why[512] = "";
	CK_RV rv;

	t.session = CK_INVALID_HANDLE;
	rv = token_open(&t, false, LOGIN_NONE);
	if (rv == CKR_OK)
		rv = report_get(&t, false, &report);
	if (rv != CKR_OK) {
		p11_reason(t.p11, rv, why, sizeof(why));
		findings_add(findings, t.name,
		    why[0] != '\0' ? why : "cannot be opened");
		return;
	}
	findings_add(findings, t.name, report);
}

static void
findings_print(const json_t *findings, size_t checked)
{
	size_t i;
	const json_t *one;

	json_array_foreach (findings, i, one)
		printf("[%s] %s\n",
		    json_string_value(json_object_get(one, "store")),
		    json_string_value(json_object_get(one, "finding")));
	printf("%zu stores checked, %zu findings\n", checked,
	    json_array_size(findings));
}

/* Pages, indexes and the set of stores belong to no store: the empty slot's
 * walk is the whole database's. */
static CK_RV
whole_open(struct p11 *p11, struct token *whole)
{
	*whole = (struct token){ .p11 = p11, .present = true,
		.name = "database", .session = CK_INVALID_HANDLE };
	return token_empty_slot(p11, &whole->slot);
}

static CK_RV
database_check(struct p11 *p11, json_t *findings)
{
	struct token whole;

	TRY(whole_open(p11, &whole));
	token_check(&whole, findings);
	return CKR_OK;
}

static CK_RV
everything_check(struct p11 *p11, json_t *findings, size_t *checked)
{
	_cleanup_(tokens_free) struct tokens all = { NULL, 0 };

	*checked = 0;
	TRY(p11_native(p11, "check"));
	TRY(tokens_list(p11, &all));
	for (size_t i = 0; i < all.count; i++) {
		/* What the caller may not see is not his to check. */
		if (!all.list[i].present)
			continue;
		token_check(&all.list[i], findings);
		++*checked;
	}
	return p11->uri == NULL ? database_check(p11, findings) : CKR_OK;
}

/* Repair */

static void
repair_line(void *lines, const char *line)
{
	json_array_append_new(lines, json_stringn_nocheck(line,
	    strcspn(line, "\n")));
}

static CK_RV
repair_open(struct p11 *p11, json_t *lines)
{
	_cleanup_(token_close) struct token whole = TOKEN_INIT;
	_cleanup_(freep) char *report = NULL;

	TRY(whole_open(p11, &whole));
	TRY(token_open(&whole, false, LOGIN_NONE));
	TRY(report_get(&whole, true, &report));
	for (char *at = report; *at != '\0'; at += strspn(at, "\n")) {
		repair_line(lines, at);
		at += strcspn(at, "\n");
	}
	return CKR_OK;
}

/* A database that does not even open is repaired before it is. */
static CK_RV
repair_rescue(struct p11 *p11, CK_RV why, json_t *lines)
{
	const struct vecs_interface *vecs = p11_vendor(p11);

	if (why != CKR_DEVICE_ERROR || vecs == NULL ||
	    vecs->version.minor < 1)
		return why;
	return vecs->repair(repair_line, lines);
}

static CK_RV
repair(struct p11 *p11, json_t *lines)
{
	_cleanup_(json_decrefp) json_t *findings = json_array();
	size_t checked;
	CK_RV rv = p11_open(p11);

	if (rv != CKR_OK)
		return repair_rescue(p11, rv, lines);
	if (p11->uri != NULL) {
		error_say("Error: --repair repairs the whole database, not "
		          "one token\n");
		return E_INVALID_PARAMETER;
	}
	TRY(everything_check(p11, findings, &checked));
	return json_array_size(findings) != 0 ? repair_open(p11, lines)
	                                      : CKR_OK;
}

static bool
lines_tell_of_loss(const json_t *lines)
{
	size_t i;
	const json_t *one;

	json_array_foreach (lines, i, one)
		if (strncmp(json_string_value(one), "lost: ", 6) == 0)
			return true;
	return false;
}

static void
lines_print(const json_t *lines)
{
	size_t i;
	const json_t *one;

	json_array_foreach (lines, i, one)
		printf("%s\n", json_string_value(one));
}

CK_RV
check_all(const struct args *args, struct p11 *p11)
{
	_cleanup_(json_decrefp) json_t *findings = json_array();
	_cleanup_(json_decrefp) json_t *lines = json_array();
	size_t checked = 0;
	CK_RV rv;

	if (args->repair)
		TRY(repair(p11, lines));
	if (!args->json)
		lines_print(lines);
	rv = everything_check(p11, findings, &checked);
	if (rv == CKR_OK && args->json)
		rv = print_json(json_pack("{s:O*,s:i,s:O}", "repair",
		    args->repair ? lines : NULL, "checked", (int)checked,
		    "findings", findings));
	else if (rv == CKR_OK)
		findings_print(findings, checked);
	TRY(rv);
	return json_array_size(findings) == 0 && !lines_tell_of_loss(lines)
	    ? CKR_OK : E_DATABASE_FAILURE;
}
