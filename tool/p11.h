/*
 * The way to a PKCS#11 module: which one, loaded by libp11-kit, and whether it
 * is ours.  Opened at the first need; one module for each run.
 */
#ifndef VECS_TOOL_P11_H
#define VECS_TOOL_P11_H

#include <stdbool.h>

#include "common/conf.h"
#include "common/pkcs11.h"
#include "common/secret.h"
#include "common/vendor.h"
#include "tool/options.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

struct p11 {
	const struct args *args;
	struct conf *conf;
	P11KitUri *uri; /* of --token, or NULL */
	CK_FUNCTION_LIST *calls;
	bool loaded, ready;
	bool native; /* our own module: vendor objects work */
	struct secret pin, so_pin;
	const char *pin_option; /* to name where not --pin-source is meant */
	bool pin_asked, pin_known, so_pin_known;
	char reason[512]; /* of the last failure before a cleanup */
};

/* Loads and initialises the module unless that is done. */
CK_RV p11_open(struct p11 *p11) MUST_USE;
/* The vendor interface of a module that is loaded, if it has one. */
const struct vecs_interface *p11_vendor(struct p11 *p11);
void p11_close(struct p11 *p11);

/* Keeps the module's reason across the calls of a cleanup, which clear it. */
void p11_reason_keep(struct p11 *p11);

/* What the module says about this failure; "" when nothing need be said. */
void p11_reason(struct p11 *p11, CK_RV rv, char *text, size_t size);

/*
 * The PIN from --pin-source, the URI, or the terminal, asked once; known is
 * false when there is no source at all.
 */
CK_RV p11_pin(struct p11 *p11, const char *token) MUST_USE;
CK_RV p11_so_pin(struct p11 *p11) MUST_USE;

/* The calls of 3.0 and later, which libp11-kit may not hand on: NULL from a
 * module that has none. */
CK_FUNCTION_LIST_3_0 *p11_calls_3(struct p11 *p11);

/* True, or a clear error that this command needs our own module. */
CK_RV p11_native(struct p11 *p11, const char *what) MUST_USE;

#endif
