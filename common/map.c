/* Open addressing with linear probing; deletion closes the gap. */
#include "common/map.h"

#include <stdlib.h>

static size_t
slot_of(const struct map *m, uint64_t key)
{
	/* Fibonacci hashing: handles and ids come in runs. */
	return (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 32) & (m->cap - 1);
}

/* The item of the key, or the free one where it belongs; cap must not be 0. */
static struct map_item *
item_for(const struct map *m, uint64_t key)
{
	size_t i = slot_of(m, key);

	while (m->items[i].key != 0 && m->items[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return &m->items[i];
}

void *
map_find(const struct map *m, uint64_t key)
{
	return m->cap != 0 && key != 0 ? item_for(m, key)->value : NULL;
}

static CK_RV
map_grow(struct map *m)
{
	struct map bigger = { NULL, m->used, m->cap != 0 ? m->cap * 2 : 16 };

	bigger.items = calloc(bigger.cap, sizeof(*bigger.items));
	if (bigger.items == NULL)
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < m->cap; i++)
		if (m->items[i].key != 0)
			*item_for(&bigger, m->items[i].key) = m->items[i];
	free(m->items);
	*m = bigger;
	return CKR_OK;
}

CK_RV
map_set(struct map *m, uint64_t key, void *value)
{
	struct map_item *item;

	if ((m->used + 1) * 4 > m->cap * 3)
		TRY(map_grow(m));
	item = item_for(m, key);
	if (item->key == 0)
		m->used++;
	*item = (struct map_item){ key, value };
	return CKR_OK;
}

/* Moves later items of the run back into the gap where they belong before. */
static void
close_gap(struct map *m, size_t gap)
{
	size_t mask = m->cap - 1;

	for (size_t i = (gap + 1) & mask; m->items[i].key != 0;
	     i = (i + 1) & mask) {
		size_t home = slot_of(m, m->items[i].key);

		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		m->items[gap] = m->items[i];
		gap = i;
	}
	m->items[gap] = (struct map_item){ 0, NULL };
}

void *
map_take(struct map *m, uint64_t key)
{
	struct map_item *item;
	void *value;

	if (m->cap == 0 || key == 0 || (item = item_for(m, key))->key == 0)
		return NULL;
	value = item->value;
	close_gap(m, (size_t)(item - m->items));
	m->used--;
	return value;
}

void *
map_next(const struct map *m, size_t *at)
{
	while (*at < m->cap) {
		const struct map_item *item = &m->items[(*at)++];

		if (item->key != 0)
			return item->value;
	}
	return NULL;
}

void
map_free(struct map *m)
{
	free(m->items);
	*m = (struct map){ NULL, 0, 0 };
}
