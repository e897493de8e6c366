/* Which objects make an entry, and of which type it is. */
#include "tool/group.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

/* By precedence: the first role that an entry has names its type. */
static const struct {
	enum role role;
	enum entry_type type;
} types[] = {
	{ ROLE_PRIVATE, ENTRY_PRIVATE_KEY },
	{ ROLE_ENCRYPTED, ENTRY_ENCRYPTED_KEY },
	{ ROLE_CERT, ENTRY_TRUSTED_CERT },
	{ ROLE_SECRET, ENTRY_SECRET_KEY },
	{ ROLE_CRL, ENTRY_CRL },
};

static int
id_compare(const struct secret *a, const struct secret *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = len != 0 ? memcmp(a->data, b->data, len) : 0;

	if (order != 0)
		return order;
	return (a->len > b->len) - (a->len < b->len);
}

/* By CKA_ID; labelled ones first, then in the token's order. */
static int
by_id(const void *a, const void *b)
{
	const struct object *x = *(struct object *const *)a;
	const struct object *y = *(struct object *const *)b;
	int order = id_compare(&x->id, &y->id);

	if (order != 0)
		return order;
	if ((x->label == NULL) != (y->label == NULL))
		return x->label == NULL ? 1 : -1;
	return (x > y) - (x < y);
}

static int
by_alias(const void *a, const void *b)
{
	const struct object *x = *(struct object *const *)a;
	const struct object *y = *(struct object *const *)b;
	int order = strcmp(x->folded, y->folded);

	return order != 0 ? order : (x > y) - (x < y);
}

/* Objects without a label take the alias of the labelled one of their id. */
static CK_RV
labels_adopt(struct entries *e)
{
	const struct object *owner = NULL;

	qsort(e->order, e->object_count, sizeof(*e->order), by_id);
	for (size_t i = 0; i < e->object_count; i++) {
		struct object *o = e->order[i];

		if (o->id.len == 0)
			continue;
		if (owner == NULL || id_compare(&owner->id, &o->id) != 0)
			owner = o;
		if (o->label == NULL && owner->label != NULL) {
			free(o->alias);
			o->alias = strdup(owner->alias);
		}
		if (o->alias == NULL)
			return CKR_HOST_MEMORY;
	}
	return CKR_OK;
}

static CK_RV
aliases_fold(struct entries *e)
{
	for (size_t i = 0; i < e->object_count; i++) {
		struct object *o = &e->objects[i];

		if ((o->folded = strdup(o->alias)) == NULL)
			return CKR_HOST_MEMORY;
		text_fold(o->folded, strlen(o->folded), o->folded);
	}
	return CKR_OK;
}

static enum entry_type
type_find(const struct entry *entry)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (entry_object(entry, types[i].role) != NULL)
			return types[i].type;
	return ENTRY_UNKNOWN;
}

/*
 * Which of the private keys of one label this object goes with: the one of its
 * CKA_ID, otherwise the first.
 */
static size_t
twin_of(struct object *const *group, size_t count, const struct object *o)
{
	size_t twin = 0;

	for (size_t i = 0; i < count; i++) {
		if (group[i]->role != ROLE_PRIVATE)
			continue;
		if (group[i] == o)
			return twin;
		if (o->role != ROLE_PRIVATE && o->id.len != 0 &&
		    id_compare(&group[i]->id, &o->id) == 0)
			return twin;
		twin++;
	}
	return 0;
}

/* Sorts a group by twin, keeping order, and appends its entries. */
static CK_RV
group_split(struct entries *e, struct object **group, size_t count)
{
	_cleanup_(freep) struct object **old =
	    malloc((count + 1) * sizeof(*old));
	size_t keys = 0, done = 0;

	if (old == NULL)
		return CKR_HOST_MEMORY;
	memcpy(old, group, count * sizeof(*old));
	for (size_t i = 0; i < count; i++)
		keys += old[i]->role == ROLE_PRIVATE;
	for (size_t twin = 0; twin < keys || twin == 0; twin++) {
		struct entry *entry = &e->list[e->count++];
		size_t first = done;

		for (size_t i = 0; i < count; i++)
			if (twin_of(old, count, old[i]) == twin)
				group[done++] = old[i];
		entry->objects = group + first;
		entry->count = done - first;
		entry->alias = entry->objects[0]->alias;
		entry->twin = keys > 1;
		entry->type = type_find(entry);
	}
	return CKR_OK;
}

static int
by_first_object(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->objects[0] > y->objects[0]) -
	       (x->objects[0] < y->objects[0]);
}

static int
by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return by_alias(&x->objects[0], &y->objects[0]);
}

CK_RV
group_objects(struct entries *e, bool keep_order)
{
	size_t n = e->object_count, end;

	e->order = calloc(n + 1, sizeof(*e->order));
	e->list = calloc(n + 1, sizeof(*e->list));
	if (e->order == NULL || e->list == NULL)
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < n; i++)
		e->order[i] = &e->objects[i];
	TRY(labels_adopt(e));
	TRY(aliases_fold(e));
	qsort(e->order, n, sizeof(*e->order), by_alias);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && strcmp(e->order[end]->folded,
		                                 e->order[i]->folded) == 0;)
			end++;
		TRY(group_split(e, e->order + i, end - i));
	}
	/* Other tokens list their objects in no order worth keeping. */
	qsort(e->list, e->count, sizeof(*e->list),
	    keep_order ? by_first_object : by_name);
	return CKR_OK;
}
