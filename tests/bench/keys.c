/* The keys of a run, the same on every side. */
#include "tests/bench/keys.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/template.h"

const char *const key_names[] = { "rsa-2048", "p-256", "ed25519", NULL };

static const CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
static const CK_BYTE ed25519[] = { 6, 3, 0x2b, 0x65, 0x70 };
static const CK_BYTE digest_info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09,
	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
	0x20 };

static bool
is_rsa(const char *name)
{
	return strcmp(name, "rsa-2048") == 0;
}

static bool
is_ed(const char *name)
{
	return strcmp(name, "ed25519") == 0;
}

static EVP_PKEY *
key_new(const char *name)
{
	if (is_rsa(name))
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	if (is_ed(name))
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

void
key_path(const char *name, char *out)
{
	bench_path(out, "%s.pem", name);
}

void
keys_make(void)
{
	for (size_t i = 0; key_names[i] != NULL; i++) {
		char path[BENCH_PATH];
		EVP_PKEY *key = key_new(key_names[i]);
		FILE *f;

		key_path(key_names[i], path);
		f = fopen(path, "w");
		NEED(f != NULL && key != NULL);
		NEED(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL,
		    NULL) == 1);
		NEED(fclose(f) == 0);
		EVP_PKEY_free(key);
	}
}

EVP_PKEY *
key_load(const char *name)
{
	char path[BENCH_PATH];
	EVP_PKEY *key;
	FILE *f;

	key_path(name, path);
	f = fopen(path, "r");
	NEED(f != NULL);
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	NEED(key != NULL);
	fclose(f);
	return key;
}

static void
add_number(struct template *t, CK_ATTRIBUTE_TYPE type, const EVP_PKEY *key,
    const char *parameter, int width)
{
	BIGNUM *n = NULL;
	CK_BYTE bytes[512];
	int len;

	NEED(EVP_PKEY_get_bn_param(key, parameter, &n) == 1);
	len = BN_bn2binpad(n, bytes, width != 0 ? width : BN_num_bytes(n));
	NEED(len > 0);
	template_bytes(t, type, bytes, (size_t)len);
	BN_free(n);
}

static void
add_rsa(struct template *t, const EVP_PKEY *key, bool private)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		const char *parameter;
	} parts[] = {
		{ CKA_MODULUS, OSSL_PKEY_PARAM_RSA_N },
		{ CKA_PUBLIC_EXPONENT, OSSL_PKEY_PARAM_RSA_E },
		{ CKA_PRIVATE_EXPONENT, OSSL_PKEY_PARAM_RSA_D },
		{ CKA_PRIME_1, OSSL_PKEY_PARAM_RSA_FACTOR1 },
		{ CKA_PRIME_2, OSSL_PKEY_PARAM_RSA_FACTOR2 },
		{ CKA_EXPONENT_1, OSSL_PKEY_PARAM_RSA_EXPONENT1 },
		{ CKA_EXPONENT_2, OSSL_PKEY_PARAM_RSA_EXPONENT2 },
		{ CKA_COEFFICIENT, OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
	};

	for (size_t i = 0; i < (private ? COUNT(parts) : 2); i++)
		add_number(t, parts[i].type, key, parts[i].parameter, 0);
}

/* An OCTET STRING around the point. */
static void
add_point(struct template *t, EVP_PKEY *key)
{
	unsigned char *point = NULL;
	CK_BYTE der[80] = { 4 };
	size_t len = EVP_PKEY_get1_encoded_public_key(key, &point);

	if (len == 0) { /* of Edwards curves it is the raw key */
		len = 32;
		point = OPENSSL_malloc(len);
		NEED(EVP_PKEY_get_raw_public_key(key, point, &len) == 1);
	}
	NEED(len + 2 <= sizeof(der));
	der[1] = (CK_BYTE)len;
	memcpy(der + 2, point, len);
	template_bytes(t, CKA_EC_POINT, der, len + 2);
	OPENSSL_free(point);
}

static void
add_ec(struct template *t, const char *name, EVP_PKEY *key, bool private)
{
	CK_BYTE raw[32];
	size_t len = sizeof(raw);

	if (is_ed(name))
		template_bytes(t, CKA_EC_PARAMS, ed25519, sizeof(ed25519));
	else
		template_bytes(t, CKA_EC_PARAMS, p256, sizeof(p256));
	if (!private) {
		add_point(t, key);
	} else if (is_ed(name)) {
		NEED(EVP_PKEY_get_raw_private_key(key, raw, &len) == 1);
		template_bytes(t, CKA_VALUE, raw, len);
	} else {
		add_number(t, CKA_VALUE, key, OSSL_PKEY_PARAM_PRIV_KEY, 32);
	}
}

static CK_RV
import_one(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, const char *name,
    EVP_PKEY *key, bool private)
{
	struct template t = { .count = 0 };
	CK_OBJECT_HANDLE object;

	template_number(&t, CKA_CLASS,
	    private ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY);
	template_number(&t, CKA_KEY_TYPE, is_rsa(name) ? CKK_RSA
	    : is_ed(name) ? CKK_EC_EDWARDS : CKK_EC);
	template_flag(&t, CKA_TOKEN, true);
	template_flag(&t, CKA_PRIVATE, private);
	template_flag(&t, private ? CKA_SIGN : CKA_VERIFY, true);
	template_bytes(&t, CKA_LABEL, name, strlen(name));
	template_bytes(&t, CKA_ID, name, strlen(name));
	if (private) {
		template_flag(&t, CKA_SENSITIVE, true);
		template_flag(&t, CKA_EXTRACTABLE, false);
	}
	if (is_rsa(name))
		add_rsa(&t, key, private);
	else
		add_ec(&t, name, key, private);
	return f->C_CreateObject(session, t.at, t.count, &object);
}

CK_RV
key_import(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, const char *name,
    bool pair)
{
	EVP_PKEY *key = key_load(name);
	CK_RV rv = import_one(f, session, name, key, true);

	if (rv == CKR_OK && pair)
		rv = import_one(f, session, name, key, false);
	EVP_PKEY_free(key);
	return rv;
}

struct signing
key_signing(const char *name)
{
	struct signing s = { .len = 0 };

	s.mechanism.mechanism = is_rsa(name) ? CKM_RSA_PKCS
	    : is_ed(name) ? CKM_EDDSA : CKM_ECDSA;
	if (is_rsa(name)) {
		memcpy(s.input, digest_info, sizeof(digest_info));
		s.len = sizeof(digest_info);
	}
	for (CK_BYTE i = 0; i < 32; i++)
		s.input[s.len++] = i;
	return s;
}

static bool
check_ecdsa(EVP_PKEY_CTX *ctx, const CK_BYTE *signature, CK_ULONG len,
    const struct signing *s)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int der_len;

	NEED(len == 64 && pair != NULL);
	NEED(ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL),
	    BN_bin2bn(signature + 32, 32, NULL)) == 1);
	der_len = i2d_ECDSA_SIG(pair, &der);
	return EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_verify(ctx, der, (size_t)der_len, s->input, s->len) == 1;
}

void
key_check(const char *name, const CK_BYTE *signature, CK_ULONG len)
{
	EVP_PKEY *key = key_load(name);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	struct signing s = key_signing(name);
	bool good;

	if (is_ed(name))
		good = EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(md, signature, len, s.input, s.len) == 1;
	else if (is_rsa(name))
		good = EVP_PKEY_verify_init(ctx) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) ==
			1 &&
		    EVP_PKEY_verify(ctx, signature, len, s.input, s.len) == 1;
	else
		good = check_ecdsa(ctx, signature, len, &s);
	EVP_PKEY_CTX_free(ctx);
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	if (!good)
		die("a signature of %s does not verify", name);
}
