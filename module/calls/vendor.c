/* Store, grant, batch and check objects. */
#include "module/calls/vendor.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/vendor.h"
#include "module/calls/backups.h"
#include "module/calls/grants.h"
#include "module/calls/rekeys.h"
#include "module/calls/users.h"
#include "module/object/find.h"

static struct span
value_span(const CK_ATTRIBUTE *a)
{
	return a != NULL ? (struct span){ a->pValue, a->ulValueLen }
	                 : (struct span){ NULL, 0 };
}

/* A session object made of nothing but its class and one value. */
static CK_RV
session_object(struct session *s, CK_OBJECT_CLASS class,
    CK_ATTRIBUTE_TYPE type, struct span value, CK_OBJECT_HANDLE *out)
{
	struct attrs a = ATTRS_INIT;
	struct object *o = NULL;
	CK_RV rv = attrs_set_ulong(&a, CKA_CLASS, class);

	if (rv == CKR_OK)
		rv = attrs_set(&a, type, value.data, value.len);
	if (rv == CKR_OK)
		rv = object_new(&a, &o);
	attrs_wipe(&a);
	TRY(rv);
	return object_name(s, o, out);
}

/* Store objects */

static CK_RV
refuse_create(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out)
{
	(void)s;
	(void)token;
	(void)t;
	(void)n;
	(void)out;
	return CKR_TEMPLATE_INCONSISTENT;
}

static CK_RV
refuse_set(struct session *s, const struct token *token, struct object *o,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	(void)s;
	(void)token;
	(void)o;
	(void)t;
	(void)n;
	return CKR_ACTION_PROHIBITED;
}

static CK_RV
store_destroy(struct session *s, const struct token *token, struct object *o)
{
	(void)o;
	if (!s->rw)
		return CKR_SESSION_READ_ONLY;
	if (batch_is_open(s))
		return CKR_OPERATION_ACTIVE;
	if ((token->store->flags & STORE_PROTECTED) || !token->controls)
		return fail_quiet(CKR_ACTION_PROHIBITED,
		    "store %s cannot be deleted by this user",
		    token->store->name);
	return store_delete(s->context->instance->db, token->store->id);
}

/* Grant objects */

CK_RV
principal_translate(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE *copy,
    char *stored)
{
	for (CK_ULONG i = 0; i < n; i++) {
		copy[i] = t[i];
		if (t[i].type != CKA_VECS_PRINCIPAL)
			continue;
		TRY(principal_parse(value_span(&t[i]), stored));
		copy[i].pValue = stored;
		copy[i].ulValueLen = strlen(stored);
	}
	return CKR_OK;
}

static CK_RV
rights_check(const CK_ATTRIBUTE *rights)
{
	unsigned given = 0;

	if (rights == NULL)
		return CKR_OK;
	if (!permit_parse(value_span(rights), &given) || given == 0)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_OK;
}

/* One grant for each principal. */
static CK_RV
principal_is_new(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *principal)
{
	CK_OBJECT_CLASS class = CKO_VECS_GRANT;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ 0, NULL, 0 } };
	_cleanup_(freep) struct record_ref *refs = NULL;
	size_t count = 0;

	if (principal == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	t[1] = *principal;
	TRY(find_objects(s->context->instance->cache, token->store, NULL,
	    false, t, COUNT(t), &refs, &count));
	return count == 0 ? CKR_OK : CKR_VECS_EXISTS;
}

static CK_RV
grant_create(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out)
{
	_cleanup_(freep) CK_ATTRIBUTE *copy = calloc(n + 1, sizeof(*copy));
	char stored[PRINCIPAL_MAX];

	if (copy == NULL)
		return CKR_HOST_MEMORY;
	if (!token->controls)
		return CKR_ACTION_PROHIBITED;
	TRY(rights_check(template_find(t, n, CKA_VECS_RIGHTS)));
	TRY(principal_translate(t, n, copy, stored));
	TRY(principal_is_new(s, token,
	    template_find(copy, n, CKA_VECS_PRINCIPAL)));
	return object_make(s, token, copy, n, out);
}

static CK_RV
grant_set(struct session *s, const struct token *token, struct object *o,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	if (!token->controls)
		return CKR_ACTION_PROHIBITED;
	TRY(rights_check(template_find(t, n, CKA_VECS_RIGHTS)));
	return object_change(s, token, o, t, n);
}

static CK_RV
grant_destroy(struct session *s, const struct token *token, struct object *o)
{
	if (!token->controls)
		return CKR_ACTION_PROHIBITED;
	return object_end(s, token, o);
}

/* Batch objects */

static CK_RV
batch_create(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out)
{
	struct span id = value_span(template_find(t, n, CKA_VECS_BATCH_ID));
	CK_RV rv;

	(void)token;
	TRY(batch_join(s, id));
	rv = session_object(s, CKO_VECS_BATCH, CKA_VECS_BATCH_ID, id, out);
	if (rv != CKR_OK)
		batch_leave(s);
	return rv;
}

static CK_RV
batch_set(struct session *s, const struct token *token, struct object *o,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	(void)token;
	if (!batch_is_mine(s, attrs_span(&o->attrs, CKA_VECS_BATCH_ID)))
		return CKR_ACTION_PROHIBITED;
	for (CK_ULONG i = 0; i < n; i++) {
		if (t[i].type == CKA_VECS_ABSENT)
			TRY(batch_require_absent(s, value_span(&t[i])));
		else if (t[i].type == CKA_VECS_COMMIT)
			TRY(batch_commit(s));
		else
			return CKR_ATTRIBUTE_TYPE_INVALID;
	}
	return CKR_OK;
}

static CK_RV
batch_destroy(struct session *s, const struct token *token, struct object *o)
{
	(void)token;
	if (!batch_is_mine(s, attrs_span(&o->attrs, CKA_VECS_BATCH_ID)))
		return CKR_ACTION_PROHIBITED;
	batch_drop(s);
	return CKR_OK;
}

/* Check objects */

static void
report_line(void *arg, const char *line)
{
	buf_bytes(arg, line, strlen(line));
	buf_bytes(arg, "\n", 1);
}

static CK_RV
repair(struct session *s, const struct token *token, struct buf *report)
{
	if (token->store != NULL)
		return CKR_TEMPLATE_INCONSISTENT;
	if (!s->context->identity.is_admin)
		return fail_quiet(CKR_ACTION_PROHIBITED,
		    "only administrators repair the database");
	return instance_mend(s->context->instance, report_line, report);
}

/* In the empty slot the whole database is walked, elsewhere the store. */
static CK_RV
check_create(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out)
{
	_cleanup_(buf_wipe) struct buf report = BUF_INIT;
	struct database *db = s->context->instance->db;

	if (template_find(t, n, CKA_VECS_REPAIR) != NULL)
		TRY(repair(s, token, &report));
	else
		TRY(database_check(db,
		    token->store != NULL ? token->store->id : 0, report_line,
		    &report));
	TRY(buf_check(&report));
	return session_object(s, CKO_VECS_CHECK, CKA_VECS_REPORT,
	    (struct span){ report.data, report.len }, out);
}

/* Backup, restore and rekey objects */

/* A transfer without its object could not be ended. */
static CK_RV
transfer_object(struct session *s, CK_OBJECT_CLASS class,
    CK_ATTRIBUTE_TYPE type, CK_OBJECT_HANDLE *out)
{
	CK_RV rv = session_object(s, class, type, (struct span){ "", 0 }, out);

	if (rv != CKR_OK)
		session_transfer_end(s);
	return rv;
}

static CK_RV
backup_create(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out)
{
	TRY(backup_begin(s, token, t, n));
	return transfer_object(s, CKO_VECS_BACKUP, CKA_VECS_CHUNK, out);
}

static CK_RV
restore_create(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out)
{
	TRY(restore_begin(s, token, t, n));
	return transfer_object(s, CKO_VECS_RESTORE, CKA_VECS_CHUNK, out);
}

static CK_RV
restore_set(struct session *s, const struct token *token, struct object *o,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	(void)token;
	(void)o;
	for (CK_ULONG i = 0; i < n; i++) {
		if (t[i].type != CKA_VECS_CHUNK)
			return CKR_ATTRIBUTE_TYPE_INVALID;
		TRY(restore_chunk(s, value_span(&t[i])));
	}
	return CKR_OK;
}

static CK_RV
rekey_create(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out)
{
	(void)t;
	(void)n;
	if (token->store != NULL)
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(rekey_open(s));
	return transfer_object(s, CKO_VECS_REKEY, CKA_VECS_PROGRESS, out);
}

static CK_RV
rekey_set(struct session *s, const struct token *token, struct object *o,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	(void)token;
	(void)o;
	if (n != 1 || t->type != CKA_VECS_PROGRESS)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	return rekey_go_on(s);
}

static CK_RV
transfer_destroy(struct session *s, const struct token *token,
    struct object *o)
{
	(void)token;
	(void)o;
	session_transfer_end(s);
	return CKR_OK;
}

static const struct vendor_class classes[] = {
	{ CKO_VECS_STORE, false, refuse_create, refuse_set, store_destroy },
	{ CKO_VECS_GRANT, false, grant_create, grant_set, grant_destroy },
	{ CKO_VECS_USER, false, user_create, user_change, user_destroy },
	{ CKO_VECS_BATCH, false, batch_create, batch_set, batch_destroy },
	{ CKO_VECS_CHECK, true, check_create, refuse_set, NULL },
	{ CKO_VECS_BACKUP, true, backup_create, refuse_set, transfer_destroy },
	{ CKO_VECS_RESTORE, true, restore_create, restore_set,
	    transfer_destroy },
	{ CKO_VECS_REKEY, true, rekey_create, rekey_set, transfer_destroy },
};

const struct vendor_class *
vendor_class_find(CK_OBJECT_CLASS class)
{
	for (size_t i = 0; i < COUNT(classes); i++)
		if (classes[i].class == class)
			return &classes[i];
	return NULL;
}
