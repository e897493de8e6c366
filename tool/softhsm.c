/* A configuration for SoftHSM2 that no file on disk needs to hold. */
#include "tool/softhsm.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Where distributions and its own build put it. */
static const char *const places[] = {
	"/usr/lib/softhsm/libsofthsm2.so",
	"/usr/lib/*/softhsm/libsofthsm2.so",
	"/usr/lib*/pkcs11/libsofthsm2.so",
	"/usr/lib/*/pkcs11/libsofthsm2.so",
	"/usr/local/lib/softhsm/libsofthsm2.so",
};

static CK_RV
module_find(char **out)
{
	for (size_t i = 0; i < COUNT(places); i++) {
		glob_t found = { .gl_pathc = 0 };
		char *path = NULL;

		if (glob(places[i], 0, NULL, &found) == 0 &&
		    found.gl_pathc != 0)
			path = strdup(found.gl_pathv[0]);
		globfree(&found);
		if (path != NULL) {
			*out = path;
			return CKR_OK;
		}
	}
	error_say("Error: Failed to find SoftHSM2's module; name it by --from "
	          "PATH\n");
	return E_MOD_NOT_FOUND;
}

/* A folder of tokens has one folder for each, with files or a database. */
static bool
holds(const char *folder, const char *what)
{
	char pattern[4200];
	glob_t found = { .gl_pathc = 0 };
	bool any;

	snprintf(pattern, sizeof(pattern), "%s/*/%s", folder, what);
	any = glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc != 0;
	globfree(&found);
	return any;
}

static CK_RV
config_write(int fd, const char *folder, const char *backend)
{
	return dprintf(fd, "directories.tokendir = %s\n"
	    "objectstore.backend = %s\nlog.level = ERROR\n", folder,
	    backend) < 0 ? E_WRITE_FAULT : CKR_OK;
}

CK_RV
softhsm_prepare(const char *folder, char **module, int *fd)
{
	_cleanup_(freep) char *path = realpath(folder, NULL);
	bool files = path != NULL && holds(path, "token.object");
	char config[64];

	if (!files && (path == NULL || !holds(path, "sqlite3.db"))) {
		error_say("Error: [%s] is no folder of SoftHSM2 tokens\n",
		    folder);
		return E_FILE_NOT_FOUND;
	}
	if ((*fd = memfd_create("softhsm2.conf", MFD_CLOEXEC)) < 0)
		return CKR_HOST_MEMORY;
	TRY(config_write(*fd, path, files ? "file" : "db"));
	snprintf(config, sizeof(config), "/proc/self/fd/%d", *fd);
	if (setenv("SOFTHSM2_CONF", config, 1) != 0)
		return CKR_HOST_MEMORY;
	return module_find(module);
}
