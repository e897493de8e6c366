/*
 * A token as one call sees it: the store as it is now, what this client may do
 * with it and whether it is logged in.  Every call on a token begins here.
 */
#ifndef VECS_TOKEN_H
#define VECS_TOKEN_H

#include "module/calls/instance.h"
#include "module/policy/permit.h"
#include "module/session/session.h"

/* Between the lengths of vecs.conf, and UTF-8; CKR_ARGUMENTS_BAD for none. */
CK_RV pin_check(const struct context *context, struct span pin) MUST_USE;

struct token {
	struct store *store; /* NULL: the uninitialised slot */
	struct login *login; /* NULL: none, or not needed */
	unsigned rights;     /* RIGHT_ bits: of the client and of its login */
	bool controls;       /* owner or administrator */
	unsigned granted;    /* RIGHT_ bits of the client, whoever is logged in */
};

/* CKR_SLOT_ID_INVALID for a slot that is none.  A store without any right is
 * opened all the same: it is a slot whose token is absent. */
CK_RV token_open(struct context *context, uint64_t slot,
    struct token *out) MUST_USE;
/* The client is told, or has found, that this slot is the empty one.  Another
 * thread may know it better: ids only grow. */
void token_empty_slot(struct context *context, uint64_t slot);
void token_close(struct token *token);
bool token_is_present(const struct token *token);

/* The token of a session: CKR_TOKEN_NOT_PRESENT when the store is gone or the
 * right to it. */
CK_RV token_of(struct session *s, struct token *out) MUST_USE;

bool token_has_pin(const struct token *token);
/* Logged in as the user, or without a PIN: private objects are visible. */
bool token_is_user(const struct token *token);
bool token_is_so(const struct token *token);
/* As the token's own user, not a named one. */
bool token_is_own_user(const struct token *token);
/* Has `use` alone: calls/view.h. */
bool token_uses_only(const struct token *token);
/* CKA_TRUSTED of its objects may read true: policy/permit.h. */
bool token_shows_trust(const struct context *context,
    const struct token *token);
/* For record_load and the like: NULL without a login as user. */
const struct secret *token_key(const struct token *token);
/* The CKS_ of a session of this kind. */
CK_STATE token_state(const struct token *token, bool rw);

#endif
