/* vecs.conf: rows of options, filled from one or two files. */
#include "common/conf.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/paths.h"

const struct conf_option conf_options[] = {
	{ "admin-group", "vecs-admin" },
	{ "argon2-lanes", "4" },
	{ "argon2-memory", "65536" },
	{ "argon2-passes", "3" },
	{ "backup-steps", "1" },
	{ "home", NULL },
	{ "log", "syslog" },
	{ "login-user", NULL },
	{ "master-key", NULL },
	{ "max-pin-length", "255" },
	{ "max-pin-tries", "10" },
	{ "min-pin-length", "4" },
	{ "mode", "auto" },
	{ "module", NULL },
	{ "policy", "standard" },
	{ "so-recovery", "yes" },
	{ "solution-user-stores",
	    "machine, vpxd, vpxd-extension, vsphere-webclient" },
	{ "stores",
	    "machine, vpxd, vpxd-extension, vsphere-webclient, BACKUP_STORE" },
	{ NULL, NULL },
};

struct conf {
	char *values[COUNT(conf_options)];
	char *own[COUNT(conf_options)]; /* of this program's section */
	char program[NAME_MAX + 1];
	const char *file; /* while reading: for messages */
	CK_RV rv;
};

static int
option_find(const char *name)
{
	for (int i = 0; conf_options[i].name != NULL; i++)
		if (strcmp(conf_options[i].name, name) == 0)
			return i;
	return -1;
}

/* The file that this process runs, without its folder: argv[0] is what a caller
 * or the program itself makes it. */
static void
program_read(char program[NAME_MAX + 1])
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *deleted;

	path[len > 0 ? len : 0] = '\0';
	/* So the kernel marks a program that was replaced since its start. */
	if ((deleted = strstr(path, " (deleted)")) != NULL)
		*deleted = '\0';
	snprintf(program, NAME_MAX + 1, "%s", basename(path));
}

/* Where an option of this section is kept; NULL: nowhere. */
static char **
values_of(struct conf *conf, const char *section)
{
	static const char prefix[] = "program ";

	if (section[0] == '\0')
		return conf->values;
	return strncmp(section, prefix, sizeof(prefix) - 1) == 0 &&
		strcmp(section + sizeof(prefix) - 1, conf->program) == 0
	    ? conf->own
	    : NULL;
}

/* inih's handler: 0 stops with this line's number. */
static int
option_set(void *user, const char *section, const char *name,
    const char *value)
{
	struct conf *conf = user;
	char **values = values_of(conf, section), *copy;
	int i;

	/* Other sections belong to vecs-cli's refresh and export, and to other
	 * programs. */
	if (values == NULL)
		return 1;
	if ((i = option_find(name)) < 0) {
		conf->rv = fail(CKR_GENERAL_ERROR, "%s: unknown option '%s'",
		    conf->file, name);
		return 0;
	}
	if ((copy = strdup(value)) == NULL) {
		conf->rv = CKR_HOST_MEMORY;
		return 0;
	}
	free(values[i]);
	values[i] = copy;
	return 1;
}

static CK_RV
file_read(struct conf *conf, const char *path, bool needed)
{
	_cleanup_(fclosep) FILE *file = fopen(path, "re");
	int line;

	if (file == NULL && errno == ENOENT && !needed)
		return CKR_OK;
	if (file == NULL)
		return fail(CKR_GENERAL_ERROR, "%s: %s", path,
		    strerror(errno));
	conf->file = path;
	line = ini_parse_file(file, option_set, conf);
	TRY(conf->rv);
	if (line != 0)
		return fail(CKR_GENERAL_ERROR, "%s: line %d cannot be read",
		    path, line);
	return CKR_OK;
}

static CK_RV
files_read(struct conf *conf)
{
	const char *one = secure_getenv("VECS_CONF");
	const char *home = secure_getenv("XDG_CONFIG_HOME");
	char path[4096];

	if (one != NULL && one[0] != '\0')
		return file_read(conf, one, true);
	TRY(file_read(conf, VECS_SYSCONFDIR "/vecs/vecs.conf", false));
	if (geteuid() == 0)
		return CKR_OK;
	if (home != NULL && home[0] == '/')
		snprintf(path, sizeof(path), "%s/vecs/vecs.conf", home);
	else if ((home = secure_getenv("HOME")) != NULL)
		snprintf(path, sizeof(path), "%s/.config/vecs/vecs.conf", home);
	else
		return CKR_OK;
	return file_read(conf, path, false);
}

CK_RV
conf_load(struct conf **out)
{
	_cleanup_(conf_freep) struct conf *conf = calloc(1, sizeof(*conf));

	if (conf == NULL)
		return CKR_HOST_MEMORY;
	conf->rv = CKR_OK;
	program_read(conf->program);
	TRY(files_read(conf));
	*out = TAKE(conf);
	return CKR_OK;
}

void
conf_free(struct conf *conf)
{
	for (size_t i = 0; i < COUNT(conf->values); i++) {
		free(conf->values[i]);
		free(conf->own[i]);
	}
	free(conf);
}

const char *
conf_get(const struct conf *conf, const char *name)
{
	int i = option_find(name);

	if (i < 0)
		return NULL;
	if (conf->own[i] != NULL)
		return conf->own[i];
	return conf->values[i] != NULL ? conf->values[i]
	                               : conf_options[i].fallback;
}

CK_RV
conf_number(const struct conf *conf, const char *name, unsigned long min,
    unsigned long max, unsigned long *out)
{
	const char *value = conf_get(conf, name);
	char *end = NULL;
	unsigned long n;

	errno = 0;
	n = value != NULL ? strtoul(value, &end, 10) : 0;
	if (value == NULL || end == value || *end != '\0' || errno != 0 ||
	    n < min || n > max)
		return fail(CKR_GENERAL_ERROR,
		    "vecs.conf: %s must be a number from %lu to %lu", name,
		    min, max);
	*out = n;
	return CKR_OK;
}

bool
conf_next_word(const char **at, const char **word, size_t *len)
{
	*word = *at + strspn(*at, ", \t");
	*len = strcspn(*word, ",");
	*at = *word + *len;
	while (*len > 0 && ((*word)[*len - 1] == ' ' ||
	    (*word)[*len - 1] == '\t'))
		(*len)--;
	return *len > 0;
}
