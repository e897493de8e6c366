/*
 * The standard's attributes as a person sees them: a row for each says what
 * its value is, so that it can be shown, given on the command line, and
 * carried to another token.
 */
#ifndef VECS_TOOL_ATTRIBUTE_H
#define VECS_TOOL_ATTRIBUTE_H

#include <jansson.h>

#include "tool/attrs.h"

enum attribute_kind {
	ATTRIBUTE_BOOL,
	ATTRIBUTE_NUMBER,
	ATTRIBUTE_CLASS,
	ATTRIBUTE_KEY_TYPE,
	ATTRIBUTE_MECHANISM,
	ATTRIBUTE_MECHANISMS,
	ATTRIBUTE_TEXT,
	ATTRIBUTE_BYTES,
	ATTRIBUTE_DATE,
};

/* Classes whose copy on another token is created with the attribute. */
#define OF_DATA 1U
#define OF_CERT 2U
#define OF_PUBLIC 4U
#define OF_PRIVATE 8U
#define OF_SECRET 16U
#define OF_CRL 32U

/* What a copy need not say, because a new object has it so by default. */
enum attribute_unsaid {
	UNSAID_NONE,
	UNSAID_FALSE,
	UNSAID_TRUE,
};

struct attribute {
	CK_ATTRIBUTE_TYPE type;
	enum attribute_kind kind;
	unsigned copied;
	unsigned secret;   /* the classes in which it is never shown */
	unsigned material; /* the classes in which a wrapped key brings it */
	enum attribute_unsaid unsaid;
};

extern const struct attribute attributes[];
extern const size_t attributes_count;

/* One of OF_*, or 0. */
unsigned attribute_of(CK_OBJECT_CLASS class);

/* "key_type" for CKA_KEY_TYPE; out is cut to size. */
void attribute_name(CK_ATTRIBUTE_TYPE type, char *out, size_t size);

/* "private-key" for CKO_PRIVATE_KEY, "ec" for CKK_EC; a number otherwise. */
void attribute_class_name(CK_OBJECT_CLASS class, char *out, size_t size);
void attribute_key_type_name(CK_KEY_TYPE type, char *out, size_t size);
bool attribute_class_parse(const char *word, CK_OBJECT_CLASS *out);
bool attribute_key_type_parse(const char *word, CK_KEY_TYPE *out);

json_t *attribute_json(const struct attribute *row,
    const struct secret *value);

/* NAME=VALUE, the name as above or as the standard writes it. */
CK_RV attribute_parse(const char *word, struct attrs *out) MUST_USE;

/* Any number of bytes from hexadecimal; colons between them are skipped. */
CK_RV attribute_unhex(const char *text, struct secret *out) MUST_USE;

#endif
