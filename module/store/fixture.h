/* For the tests of this folder: a small database, its copies, and rows put in
 * by SQL with checksums that are right. */
#ifndef VECS_STORE_FIXTURE_H
#define VECS_STORE_FIXTURE_H

#include <atf-c.h>

#include "module/store/repair.h"
#include "module/store/store.h"

/* Opens ./NAME, or bears it with two stores, "alpha" and "beta". */
CK_RV fixture_open(const char *name, struct database **out);
struct database *fixture(const char *name);
CK_RV fixture_rescue(const char *name, rekey_index index,
    const struct repair_report *report);
/* A public object of class CKO_DATA; its id. */
uint64_t fixture_put(struct database *db, uint64_t store, const char *label,
    const char *plain);
CK_RV fixture_load(struct database *db, uint64_t store, uint64_t id,
    struct record *out);
CK_RV fixture_find(struct database *db, uint64_t store, const char *label,
    size_t *count);
/* Runs SQL on the closed database NAME; the one named old, if any, is attached
 * as "old". */
void fixture_sql(const char *name, const char *old, const char *sql);
/* Copies the closed database NAME as COPY, without its coherence file. */
void fixture_copy(const char *name, const char *copy);
/* The reason of the last failure of this thread. */
const char *fixture_reason(void);
/* How many lines database_check reports for the whole; prints them. */
int fixture_check(struct database *db);

#endif
