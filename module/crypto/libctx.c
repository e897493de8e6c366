/* Our own library context, and random bytes from it. */
#include "module/crypto/libctx.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <pthread.h>

#include "common/log.h"

static struct {
	pthread_mutex_t lock;
	OSSL_LIB_CTX *ctx;
	bool asked, legacy; /* for the legacy provider */
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static OSSL_LIB_CTX *
context_new(void)
{
	OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();

	if (ctx != NULL && OSSL_PROVIDER_load(ctx, "default") == NULL) {
		OSSL_LIB_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

CK_RV
libctx_open(void)
{
	pthread_mutex_lock(&state.lock);
	if (state.ctx == NULL)
		state.ctx = context_new();
	pthread_mutex_unlock(&state.lock);
	if (state.ctx == NULL)
		return fail(CKR_GENERAL_ERROR,
		    "libcrypto's default provider cannot be loaded");
	return CKR_OK;
}

bool
libctx_legacy(void)
{
	pthread_mutex_lock(&state.lock);
	if (!state.asked)
		state.legacy = OSSL_PROVIDER_load(state.ctx, "legacy") != NULL;
	state.asked = true;
	pthread_mutex_unlock(&state.lock);
	return state.legacy;
}

void
libctx_settle(void)
{
	/* Where it is we who bring libcrypto in, it does not end while threads
	 * of an application that exits are still inside. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
	(void)ERR_set_mark();
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	(void)ERR_pop_to_mark();
}

OSSL_LIB_CTX *
libctx_get(void)
{
	return state.ctx;
}

CK_RV
rng_bytes(void *out, size_t len)
{
	if (RAND_priv_bytes_ex(state.ctx, out, len, 0) != 1)
		return fail(CKR_RANDOM_NO_RNG, "libcrypto has no random bytes");
	return CKR_OK;
}

CK_RV
rng_mix(const void *seed, size_t len)
{
	EVP_RAND_CTX *rng = RAND_get0_private(state.ctx);

	if (rng == NULL || EVP_RAND_reseed(rng, 0, NULL, 0, seed, len) != 1)
		return fail(CKR_RANDOM_NO_RNG, "libcrypto takes no seed");
	return CKR_OK;
}
