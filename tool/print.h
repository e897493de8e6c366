/* JSON output, and the one sentence of a success. */
#ifndef VECS_TOOL_PRINT_H
#define VECS_TOOL_PRINT_H

#include <jansson.h>

#include "tool/error.h"
#include "common/secret.h"

/* Prints it, sorted as built, with a newline; takes the reference. */
CK_RV print_json(json_t *value) MUST_USE;

/* A value as text: an array's items with blanks between them. */
void print_value(const json_t *value);

/* An object's members, each on a line: "Key :\tvalue". */
void print_fields(json_t *object);

/* A blank-padded field of the standard's structures. */
json_t *json_padded(const unsigned char *field, size_t len);

/* Text that may not be UTF-8: such bytes become U+FFFD. */
json_t *json_text(const char *text);

/* {"result": RESULT, "store": STORE, "alias": ALIAS}; alias may be NULL. */
CK_RV print_result(const char *result, const char *store,
    const char *alias) MUST_USE;

/* What --json tells of a certificate: names, serial, dates, digests, PEM. */
json_t *json_cert(const struct secret *der, const char *heading);

#endif
