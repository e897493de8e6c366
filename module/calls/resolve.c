/* Handles to objects: from the table, the batch, the memory or the disk. */
#include "module/calls/resolve.h"

#include "common/vendor.h"
#include "module/calls/synthetic.h"
#include "module/calls/users.h"
#include "module/calls/view.h"
#include "module/mech/mech.h"

CK_RV
template_check(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	if (n != 0 && t == NULL)
		return CKR_ARGUMENTS_BAD;
	for (CK_ULONG i = 0; i < n; i++) {
		if (t[i].ulValueLen == CK_UNAVAILABLE_INFORMATION)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		if (t[i].pValue == NULL && t[i].ulValueLen != 0)
			return CKR_ATTRIBUTE_VALUE_INVALID;
	}
	return CKR_OK;
}

CK_RV
mech_for(const CK_MECHANISM *mechanism, CK_FLAGS flag,
    const struct mech **out)
{
	if (mechanism == NULL)
		return CKR_ARGUMENTS_BAD;
	if (mechanism->pParameter == NULL && mechanism->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	*out = mech_find(mechanism->mechanism);
	if (*out == NULL || (mech_flags(*out) & flag) == 0)
		return CKR_MECHANISM_INVALID;
	return CKR_OK;
}

static void *
hold_object(void *thing)
{
	return object_hold(thing);
}

static void
put_object(void *thing)
{
	object_put(thing);
}

CK_RV
object_name(struct session *s, struct object *o, CK_OBJECT_HANDLE *out)
{
	struct handle h = { .slot = s->slot, .id = o->id,
		.session = o->token ? 0 : s->handle, .private = o->private,
		.thing = o, .put = put_object };

	s->objects += o->token ? 0 : 1;
	if (synthetic_is(o->class))
		h.id = synthetic_id(o);
	return handle_add(s->context, &h, out);
}

CK_RV
object_name_id(struct session *s, uint64_t id, bool private,
    CK_OBJECT_HANDLE *out)
{
	struct handle h = { .slot = s->slot, .id = id, .private = private,
		.put = put_object };

	return handle_add(s->context, &h, out);
}

void
object_rename(struct context *context, CK_OBJECT_HANDLE handle, uint64_t id,
    struct object *o)
{
	struct object *old = handle_replace(context, handle, id, o);

	if (old != NULL)
		object_put(old);
}

/* Keys stay with their handle, so that a process which cannot open the
 * database any more goes on using what it has loaded. */
static void
pin_key(struct session *s, const struct handle *h, struct object *o)
{
	if (h->thing == o || (o->class != CKO_PRIVATE_KEY &&
	    o->class != CKO_SECRET_KEY))
		return;
	object_rename(s->context, h->number, o->id, object_hold(o));
}

/* The state on disk (or in the session) behind the handle. */
static CK_RV
object_behind(struct session *s, const struct token *token,
    const struct handle *h, struct object **out)
{
	CK_RV rv;

	if (user_is_id(h->id))
		return user_object(token, h->id, out);
	if (h->id == 0 || synthetic_is_id(h->id)) {
		*out = object_hold(h->thing);
		return CKR_OK;
	}
	rv = cache_current(s->context->instance->cache, token->store,
	    token_key(token), h->id, h->thing, out);
	if (rv == CKR_OK)
		pin_key(s, h, *out);
	/* Gone for good: what the handle held must not stay. */
	if (rv == CKR_OBJECT_HANDLE_INVALID &&
	    (!h->private || token_is_user(token)) &&
	    !database_is_shut_out(s->context->instance->db))
		handle_remove(s->context, h->number);
	return rv;
}

/* The session's batch may have changed or deleted it; what a batch created is
 * nobody else's. */
static CK_RV
through_batch(struct session *s, struct object **o)
{
	struct object *after;
	bool known;

	batch_look(s, *o, &known, &after);
	if (!known)
		return (*o)->token && (*o)->id == 0 &&
		    !synthetic_is((*o)->class)
		    ? CKR_OBJECT_HANDLE_INVALID
		    : CKR_OK;
	object_put(*o);
	*o = after;
	return after != NULL ? CKR_OK : CKR_OBJECT_HANDLE_INVALID;
}

static CK_RV
resolve_held(struct session *s, const struct token *token,
    const struct handle *h, struct object **out)
{
	_cleanup_(object_putp) struct object *o = NULL;

	if (h->slot != s->slot || (token->store == NULL && h->session == 0))
		return CKR_OBJECT_HANDLE_INVALID;
	TRY(object_behind(s, token, h, &o));
	TRY(through_batch(s, &o));
	if (o->private && !token_is_user(token))
		return CKR_OBJECT_HANDLE_INVALID;
	TRY(view_object(token, &o));
	*out = TAKE(o);
	return CKR_OK;
}

CK_RV
object_resolve(struct session *s, const struct token *token,
    CK_OBJECT_HANDLE handle, struct object **out)
{
	struct handle h;
	CK_RV rv;

	if (!handle_get(s->context, handle, hold_object, &h))
		return CKR_OBJECT_HANDLE_INVALID;
	rv = resolve_held(s, token, &h, out);
	if (h.thing != NULL)
		object_put(h.thing);
	return rv;
}

bool
object_moved_on(struct session *s, const struct token *token,
    struct object **o)
{
	struct object *now = NULL;
	bool moved;

	if ((*o)->id == 0 || s->batch != NULL ||
	    cache_reread(s->context->instance->cache, token->store,
		token_key(token), (*o)->id, &now) != CKR_OK)
		return false;
	moved = now->version != (*o)->version;
	object_put(*o);
	*o = now;
	return moved;
}
