/* What each file of operations offers: one table each. */
#ifndef VECS_PROVIDER_OPERATIONS_H
#define VECS_PROVIDER_OPERATIONS_H

#include <openssl/core.h>

/*
 * A row of what we offer.  property, if any, is appended to provider=NAME.
 * Rows end with a NULL name.
 */
struct offer {
	const char *name;
	const char *property;
	const OSSL_DISPATCH *functions;
	const char *description;
};

extern const struct offer keymgmt_offers[];
extern const struct offer signature_offers[];
extern const struct offer store_offers[];
extern const struct offer decoder_offers[];
extern const struct offer encoder_offers[];

/* OSSL_FUNC_provider_get_capabilities */
int tlsgroup_capabilities(void *provctx, const char *capability,
    OSSL_CALLBACK *callback, void *arg);

/*
 * The name of our operations.  No other provider asks for it, so that keys of
 * others are never drawn to us; keymgmt tells it to libcrypto for ours.
 */
#define OPERATION_NAME "PKCS11"

/* A function of a dispatch table, whatever its type. */
#define FUNCTION(id, f) { id, (void (*)(void))f }

#endif
