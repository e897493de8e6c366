/*
 * Logging in, and where the PIN comes from: the URI, the configuration, what
 * the token accepted before, the caller's callback.  The first that gives one
 * is the only one asked.  A refused PIN is never sent again, and after it only
 * another one given by the caller is.
 */
#ifndef VECS_PROVIDER_LOGIN_H
#define VECS_PROVIDER_LOGIN_H

#include <openssl/core.h>

#include "provider/config.h"
#include "provider/token.h"
#include "provider/uri.h"

struct pin_sources {
	const struct uri *uri;
	const struct config *config;
	OSSL_PASSPHRASE_CALLBACK *ask; /* may be NULL */
	void *ask_arg;
	bool kept_first; /* what the token accepted was the URI's */
};

/* Does nothing for a token without CKF_LOGIN_REQUIRED, when logged in, or
 * when the configuration says never.  CKR_USER_NOT_LOGGED_IN: no PIN. */
CK_RV token_login(struct token *t, const struct pin_sources *from) MUST_USE;

/* For a key with CKA_ALWAYS_AUTHENTICATE, between C_SignInit and C_Sign. */
CK_RV session_reauthenticate(const struct session *s) MUST_USE;

#endif
