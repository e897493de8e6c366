/* vecs-cli token init, set-pin and unlock. */
#include <string.h>

#include "tool/create.h"
#include "tool/init.h"
#include "tool/print.h"
#include "tool/prompt.h"
#include "tool/verbs.h"

#define OFFICER "the security officer"

static CK_RV
done(const struct args *args, const char *result, const char *sentence,
    const struct token *token)
{
	if (args->json)
		return print_result(result, token->name, NULL);
	printf("%s [%s]\n", sentence, token->name);
	return CKR_OK;
}

static bool
confirmed(const struct args *args, const char *name)
{
	FILE *out = args->json ? stderr : stdout;

	if (args->yes)
		return true;
	fprintf(out, "Warning: This operation will delete all that is in "
	             "token [%s]\n", name);
	return prompt_confirm(out);
}

/* The PIN that a token has; a new one is asked for twice. */
static CK_RV
so_pin_get(struct p11 *p11, bool new, struct secret *out)
{
	const char *source = p11->args->so_pin_source;

	if (new)
		return init_new_pin(source, OFFICER, "--so-pin-source", out);
	TRY(p11_so_pin(p11));
	if (p11->so_pin_known)
		return secret_dup(p11->so_pin.data, p11->so_pin.len, out);
	error_say("Error: the PIN of " OFFICER " is needed: "
	          "--so-pin-source\n");
	return E_WRONG_PASSWORD;
}

CK_RV
token_init(const struct args *args, struct p11 *p11)
{
	_cleanup_(secret_wipe) struct secret so_pin = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret pin = { NULL, 0 };
	struct token now = TOKEN_INIT;
	bool there, new;
	CK_RV rv;

	if (is_empty(args->name)) {
		error_say("Error: a --name is needed\n");
		return USAGE_ERROR;
	}
	TRY(init_name_check(args->name));
	rv = token_find(p11, args->name, &now);
	there = rv == CKR_OK;
	TRY(rv == E_OBJECT_NOT_FOUND ? CKR_OK : rv);
	if (there && !confirmed(args, now.name))
		return CKR_OK;
	/* A token without PINs compares nothing. */
	new = !there || (now.flags & CKF_LOGIN_REQUIRED) == 0;
	TRY(so_pin_get(p11, new, &so_pin));
	TRY(init_new_pin(args->pin_source, "the user", "--pin-source", &pin));
	TRY(init_with_pins(p11, there ? &now.slot : NULL, args->name, &so_pin,
	    &pin));
	snprintf(now.name, sizeof(now.name), "%s", args->name);
	return done(args, "initialized", "Successfully initialized token",
	    &now);
}

/* C_SetPIN means the user's PIN unless the security officer is logged in. */
static CK_RV
pin_old(struct token *token, bool so, struct secret *out)
{
	struct p11 *p11 = token->p11;

	if (so) {
		TRY(so_pin_get(p11, false, out));
		return p11->calls->C_Login(token->session, CKU_SO, out->data,
		    out->len);
	}
	TRY(p11_pin(p11, token->name));
	if (p11->pin_known)
		return secret_dup(p11->pin.data, p11->pin.len, out);
	error_say("Error: token [%s] needs its PIN: --pin-source\n",
	    token->name);
	return E_WRONG_PASSWORD;
}

/* A token with a keypad of its own asks for all by itself. */
static CK_RV
pin_change(const struct args *args, struct token *token)
{
	_cleanup_(secret_wipe) struct secret old = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret new = { NULL, 0 };
	CK_FUNCTION_LIST *calls = token->p11->calls;

	if ((token->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0)
		return calls->C_SetPIN(token->session, NULL, 0, NULL, 0);
	TRY(pin_old(token, args->so, &old));
	TRY(init_new_pin(args->new_pin_source, args->so ? OFFICER : "the user",
	    "--new-pin-source", &new));
	return calls->C_SetPIN(token->session, old.data, old.len, new.data,
	    new.len);
}

static CK_RV
pins_wanted(const struct token *token)
{
	if ((token->flags & CKF_LOGIN_REQUIRED) != 0)
		return CKR_OK;
	error_say("Error: token [%s] has no PINs\n", token->name);
	return E_NOT_SUPPORTED;
}

CK_RV
token_set_pin(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;

	TRY(token_get(p11, args->name, "Error: no such token\n", true,
	    LOGIN_NONE, &token));
	TRY(pins_wanted(&token));
	TRY(pin_change(args, &token));
	return done(args, "set", "Successfully set the PIN of token", &token);
}

CK_RV
token_unlock(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(secret_wipe) struct secret so_pin = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret new = { NULL, 0 };

	TRY(token_get(p11, args->name, "Error: no such token\n", true,
	    LOGIN_NONE, &token));
	TRY(pins_wanted(&token));
	TRY(pin_old(&token, true, &so_pin));
	TRY(init_new_pin(args->new_pin_source, "the user",
	    "--new-pin-source", &new));
	TRY(p11->calls->C_InitPIN(token.session, new.data, new.len));
	return done(args, "unlocked", "Successfully unlocked token", &token);
}
