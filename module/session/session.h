/*
 * Sessions: found and locked in one place, held for the length of a call.
 * session_close takes a session out of the table at once; the last session_put
 * frees it and what it holds.
 */
#ifndef VECS_SESSION_H
#define VECS_SESSION_H

#include <stdatomic.h>

#include "module/session/context.h"
#include "module/session/operation.h"

struct session {
	struct context *context;
	CK_SESSION_HANDLE handle;
	uint64_t slot;
	bool rw;
	pthread_mutex_t lock; /* held from session_get to session_put */
	atomic_uint refs;     /* taken while a table has it, under its lock */
	bool closed;
	atomic_bool logged_out; /* meanwhile: ends what uses private objects */
	struct operation operations[OPERATION_COUNT];
	unsigned objects;     /* session objects made here, ever */
	struct batch *batch;  /* joined, or NULL: calls/batch.h */
	void (*batch_leave)(struct session *s);
	void *transfer;       /* a backup or a restore, or NULL: calls/backups.c */
	void (*transfer_end)(void *transfer);
};

CK_RV session_open(struct context *context, uint64_t slot, bool rw,
    CK_SESSION_HANDLE *out) MUST_USE;

/* Finds and locks; CKR_SESSION_HANDLE_INVALID. */
CK_RV session_get(struct context *context, CK_SESSION_HANDLE handle,
    struct session **out) MUST_USE;
void session_put(struct session *s);
DEFINE_CLEANUP(struct session *, session_put)

/* Ends the transfer that the session has, if any. */
void session_transfer_end(struct session *s);

/* Closes the session that the caller holds; its objects go with it, and the
 * last one of a slot logs out. */
bool session_close(struct session *s);
/* All of one slot; 0: of every slot.  The caller holds none. */
void sessions_close(struct context *context, uint64_t slot);

/* In a child, before any call of it: transfers end, which share their files
 * with the parent's, and the operations that must not go on twice. */
void sessions_forked(struct context *context,
    bool (*ends)(enum operation_kind kind, const void *state));

struct session_counts {
	CK_ULONG all, rw;
};
struct session_counts sessions_count(struct context *context, uint64_t slot);

/* Ends the operations of all sessions of the slot that use private objects;
 * s, if any, is the one that the caller holds. */
void sessions_end_private(struct context *context, uint64_t slot,
    struct session *s);

#endif
