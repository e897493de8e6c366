/*
 * What it costs to know that nobody else changed anything, and how soon
 * another process's new object is seen.
 */
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "tests/bench/bench.h"
#include "tests/bench/process.h"
#include "tests/bench/stock.h"

#define OBJECTS 10
#define NEWS "news"
#define PATIENCE 1e6 /* calls */

struct place {
	const struct brand *brand;
	char home[BENCH_PATH];
};

/* The other process: 'c' creates an object, 'd' deletes it. */
struct creator {
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
};

static void *
creator_begin(void *arg)
{
	static struct creator c;
	struct place *place = arg;

	c.f = brand_open(place->brand, place->home);
	c.session = brand_session(place->brand, c.f, true);
	return &c;
}

static char
creator_answer(void *self, char command)
{
	struct creator *c = self;

	if (command == 'c')
		c->object = stock_create(c->f, c->session, 900000, NEWS);
	else if (command == 'd')
		NEED_OK(c->f->C_DestroyObject(c->session, c->object));
	return command;
}

struct watcher {
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	struct partner creator;
};

static CK_ULONG
look_for(const struct watcher *w, const char *label)
{
	CK_ATTRIBUTE template = { CKA_LABEL, (void *)(uintptr_t)label,
		strlen(label) };
	CK_OBJECT_HANDLE object;

	return module_find(w->f, w->session, &template, 1, &object);
}

static void
idle_once(void *arg)
{
	NEED(look_for(arg, "object-000000") == 1);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* From the moment that the other's C_CreateObject has returned. */
static double
seen(const struct watcher *w, double *calls)
{
	double begin, end;

	NEED(look_for(w, NEWS) == 0);
	partner_ask(&w->creator, 'c');
	begin = now();
	for (*calls = 1; look_for(w, NEWS) == 0; ++*calls)
		if (*calls > PATIENCE)
			die("another process's object is never seen");
	end = now();
	partner_ask(&w->creator, 'd');
	for (double n = 1; look_for(w, NEWS) != 0; n++)
		if (n > PATIENCE)
			die("another process's deletion is never seen");
	return end - begin;
}

static double
seen_seconds(void *arg)
{
	double calls;

	return seen(arg, &calls);
}

static double
seen_calls(void *arg)
{
	double calls;

	seen(arg, &calls);
	return calls;
}

static void
watcher_add(struct sides *sides, const struct row *row,
    const struct place *place, struct partner creator)
{
	struct watcher *w = calloc(1, sizeof(*w));
	struct side *side = side_add(sides, place->brand->name);

	NEED(w != NULL);
	w->f = brand_open(place->brand, place->home);
	w->session = brand_session(place->brand, w->f, false);
	w->creator = creator;
	side->arg[0] = w;
	if (strcmp(row->about, "idle") == 0)
		side->once = idle_once;
	else if (row->figure == CALLS)
		side->value = seen_calls;
	else
		side->value = seen_seconds;
}

/* The other processes come first: they load their modules themselves. */
static void
coherence_run(const struct row *row)
{
	static struct place places[SIDES];
	struct sides sides = { .count = 0 };
	struct partner creators[SIDES];
	size_t count = 0;

	for (size_t i = 0; brands[i] != NULL; i++) {
		if (!brand_is_there(brands[i]))
			continue;
		places[count].brand = brands[i];
		stock_home(brands[i], OBJECTS, places[count].home);
		creators[count] = partner_start(creator_begin, creator_answer,
		    &places[count]);
		partner_ask(&creators[count], '?');
		count++;
	}
	for (size_t i = 0; i < count; i++)
		watcher_add(&sides, row, &places[i], creators[i]);
	measure(row, &sides);
}

const struct row coherence_rows[] = {
	{ "coherence-idle", "a search when nothing changed, 10 objects",
	    MICROS, 0, coherence_run, "idle", 0 },
	{ "coherence-calls", "calls until another process's object is seen",
	    CALLS, 1, coherence_run, "seen", 0 },
	{ "coherence-seen", "time until another process's object is seen",
	    MICROS, 0, coherence_run, "seen", 0 },
	{ 0 },
};
