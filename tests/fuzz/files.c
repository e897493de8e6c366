/*
 * Target functions: pem_certs, pem_crls, pem_key, pem_pkcs12, chain_sort,
 * envelope_read, pkcs8_open.
 *
 * The input is a file that an administrator gives to vecs-cli; its password,
 * where it needs one, is "secret".
 */
#include <openssl/err.h>

#include "tests/fuzz/fuzz.h"
#include "tool/cert.h"
#include "tool/envelope.h"
#include "tool/pem.h"

static void
certificates(const struct secret *file)
{
	_cleanup_(certs_freep) STACK_OF(X509) *certs = NULL;
	_cleanup_(crls_freep) STACK_OF(X509_CRL) *crls = NULL;

	if (pem_certs(file, &certs) == CKR_OK) {
		FUZZ_HOLDS(sk_X509_num(certs) > 0);
		certs_unique(certs);
		FUZZ_HOLDS(chain_sort(certs, NULL, true) == CKR_OK);
	}
	if (pem_crls(file, &crls) == CKR_OK) {
		FUZZ_HOLDS(sk_X509_CRL_num(crls) > 0);
		crls_newest(crls);
	}
}

static void
keys(const struct secret *file)
{
	struct input_password password = { .fallback = "secret" };
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *plain = NULL, *packed = NULL,
	    *opened = NULL;
	_cleanup_(certs_freep) STACK_OF(X509) *certs = NULL;
	struct secret secret = { (uint8_t *)(uintptr_t)"secret", 6 };

	if (pem_key(file, &password, &plain) == CKR_OK)
		FUZZ_HOLDS(plain != NULL);
	secret_wipe(&password.value);
	password.asked = false;
	if (pem_pkcs12(file, &password, &packed, &certs) == CKR_OK)
		FUZZ_HOLDS(certs != NULL || packed != NULL);
	secret_wipe(&password.value);
	if (pkcs8_open(file, &secret, &opened) == CKR_OK)
		FUZZ_HOLDS(opened != NULL);
}

static void
envelope(const uint8_t *data, size_t size)
{
	FILE *in = fmemopen((void *)(uintptr_t)data, size, "rb");
	_cleanup_(envelope_wipe) struct envelope e = { .payload = { NULL,
		0 } };

	if (in == NULL)
		return;
	if (envelope_read(in, &e) == CKR_OK)
		FUZZ_HOLDS(e.payload.len != 0 && e.payload.len < size);
	fclose(in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(secret_wipe) struct secret file = { NULL, 0 };

	FUZZ_HOLDS(secret_dup(data, size, &file) == CKR_OK);
	certificates(&file);
	keys(&file);
	/* without the magic it only says so on stderr */
	if (size > 8 && data[0] == 'V')
		envelope(data, size);
	ERR_clear_error();
	return 0;
}
