/* Verbs found by their words, and what the help says of them. */
#include <string.h>

#include "tool/verbs.h"

/* How many words of the line are these, "user add" for two; 0 if others. */
static int
words_match(int argc, char **argv, const char *words)
{
	int n = 0;

	while (*words != '\0') {
		size_t len = strcspn(words, " ");

		if (n == argc || strlen(argv[n]) != len ||
		    strncmp(argv[n], words, len) != 0)
			return 0;
		n++;
		words += len;
		words += *words == ' ';
	}
	return n;
}

const struct verb *
verb_find(int argc, char **argv, int *used)
{
	for (const struct verb *v = verbs; v->noun != NULL; v++) {
		int more;

		if (argc < 1 || strcmp(argv[0], v->noun) != 0)
			continue;
		if (v->verb == NULL) {
			*used = 1;
			return v;
		}
		more = words_match(argc - 1, argv + 1, v->verb);
		if (more == 0)
			continue;
		*used = 1 + more;
		return v;
	}
	return NULL;
}

static void
words_print(FILE *out, const struct verb *v)
{
	fprintf(out, "%s%s%s%s%s", v->noun, v->verb != NULL ? " " : "",
	    v->verb != NULL ? v->verb : "", v->usage[0] != '\0' ? " " : "",
	    v->usage);
}

static void
options_print(FILE *out, const struct option *rows)
{
	char left[64];

	for (; rows->name != NULL; rows++) {
		if (rows->help == NULL)
			continue;
		snprintf(left, sizeof(left), "%s%s%s", rows->name,
		    rows->value != NULL ? " " : "",
		    rows->value != NULL ? rows->value : "");
		fprintf(out, "\t%-26s%s\n", left, rows->help);
	}
}

void
verb_help(FILE *out, const struct verb *verb)
{
	fprintf(out, "Usage: vecs-cli ");
	words_print(out, verb);
	fprintf(out, "\n\n%s\n\nOptions:\n\n", verb->help);
	options_print(out, verb->options);
	options_print(out, common_options);
}

void
verbs_help(FILE *out, const char *noun)
{
	fprintf(out, "Usage: vecs-cli { arguments }\n\nArguments:\n\n");
	for (const struct verb *v = verbs; v->noun != NULL; v++) {
		if (v->alias || (noun != NULL && strcmp(noun, v->noun) != 0))
			continue;
		fprintf(out, "\t");
		words_print(out, v);
		fprintf(out, "\n");
	}
	if (noun == NULL)
		fprintf(out, "\thelp\n");
	fprintf(out, "\nEach of them has its own --help.  All take --json, "
	             "--module, --token and\n--pin-source; see vecs-cli(1).\n");
}

void
verb_suggest(int argc, char **argv)
{
	const char *best = NULL;
	bool known = false;

	for (const struct verb *v = verbs; v->noun != NULL; v++)
		known = known || strcmp(v->noun, argv[0]) == 0;
	for (const struct verb *v = verbs; v->noun != NULL; v++) {
		if (!known)
			best = nearest(argv[0], best, v->noun);
		else if (argc > 1 && v->verb != NULL &&
		         strcmp(v->noun, argv[0]) == 0)
			best = nearest(argv[1], best, v->verb);
	}
	if (known && argc < 2)
		return;
	error_say("Error: unknown command [%s%s%s]", argv[0],
	    known ? " " : "", known ? argv[1] : "");
	if (best != NULL)
		error_say("; did you mean %s%s%s?", known ? argv[0] : "",
		    known ? " " : "", best);
	error_say("\n");
}
