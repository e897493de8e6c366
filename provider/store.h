/* How found objects are handed to libcrypto: by store and decoders alike. */
#ifndef VECS_PROVIDER_STORE_H
#define VECS_PROVIDER_STORE_H

#include <openssl/core.h>

#include "provider/key.h"

/* A reference to the key, which the callback may take.  0 or 1. */
int key_deliver(struct key *k, OSSL_CALLBACK *callback, void *arg);

/* The bytes of a certificate or CRL. */
int blob_deliver(struct provider *prov, const struct found *f,
    OSSL_CALLBACK *callback, void *arg);

int found_deliver(struct provider *prov, const struct found *f,
    const char *uri, OSSL_CALLBACK *callback, void *arg);

#endif
