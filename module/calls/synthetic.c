/* Store objects (common/vendor.h) and profile objects (PKCS#11 4.13). */
#include "module/calls/synthetic.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/vendor.h"
#include "module/calls/grants.h"

#define SYNTHETIC (1ULL << 62)

static CK_RV
set_text(struct attrs *a, CK_ATTRIBUTE_TYPE type, const char *text)
{
	return attrs_set(a, type, text, strlen(text));
}

static CK_RV
store_describe(const struct token *token, CK_ULONG unused, struct attrs *a)
{
	const struct store *store = token->store;
	_cleanup_(secret_wipe) struct secret owner = { NULL, 0 };
	time_t created = (time_t)store->created;
	char text[32];
	struct tm tm;

	(void)unused;
	TRY(set_text(a, CKA_LABEL, store->name));
	TRY(owner_print(store->owner, &owner));
	TRY(attrs_set(a, CKA_VECS_OWNER, owner.data, owner.len));
	gmtime_r(&created, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	TRY(set_text(a, CKA_VECS_CREATED, text));
	snprintf(text, sizeof(text), "%s%s",
	    store->flags & STORE_SYSTEM ? "system" : "",
	    store->flags & STORE_PROTECTED ? ",protected" : "");
	/* An empty value would be one that some clients trip over. */
	if (text[0] != '\0')
		TRY(set_text(a, CKA_VECS_FLAGS, text));
	TRY(set_text(a, CKA_VECS_STORE, store->serial));
	return set_text(a, CKA_VECS_FORMAT, "1");
}

static CK_RV
profile_describe(const struct token *token, CK_ULONG profile, struct attrs *a)
{
	(void)token;
	TRY(attrs_set_bool(a, CKA_MODIFIABLE, false));
	TRY(attrs_set_bool(a, CKA_COPYABLE, false));
	TRY(attrs_set_bool(a, CKA_DESTROYABLE, false));
	return attrs_set_ulong(a, CKA_PROFILE_ID, profile);
}

static bool
always(const struct token *token)
{
	(void)token;
	return true;
}

static const struct row {
	CK_OBJECT_CLASS class;
	CK_ULONG number;
	bool (*is_true)(const struct token *token);
	CK_RV (*describe)(const struct token *token, CK_ULONG number,
	    struct attrs *a);
} rows[] = {
	{ CKO_VECS_STORE, 0, always, store_describe },
	{ CKO_PROFILE, CKP_BASELINE_PROVIDER, always, profile_describe },
	{ CKO_PROFILE, CKP_EXTENDED_PROVIDER, always, profile_describe },
	{ CKO_PROFILE, CKP_AUTHENTICATION_TOKEN, token_has_pin,
	    profile_describe },
	{ CKO_PROFILE, CKP_PUBLIC_CERTIFICATES_TOKEN, always,
	    profile_describe },
};

bool
synthetic_is(CK_OBJECT_CLASS class)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].class == class)
			return true;
	return false;
}

uint64_t
synthetic_id(const struct object *o)
{
	return SYNTHETIC | (uint64_t)attrs_ulong(&o->attrs, CKA_PROFILE_ID, 0);
}

bool
synthetic_is_id(uint64_t id)
{
	return (id & SYNTHETIC) != 0;
}

/* What all of them have; the id is the same in every process. */
static CK_RV
row_describe(const struct token *token, const struct row *row,
    struct attrs *a)
{
	char unique[64];

	snprintf(unique, sizeof(unique), "%s-%lx-%lu", token->store->serial,
	    row->class, row->number);
	TRY(attrs_set_ulong(a, CKA_CLASS, row->class));
	TRY(attrs_set_bool(a, CKA_TOKEN, true));
	TRY(attrs_set_bool(a, CKA_PRIVATE, false));
	TRY(set_text(a, CKA_UNIQUE_ID, unique));
	return row->describe(token, row->number, a);
}

CK_RV
synthetic_next(const struct token *token, CK_OBJECT_CLASS class, size_t *at,
    struct object **out)
{
	struct attrs a = ATTRS_INIT;
	CK_RV rv;

	*out = NULL;
	while (*at < COUNT(rows) && (rows[*at].class != class ||
	    !rows[*at].is_true(token)))
		(*at)++;
	if (*at == COUNT(rows))
		return CKR_OK;
	rv = row_describe(token, &rows[(*at)++], &a);
	if (rv == CKR_OK)
		rv = object_new(&a, out);
	attrs_wipe(&a);
	return rv;
}
