/* Stores as tokens: listed, found by name, opened, logged in to. */
#ifndef VECS_TOOL_TOKEN_H
#define VECS_TOOL_TOKEN_H

#include "tool/p11.h"

struct token {
	struct p11 *p11;
	CK_SLOT_ID slot;
	CK_FLAGS flags;
	bool present; /* false: it exists, but the caller has no right to it */
	char name[65], serial[17];
	CK_SESSION_HANDLE session; /* CK_INVALID_HANDLE when closed */
};

#define TOKEN_INIT { .session = CK_INVALID_HANDLE }

enum login {
	LOGIN_NONE,
	LOGIN_IF_CAN, /* go on with public objects when there is no PIN */
	LOGIN_MUST,
	LOGIN_SO,
};

struct tokens {
	struct token *list;
	size_t count;
};

/* Every initialised token that --token admits, in the module's order. */
CK_RV tokens_list(struct p11 *p11, struct tokens *out) MUST_USE;
void tokens_free(struct tokens *tokens);

/* The slot whose token is not initialised yet; E_OBJECT_NOT_FOUND. */
CK_RV token_empty_slot(struct p11 *p11, CK_SLOT_ID *out) MUST_USE;

/*
 * By name without regard to ASCII case; with no name, the one token that
 * --token leaves.  E_OBJECT_NOT_FOUND if there is none.
 */
CK_RV token_find(struct p11 *p11, const char *name,
    struct token *out) MUST_USE;

/* A session, and the login that the token asks for. */
CK_RV token_open(struct token *token, bool write, enum login how) MUST_USE;
void token_close(struct token *token);

/* token_find and token_open; prints unknown, with its newline, if not found. */
CK_RV token_get(struct p11 *p11, const char *name, const char *unknown,
    bool write, enum login how, struct token *out) MUST_USE;

#endif
