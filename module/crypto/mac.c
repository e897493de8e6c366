/* The MAC algorithms, fetched at their first use. */
#include "module/crypto/mac.h"

#include <stdatomic.h>

#include "module/crypto/errors.h"
#include "module/crypto/libctx.h"

static EVP_MAC *_Atomic hmac;

EVP_MAC *
mac_hmac(void)
{
	EVP_MAC *mac = atomic_load_explicit(&hmac, memory_order_acquire);
	EVP_MAC *other = NULL;

	if (mac != NULL)
		return mac;
	_cleanup_(errors_forget) errors_scope mark = errors_mark();

	mac = EVP_MAC_fetch(libctx_get(), "HMAC", NULL);
	if (mac != NULL &&
	    !atomic_compare_exchange_strong(&hmac, &other, mac)) {
		EVP_MAC_free(mac);
		return other;
	}
	return mac;
}
