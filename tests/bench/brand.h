/*
 * The products that are compared: where their module is, how a database of
 * their own is chosen, and how its one token is made and opened.
 */
#ifndef BENCH_BRAND_H
#define BENCH_BRAND_H

#include "tests/bench/module.h"

struct brand {
	const char *name;       /* as printed */
	const char *folder;     /* as a word in paths */
	const char *const *path;
	const char *token;      /* label */
	const char *pin;        /* NULL: none */
	bool batches;           /* understands batch objects */
	/* Chooses the database in this folder, which exists. */
	void (*settle)(const char *home);
	/* Makes the token in an empty database. */
	void (*birth)(CK_FUNCTION_LIST *f);
	const char *(*parameters)(void); /* may be NULL */
};

extern const struct brand vecs_brand, softhsm_brand, nss_brand;

/* NULL at the end: ours first. */
extern const struct brand *const brands[];

bool brand_is_there(const struct brand *brand);

/* Opens the database of this folder, with its token, in this process. */
CK_FUNCTION_LIST *brand_open(const struct brand *brand, const char *home);

/* Prints what the modules say of themselves, one a line after the prefix. */
void brand_report(const char *prefix);

/* A session with the token, in whose database this process is. */
CK_SESSION_HANDLE brand_session(const struct brand *brand,
    CK_FUNCTION_LIST *f, bool rw);

#endif
