/* Searches in a large store, warm: by label, by id, and the first of all. */
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/stock.h"

#define PROBES 1000

struct finder {
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	CK_ATTRIBUTE probe[PROBES];
	unsigned random;
};

static void
find_one(struct finder *finder, unsigned i)
{
	CK_OBJECT_HANDLE object;

	if (module_find(finder->f, finder->session, &finder->probe[i], 1,
	        &object) != 1)
		die("object %u of the probes is not found once", i);
}

/* Of everything, the first. */
static void
first_once(void *arg)
{
	struct finder *finder = arg;
	CK_OBJECT_HANDLE object;
	CK_ULONG n = 0;

	NEED(finder->f->C_FindObjectsInit(finder->session, NULL, 0) == CKR_OK);
	NEED(finder->f->C_FindObjects(finder->session, &object, 1, &n) ==
	    CKR_OK && n == 1);
	NEED(finder->f->C_FindObjectsFinal(finder->session) == CKR_OK);
}

static void
find_once(void *arg)
{
	struct finder *finder = arg;

	finder->random = finder->random * 1664525 + 1013904223;
	find_one(finder, (finder->random >> 8) % PROBES);
}

static void
probe_fill(CK_ATTRIBUTE *probe, const char *about, unsigned number)
{
	CK_BYTE *value = malloc(STOCK_ID);

	NEED(value != NULL && STOCK_NAME <= STOCK_ID);
	if (strcmp(about, "id") == 0) {
		stock_id(number, value);
		*probe = (CK_ATTRIBUTE){ CKA_ID, value, STOCK_ID };
	} else {
		stock_name(number, (char *)value);
		*probe = (CK_ATTRIBUTE){ CKA_LABEL, value, STOCK_NAME - 1 };
	}
}

/* patience: how many probes of the first pass are taken. */
static void
finder_add(struct sides *sides, const struct row *row,
    const struct brand *brand, unsigned objects, unsigned patience)
{
	static char names[SIDES][32];
	struct finder *finder = calloc(1, sizeof(*finder));
	char *name = names[sides->count], home[BENCH_PATH];
	struct side *side;

	NEED(finder != NULL);
	if (!brand_is_there(brand))
		return;
	stock_home(brand, objects, home);
	finder->f = brand_open(brand, home);
	finder->session = brand_session(brand, finder->f, false);
	for (unsigned i = 0; i < PROBES; i++)
		probe_fill(&finder->probe[i], row->about, (unsigned)
		    ((unsigned long)i * stock_certs(objects) / PROBES));
	for (unsigned i = 0; i < patience; i++)
		find_one(finder, i);
	snprintf(name, sizeof(names[0]), "%s (%u)", brand->name, objects);
	side = side_add(sides, name);
	side->once = strcmp(row->about, "first") == 0 ? first_once : find_once;
	side->arg[0] = finder;
}

static void
find_run(const struct row *row)
{
	struct sides sides = { .count = 0 };

	stock_all(row->count, 1000);
	finder_add(&sides, row, &vecs_brand, row->count, PROBES);
	finder_add(&sides, row, &softhsm_brand, 1000, 10);
	finder_add(&sides, row, &nss_brand, 1000, PROBES);
	measure(row, &sides);
}

const struct row find_rows[] = {
	{ "find-label", "search by label, 100,000 objects", MICROS, 5,
	    find_run, "label", 100000 },
	{ "find-id", "search by id, 100,000 objects", MICROS, 5, find_run,
	    "id", 100000 },
	{ "find-first", "the first of 100,000 objects", MICROS, 50, find_run,
	    "first", 100000 },
	{ 0 },
};
