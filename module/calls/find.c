/* Search (PKCS#11 5.7.6 to 5.7.8). */
#include "module/calls/calls.h"

#include <stdlib.h>
#include <string.h>

#include "common/vendor.h"
#include "module/calls/grants.h"
#include "module/calls/synthetic.h"
#include "module/calls/users.h"
#include "module/calls/vendor.h"
#include "module/calls/view.h"
#include "module/object/find.h"

/* What a search has found and not yet handed out: on disk, then handles.  The
 * references are its own, or the cache's, which it only reads. */
struct search {
	struct cache *cache;
	struct shared_refs *shared;
	struct record_ref *refs;
	CK_OBJECT_HANDLE *handles;
	size_t ref_count, handle_count, handle_cap, at;
	bool hides_grants;
};

static void
search_end(void *state)
{
	struct search *search = state;

	if (search->shared != NULL)
		cache_unshare(search->cache, search->shared);
	free(search->refs);
	free(search->handles);
	free(search);
}

DEFINE_CLEANUP(struct search *, search_end)

static CK_RV
search_add(struct search *search, CK_OBJECT_HANDLE handle)
{
	if (search->handle_count == search->handle_cap) {
		size_t cap = search->handle_cap * 2 + 8;
		CK_OBJECT_HANDLE *more =
		    realloc(search->handles, cap * sizeof(*more));

		if (more == NULL)
			return CKR_HOST_MEMORY;
		search->handles = more;
		search->handle_cap = cap;
	}
	search->handles[search->handle_count++] = handle;
	return CKR_OK;
}

/* Session objects of this token, by handle. */
struct visit {
	struct session *s;
	struct search *search;
	const CK_ATTRIBUTE *t;
	CK_ULONG n;
	bool private;
	CK_RV rv;
};

static void
visit_session_object(void *arg, const struct handle *h)
{
	struct visit *v = arg;
	const struct object *o = h->thing;

	if (v->rv != CKR_OK || h->session == 0 || h->slot != v->s->slot)
		return;
	if ((!h->private || v->private) && attrs_match(&o->attrs, v->t, v->n))
		v->rv = search_add(v->search, h->number);
}

static int
handle_order(const void *a, const void *b)
{
	const CK_OBJECT_HANDLE *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static CK_RV
search_session_objects(struct session *s, struct search *search, bool private,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	struct visit v = { s, search, t, n, private, CKR_OK };

	handles_each(s->context, visit_session_object, &v);
	if (search->handle_count > 1)
		qsort(search->handles, search->handle_count,
		    sizeof(*search->handles), handle_order);
	return v.rv;
}

/* A certificate that nobody may trust is not found as a trusted one. */
static bool
asks_for_hidden_trust(const struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_ATTRIBUTE *a = template_find(t, n, CKA_TRUSTED);

	return a != NULL && a->ulValueLen == 1 &&
	    *(const CK_BBOOL *)a->pValue != CK_FALSE &&
	    !token_shows_trust(s->context, token);
}

/* One that is not on disk as an object: found if it matches. */
static CK_RV
search_offer(struct session *s, struct search *search, struct object *o,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_HANDLE handle;

	if (!attrs_match(&o->attrs, t, n))
		return CKR_OK;
	TRY(object_name(s, object_hold(o), &handle));
	return search_add(search, handle);
}

/* Only who asks for their class gets them. */
static CK_RV
search_synthetic(struct session *s, struct search *search,
    const struct token *token, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_ATTRIBUTE *a = template_find(t, n, CKA_CLASS);
	CK_OBJECT_CLASS class;
	size_t at = 0;

	if (a == NULL || a->ulValueLen != sizeof(class))
		return CKR_OK;
	memcpy(&class, a->pValue, sizeof(class));
	for (;;) {
		_cleanup_(object_putp) struct object *o = NULL;

		TRY(synthetic_next(token, class, &at, &o));
		if (o == NULL)
			return CKR_OK;
		TRY(search_offer(s, search, o, t, n));
	}
}

static CK_RV
search_users(struct session *s, struct search *search,
    const struct token *token, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const struct store_user *last = NULL;

	if (!users_asked_for(token, t, n))
		return CKR_OK;
	for (;;) {
		_cleanup_(object_putp) struct object *o = NULL;

		TRY(user_next(token, &last, &o));
		if (o == NULL)
			return CKR_OK;
		TRY(search_offer(s, search, o, t, n));
	}
}

/* Grants are shown to who may change them and asks for their class, the newest
 * first; to other clients they are no objects. */
static void
grants_order(struct search *search, bool shown)
{
	size_t kept = 0, n = search->ref_count;

	for (size_t i = 0; i < n; i++)
		if (shown || search->refs[i].class != CKO_VECS_GRANT)
			search->refs[kept++] = search->refs[i];
	search->ref_count = kept;
	for (size_t i = 0; kept != 0 && i < kept / 2; i++) {
		struct record_ref swap = search->refs[i];

		if (swap.class != CKO_VECS_GRANT)
			return;
		search->refs[i] = search->refs[kept - 1 - i];
		search->refs[kept - 1 - i] = swap;
	}
}

/* What the session's batch changed is judged as it will be. */
static CK_RV
search_batch(struct session *s, struct search *search, bool private,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	size_t kept = 0, at = 0;
	CK_OBJECT_HANDLE handle;
	struct object *next;

	for (size_t i = 0; i < search->ref_count; i++) {
		struct object probe = { .id = search->refs[i].id };
		struct object *after;
		bool known;

		batch_look(s, &probe, &known, &after);
		if (after != NULL)
			object_put(after);
		if (!known)
			search->refs[kept++] = search->refs[i];
	}
	search->ref_count = kept;
	while ((next = batch_next(s, &at, &handle)) != NULL) {
		_cleanup_(object_putp) struct object *o = next;

		if ((o->private && !private) || !attrs_match(&o->attrs, t, n))
			continue;
		/* Another thread is just making it. */
		if (handle == 0 && o->id == 0)
			continue;
		if (handle == 0)
			TRY(object_name_id(s, o->id, o->private, &handle));
		TRY(search_add(search, handle));
	}
	return CKR_OK;
}

/* Can the cache's own answer be handed out as it is? */
static bool
is_shareable(const struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_ATTRIBUTE *a = template_find(t, n, CKA_CLASS);
	CK_OBJECT_CLASS class = 0;

	if (s->batch != NULL || token_uses_only(token) ||
	    !find_is_plain(t, n))
		return false;
	if (a != NULL)
		memcpy(&class, a->pValue, sizeof(class));
	return class != CKO_VECS_GRANT;
}

static CK_RV
search_stored(struct session *s, struct search *search,
    const struct token *token, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	bool named = template_find(t, n, CKA_CLASS) != NULL;

	search->cache = s->context->instance->cache;
	if (!is_shareable(s, token, t, n)) {
		TRY(view_find(search->cache, token, t, n, &search->refs,
		    &search->ref_count));
		grants_order(search, token->controls && named);
		return CKR_OK;
	}
	TRY(find_plain(search->cache, token->store, token_key(token),
	    token_is_user(token), t, n, &search->shared));
	search->ref_count = search->shared->count;
	search->hides_grants = !named;
	return CKR_OK;
}

static bool
wants_token_objects(const CK_ATTRIBUTE *t, CK_ULONG n, bool token)
{
	const CK_ATTRIBUTE *a = template_find(t, n, CKA_TOKEN);

	return a == NULL || a->ulValueLen != 1 ||
	    (*(const CK_BBOOL *)a->pValue != 0) == token;
}

static CK_RV
search_run(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct search *search)
{
	bool private = token_is_user(token);

	if (token->store == NULL)
		return CKR_OK;
	if (wants_token_objects(t, n, false))
		TRY(search_session_objects(s, search, private, t, n));
	if (!wants_token_objects(t, n, true) ||
	    asks_for_hidden_trust(s, token, t, n))
		return CKR_OK;
	TRY(search_stored(s, search, token, t, n));
	if (s->batch != NULL)
		TRY(search_batch(s, search, private, t, n));
	TRY(search_users(s, search, token, t, n));
	return search_synthetic(s, search, token, t, n);
}

CK_RV
find_init(struct session *s, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(freep) CK_ATTRIBUTE *copy = NULL;
	_cleanup_(search_endp) struct search *search = NULL;
	struct operation *op = &s->operations[OPERATION_FIND];
	char stored[PRINCIPAL_MAX];

	TRY(template_check(t, n));
	if (op->state != NULL)
		return CKR_OPERATION_ACTIVE;
	TRY(token_of(s, &token));
	copy = calloc(n + 1, sizeof(*copy));
	search = calloc(1, sizeof(*search));
	if (copy == NULL || search == NULL)
		return CKR_HOST_MEMORY;
	TRY(principal_translate(t, n, copy, stored));
	TRY(search_run(s, &token, copy, n, search));
	op->state = TAKE(search);
	op->end = search_end;
	op->private = true;
	return CKR_OK;
}

CK_RV
find_next(struct session *s, CK_OBJECT_HANDLE *out, CK_ULONG max,
    CK_ULONG *count)
{
	struct search *search = s->operations[OPERATION_FIND].state;
	CK_ULONG n = 0;

	if (out == NULL || count == NULL)
		return CKR_ARGUMENTS_BAD;
	if (search == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	for (; n < max && search->at < search->ref_count; search->at++) {
		const struct record_ref *ref = search->shared != NULL
		    ? &search->shared->ref[search->at]
		    : &search->refs[search->at];

		if (search->hides_grants && ref->class == CKO_VECS_GRANT)
			continue;
		TRY(object_name_id(s, ref->id, ref->private, &out[n]));
		n++;
	}
	while (n < max && search->at >= search->ref_count &&
	    search->at - search->ref_count < search->handle_count)
		out[n++] = search->handles[search->at++ - search->ref_count];
	*count = n;
	return CKR_OK;
}

CK_RV
find_final(struct session *s)
{
	if (s->operations[OPERATION_FIND].state == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	operation_end(&s->operations[OPERATION_FIND]);
	return CKR_OK;
}
