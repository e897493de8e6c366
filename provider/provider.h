/*
 * One activation of the provider: what the application's configuration says,
 * the way back into the application's libcrypto, and the algorithm tables,
 * which carry the name of this very activation.
 */
#ifndef VECS_PROVIDER_H
#define VECS_PROVIDER_H

#include <openssl/core.h>
#include <openssl/core_dispatch.h>

#include "common/pkcs11.h"
#include "provider/config.h"

struct module;

/* The functions of the application's libcrypto that we call. */
struct core_calls {
	OSSL_FUNC_core_get_params_fn *get_params;
	OSSL_FUNC_core_new_error_fn *new_error;
	OSSL_FUNC_core_vset_error_fn *vset_error;
	OSSL_FUNC_BIO_read_ex_fn *bio_read;
	OSSL_FUNC_BIO_gets_fn *bio_gets;
	OSSL_FUNC_BIO_write_ex_fn *bio_write;
};

#define PROVIDER_OPERATIONS 8

struct provider {
	const OSSL_CORE_HANDLE *handle;
	struct core_calls core;
	struct config config;
	OSSL_ALGORITHM *tables[PROVIDER_OPERATIONS];
};

#endif
