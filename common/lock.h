/* For threads that meet often: locks of some nanoseconds, numbers to keep apart
 * by. */
#ifndef VECS_LOCK_H
#define VECS_LOCK_H

#include <pthread.h>

/* A mutex whose waiters look again for a moment before they sleep: two threads
 * that meet in one go on without the kernel. */
void lock_init(pthread_mutex_t *lock);

/* A small number of this thread's, the same for all its life: taken modulo what
 * there is, it spreads threads over it. */
unsigned thread_number(void);

#endif
