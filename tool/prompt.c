/* Confirmation on stdin; PINs and passwords from the terminal or a file. */
#include "tool/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_BYTES 1024

bool
prompt_confirm(FILE *out)
{
	int c;

	fprintf(out, "Do you wish to continue? Y/N [N] \n");
	fflush(out);
	c = getchar();
	return c == 'Y' || c == 'y';
}

/* Waits for a byte with only these signals blocked: one that comes ends it. */
static bool
byte_wait(int fd, const sigset_t *blocked)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };

	return blocked == NULL || ppoll(&one, 1, NULL, blocked) >= 0;
}

/* Reads up to a newline or the end; more than a line's bytes is an error. */
static CK_RV
line_read(int fd, const sigset_t *blocked, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret line = { NULL, 0 };
	size_t len = 0;
	ssize_t n = 1;

	TRY(secret_new(LINE_BYTES, &line));
	while (len < LINE_BYTES && byte_wait(fd, blocked) &&
	       (n = read(fd, line.data + len, 1)) > 0 &&
	       line.data[len] != '\n')
		len++;
	if (n < 0)
		return error_errno(errno);
	if (len == LINE_BYTES)
		return E_INVALID_PARAMETER;
	if (len > 0 && line.data[len - 1] == '\r')
		len--;
	return secret_dup(line.data, len, out);
}

/* The signal that came while the terminal was quiet. */
static volatile sig_atomic_t caught;

static void
signal_note(int number)
{
	caught = number;
}

static const int fatal[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

/* Asks and reads a line without echo.  A signal ends the wait, and the process
 * once the terminal is as it was. */
static CK_RV
quiet_ask(int fd, const char *text, const struct termios *old,
    struct secret *out)
{
	struct sigaction note = { .sa_handler = signal_note };
	struct sigaction before[COUNT(fatal)];
	struct termios quiet = *old;
	sigset_t blocked, unblocked;
	CK_RV rv;

	quiet.c_lflag &= ~(tcflag_t)ECHO;
	caught = 0;
	sigemptyset(&blocked);
	for (size_t i = 0; i < COUNT(fatal); i++)
		sigaddset(&blocked, fatal[i]);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	for (size_t i = 0; i < COUNT(fatal); i++)
		sigaction(fatal[i], &note, &before[i]);
	tcsetattr(fd, TCSAFLUSH, &quiet);
	rv = write(fd, text, strlen(text)) < 0
	    ? error_errno(errno) : line_read(fd, &unblocked, out);
	tcsetattr(fd, TCSAFLUSH, old);
	for (size_t i = 0; i < COUNT(fatal); i++)
		sigaction(fatal[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, &unblocked, NULL);
	if (caught == 0)
		return rv;
	raise(caught);
	return error_errno(EINTR); /* ignored: half an answer is none */
}

CK_RV
prompt_terminal(const char *text, struct secret *out, bool *known)
{
	_cleanup_(closep) int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	struct termios old;
	CK_RV rv;

	*known = false;
	if (fd < 0 || tcgetattr(fd, &old) != 0)
		return CKR_OK;
	rv = quiet_ask(fd, text, &old, out);
	if (write(fd, "\n", 1) < 0)
		rv = error_errno(errno);
	*known = rv == CKR_OK;
	return rv;
}

CK_RV
prompt_source(const char *source, struct secret *out)
{
	_cleanup_(closep) int fd = -1;
	const char *path = source;

	if (strcmp(path, "-") == 0)
		return line_read(STDIN_FILENO, NULL, out);
	if (strncmp(path, "file://", 7) == 0)
		path += 7;
	else if (strncmp(path, "file:", 5) == 0)
		path += 5;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		int number = errno;

		error_say("Error: Failed to open file [%s] \n", path);
		return error_errno(number);
	}
	return line_read(fd, NULL, out);
}
