/* The view of who may only use: objects hidden, keys without their values. */
#include "module/calls/view.h"

#include <stdlib.h>

#include "module/calls/instance.h"
#include "module/object/find.h"

static bool
is_hidden(const struct object *o)
{
	return o->class == CKO_DATA || (o->class == CKO_SECRET_KEY &&
	    attrs_ulong(&o->attrs, CKA_KEY_TYPE, CKK_GENERIC_SECRET) ==
		CKK_GENERIC_SECRET);
}

static bool
tells_its_value(const struct object *o)
{
	return (o->class == CKO_SECRET_KEY || o->class == CKO_PRIVATE_KEY) &&
	    (!attrs_bool(&o->attrs, CKA_SENSITIVE, false) ||
		attrs_bool(&o->attrs, CKA_EXTRACTABLE, false));
}

static CK_RV
image_attrs(const struct object *o, struct attrs *a)
{
	TRY(attrs_dup(&o->attrs, a));
	TRY(attrs_set_bool(a, CKA_SENSITIVE, true));
	return attrs_set_bool(a, CKA_EXTRACTABLE, false);
}

static CK_RV
image_make(struct object *o, struct object **out)
{
	struct attrs a = ATTRS_INIT;
	CK_RV rv = image_attrs(o, &a);

	if (rv == CKR_OK)
		rv = object_image(o, &a, out);
	attrs_wipe(&a);
	return rv;
}

CK_RV
view_object(const struct token *token, struct object **o)
{
	struct object *image = NULL;

	if (!token_uses_only(token) || !(*o)->token)
		return CKR_OK;
	if (is_hidden(*o))
		return CKR_OBJECT_HANDLE_INVALID;
	if (!tells_its_value(*o))
		return CKR_OK;
	TRY(image_make(*o, &image));
	object_put(*o);
	*o = image;
	return CKR_OK;
}

/* The template without what a view may answer otherwise than the disk. */
static CK_ULONG
template_true(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE *out)
{
	CK_ULONG kept = 0;

	for (CK_ULONG i = 0; i < n; i++)
		if (t[i].type != CKA_SENSITIVE &&
		    t[i].type != CKA_EXTRACTABLE)
			out[kept++] = t[i];
	return kept;
}

static CK_RV
ref_shown(struct cache *cache, const struct token *token,
    const struct record_ref *ref, const CK_ATTRIBUTE *t, CK_ULONG n,
    bool *shown)
{
	_cleanup_(object_putp) struct object *o = NULL;
	CK_RV rv = cache_object(cache, token->store, token_key(token), ref,
	    &o);

	if (rv == CKR_OK)
		rv = view_object(token, &o);
	*shown = rv == CKR_OK && attrs_match(&o->attrs, t, n);
	return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_OK : rv;
}

CK_RV
view_find(struct cache *cache, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct record_ref **out, size_t *count)
{
	_cleanup_(freep) CK_ATTRIBUTE *some = NULL;
	_cleanup_(freep) struct record_ref *refs = NULL;
	size_t found = 0, kept = 0;
	bool private = token_is_user(token), shown;

	if (!token_uses_only(token))
		return find_objects(cache, token->store, token_key(token),
		    private, t, n, out, count);
	if ((some = calloc(n + 1, sizeof(*some))) == NULL)
		return CKR_HOST_MEMORY;
	TRY(find_objects(cache, token->store, token_key(token), private, some,
	    template_true(t, n, some), &refs, &found));
	for (size_t i = 0; i < found; i++) {
		TRY(ref_shown(cache, token, &refs[i], t, n, &shown));
		if (shown)
			refs[kept++] = refs[i];
	}
	*out = TAKE(refs);
	*count = kept;
	return CKR_OK;
}
