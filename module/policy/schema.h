/*
 * Class x attribute x act: what an attribute may be, one row each, the
 * standard's footnotes 1 to 12 as columns.  A class is a sum of tiers
 * (object, storage, key, private key, RSA private key).  schema_check is the
 * only gate; schema_reveals the only reader of `secret`.
 */
#ifndef VECS_SCHEMA_H
#define VECS_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"
#include "common/span.h"

enum act {
	ACT_CREATE,
	ACT_GENERATE,
	ACT_UNWRAP,
	ACT_DERIVE,
	ACT_SET,
	ACT_COPY,
	ACT_COUNT
};

enum attr_rule {
	NEVER,    /* the token's alone: CKR_ATTRIBUTE_READ_ONLY */
	MAY,
	MUST,     /* CKR_TEMPLATE_INCOMPLETE */
	TO_TRUE,  /* a step of no return */
	TO_FALSE,
};

enum attr_kind {
	KIND_BOOL,
	KIND_ULONG,
	KIND_TEXT,   /* UTF-8 */
	KIND_BYTES,
	KIND_NUMBER, /* big-endian, leading zeros dropped */
	KIND_DATE,   /* CK_DATE or empty */
	KIND_MECHS,  /* array of CK_MECHANISM_TYPE, not empty */
	KIND_TEMPLATE, /* array of CK_ATTRIBUTE; kept in another form */
};

enum attr_default {
	NONE,
	YES,
	NO,
	EMPTY, /* not kept: where it is absent, it reads as the empty string */
};

struct attr_row {
	CK_ATTRIBUTE_TYPE type;
	enum attr_kind kind;
	enum attr_rule rules[ACT_COUNT];
	bool secret; /* hidden while SENSITIVE or not EXTRACTABLE */
	enum attr_default value;
};

struct schema;

/* sub: CKA_KEY_TYPE or CKA_CERTIFICATE_TYPE; ignored for other classes.  NULL:
 * no object of this kind can be. */
const struct schema *schema_find(CK_OBJECT_CLASS class, CK_ULONG sub);
/* The attribute that says the sub-type of a class, or CK_UNAVAILABLE_... */
CK_ATTRIBUTE_TYPE schema_sub_attribute(CK_OBJECT_CLASS class);

/* NULL when objects of the schema do not have it. */
const struct attr_row *schema_row(const struct schema *schema,
    CK_ATTRIBUTE_TYPE type);
/* Walks all rows: NULL after the last. */
const struct attr_row *schema_row_at(const struct schema *schema, size_t i);
/* The kind of an attribute in whatever class has it; false if none has. */
bool schema_kind(CK_ATTRIBUTE_TYPE type, enum attr_kind *out);

/* The bytes are a value of this kind, as the ABI has it. */
bool schema_has_form(enum attr_kind kind, struct span value);

/* The present value of a boolean, for TO_TRUE and TO_FALSE. */
typedef bool (*schema_current)(const void *object, CK_ATTRIBUTE_TYPE type);

/* Judges a template: unknown, duplicate, missing, not allowed in this act, of
 * wrong form.  object and current are needed for ACT_SET and ACT_COPY. */
CK_RV schema_check(const struct schema *schema, enum act act,
    const CK_ATTRIBUTE *t, CK_ULONG n, schema_current current,
    const void *object) MUST_USE;

/* May the value be told? */
bool schema_reveals(const struct schema *schema, CK_ATTRIBUTE_TYPE type,
    bool sensitive, bool extractable);

/* Where it is absent, an object of the schema has it as the empty string. */
bool schema_reads_empty(const struct schema *schema, CK_ATTRIBUTE_TYPE type);

#endif
