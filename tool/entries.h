/*
 * The entry model: all objects of one label, ASCII case ignored, are an entry.
 * An object without a label belongs to the labelled object of its CKA_ID, else
 * to an entry of its own named id:HEX or uid:ID.
 */
#ifndef VECS_TOOL_ENTRIES_H
#define VECS_TOOL_ENTRIES_H

#include "tool/object.h"

enum entry_type {
	ENTRY_UNKNOWN,
	ENTRY_PRIVATE_KEY,
	ENTRY_SECRET_KEY,
	ENTRY_TRUSTED_CERT,
	ENTRY_CRL,
	ENTRY_ENCRYPTED_KEY,
};

/* What part an object has in its entry. */
enum role {
	ROLE_OTHER,
	ROLE_CERT,
	ROLE_PUBLIC,
	ROLE_PRIVATE,
	ROLE_SECRET,
	ROLE_CRL,
	ROLE_ENCRYPTED,
};

struct object {
	CK_OBJECT_HANDLE handle;
	enum role role;
	struct secret id;
	char *label;   /* NULL when it has none */
	char *alias;   /* of its entry, as listed */
	char *folded;  /* the alias without regard to case: what groups */
};

struct entry {
	const char *alias;
	enum entry_type type;
	struct object **objects; /* in the token's order; borrowed */
	size_t count;
	bool twin; /* another private key has the same label */
};

struct entries {
	struct object *objects;
	size_t object_count;
	struct object **order; /* what the entries' lists point into */
	struct entry *list;    /* in the token's order */
	size_t count;
	bool torn; /* somebody deleted or changed an object while we read */
};

#define ENTRIES_INIT { NULL, 0, NULL, NULL, 0, false }

/* All entries of an open token, read again if they change meanwhile. */
CK_RV entries_load(const struct token *token, struct entries *out) MUST_USE;

/*
 * The objects of one alias; on our own token without walking the rest.
 * out->count is 0 when there is none; 2 and more for twins.
 */
CK_RV entries_find(const struct token *token, const char *alias,
    struct entries *out) MUST_USE;
void entries_free(struct entries *entries);

/* As the original spells it: "Private Key". */
const char *entry_type_name(enum entry_type type);

/* The entry's object of this role, or NULL. */
const struct object *entry_object(const struct entry *entry, enum role role);

/* The DER of its certificates or its CRL, leaf first; none gives count 0.
 * CKR_OBJECT_HANDLE_INVALID when somebody has just deleted one. */
struct ders {
	struct secret *list;
	size_t count;
};
CK_RV entry_ders(const struct token *token, const struct entry *entry,
    struct ders *out) MUST_USE;
void ders_free(struct ders *ders);

/* "CERTIFICATE" or "X509 CRL". */
const char *entry_heading(const struct entry *entry);

#endif
