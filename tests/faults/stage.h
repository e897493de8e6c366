/* What the scenarios of failing calls work on. */
#ifndef TESTS_FAULTS_STAGE_H
#define TESTS_FAULTS_STAGE_H

#include "tests/faults/fault.h"
#include "tests/lib/samples.h"

struct stage {
	CK_SLOT_ID store, token;
	CK_SESSION_HANDLE s;   /* of a store without PINs */
	CK_SESSION_HANDLE look; /* of the same: what is there for all */
	CK_SESSION_HANDLE pin; /* of a token with PINs, logged out */
	CK_SESSION_HANDLE empty, gone; /* of no store, of one that goes */
	/* session objects of s */
	CK_OBJECT_HANDLE public, private, aes, rsa, rsa_public;
	CK_OBJECT_HANDLE made[2]; /* by the scenario */
	CK_OBJECT_HANDLE batch, transfer; /* in s or look; in empty */
};

/*
 * One thing that a client does.  Before and after are done without failures;
 * `makes` is how many objects the store holds more (or less) when it has been
 * done: after a failure it is none.
 */
struct scenario {
	const char *name;
	void (*before)(struct stage *);
	CK_RV (*act)(struct stage *);
	void (*after)(struct stage *);
	int makes;
	bool slow; /* for the long loop only */
};

/* Starts the module on a new database, with everything that they use. */
void stage_set(struct stage *st);

extern const struct scenario agree_scenarios[], derive_scenarios[],
    object_scenarios[], use_scenarios[], token_scenarios[], store_scenarios[],
    user_scenarios[];

#endif
