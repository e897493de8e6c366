/* Folders and files of a database. */
#include "module/store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/paths.h"

#define PATH_SIZE 4096
#define GROUP_BUFFER 16384

CK_RV
file_error(const char *path)
{
	bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;

	return fail(full ? CKR_DEVICE_MEMORY : CKR_DEVICE_ERROR, "%s: %s",
	    path, strerror(errno));
}

static CK_RV
folder_make(const char *dir)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s", dir);
	for (char *at = strchr(path + 1, '/'); at != NULL;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return file_error(path);
		*at = '/';
	}
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return file_error(path);
	return CKR_OK;
}

CK_RV
folder_open(const char *dir)
{
	struct stat st;

	/* mkdir of what is there fails with EROFS where nothing is writable */
	if (stat(dir, &st) != 0)
		TRY(folder_make(dir));
	if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) != 0)
		return fail(CKR_DEVICE_ERROR,
		    "the folder of the database cannot be written: %s: %s",
		    dir, strerror(errno));
	return CKR_OK;
}

static bool
group_find(const char *name, gid_t *out)
{
	_cleanup_(freep) char *buffer = malloc(GROUP_BUFFER);
	struct group entry, *found = NULL;

	if (buffer == NULL || getgrnam_r(name, &entry, buffer, GROUP_BUFFER,
	    &found) != 0 || found == NULL)
		return false;
	*out = found->gr_gid;
	return true;
}

CK_RV
file_own(const char *dir, int fd, const char *path, bool is_key)
{
	mode_t mode = 0600;
	struct stat st;

	if (stat(dir, &st) != 0)
		return file_error(dir);
	if (is_key && geteuid() == 0 && strcmp(dir, VECS_STATEDIR) == 0 &&
	    group_find("vecs", &st.st_gid)) {
		st.st_uid = 0;
		mode = 0640;
	}
	if (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) != 0)
		return file_error(path);
	return fchmod(fd, mode) == 0 ? CKR_OK : file_error(path);
}

CK_RV
folder_sync(const char *dir)
{
	_cleanup_(closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0 ? CKR_OK : file_error(dir);
}
