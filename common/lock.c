/* Mutexes of the C library's kind for short waits, where it has one; threads
 * counted. */
#include "common/lock.h"

#include <stdatomic.h>

void
lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
#ifdef PTHREAD_MUTEX_ADAPTIVE_NP
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
	pthread_mutex_init(lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

unsigned
thread_number(void)
{
	static atomic_uint threads;
	static _Thread_local unsigned number; /* one more than it */

	if (number == 0)
		number = atomic_fetch_add_explicit(&threads, 1,
		    memory_order_relaxed) % 0x10000 + 1;
	return number - 1;
}
