/*
 * One row for each failure.  Everything in this folder that can fail returns
 * CK_RV: either the token's own, or WIN32_ERROR(n), the number that the users
 * of vecs-cli know.  Only main turns it into a sentence and an exit status.
 */
#ifndef VECS_TOOL_ERROR_H
#define VECS_TOOL_ERROR_H

#include <stdbool.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

/* Failures of our own, in the vendor's range of CK_RV. */
#define WIN32_ERROR(n) ((CK_RV)0xd7000000UL | (n))
/* A mistake in the arguments: the usage text follows. */
#define USAGE_ERROR ((CK_RV)0xd8000000UL | 87)

#define E_FILE_NOT_FOUND WIN32_ERROR(2)
#define E_ACCESS_DENIED WIN32_ERROR(5)
#define E_BAD_FORMAT WIN32_ERROR(11)
#define E_OUT_OF_MEMORY WIN32_ERROR(14)
#define E_WRITE_FAULT WIN32_ERROR(29)
#define E_NOT_SUPPORTED WIN32_ERROR(50)
#define E_INVALID_PARAMETER WIN32_ERROR(87)
#define E_MOD_NOT_FOUND WIN32_ERROR(126)
#define E_LABEL_TOO_LONG WIN32_ERROR(154)
#define E_BUSY WIN32_ERROR(170)
#define E_ALREADY_EXISTS WIN32_ERROR(183)
#define E_FILE_TOO_LARGE WIN32_ERROR(223)
#define E_NO_SUCH_USER WIN32_ERROR(1317)
#define E_WRONG_PASSWORD WIN32_ERROR(1323)
#define E_OBJECT_NOT_FOUND WIN32_ERROR(4312)
#define E_DATABASE_FAILURE WIN32_ERROR(4313)
#define E_INVALID_STATE WIN32_ERROR(5023)
#define E_KEY_MISMATCH WIN32_ERROR(90018)

/* The number of any failure; exit statuses are it modulo 256, never 0. */
unsigned error_code(CK_RV rv);
int error_status(CK_RV rv);

/* True for what the token answered, not this program. */
bool error_is_token(CK_RV rv);

/* The failure that stands for an errno of a file. */
CK_RV error_errno(int number) MUST_USE;

/* A line on stderr, as it stands: the original's have several shapes. */
void error_say(const char *format, ...) PRINTF_LIKE(1, 2);

/* The last line: vecs-cli failed. Error N: ... */
void error_tail(CK_RV rv);

#endif
