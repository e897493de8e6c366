/* Our own libcrypto context. */
#include "provider/soft.h"

#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <pthread.h>

static OSSL_LIB_CTX *libctx;

static void
make(void)
{
	OSSL_LIB_CTX *c = OSSL_LIB_CTX_new();

	if (c == NULL || OSSL_PROVIDER_load(c, "default") == NULL)
		OSSL_LIB_CTX_free(c);
	else
		libctx = c;
}

OSSL_LIB_CTX *
soft_libctx(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make);
	return libctx;
}
