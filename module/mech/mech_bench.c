/*
 * What op_start and op_once add to libcrypto with a prepared context, as a
 * ratio of rates: both sides in turns, the median of nine rounds, with one
 * thread and with two on one shared key.  Built by hand, not installed.
 */
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "module/crypto/keypool.h"
#include "module/crypto/libctx.h"
#include "module/mech/mech.h"

#define ROUNDS 9
#define ROUND_SECONDS 0.15
#define THREADS_MAX 2

struct side {
	const struct mech *mech; /* NULL: raw libcrypto */
	struct key *key;
	int padding;             /* of raw RSA; 0: ECDSA; -1: EdDSA */
};

struct worker {
	const struct side *side;
	pthread_barrier_t *gate;
	double rate;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "mech_bench: %s failed\n", what);
		exit(1);
	}
}

struct raw {
	EVP_PKEY_CTX *pkey;
	EVP_MD_CTX *md;
};

static struct raw
raw_new(const struct side *side)
{
	struct raw raw = { NULL, NULL };
	EVP_PKEY *pkey = key_pkey(side->key);

	if (side->padding < 0) {
		raw.md = EVP_MD_CTX_new();
		must(EVP_DigestSignInit_ex(raw.md, NULL, NULL, libctx_get(),
		    NULL, pkey, NULL) == 1, "init");
		return raw;
	}
	raw.pkey = EVP_PKEY_CTX_new_from_pkey(libctx_get(), pkey, NULL);
	must(EVP_PKEY_sign_init(raw.pkey) == 1, "init");
	if (side->padding > 0)
		must(EVP_PKEY_CTX_set_rsa_padding(raw.pkey,
		    side->padding) == 1, "padding");
	return raw;
}

static void
raw_sign(struct raw *raw, const uint8_t in[32])
{
	uint8_t out[1024];
	size_t len = sizeof(out);

	if (raw->md == NULL) {
		must(EVP_PKEY_sign(raw->pkey, out, &len, in, 32) == 1, "sign");
		return;
	}
	if (EVP_DigestSign(raw->md, out, &len, in, 32) == 1)
		return;
	/* where a context signs once only, beginning again is its price */
	len = sizeof(out);
	must(EVP_DigestSignInit_ex(raw->md, NULL, NULL, libctx_get(), NULL,
	    NULL, NULL) == 1 &&
	    EVP_DigestSign(raw->md, out, &len, in, 32) == 1, "sign");
}

static void
our_sign(const struct side *side, const uint8_t in[32])
{
	CK_MECHANISM mechanism = { side->mech->type, NULL, 0 };
	struct op *op;
	uint8_t out[1024];
	size_t len;

	must(op_start(side->mech, CKF_SIGN, &mechanism, side->key,
	    &op) == CKR_OK, "op_start");
	must(op_once(op, in, 32, out, &len) == CKR_OK, "op_once");
	op_free(op);
}

static void *
worker_run(void *arg)
{
	struct worker *w = arg;
	uint8_t in[32] = { 1 };
	struct raw raw = { NULL, NULL };
	unsigned long n = 0;
	double start, end;

	if (w->side->mech == NULL)
		raw = raw_new(w->side);
	pthread_barrier_wait(w->gate);
	start = now();
	do {
		for (int i = 0; i < 16; i++, n++) {
			in[n % 32]++;
			if (w->side->mech == NULL)
				raw_sign(&raw, in);
			else
				our_sign(w->side, in);
		}
		end = now();
	} while (end - start < ROUND_SECONDS);
	w->rate = (double)n / (end - start);
	EVP_PKEY_CTX_free(raw.pkey);
	EVP_MD_CTX_free(raw.md);
	return NULL;
}

static double
rate(const struct side *side, unsigned threads)
{
	struct worker w[THREADS_MAX];
	pthread_t id[THREADS_MAX];
	pthread_barrier_t gate;
	double sum = 0;

	pthread_barrier_init(&gate, NULL, threads);
	for (unsigned i = 0; i < threads; i++) {
		w[i] = (struct worker){ side, &gate, 0 };
		pthread_create(&id[i], NULL, worker_run, &w[i]);
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(id[i], NULL);
		sum += w[i].rate;
	}
	pthread_barrier_destroy(&gate);
	return sum;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
report(const char *name, const struct side *raw, const struct side *ours,
    unsigned threads)
{
	double a[ROUNDS], b[ROUNDS], ratio[ROUNDS];

	rate(raw, threads);
	rate(ours, threads);
	for (int i = 0; i < ROUNDS; i++) {
		if (i % 2 == 0)
			a[i] = rate(raw, threads);
		b[i] = rate(ours, threads);
		if (i % 2 != 0)
			a[i] = rate(raw, threads);
		ratio[i] = b[i] / a[i];
	}
	qsort(a, ROUNDS, sizeof(a[0]), compare);
	qsort(b, ROUNDS, sizeof(b[0]), compare);
	qsort(ratio, ROUNDS, sizeof(ratio[0]), compare);
	printf("%-10s %u thread%s  raw %8.0f/s  ours %8.0f/s  ratio %.3f "
	    "(of medians %.3f)\n", name, threads, threads > 1 ? "s" : " ",
	    a[ROUNDS / 2], b[ROUNDS / 2], ratio[ROUNDS / 2],
	    b[ROUNDS / 2] / a[ROUNDS / 2]);
}

static struct key *
key_generate(CK_MECHANISM_TYPE how, const struct generate_args *args)
{
	CK_MECHANISM mechanism = { how, NULL, 0 };
	struct key_made m = { 0 };
	struct key_parts parts = { .class = CKO_PRIVATE_KEY };
	struct key *key;

	must(mech_generate(mech_find(how), &mechanism, args, &parts.type,
	    &m) == CKR_OK, "generate");
#define PART(name) \
	if (m.name.data != NULL) \
		parts.name = (struct span){ m.name.data, m.name.len }
	PART(modulus);
	PART(public_exponent);
	PART(private_exponent);
	PART(prime_1);
	PART(prime_2);
	PART(exponent_1);
	PART(exponent_2);
	PART(coefficient);
	PART(params);
	PART(value);
	must(key_new(&parts, &key) == CKR_OK, "key_new");
	double start = now();
	for (int i = 0; i < 100; i++) {
		struct key *other;

		must(key_new(&parts, &other) == CKR_OK, "key_new");
		key_put(other);
	}
	printf("key_new %.1f us\n", (now() - start) * 1e4);
	key_made_wipe(&m);
	return key;
}

int
main(void)
{
	static const struct {
		const char *name;
		CK_MECHANISM_TYPE generate, sign;
		struct generate_args args;
		int padding;
	} rows[] = {
		{ "RSA-2048", CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_RSA_PKCS,
		    { .bits = 2048 }, RSA_PKCS1_PADDING },
		{ "P-256", CKM_EC_KEY_PAIR_GEN, CKM_ECDSA,
		    { .params = { "\x13\x05P-256", 7 } }, 0 },
		{ "Ed25519", CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_EDDSA,
		    { .params = { "\x06\x03\x2b\x65\x70", 5 } }, -1 },
	};

	must(libctx_open() == CKR_OK, "libctx_open");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct key *key = key_generate(rows[i].generate,
		    &rows[i].args);
		struct side raw = { NULL, key, rows[i].padding };
		struct side ours = { mech_find(rows[i].sign), key, 0 };

		report(rows[i].name, &raw, &ours, 1);
		report(rows[i].name, &raw, &ours, 2);
		key_put(key);
	}
	return 0;
}
