/* Objects: creating, copying, reading, changing, destroying (PKCS#11 5.7). */
#include "module/calls/calls.h"

#include <string.h>

#include "common/log.h"
#include "common/vendor.h"
#include "module/calls/backups.h"
#include "module/calls/grants.h"
#include "module/calls/rekeys.h"
#include "module/calls/vendor.h"
#include "module/object/create.h"
#include "module/object/nested.h"
#include "module/policy/access.h"
#include "module/policy/schema.h"

/* Who asks, as far as CKA_TRUSTED depends on it. */
static struct maker
maker_of(const struct token *token)
{
	return (struct maker){
		.may_trust = token_has_pin(token) ? token_is_so(token)
		                                  : token->controls,
		.trusts_cas = token->store != NULL &&
		    (token->store->flags & STORE_PROTECTED) &&
		    strcmp(token->store->name, "TRUSTED_ROOTS") == 0,
	};
}

static CK_RV
may_change(struct session *s, const struct token *token,
    const struct object *o)
{
	if (o->token && (token->rights & RIGHT_WRITE) == 0)
		return CKR_TOKEN_WRITE_PROTECTED;
	return access_check(token_state(token, s->rw), o->token, o->private,
	    ACCESS_CHANGE);
}

/* The object behind the handle goes to the token: once it is there, nothing may
 * fail any more. */
static CK_RV
object_keep(struct session *s, const struct token *token, struct object *o,
    CK_OBJECT_HANDLE handle)
{
	uint64_t id = 0;
	CK_RV rv = change_create(s, token, o, &id);

	if (rv != CKR_OK)
		handle_remove(s->context, handle);
	else if (id != 0)
		object_rename(s->context, handle, id, NULL);
	else
		batch_name(s, o, handle);
	return rv;
}

/* A finished object becomes the session's or the token's. */
static CK_RV
object_publish(struct session *s, const struct token *token,
    struct object *o, CK_OBJECT_HANDLE *out)
{
	CK_OBJECT_HANDLE handle = 0;

	TRY(may_change(s, token, o));
	TRY(object_name(s, object_hold(o), &handle));
	if (o->token)
		TRY(object_keep(s, token, o, handle));
	*out = handle;
	return CKR_OK;
}

CK_RV
attrs_publish(struct session *s, const struct token *token, struct attrs *a,
    CK_OBJECT_HANDLE *out)
{
	_cleanup_(object_putp) struct object *o = NULL;
	CK_RV rv = object_new(a, &o);

	attrs_wipe(a);
	TRY(rv);
	return object_publish(s, token, o, out);
}

CK_RV
object_make(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out)
{
	struct maker who = maker_of(token);
	struct attrs a = ATTRS_INIT;

	if (token->store == NULL)
		return CKR_TOKEN_NOT_RECOGNIZED;
	TRY(object_create(&who, t, n, &a));
	return attrs_publish(s, token, &a, out);
}

static const struct vendor_class *
template_vendor_class(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_ATTRIBUTE *a = template_find(t, n, CKA_CLASS);
	CK_OBJECT_CLASS class;

	if (a == NULL || a->ulValueLen != sizeof(class))
		return NULL;
	memcpy(&class, a->pValue, sizeof(class));
	return vendor_class_find(class);
}

CK_RV
create_object(struct session *s, const CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	const struct vendor_class *vendor;

	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(template_check(t, n));
	TRY(token_of(s, &token));
	vendor = template_vendor_class(t, n);
	if (vendor != NULL && (token.store != NULL || vendor->anywhere))
		return vendor->create(s, &token, t, n, out);
	return object_make(s, &token, t, n, out);
}

CK_RV
copy_object(struct session *s, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *t,
    CK_ULONG n, CK_OBJECT_HANDLE *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(object_putp) struct object *from = NULL;
	struct attrs a = ATTRS_INIT;
	struct maker who;

	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(template_check(t, n));
	TRY(token_of(s, &token));
	TRY(object_resolve(s, &token, object, &from));
	if (vendor_class_find(from->class) != NULL ||
	    (from->token && token_uses_only(&token)))
		return CKR_ACTION_PROHIBITED;
	who = maker_of(&token);
	TRY(object_copy(&who, &from->attrs, t, n, &a));
	return attrs_publish(s, &token, &a, out);
}

CK_RV
object_end(struct session *s, const struct token *token, struct object *o)
{
	TRY(may_change(s, token, o));
	if (!attrs_bool(&o->attrs, CKA_DESTROYABLE, true))
		return CKR_ACTION_PROHIBITED;
	return o->token ? change_delete(s, token, o) : CKR_OK;
}

static CK_RV
object_destroy(struct session *s, const struct token *token, struct object *o)
{
	const struct vendor_class *vendor = vendor_class_find(o->class);

	if (vendor != NULL && vendor->destroy != NULL)
		return vendor->destroy(s, token, o);
	return object_end(s, token, o);
}

/* An object that another process has changed meanwhile is destroyed as it is
 * now; the same for changes below. */
CK_RV
destroy_object(struct session *s, CK_OBJECT_HANDLE object)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(object_putp) struct object *o = NULL;
	CK_RV rv;

	TRY(token_of(s, &token));
	TRY(object_resolve(s, &token, object, &o));
	do
		rv = object_destroy(s, &token, o);
	while (rv == CKR_ACTION_PROHIBITED &&
	    object_moved_on(s, &token, &o));
	TRY(rv);
	/* Inside a batch the deletion may still be dropped. */
	if (!o->token || !batch_is_open(s))
		handle_remove(s->context, object);
	return CKR_OK;
}

CK_RV
object_size(struct session *s, CK_OBJECT_HANDLE object, CK_ULONG *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(object_putp) struct object *o = NULL;
	CK_ULONG size = 0;

	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(token_of(s, &token));
	TRY(object_resolve(s, &token, object, &o));
	for (size_t i = 0; i < o->attrs.count; i++)
		size += sizeof(CK_ATTRIBUTE_TYPE) +
		    o->attrs.items[i].value.len;
	*out = size;
	return CKR_OK;
}

/* Reading */

static CK_RV
attribute_answer(CK_ATTRIBUTE *to, struct span value)
{
	CK_ULONG room = to->ulValueLen;

	if (to->pValue == NULL) {
		to->ulValueLen = value.len;
		return CKR_OK;
	}
	if (room < value.len) {
		to->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	if (value.len != 0)
		memcpy(to->pValue, value.data, value.len);
	to->ulValueLen = value.len;
	return CKR_OK;
}

/* Attributes that a client is shown otherwise than they are stored; *shown
 * holds what had to be made. */
static CK_RV
attribute_show(struct session *s, const struct token *token,
    const struct object *o, CK_ATTRIBUTE_TYPE type, struct span *value,
    struct secret *shown)
{
	static const CK_BBOOL no = CK_FALSE;

	if (type == CKA_VECS_STORE && o->token && token->store != NULL)
		*value = (struct span){ token->store->serial,
			strlen(token->store->serial) };
	if (type == CKA_VECS_PRINCIPAL && value->data != NULL) {
		TRY(principal_print(*value, shown));
		*value = (struct span){ shown->data, shown->len };
	}
	if (type == CKA_TRUSTED && value->data != NULL && o->token &&
	    !token_shows_trust(s->context, token))
		*value = (struct span){ &no, sizeof(no) };
	return CKR_OK;
}

/* What has no schema is never stored, and has no secrets. */
static bool
is_revealed(const struct object *o, CK_ATTRIBUTE_TYPE type)
{
	const struct schema *schema = schema_find(o->class, attrs_ulong(
	    &o->attrs, schema_sub_attribute(o->class),
	    CK_UNAVAILABLE_INFORMATION));

	return schema == NULL || schema_reveals(schema, type,
	    attrs_bool(&o->attrs, CKA_SENSITIVE, true),
	    attrs_bool(&o->attrs, CKA_EXTRACTABLE, false));
}

static bool
is_template(CK_ATTRIBUTE_TYPE type)
{
	enum attr_kind kind;

	return schema_kind(type, &kind) && kind == KIND_TEMPLATE;
}

static CK_RV
attribute_get(struct session *s, const struct token *token,
    const struct object *o, CK_ATTRIBUTE *to)
{
	struct span value = attrs_span(&o->attrs, to->type);
	_cleanup_(secret_wipe) struct secret shown = { NULL, 0 };
	char progress[48];

	if (to->type == CKA_VECS_CHUNK && o->class == CKO_VECS_BACKUP)
		return backup_chunk(s, to);
	if (to->type == CKA_VECS_PROGRESS && o->class == CKO_VECS_REKEY) {
		TRY(rekey_progress(s, progress));
		return attribute_answer(to, (struct span){ progress,
		    strlen(progress) });
	}
	if (to->type == CKA_VECS_PIN && o->class == CKO_VECS_USER) {
		to->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_SENSITIVE;
	}
	TRY(attribute_show(s, token, o, to->type, &value, &shown));
	/* "The object possesses these attributes" (4): the empty default. */
	if (value.data == NULL && attrs_reads_empty(&o->attrs, to->type))
		value = (struct span){ "", 0 };
	if (value.data == NULL) {
		to->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
	if (!is_revealed(o, to->type)) {
		to->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_SENSITIVE;
	}
	return is_template(to->type) ? nested_answer(value, to)
	                             : attribute_answer(to, value);
}

CK_RV
get_attributes(struct session *s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(object_putp) struct object *o = NULL;
	CK_RV answer = CKR_OK;

	if (t == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(token_of(s, &token));
	TRY(object_resolve(s, &token, object, &o));
	/* Every attribute is answered; one error of several is returned. */
	for (CK_ULONG i = 0; i < n; i++) {
		CK_RV rv = attribute_get(s, &token, o, &t[i]);

		if (rv != CKR_OK)
			answer = rv;
	}
	return answer;
}

/* Changing */

/* The store that CKA_VECS_STORE names, for a move. */
static CK_RV
move_target(struct session *s, const CK_ATTRIBUTE *serial, uint64_t *to)
{
	struct store **stores = NULL;
	size_t count = 0;
	CK_RV rv = CKR_ATTRIBUTE_VALUE_INVALID;

	TRY(store_list(s->context->instance->db, &stores, &count));
	for (size_t i = 0; i < count; i++) {
		if (serial->ulValueLen == strlen(stores[i]->serial) &&
		    memcmp(serial->pValue, stores[i]->serial,
			serial->ulValueLen) == 0) {
			*to = stores[i]->id;
			rv = CKR_OK;
		}
		store_put(stores[i]);
	}
	free(stores);
	return rv;
}

/* A user's own store of this name is no place for what belongs to others. */
static bool
is_backup_store(const struct context *context, const struct store *store)
{
	return strcmp(store->name, "BACKUP_STORE") == 0 &&
	    ((store->flags & STORE_SYSTEM) || store->owner == 0 ||
		store->owner == context->instance->owner);
}

/* Whoever may write an entry's store may back it up; elsewhere a move needs
 * the right to write there.  *who says what of trust he may bring along. */
static CK_RV
move_check(struct session *s, uint64_t to, struct maker *who)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };

	TRY(token_open(s->context, to, &token));
	if (token.store == NULL)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (token_has_pin(&token) && !token_is_user(&token))
		return CKR_USER_NOT_LOGGED_IN;
	*who = maker_of(&token);
	if (is_backup_store(s->context, token.store))
		return CKR_OK;
	return token.rights & RIGHT_WRITE ? CKR_OK : CKR_ACTION_PROHIBITED;
}

static CK_RV
object_after(const struct maker *who, const struct object *o,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct object **out)
{
	struct attrs a = ATTRS_INIT;
	CK_RV rv = object_set(who, &o->attrs, t, n, &a);

	if (rv == CKR_OK)
		rv = object_new(&a, out);
	attrs_wipe(&a);
	return rv;
}

static CK_RV
change_attributes(struct session *s, const struct token *token,
    struct object *o, const CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE handle)
{
	_cleanup_(object_putp) struct object *after = NULL;
	const CK_ATTRIBUTE *move = template_find(t, n, CKA_VECS_STORE);
	struct maker who = maker_of(token);
	uint64_t to = s->slot;

	TRY(may_change(s, token, o));
	if (move != NULL && o->token) {
		TRY(move_target(s, move, &to));
		TRY(move_check(s, to, &who));
	}
	TRY(object_after(&who, o, t, n, &after));
	if (!o->token) {
		object_rename(s->context, handle, 0, TAKE(after));
		return CKR_OK;
	}
	after->id = o->id;
	after->version = o->version;
	after->store = o->store;
	return change_update(s, token, o, after, to);
}

CK_RV
object_change(struct session *s, const struct token *token, struct object *o,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	return change_attributes(s, token, o, t, n, 0);
}

static CK_RV
attributes_set(struct session *s, const struct token *token, struct object *o,
    const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE handle)
{
	const struct vendor_class *vendor = vendor_class_find(o->class);

	if (vendor != NULL)
		return vendor->set(s, token, o, t, n);
	return change_attributes(s, token, o, t, n, handle);
}

CK_RV
set_attributes(struct session *s, CK_OBJECT_HANDLE object,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(object_putp) struct object *o = NULL;
	CK_RV rv;

	if (t == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(template_check(t, n));
	TRY(token_of(s, &token));
	TRY(object_resolve(s, &token, object, &o));
	do
		rv = attributes_set(s, &token, o, t, n, object);
	while (rv == CKR_ACTION_PROHIBITED &&
	    object_moved_on(s, &token, &o));
	return rv;
}
