/* The MAC algorithms, fetched at their first use. */
#include "module/crypto/mac.h"

#include <stdatomic.h>
#include <string.h>

#include "module/crypto/errors.h"
#include "module/crypto/libctx.h"

static struct {
	const char *name;
	EVP_MAC *_Atomic mac;
} macs[] = {
	{ "HMAC", NULL },
	{ "CMAC", NULL },
	{ "GMAC", NULL },
};

/* Of several threads that fetch at once, one fetched algorithm is kept. */
static EVP_MAC *
mac_fetch(size_t i)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	EVP_MAC *mac = EVP_MAC_fetch(libctx_get(), macs[i].name, NULL);
	EVP_MAC *other = NULL;

	if (mac != NULL &&
	    !atomic_compare_exchange_strong(&macs[i].mac, &other, mac)) {
		EVP_MAC_free(mac);
		return other;
	}
	return mac;
}

EVP_MAC *
mac_find(const char *name)
{
	EVP_MAC *mac;

	for (size_t i = 0; i < COUNT(macs); i++) {
		if (strcmp(macs[i].name, name) != 0)
			continue;
		mac = atomic_load_explicit(&macs[i].mac,
		    memory_order_acquire);
		return mac != NULL ? mac : mac_fetch(i);
	}
	return NULL;
}
