/*
 * Slot events (PKCS#11 5.5.4): a store made or deleted, by whatever process,
 * since this client last asked.
 */
#include "module/calls/calls.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAUSE_NS 50000000L /* a waiting client looks twenty times a second */

static CK_RV
stores_now(struct context *c, uint64_t **out, size_t *count)
{
	struct store **stores = NULL;
	uint64_t *ids;
	size_t n = 0;

	TRY(store_list(c->instance->db, &stores, &n));
	ids = calloc(n + 1, sizeof(*ids));
	for (size_t i = 0; i < n; i++) {
		if (ids != NULL)
			ids[i] = stores[i]->id;
		store_put(stores[i]);
	}
	free(stores);
	if (ids == NULL)
		return CKR_HOST_MEMORY;
	*out = ids;
	*count = n;
	return CKR_OK;
}

static bool
has(const uint64_t *ids, size_t count, uint64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static void
seen_remove(struct seen *seen, uint64_t id)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->ids[i] == id)
			seen->ids[i] = seen->ids[--seen->count];
}

static CK_RV
seen_add(struct seen *seen, uint64_t id)
{
	uint64_t *more = realloc(seen->ids,
	    (seen->count + 1) * sizeof(*more));

	if (more == NULL)
		return CKR_HOST_MEMORY;
	more[seen->count++] = id;
	seen->ids = more;
	return CKR_OK;
}

/* The first difference between then and now becomes part of then. */
static CK_RV
difference(struct seen *seen, const uint64_t *now, size_t count,
    CK_SLOT_ID *out)
{
	for (size_t i = 0; i < seen->count; i++)
		if (!has(now, count, seen->ids[i])) {
			*out = (CK_SLOT_ID)seen->ids[i];
			seen_remove(seen, seen->ids[i]);
			return CKR_OK;
		}
	for (size_t i = 0; i < count; i++)
		if (!has(seen->ids, seen->count, now[i])) {
			*out = (CK_SLOT_ID)now[i];
			return seen_add(seen, now[i]);
		}
	return CKR_NO_EVENT;
}

CK_RV
events_begin(struct context *c)
{
	return stores_now(c, &c->seen.ids, &c->seen.count);
}

static CK_RV
event_take(struct context *c, CK_SLOT_ID *out)
{
	_cleanup_(freep) uint64_t *now = NULL;
	size_t count = 0;
	CK_RV rv;

	TRY(stores_now(c, &now, &count));
	pthread_mutex_lock(&c->lock);
	rv = difference(&c->seen, now, count, out);
	pthread_mutex_unlock(&c->lock);
	return rv;
}

/* One look, inside the library. */
static CK_RV
look(CK_SLOT_ID *out)
{
	_cleanup_(library_leavep) struct context *c = NULL;

	TRY(library_enter(&c));
	return out != NULL ? event_take(c, out) : CKR_ARGUMENTS_BAD;
}

/* Between two looks the library may be finalised or the process forked. */
CK_RV
wait_for_slot_event(CK_FLAGS flags, CK_SLOT_ID *out)
{
	struct timespec pause = { 0, PAUSE_NS };
	CK_RV rv;

	while ((rv = look(out)) == CKR_NO_EVENT &&
	    (flags & CKF_DONT_BLOCK) == 0)
		nanosleep(&pause, NULL);
	return rv;
}
