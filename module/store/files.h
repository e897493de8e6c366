/* The folder of a database and the files in it: owners, modes, durability. */
#ifndef VECS_FILES_H
#define VECS_FILES_H

#include <stdbool.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

/* Makes the folder and those above it that lack, 0700; CKR_DEVICE_ERROR with
 * the folder as the reason if it is not writable: SQLite's log lies in it. */
CK_RV folder_open(const char *dir) MUST_USE;

/* A file takes the owner of the folder, 0600; the system's master key belongs
 * to root and to the group vecs, 0640, when there is such a group.  No umask
 * has a say. */
CK_RV file_own(const char *dir, int fd, const char *path,
    bool is_key) MUST_USE;

/* The folder's entries are durable. */
CK_RV folder_sync(const char *dir) MUST_USE;

/* errno as a failure: CKR_DEVICE_MEMORY if the disk is full. */
CK_RV file_error(const char *path) MUST_USE;

#endif
