/* How an entry point begins and ends: find the client's context or session,
 * hold it, call, let go. */
#ifndef VECS_WITH_H
#define VECS_WITH_H

#include "module/calls/calls.h"

/* Siblings of TRY: they return what the call returns, and let go. */
#define WITH_TOKEN(c, call) \
	do { \
		_cleanup_(library_leavep) struct context *c = NULL; \
		TRY(library_enter(&c)); \
		return (call); \
	} while (0)

#define WITH_SESSION(handle, s, call) \
	do { \
		_cleanup_(library_leavep) struct context *context_ = NULL; \
		_cleanup_(session_putp) struct session *s = NULL; \
		TRY(library_enter(&context_)); \
		TRY(session_get(context_, (handle), &s)); \
		return (call); \
	} while (0)

#define SPAN(data, len) (struct span){ (data), (len) }
#define OUTPUT(data, len) &(struct output){ (data), (len) }

#endif
