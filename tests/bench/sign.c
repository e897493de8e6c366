/*
 * C_SignInit and C_Sign against raw libcrypto with a prepared context, and the
 * others beside it.  Threads have a session, or a context, each, and share one
 * key.
 */
#include <openssl/rsa.h>
#include <openssl/opensslv.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/keys.h"
#include "tests/bench/stock.h"

#define OBJECTS 10

struct raw {
	EVP_PKEY_CTX *ctx;
	EVP_MD_CTX *md;
	EVP_PKEY *key;
	const CK_BYTE *input; /* the digest, or for Ed25519 the message */
	struct signing signing;
	CK_BYTE signature[512];
};

struct token {
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	struct signing signing;
	CK_BYTE signature[512];
	CK_ULONG len;
};

static void
raw_once(void *arg)
{
	struct raw *raw = arg;
	size_t len = sizeof(raw->signature);

	if (EVP_PKEY_sign(raw->ctx, raw->signature, &len, raw->input, 32) != 1)
		die("EVP_PKEY_sign failed");
}

/* Ed25519 before EVP_PKEY_sign_message_init: one context serves for ever. */
static void
raw_digest_once(void *arg)
{
	struct raw *raw = arg;
	size_t len = sizeof(raw->signature);

	if (EVP_DigestSign(raw->md, raw->signature, &len, raw->input, 32) != 1)
		die("EVP_DigestSign failed");
}

static struct raw *
raw_new(const char *name, EVP_PKEY *key)
{
	struct raw *raw = calloc(1, sizeof(*raw));

	NEED(raw != NULL);
	raw->key = key;
	raw->signing = key_signing(name);
	raw->input = raw->signing.input + raw->signing.len - 32;
	raw->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	NEED(raw->ctx != NULL);
	return raw;
}

static void
raw_prepare(struct raw *raw)
{
	NEED(EVP_PKEY_sign_init(raw->ctx) == 1);
	if (EVP_PKEY_is_a(raw->key, "RSA"))
		NEED(EVP_PKEY_CTX_set_rsa_padding(raw->ctx,
		         RSA_PKCS1_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(raw->ctx, EVP_sha256()) ==
			1);
}

#if OPENSSL_VERSION_NUMBER >= 0x30400000L
static void
raw_prepare_ed(struct raw *raw)
{
	EVP_SIGNATURE *alg = EVP_SIGNATURE_fetch(NULL, "ED25519", NULL);

	NEED(EVP_PKEY_sign_message_init(raw->ctx, alg, NULL) == 1);
	EVP_SIGNATURE_free(alg);
}
#else
static void
raw_prepare_ed(struct raw *raw)
{
	raw->md = EVP_MD_CTX_new();
	NEED(EVP_DigestSignInit(raw->md, NULL, NULL, NULL, raw->key) == 1);
}
#endif

static void
raw_add(struct sides *sides, const struct row *row)
{
	struct side *side = side_add(sides, "libcrypto");
	EVP_PKEY *key = key_load(row->about);

	side->once = raw_once;
	for (unsigned i = 0; i < sides->threads; i++) {
		struct raw *raw = raw_new(row->about, key);

		if (EVP_PKEY_is_a(key, "ED25519"))
			raw_prepare_ed(raw);
		else
			raw_prepare(raw);
		if (raw->md != NULL)
			side->once = raw_digest_once;
		side->arg[i] = raw;
	}
}

static void
token_once(void *arg)
{
	struct token *t = arg;

	t->len = sizeof(t->signature);
	if (t->f->C_SignInit(t->session, &t->signing.mechanism, t->key) !=
		CKR_OK ||
	    t->f->C_Sign(t->session, t->signing.input, t->signing.len,
		t->signature, &t->len) != CKR_OK)
		die("C_Sign failed");
}

static bool
token_offers(const struct brand *brand, CK_FUNCTION_LIST *f, const char *name)
{
	struct signing s = key_signing(name);
	CK_MECHANISM_INFO info;
	CK_SLOT_ID slot;

	return module_slot(f, brand->token, &slot) &&
	    f->C_GetMechanismInfo(slot, s.mechanism.mechanism, &info) ==
	    CKR_OK;
}

static void
token_add(struct sides *sides, const struct row *row,
    const struct brand *brand)
{
	char home[BENCH_PATH];
	CK_FUNCTION_LIST *f;
	struct side *side;

	stock_home(brand, OBJECTS, home);
	f = brand_open(brand, home);
	if (!token_offers(brand, f, row->about))
		return;
	side = side_add(sides, brand->name);
	side->once = token_once;
	for (unsigned i = 0; i < sides->threads; i++) {
		struct token *t = calloc(1, sizeof(*t));

		NEED(t != NULL);
		t->f = f;
		t->session = brand_session(brand, f, false);
		t->key = module_key(f, t->session, row->about);
		t->signing = key_signing(row->about);
		token_once(t);
		key_check(row->about, t->signature, t->len);
		side->arg[i] = t;
	}
}

static void
sign_run(const struct row *row)
{
	struct sides sides = { .threads = row->count };

	stock_all(OBJECTS, OBJECTS);
	raw_add(&sides, row);
	for (size_t i = 0; brands[i] != NULL; i++)
		if (brand_is_there(brands[i]))
			token_add(&sides, row, brands[i]);
	measure(row, &sides);
}

const struct row sign_rows[] = {
	{ "sign-rsa-2048", "C_Sign, RSA-2048, 1 thread", RATE, 0.99, sign_run,
	    "rsa-2048", 1 },
	{ "sign-p-256", "C_Sign, P-256, 1 thread", RATE, 0.93, sign_run,
	    "p-256", 1 },
	{ "sign-ed25519", "C_Sign, Ed25519, 1 thread", RATE, 0.93, sign_run,
	    "ed25519", 1 },
	{ "sign-rsa-2048-2t", "C_Sign, RSA-2048, 2 threads", RATE, 0.99,
	    sign_run, "rsa-2048", 2 },
	{ "sign-p-256-2t", "C_Sign, P-256, 2 threads", RATE, 0.97, sign_run,
	    "p-256", 2 },
	{ "sign-ed25519-2t", "C_Sign, Ed25519, 2 threads", RATE, 0.93,
	    sign_run, "ed25519", 2 },
	{ 0 },
};
