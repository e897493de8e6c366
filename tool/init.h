/* Tokens made, and new PINs. */
#ifndef VECS_TOOL_INIT_H
#define VECS_TOOL_INIT_H

#include "tool/token.h"

/* May this name a token, or a store?  Says why not. */
CK_RV init_name_check(const char *name) MUST_USE;

/* CKR_OK when nobody has the name. */
CK_RV init_name_free(struct p11 *p11, const char *name) MUST_USE;

/* C_InitToken in a slot. */
CK_RV init_token(struct p11 *p11, CK_SLOT_ID slot, const char *name,
    const struct secret *so_pin) MUST_USE;

/* A new token with both PINs in this slot, or in an empty one: NULL. */
CK_RV init_with_pins(struct p11 *p11, const CK_SLOT_ID *slot, const char *name,
    const struct secret *so_pin, const struct secret *pin) MUST_USE;

/* A new store of our own module, without PINs. */
CK_RV init_without_pins(struct p11 *p11, const char *name) MUST_USE;

/* A new PIN from source, or asked for twice; option names source in errors. */
CK_RV init_new_pin(const char *source, const char *whose, const char *option,
    struct secret *out) MUST_USE;

#endif
