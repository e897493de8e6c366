/* What a URI means: the module, then objects of its tokens. */
#ifndef VECS_PROVIDER_FIND_H
#define VECS_PROVIDER_FIND_H

#include "provider/login.h"

enum {
	WANT_PRIVATE = 1,
	WANT_PUBLIC = 2,
	WANT_CERT = 4,
	WANT_CRL = 8
};

struct found {
	struct token *token;
	CK_OBJECT_HANDLE handle;
	CK_OBJECT_CLASS class;
};

struct search {
	unsigned want;
	struct pin_sources from;  /* its URI is the search's */
	const CK_ATTRIBUTE *also; /* to be matched as well */
	size_t also_count;
};

/* The URI's or the configured module, ready for calls. */
CK_RV module_of_uri(const struct config *config, const struct uri *uri,
    struct module **out) MUST_USE;

/*
 * Everything that matches, private keys first.  Logs in where a private key
 * may be wanted or nothing was found, but only if the URI leaves one token.
 * The caller frees the array; nothing found is CKR_OK and a count of 0.
 */
CK_RV search_run(const struct search *q, struct found **out, size_t *count)
    MUST_USE;

#endif
