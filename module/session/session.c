/* Sessions: opening, holding, closing. */
#include "module/session/session.h"

#include <stdlib.h>

/* Counts a session in; called with the context's lock held. */
static CK_RV
count_in(struct context *context, uint64_t slot, bool rw)
{
	struct session_counts *counts = map_find(&context->counts, slot);
	CK_RV rv = CKR_OK;

	if (counts == NULL) {
		counts = calloc(1, sizeof(*counts));
		rv = counts == NULL ? CKR_HOST_MEMORY
		                    : map_set(&context->counts, slot, counts);
	}
	if (rv != CKR_OK) {
		free(counts);
		return rv;
	}
	counts->all++;
	counts->rw += rw;
	return CKR_OK;
}

/* Counts it out; true for the last of its slot. */
static bool
count_out(struct context *context, uint64_t slot, bool rw)
{
	struct session_counts *counts = map_find(&context->counts, slot);

	counts->rw -= rw;
	if (--counts->all != 0)
		return false;
	free(map_take(&context->counts, slot));
	return true;
}

static struct finder *
finder_of(struct context *context, CK_SESSION_HANDLE handle)
{
	return &context->finders[handle % FINDERS];
}

static CK_RV
finder_add(struct context *context, struct session *s)
{
	struct finder *f = finder_of(context, s->handle);
	CK_RV rv;

	pthread_mutex_lock(&f->lock);
	rv = map_set(&f->sessions, s->handle, s);
	pthread_mutex_unlock(&f->lock);
	return rv;
}

static void
finder_drop(struct context *context, CK_SESSION_HANDLE handle)
{
	struct finder *f = finder_of(context, handle);

	pthread_mutex_lock(&f->lock);
	map_take(&f->sessions, handle);
	pthread_mutex_unlock(&f->lock);
}

/* Called with the context's lock held. */
static CK_RV
tables_set(struct context *context, struct session *s)
{
	TRY(map_set(&context->sessions, s->handle, s));
	TRY(finder_add(context, s));
	return count_in(context, s->slot, s->rw);
}

static CK_RV
table_add(struct context *context, struct session *s)
{
	CK_RV rv;

	pthread_mutex_lock(&context->lock);
	s->handle = ++context->last_session;
	rv = tables_set(context, s);
	if (rv != CKR_OK) {
		finder_drop(context, s->handle);
		map_take(&context->sessions, s->handle);
	}
	pthread_mutex_unlock(&context->lock);
	return rv;
}

/* Out of every table; true for the last of its slot, whose login is taken too.
 * In one step: a session that is opened next logs in by itself. */
static bool
table_drop(struct context *context, struct session *s, struct login **login)
{
	bool last;

	finder_drop(context, s->handle);
	pthread_mutex_lock(&context->lock);
	map_take(&context->sessions, s->handle);
	last = count_out(context, s->slot, s->rw);
	*login = last ? map_take(&context->logins, s->slot) : NULL;
	pthread_mutex_unlock(&context->lock);
	return last;
}

CK_RV
session_open(struct context *context, uint64_t slot, bool rw,
    CK_SESSION_HANDLE *out)
{
	struct session *s = malloc(sizeof(*s));
	CK_RV rv;

	if (s == NULL)
		return CKR_HOST_MEMORY;
	/* refs: the table's */
	*s = (struct session){ .context = context, .slot = slot, .rw = rw,
		.refs = 1 };
	pthread_mutex_init(&s->lock, NULL);
	rv = table_add(context, s);
	if (rv != CKR_OK) {
		pthread_mutex_destroy(&s->lock);
		free(s);
		return rv;
	}
	*out = s->handle;
	return CKR_OK;
}

/* Lets go of one reference; frees with the last, which nobody can find. */
static void
session_release(struct session *s)
{
	if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void
end_private(struct session *s)
{
	s->logged_out = false;
	for (int kind = 0; kind < OPERATION_COUNT; kind++)
		if (s->operations[kind].private)
			operation_end(&s->operations[kind]);
}

CK_RV
session_get(struct context *context, CK_SESSION_HANDLE handle,
    struct session **out)
{
	struct finder *f = finder_of(context, handle);
	struct session *s;

	pthread_mutex_lock(&f->lock);
	if ((s = map_find(&f->sessions, handle)) != NULL)
		s->refs++;
	pthread_mutex_unlock(&f->lock);
	if (s == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	pthread_mutex_lock(&s->lock);
	if (s->closed) {
		session_put(s);
		return CKR_SESSION_HANDLE_INVALID;
	}
	if (s->logged_out)
		end_private(s);
	*out = s;
	return CKR_OK;
}

void
session_put(struct session *s)
{
	pthread_mutex_unlock(&s->lock);
	session_release(s);
}

struct session_counts
sessions_count(struct context *context, uint64_t slot)
{
	struct session_counts counts = { 0, 0 }, *kept;

	pthread_mutex_lock(&context->lock);
	if ((kept = map_find(&context->counts, slot)) != NULL)
		counts = *kept;
	pthread_mutex_unlock(&context->lock);
	return counts;
}

void
session_transfer_end(struct session *s)
{
	if (s->transfer != NULL)
		s->transfer_end(s->transfer);
	s->transfer = NULL;
}

bool
session_close(struct session *s)
{
	struct context *context = s->context;
	struct login *login = NULL;
	bool last;

	if (s->batch != NULL)
		s->batch_leave(s);
	session_transfer_end(s);
	for (int kind = 0; kind < OPERATION_COUNT; kind++)
		operation_end(&s->operations[kind]);
	s->closed = true;
	last = table_drop(context, s, &login);
	if (s->objects != 0)
		handles_remove_session(context, s->handle);
	if (login != NULL)
		login_put(login);
	session_release(s); /* the tables' */
	return last;
}

/* Any session of the slot (0: of any slot), held and locked, or NULL. */
static struct session *
session_any(struct context *context, uint64_t slot)
{
	struct session *s;
	size_t at = 0;

	pthread_mutex_lock(&context->lock);
	while ((s = map_next(&context->sessions, &at)) != NULL)
		if (slot == 0 || s->slot == slot)
			break;
	if (s != NULL)
		s->refs++;
	pthread_mutex_unlock(&context->lock);
	if (s != NULL)
		pthread_mutex_lock(&s->lock);
	return s;
}

void
sessions_close(struct context *context, uint64_t slot)
{
	struct session *s;

	while ((s = session_any(context, slot)) != NULL) {
		if (!s->closed)
			session_close(s);
		session_put(s);
	}
}

/* The session after `last` in the order of handles, held, or NULL. */
static struct session *
session_after(struct context *context, uint64_t slot, CK_SESSION_HANDLE last)
{
	struct session *s, *next = NULL;
	size_t at = 0;

	pthread_mutex_lock(&context->lock);
	while ((s = map_next(&context->sessions, &at)) != NULL)
		if (s->slot == slot && s->handle > last &&
		    (next == NULL || s->handle < next->handle))
			next = s;
	if (next != NULL)
		next->refs++;
	pthread_mutex_unlock(&context->lock);
	return next;
}

void
sessions_end_private(struct context *context, uint64_t slot,
    struct session *own)
{
	CK_SESSION_HANDLE last = 0;
	struct session *s;

	while ((s = session_after(context, slot, last)) != NULL) {
		last = s->handle;
		if (s == own) {
			end_private(s);
			session_release(s);
			continue;
		}
		/* Two sessions that log out at once must not wait for each
		 * other: who is inside a call is told by the mark. */
		s->logged_out = true;
		if (pthread_mutex_trylock(&s->lock) == 0) {
			end_private(s);
			pthread_mutex_unlock(&s->lock);
		}
		session_release(s);
	}
}

void
sessions_forked(struct context *context,
    bool (*ends)(enum operation_kind kind, const void *state))
{
	struct session *s;
	size_t at = 0;

	while ((s = map_next(&context->sessions, &at)) != NULL) {
		session_transfer_end(s);
		for (int kind = 0; kind < OPERATION_COUNT; kind++)
			if (s->operations[kind].state != NULL &&
			    ends(kind, s->operations[kind].state))
				operation_end(&s->operations[kind]);
	}
}
