/*
 * The state of the process: initialised or not, the gate that every call goes
 * through, and fork.  A fork waits until no call is inside, so that no lock of
 * ours is ever held by a thread that the child does not have.
 */
#ifndef VECS_LIBRARY_H
#define VECS_LIBRARY_H

#include "module/session/context.h"

/* What the house above does; but for settle, called with the gate closed. */
struct library_hooks {
	/* Before any lock: what may call back into C_Initialize. */
	void (*settle)(void);
	CK_RV (*open)(struct context **out);
	void (*close)(struct context *context);
	void (*fork_prepare)(struct context *context);
	void (*fork_parent)(struct context *context);
	void (*fork_child)(struct context *context);
};

/* C_Initialize and C_Finalize (PKCS#11 5.4); in a forked child that inherited
 * the state, C_Initialize answers CKR_OK once and logs out of every token. */
CK_RV library_initialise(const CK_C_INITIALIZE_ARGS *args,
    const struct library_hooks *hooks) MUST_USE;
CK_RV library_finalise(void) MUST_USE;

/* Runs while nothing is initialised, and nothing can be; otherwise
 * CKR_CRYPTOKI_ALREADY_INITIALIZED. */
CK_RV library_before(const struct library_hooks *hooks,
    CK_RV (*run)(void *arg), void *arg) MUST_USE;

/* Enters the gate; CKR_CRYPTOKI_NOT_INITIALIZED.  Whoever entered leaves. */
CK_RV library_enter(struct context **out) MUST_USE;
void library_leave(void);

__attribute__((unused)) static inline void
library_leavep(struct context **context)
{
	if (*context != NULL)
		library_leave();
}

#endif
