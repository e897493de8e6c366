/* A hash map from non-zero 64-bit numbers to pointers: the handle tables. */
#ifndef VECS_MAP_H
#define VECS_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

struct map {
	struct map_item {
		uint64_t key; /* 0: free */
		void *value;
	} *items;
	size_t used, cap;
};

/* NULL when there is none. */
void *map_find(const struct map *m, uint64_t key);
/* Adds, or replaces; CKR_HOST_MEMORY. */
CK_RV map_set(struct map *m, uint64_t key, void *value) MUST_USE;
/* Takes out and returns the value, or NULL. */
void *map_take(struct map *m, uint64_t key);
/* Walks: *at starts as 0; NULL at the end.  Nothing may change meanwhile. */
void *map_next(const struct map *m, size_t *at);
void map_free(struct map *m);

#endif
