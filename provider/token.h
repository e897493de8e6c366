/*
 * Tokens of a module and their pools of sessions.  A token is a slot together
 * with the serial number and label found in it; structs are never freed, so
 * that keys may point at them.
 */
#ifndef VECS_PROVIDER_TOKEN_H
#define VECS_PROVIDER_TOKEN_H

#include <pthread.h>
#include <stdbool.h>

#include "common/secret.h"
#include "provider/module.h"
#include "provider/uri.h"

#define TOKEN_IDLE_MAX 64

struct token {
	struct token *next;
	struct module *m;
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info; /* flags as last seen; under the module's lock */

	pthread_mutex_t lock; /* the pool */
	pthread_cond_t returned;
	unsigned long epoch;
	unsigned idle_count, busy, waiting;
	CK_SESSION_HANDLE idle[TOKEN_IDLE_MAX];

	atomic_ulong logged_in; /* the epoch of the login, 0: none */

	/* Under the module's lock; see login.c. */
	struct secret pin;       /* that the token accepted */
	struct secret wrong_pin; /* that it refused */
	char *user;              /* whose they are; NULL: whom C_Login means */
};

/* A session taken out of the pool. */
struct session {
	struct token *token;
	CK_SESSION_HANDLE handle;
	unsigned long epoch;
	bool broken; /* to be closed rather than kept */
};

CK_RV session_take(struct token *t, struct session *out) MUST_USE;
/* _cleanup_(session_give); fine with a zeroed struct. */
void session_give(struct session *s);

/*
 * The initialised tokens that the URI leaves, in the order of their slots.
 * The caller frees the array.  Slots are listed anew each time.
 */
CK_RV tokens_match(struct module *m, const struct uri *uri,
    struct token ***out, size_t *count) MUST_USE;

/* Reads the flags again. */
CK_RV token_refresh(struct token *t) MUST_USE;

/* For module.c: a call may be under way; the child's fresh locks. */
bool token_any_busy(struct module *m);
void token_fork_child(struct token *t);

#endif
