/* Confirmation on stdin; PINs and passwords from the terminal or a file. */
#include "tool/prompt.h"

#include <errno.h>
#include <fcntl.h>
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

/* Reads up to a newline or the end; more than a line's bytes is an error. */
static CK_RV
line_read(int fd, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret line = { NULL, 0 };
	size_t len = 0;
	ssize_t n = 1;

	TRY(secret_new(LINE_BYTES, &line));
	while (len < LINE_BYTES && (n = read(fd, line.data + len, 1)) > 0 &&
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

CK_RV
prompt_terminal(const char *text, struct secret *out, bool *known)
{
	_cleanup_(closep) int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	struct termios old, quiet;
	CK_RV rv;

	*known = false;
	if (fd < 0 || tcgetattr(fd, &old) != 0)
		return CKR_OK;
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (write(fd, text, strlen(text)) < 0 ||
	    tcsetattr(fd, TCSAFLUSH, &quiet) != 0)
		return CKR_OK;
	rv = line_read(fd, out);
	tcsetattr(fd, TCSAFLUSH, &old);
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
	return line_read(fd, out);
}
