/*
 * A VFS of SQLite that is the system's own with one addition: each page of a
 * database ends with a checksum, written with the page and compared at every
 * read, so that a damaged page is an error and never a wrong answer.
 */
#ifndef VECS_PAGESUM_H
#define VECS_PAGESUM_H

#include <sqlite3.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

#define PAGESUM_VFS "vecs-pagesum"
#define PAGESUM_SIZE 8 /* reserved bytes at the end of a page */

/* Registers the VFS once in this process's SQLite; CKR_GENERAL_ERROR. */
CK_RV pagesum_register(void) MUST_USE;

/* The checksum of a page at this offset of the file, without its last
 * PAGESUM_SIZE bytes. */
void pagesum_compute(const unsigned char *page, int size, sqlite3_int64 at,
    unsigned char out[PAGESUM_SIZE]);

#endif
