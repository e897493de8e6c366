/*
 * A VFS of SQLite that is the system's own with one addition: a page that was
 * damaged on the disk is an error and never a wrong answer.  Each page of a
 * database ends with a checksum of ours, written with the page and compared at
 * every read; a page of the write-ahead log is compared with the checksums that
 * SQLite writes there but looks at only after a crash.
 */
#ifndef VECS_PAGESUM_H
#define VECS_PAGESUM_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

#define PAGESUM_VFS "vecs-pagesum"
#define PAGESUM_SALVAGE "vecs-salvage" /* writes as this, reads anything */
#define PAGESUM_SIZE 8 /* reserved bytes at the end of a page */
#define PAGESUM_NAME 64

/* Registers both VFS once in this process's SQLite; CKR_GENERAL_ERROR. */
CK_RV pagesum_register(void) MUST_USE;

/* The checksum of a page at this offset of the file, without its last
 * PAGESUM_SIZE bytes. */
void pagesum_compute(const unsigned char *page, int size, sqlite3_int64 at,
    unsigned char out[PAGESUM_SIZE]);

/* Continues the checksum of a write-ahead log over these bytes. */
void pagesum_log(const unsigned char *data, int len, bool big,
    uint32_t sum[2]);

/* What SQLITE_IOERR_DATA meant in this thread: "page 17". */
void pagesum_damaged(char out[PAGESUM_NAME]);

#endif
