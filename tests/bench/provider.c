/*
 * EVP_DigestSign through our provider, the key named by a pkcs11: URI, against
 * the default provider with the same key from a file.  Each signature has a
 * new context, as each handshake of libssl has.
 */
#include "tests/bench/provider.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/keys.h"
#include "tests/bench/stock.h"

#define OBJECTS 10

void
provider_conf(const struct brand *brand, char *out)
{
	FILE *f;

	bench_path(out, "openssl-%s.cnf", brand->folder);
	f = fopen(out, "w");
	NEED(f != NULL);
	fprintf(f, "openssl_conf = init\n[init]\nproviders = providers\n"
	    "[providers]\ndefault = plain\nvecs = tokens\n"
	    "[plain]\nactivate = 1\n"
	    "[tokens]\nmodule = %s\npkcs11-module-path = %s\nactivate = 1\n",
	    bench.provider, *brand->path);
	NEED(fclose(f) == 0);
}

void
provider_uri(const struct brand *brand, const char *key, char *out)
{
	snprintf(out, BENCH_PATH, "pkcs11:token=%s;object=%s;type=private%s%s",
	    brand->token, key, brand->pin != NULL ? "?pin-value=" : "",
	    brand->pin != NULL ? brand->pin : "");
}

/* An element of DER whose length needs two bytes at most. */
static size_t
der_put(unsigned char *out, unsigned char tag, const void *value, size_t len)
{
	size_t at = 0;

	NEED(len < 256);
	out[at++] = tag;
	if (len >= 128)
		out[at++] = 0x81;
	out[at++] = (unsigned char)len;
	memcpy(out + at, value, len);
	return at + len;
}

void
provider_pem(const struct brand *brand, const char *key, char *out)
{
	static const char description[] = "PKCS#11 Provider URI v1.0";
	unsigned char inner[300], outer[304];
	char uri[BENCH_PATH];
	size_t len;
	FILE *f;

	provider_uri(brand, key, uri);
	len = der_put(inner, 0x1a, description, strlen(description));
	len += der_put(inner + len, 0x0c, uri, strlen(uri));
	len = der_put(outer, 0x30, inner, len);
	bench_path(out, "%s-%s.uri.pem", brand->folder, key);
	f = fopen(out, "w");
	NEED(f != NULL);
	NEED(PEM_write(f, "PKCS#11 PROVIDER URI", "", outer, (long)len) > 0);
	NEED(fclose(f) == 0);
}

struct signer {
	OSSL_LIB_CTX *libctx;
	EVP_PKEY *key;
	const char *digest; /* NULL for Ed25519 */
	unsigned char signature[512];
};

static void
signer_once(void *arg)
{
	struct signer *s = arg;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char message[32] = { 1, 2, 3 };
	size_t len = sizeof(s->signature);

	if (ctx == NULL ||
	    EVP_DigestSignInit_ex(ctx, NULL, s->digest, s->libctx, NULL,
		s->key, NULL) != 1 ||
	    EVP_DigestSign(ctx, s->signature, &len, message,
		sizeof(message)) != 1) {
		ERR_print_errors_fp(stderr);
		die("EVP_DigestSign failed");
	}
	EVP_MD_CTX_free(ctx);
}

static EVP_PKEY *
key_by_uri(const char *uri, OSSL_LIB_CTX *libctx)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, libctx, NULL, NULL,
	    NULL, NULL, NULL, NULL);
	EVP_PKEY *key = NULL;

	while (store != NULL && key == NULL && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info != NULL)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	if (key == NULL) {
		ERR_print_errors_fp(stderr);
		die("no key at %s", uri);
	}
	return key;
}

static void
signer_add(struct sides *sides, const char *name, const char *about,
    OSSL_LIB_CTX *libctx, EVP_PKEY *key)
{
	struct side *side = side_add(sides, name);

	side->once = signer_once;
	for (unsigned i = 0; i < sides->threads; i++) {
		struct signer *s = calloc(1, sizeof(*s));

		NEED(s != NULL);
		s->libctx = libctx;
		s->key = key;
		s->digest = strcmp(about, "ed25519") == 0 ? NULL : "SHA256";
		side->arg[i] = s;
	}
}

static void
provider_add(struct sides *sides, const struct row *row,
    const struct brand *brand, const char *name)
{
	char home[BENCH_PATH], conf[BENCH_PATH], uri[BENCH_PATH];
	OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();

	stock_home(brand, OBJECTS, home);
	brand->settle(home);
	provider_conf(brand, conf);
	if (OSSL_LIB_CTX_load_config(libctx, conf) != 1) {
		ERR_print_errors_fp(stderr);
		die("%s cannot be loaded", conf);
	}
	provider_uri(brand, row->about, uri);
	signer_add(sides, name, row->about, libctx, key_by_uri(uri, libctx));
}

static void
provider_run(const struct row *row)
{
	struct sides sides = { .threads = row->count };

	if (access(bench.provider, R_OK) != 0)
		skip("no provider %s", bench.provider);
	stock_all(OBJECTS, OBJECTS);
	signer_add(&sides, "key file", row->about, NULL,
	    key_load(row->about));
	if (brand_is_there(&vecs_brand))
		provider_add(&sides, row, &vecs_brand, "VECS");
	if (brand_is_there(&softhsm_brand))
		provider_add(&sides, row, &softhsm_brand, "on SoftHSM2");
	measure(row, &sides);
}

const struct row provider_rows[] = {
	{ "provider-rsa-2048", "EVP_DigestSign by URI, RSA-2048, 1 thread",
	    RATE, 0.98, provider_run, "rsa-2048", 1 },
	{ "provider-p-256", "EVP_DigestSign by URI, P-256, 1 thread", RATE,
	    0.85, provider_run, "p-256", 1 },
	{ "provider-ed25519", "EVP_DigestSign by URI, Ed25519, 1 thread",
	    RATE, 0.85, provider_run, "ed25519", 1 },
	{ "provider-rsa-2048-2t", "EVP_DigestSign by URI, RSA-2048, 2 threads",
	    RATE, 0.98, provider_run, "rsa-2048", 2 },
	{ "provider-p-256-2t", "EVP_DigestSign by URI, P-256, 2 threads", RATE,
	    0.85, provider_run, "p-256", 2 },
	{ "provider-ed25519-2t", "EVP_DigestSign by URI, Ed25519, 2 threads",
	    RATE, 0.85, provider_run, "ed25519", 2 },
	{ 0 },
};
