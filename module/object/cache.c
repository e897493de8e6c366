/* Objects and answers of searches, kept while they are true. */
#include "module/object/cache.h"

#include <stdlib.h>
#include <string.h>

#include "common/lock.h"
#include "common/map.h"
#include "module/object/record.h"

#define OBJECTS_MAX 8192
#define ANSWERS_MAX 8192

struct answer {
	uint64_t store, version;
	struct query query; /* value points behind the answer */
	struct shared_refs *refs;
};

struct cache {
	struct database *db;
	pthread_mutex_t lock;
	struct map objects; /* by id: the newest state that was read */
	struct map answers; /* by hash of store and query */
};

CK_RV
cache_new(struct database *db, struct cache **out)
{
	struct cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL)
		return CKR_HOST_MEMORY;
	cache->db = db;
	lock_init(&cache->lock);
	*out = cache;
	return CKR_OK;
}

/* Called with the lock held, or by the last who knows the cache. */
static void
refs_put(struct shared_refs *refs)
{
	if (--refs->holders == 0)
		free(refs);
}

static void
answer_free(struct answer *a)
{
	if (a == NULL)
		return;
	refs_put(a->refs);
	free(a);
}

static void
answers_drop(struct cache *cache)
{
	size_t at = 0;
	struct answer *a;

	while ((a = map_next(&cache->answers, &at)) != NULL)
		answer_free(a);
	map_free(&cache->answers);
}

void
cache_free(struct cache *cache)
{
	size_t at = 0;
	struct object *o;

	answers_drop(cache);
	while ((o = map_next(&cache->objects, &at)) != NULL)
		object_put(o);
	map_free(&cache->objects);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

struct database *
cache_database(const struct cache *cache)
{
	return cache->db;
}

/* Lets go of the objects that `drop` names.  Called with the lock held. */
static void
objects_drop(struct cache *cache, bool (*drop)(struct object *, uint64_t),
    uint64_t arg)
{
	struct map kept = { NULL, 0, 0 };
	struct object *o;
	size_t at = 0;

	while ((o = map_next(&cache->objects, &at)) != NULL)
		if (drop(o, arg) || map_set(&kept, o->id, o) != CKR_OK)
			object_put(o);
	map_free(&cache->objects);
	cache->objects = kept;
}

static bool
is_unused(struct object *o, uint64_t arg)
{
	(void)arg;
	return o->refs == 1;
}

static bool
is_private_of(struct object *o, uint64_t store)
{
	return o->private && o->store == store;
}

void
cache_drop_private(struct cache *cache, uint64_t store)
{
	pthread_mutex_lock(&cache->lock);
	objects_drop(cache, is_private_of, store);
	pthread_mutex_unlock(&cache->lock);
}

/* The object of this id and version if it is in memory, held. */
static struct object *
objects_get(struct cache *cache, uint64_t id, uint64_t version)
{
	struct object *o;

	pthread_mutex_lock(&cache->lock);
	o = map_find(&cache->objects, id);
	o = o != NULL && o->version == version ? object_hold(o) : NULL;
	pthread_mutex_unlock(&cache->lock);
	return o;
}

static void
objects_add(struct cache *cache, struct object *o)
{
	struct object *old;

	pthread_mutex_lock(&cache->lock);
	if (cache->objects.used >= OBJECTS_MAX)
		objects_drop(cache, is_unused, 0);
	if ((old = map_take(&cache->objects, o->id)) != NULL)
		object_put(old);
	if (map_set(&cache->objects, o->id, o) == CKR_OK)
		object_hold(o);
	pthread_mutex_unlock(&cache->lock);
}

static CK_RV
object_read(struct cache *cache, const struct store *store,
    const struct secret *private_key, uint64_t id, struct object **out)
{
	struct record record = { .id = 0 };
	struct attrs attrs = ATTRS_INIT;
	struct object *o = NULL;
	CK_RV rv;

	TRY(record_load(cache->db, store, private_key, id, &record));
	rv = record_read((struct span){ record.plain.data, record.plain.len },
	    &attrs);
	if (rv == CKR_OK)
		rv = object_new(&attrs, &o);
	secret_wipe(&record.plain);
	attrs_wipe(&attrs);
	TRY(rv);
	o->id = record.id;
	o->version = record.version;
	o->store = record.store;
	o->cell = record.cell;
	o->token = true;
	objects_add(cache, o);
	*out = o;
	return CKR_OK;
}

CK_RV
cache_object(struct cache *cache, const struct store *store,
    const struct secret *private_key, const struct record_ref *ref,
    struct object **out)
{
	struct object *o = objects_get(cache, ref->id, ref->version);

	if (o == NULL)
		return object_read(cache, store, private_key, ref->id, out);
	*out = o;
	return CKR_OK;
}

CK_RV
cache_reread(struct cache *cache, const struct store *store,
    const struct secret *private_key, uint64_t id, struct object **out)
{
	return object_read(cache, store, private_key, id, out);
}

/* What is in memory of this id and store, held, if its cell is unchanged. */
static struct object *
objects_unchanged(struct cache *cache, uint64_t store, uint64_t id)
{
	struct object *o;

	pthread_mutex_lock(&cache->lock);
	o = map_find(&cache->objects, id);
	o = o != NULL && o->store == store &&
	    cell_is_unchanged(cache->db, id, o->cell) ? object_hold(o) : NULL;
	pthread_mutex_unlock(&cache->lock);
	return o;
}

CK_RV
cache_current(struct cache *cache, const struct store *store,
    const struct secret *private_key, uint64_t id, struct object *old,
    struct object **out)
{
	struct object *o;
	CK_RV rv;

	if (old != NULL && cell_is_unchanged(cache->db, id, old->cell))
		o = object_hold(old);
	else
		o = objects_unchanged(cache, store->id, id);
	if (o != NULL) {
		*out = o;
		return CKR_OK;
	}
	rv = object_read(cache, store, private_key, id, out);
	/* What was loaded has changed, and what it is now nobody can say. */
	if (rv == CKR_DEVICE_ERROR && old != NULL &&
	    database_is_shut_out(cache->db))
		return CKR_OBJECT_HANDLE_INVALID;
	return rv;
}

static uint64_t
hash_more(uint64_t h, const void *data, size_t len)
{
	const uint8_t *s = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ s[i]) * 0x100000001b3ULL;
	return h;
}

static uint64_t
answer_hash(uint64_t store, const struct query *q)
{
	uint64_t head[4] = { store, q->has_class ? q->class + 1 : 0,
		(uint64_t)q->index, q->private };
	uint64_t h = hash_more(0xcbf29ce484222325ULL, head, sizeof(head));

	return hash_more(h, q->value.data, q->value.len) | 1;
}

static bool
answer_is_for(const struct answer *a, const struct store *store,
    const struct query *q)
{
	return a != NULL && a->store == store->id &&
	    a->version == store->version &&
	    a->query.has_class == q->has_class &&
	    a->query.class == q->class && a->query.index == q->index &&
	    a->query.private == q->private &&
	    a->query.value.len == q->value.len &&
	    (q->value.len == 0 ||
	     memcmp(a->query.value.data, q->value.data, q->value.len) == 0);
}

static CK_RV
refs_dup(const struct record_ref *refs, size_t count, struct record_ref **out)
{
	struct record_ref *copy = malloc((count + 1) * sizeof(*refs));

	if (copy == NULL)
		return CKR_HOST_MEMORY;
	if (count != 0)
		memcpy(copy, refs, count * sizeof(*refs));
	*out = copy;
	return CKR_OK;
}

/* Remembers an answer; a lack of memory only means that it is not. */
static void
answer_keep(struct cache *cache, uint64_t hash, const struct store *store,
    const struct query *query, struct shared_refs *refs)
{
	struct answer *a = malloc(sizeof(*a) + query->value.len);

	if (a == NULL)
		return;
	*a = (struct answer){ store->id, store->version, *query, refs };
	a->query.value.data = a + 1;
	if (query->value.len != 0)
		memcpy(a + 1, query->value.data, query->value.len);
	pthread_mutex_lock(&cache->lock);
	refs->holders++;
	if (cache->answers.used >= ANSWERS_MAX)
		answers_drop(cache);
	answer_free(map_take(&cache->answers, hash));
	if (map_set(&cache->answers, hash, a) != CKR_OK)
		answer_free(a);
	pthread_mutex_unlock(&cache->lock);
}

/* The remembered answer, held, or NULL. */
static struct shared_refs *
answer_get(struct cache *cache, uint64_t hash, const struct store *store,
    const struct query *query)
{
	struct shared_refs *refs = NULL;
	struct answer *a;

	pthread_mutex_lock(&cache->lock);
	a = map_find(&cache->answers, hash);
	if (answer_is_for(a, store, query)) {
		refs = a->refs;
		refs->holders++;
	}
	pthread_mutex_unlock(&cache->lock);
	return refs;
}

static CK_RV
refs_read(struct cache *cache, const struct store *store,
    const struct secret *private_key, const struct query *query,
    struct shared_refs **out)
{
	_cleanup_(freep) struct record_ref *refs = NULL;
	struct shared_refs *shared;
	size_t count;

	TRY(records_find(cache->db, store, private_key, query, &refs,
	    &count));
	shared = malloc(sizeof(*shared) + count * sizeof(*refs));
	if (shared == NULL)
		return CKR_HOST_MEMORY;
	shared->holders = 1;
	shared->count = count;
	if (count != 0)
		memcpy(shared->ref, refs, count * sizeof(*refs));
	*out = shared;
	return CKR_OK;
}

CK_RV
cache_share(struct cache *cache, const struct store *store,
    const struct secret *private_key, const struct query *query,
    struct shared_refs **out)
{
	uint64_t hash = answer_hash(store->id, query);

	*out = answer_get(cache, hash, store, query);
	if (*out != NULL)
		return CKR_OK;
	TRY(refs_read(cache, store, private_key, query, out));
	answer_keep(cache, hash, store, query, *out);
	return CKR_OK;
}

void
cache_unshare(struct cache *cache, struct shared_refs *refs)
{
	pthread_mutex_lock(&cache->lock);
	refs_put(refs);
	pthread_mutex_unlock(&cache->lock);
}

CK_RV
cache_search(struct cache *cache, const struct store *store,
    const struct secret *private_key, const struct query *query,
    struct record_ref **out, size_t *count)
{
	struct shared_refs *refs;
	CK_RV rv;

	TRY(cache_share(cache, store, private_key, query, &refs));
	rv = refs_dup(refs->ref, refs->count, out);
	if (rv == CKR_OK)
		*count = refs->count;
	cache_unshare(cache, refs);
	return rv;
}
