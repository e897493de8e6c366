/* A key as libcrypto sees it. */
#include "provider/key.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "provider/attr.h"
#include "provider/provider.h"
#include "provider/pubkey.h"

const char *const key_names[KEY_KINDS] = {
	[KEY_RSA] = "RSA", [KEY_RSA_PSS] = "RSA-PSS", [KEY_EC] = "EC",
	[KEY_ED25519] = "ED25519", [KEY_ED448] = "ED448"
};

CK_RV
key_new(struct provider *prov, enum key_kind kind, struct key **out)
{
	struct key *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return CKR_HOST_MEMORY;
	k->refs = 1;
	k->prov = prov;
	k->kind = kind;
	*out = k;
	return CKR_OK;
}

struct key *
key_ref(struct key *k)
{
	k->refs++;
	return k;
}

void
key_free(struct key *k)
{
	if (--k->refs > 0)
		return;
	EVP_PKEY_free(k->pub);
	free(k->uri);
	free(k);
}

CK_RV
key_set_public(struct key *k, EVP_PKEY *pub)
{
	BIGNUM *order = NULL;
	int size = EVP_PKEY_get_size(pub);

	EVP_PKEY_free(k->pub);
	k->pub = pub;
	k->size = size > 0 ? (size_t)size : 0;
	if (k->kind == KEY_EC && EVP_PKEY_get_bn_param(pub,
	    OSSL_PKEY_PARAM_EC_ORDER, &order)) {
		k->field = (size_t)BN_num_bytes(order);
		BN_free(order);
	}
	return CKR_OK;
}

static CK_RV
kind_of(const EVP_PKEY *pub, enum key_kind *out)
{
	for (int i = 0; i < KEY_KINDS; i++)
		if (EVP_PKEY_is_a(pub, key_names[i])) {
			*out = (enum key_kind)i;
			return CKR_OK;
		}
	return CKR_KEY_TYPE_INCONSISTENT;
}

/* The query but for pin-value=; begins as '?' or ends the text.  True if there
 * was one. */
static bool
query_without_pin(const char *query, struct buf *out)
{
	bool found = false;
	char mark = '?';

	while (*query != '\0') {
		size_t n = strcspn(++query, "&");

		if (strncmp(query, "pin-value=", 10) == 0)
			found = true;
		else {
			buf_bytes(out, &mark, 1);
			buf_bytes(out, query, n);
			mark = '&';
		}
		query += n;
	}
	buf_bytes(out, "", 1);
	return found;
}

/* One more attribute of the path: the first follows "pkcs11:", the others a
 * semicolon. */
static void
path_add(struct buf *path, const char *attribute)
{
	if (path->len > strlen("pkcs11:"))
		buf_bytes(path, ";", 1);
	buf_bytes(path, attribute, strlen(attribute));
}

/*
 * The URI that means this key alone: where it names no object the CKA_ID is
 * added, and type= where that is missing.  A PIN in it is left out: the token's
 * struct keeps it, in secret memory, once it was accepted.
 */
static CK_RV
uri_exact(const struct session *s, CK_OBJECT_HANDLE object, const char *text,
    char **out, bool *had_pin)
{
	_cleanup_(uri_freep) struct uri *uri = NULL;
	_cleanup_(buf_wipe) struct buf id = BUF_INIT;
	_cleanup_(buf_wipe) struct buf exact = BUF_INIT;
	char part[8];
	size_t path = strcspn(text, "?");

	TRY(uri_parse(text, &uri));
	buf_bytes(&exact, text, path);
	if (!uri_names_object(uri)
	    && attr_get(s, object, CKA_ID, &id) == CKR_OK) {
		path_add(&exact, "id=");
		for (size_t i = 0; i < id.len; i++) {
			snprintf(part, sizeof(part), "%%%02X", id.data[i]);
			buf_bytes(&exact, part, 3);
		}
	}
	if (uri_class(uri) == CK_UNAVAILABLE_INFORMATION)
		path_add(&exact, "type=private");
	*had_pin = query_without_pin(text + path, &exact);
	TRY(buf_check(&exact));
	*out = strdup((const char *)exact.data);
	return *out != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

/* Where the private half is. */
static CK_RV
key_place(struct key *k, const struct session *s, CK_OBJECT_HANDLE object,
    const char *uri)
{
	TRY(uri_exact(s, object, uri, &k->uri, &k->had_pin));
	k->token = s->token;
	k->handle = object;
	k->epoch = s->epoch;
	k->always_authenticate = attr_true(s, object, CKA_ALWAYS_AUTHENTICATE);
	return CKR_OK;
}

CK_RV
key_load(struct provider *prov, const struct found *f, const char *uri,
    struct key **out)
{
	_cleanup_(session_give) struct session s = { 0 };
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pub = NULL;
	_cleanup_(key_freep) struct key *k = NULL;
	enum key_kind kind;

	TRY(session_take(f->token, &s));
	TRY(pubkey_get(&s, f->handle, &pub));
	TRY(kind_of(pub, &kind));
	TRY(key_new(prov, kind, &k));
	TRY(key_set_public(k, TAKE(pub)));
	if (f->class == CKO_PRIVATE_KEY)
		TRY(key_place(k, &s, f->handle, uri));
	*out = TAKE(k);
	return CKR_OK;
}

/* The same key, by its public half. */
static bool
key_same(const struct key *k, const struct found *f, unsigned long *epoch)
{
	_cleanup_(session_give) struct session s = { 0 };
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pub = NULL;

	if (session_take(f->token, &s) != CKR_OK)
		return false;
	*epoch = s.epoch;
	return pubkey_get(&s, f->handle, &pub) == CKR_OK
	    && EVP_PKEY_eq(k->pub, pub) == 1;
}

static CK_RV
key_search(const struct key *k, const struct uri *uri, struct found **found,
    size_t *count)
{
	struct search q = {
		.want = WANT_PRIVATE,
		.from = { .uri = uri, .config = &k->prov->config,
		    .kept_first = k->had_pin },
	};

	return search_run(&q, found, count);
}

/* Finds the key again by its URI. */
static CK_RV
key_reopen(struct key *k)
{
	_cleanup_(module_unlockp) struct module *held = k->token->m;
	_cleanup_(uri_freep) struct uri *uri = NULL;
	_cleanup_(freep) struct found *found = NULL;
	unsigned long epoch;
	size_t count = 0;

	module_lock(held);
	if (k->epoch == held->epoch)
		return CKR_OK;
	TRY(uri_parse(k->uri, &uri));
	TRY(key_search(k, uri, &found, &count));
	for (size_t i = 0; i < count; i++) {
		if (!key_same(k, &found[i], &epoch))
			continue;
		k->token = found[i].token;
		k->handle = found[i].handle;
		k->epoch = epoch;
		return CKR_OK;
	}
	return fail_quiet(count > 0 ? CKR_KEY_CHANGED
	    : CKR_OBJECT_HANDLE_INVALID, "%s: %s", uri_text(uri), count > 0
	    ? "the key behind it is another now" : "the key is gone");
}

static CK_RV
sign_once(struct key *k, CK_MECHANISM *how, const void *in, size_t len,
    unsigned char *out, size_t *out_len, unsigned long *epoch)
{
	_cleanup_(session_give) struct session s = { 0 };
	struct module *m = k->token->m;
	CK_ULONG got = *out_len;
	CK_BYTE *data = (CK_BYTE *)(uintptr_t)in;
	CK_RV rv;

	*epoch = k->epoch;
	TRY(session_take(k->token, &s));
	if (s.epoch != *epoch)
		return CKR_SESSION_HANDLE_INVALID;
	rv = P11(m, C_SignInit(s.handle, how, k->handle));
	s.broken = rv == CKR_OPERATION_ACTIVE;
	TRY(rv);
	s.broken = true;
	if (k->always_authenticate)
		TRY(session_reauthenticate(&s));
	TRY(P11(m, C_Sign(s.handle, data, len, out, &got)));
	s.broken = false;
	*out_len = got;
	return CKR_OK;
}

/* What makes it worth while to look for the key again, and how much of what
 * we know is then void. */
enum scope { SCOPE_KEY, SCOPE_LOGIN, SCOPE_MODULE };

static const struct {
	CK_RV rv;
	enum scope scope;
} stale[] = {
	{ CKR_SESSION_HANDLE_INVALID, SCOPE_MODULE },
	{ CKR_SESSION_CLOSED, SCOPE_MODULE },
	{ CKR_CRYPTOKI_NOT_INITIALIZED, SCOPE_MODULE },
	{ CKR_DEVICE_REMOVED, SCOPE_MODULE },
	{ CKR_TOKEN_NOT_PRESENT, SCOPE_MODULE },
	{ CKR_USER_NOT_LOGGED_IN, SCOPE_LOGIN },
	{ CKR_KEY_HANDLE_INVALID, SCOPE_KEY },
	{ CKR_OBJECT_HANDLE_INVALID, SCOPE_KEY },
};

/* True if the call may be tried once more. */
static bool
key_stale(struct key *k, CK_RV rv, unsigned long epoch)
{
	struct module *m = k->token->m;

	for (size_t i = 0; i < COUNT(stale); i++) {
		if (stale[i].rv != rv)
			continue;
		if (stale[i].scope == SCOPE_MODULE)
			module_expire(m, epoch);
		else
			k->epoch = 0;
		if (stale[i].scope == SCOPE_LOGIN) {
			module_lock(m);
			k->token->logged_in = 0;
			module_unlock(m);
		}
		return true;
	}
	return false;
}

CK_RV
key_sign(struct key *k, CK_MECHANISM *how, const void *in, size_t len,
    unsigned char *out, size_t *out_len)
{
	unsigned long epoch = k->epoch;
	CK_RV rv;

	if (k->token == NULL)
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (epoch == k->token->m->epoch) {
		rv = sign_once(k, how, in, len, out, out_len, &epoch);
		if (!key_stale(k, rv, epoch))
			return rv;
	}
	TRY(key_reopen(k));
	return sign_once(k, how, in, len, out, out_len, &epoch);
}
