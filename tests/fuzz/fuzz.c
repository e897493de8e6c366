/* Helpers of the fuzz targets. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
fuzz_die(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

static char folder[4096];
static pid_t owner;

static int
entry_remove(const char *path, const struct stat *st, int kind,
    struct FTW *walk)
{
	(void)st;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void
folder_remove(void)
{
	if (getpid() == owner)
		nftw(folder, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
fuzz_folder(void)
{
	if (owner == 0) {
		FUZZ_HOLDS(getcwd(folder, sizeof(folder) - 16) != NULL);
		strcat(folder, "/fuzz.XXXXXX");
		FUZZ_HOLDS(mkdtemp(folder) != NULL);
		owner = getpid();
		atexit(folder_remove);
	}
	return folder;
}

const char *
fuzz_file(const char *name, const void *data, size_t size)
{
	static char path[sizeof(folder) + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_HOLDS(fd >= 0);
	FUZZ_HOLDS(size == 0 || write(fd, data, size) == (ssize_t)size);
	close(fd);
	return path;
}
