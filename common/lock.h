/* Locks that are held for a look-up of some nanoseconds. */
#ifndef VECS_LOCK_H
#define VECS_LOCK_H

#include <pthread.h>

/* A mutex whose waiters look again for a moment before they sleep: two threads
 * that meet in one go on without the kernel. */
void lock_init(pthread_mutex_t *lock);

#endif
