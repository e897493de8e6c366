/* The gate: counters to go in by, a mutex and a condition to wait with. */
#include "module/session/gate.h"

#include <pthread.h>
#include <stdatomic.h>

#include "common/lock.h"

#define LANES 16
#define LINE 64

struct lane {
	_Alignas(LINE) atomic_uint inside;
};

static struct {
	struct lane lanes[LANES];
	_Alignas(LINE) atomic_bool closed; /* written under the lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t owner; /* while it is closed */
} gate = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

/* The same for all the life of a thread. */
static struct lane *
lane_mine(void)
{
	return &gate.lanes[thread_number() % LANES];
}

static void
changed_tell(void)
{
	pthread_mutex_lock(&gate.lock);
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

/* Either who closes sees the caller in its lane, or the caller sees that the
 * gate is closed: both operations are in one order for all threads. */
static void
lane_leave(struct lane *lane)
{
	atomic_fetch_sub(&lane->inside, 1);
	if (atomic_load(&gate.closed))
		changed_tell();
}

/* Waits until it is open; false if that is up to this thread. */
static bool
open_await(void)
{
	bool own;

	pthread_mutex_lock(&gate.lock);
	own = gate.closed && pthread_equal(gate.owner, pthread_self());
	while (gate.closed && !own)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
	return !own;
}

bool
gate_enter(void)
{
	struct lane *lane = lane_mine();

	for (;;) {
		atomic_fetch_add(&lane->inside, 1);
		if (!atomic_load(&gate.closed))
			return true;
		lane_leave(lane);
		if (!open_await())
			return false;
	}
}

void
gate_leave(void)
{
	lane_leave(lane_mine());
}

static bool
is_empty(void)
{
	for (size_t i = 0; i < LANES; i++)
		if (atomic_load(&gate.lanes[i].inside) != 0)
			return false;
	return true;
}

bool
gate_close(void)
{
	pthread_mutex_lock(&gate.lock);
	if (gate.closed && pthread_equal(gate.owner, pthread_self())) {
		pthread_mutex_unlock(&gate.lock);
		return false;
	}
	while (gate.closed)
		pthread_cond_wait(&gate.changed, &gate.lock);
	gate.owner = pthread_self();
	atomic_store(&gate.closed, true);
	while (!is_empty())
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
	return true;
}

void
gate_open(void)
{
	pthread_mutex_lock(&gate.lock);
	atomic_store(&gate.closed, false);
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

/* Other threads, which the child does not have, may have been about to enter or
 * waiting: what they left in the counters and the lock is no longer true. */
void
gate_forked(void)
{
	for (size_t i = 0; i < LANES; i++)
		atomic_store(&gate.lanes[i].inside, 0);
	pthread_mutex_init(&gate.lock, NULL);
	pthread_cond_init(&gate.changed, NULL);
	atomic_store(&gate.closed, false);
}
