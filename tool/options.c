/* One loop over option rows. */
#include "tool/options.h"

#include <string.h>

#include "common/secret.h"

#define AT(member) offsetof(struct args, member)

const struct option common_options[] = {
	{ "--module", AT(module), TEXT, FIRST, "PATH",
	    "the PKCS#11 module, instead of the installed one" },
	{ "--token", AT(token), TEXT, FIRST, "URI",
	    "only tokens that this pkcs11: URI names" },
	{ "--pin-source", AT(pin_source), TEXT, FIRST, "file:PATH",
	    "a file that holds the PIN" },
	{ "--so-pin-source", AT(so_pin_source), TEXT, FIRST, "file:PATH",
	    "a file that holds the security officer's PIN" },
	{ "--json", AT(json), FLAG, FIRST, NULL, "print JSON" },
	{ "--help", AT(help), FLAG, FIRST, NULL, "show this text" },
	{ "-h", AT(help), FLAG, FIRST, NULL, NULL },
	{ 0 },
};

static const struct option *
row_find(const struct option *rows, const char *word, size_t len)
{
	for (; rows->name != NULL; rows++)
		if (strlen(rows->name) == len &&
		    memcmp(rows->name, word, len) == 0)
			return rows;
	return NULL;
}

const struct option *
option_find(const struct option *own, const char *word)
{
	size_t len = strncmp(word, "--", 2) == 0 ? strcspn(word, "=")
	                                         : strlen(word);
	const struct option *row = row_find(own, word, len);

	return row != NULL ? row : row_find(common_options, word, len);
}

/* Levenshtein's distance of words shorter than 64 characters. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b);

	if (strlen(a) >= COUNT(row) || n >= COUNT(row))
		return COUNT(row);
	for (size_t k = 0; k <= n; k++)
		row[k] = k;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0]++;

		for (size_t k = 0; k < n; k++) {
			size_t cost = diagonal + (a[i] != b[k]);

			diagonal = row[k + 1];
			if (row[k] + 1 < cost)
				cost = row[k] + 1;
			if (diagonal + 1 < cost)
				cost = diagonal + 1;
			row[k + 1] = cost;
		}
	}
	return row[n];
}

const char *
nearest(const char *word, const char *best, const char *candidate)
{
	size_t far = distance(word, candidate);

	if (far > 3 || far >= strlen(candidate))
		return best;
	if (best != NULL && distance(word, best) <= far)
		return best;
	return candidate;
}

static CK_RV
unknown(const struct option *own, const char *word)
{
	char name[64];
	const char *best = NULL;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	for (const struct option *row = own; row->name != NULL; row++)
		best = nearest(name, best, row->name);
	for (const struct option *row = common_options; row->name != NULL;
	     row++)
		best = nearest(name, best, row->name);
	error_say("Error: unknown option [%s]", name);
	if (best != NULL)
		error_say("; did you mean %s?", best);
	error_say("\n");
	return USAGE_ERROR;
}

/* Copies a secret out of argv and overwrites it there, used or not. */
static CK_RV
secret_take(char *value, char **out)
{
	size_t len = strlen(value);
	char *copy = NULL;

	if (*out == NULL) {
		copy = secret_alloc(len + 1);
		if (copy == NULL)
			return CKR_HOST_MEMORY;
		memcpy(copy, value, len + 1);
		*out = copy;
	}
	explicit_bzero(value, len);
	return CKR_OK;
}

static CK_RV
value_set(const struct option *row, char *value, struct args *args)
{
	void *at = (char *)args + row->offset;
	const char *now;

	if (row->kind == SECRET)
		return secret_take(value, at);
	memcpy(&now, at, sizeof(now));
	if (now != NULL && row->repeat == ONCE) {
		error_say("Error: option [%s] may be given only once\n",
		    row->name);
		return USAGE_ERROR;
	}
	if (now != NULL && row->repeat == FIRST)
		return CKR_OK;
	now = value;
	memcpy(at, &now, sizeof(now));
	return CKR_OK;
}

/* One option at argv[0]; used is 1 or 2 words. */
static CK_RV
option_take(const struct option *row, bool lax, int argc, char **argv,
    struct args *args, int *used)
{
	char *equals = strncmp(argv[0], "--", 2) == 0 ? strchr(argv[0], '=')
	                                              : NULL;

	*used = 1;
	if (row->kind == FLAG) {
		if (equals != NULL) {
			error_say("Error: option [%s] takes no value\n",
			    row->name);
			return USAGE_ERROR;
		}
		*((char *)args + row->offset) = true;
		return CKR_OK;
	}
	if (equals != NULL)
		return value_set(row, equals + 1, args);
	if (argc < 2 && lax)
		return CKR_OK;
	if (argc < 2) {
		error_say("Error: option [%s] needs a value\n", row->name);
		return USAGE_ERROR;
	}
	*used = 2;
	return value_set(row, argv[1], args);
}

/* The row that a bare word fills: one that no word has filled yet. */
static const struct option *
operand_find(const struct option *rows, const char *word,
    const struct args *args)
{
	const char *now;

	if (word[0] == '-' && word[1] != '\0')
		return NULL;
	for (; rows->name != NULL; rows++) {
		if (rows->kind != OPERAND)
			continue;
		memcpy(&now, (const char *)args + rows->offset, sizeof(now));
		if (now == NULL)
			return rows;
	}
	return NULL;
}

CK_RV
options_parse(const struct option *own, bool lax, int argc, char **argv,
    struct args *args)
{
	int used = 1;

	for (int i = 0; i < argc; i += used) {
		const struct option *row = operand_find(own, argv[i], args);

		if (row != NULL) {
			used = 1;
			TRY(value_set(row, argv[i], args));
			continue;
		}
		row = option_find(own, argv[i]);
		if (row == NULL || row->kind == OPERAND)
			return unknown(own, argv[i]);
		TRY(option_take(row, lax, argc - i, argv + i, args, &used));
	}
	return CKR_OK;
}

CK_RV
options_common(int argc, char **argv, struct args *args, int *used)
{
	static const struct option none[] = { { 0 } };
	const struct option *row = option_find(none, argv[0]);

	if (row == NULL)
		return unknown(none, argv[0]);
	return option_take(row, false, argc, argv, args, used);
}

void
args_wipe(struct args *args)
{
	if (args->password != NULL)
		secret_free(args->password, strlen(args->password) + 1);
	args->password = NULL;
}
