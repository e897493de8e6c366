/* The tables of one client: logins and object handles. */
#include "module/session/context.h"

#include <stdlib.h>
#include <string.h>

#include "common/lock.h"

#include "module/session/session.h"

CK_RV
context_new(struct instance *instance, const struct identity *identity,
    struct context **out)
{
	struct context *context = calloc(1, sizeof(*context));

	if (context == NULL)
		return CKR_HOST_MEMORY;
	context->instance = instance;
	context->identity = *identity;
	lock_init(&context->lock);
	lock_init(&context->handles_lock);
	for (size_t i = 0; i < FINDERS; i++)
		lock_init(&context->finders[i].lock);
	*out = context;
	return CKR_OK;
}

static void
handle_free(struct handle *h)
{
	if (h->thing != NULL)
		h->put(h->thing);
	free(h);
}

void
context_free(struct context *context)
{
	struct handle *h;
	size_t at = 0;

	sessions_close(context, 0);
	login_remove_all(context);
	while ((h = map_next(&context->handles, &at)) != NULL)
		handle_free(h);
	map_free(&context->handles);
	map_free(&context->handles_by_id);
	map_free(&context->session_objects);
	map_free(&context->logins);
	map_free(&context->sessions);
	map_free(&context->counts);
	free(context->seen.ids);
	pthread_mutex_destroy(&context->lock);
	pthread_mutex_destroy(&context->handles_lock);
	for (size_t i = 0; i < FINDERS; i++) {
		map_free(&context->finders[i].sessions);
		pthread_mutex_destroy(&context->finders[i].lock);
	}
	free(context);
}

/* Logins */

struct login *
login_get(struct context *context, uint64_t slot)
{
	struct login *login;

	pthread_mutex_lock(&context->lock);
	if ((login = map_find(&context->logins, slot)) != NULL)
		login->refs++;
	pthread_mutex_unlock(&context->lock);
	return login;
}

void
login_put(struct login *login)
{
	if (--login->refs != 0)
		return;
	secret_wipe(&login->private_key);
	free(login);
}

/* Under the context's lock. */
static CK_RV
login_insert(struct context *context, struct login *login)
{
	const struct login *old = map_find(&context->logins, login->slot);

	if (old == NULL)
		return map_set(&context->logins, login->slot, login);
	return strcmp(old->who, login->who) == 0
	    ? CKR_USER_ALREADY_LOGGED_IN
	    : CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
}

CK_RV
login_add(struct context *context, uint64_t slot, const char *who,
    struct secret *private_key)
{
	struct login *login = calloc(1, sizeof(*login));
	CK_RV rv;

	if (login == NULL)
		return CKR_HOST_MEMORY;
	login->refs = 1;
	login->slot = slot;
	strncpy(login->who, who, sizeof(login->who) - 1);
	login->so = strcmp(who, PIN_SO) == 0;
	login->private_key = *private_key;
	*private_key = (struct secret){ NULL, 0 };
	pthread_mutex_lock(&context->lock);
	rv = login_insert(context, login);
	pthread_mutex_unlock(&context->lock);
	if (rv != CKR_OK)
		login_put(login);
	return rv;
}

void
login_forget(struct context *context, const struct login *login)
{
	struct login *taken = NULL;

	pthread_mutex_lock(&context->lock);
	if (map_find(&context->logins, login->slot) == login)
		taken = map_take(&context->logins, login->slot);
	pthread_mutex_unlock(&context->lock);
	if (taken != NULL)
		login_put(taken);
}

void
login_remove(struct context *context, uint64_t slot)
{
	struct login *login;

	pthread_mutex_lock(&context->lock);
	login = map_take(&context->logins, slot);
	pthread_mutex_unlock(&context->lock);
	if (login != NULL)
		login_put(login);
}

void
login_remove_all(struct context *context)
{
	struct login *login;
	size_t at = 0;

	pthread_mutex_lock(&context->lock);
	while ((login = map_next(&context->logins, &at)) != NULL)
		login_put(login);
	map_free(&context->logins);
	pthread_mutex_unlock(&context->lock);
}

/* Object handles */

/* Distinguishes the same object id seen from two slots: a moved object. */
static uint64_t
id_key(uint64_t slot, uint64_t id)
{
	return (slot << 40) ^ id;
}

/* The known entry of this object, or NULL. */
static struct handle *
handle_known(struct context *context, const struct handle *h)
{
	struct handle *known = NULL;

	if (h->id != 0)
		known = map_find(&context->handles_by_id,
		    id_key(h->slot, h->id));
	return known != NULL && known->slot == h->slot && known->id == h->id
	    ? known
	    : NULL;
}

/* Takes an entry out of the tables beside the main one. */
static void
handle_unlist(struct context *context, const struct handle *h)
{
	if (h->id != 0)
		map_take(&context->handles_by_id, id_key(h->slot, h->id));
	if (h->session != 0)
		map_take(&context->session_objects, h->number);
}

static CK_RV
handle_insert(struct context *context, const struct handle *h,
    CK_OBJECT_HANDLE *out)
{
	struct handle *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		return CKR_HOST_MEMORY;
	*copy = *h;
	copy->number = ++context->last_handle;
	if (map_set(&context->handles, copy->number, copy) != CKR_OK) {
		free(copy);
		return CKR_HOST_MEMORY;
	}
	if ((h->id != 0 && map_set(&context->handles_by_id,
	    id_key(h->slot, h->id), copy) != CKR_OK) ||
	    (h->session != 0 && map_set(&context->session_objects,
	    copy->number, copy) != CKR_OK)) {
		handle_unlist(context, copy);
		free(map_take(&context->handles, copy->number));
		return CKR_HOST_MEMORY;
	}
	*out = copy->number;
	return CKR_OK;
}

CK_RV
handle_add(struct context *context, struct handle *h, CK_OBJECT_HANDLE *out)
{
	struct handle *known;
	CK_RV rv = CKR_OK;
	void *unused = NULL;

	pthread_mutex_lock(&context->handles_lock);
	if ((known = handle_known(context, h)) != NULL) {
		*out = known->number;
		/* What was not held, or is newer, is held from now on. */
		if (h->thing != NULL) {
			unused = known->thing;
			known->thing = h->thing;
			known->put = h->put;
		}
	} else if ((rv = handle_insert(context, h, out)) != CKR_OK) {
		unused = h->thing;
	}
	pthread_mutex_unlock(&context->handles_lock);
	if (unused != NULL)
		h->put(unused);
	return rv;
}

bool
handle_get(struct context *context, CK_OBJECT_HANDLE number,
    void *(*hold)(void *), struct handle *out)
{
	struct handle *h;

	pthread_mutex_lock(&context->handles_lock);
	if ((h = map_find(&context->handles, number)) != NULL) {
		*out = *h;
		if (out->thing != NULL)
			out->thing = hold(out->thing);
	}
	pthread_mutex_unlock(&context->handles_lock);
	return h != NULL;
}

void *
handle_replace(struct context *context, CK_OBJECT_HANDLE number, uint64_t id,
    void *thing)
{
	struct handle *h;
	void *old = thing;

	pthread_mutex_lock(&context->handles_lock);
	if ((h = map_find(&context->handles, number)) != NULL) {
		old = h->thing;
		h->thing = thing;
		/* Without memory it gets a second handle when it is found. */
		if (h->id == 0 && id != 0) {
			(void)!map_set(&context->handles_by_id,
			    id_key(h->slot, id), h);
			h->id = id;
		}
	}
	pthread_mutex_unlock(&context->handles_lock);
	return old;
}

/* Takes out every handle that `is` names and lets go of what it holds. */
static void
handles_remove(struct context *context,
    bool (*is)(const struct handle *h, uint64_t arg), uint64_t arg)
{
	struct map kept = { NULL, 0, 0 }, gone = { NULL, 0, 0 };
	struct handle *h;
	size_t at = 0;

	pthread_mutex_lock(&context->handles_lock);
	while ((h = map_next(&context->handles, &at)) != NULL) {
		struct map *to = is(h, arg) ? &gone : &kept;

		/* Without memory the handle is forgotten, never dangling. */
		if (map_set(to, h->number, h) != CKR_OK || to == &gone)
			handle_unlist(context, h);
	}
	map_free(&context->handles);
	context->handles = kept;
	pthread_mutex_unlock(&context->handles_lock);
	at = 0;
	while ((h = map_next(&gone, &at)) != NULL)
		handle_free(h);
	map_free(&gone);
}

static bool
is_of_session(const struct handle *h, uint64_t session)
{
	return h->session == session;
}

static bool
is_private_of_slot(const struct handle *h, uint64_t slot)
{
	return h->private && h->slot == slot;
}

void
handle_remove(struct context *context, CK_OBJECT_HANDLE number)
{
	struct handle *h;

	pthread_mutex_lock(&context->handles_lock);
	h = map_take(&context->handles, number);
	if (h != NULL)
		handle_unlist(context, h);
	pthread_mutex_unlock(&context->handles_lock);
	if (h != NULL)
		handle_free(h);
}

void
handles_remove_session(struct context *context, CK_SESSION_HANDLE session)
{
	handles_remove(context, is_of_session, session);
}

void
handles_remove_private(struct context *context, uint64_t slot)
{
	handles_remove(context, is_private_of_slot, slot);
}

void
handles_each(struct context *context,
    void (*visit)(void *arg, const struct handle *h), void *arg)
{
	struct handle *h;
	size_t at = 0;

	pthread_mutex_lock(&context->handles_lock);
	while ((h = map_next(&context->session_objects, &at)) != NULL)
		visit(arg, h);
	pthread_mutex_unlock(&context->handles_lock);
}
