/*
 * Everything that serves one client: who it is, its sessions, its logins, its
 * object handles.  Embedded mode has one for the process; a service has one for
 * each client.  There is no login state, handle or identity outside it.
 *
 * One lock guards the tables and is held for look-ups only; a session's own
 * lock, taken after a look-up, is held for the length of a call.  Order:
 * session, then context.
 */
#ifndef VECS_CONTEXT_H
#define VECS_CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/map.h"
#include "common/secret.h"
#include "module/policy/permit.h"
#include "module/store/store.h"

struct batch;
struct instance; /* what all contexts share: calls/instance.h */

/* A login to one token; shared by reference with the calls that use its key. */
struct login {
	atomic_uint refs;
	uint64_t slot;
	char who[PIN_WHO_SIZE]; /* whose PIN it was */
	bool so;
	struct secret private_key;
};

/* The stores that this client knows of: C_WaitForSlotEvent. */
struct seen {
	uint64_t *ids;
	size_t count;
};

#define FINDERS 16

struct finder {
	pthread_mutex_t lock; /* no other is taken under it */
	struct map sessions;
};

struct context {
	struct instance *instance;
	struct identity identity;
	pthread_mutex_t lock; /* of all but the handles and the finders */
	struct map sessions;
	/* the sessions again, by the last bits of their handles: where a call
	 * finds its own without meeting those of other threads */
	struct finder finders[FINDERS];
	struct map counts; /* by slot: struct session_counts, none for none */
	struct map logins; /* by slot */
	CK_ULONG last_session;
	_Atomic uint64_t empty_slot; /* as the client was last told */
	struct batch *batches; /* calls/batch.h */
	struct seen seen; /* under lock */
	pthread_mutex_t handles_lock; /* no other is taken under it */
	struct map handles, handles_by_id;
	struct map session_objects; /* the handles that end with a session */
	CK_ULONG last_handle;
};

CK_RV context_new(struct instance *instance, const struct identity *identity,
    struct context **out) MUST_USE;
/* Closes every session first; no call may be inside. */
void context_free(struct context *context);

/* The login of this slot, held, or NULL. */
struct login *login_get(struct context *context, uint64_t slot);
void login_put(struct login *login);
DEFINE_CLEANUP(struct login *, login_put)
/* Takes the key over.  Of several at once one is the login, the others are told
 * CKR_USER_ALREADY_LOGGED_IN, or ANOTHER_; CKR_HOST_MEMORY. */
CK_RV login_add(struct context *context, uint64_t slot, const char *who,
    struct secret *private_key) MUST_USE;
void login_remove(struct context *context, uint64_t slot);
/* Removes this login, unless another has taken its place. */
void login_forget(struct context *context, const struct login *login);
void login_remove_all(struct context *context);

/*
 * What a handle stands for: a thing (an object, held), the slot it is in, its
 * id on disk (0: none), the session that it ends with (0: a token object).
 */
struct handle {
	CK_OBJECT_HANDLE number;
	uint64_t slot, id;
	CK_SESSION_HANDLE session;
	bool private;
	void *thing; /* NULL: only the id is remembered */
	void (*put)(void *thing);
};

/* The handle of this object: the same as before when it already has one in
 * this slot.  Takes over h->thing in any case. */
CK_RV handle_add(struct context *context, struct handle *h,
    CK_OBJECT_HANDLE *out) MUST_USE;
/* A copy of the entry, its thing held by `hold`; false when there is none. */
bool handle_get(struct context *context, CK_OBJECT_HANDLE number,
    void *(*hold)(void *), struct handle *out);
/* Puts another state of the same object behind a handle; a new id is remembered
 * too.  Returns what is to be let go of: the former state, or this one when the
 * handle is gone. */
void *handle_replace(struct context *context, CK_OBJECT_HANDLE number,
    uint64_t id, void *thing) MUST_USE;
void handle_remove(struct context *context, CK_OBJECT_HANDLE number);
/* At the end of a session (session != 0), or at logout from a slot. */
void handles_remove_session(struct context *context,
    CK_SESSION_HANDLE session);
void handles_remove_private(struct context *context, uint64_t slot);
/* Calls visit for each handle that belongs to a session, under the lock. */
void handles_each(struct context *context,
    void (*visit)(void *arg, const struct handle *h), void *arg);

#endif
