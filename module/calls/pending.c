/* The changes that a batch has collected. */
#include "module/calls/pending.h"

#include <stdlib.h>

#include "module/calls/resolve.h"

/* What tells objects apart: the id of one on disk, else the object itself. */
static uint64_t
key_of(const struct object *o)
{
	return o->id != 0 ? o->id << 1 | 1 : (uint64_t)(uintptr_t)o;
}

struct pending *
pendings_find(const struct pendings *list, const struct object *o)
{
	size_t place = (size_t)(uintptr_t)map_find(&list->index, key_of(o));

	return place != 0 ? &list->items[place - 1] : NULL;
}

static CK_RV
index_add(struct pendings *list, const struct object *o, size_t place)
{
	return map_set(&list->index, key_of(o),
	    (void *)(uintptr_t)(place + 1));
}

static CK_RV
grow(struct pendings *list)
{
	size_t cap = list->cap != 0 ? 2 * list->cap : 16;
	struct pending *more;

	if (list->count < list->cap)
		return CKR_OK;
	more = realloc(list->items, cap * sizeof(*more));
	if (more == NULL)
		return CKR_HOST_MEMORY;
	list->items = more;
	list->cap = cap;
	return CKR_OK;
}

CK_RV
pendings_add(struct pendings *list, const struct pending *p)
{
	TRY(grow(list));
	TRY(index_add(list, p->before != NULL ? p->before : p->after,
	    list->count));
	list->items[list->count++] = *p;
	if (p->before != NULL)
		object_hold(p->before);
	if (p->after != NULL)
		object_hold(p->after);
	return CKR_OK;
}

/* What the batch made has never been: nothing can be behind its handle. */
static void
unname(struct context *context, struct pending *p)
{
	if (p->before == NULL && p->handle != 0)
		handle_remove(context, p->handle);
	p->handle = 0;
}

/* What was made in the batch is known by its state, which is another now; one
 * that is deleted as well keeps its place, empty. */
static CK_RV
created_change(struct pendings *list, struct pending *p, struct object *after)
{
	if (after != NULL)
		TRY(index_add(list, after, (size_t)(p - list->items)));
	map_take(&list->index, key_of(p->after));
	if (after == NULL)
		unname(list->context, p);
	else if (p->handle != 0)
		object_rename(list->context, p->handle, 0,
		    object_hold(after));
	return CKR_OK;
}

CK_RV
pendings_change(struct pendings *list, struct pending *p,
    struct object *after, uint64_t to)
{
	if (p->before == NULL)
		TRY(created_change(list, p, after));
	if (p->after != NULL)
		object_put(p->after);
	p->after = after != NULL ? object_hold(after) : NULL;
	p->to = to;
	return CKR_OK;
}

void
pendings_end(struct pendings *list, bool dropped)
{
	for (size_t i = 0; i < list->count; i++) {
		struct pending *p = &list->items[i];

		if (dropped)
			unname(list->context, p);
		if (p->before != NULL)
			object_put(p->before);
		if (p->after != NULL)
			object_put(p->after);
	}
	free(list->items);
	map_free(&list->index);
	list->items = NULL;
	list->count = list->cap = 0;
}
