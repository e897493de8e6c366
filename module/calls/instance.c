/* Opening and closing embedded mode: which database, whose, with what. */
#include "module/calls/instance.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/paths.h"
#include "common/text.h"
#include "common/vendor.h"
#include "module/calls/calls.h"
#include "module/calls/change.h"
#include "module/calls/rekeys.h"
#include "module/crypto/libctx.h"
#include "module/mech/run.h"
#include "module/object/create.h"
#include "module/session/session.h"
#include "module/store/repair.h"

#define PATH_SIZE 4096
#define SEEDS_MAX 64

/* Where the database is */

struct place {
	char dir[PATH_SIZE];
	char master_key[PATH_SIZE]; /* "": beside the database */
};

static CK_RV
place_dir(struct place *place, const char *dir, const char *below)
{
	if (dir[0] != '/')
		return fail(CKR_GENERAL_ERROR,
		    "the folder of the database must be an absolute path: %s",
		    dir);
	if ((size_t)snprintf(place->dir, PATH_SIZE, "%s%s", dir,
	    below) >= PATH_SIZE)
		return fail(CKR_GENERAL_ERROR, "%s: the path is too long", dir);
	return CKR_OK;
}

static bool
is_system_owner(void)
{
	struct stat st;

	return geteuid() == 0 || (stat(VECS_STATEDIR, &st) == 0 &&
	    st.st_uid == geteuid());
}

static CK_RV
place_system(struct place *place)
{
	strcpy(place->dir, VECS_STATEDIR);
	strcpy(place->master_key, VECS_SYSCONFDIR "/vecs/master.key");
	if (geteuid() == 0 && mkdir(VECS_SYSCONFDIR "/vecs", 0755) != 0 &&
	    errno != EEXIST)
		return fail(CKR_DEVICE_ERROR, VECS_SYSCONFDIR "/vecs: %s",
		    strerror(errno));
	return CKR_OK;
}

static CK_RV
place_user(struct place *place)
{
	const char *data = secure_getenv("XDG_DATA_HOME");
	const char *home = secure_getenv("HOME");

	if (data != NULL && data[0] == '/')
		return place_dir(place, data, "/vecs");
	if (home == NULL || home[0] != '/')
		return fail(CKR_GENERAL_ERROR,
		    "neither VECS_HOME nor HOME says where the database is");
	return place_dir(place, home, "/.local/share/vecs");
}

/* The order of docs/ARCHITECTURE.md: VECS_HOME or home, the system's database
 * for root and its owner, the user's own. */
static CK_RV
place_find(const struct conf *conf, struct place *place)
{
	const char *home = secure_getenv("VECS_HOME");

	if (home == NULL || home[0] == '\0')
		home = conf_get(conf, "home");
	if (home != NULL)
		return place_dir(place, home, "");
	return is_system_owner() ? place_system(place) : place_user(place);
}

/* file:PATH is what there is; the other sources are reserved. */
static CK_RV
place_master_key(const struct conf *conf, struct place *place)
{
	const char *source = conf_get(conf, "master-key");

	if (source == NULL)
		return CKR_OK;
	if (strncmp(source, "file:/", 6) != 0)
		return fail(CKR_GENERAL_ERROR,
		    "vecs.conf: master-key must be file:/PATH; other sources "
		    "are not supported yet");
	if (strlen(source + 5) >= PATH_SIZE)
		return fail(CKR_GENERAL_ERROR,
		    "vecs.conf: the path of master-key is too long");
	strcpy(place->master_key, source + 5);
	return CKR_OK;
}

static CK_RV
mode_check(const struct conf *conf)
{
	const char *mode = conf_get(conf, "mode");

	if (strcmp(mode, "auto") == 0 || strcmp(mode, "embedded") == 0)
		return CKR_OK;
	if (strcmp(mode, "service") == 0)
		return fail(CKR_GENERAL_ERROR,
		    "vecs.conf: mode = service is not supported yet");
	return fail(CKR_GENERAL_ERROR,
	    "vecs.conf: mode must be auto, embedded or service");
}

/* Who we are */

static void
groups_read(struct identity *who)
{
	gid_t gids[IDENTITY_GROUPS];
	int n = getgroups(IDENTITY_GROUPS, gids);

	who->group_count = 0;
	who->groups[who->group_count++] = (uint32_t)getegid();
	for (int i = 0; i < n && who->group_count < IDENTITY_GROUPS; i++)
		who->groups[who->group_count++] = (uint32_t)gids[i];
}

static bool
group_is_mine(const struct identity *who, const char *name)
{
	_cleanup_(freep) char *buffer = malloc(16384);
	struct group entry, *found = NULL;

	if (buffer == NULL ||
	    getgrnam_r(name, &entry, buffer, 16384, &found) != 0)
		return false;
	return found != NULL &&
	    permit_in_group(who, (uint32_t)found->gr_gid);
}

static void
identity_read(const struct instance *instance, struct identity *who)
{
	*who = (struct identity){ .uid = (uint32_t)geteuid() };
	groups_read(who);
	who->is_admin = who->uid == 0 ||
	    who->uid == instance->owner ||
	    group_is_mine(who, conf_get(instance->conf, "admin-group"));
}

/* What a new database holds */

struct seeds {
	struct store_seed stores[SEEDS_MAX];
	char names[SEEDS_MAX][33];
	size_t count;
	struct record_new everyone_reads;
	struct buf bytes;
};

static CK_RV
seed_grant(struct seeds *seeds)
{
	CK_OBJECT_CLASS class = CKO_VECS_GRANT;
	CK_BBOOL yes = CK_TRUE;
	char everyone[] = "EVERYONE", read[] = "read";
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_VECS_PRINCIPAL, everyone, sizeof(everyone) - 1 },
		{ CKA_VECS_RIGHTS, read, sizeof(read) - 1 },
	};
	struct maker who = { false, false };
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	TRY(object_create(&who, t, COUNT(t), &a));
	return record_build(&a, &seeds->bytes, &seeds->everyone_reads);
}

static CK_RV
seed_add(struct seeds *seeds, const char *name, size_t len, uint32_t flags,
    bool public)
{
	char *copy = seeds->names[seeds->count];

	if (seeds->count == SEEDS_MAX || !text_is_store_name(name, len))
		return fail(CKR_GENERAL_ERROR,
		    "vecs.conf: stores has a name that cannot be one, or too "
		    "many");
	memcpy(copy, name, len);
	copy[len] = '\0';
	seeds->stores[seeds->count++] = (struct store_seed){
		.name = copy, .flags = flags | STORE_SYSTEM,
		.records = public ? &seeds->everyone_reads : NULL,
		.record_count = public ? 1 : 0,
	};
	return CKR_OK;
}

static CK_RV
seeds_make(const struct conf *conf, struct seeds *seeds)
{
	static const struct {
		const char *name;
		bool public;
	} fixed[] = {
		{ "MACHINE_SSL_CERT", false },
		{ "TRUSTED_ROOTS", true },
		{ "TRUSTED_ROOT_CRLS", true },
	};
	const char *at = conf_get(conf, "stores"), *word;
	size_t len;

	TRY(seed_grant(seeds));
	for (size_t i = 0; i < COUNT(fixed); i++)
		TRY(seed_add(seeds, fixed[i].name, strlen(fixed[i].name),
		    STORE_PROTECTED, fixed[i].public));
	while (conf_next_word(&at, &word, &len))
		TRY(seed_add(seeds, word, len, 0, false));
	return CKR_OK;
}

/* Opening and closing */

static void
instance_free(struct instance *instance)
{
	if (instance->cache != NULL)
		cache_free(instance->cache);
	if (instance->db != NULL)
		database_close(instance->db);
	if (instance->conf != NULL)
		conf_free(instance->conf);
	secret_wipe(&instance->state_key);
	free(instance);
}

DEFINE_CLEANUP(struct instance *, instance_free)

static void
seeds_free(struct seeds *seeds)
{
	buf_wipe(&seeds->bytes);
	free(seeds);
}

DEFINE_CLEANUP(struct seeds *, seeds_free)

static CK_RV
costs_read(const struct conf *conf, struct database_config *config)
{
	unsigned long memory, passes, lanes, tries;

	TRY(conf_number(conf, "argon2-memory", 32, 4194304, &memory));
	TRY(conf_number(conf, "argon2-passes", 1, 1000, &passes));
	TRY(conf_number(conf, "argon2-lanes", 1, 64, &lanes));
	TRY(conf_number(conf, "max-pin-tries", 1, 255, &tries));
	config->argon2_memory = (uint32_t)memory;
	config->argon2_passes = (uint32_t)passes;
	config->argon2_lanes = (uint32_t)lanes;
	config->pin_tries = (unsigned)tries;
	config->so_recovery =
	    strcmp(conf_get(conf, "so-recovery"), "no") != 0;
	return CKR_OK;
}

static CK_RV
config_fill(const struct instance *instance, const struct place *place,
    struct seeds *seeds, struct database_config *config)
{
	*config = (struct database_config){
		.dir = place->dir,
		.master_key =
		    place->master_key[0] != '\0' ? place->master_key : NULL,
		.owner = (uint32_t)geteuid(),
	};
	if (seeds == NULL)
		return CKR_HOST_MEMORY;
	TRY(seeds_make(instance->conf, seeds));
	TRY(costs_read(instance->conf, config));
	config->seeds = seeds->stores;
	config->seed_count = seeds->count;
	return CKR_OK;
}

static CK_RV
owner_read(struct instance *instance, const struct place *place)
{
	struct stat st;

	if (stat(place->dir, &st) != 0)
		return fail(CKR_DEVICE_ERROR, "%s: %s", place->dir,
		    strerror(errno));
	instance->owner = (uint32_t)st.st_uid;
	return CKR_OK;
}

static CK_RV
instance_database(struct instance *instance, const struct place *place)
{
	_cleanup_(seeds_freep) struct seeds *seeds = calloc(1, sizeof(*seeds));
	struct database_config config;

	TRY(config_fill(instance, place, seeds, &config));
	TRY(database_open(&config, &instance->db));
	TRY(owner_read(instance, place));
	return cache_new(instance->db, &instance->cache);
}

static CK_RV
policy_read(const struct conf *conf)
{
	static const struct {
		const char *word;
		enum mech_policy policy;
	} rows[] = {
		{ "standard", POLICY_STANDARD },
		{ "modern", POLICY_MODERN },
		{ "legacy", POLICY_LEGACY },
	};
	const char *word = conf_get(conf, "policy");

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].word, word) == 0) {
			mech_set_policy(rows[i].policy);
			return CKR_OK;
		}
	return fail(CKR_GENERAL_ERROR,
	    "vecs.conf: policy must be standard, modern or legacy");
}

static void
embedded_close(struct context *context)
{
	struct instance *instance = context->instance;

	context_free(context);
	instance_free(instance);
}

static CK_RV
pin_rules_read(struct instance *instance)
{
	const struct conf *conf = instance->conf;
	const char *user = conf_get(conf, "login-user");

	TRY(conf_number(conf, "min-pin-length", 1, 64, &instance->min_pin));
	TRY(conf_number(conf, "max-pin-length", 1, 255, &instance->max_pin));
	if (instance->min_pin > instance->max_pin)
		return fail(CKR_GENERAL_ERROR, "vecs.conf: max-pin-length must "
		    "not be less than min-pin-length");
	if (user != NULL)
		instance->login_user = (struct span){ user, strlen(user) };
	return CKR_OK;
}

/* What stands in vecs.conf. */
static CK_RV
instance_begin(struct instance *instance, struct place *place)
{
	if (instance == NULL || place == NULL)
		return CKR_HOST_MEMORY;
	TRY(conf_load(&instance->conf));
	log_target(conf_get(instance->conf, "log"));
	TRY(mode_check(instance->conf));
	TRY(pin_rules_read(instance));
	TRY(place_find(instance->conf, place));
	TRY(place_master_key(instance->conf, place));
	TRY(policy_read(instance->conf));
	return libctx_open();
}

static CK_RV
embedded_open(struct context **out)
{
	struct context *context = NULL;
	_cleanup_(instance_freep) struct instance *instance =
	    calloc(1, sizeof(*instance));
	_cleanup_(freep) struct place *place = calloc(1, sizeof(*place));
	struct identity who;
	CK_RV rv;

	TRY(instance_begin(instance, place));
	TRY(secret_new(32, &instance->state_key));
	TRY(rng_bytes(instance->state_key.data, 32));
	TRY(instance_database(instance, place));
	identity_read(instance, &who);
	TRY(context_new(instance, &who, &context));
	instance = NULL; /* the context's */
	rv = events_begin(context);
	if (rv != CKR_OK)
		embedded_close(context);
	else
		*out = context;
	return rv;
}

static CK_RV
embedded_repair(void *arg)
{
	_cleanup_(instance_freep) struct instance *instance =
	    calloc(1, sizeof(*instance));
	_cleanup_(freep) struct place *place = calloc(1, sizeof(*place));
	_cleanup_(seeds_freep) struct seeds *seeds = calloc(1, sizeof(*seeds));
	struct database_config config;
	struct identity who;

	TRY(instance_begin(instance, place));
	TRY(owner_read(instance, place));
	identity_read(instance, &who);
	if (!who.is_admin)
		return fail_quiet(CKR_ACTION_PROHIBITED,
		    "only administrators repair the database");
	TRY(config_fill(instance, place, seeds, &config));
	return database_rescue(&config, rekey_index_of, arg);
}

static void
embedded_fork_prepare(struct context *context)
{
	database_fork_prepare(context->instance->db);
}

static void
embedded_fork_parent(struct context *context)
{
	database_fork_parent(context->instance->db);
}

/* Two processes that count on from one IV would meet in the next. */
static bool
makes_ivs(enum operation_kind kind, const void *state)
{
	return kind == OPERATION_MESSAGE_ENCRYPT && op_makes_ivs(state);
}

static void
embedded_fork_child(struct context *context)
{
	database_fork_child(context->instance->db);
	sessions_forked(context, makes_ivs);
}

const struct library_hooks embedded_hooks = {
	.settle = libctx_settle,
	.open = embedded_open,
	.close = embedded_close,
	.fork_prepare = embedded_fork_prepare,
	.fork_parent = embedded_fork_parent,
	.fork_child = embedded_fork_child,
};

CK_RV
instance_mend(struct instance *instance,
    void (*line)(void *arg, const char *line), void *arg)
{
	_cleanup_(seeds_freep) struct seeds *seeds = calloc(1, sizeof(*seeds));
	struct database_config config = { .owner = (uint32_t)geteuid() };
	struct repair_report report = { line, arg };

	if (seeds == NULL)
		return CKR_HOST_MEMORY;
	TRY(seeds_make(instance->conf, seeds));
	config.seeds = seeds->stores;
	config.seed_count = seeds->count;
	TRY(database_repair(instance->db, rekey_index_of, &report));
	return database_reseed(instance->db, &config, &report);
}

CK_RV
instance_repair(void (*line)(void *arg, const char *line), void *arg)
{
	struct repair_report report = { line, arg };

	return library_before(&embedded_hooks, embedded_repair, &report);
}
