/* What the tables of option rows share. */
#ifndef VECS_TOOL_ROWS_H
#define VECS_TOOL_ROWS_H

#include "tool/verbs.h"

#define AT(member) offsetof(struct args, member)
#define REMOTE(repeat) \
	{ "--server", AT(server), TEXT, repeat, "HOST", \
	    "the machine to work on" }, \
	{ "--upn", AT(upn), TEXT, repeat, "USER", "the user there" }
#define YES { "-y", AT(yes), FLAG, FIRST, NULL, "do not ask" }, \
	{ "--yes", AT(yes), FLAG, FIRST, NULL, "do not ask" }

extern const struct option token_info_options[];
extern const struct option token_init_options[];
extern const struct option token_set_pin_options[];
extern const struct option token_unlock_options[];
extern const struct option token_user_list_options[];
extern const struct option token_user_add_options[];
extern const struct option token_user_set_pin_options[];
extern const struct option token_user_remove_options[];
extern const struct option object_list_options[];
extern const struct option object_set_options[];
extern const struct option object_delete_options[];
extern const struct option key_generate_options[];
extern const struct option key_wrap_options[];
extern const struct option key_unwrap_options[];
extern const struct option import_options[];

#endif
