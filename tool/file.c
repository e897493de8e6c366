/* Whole files in, whole files out. */
#include "tool/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static CK_RV
file_fail(const char *path, int number)
{
	error_say("Error: Failed to open file [%s] \n", path);
	return error_errno(number);
}

static CK_RV
too_large(const char *path)
{
	error_say("Error: File [%s] is larger than %zu MiB\n", path,
	    FILE_MAX >> 20);
	return E_FILE_TOO_LARGE;
}

/* Reads to the end into room of size bytes; len tells how many came. */
static int
read_all(int fd, uint8_t *to, size_t size, size_t *len)
{
	ssize_t n;

	*len = 0;
	while (*len < size && (n = read(fd, to + *len, size - *len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		*len += (size_t)n;
	}
	return 0;
}

CK_RV
file_read(const char *path, struct secret *out)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	_cleanup_(secret_wipe) struct secret all = { NULL, 0 };
	struct stat st;
	size_t size, len = 0;
	int number;

	if (fd < 0 || fstat(fd, &st) != 0)
		return file_fail(path, errno);
	if (S_ISREG(st.st_mode) && (uintmax_t)st.st_size > FILE_MAX)
		return too_large(path);
	/* A pipe's size shows only at its end. */
	size = S_ISREG(st.st_mode) ? (size_t)st.st_size : FILE_MAX;
	TRY(secret_new(size + 1, &all));
	if ((number = read_all(fd, all.data, all.len, &len)) != 0)
		return file_fail(path, number);
	if (len > size)
		return too_large(path);
	return secret_dup(all.data, len, out);
}

static int
write_all(int fd, const uint8_t *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A device or a pipe that is already there is written where it is. */
static CK_RV
device_write(const char *path, const void *data, size_t len)
{
	_cleanup_(closep) int fd = open(path,
	    O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
	int number = fd < 0 ? errno : write_all(fd, data, len);

	return number != 0 ? file_fail(path, number) : CKR_OK;
}

/* Makes an empty file in the same folder; out is its name. */
static int
beside_open(const char *path, char *out, size_t size)
{
	char folder[4096], base[4096];
	int fd;

	if (strlen(path) >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(folder, path);
	strcpy(base, path);
	snprintf(out, size, "%s/.%.200s.XXXXXX", dirname(folder),
	    basename(base));
	fd = mkostemp(out, O_CLOEXEC); /* 0600 */
	return fd;
}

static CK_RV
beside_write(const char *path, const void *data, size_t len)
{
	char beside[4400];
	_cleanup_(closep) int fd = beside_open(path, beside, sizeof(beside));
	int number;

	if (fd < 0)
		return file_fail(path, errno);
	number = write_all(fd, data, len);
	if (number == 0 && (fsync(fd) != 0 || rename(beside, path) != 0))
		number = errno;
	if (number == 0)
		return CKR_OK;
	unlink(beside);
	return file_fail(path, number);
}

CK_RV
file_write(const char *path, const void *data, size_t len)
{
	struct stat st;

	if (path == NULL || strcmp(path, "-") == 0 ||
	    strcmp(path, "/dev/stdout") == 0)
		return fwrite(data, 1, len, stdout) == len ? CKR_OK
		                                           : E_WRITE_FAULT;
	if (path[0] == '\0')
		return file_fail(path, ENOENT);
	if (lstat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return file_fail(path, EACCES);
		if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))
			return device_write(path, data, len);
	}
	return beside_write(path, data, len);
}
