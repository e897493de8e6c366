/*
 * The gate of the library: any number of calls are inside at once, or it is
 * closed by one thread that is alone.  Calls count themselves in lanes, a cache
 * line each, so that threads do not meet in a number that all of them change.
 */
#ifndef VECS_GATE_H
#define VECS_GATE_H

#include <stdbool.h>

/* Waits while the gate is closed; false if this thread itself closed it.
 * Whoever entered leaves, in the same thread. */
bool gate_enter(void);
void gate_leave(void);

/* Lets nobody in any more and waits until nobody is inside; false if this
 * thread has closed it already.  The caller must not be inside. */
bool gate_close(void);
void gate_open(void);

/* In the child of a fork that was made with the gate closed: opens it. */
void gate_forked(void);

#endif
