/* What the making of keys, by generation or unwrapping, has in common. */
#ifndef VECS_TOOL_KEYS_H
#define VECS_TOOL_KEYS_H

#include "tool/algorithm.h"
#include "tool/batch.h"

struct new_key {
	const struct algorithm *algorithm;
	const char *parameter;
	unsigned uses;
	struct secret id; /* of --id */
};

/* From --label, --algorithm, --use and --id; says what is wrong. */
CK_RV new_key_parse(const struct args *args, struct new_key *out) MUST_USE;

/* The template of one object, without what the algorithm adds. */
CK_RV new_key_attrs(const struct args *args, const struct new_key *key,
    CK_OBJECT_CLASS class, struct attrs *out) MUST_USE;

/*
 * SHA-1 of the public key, as cert_id has it of its certificate;
 * CKR_ATTRIBUTE_TYPE_INVALID where the object does not tell.
 */
CK_RV key_id(const struct token *token, CK_OBJECT_HANDLE object,
    struct secret *out) MUST_USE;

#endif
