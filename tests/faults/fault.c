/* Counting calls, and SQLite's allocator. */
#include "tests/faults/fault.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>

const char *const fault_names[FAULT_KINDS] = { "allocation",
	"call of libcrypto", "allocation of SQLite", "call for a file" };

/* Only what the arming thread does counts. */
static struct {
	enum fault_kind kind;
	unsigned left; /* calls until the failure; 0: it has been */
	bool armed, on, fired;
	pthread_t thread;
} fault;

void
fault_arm(enum fault_kind kind, unsigned n, bool on)
{
	fault.kind = kind;
	fault.left = n;
	fault.on = on;
	fault.fired = false;
	fault.thread = pthread_self();
	fault.armed = true;
}

bool
fault_disarm(void)
{
	fault.armed = false;
	return fault.fired;
}

bool
fault_now(enum fault_kind kind)
{
	if (!fault.armed || fault.kind != kind ||
	    !pthread_equal(fault.thread, pthread_self()))
		return false;
	if (fault.left == 0)
		return fault.on;
	if (--fault.left != 0)
		return false;
	fault.fired = true;
	return true;
}

static sqlite3_mem_methods real;

static void *
sqlite_malloc(int size)
{
	return fault_now(FAULT_SQLITE) ? NULL : real.xMalloc(size);
}

static void *
sqlite_realloc(void *p, int size)
{
	return fault_now(FAULT_SQLITE) ? NULL : real.xRealloc(p, size);
}

void
fault_sqlite(void)
{
	sqlite3_mem_methods failing;

	/* Without a lookaside buffer of its own each allocation is one. */
	if (sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK ||
	    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real) != SQLITE_OK)
		abort();
	failing = real;
	failing.xMalloc = sqlite_malloc;
	failing.xRealloc = sqlite_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) != SQLITE_OK)
		abort();
}
