/*
 * vecs.conf: one row for each option, with its default.  Read from VECS_CONF,
 * else from the system's file and, for others than root, the user's over it
 * (vecs.conf(5)).  Variables are ignored in privileged (AT_SECURE) processes.
 */
#ifndef VECS_CONF_H
#define VECS_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

struct conf;

struct conf_option {
	const char *name;
	const char *fallback; /* NULL: computed by whoever reads it */
};

/* Every option, sorted; ends with a NULL name.  One of a section [program NAME]
 * is of processes that run a file of this name, and goes before all others. */
extern const struct conf_option conf_options[];

/* A missing file is fine; a malformed or unreadable one, or an unknown option,
 * is CKR_GENERAL_ERROR with file and line as the reason. */
CK_RV conf_load(struct conf **out) MUST_USE;
void conf_free(struct conf *conf);
DEFINE_CLEANUP(struct conf *, conf_free)

/* The value, the row's fallback, or NULL; borrowed. */
const char *conf_get(const struct conf *conf, const char *name);

/* A number within [min, max]; CKR_GENERAL_ERROR with the reason otherwise. */
CK_RV conf_number(const struct conf *conf, const char *name,
    unsigned long min, unsigned long max, unsigned long *out) MUST_USE;

/* Walks a list of names separated by commas: *at starts as the
 * value; returns false at the end.  The word is not NUL-terminated. */
bool conf_next_word(const char **at, const char **word, size_t *len);

#endif
