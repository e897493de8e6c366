/* The same without a token: first-signature-pem FILE, by libcrypto alone. */
#include <openssl/pem.h>

#include "tests/bench/die.h"

int
main(int argc, char *argv[])
{
	unsigned char digest[32] = { 1, 2, 3 }, signature[80];
	size_t len = sizeof(signature);
	EVP_PKEY *key;
	EVP_PKEY_CTX *ctx;
	FILE *f;

	if (argc != 2 || (f = fopen(argv[1], "r")) == NULL)
		die("usage: first-signature-pem FILE");
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	NEED(key != NULL);
	ctx = EVP_PKEY_CTX_new(key, NULL);
	NEED(EVP_PKEY_sign_init(ctx) == 1);
	NEED(EVP_PKEY_sign(ctx, signature, &len, digest, sizeof(digest)) ==
	    1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	fclose(f);
	return 0;
}
