/*
 * AES-256-GCM of 16 KiB, C_EncryptInit and C_Encrypt, against raw libcrypto with
 * a context that has its key.  Each message has an IV of its own.
 */
#include <openssl/evp.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/stock.h"

#define OBJECTS 10
#define MESSAGE 16384
#define TAG 16

static CK_BYTE key_bytes[32] = "thirty-two bytes of an AES key..";
static CK_BYTE message[MESSAGE];

/* A buffer of its own for each thread. */
struct sealer {
	CK_BYTE iv[12], out[MESSAGE + TAG];
	EVP_CIPHER_CTX *ctx;
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
};

static void
iv_next(struct sealer *s)
{
	for (size_t i = sizeof(s->iv); i-- > 0 && ++s->iv[i] == 0;)
		;
}

static void
raw_once(void *arg)
{
	struct sealer *s = arg;
	int len, last;

	iv_next(s);
	NEED(EVP_EncryptInit_ex2(s->ctx, NULL, NULL, s->iv, NULL) == 1);
	NEED(EVP_EncryptUpdate(s->ctx, s->out, &len, message, MESSAGE) == 1);
	NEED(EVP_EncryptFinal_ex(s->ctx, s->out + len, &last) == 1);
	NEED(EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_GET_TAG, TAG,
	    s->out + MESSAGE) == 1);
}

static void
raw_add(struct sides *sides)
{
	struct side *side = side_add(sides, "libcrypto");
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);

	side->once = raw_once;
	for (unsigned i = 0; i < sides->threads; i++) {
		struct sealer *s = calloc(1, sizeof(*s));

		NEED(s != NULL);
		s->ctx = EVP_CIPHER_CTX_new();
		NEED(EVP_EncryptInit_ex2(s->ctx, cipher, key_bytes, NULL,
		    NULL) == 1);
		side->arg[i] = s;
	}
}

static CK_RV
token_try(struct sealer *s)
{
	CK_GCM_PARAMS p = { s->iv, sizeof(s->iv), 8 * sizeof(s->iv), NULL, 0,
		8 * TAG };
	CK_MECHANISM m = { CKM_AES_GCM, &p, sizeof(p) };
	CK_ULONG len = sizeof(s->out);
	CK_RV rv;

	iv_next(s);
	rv = s->f->C_EncryptInit(s->session, &m, s->key);
	if (rv == CKR_OK)
		rv = s->f->C_Encrypt(s->session, message, MESSAGE, s->out,
		    &len);
	return rv;
}

static void
token_once(void *arg)
{
	if (token_try(arg) != CKR_OK)
		die("C_Encrypt failed");
}

static CK_RV
key_make(struct sealer *s)
{
	static CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	static CK_KEY_TYPE type = CKK_AES;
	static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_ENCRYPT, &yes, sizeof(yes) },
		{ CKA_VALUE, key_bytes, sizeof(key_bytes) },
	};

	return s->f->C_CreateObject(s->session, t, COUNT(t), &s->key);
}

/* Those that have not the mechanism in this form are left out. */
static void
token_add(struct sides *sides, const struct brand *brand)
{
	char home[BENCH_PATH];
	CK_FUNCTION_LIST *f;
	struct sealer *all[THREADS];
	struct side *side;

	stock_home(brand, OBJECTS, home);
	f = brand_open(brand, home);
	for (unsigned i = 0; i < sides->threads; i++) {
		struct sealer *s = all[i] = calloc(1, sizeof(*s));

		NEED(s != NULL);
		s->f = f;
		s->session = brand_session(brand, f, true);
		if (key_make(s) != CKR_OK || token_try(s) != CKR_OK)
			return;
	}
	side = side_add(sides, brand->name);
	side->once = token_once;
	memcpy(side->arg, all, sizeof(all));
}

static void
seal_run(const struct row *row)
{
	struct sides sides = { .threads = row->count };

	stock_all(OBJECTS, OBJECTS);
	raw_add(&sides);
	for (size_t i = 0; brands[i] != NULL; i++)
		if (brand_is_there(brands[i]))
			token_add(&sides, brands[i]);
	measure(row, &sides);
}

const struct row seal_rows[] = {
	{ "seal-aes-gcm", "C_Encrypt, AES-256-GCM of 16 KiB, 1 thread", RATE,
	    0.95, seal_run, NULL, 1 },
	{ "seal-aes-gcm-2t", "C_Encrypt, AES-256-GCM of 16 KiB, 2 threads",
	    RATE, 0.95, seal_run, NULL, 2 },
	{ 0 },
};
