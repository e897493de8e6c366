/* Each solution user's certificate has a subject of its own. */
#include <string.h>

#include "common/text.h"
#include "tool/create.h"

static bool
is_solution_store(const struct p11 *p11, const char *name)
{
	const char *at = conf_get(p11->conf, "solution-user-stores");
	const char *word;
	size_t len;

	while (at != NULL && conf_next_word(&at, &word, &len))
		if (text_equal_folded(word, len, name, strlen(name)))
			return true;
	return false;
}

/* True if this certificate is the leaf of its entry. */
static CK_RV
is_leaf(const struct token *token, CK_OBJECT_HANDLE cert, char **alias,
    bool *out)
{
	_cleanup_(entries_free) struct entries found = ENTRIES_INIT;

	*out = false;
	TRY(object_get_text(token, cert, CKA_LABEL, alias));
	TRY(entries_find(token, *alias, &found));
	for (size_t i = 0; i < found.count && !*out; i++) {
		const struct entry *entry = &found.list[i];
		const struct object *key = entry_object(entry, ROLE_PRIVATE);
		const struct object *leaf = entry_object(entry, ROLE_CERT);

		for (size_t k = 0; key != NULL && k < entry->count; k++) {
			const struct object *o = entry->objects[k];

			if (o->role == ROLE_CERT && o->id.len == key->id.len &&
			    memcmp(o->id.data, key->id.data, o->id.len) == 0)
				leaf = o;
		}
		*out = leaf != NULL && leaf->handle == cert;
	}
	return CKR_OK;
}

static CK_RV
subject_look(const struct token *token, const struct secret *subject,
    const char *except)
{
	_cleanup_(handles_free) struct handles same = { NULL, 0 };
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE match[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_SUBJECT, subject->data, subject->len },
	};

	TRY(objects_find(token, match, COUNT(match), &same));
	for (size_t i = 0; i < same.count; i++) {
		_cleanup_(freep) char *alias = NULL;
		bool leaf = false;

		if (is_leaf(token, same.list[i], &alias, &leaf) != CKR_OK ||
		    !leaf)
			continue;
		if (except != NULL && text_equal_folded(alias, strlen(alias),
		                          except, strlen(except)))
			continue;
		error_say("Error: store [%s], alias [%s] has a certificate of "
		          "the same subject\n", token->name, alias);
		return E_ALREADY_EXISTS;
	}
	return CKR_OK;
}

CK_RV
subject_check(const struct token *token, X509 *leaf, const char *alias)
{
	_cleanup_(tokens_free) struct tokens all = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret subject = { NULL, 0 };

	if (!is_solution_store(token->p11, token->name))
		return CKR_OK;
	TRY(name_der(X509_get_subject_name(leaf), &subject));
	TRY(tokens_list(token->p11, &all));
	for (size_t i = 0; i < all.count; i++) {
		_cleanup_(token_close) struct token other = all.list[i];
		bool self = other.slot == token->slot;

		other.session = CK_INVALID_HANDLE;
		if (!other.present ||
		    !is_solution_store(token->p11, other.name))
			continue;
		/* A store that may not be read cannot be compared. */
		if (token_open(&other, false, LOGIN_NONE) != CKR_OK)
			continue;
		TRY(subject_look(&other, &subject, self ? alias : NULL));
	}
	return CKR_OK;
}
