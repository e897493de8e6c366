/* What a URI means: the module, then objects of its tokens. */
#include "provider/find.h"

#include <string.h>
#include <sys/auxv.h>

#include "common/log.h"
#include "common/vendor.h"
#include "provider/attr.h"

#define TEMPLATE_MAX 16

static const struct {
	unsigned want;
	CK_OBJECT_CLASS class;
} classes[] = {
	{ WANT_PRIVATE, CKO_PRIVATE_KEY },
	{ WANT_PUBLIC, CKO_PUBLIC_KEY },
	{ WANT_CERT, CKO_CERTIFICATE },
	{ WANT_CRL, VECS_CKO_NSS_CRL },
};

CK_RV
module_of_uri(const struct config *config, const struct uri *uri,
    struct module **out)
{
	const char *named = uri_module_path(uri);
	_cleanup_(freep) char *path = NULL;

	if (named != NULL && (named[0] != '/' || getauxval(AT_SECURE) != 0))
		return fail_quiet(CKR_ARGUMENTS_BAD, "%s: module-path %s",
		    uri_text(uri), named[0] != '/' ? "is not absolute"
		    : "is not for privileged processes");
	path = named != NULL ? strdup(named) : config_module_path(config);
	if (path == NULL)
		return CKR_HOST_MEMORY;
	TRY(module_get(path, config->init_args,
	    config_is(config->quirks, "no-deinit"), out));
	return module_ready(*out);
}

/* type= and the wanted classes, both. */
static unsigned
want_of(const struct search *q)
{
	CK_OBJECT_CLASS class = uri_class(q->from.uri);
	unsigned want = 0;

	for (size_t i = 0; i < COUNT(classes); i++)
		if (class == CK_UNAVAILABLE_INFORMATION
		    || class == classes[i].class)
			want |= classes[i].want;
	return want & q->want;
}

static CK_RV
find_class(const struct session *s, const struct search *q,
    CK_OBJECT_CLASS class, struct buf *out)
{
	_cleanup_(buf_wipe) struct buf handles = BUF_INIT;
	CK_ATTRIBUTE template[TEMPLATE_MAX];
	struct found one = { .token = s->token, .class = class };
	size_t n = 1;

	template[0] = (CK_ATTRIBUTE){ CKA_CLASS, &class, sizeof(class) };
	n += uri_template(q->from.uri, template + n,
	    TEMPLATE_MAX - n - q->also_count);
	for (size_t i = 0; i < q->also_count; i++)
		template[n++] = q->also[i];
	TRY(objects_find(s, template, n, SIZE_MAX, &handles));
	for (size_t at = 0; at < handles.len; at += sizeof(one.handle)) {
		memcpy(&one.handle, handles.data + at, sizeof(one.handle));
		buf_bytes(out, &one, sizeof(one));
	}
	return buf_check(out);
}

static CK_RV
find_in(struct token *t, const struct search *q, unsigned want, struct buf *out)
{
	_cleanup_(session_give) struct session s = { 0 };

	TRY(session_take(t, &s));
	for (size_t i = 0; i < COUNT(classes); i++) {
		if ((want & classes[i].want) == 0)
			continue;
		s.broken = true;
		TRY(find_class(&s, q, classes[i].class, out));
		s.broken = false;
	}
	return CKR_OK;
}

static bool
needs_login(const struct token *t, const struct search *q)
{
	return (t->info.flags & CKF_LOGIN_REQUIRED) != 0
	    && !config_is(q->from.config->login_behavior, "never");
}

/*
 * Before the search: for private keys, or always.  Without a PIN the public
 * objects are still there to be found, if they are wanted too.
 */
static CK_RV
login_before(struct token *t, const struct search *q, unsigned want)
{
	CK_RV rv;

	if (!needs_login(t, q) || ((want & WANT_PRIVATE) == 0
	    && !config_is(q->from.config->login_behavior, "always")))
		return CKR_OK;
	rv = token_login(t, &q->from);
	if (rv == CKR_USER_NOT_LOGGED_IN && want != WANT_PRIVATE)
		return CKR_OK;
	return rv;
}

/* After a search in vain: certificates and public keys may be private. */
static CK_RV
login_after(struct token *t, const struct search *q, unsigned want,
    struct buf *out)
{
	struct pin_sources quiet = q->from;
	CK_RV rv;

	if (!needs_login(t, q) || t->logged_in == t->m->epoch)
		return CKR_OK;
	quiet.ask = NULL;
	rv = token_login(t, &quiet);
	if (rv == CKR_USER_NOT_LOGGED_IN)
		return CKR_OK;
	TRY(rv);
	return find_in(t, q, want, out);
}

static CK_RV
find_all(struct token **tokens, size_t count, const struct search *q,
    struct buf *out)
{
	unsigned want = want_of(q);
	size_t closed = 0;

	if (count == 1)
		TRY(login_before(tokens[0], q, want));
	for (size_t i = 0; i < count; i++) {
		TRY(find_in(tokens[i], q, want, out));
		closed += needs_login(tokens[i], q)
		    && tokens[i]->logged_in != tokens[i]->m->epoch;
	}
	if (out->len == 0 && count == 1 && want != 0)
		TRY(login_after(tokens[0], q, want, out));
	if (out->len == 0 && count > 1 && closed > 0)
		return fail_quiet(CKR_OBJECT_HANDLE_INVALID,
		    "%s: found in none of %zu tokens, of which %zu need a "
		    "login: name one token", uri_text(q->from.uri), count,
		    closed);
	return CKR_OK;
}

CK_RV
search_run(const struct search *q, struct found **out, size_t *count)
{
	_cleanup_(freep) struct token **tokens = NULL;
	_cleanup_(buf_wipe) struct buf all = BUF_INIT;
	struct module *m;
	size_t n = 0;

	TRY(module_of_uri(q->from.config, q->from.uri, &m));
	TRY(tokens_match(m, q->from.uri, &tokens, &n));
	if (n == 0)
		return fail_quiet(CKR_TOKEN_NOT_PRESENT, "%s: no such token",
		    uri_text(q->from.uri));
	TRY(find_all(tokens, n, q, &all));
	*out = malloc(all.len + 1);
	if (*out == NULL)
		return CKR_HOST_MEMORY;
	if (all.len > 0)
		memcpy(*out, all.data, all.len);
	*count = all.len / sizeof(struct found);
	return CKR_OK;
}
