/*
 * The project's vendor numbers, the one list of them: object classes,
 * attributes and return values that travel over the PKCS#11 ABI for what the
 * standard has no call for (docs/ARCHITECTURE.md, "Vendor objects").  All
 * values of vendor attributes are byte strings, never numbers or booleans.
 */
#ifndef VECS_VENDOR_H
#define VECS_VENDOR_H

#include "common/pkcs11.h"

/* CKx_VENDOR_DEFINED | 0x564543nn, "VEC" */
#define VECS_VENDOR(n) (0x80000000UL | 0x56454300UL | (n))

/* Object classes */
#define CKO_VECS_STORE VECS_VENDOR(0x01) /* one in each token */
#define CKO_VECS_GRANT VECS_VENDOR(0x02) /* one for each principal */
#define CKO_VECS_BATCH VECS_VENDOR(0x03) /* session object */
#define CKO_VECS_CHECK VECS_VENDOR(0x04) /* session object */
#define CKO_VECS_USER VECS_VENDOR(0x05) /* one for each named user */
#define CKO_VECS_BACKUP VECS_VENDOR(0x06) /* session object */
#define CKO_VECS_RESTORE VECS_VENDOR(0x07) /* session object */
#define CKO_VECS_REKEY VECS_VENDOR(0x08) /* session object */

/*
 * Store object.  OWNER is a user name, or a bare uid when nobody has it;
 * CREATED is UTC, "2026-11-25T03:30:00Z"; FLAGS is a comma-separated list of
 * "system", "protected"; FORMAT is the database format in decimal.
 * Destroying the object deletes the store.
 */
#define CKA_VECS_OWNER VECS_VENDOR(0x10)
#define CKA_VECS_CREATED VECS_VENDOR(0x11)
#define CKA_VECS_FLAGS VECS_VENDOR(0x12)
#define CKA_VECS_FORMAT VECS_VENDOR(0x13)

/*
 * Grant object.  PRINCIPAL is a user name, "%group" or "EVERYONE", or the bare
 * number of a principal that is gone; an unknown one is refused with
 * CKR_ATTRIBUTE_VALUE_INVALID.  RIGHTS is a comma-separated list in the order
 * "read,write,use".  Setting RIGHTS to the empty string is refused: destroy
 * the object instead.
 */
#define CKA_VECS_PRINCIPAL VECS_VENDOR(0x20)
#define CKA_VECS_RIGHTS VECS_VENDOR(0x21)

/*
 * Batch object.  BATCH_ID (16 random bytes) joins sessions of one context;
 * setting ABSENT adds the precondition that this alias, ASCII-folded, has no
 * object in the session's store; setting COMMIT (any value) applies all.
 */
#define CKA_VECS_BATCH_ID VECS_VENDOR(0x30)
#define CKA_VECS_ABSENT VECS_VENDOR(0x31)
#define CKA_VECS_COMMIT VECS_VENDOR(0x32)

/*
 * Check object: creating it walks the session's store, or in the empty slot
 * the whole database; REPORT holds one line of UTF-8 for each finding, empty
 * when all is well.  With REPAIR (any value, in the empty slot) what is damaged
 * is mended or dropped instead, and the report is of that: its lines begin with
 * "mended: ", "damaged: ", "lost: " or "kept: ".
 */
#define CKA_VECS_REPORT VECS_VENDOR(0x38)
#define CKA_VECS_REPAIR VECS_VENDOR(0x39)

/*
 * On every token object.  FOLDED_LABEL is the ASCII-folded label, for search
 * only.  STORE is the serial number of the object's store; setting it moves
 * the object there, with its CKA_UNIQUE_ID, inside a batch.
 */
#define CKA_VECS_FOLDED_LABEL VECS_VENDOR(0x40)
#define CKA_VECS_STORE VECS_VENDOR(0x41)

/*
 * Named user of a token with PINs (C_LoginUser): USER_NAME is 1 to 64 bytes of
 * UTF-8, RIGHTS as of a grant, PIN is set at creation or later (which unlocks
 * it) and never read; FLAGS is a comma-separated list of "count-low",
 * "final-try", "locked" where one of them is so.  Found, made, changed and
 * destroyed by the SO, or by the store's owner (logged in as the token's user
 * where he does more than look); a user sets his own PIN by C_SetPIN.  A name
 * that is taken: CKR_VECS_EXISTS.
 */
#define CKA_VECS_USER_NAME VECS_VENDOR(0x50)
#define CKA_VECS_PIN VECS_VENDOR(0x51)

/*
 * Backup, restore and rekey: made in a session of one token, or in the empty
 * slot for all that the caller controls; one at a time in a session.
 * BACKUP_KEY is 32 bytes, the client's: it seals the stream.  Each read of a
 * backup's CHUNK is its next piece, empty at the end; each CHUNK set on a
 * restore is the next piece, the empty one ends it and commits.  PROGRESS is
 * "done/total" in decimal; setting it on a rekey does the next store.  RESTORE_AS names the store that is restored, where
 * it shall have another name; with REPLACE (any value) a store of the name is
 * emptied first.
 */
#define CKA_VECS_BACKUP_KEY VECS_VENDOR(0x60)
#define CKA_VECS_CHUNK VECS_VENDOR(0x61)
#define CKA_VECS_PROGRESS VECS_VENDOR(0x62)
#define CKA_VECS_RESTORE_AS VECS_VENDOR(0x63)
#define CKA_VECS_REPLACE VECS_VENDOR(0x64)

/* CKA_APPLICATION of the CKO_DATA objects that have a meaning */
#define VECS_APP_CRL "vecs:crl"
#define VECS_APP_ENCRYPTED_KEY "vecs:encrypted-private-key"
#define VECS_APP_BACKUP "vecs:backup"

/* A precondition of a batch does not hold: the alias is taken. */
#define CKR_VECS_EXISTS VECS_VENDOR(0x01)

/* NSS's class for CRLs, which our tokens hold; names of our own because newer
 * headers define some of NSS's with other numbers. */
#define VECS_NSS_VENDOR(n) (0x80000000UL | 0x4e534350UL | (n))
#define VECS_CKO_NSS_CRL (VECS_NSS_VENDOR(0) + 1)
#define VECS_CKO_NSS_TRUST (VECS_NSS_VENDOR(0) + 3)
#define VECS_CKA_NSS_URL (VECS_NSS_VENDOR(0) + 1)
#define VECS_CKA_NSS_KRL (VECS_NSS_VENDOR(0) + 8)

/*
 * The vendor interface: C_GetInterface("Vendor VECS", NULL, &i, 0).
 * last_error copies the one-line reason of this thread's last failed call,
 * NUL-terminated and cut to fit; an empty string when there is none.
 * repair does what CKA_VECS_REPAIR does where C_Initialize fails, for the
 * database that it would open; CKR_CRYPTOKI_ALREADY_INITIALIZED.
 */
#define VECS_INTERFACE_NAME "Vendor VECS"

struct vecs_interface {
	CK_VERSION version; /* 1.1 */
	void (*last_error)(char *text, size_t size);
	/* since 1.1 */
	CK_RV (*repair)(void (*line)(void *arg, const char *line), void *arg);
};

#endif
