/* Keys and the other side's cryptography, for tests. */
#include "module/mech/mech_fixture.h"

#include <atf-c.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <string.h>

#include "module/crypto/libctx.h"

static OSSL_LIB_CTX *other;

OSSL_LIB_CTX *
fixture_open(void)
{
	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	if (other == NULL)
		other = OSSL_LIB_CTX_new();
	ATF_REQUIRE(other != NULL);
	ATF_REQUIRE(other != libctx_get());
	return other;
}

static struct span
number(EVP_PKEY *pkey, const char *name, struct secret *to)
{
	BIGNUM *n = NULL;

	ATF_REQUIRE_EQ(EVP_PKEY_get_bn_param(pkey, name, &n), 1);
	ATF_REQUIRE_EQ(secret_new((size_t)BN_num_bytes(n), to), CKR_OK);
	BN_bn2bin(n, to->data);
	BN_clear_free(n);
	return (struct span){ to->data, to->len };
}

static void
rsa_parts(struct pair *p)
{
	struct key_parts *k = &p->private_parts;
	struct key_made *m = &p->numbers;

	k->type = CKK_RSA;
	k->modulus = number(p->pkey, "n", &m->modulus);
	k->public_exponent = number(p->pkey, "e", &m->public_exponent);
	p->public_parts = *k;
	k->private_exponent = number(p->pkey, "d", &m->private_exponent);
	k->prime_1 = number(p->pkey, "rsa-factor1", &m->prime_1);
	k->prime_2 = number(p->pkey, "rsa-factor2", &m->prime_2);
	k->exponent_1 = number(p->pkey, "rsa-exponent1", &m->exponent_1);
	k->exponent_2 = number(p->pkey, "rsa-exponent2", &m->exponent_2);
	k->coefficient = number(p->pkey, "rsa-coefficient1",
	    &m->coefficient);
}

static const struct {
	const char *name;
	CK_KEY_TYPE type;
	struct span oid;
	size_t len;
} oids[] = {
	{ "P-224", CKK_EC, { "\x06\x05\x2b\x81\x04\x00\x21", 7 }, 28 },
	{ "P-256", CKK_EC, { "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10 }, 32 },
	{ "P-384", CKK_EC, { "\x06\x05\x2b\x81\x04\x00\x22", 7 }, 48 },
	{ "P-521", CKK_EC, { "\x06\x05\x2b\x81\x04\x00\x23", 7 }, 66 },
	{ "secp256k1", CKK_EC, { "\x06\x05\x2b\x81\x04\x00\x0a", 7 }, 32 },
	{ "brainpoolP224r1", CKK_EC,
	    { "\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x05", 11 }, 28 },
	{ "brainpoolP224t1", CKK_EC,
	    { "\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x06", 11 }, 28 },
	{ "brainpoolP256r1", CKK_EC,
	    { "\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x07", 11 }, 32 },
	{ "brainpoolP256t1", CKK_EC,
	    { "\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x08", 11 }, 32 },
	{ "brainpoolP320r1", CKK_EC,
	    { "\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x09", 11 }, 40 },
	{ "brainpoolP320t1", CKK_EC,
	    { "\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x0a", 11 }, 40 },
	{ "brainpoolP384r1", CKK_EC,
	    { "\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x0b", 11 }, 48 },
	{ "brainpoolP384t1", CKK_EC,
	    { "\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x0c", 11 }, 48 },
	{ "brainpoolP512r1", CKK_EC,
	    { "\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x0d", 11 }, 64 },
	{ "brainpoolP512t1", CKK_EC,
	    { "\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x0e", 11 }, 64 },
	{ "ED25519", CKK_EC_EDWARDS, { "\x06\x03\x2b\x65\x70", 5 }, 32 },
	{ "ED448", CKK_EC_EDWARDS, { "\x06\x03\x2b\x65\x71", 5 }, 57 },
	{ "X25519", CKK_EC_MONTGOMERY, { "\x06\x03\x2b\x65\x6e", 5 }, 32 },
	{ "X448", CKK_EC_MONTGOMERY, { "\x06\x03\x2b\x65\x6f", 5 }, 56 },
};

static size_t
curve_row(const char *name)
{
	size_t i = 0;

	while (strcmp(oids[i].name, name) != 0)
		ATF_REQUIRE(++i < COUNT(oids));
	return i;
}

static void
ec_parts(struct pair *p, const char *name)
{
	struct key_made *m = &p->numbers;
	struct key_parts *k = &p->public_parts;
	size_t i = curve_row(name), len = 160;

	k->type = oids[i].type;
	k->params = oids[i].oid;
	ATF_REQUIRE_EQ(secret_new(len, &m->point), CKR_OK);
	ATF_REQUIRE_EQ(EVP_PKEY_get_octet_string_param(p->pkey, "pub",
	    m->point.data, len, &len), 1);
	k->point = (struct span){ m->point.data, len };
	p->private_parts = *k;
	p->private_parts.point = (struct span){ NULL, 0 };
	if (k->type == CKK_EC) {
		p->private_parts.value = number(p->pkey, "priv", &m->value);
		return;
	}
	len = oids[i].len;
	ATF_REQUIRE_EQ(secret_new(len, &m->value), CKR_OK);
	ATF_REQUIRE_EQ(EVP_PKEY_get_raw_private_key(p->pkey, m->value.data,
	    &len), 1);
	p->private_parts.value = (struct span){ m->value.data, len };
}

void
pair_make(const char *name, struct pair *out)
{
	struct pair p = { 0 };

	if (strncmp(name, "RSA-", 4) == 0)
		p.pkey = EVP_PKEY_Q_keygen(fixture_open(), NULL, "RSA",
		    (size_t)atoi(name + 4));
	else if (oids[curve_row(name)].type == CKK_EC)
		p.pkey = EVP_PKEY_Q_keygen(fixture_open(), NULL, "EC", name);
	else
		p.pkey = EVP_PKEY_Q_keygen(fixture_open(), NULL, name);
	ATF_REQUIRE(p.pkey != NULL);
	if (name[0] == 'R')
		rsa_parts(&p);
	else
		ec_parts(&p, name);
	p.private_parts.class = CKO_PRIVATE_KEY;
	p.public_parts.class = CKO_PUBLIC_KEY;
	ATF_REQUIRE_EQ(key_new(&p.private_parts, &p.private), CKR_OK);
	ATF_REQUIRE_EQ(key_new(&p.public_parts, &p.public), CKR_OK);
	*out = p;
}

void
pair_wipe(struct pair *pair)
{
	EVP_PKEY_free(pair->pkey);
	key_made_wipe(&pair->numbers);
	if (pair->private != NULL)
		key_put(pair->private);
	if (pair->public != NULL)
		key_put(pair->public);
}

struct key *
secret_key_make(CK_KEY_TYPE type, const void *value, size_t len)
{
	struct key_parts parts = { .class = CKO_SECRET_KEY, .type = type,
		.value = { value, len } };
	struct key *key = NULL;

	ATF_REQUIRE_EQ(key_new(&parts, &key), CKR_OK);
	return key;
}

static const struct {
	const char *md;
	CK_MECHANISM_TYPE hash;
	CK_RSA_PKCS_MGF_TYPE mgf;
} hashes[] = {
	{ "SHA1", CKM_SHA_1, CKG_MGF1_SHA1 },
	{ "SHA2-224", CKM_SHA224, CKG_MGF1_SHA224 },
	{ "SHA2-256", CKM_SHA256, CKG_MGF1_SHA256 },
	{ "SHA2-384", CKM_SHA384, CKG_MGF1_SHA384 },
	{ "SHA2-512", CKM_SHA512, CKG_MGF1_SHA512 },
	{ "SHA3-224", CKM_SHA3_224, CKG_MGF1_SHA3_224 },
	{ "SHA3-256", CKM_SHA3_256, CKG_MGF1_SHA3_256 },
	{ "SHA3-384", CKM_SHA3_384, CKG_MGF1_SHA3_384 },
	{ "SHA3-512", CKM_SHA3_512, CKG_MGF1_SHA3_512 },
};

/* Rows that take a hash but have none of their own get SHA-256. */
static const char *
row_hash(const struct mech *mech)
{
	return mech->md != NULL ? mech->md : "SHA2-256";
}

/* Rows of few words: the parameter that each of them takes. */

static uint8_t some_iv[16] = "sixteen bytes iv";
static CK_AES_CTR_PARAMS some_counter = { 32, "nonce, counter\0\0" };
static CK_CHACHA20_PARAMS some_chacha = { some_iv, 32, some_iv, 96 };
static CK_TLS_MAC_PARAMS some_finished = { CKM_SHA256, 12, 1 };

static CK_GCM_PARAMS some_gcm = { some_iv, 12, 96, some_iv, 5, 128 };
static CK_CCM_PARAMS some_ccm = { 16, some_iv, 12, some_iv, 5, 16 };
static CK_SALSA20_CHACHA20_POLY1305_PARAMS some_poly = { some_iv, 12,
	some_iv, 5 };

static CK_GCM_PARAMS some_gmac = { some_iv, 12, 96, NULL, 0, 128 };
static CK_ULONG some_bits = 200, some_length = 5;

static const struct {
	CK_MECHANISM_TYPE first, last;
	void *parameter;
	CK_ULONG len;
} parameters[] = {
	{ CKM_AES_CBC, CKM_AES_CBC, some_iv, 16 },
	{ CKM_AES_CBC_PAD, CKM_AES_CBC_PAD, some_iv, 16 },
	{ CKM_AES_CTR, CKM_AES_CTR, &some_counter, sizeof(some_counter) },
	{ CKM_AES_CTS, CKM_AES_CTS, some_iv, 16 },
	{ CKM_AES_OFB, CKM_AES_OFB, some_iv, 16 },
	{ CKM_AES_CFB8, CKM_AES_CFB128, some_iv, 16 },
	{ CKM_AES_XTS, CKM_AES_XTS, some_iv, 16 },
	{ CKM_CAMELLIA_CBC, CKM_CAMELLIA_CBC, some_iv, 16 },
	{ CKM_CAMELLIA_CBC_PAD, CKM_CAMELLIA_CBC_PAD, some_iv, 16 },
	{ CKM_CAMELLIA_CTR, CKM_CAMELLIA_CTR, &some_counter,
	    sizeof(some_counter) },
	{ CKM_CHACHA20, CKM_CHACHA20, &some_chacha, sizeof(some_chacha) },
	{ CKM_SHA512_T, CKM_SHA512_T_HMAC, &some_bits, sizeof(some_bits) },
	{ CKM_AES_CMAC_GENERAL, CKM_AES_CMAC_GENERAL, &some_length,
	    sizeof(some_length) },
	{ CKM_DES3_CMAC_GENERAL, CKM_DES3_CMAC_GENERAL, &some_length,
	    sizeof(some_length) },
	{ CKM_AES_GMAC, CKM_AES_GMAC, &some_gmac, sizeof(some_gmac) },
	{ CKM_AES_GCM, CKM_AES_GCM, &some_gcm, sizeof(some_gcm) },
	{ CKM_AES_CCM, CKM_AES_CCM, &some_ccm, sizeof(some_ccm) },
	{ CKM_CHACHA20_POLY1305, CKM_CHACHA20_POLY1305, &some_poly,
	    sizeof(some_poly) },
	{ CKM_DES_CBC, CKM_DES_CBC, some_iv, 8 },
	{ CKM_DES_CBC_PAD, CKM_DES_CBC_PAD, some_iv, 8 },
	{ CKM_DES_OFB64, CKM_DES_CFB8, some_iv, 8 },
	{ CKM_DES3_CBC, CKM_DES3_CBC, some_iv, 8 },
	{ CKM_DES3_CBC_PAD, CKM_DES3_CBC_PAD, some_iv, 8 },
	{ CKM_TLS_MAC, CKM_TLS_MAC, &some_finished, sizeof(some_finished) },
	{ CKM_TLS12_MAC, CKM_TLS12_MAC, &some_finished,
	    sizeof(some_finished) },
};

static CK_MECHANISM
mechanism_of_table(const struct mech *mech)
{
	for (size_t i = 0; i < COUNT(parameters); i++)
		if (mech->type >= parameters[i].first &&
		    mech->type <= parameters[i].last)
			return (CK_MECHANISM){ mech->type,
				parameters[i].parameter, parameters[i].len };
	return (CK_MECHANISM){ mech->type, NULL, 0 };
}

CK_MECHANISM
mechanism_make(const struct mech *mech)
{
	static _Thread_local CK_RSA_PKCS_PSS_PARAMS pss;
	static _Thread_local CK_ULONG mac_len = 13;
	CK_MECHANISM m = mechanism_of_table(mech);
	size_t i = 0;

	if (mech->key_type == CKK_RSA && mech->arg == RSA_PKCS1_PSS_PADDING) {
		while (strcmp(hashes[i].md, row_hash(mech)) != 0)
			i++;
		pss = (CK_RSA_PKCS_PSS_PARAMS){ hashes[i].hash, hashes[i].mgf,
			20 };
		m = (CK_MECHANISM){ mech->type, &pss, sizeof(pss) };
	} else if (mech->key_type == CKK_GENERIC_SECRET &&
	    mech->arg != 0 && m.pParameter == NULL) {
		m = (CK_MECHANISM){ mech->type, &mac_len, sizeof(mac_len) };
	}
	return m;
}

static void
set_padding(const struct mech *mech, EVP_PKEY_CTX *ctx)
{
	if (mech->key_type != CKK_RSA)
		return;
	ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_rsa_padding(ctx, mech->arg), 1);
	if (mech->arg != RSA_PKCS1_PSS_PADDING)
		return;
	ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 20), 1);
	if (mech->md == NULL)
		ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_signature_md(ctx,
		    EVP_get_digestbyname("SHA256")), 1);
}

/* r and s side by side <-> DER; other families' signatures are left alone. */
static size_t
from_der(EVP_PKEY *pkey, uint8_t *sig, size_t len)
{
	const unsigned char *at = sig;
	ECDSA_SIG *pair;
	int half = (EVP_PKEY_get_bits(pkey) + 7) / 8;

	if (!EVP_PKEY_is_a(pkey, "EC"))
		return len;
	pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
	ATF_REQUIRE(pair != NULL);
	BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, half);
	BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + half, half);
	ECDSA_SIG_free(pair);
	return (size_t)half * 2;
}

static size_t
to_der(EVP_PKEY *pkey, const uint8_t *sig, size_t len, uint8_t out[1024])
{
	unsigned char *at = out;
	ECDSA_SIG *pair;
	int half = (int)len / 2, n;

	memcpy(out, sig, len);
	if (!EVP_PKEY_is_a(pkey, "EC"))
		return len;
	pair = ECDSA_SIG_new();
	ECDSA_SIG_set0(pair, BN_bin2bn(sig, half, NULL),
	    BN_bin2bn(sig + half, half, NULL));
	n = i2d_ECDSA_SIG(pair, &at);
	ECDSA_SIG_free(pair);
	return (size_t)n;
}

bool
other_verify(const struct mech *mech, EVP_PKEY *pkey, const void *in,
    size_t len, const uint8_t *sig, size_t sig_len)
{
	EVP_PKEY_CTX *ctx = NULL;
	EVP_MD_CTX *md = NULL;
	uint8_t der[1024];
	size_t der_len = to_der(pkey, sig, sig_len, der);
	int ok;

	if (mech->md == NULL && mech->key_type != CKK_EC_EDWARDS) {
		ctx = EVP_PKEY_CTX_new_from_pkey(other, pkey, NULL);
		ATF_REQUIRE_EQ(EVP_PKEY_verify_init(ctx), 1);
		set_padding(mech, ctx);
		ok = EVP_PKEY_verify(ctx, der, der_len, in, len);
		EVP_PKEY_CTX_free(ctx);
		return ok == 1;
	}
	md = EVP_MD_CTX_new();
	ATF_REQUIRE_EQ(EVP_DigestVerifyInit_ex(md, &ctx, mech->md, other,
	    NULL, pkey, NULL), 1);
	set_padding(mech, ctx);
	ok = EVP_DigestVerify(md, der, der_len, in, len);
	EVP_MD_CTX_free(md);
	return ok == 1;
}

size_t
other_sign(const struct mech *mech, EVP_PKEY *pkey, const void *in,
    size_t len, uint8_t out[1024])
{
	EVP_PKEY_CTX *ctx = NULL;
	EVP_MD_CTX *md = NULL;
	size_t sig_len = 1024;

	if (mech->md == NULL && mech->key_type != CKK_EC_EDWARDS) {
		ctx = EVP_PKEY_CTX_new_from_pkey(other, pkey, NULL);
		ATF_REQUIRE_EQ(EVP_PKEY_sign_init(ctx), 1);
		set_padding(mech, ctx);
		ATF_REQUIRE_EQ(EVP_PKEY_sign(ctx, out, &sig_len, in, len), 1);
		EVP_PKEY_CTX_free(ctx);
	} else {
		md = EVP_MD_CTX_new();
		ATF_REQUIRE_EQ(EVP_DigestSignInit_ex(md, &ctx, mech->md,
		    other, NULL, pkey, NULL), 1);
		set_padding(mech, ctx);
		ATF_REQUIRE_EQ(EVP_DigestSign(md, out, &sig_len, in, len), 1);
		EVP_MD_CTX_free(md);
	}
	return from_der(pkey, out, sig_len);
}

static CK_RV
feed(struct op *op, const uint8_t *in, size_t len, size_t step)
{
	size_t none = 1;

	for (size_t at = 0; at < len; at += step) {
		TRY(op_update(op, in + at, len - at < step ? len - at : step,
		    NULL, &none));
		ATF_REQUIRE_EQ(none, 0);
	}
	return CKR_OK;
}

size_t
unhex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned byte = 0;

		ATF_REQUIRE_EQ(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return n;
}

CK_RV
sign_once(const struct mech *mech, struct key *key, const void *in,
    size_t len, uint8_t out[1024], size_t *out_len)
{
	_cleanup_(op_freep) struct op *op = NULL;
	CK_MECHANISM m = mechanism_make(mech);
	size_t size;

	TRY(op_start(mech, CKF_SIGN, &m, key, &op));
	size = op_size(op, len);
	TRY(op_once(op, in, len, out, out_len));
	ATF_REQUIRE_EQ(*out_len, size);
	return CKR_OK;
}

CK_RV
sign_parts(const struct mech *mech, struct key *key, const void *in,
    size_t len, size_t step, uint8_t out[1024], size_t *out_len)
{
	_cleanup_(op_freep) struct op *op = NULL;
	CK_MECHANISM m = mechanism_make(mech);

	TRY(op_start(mech, CKF_SIGN, &m, key, &op));
	TRY(feed(op, in, len, step));
	return op_final(op, out, out_len);
}

CK_RV
verify_once(const struct mech *mech, struct key *key, const void *in,
    size_t len, const void *sig, size_t sig_len)
{
	_cleanup_(op_freep) struct op *op = NULL;
	CK_MECHANISM m = mechanism_make(mech);

	TRY(op_start(mech, CKF_VERIFY, &m, key, &op));
	return op_verify_once(op, in, len, sig, sig_len);
}

CK_RV
verify_parts(const struct mech *mech, struct key *key, const void *in,
    size_t len, size_t step, const void *sig, size_t sig_len)
{
	_cleanup_(op_freep) struct op *op = NULL;
	CK_MECHANISM m = mechanism_make(mech);

	TRY(op_start(mech, CKF_VERIFY, &m, key, &op));
	TRY(feed(op, in, len, step));
	return op_verify_final(op, sig, sig_len);
}
