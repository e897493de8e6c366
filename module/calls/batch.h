/*
 * Changes of token objects, at once or collected.  A batch belongs to the
 * sessions that joined it; what it holds is seen by them alone, takes no
 * database lock, and is applied in one transaction or not at all.
 */
#ifndef VECS_BATCH_H
#define VECS_BATCH_H

#include "module/calls/pending.h"
#include "module/calls/token.h"

/* Create, change (another `to` than the token's store moves) or delete a token
 * object: at once, or in the session's batch.  *id is 0 inside a batch. */
CK_RV change_create(struct session *s, const struct token *token,
    struct object *after, uint64_t *id) MUST_USE;
CK_RV change_update(struct session *s, const struct token *token,
    struct object *before, struct object *after, uint64_t to) MUST_USE;
CK_RV change_delete(struct session *s, const struct token *token,
    struct object *before) MUST_USE;

/* True while the session has joined a batch that is open. */
bool batch_is_open(const struct session *s);
/* False for the id of another batch than the one that the session is in. */
bool batch_is_mine(const struct session *s, struct span id);
/* The handle of an object that the session's batch created. */
void batch_name(struct session *s, const struct object *after,
    CK_OBJECT_HANDLE handle);
/* What the session's batch makes of an object: *known false when it leaves it
 * alone; else *after is held, or NULL for a deleted or moved one. */
void batch_look(struct session *s, const struct object *o, bool *known,
    struct object **after);
/* Walks what the batch has created in or changed in this store: the handle of
 * a created one or 0, the state held; NULL at the end. */
struct object *batch_next(struct session *s, size_t *at,
    CK_OBJECT_HANDLE *handle);

/* The vendor object (common/vendor.h): joins or founds; adds preconditions or
 * commits; drops. */
CK_RV batch_join(struct session *s, struct span id) MUST_USE;
/* Lets go of it: for the others it goes on. */
void batch_leave(struct session *s);
/* One that no other session can join; the session must be in none. */
CK_RV batch_begin(struct session *s) MUST_USE;
CK_RV batch_require_absent(struct session *s, struct span label) MUST_USE;
CK_RV batch_commit(struct session *s) MUST_USE;
void batch_drop(struct session *s);

#endif
