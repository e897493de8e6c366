/* The verb table, and what a verb is given. */
#ifndef VECS_TOOL_VERBS_H
#define VECS_TOOL_VERBS_H

#include <stdio.h>

#include "tool/options.h"
#include "tool/p11.h"

struct verb {
	const char *noun;
	const char *verb; /* NULL: the noun alone */
	const struct option *options;
	const char *usage; /* its arguments on one line */
	const char *help;
	CK_RV (*run)(const struct args *args, struct p11 *p11);
	bool lax;   /* a value missing at the end of the line stays unset */
	bool alias; /* another spelling of an earlier row: not listed */
};

extern const struct verb verbs[];

/* The row and how many words named it; otherwise NULL. */
const struct verb *verb_find(int argc, char **argv, int *used);

/* The row's own usage and options; the list of all verbs; the nearest. */
void verb_help(FILE *out, const struct verb *verb);
void verbs_help(FILE *out, const char *noun);
void verb_suggest(int argc, char **argv);

CK_RV store_create(const struct args *args, struct p11 *p11);
CK_RV store_list(const struct args *args, struct p11 *p11);
CK_RV store_delete(const struct args *args, struct p11 *p11);
CK_RV store_permission(const struct args *args, struct p11 *p11);
CK_RV store_get_permissions(const struct args *args, struct p11 *p11);
CK_RV entry_create(const struct args *args, struct p11 *p11);
CK_RV entry_list(const struct args *args, struct p11 *p11);
CK_RV entry_getcert(const struct args *args, struct p11 *p11);
CK_RV entry_getkey(const struct args *args, struct p11 *p11);
CK_RV entry_delete(const struct args *args, struct p11 *p11);
CK_RV entry_replace(const struct args *args, struct p11 *p11);
CK_RV entry_revert(const struct args *args, struct p11 *p11);
CK_RV token_list(const struct args *args, struct p11 *p11);
CK_RV token_info(const struct args *args, struct p11 *p11);
CK_RV token_init(const struct args *args, struct p11 *p11);
CK_RV token_set_pin(const struct args *args, struct p11 *p11);
CK_RV token_unlock(const struct args *args, struct p11 *p11);
CK_RV token_delete(const struct args *args, struct p11 *p11);
CK_RV token_user_list(const struct args *args, struct p11 *p11);
CK_RV token_user_add(const struct args *args, struct p11 *p11);
CK_RV token_user_set_pin(const struct args *args, struct p11 *p11);
CK_RV token_user_remove(const struct args *args, struct p11 *p11);
CK_RV object_list(const struct args *args, struct p11 *p11);
CK_RV object_show(const struct args *args, struct p11 *p11);
CK_RV object_set(const struct args *args, struct p11 *p11);
CK_RV object_delete(const struct args *args, struct p11 *p11);
CK_RV key_generate(const struct args *args, struct p11 *p11);
CK_RV key_wrap(const struct args *args, struct p11 *p11);
CK_RV key_unwrap(const struct args *args, struct p11 *p11);
CK_RV import(const struct args *args, struct p11 *p11);
CK_RV backup_make(const struct args *args, struct p11 *p11);
CK_RV backup_restore(const struct args *args, struct p11 *p11);
CK_RV rekey(const struct args *args, struct p11 *p11);
CK_RV check_all(const struct args *args, struct p11 *p11);

#endif
