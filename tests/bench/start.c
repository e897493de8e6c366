/*
 * From exec to the first signature and on to the end of the process, against a
 * program that loads a PEM key; and the memory of such a process.
 */
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/keys.h"
#include "tests/bench/process.h"
#include "tests/bench/stock.h"

#define KEY "p-256"

static void
program_once(void *arg)
{
	program_run(arg, NULL, 0);
}

static struct program *
pem_program(void)
{
	struct program *p = program_new();
	char path[BENCH_PATH];

	key_path(KEY, path);
	program_add(p, VECS_BENCH_BUILD "/tests/bench/first-signature-pem");
	program_add(p, path);
	program_settle(p);
	return p;
}

static struct program *
token_program(const struct brand *brand, unsigned objects, bool memory)
{
	struct program *p = program_new();
	char home[BENCH_PATH];

	stock_home(brand, objects, home);
	brand->settle(home);
	program_add(p, VECS_BENCH_BUILD "/tests/bench/first-signature");
	if (memory)
		program_add(p, "-m");
	program_add(p, *brand->path);
	program_add(p, brand->token);
	program_add(p, KEY);
	program_add(p, brand->pin != NULL ? brand->pin : "");
	if (brand->parameters != NULL)
		program_add(p, brand->parameters());
	program_settle(p);
	return p;
}

static const char *
numbered(const struct brand *brand, unsigned objects)
{
	static char text[SIDES][32];
	static size_t count;

	NEED(count < SIDES);
	snprintf(text[count], sizeof(text[0]), "%s (%u)", brand->name,
	    objects);
	return text[count++];
}

static void
start_add(struct sides *sides, const struct brand *brand, unsigned objects)
{
	struct side *side;

	if (!brand_is_there(brand))
		return;
	side = side_add(sides, numbered(brand, objects));
	side->once = program_once;
	side->arg[0] = token_program(brand, objects, false);
}

static void
start_run(const struct row *row)
{
	unsigned others = row->count > 1000 ? 1000 : row->count;
	struct sides sides = { .count = 0 };
	struct side *side = side_add(&sides, "PEM file");

	side->once = program_once;
	side->arg[0] = pem_program();
	start_add(&sides, &vecs_brand, row->count);
	start_add(&sides, &softhsm_brand, others);
	start_add(&sides, &nss_brand, others);
	measure(row, &sides);
}

const struct row start_rows[] = {
	{ "start-10", "exec to first signature, 10 objects", TIME, 1.5,
	    start_run, NULL, 10 },
	{ "start-100000", "exec to first signature, 100,000 objects", TIME,
	    1.5, start_run, NULL, 100000 },
	{ 0 },
};

struct growth {
	struct program *large, *small;
};

static double
program_memory(const struct program *program)
{
	char text[64];

	program_run(program, text, sizeof(text));
	return strtod(text, NULL) / 1024;
}

/* MiB above the same with a single object. */
static double
growth_value(void *arg)
{
	const struct growth *g = arg;

	return program_memory(g->large) - program_memory(g->small);
}

static void
growth_add(struct sides *sides, const struct brand *brand, unsigned objects)
{
	struct growth *g = calloc(1, sizeof(*g));
	struct side *side;

	NEED(g != NULL);
	if (!brand_is_there(brand))
		return;
	g->large = token_program(brand, objects, true);
	g->small = token_program(brand, 1, true);
	side = side_add(sides, numbered(brand, objects));
	side->value = growth_value;
	side->arg[0] = g;
}

static void
memory_run(const struct row *row)
{
	struct sides sides = { .count = 0 };

	growth_add(&sides, &vecs_brand, row->count);
	growth_add(&sides, &softhsm_brand, 1000);
	growth_add(&sides, &nss_brand, 1000);
	measure(row, &sides);
}

const struct row memory_rows[] = {
	{ "memory-100000", "memory of a process that uses one key of 100,000 "
	    "objects, above one of 1", MEBI, 8, memory_run, NULL, 100000 },
	{ 0 },
};
