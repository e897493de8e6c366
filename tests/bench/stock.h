/*
 * Tokens with a known number of objects: the keys of the run, and forged
 * certificates of 1,536 bytes with the labels object-000000, object-000001 ...
 * Made once, kept for the run.
 */
#ifndef BENCH_STOCK_H
#define BENCH_STOCK_H

#include "tests/bench/brand.h"

#define STOCK_CERT 1536
#define STOCK_NAME 14 /* "object-000000" and a NUL */
#define STOCK_ID 20

/*
 * The folder of a token of so many objects (1: the private key p-256 alone),
 * made by another process if it is not there; out has BENCH_PATH.
 */
void stock_home(const struct brand *brand, unsigned objects, char *out);

/* Makes what is missing, before any module is loaded into this process. */
void stock_all(unsigned ours, unsigned others);

/* How many of them are certificates, numbered from 0: the rest is keys. */
unsigned stock_certs(unsigned objects);

void stock_name(unsigned number, char out[STOCK_NAME]);
void stock_id(unsigned number, CK_BYTE out[STOCK_ID]);

/* Creates certificate `number`; label NULL is its own name. */
CK_OBJECT_HANDLE stock_create(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session,
    unsigned number, const char *label);
/* Its DER, of STOCK_CERT bytes. */
const CK_BYTE *stock_der(unsigned number);

#endif
