/* RSA keys: loading with checks, export, generation. */
#include "module/crypto/rsakey.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "module/crypto/der.h"
#include "module/crypto/keykind.h"
#include "module/crypto/rsanum.h"

static CK_RV
make(const struct rsanum *num, bool private, EVP_PKEY **out)
{
	static const struct {
		const char *name;
		size_t offset;
	} rows[] = {
		{ OSSL_PKEY_PARAM_RSA_N, offsetof(struct rsanum, n) },
		{ OSSL_PKEY_PARAM_RSA_E, offsetof(struct rsanum, e) },
		{ OSSL_PKEY_PARAM_RSA_D, offsetof(struct rsanum, d) },
		{ OSSL_PKEY_PARAM_RSA_FACTOR1, offsetof(struct rsanum, p) },
		{ OSSL_PKEY_PARAM_RSA_FACTOR2, offsetof(struct rsanum, q) },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT1, offsetof(struct rsanum, dp) },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT2, offsetof(struct rsanum, dq) },
		{ OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
		    offsetof(struct rsanum, qinv) },
	};
	_cleanup_(pkey_parts_wipe) struct pkey_parts parts = { .count = 0 };

	for (size_t i = 0; i < (private ? COUNT(rows) : 2); i++) {
		BIGNUM *const *n = (BIGNUM *const *)(const void *)
		    ((const char *)num + rows[i].offset);

		if (*n != NULL)
			TRY(pkey_add_number(&parts, rows[i].name, *n));
	}
	return pkey_make("RSA", private ? EVP_PKEY_KEYPAIR :
	    EVP_PKEY_PUBLIC_KEY, &parts, out);
}

static CK_RV
rsa_load(const struct key_parts *parts, EVP_PKEY **out, unsigned *bits)
{
	bool private = parts->class == CKO_PRIVATE_KEY;
	_cleanup_(rsanum_wipe) struct rsanum num = { 0 };

	TRY(rsanum_read(parts, private, &num));
	TRY(rsanum_check_public(&num));
	if (private)
		TRY(rsanum_check_private(&num));
	TRY(make(&num, private, out));
	*bits = (unsigned)EVP_PKEY_get_bits(*out);
	return CKR_OK;
}

static CK_RV
rsa_spki(const EVP_PKEY *pkey, struct secret *out)
{
	static const uint8_t algorithm[] = { 0x06, 0x09, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
	_cleanup_(secret_wipe) struct secret n = { NULL, 0 }, e = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret bytes = { NULL, 0 };
	struct der_writer w;
	const uint8_t *end;

	TRY(pkey_number(pkey, OSSL_PKEY_PARAM_RSA_N, 0, &n));
	TRY(pkey_number(pkey, OSSL_PKEY_PARAM_RSA_E, 0, &e));
	TRY(secret_new(n.len + e.len + 32, &bytes));
	w = (struct der_writer){ bytes.data, bytes.data + bytes.len, false };
	end = w.at;
	der_put_number(&w, (struct span){ e.data, e.len });
	der_put_number(&w, (struct span){ n.data, n.len });
	der_put_header(&w, DER_SEQUENCE, end);
	if (w.failed)
		return CKR_GENERAL_ERROR;
	return pkey_spki((struct span){ algorithm, sizeof(algorithm) },
	    (struct span){ w.at, (size_t)(end - w.at) }, out);
}

static CK_RV
rsa_public_parts(const EVP_PKEY *pkey, struct key_made *out)
{
	TRY(rsa_spki(pkey, &out->spki));
	TRY(pkey_number(pkey, OSSL_PKEY_PARAM_RSA_N, 0, &out->modulus));
	return pkey_number(pkey, OSSL_PKEY_PARAM_RSA_E, 0,
	    &out->public_exponent);
}

static CK_RV
rsa_export(const EVP_PKEY *pkey, struct key_made *made)
{
	const struct {
		const char *name;
		struct secret *to;
	} rows[] = {
		{ OSSL_PKEY_PARAM_RSA_N, &made->modulus },
		{ OSSL_PKEY_PARAM_RSA_E, &made->public_exponent },
		{ OSSL_PKEY_PARAM_RSA_D, &made->private_exponent },
		{ OSSL_PKEY_PARAM_RSA_FACTOR1, &made->prime_1 },
		{ OSSL_PKEY_PARAM_RSA_FACTOR2, &made->prime_2 },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT1, &made->exponent_1 },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT2, &made->exponent_2 },
		{ OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &made->coefficient },
	};

	if (!EVP_PKEY_is_a(pkey, "RSA"))
		return CKR_WRAPPED_KEY_INVALID;
	for (size_t i = 0; i < COUNT(rows); i++)
		TRY(pkey_number(pkey, rows[i].name, 0, rows[i].to));
	return rsa_spki(pkey, &made->spki);
}

static CK_RV
exponent_check(struct span exponent, BIGNUM **out)
{
	_cleanup_(BN_clear_freep) BIGNUM *e = NULL;

	exponent = span_number(exponent);
	if (exponent.len > 8)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
	if (e == NULL)
		return CKR_HOST_MEMORY;
	if (!BN_is_odd(e) || BN_num_bits(e) < 17)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*out = TAKE(e);
	return CKR_OK;
}

CK_RV
rsakey_generate(unsigned bits, struct span exponent, struct key_made *out)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = NULL;
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;
	_cleanup_(BN_clear_freep) BIGNUM *e = NULL;
	_cleanup_(key_made_wipe) struct key_made made = { 0 };

	if (exponent.data == NULL)
		exponent = (struct span){ "\x01\x00\x01", 3 };
	TRY(exponent_check(exponent, &e));
	ctx = pkey_context("RSA");
	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) != 1 ||
	    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) != 1 ||
	    EVP_PKEY_generate(ctx, &pkey) != 1)
		return CKR_FUNCTION_FAILED;
	TRY(rsa_export(pkey, &made));
	*out = made;
	made = (struct key_made){ 0 };
	return CKR_OK;
}

const struct key_kind rsa_kind = {
	.type = CKK_RSA,
	.load = rsa_load,
	.public_parts = rsa_public_parts,
	.export = rsa_export,
};
