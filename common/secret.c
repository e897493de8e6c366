/* Secret memory: slabs of locked pages, one free list for each power of two. */
#include "common/secret.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#define CLASS_MIN 6  /* 64 bytes */
#define CLASS_MAX 12 /* 4 KiB; larger ones are mapped alone */
#define CHUNK (64 * 1024)

struct slot {
	struct slot *next;
};

static struct {
	pthread_mutex_t lock;
	struct slot *free[CLASS_MAX + 1];
} heap = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Pages that stay out of core dumps and, within RLIMIT_MEMLOCK, out of swap. */
static void *
pages_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	(void)madvise(p, size, MADV_DONTDUMP);
	(void)mlock(p, size);
	return p;
}

static int
size_class(size_t size)
{
	int class = CLASS_MIN;

	while (class <= CLASS_MAX && ((size_t)1 << class) < size)
		class++;
	return class;
}

/* Called with the lock held. */
static bool
class_refill(int class)
{
	size_t step = (size_t)1 << class;
	uint8_t *chunk = pages_map(CHUNK);

	if (chunk == NULL)
		return false;
	for (size_t at = CHUNK; at >= step; at -= step) {
		struct slot *slot = (struct slot *)(void *)(chunk + at - step);

		slot->next = heap.free[class];
		heap.free[class] = slot;
	}
	return true;
}

void *
secret_alloc(size_t size)
{
	int class = size_class(size);
	struct slot *slot = NULL;

	if (class > CLASS_MAX)
		return pages_map(size);
	pthread_mutex_lock(&heap.lock);
	if (heap.free[class] != NULL || class_refill(class)) {
		slot = heap.free[class];
		heap.free[class] = slot->next;
		slot->next = NULL;
	}
	pthread_mutex_unlock(&heap.lock);
	return slot;
}

void
secret_free(void *p, size_t size)
{
	int class = size_class(size);
	struct slot *slot = p;

	if (p == NULL)
		return;
	explicit_bzero(p, size);
	if (class > CLASS_MAX) {
		munmap(p, size);
		return;
	}
	pthread_mutex_lock(&heap.lock);
	slot->next = heap.free[class];
	heap.free[class] = slot;
	pthread_mutex_unlock(&heap.lock);
}

CK_RV
secret_new(size_t len, struct secret *out)
{
	struct secret s = { NULL, len };

	if (len != 0 && (s.data = secret_alloc(len)) == NULL)
		return CKR_HOST_MEMORY;
	*out = s;
	return CKR_OK;
}

CK_RV
secret_dup(const void *data, size_t len, struct secret *out)
{
	TRY(secret_new(len, out));
	if (len != 0)
		memcpy(out->data, data, len);
	return CKR_OK;
}

CK_RV
secret_cut(struct secret *s, size_t len)
{
	struct secret cut = { NULL, 0 };

	if (len == s->len)
		return CKR_OK;
	TRY(secret_dup(s->data, len, &cut));
	secret_wipe(s);
	*s = cut;
	return CKR_OK;
}

void
secret_wipe(struct secret *s)
{
	secret_free(s->data, s->len);
	s->data = NULL;
	s->len = 0;
}

int
secret_equal(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < len; i++)
		diff |= (uint8_t)(x[i] ^ y[i]);
	return diff == 0;
}

void
secret_fork_prepare(void)
{
	pthread_mutex_lock(&heap.lock);
}

void
secret_fork_done(void)
{
	pthread_mutex_unlock(&heap.lock);
}
