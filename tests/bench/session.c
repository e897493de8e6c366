/* A session opened and closed, in a process that has another. */
#include "tests/bench/bench.h"
#include "tests/bench/stock.h"

#define OBJECTS 10

struct opener {
	CK_FUNCTION_LIST *f;
	CK_SLOT_ID slot;
};

static void
open_once(void *arg)
{
	struct opener *o = arg;
	CK_SESSION_HANDLE s;

	NEED(o->f->C_OpenSession(o->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
	    NULL, NULL, &s) == CKR_OK);
	NEED(o->f->C_CloseSession(s) == CKR_OK);
}

static void
opener_add(struct sides *sides, const struct brand *brand)
{
	struct opener *o = calloc(1, sizeof(*o));
	char home[BENCH_PATH];
	struct side *side;

	NEED(o != NULL);
	stock_home(brand, OBJECTS, home);
	o->f = brand_open(brand, home);
	brand_session(brand, o->f, false); /* keeps the login */
	NEED(module_slot(o->f, brand->token, &o->slot));
	side = side_add(sides, brand->name);
	side->once = open_once;
	side->arg[0] = o;
}

/* The rival is the measure. */
static void
session_run(const struct row *row)
{
	struct sides sides = { .count = 0 };
	const struct brand *rival = row->count == 0 ? &softhsm_brand
	                                            : &nss_brand;

	if (!brand_is_there(rival))
		skip("%s is not there", rival->name);
	stock_all(OBJECTS, OBJECTS);
	opener_add(&sides, rival);
	opener_add(&sides, &vecs_brand);
	measure(row, &sides);
}

const struct row session_rows[] = {
	{ "session-softhsm", "C_OpenSession and C_CloseSession beside SoftHSM2",
	    TIME, 1, session_run, NULL, 0 },
	{ "session-nss", "C_OpenSession and C_CloseSession beside NSS", TIME,
	    1, session_run, NULL, 1 },
	{ 0 },
};
