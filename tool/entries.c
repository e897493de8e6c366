/* Objects read and named; grouped they are entries. */
#include "tool/entries.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "common/vendor.h"
#include "tool/group.h"

#define TRIES 5

static const struct {
	CK_OBJECT_CLASS class;
	const char *application; /* of CKO_DATA; NULL for any */
	enum role role;
} roles[] = {
	{ CKO_CERTIFICATE, NULL, ROLE_CERT },
	{ CKO_PUBLIC_KEY, NULL, ROLE_PUBLIC },
	{ CKO_PRIVATE_KEY, NULL, ROLE_PRIVATE },
	{ CKO_SECRET_KEY, NULL, ROLE_SECRET },
	{ VECS_CKO_NSS_CRL, NULL, ROLE_CRL },
	{ CKO_DATA, VECS_APP_CRL, ROLE_CRL },
	{ CKO_DATA, VECS_APP_ENCRYPTED_KEY, ROLE_ENCRYPTED },
	{ CKO_DATA, NULL, ROLE_OTHER },
};

static const char *const type_names[] = {
	[ENTRY_UNKNOWN] = "Unknown",
	[ENTRY_PRIVATE_KEY] = "Private Key",
	[ENTRY_SECRET_KEY] = "Secret Key",
	[ENTRY_TRUSTED_CERT] = "Trusted Cert",
	[ENTRY_CRL] = "Certification Revocation List",
	[ENTRY_ENCRYPTED_KEY] = "Encrypted Private Key",
};

enum { F_CLASS, F_LABEL, F_ID, F_APPLICATION, F_UNIQUE, F_COUNT };

static bool
value_is(const struct field *field, const char *text)
{
	return field->present && field->value.len == strlen(text) &&
	       memcmp(field->value.data, text, field->value.len) == 0;
}

static bool
value_begins(const struct field *field, const char *text)
{
	size_t len = strlen(text);

	return field->present && field->value.len >= len &&
	       memcmp(field->value.data, text, len) == 0;
}

/* False for what is never part of an entry. */
static bool
role_find(const struct field *fields, enum role *out)
{
	const struct field *application = &fields[F_APPLICATION];
	CK_OBJECT_CLASS class;

	if (fields[F_CLASS].value.len != sizeof(class))
		return false;
	memcpy(&class, fields[F_CLASS].value.data, sizeof(class));
	if (class == CKO_DATA && (value_is(application, VECS_APP_BACKUP) ||
	                             value_begins(application,
	                                 "vecs:refresh:")))
		return false;
	for (size_t i = 0; i < COUNT(roles); i++) {
		if (roles[i].class != class ||
		    (roles[i].application != NULL &&
		        !value_is(application, roles[i].application)))
			continue;
		*out = roles[i].role;
		return true;
	}
	return false;
}

/* Text for people and lines: control characters become question marks. */
static char *
clean_text(const struct secret *value)
{
	char *text = malloc(value->len + 1);

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < value->len; i++) {
		uint8_t c = value->data[i];

		text[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	text[value->len] = '\0';
	return text;
}

static char *
prefixed(const char *prefix, const struct secret *value, bool hex)
{
	_cleanup_(freep) char *digits = NULL;
	char *text = NULL;

	digits = hex ? malloc(2 * value->len + 1) : clean_text(value);
	if (digits == NULL)
		return NULL;
	if (hex)
		text_hex(value->data, value->len, digits);
	if (asprintf(&text, "%s%s", prefix, digits) < 0)
		return NULL;
	return text;
}

/* Label if there is one; otherwise the name it has until another adopts it. */
static CK_RV
object_name(struct object *o, const struct field *fields)
{
	struct secret handle = { (uint8_t *)&o->handle, sizeof(o->handle) };

	if (fields[F_LABEL].present && fields[F_LABEL].value.len != 0) {
		o->label = clean_text(&fields[F_LABEL].value);
		o->alias = o->label != NULL ? strdup(o->label) : NULL;
	} else if (o->id.len != 0)
		o->alias = prefixed("id:", &o->id, true);
	else if (fields[F_UNIQUE].present && fields[F_UNIQUE].value.len != 0)
		o->alias = prefixed("uid:", &fields[F_UNIQUE].value, false);
	else
		o->alias = prefixed("uid:", &handle, true);
	return o->alias != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

static void
object_free(struct object *o)
{
	secret_wipe(&o->id);
	free(o->label);
	free(o->alias);
	free(o->folded);
}

static bool
secret_same(const struct secret *a, const struct secret *b)
{
	return a->len == b->len &&
	       (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* known is false for an object that is no part of an entry. */
static CK_RV
object_load(const struct token *token, CK_OBJECT_HANDLE handle,
    struct object *o, bool *known)
{
	struct field fields[F_COUNT] = {
		[F_CLASS] = { .type = CKA_CLASS },
		[F_LABEL] = { .type = CKA_LABEL },
		[F_ID] = { .type = CKA_ID },
		[F_APPLICATION] = { .type = CKA_APPLICATION },
		[F_UNIQUE] = { .type = CKA_UNIQUE_ID },
	};
	CK_RV rv = object_read(token, handle, fields, F_COUNT);

	o->handle = handle;
	*known = rv == CKR_OK && role_find(fields, &o->role);
	if (*known) {
		o->id = fields[F_ID].value;
		fields[F_ID].value = (struct secret){ NULL, 0 };
		rv = object_name(o, fields);
	}
	fields_wipe(fields, F_COUNT);
	return rv;
}

/* Appends what handles name; of a second search only what has no label. */
static CK_RV
objects_load(const struct token *token, const struct handles *handles,
    bool second, struct entries *e)
{
	struct object *objects = reallocarray(e->objects,
	    e->object_count + handles->count + 1, sizeof(*objects));

	if (objects == NULL)
		return CKR_HOST_MEMORY;
	e->objects = objects;
	for (size_t i = 0; i < handles->count; i++) {
		struct object *o = &objects[e->object_count];
		bool known = false;
		CK_RV rv;

		*o = (struct object){ .handle = CK_INVALID_HANDLE };
		rv = object_load(token, handles->list[i], o, &known);
		if (rv == CKR_OBJECT_HANDLE_INVALID) {
			e->torn = true;
			continue;
		}
		e->object_count += known;
		TRY(rv);
		if (known && second && o->label != NULL)
			object_free(&objects[--e->object_count]);
	}
	return CKR_OK;
}

static CK_RV
load_once(const struct token *token, struct entries *out)
{
	_cleanup_(entries_free) struct entries e = ENTRIES_INIT;
	_cleanup_(handles_free) struct handles all = { NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE stored = { CKA_TOKEN, &yes, sizeof(yes) };

	TRY(objects_find(token, &stored, 1, &all));
	TRY(objects_load(token, &all, false, &e));
	TRY(group_objects(&e, token->p11->native));
	*out = e;
	e = (struct entries)ENTRIES_INIT;
	return CKR_OK;
}

/* Adds the objects without a label that share an id with one found. */
static CK_RV
unlabelled_load(const struct token *token, struct entries *e)
{
	size_t labelled = e->object_count;

	for (size_t i = 0; i < labelled; i++) {
		_cleanup_(handles_free) struct handles same = { NULL, 0 };
		CK_ATTRIBUTE match = { CKA_ID, e->objects[i].id.data,
			e->objects[i].id.len };
		bool known = match.ulValueLen == 0;

		for (size_t k = 0; k < i && !known; k++)
			known = secret_same(&e->objects[k].id,
			    &e->objects[i].id);
		if (known)
			continue;
		TRY(objects_find(token, &match, 1, &same));
		TRY(objects_load(token, &same, true, e));
	}
	return CKR_OK;
}

/* Leaves only the entries of this alias, or of the key with this id. */
static void
entries_keep(struct entries *e, const char *alias)
{
	size_t kept = 0;

	for (size_t i = 0; i < e->count; i++) {
		const struct entry *entry = &e->list[i];
		const struct object *key = entry_object(entry, ROLE_PRIVATE);
		_cleanup_(freep) char *id =
		    entry->twin ? prefixed("id:", &key->id, true) : NULL;

		if (text_equal_folded(alias, strlen(alias), entry->alias,
		        strlen(entry->alias)) ||
		    (id != NULL && strcasecmp(alias, id) == 0))
			e->list[kept++] = *entry;
	}
	e->count = kept;
}

static CK_RV
find_once(const struct token *token, const char *alias, struct entries *out)
{
	_cleanup_(entries_free) struct entries e = ENTRIES_INIT;
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	_cleanup_(freep) char *folded = strdup(alias);
	CK_ATTRIBUTE match = { CKA_VECS_FOLDED_LABEL, folded, strlen(alias) };

	if (folded == NULL)
		return CKR_HOST_MEMORY;
	text_fold(folded, strlen(folded), folded);
	if (token->p11->native) {
		TRY(objects_find(token, &match, 1, &found));
		TRY(objects_load(token, &found, false, &e));
		TRY(unlabelled_load(token, &e));
		TRY(group_objects(&e, true));
	}
	/* Names made up for objects without a label are not searchable. */
	if (!token->p11->native ||
	    (e.count == 0 && (strncmp(folded, "id:", 3) == 0 ||
	                         strncmp(folded, "uid:", 4) == 0))) {
		entries_free(&e);
		TRY(load_once(token, &e));
	}
	entries_keep(&e, alias);
	*out = e;
	e = (struct entries)ENTRIES_INIT;
	return CKR_OK;
}

/*
 * A search is a snapshot, the reading after it is not: what was torn by
 * somebody's commit is read again, so that a replaced entry is the old or the
 * new one and never absent.
 */
CK_RV
entries_load(const struct token *token, struct entries *out)
{
	for (int i = 0; i < TRIES; i++) {
		entries_free(out);
		TRY(load_once(token, out));
		if (!out->torn)
			break;
	}
	return CKR_OK;
}

CK_RV
entries_find(const struct token *token, const char *alias,
    struct entries *out)
{
	for (int i = 0; i < TRIES; i++) {
		entries_free(out);
		TRY(find_once(token, alias, out));
		if (!out->torn)
			break;
	}
	return CKR_OK;
}

void
entries_free(struct entries *e)
{
	for (size_t i = 0; i < e->object_count; i++)
		object_free(&e->objects[i]);
	free(e->objects);
	free(e->order);
	free(e->list);
	*e = (struct entries)ENTRIES_INIT;
}

const char *
entry_type_name(enum entry_type type)
{
	return type_names[type];
}

const struct object *
entry_object(const struct entry *entry, enum role role)
{
	for (size_t i = 0; i < entry->count; i++)
		if (entry->objects[i]->role == role)
			return entry->objects[i];
	return NULL;
}
