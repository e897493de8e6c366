/*
 * Files named on the command line: read whole with a cap, written so that no
 * moment shows half a key or one that others may read.
 */
#ifndef VECS_TOOL_FILE_H
#define VECS_TOOL_FILE_H

#include "tool/error.h"
#include "common/secret.h"

/* More than any certificate, key or CRL. */
#define FILE_MAX ((size_t)16 << 20)

/* Says which file cannot be opened or is larger than FILE_MAX. */
CK_RV file_read(const char *path, struct secret *out) MUST_USE;

/*
 * Mode 0600 from the first byte; a regular file is written beside and renamed,
 * a link is replaced, never followed.  NULL or "-" is stdout.
 */
CK_RV file_write(const char *path, const void *data, size_t len) MUST_USE;

#endif
