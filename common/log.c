/* Messages to syslog's socket or to a file, and the reason of a failure. */
#include "common/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX 512

static char target_path[256]; /* of the file; "" is none, NULL-like below */
static bool target_is_file;
static bool target_is_syslog = true;

static _Thread_local char reason[TEXT_MAX];

void
log_target(const char *target)
{
	target_is_file = target != NULL && strncmp(target, "file:", 5) == 0;
	target_is_syslog = target == NULL || strcmp(target, "syslog") == 0;
	if (target_is_file)
		snprintf(target_path, sizeof(target_path), "%s", target + 5);
}

static void
write_file(const char *text)
{
	char line[TEXT_MAX + 64], when[32];
	struct tm tm;
	time_t now = time(NULL);
	_cleanup_(closep) int fd = open(target_path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int len;

	if (fd < 0)
		return;
	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	len = snprintf(line, sizeof(line), "%s vecs[%d]: %s\n", when,
	    (int)getpid(), text);
	if (write(fd, line, (size_t)len) < 0)
		return; /* nobody is left to tell */
}

static void
write_syslog(int level, const char *text)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX,
		.sun_path = "/dev/log" };
	char line[TEXT_MAX + 64];
	_cleanup_(closep) int fd =
	    socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int len;

	if (fd < 0)
		return;
	len = snprintf(line, sizeof(line), "<%d>vecs[%d]: %s",
	    LOG_AUTHPRIV | level, (int)getpid(), text);
	(void)sendto(fd, line, (size_t)len, MSG_NOSIGNAL,
	    (struct sockaddr *)&to, sizeof(to));
}

static void
log_text(int level, const char *text)
{
	if (target_is_file)
		write_file(text);
	else if (target_is_syslog)
		write_syslog(level, text);
}

/* One line: control characters of names become question marks. */
PRINTF_LIKE(2, 0) static void
format_line(char text[TEXT_MAX], const char *format, va_list args)
{
	vsnprintf(text, TEXT_MAX, format, args);
	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

void
log_message(int level, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, format);
	format_line(text, format, args);
	va_end(args);
	log_text(level, text);
}

CK_RV
fail(CK_RV rv, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	format_line(reason, format, args);
	va_end(args);
	log_text(LOG_ERR, reason);
	return rv;
}

CK_RV
fail_quiet(CK_RV rv, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	format_line(reason, format, args);
	va_end(args);
	return rv;
}

void
log_reason(char *text, size_t size)
{
	snprintf(text, size, "%s", reason);
}

void
log_reason_clear(void)
{
	reason[0] = '\0';
}
