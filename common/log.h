/*
 * The one sink for messages, and the reason of this thread's last failure.
 * Takes text and numbers only: there is no way to print the bytes of a buffer.
 * Never writes to stdout or stderr; opens its target for each message, because
 * a process that daemonises closes descriptors it does not know.
 */
#ifndef VECS_LOG_H
#define VECS_LOG_H

#include <stddef.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

/* "syslog" (also for NULL), "none", or "file:PATH"; copied. */
void log_target(const char *target);

/* Levels of syslog(3): LOG_ERR, LOG_WARNING, LOG_INFO.  No newline needed. */
void log_message(int level, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Keeps the text as the reason of this thread's failure, logs it as an error,
 * and returns rv:  return fail(CKR_DEVICE_ERROR, "%s: ...", path, ...);
 * fail_quiet keeps the reason only, for what a client's mistake can cause.
 */
CK_RV fail(CK_RV rv, const char *format, ...) PRINTF_LIKE(2, 3);
CK_RV fail_quiet(CK_RV rv, const char *format, ...) PRINTF_LIKE(2, 3);

/* The reason of this thread's last failure, "" if none; forgotten by clear. */
void log_reason(char *text, size_t size);
void log_reason_clear(void);

#endif
