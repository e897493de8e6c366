/*
 * Option rows: what a verb accepts and what the original did with a repeated
 * or a missing value.  The parser fills one plain struct.
 */
#ifndef VECS_TOOL_OPTIONS_H
#define VECS_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/error.h"

enum kind {
	TEXT,
	SECRET, /* copied to secret memory, overwritten in argv at once */
	FLAG,
	OPERAND, /* no option: the word itself, "FILE" in the help */
};

enum repeat {
	FIRST, /* the first of several wins */
	LAST,  /* the last */
	ONCE,  /* a second one is error 87 */
};

struct option {
	const char *name; /* "--store"; NULL ends the rows */
	size_t offset;    /* in struct args */
	enum kind kind;
	enum repeat repeat;
	const char *value; /* how the help calls the value; NULL for a flag */
	const char *help;
};

/* How many operands NAME=VALUE a verb takes. */
#define VALUES_MAX 8

/* NULL is "not given"; pointers into argv, or secret memory. */
struct args {
	const char *name, *store, *alias;
	const char *cert, *key, *crl, *pkcs12;
	char *password;
	const char *password_file, *key_password_file;
	const char *output, *user, *grant, *revoke;
	const char *server, *upn;
	const char *module, *token, *pin_source, *so_pin_source;
	const char *days, *algorithm, *subject, *csr;
	const char *file, *recipient, *as;
	const char *new_pin_source;
	const char *class, *label, *id, *uid;
	const char *use, *with, *mechanism, *hash, *input;
	const char *from, *from_token, *from_pin_source;
	const char *rights;
	const char *values[VALUES_MAX];
	bool text, aliases, yes, json, reference, exact, force;
	bool sensitive, non_extractable, prometheus, help, replace, repair;
	bool so, mechanisms, all, extractable, own;
};

/* What every verb accepts besides its own rows. */
extern const struct option common_options[];

/* The row of this name ("--store" or "--store=x"), own rows first; or NULL. */
const struct option *option_find(const struct option *own, const char *word);

/*
 * Parses argv[0..argc-1] into args.  lax: a value that is missing at the end
 * stays unset.  Says what is wrong and answers USAGE_ERROR.
 */
CK_RV options_parse(const struct option *own, bool lax, int argc, char **argv,
    struct args *args) MUST_USE;

/* Takes one option at argv[0] from the common rows; used is how many words. */
CK_RV options_common(int argc, char **argv, struct args *args,
    int *used) MUST_USE;

/* Wipes the secrets. */
void args_wipe(struct args *args);

/* The candidate nearest to word by edit distance, or NULL if none is near. */
const char *nearest(const char *word, const char *best, const char *candidate);

#endif
