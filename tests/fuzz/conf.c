/*
 * Target functions: conf_load, conf_get, conf_number, conf_next_word.
 *
 * The input is a vecs.conf.
 */
#include "common/conf.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "tests/fuzz/fuzz.h"

static void
words_walk(const char *value)
{
	const char *at = value, *word, *end = value + strlen(value);
	size_t len;

	while (conf_next_word(&at, &word, &len)) {
		FUZZ_HOLDS(len != 0 && word >= value && word + len <= at);
		FUZZ_HOLDS(at <= end);
	}
}

static void
option_ask(const struct conf *conf, const struct conf_option *option)
{
	const char *value = conf_get(conf, option->name);
	unsigned long n = 0;
	CK_RV rv = conf_number(conf, option->name, 1, 65536, &n);

	if (value != NULL)
		words_walk(value);
	if (rv == CKR_OK)
		FUZZ_HOLDS(value != NULL && n >= 1 && n <= 65536);
	else
		FUZZ_HOLDS(rv == CKR_GENERAL_ERROR && n == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(conf_freep) struct conf *conf = NULL;
	CK_RV rv;

	log_target("none");
	setenv("VECS_CONF", fuzz_file("vecs.conf", data, size), 1);
	rv = conf_load(&conf);
	FUZZ_HOLDS(rv == CKR_OK || rv == CKR_GENERAL_ERROR);
	for (int i = 0; rv == CKR_OK && conf_options[i].name != NULL; i++)
		option_ask(conf, &conf_options[i]);
	return 0;
}
