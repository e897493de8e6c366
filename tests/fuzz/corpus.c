/*
 * A fuzz target as a plain test: every seed as it is, then each one changed in
 * many small ways, the same at every run.  "-v file=PATH" runs one input.
 */
#include <atf-c.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/fuzz/fuzz.h"

#define SIZE_MAX_SEED 65536

struct seed {
	char name[256];
	uint8_t *data;
	size_t size;
};

static void
seed_read(const char *path, struct seed *out)
{
	static uint8_t bytes[SIZE_MAX_SEED];
	_cleanup_(fclosep) FILE *file = fopen(path, "rb");

	ATF_REQUIRE_MSG(file != NULL, "%s cannot be opened", path);
	out->size = fread(bytes, 1, sizeof(bytes), file);
	ATF_REQUIRE(out->size < sizeof(bytes));
	/* of its very size, so that reading on would be found */
	out->data = malloc(out->size != 0 ? out->size : 1);
	ATF_REQUIRE(out->data != NULL);
	memcpy(out->data, bytes, out->size);
}

static int
is_seed(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Calls for each seed, in the order of their names; how many there are. */
static int
seeds_each(void (*call)(const struct seed *))
{
	struct dirent **names = NULL;
	int n = scandir(FUZZ_CORPUS, &names, is_seed, alphasort);

	for (int i = 0; i < n; i++) {
		char path[sizeof(FUZZ_CORPUS) + 256];
		struct seed seed;

		snprintf(seed.name, sizeof(seed.name), "%s", names[i]->d_name);
		snprintf(path, sizeof(path), "%s/%s", FUZZ_CORPUS, seed.name);
		seed_read(path, &seed);
		call(&seed);
		free(seed.data);
		free(names[i]);
	}
	free(names);
	return n;
}

static void
run_plain(const struct seed *seed)
{
	printf("%s\n", seed->name);
	fflush(stdout);
	LLVMFuzzerTestOneInput(seed->data, seed->size);
}

static uint64_t
random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* One of the ways in which length fields and tags go wrong. */
static void
byte_change(uint8_t *byte, uint64_t random)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };

	if (random % 3 == 0)
		*byte ^= (uint8_t)(1 << (random >> 8) % 8);
	else if (random % 3 == 1)
		*byte = values[(random >> 8) % COUNT(values)];
	else
		*byte += (uint8_t)((random >> 8) % 2 == 0 ? 1 : -1);
}

/* Cut at some place, or with some bytes changed. */
static void
run_one_change(const struct seed *seed, uint64_t *state)
{
	size_t size = seed->size, changes = random_next(state) % 4;
	uint8_t *copy;

	if (changes == 0)
		size = random_next(state) % size;
	copy = malloc(size != 0 ? size : 1);
	ATF_REQUIRE(copy != NULL);
	memcpy(copy, seed->data, size);
	for (size_t i = 0; i < changes; i++)
		byte_change(&copy[random_next(state) % size],
		    random_next(state));
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
run_changed(const struct seed *seed)
{
	const char *is_long = getenv("VECS_TEST_LONG");
	uint64_t state = 0x9e3779b97f4a7c15;
	int rounds = FUZZ_CHANGES *
	    (is_long != NULL && is_long[0] == '1' ? 10 : 1);

	printf("%s\n", seed->name);
	fflush(stdout);
	for (int i = 0; i < rounds && seed->size != 0; i++)
		run_one_change(seed, &state);
}

ATF_TC_WITHOUT_HEAD(seeds__as_they_are);
ATF_TC_BODY(seeds__as_they_are, tc)
{
	struct seed one = { .name = "file" };

	if (atf_tc_has_config_var(tc, "file")) {
		seed_read(atf_tc_get_config_var(tc, "file"), &one);
		run_plain(&one);
		free(one.data);
		return;
	}
	ATF_CHECK_MSG(seeds_each(run_plain) >= 3, "no corpus in %s",
	    FUZZ_CORPUS);
}

ATF_TC_WITHOUT_HEAD(seeds__changed);
ATF_TC_BODY(seeds__changed, tc)
{
	ATF_CHECK(seeds_each(run_changed) >= 3);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, seeds__as_they_are);
	ATF_TP_ADD_TC(tp, seeds__changed);
	return atf_no_error();
}
