/* Batches: collecting changes of several sessions and applying them as one. */
#include "module/calls/batch.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/text.h"
#include "common/vendor.h"
#include "module/calls/change.h"
#include "module/calls/resolve.h"
#include "module/crypto/libctx.h"

#define BATCH_ID_SIZE 16

enum batch_state { BATCH_OPEN, BATCH_COMMITTED, BATCH_DROPPED };

struct absent {
	uint64_t store;
	struct secret label; /* folded */
};

/* refs and the list are under the context's lock, contents under lock; the
 * context's is never waited for by who holds it and wants ours. */
struct batch {
	uint8_t id[BATCH_ID_SIZE];
	struct context *context;
	struct batch *next;
	pthread_mutex_t lock;
	unsigned refs;
	_Atomic(enum batch_state) state;
	struct pendings pendings;
	struct absent *absent;
	size_t absent_count;
};

/* Ends the batch; called with its lock held. */
static void
batch_end(struct batch *b, enum batch_state state)
{
	pendings_end(&b->pendings, state == BATCH_DROPPED);
	for (size_t i = 0; i < b->absent_count; i++)
		secret_wipe(&b->absent[i].label);
	free(b->absent);
	b->absent = NULL;
	b->absent_count = 0;
	b->state = state;
}

/* The last one takes it out and frees it. */
void
batch_leave(struct session *s)
{
	struct batch *b = s->batch;
	struct batch **at = &s->context->batches;

	s->batch = NULL;
	pthread_mutex_lock(&s->context->lock);
	while (*at != NULL && *at != b)
		at = &(*at)->next;
	if (--b->refs != 0)
		b = NULL;
	else
		*at = b->next;
	pthread_mutex_unlock(&s->context->lock);
	if (b == NULL)
		return;
	batch_end(b, BATCH_DROPPED);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

void
batch_drop(struct session *s)
{
	struct batch *b = s->batch;

	if (b == NULL)
		return;
	pthread_mutex_lock(&b->lock);
	if (b->state == BATCH_OPEN)
		batch_end(b, BATCH_DROPPED);
	pthread_mutex_unlock(&b->lock);
	batch_leave(s);
}

/* The open batch of this id in the context, with one more reference. */
static struct batch *
batch_find(struct context *context, struct span id)
{
	struct batch *b;

	pthread_mutex_lock(&context->lock);
	b = context->batches;
	while (b != NULL && (b->state != BATCH_OPEN ||
	    memcmp(b->id, id.data, BATCH_ID_SIZE) != 0))
		b = b->next;
	if (b != NULL)
		b->refs++;
	pthread_mutex_unlock(&context->lock);
	return b;
}

static struct batch *
batch_found(struct context *context, struct span id)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	memcpy(b->id, id.data, BATCH_ID_SIZE);
	b->context = b->pendings.context = context;
	b->refs = 1;
	pthread_mutex_init(&b->lock, NULL);
	pthread_mutex_lock(&context->lock);
	b->next = context->batches;
	context->batches = b;
	pthread_mutex_unlock(&context->lock);
	return b;
}

CK_RV
batch_join(struct session *s, struct span id)
{
	if (id.data == NULL || id.len != BATCH_ID_SIZE)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (!s->rw)
		return CKR_SESSION_READ_ONLY;
	if (batch_is_open(s))
		return CKR_OPERATION_ACTIVE;
	if (s->batch != NULL)
		batch_leave(s);
	s->batch = batch_find(s->context, id);
	if (s->batch == NULL)
		s->batch = batch_found(s->context, id);
	if (s->batch == NULL)
		return CKR_HOST_MEMORY;
	s->batch_leave = batch_drop;
	return CKR_OK;
}

CK_RV
batch_begin(struct session *s)
{
	uint8_t id[BATCH_ID_SIZE];

	TRY(rng_bytes(id, sizeof(id)));
	return batch_join(s, (struct span){ id, sizeof(id) });
}

bool
batch_is_open(const struct session *s)
{
	return s->batch != NULL && s->batch->state == BATCH_OPEN;
}

bool
batch_is_mine(const struct session *s, struct span id)
{
	return s->batch == NULL || (id.len == BATCH_ID_SIZE &&
	    memcmp(s->batch->id, id.data, BATCH_ID_SIZE) == 0);
}

/* Collecting */

static CK_RV
collect(struct batch *b, const struct pending *p)
{
	const struct object *known = p->before != NULL ? p->before : p->after;
	struct pending *old;
	CK_RV rv = CKR_ACTION_PROHIBITED;

	pthread_mutex_lock(&b->lock);
	old = b->state == BATCH_OPEN ? pendings_find(&b->pendings, known)
	                             : NULL;
	if (old != NULL)
		rv = pendings_change(&b->pendings, old, p->after, p->to);
	else if (b->state == BATCH_OPEN)
		rv = pendings_add(&b->pendings, p);
	pthread_mutex_unlock(&b->lock);
	return rv;
}

/* Where a change goes: into the batch, or to the database at once.  A batch
 * that was dropped elsewhere refuses, so that nothing half happens. */
static CK_RV
submit(struct session *s, const struct token *token, struct pending *p,
    uint64_t *id)
{
	struct change change;
	_cleanup_(buf_wipe) struct buf bytes = BUF_INIT;

	if (s->batch != NULL && s->batch->state == BATCH_COMMITTED)
		batch_leave(s);
	if (s->batch != NULL)
		return collect(s->batch, p);
	TRY(change_build(p, token_key(token), &bytes, &change));
	TRY(database_apply(s->context->instance->db, &change, 1));
	*id = change.id;
	return CKR_OK;
}

CK_RV
change_create(struct session *s, const struct token *token,
    struct object *after, uint64_t *id)
{
	struct pending p = { NULL, after, token->store->id, token->store->id,
		0 };

	*id = 0;
	return submit(s, token, &p, id);
}

CK_RV
change_update(struct session *s, const struct token *token,
    struct object *before, struct object *after, uint64_t to)
{
	struct pending p = { before, after, token->store->id, to, 0 };
	uint64_t id;

	if (to != token->store->id && !batch_is_open(s))
		return fail_quiet(CKR_ACTION_PROHIBITED,
		    "an object moves to another store inside a batch only");
	return submit(s, token, &p, &id);
}

CK_RV
change_delete(struct session *s, const struct token *token,
    struct object *before)
{
	struct pending p = { before, NULL, token->store->id, token->store->id,
		0 };
	uint64_t id;

	return submit(s, token, &p, &id);
}

/* Looking */

void
batch_name(struct session *s, const struct object *after,
    CK_OBJECT_HANDLE handle)
{
	struct pending *p;

	if (s->batch == NULL)
		return;
	pthread_mutex_lock(&s->batch->lock);
	p = pendings_find(&s->batch->pendings, after);
	if (p != NULL && p->before == NULL)
		p->handle = handle;
	pthread_mutex_unlock(&s->batch->lock);
}

void
batch_look(struct session *s, const struct object *o, bool *known,
    struct object **after)
{
	const struct pending *p;

	*known = false;
	*after = NULL;
	if (s->batch == NULL)
		return;
	pthread_mutex_lock(&s->batch->lock);
	if ((p = pendings_find(&s->batch->pendings, o)) != NULL) {
		*known = true;
		if (p->after != NULL && p->to == s->slot)
			*after = object_hold(p->after);
	}
	pthread_mutex_unlock(&s->batch->lock);
}

struct object *
batch_next(struct session *s, size_t *at, CK_OBJECT_HANDLE *handle)
{
	struct object *o = NULL;

	if (s->batch == NULL)
		return NULL;
	pthread_mutex_lock(&s->batch->lock);
	while (o == NULL && *at < s->batch->pendings.count) {
		const struct pending *p = &s->batch->pendings.items[(*at)++];

		if (p->after == NULL || p->to != s->slot)
			continue;
		*handle = p->handle;
		o = object_hold(p->after);
	}
	pthread_mutex_unlock(&s->batch->lock);
	return o;
}

/* Committing */

CK_RV
batch_require_absent(struct session *s, struct span label)
{
	struct batch *b = s->batch;
	struct absent *more;
	struct secret folded = { NULL, 0 };

	if (!batch_is_open(s))
		return CKR_ACTION_PROHIBITED;
	TRY(secret_dup(label.data, label.len, &folded));
	text_fold(folded.data, folded.len, folded.data);
	pthread_mutex_lock(&b->lock);
	more = realloc(b->absent, (b->absent_count + 1) * sizeof(*more));
	if (more != NULL) {
		b->absent = more;
		more[b->absent_count++] = (struct absent){ s->slot, folded };
	}
	pthread_mutex_unlock(&b->lock);
	if (more == NULL) {
		secret_wipe(&folded);
		return CKR_HOST_MEMORY;
	}
	return CKR_OK;
}

/* The private-objects key of the store that a change ends in: the login of
 * that slot, kept in `logins` until the batch is applied. */
static const struct secret *
key_for(struct context *context, uint64_t store, struct login **kept)
{
	*kept = login_get(context, store);
	return *kept != NULL && !(*kept)->so ? &(*kept)->private_key : NULL;
}

/* The created objects have ids now: their handles read them from the disk. */
static void
handles_settle(struct batch *b, const struct change *changes)
{
	for (size_t i = 0; i < b->pendings.count; i++) {
		const struct pending *p = &b->pendings.items[i];

		if (p->before == NULL && p->handle != 0)
			object_rename(b->context, p->handle, changes[i].id,
			    NULL);
	}
}

struct script {
	struct change *changes;
	struct buf *bytes;
	struct login **logins;
	size_t count;
};

static void
script_free(struct script *script)
{
	for (size_t i = 0; i < script->count; i++) {
		if (script->bytes != NULL)
			buf_wipe(&script->bytes[i]);
		if (script->logins != NULL && script->logins[i] != NULL)
			login_put(script->logins[i]);
	}
	free(script->changes);
	free(script->bytes);
	free(script->logins);
}

static CK_RV
script_build(struct batch *b, struct script *script)
{
	const struct pendings *list = &b->pendings;
	size_t n = list->count + b->absent_count;

	script->changes = calloc(n + 1, sizeof(*script->changes));
	script->bytes = calloc(n + 1, sizeof(*script->bytes));
	script->logins = calloc(n + 1, sizeof(*script->logins));
	script->count = n;
	if (script->changes == NULL || script->bytes == NULL ||
	    script->logins == NULL)
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < list->count; i++)
		TRY(change_build(&list->items[i], key_for(b->context,
		    list->items[i].to, &script->logins[i]),
		    &script->bytes[i], &script->changes[i]));
	for (size_t i = list->count; i < n; i++) {
		const struct absent *a = &b->absent[i - list->count];

		change_build_absent(a->store, key_for(b->context, a->store,
		    &script->logins[i]), (struct span){ a->label.data,
		    a->label.len }, &script->changes[i]);
	}
	return CKR_OK;
}

static CK_RV
commit(struct batch *b)
{
	_cleanup_(script_free) struct script script = { NULL, NULL, NULL, 0 };

	if (b->state != BATCH_OPEN)
		return CKR_ACTION_PROHIBITED;
	TRY(script_build(b, &script));
	TRY(database_apply(b->context->instance->db, script.changes,
	    script.count));
	handles_settle(b, script.changes);
	batch_end(b, BATCH_COMMITTED);
	return CKR_OK;
}

CK_RV
batch_commit(struct session *s)
{
	CK_RV rv;

	if (s->batch == NULL)
		return CKR_ACTION_PROHIBITED;
	pthread_mutex_lock(&s->batch->lock);
	rv = commit(s->batch);
	pthread_mutex_unlock(&s->batch->lock);
	return rv;
}
