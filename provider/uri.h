/*
 * A parsed pkcs11: URI (RFC 7512): which module, token and objects it means,
 * and where its PIN comes from.
 */
#ifndef VECS_PROVIDER_URI_H
#define VECS_PROVIDER_URI_H

#include <stdbool.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"
#include "common/secret.h"

struct uri;

/* CKR_ARGUMENTS_BAD with the reason for what RFC 7512 does not allow and for
 * path attributes that nobody knows. */
CK_RV uri_parse(const char *text, struct uri **out) MUST_USE;
void uri_free(struct uri *u);
DEFINE_CLEANUP(struct uri *, uri_free)

/* The text up to its query: fit for messages, it holds no PIN. */
const char *uri_text(const struct uri *u);

/* CKA_CLASS of type=, or CK_UNAVAILABLE_INFORMATION. */
CK_OBJECT_CLASS uri_class(const struct uri *u);
/* True if it has object= or id=. */
bool uri_names_object(const struct uri *u);

/* Copies the object's attributes except CKA_CLASS; their values stay the
 * URI's.  Returns how many, at most max. */
size_t uri_template(const struct uri *u, CK_ATTRIBUTE *out, size_t max);

const char *uri_module_path(const struct uri *u);
bool uri_match_module(const struct uri *u, const char *path,
    const CK_INFO *info);
bool uri_match_slot(const struct uri *u, const CK_SLOT_INFO *info);
bool uri_match_token(const struct uri *u, CK_SLOT_ID slot,
    const CK_TOKEN_INFO *info);

/* pin-value or what pin-source holds; out stays empty when there is neither.
 * A pin-source that cannot be read is CKR_PIN_INVALID with the reason. */
CK_RV uri_pin(const struct uri *u, struct secret *out) MUST_USE;

/* Whom a login is for, of x-user=; NULL: whom C_Login means. */
const char *uri_user(const struct uri *u);

/* A PIN as configured: file:PATH, a path that begins with / , or the PIN. */
CK_RV pin_text(const char *text, struct secret *out) MUST_USE;

#endif
