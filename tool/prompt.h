/* Questions to a person, and secrets from files. */
#ifndef VECS_TOOL_PROMPT_H
#define VECS_TOOL_PROMPT_H

#include <stdbool.h>
#include <stdio.h>

#include "tool/error.h"
#include "common/secret.h"

/* Prints the original's question and reads one character from stdin. */
bool prompt_confirm(FILE *out);

/* Asks on the controlling terminal without echo; known is false without one.
 * At most 1023 bytes. */
CK_RV prompt_terminal(const char *text, struct secret *out,
    bool *known) MUST_USE;

/* The first line of "file:PATH", "file:///PATH" or PATH; of "-", which is
 * stdin, the next line. */
CK_RV prompt_source(const char *source, struct secret *out) MUST_USE;

#endif
