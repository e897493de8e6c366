/* Logging in, and where the PIN comes from. */
#include "provider/login.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>

#include "common/ckname.h"
#include "common/log.h"

static int
token_label_len(const struct token *t)
{
	int n = (int)sizeof(t->info.label);

	while (n > 0 && t->info.label[n - 1] == ' ')
		n--;
	return n;
}

/* The caller's passphrase callback; out stays empty without an answer. */
static CK_RV
pin_ask(const struct token *t, const struct pin_sources *from,
    struct secret *out)
{
	_cleanup_(secret_wipe) struct secret answer = { NULL, 0 };
	char info[80];
	size_t len = 0;
	OSSL_PARAM params[2];

	if (from->ask == NULL)
		return CKR_OK;
	snprintf(info, sizeof(info), "token %.*s", token_label_len(t),
	    (const char *)t->info.label);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PASSPHRASE_PARAM_INFO, info, 0);
	params[1] = OSSL_PARAM_construct_end();
	TRY(secret_new(256, &answer));
	if (!from->ask((char *)answer.data, answer.len, &len, params,
	    from->ask_arg) || len == 0 || len > answer.len)
		return CKR_OK;
	return secret_dup(answer.data, len, out);
}

/* out stays empty when nobody gives a PIN. */
static CK_RV
pin_find(const struct token *t, const struct pin_sources *from,
    struct secret *out, bool *asked)
{
	*asked = false;
	if (from->uri != NULL)
		TRY(uri_pin(from->uri, out));
	if (out->len == 0 && from->kept_first && t->pin.len > 0)
		return secret_dup(t->pin.data, t->pin.len, out);
	if (out->len == 0 && from->config->token_pin != NULL)
		TRY(pin_text(from->config->token_pin, out));
	if (out->len == 0 && t->pin.len > 0)
		TRY(secret_dup(t->pin.data, t->pin.len, out));
	*asked = out->len == 0;
	return *asked ? pin_ask(t, from, out) : CKR_OK;
}

/* A PIN is one user's: what was kept of another's is forgotten. */
static CK_RV
user_become(struct token *t, const char *user)
{
	char *copy = NULL;

	if (user == NULL ? t->user == NULL
	                 : t->user != NULL && strcmp(user, t->user) == 0)
		return CKR_OK;
	if (user != NULL && (copy = strdup(user)) == NULL)
		return CKR_HOST_MEMORY;
	free(t->user);
	t->user = copy;
	secret_wipe(&t->pin);
	secret_wipe(&t->wrong_pin);
	return CKR_OK;
}

static CK_RV
login_call(struct token *t, const struct session *s, const struct secret *pin)
{
	const CK_FUNCTION_LIST_3_0 *f = (const CK_FUNCTION_LIST_3_0 *)t->m->f;

	if (t->user == NULL)
		return P11(t->m, C_Login(s->handle, CKU_USER, pin->data,
		    pin->len));
	if (f->version.major < 3)
		return CKR_FUNCTION_NOT_SUPPORTED;
	inside_enter();
	return inside_leave(f->C_LoginUser(s->handle, CKU_USER, pin->data,
	    pin->len, (CK_UTF8CHAR *)t->user, strlen(t->user)));
}

static bool
secret_same(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && secret_equal(a->data, b->data, a->len);
}

/* May this PIN be sent?  One wrong one is enough. */
static CK_RV
pin_check(struct token *t, const struct secret *pin, bool asked)
{
	if (pin->len == 0)
		return fail_quiet(CKR_USER_NOT_LOGGED_IN,
		    "token %.*s: needs a PIN, and none is given",
		    token_label_len(t), (const char *)t->info.label);
	if (t->wrong_pin.len > 0
	    && (!asked || secret_same(pin, &t->wrong_pin)))
		return fail_quiet(CKR_PIN_INCORRECT,
		    "token %.*s: a PIN was refused before; not tried again",
		    token_label_len(t), (const char *)t->info.label);
	TRY(token_refresh(t));
	/* The flag is of the one whom C_Login means. */
	if (t->user == NULL && (t->info.flags & CKF_USER_PIN_LOCKED) != 0)
		return fail_quiet(CKR_PIN_LOCKED, "token %.*s: PIN is locked",
		    token_label_len(t), (const char *)t->info.label);
	return CKR_OK;
}

/* Keeps what the token thinks of the PIN. */
static CK_RV
login_result(struct token *t, struct secret *pin, CK_RV rv)
{
	const char *name = ckname_rv(rv);
	struct secret *keep = rv == CKR_OK ? &t->pin : &t->wrong_pin;

	if (rv == CKR_USER_ALREADY_LOGGED_IN)
		return CKR_OK;
	if ((rv == CKR_OK || rv == CKR_PIN_INCORRECT) && pin->len > 0) {
		secret_wipe(keep);
		*keep = *pin;
		pin->data = NULL;
		pin->len = 0;
	}
	if (rv == CKR_OK)
		return CKR_OK;
	return fail_quiet(rv, "token %.*s: login: %s", token_label_len(t),
	    (const char *)t->info.label, name != NULL ? name : "failed");
}

static CK_RV
login(struct token *t, const struct session *s, const struct pin_sources *from)
{
	_cleanup_(secret_wipe) struct secret pin = { NULL, 0 };
	bool asked = false;

	if ((t->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) == 0) {
		TRY(pin_find(t, from, &pin, &asked));
		TRY(pin_check(t, &pin, asked));
	}
	return login_result(t, &pin, login_call(t, s, &pin));
}

/* Somebody is logged in: may he be another than the one who is wanted? */
static CK_RV
user_check(const struct token *t, const char *user)
{
	if (user == NULL || (t->user != NULL && strcmp(user, t->user) == 0))
		return CKR_OK;
	return fail_quiet(CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
	    "token %.*s: another than user %s is logged in in this process",
	    token_label_len(t), (const char *)t->info.label, user);
}

CK_RV
token_login(struct token *t, const struct pin_sources *from)
{
	_cleanup_(module_unlockp) struct module *held = t->m;
	_cleanup_(session_give) struct session s = { 0 };
	CK_SESSION_INFO info = { 0 };
	const char *user = from->uri != NULL ? uri_user(from->uri) : NULL;

	module_lock(held);
	if (t->logged_in == t->m->epoch)
		return user_check(t, user);
	if ((t->info.flags & CKF_LOGIN_REQUIRED) == 0
	    || config_is(from->config->login_behavior, "never"))
		return CKR_OK;
	TRY(session_take(t, &s));
	TRY(P11(t->m, C_GetSessionInfo(s.handle, &info)));
	if (info.state != CKS_RO_USER_FUNCTIONS
	    && info.state != CKS_RW_USER_FUNCTIONS) {
		TRY(user_become(t, user));
		TRY(login(t, &s, from));
	} else {
		TRY(user_check(t, user));
	}
	t->logged_in = s.epoch;
	return CKR_OK;
}

CK_RV
session_reauthenticate(const struct session *s)
{
	struct token *t = s->token;
	_cleanup_(module_unlockp) struct module *held = t->m;
	CK_RV rv;

	module_lock(held);
	if (t->pin.len == 0 && (t->info.flags
	    & CKF_PROTECTED_AUTHENTICATION_PATH) == 0)
		return fail_quiet(CKR_USER_NOT_LOGGED_IN,
		    "token %.*s: its key needs the PIN for each use, and none "
		    "is known", token_label_len(t),
		    (const char *)t->info.label);
	rv = P11(t->m, C_Login(s->handle, CKU_CONTEXT_SPECIFIC, t->pin.data,
	    t->pin.len));
	return rv;
}
