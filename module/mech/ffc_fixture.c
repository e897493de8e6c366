/* Keys in finite fields for tests. */
#include "module/mech/ffc_fixture.h"

#include <atf-c.h>
#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <string.h>

static EVP_PKEY *
generate(EVP_PKEY *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture_open(), params,
	    NULL);
	EVP_PKEY *pkey = NULL;

	ATF_REQUIRE_EQ(EVP_PKEY_keygen_init(ctx), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_generate(ctx, &pkey), 1);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *
dh_params(const char *type, const char *group)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(fixture_open(), type,
	    NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    (char *)(uintptr_t)group, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *pkey = NULL;

	ATF_REQUIRE_EQ(EVP_PKEY_fromdata_init(ctx), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEY_PARAMETERS,
	    params), 1);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *
dsa_params(int bits)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(fixture_open(), "DSA",
	    NULL);
	EVP_PKEY *pkey = NULL;

	ATF_REQUIRE_EQ(EVP_PKEY_paramgen_init(ctx), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, bits), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_dsa_paramgen_q_bits(ctx,
	    bits == 1024 ? 160 : 256), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_generate(ctx, &pkey), 1);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
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

void
ffc_pair_make(const char *name, struct pair *out)
{
	struct pair p = { .pkey = NULL };
	struct key_parts *k = &p.private_parts;
	struct key_made *m = &p.numbers;
	EVP_PKEY *params;

	if (strncmp(name, "DSA-", 4) == 0) {
		k->type = CKK_DSA;
		params = dsa_params(atoi(name + 4));
	} else {
		k->type = strncmp(name, "dh_", 3) == 0 ? CKK_X9_42_DH
		                                       : CKK_DH;
		params = dh_params(k->type == CKK_DH ? "DH" : "DHX", name);
	}
	p.pkey = generate(params);
	EVP_PKEY_free(params);
	k->prime = number(p.pkey, "p", &m->prime);
	k->base = number(p.pkey, "g", &m->base);
	if (k->type != CKK_DH)
		k->subprime = number(p.pkey, "q", &m->subprime);
	p.public_parts = *k;
	k->value = number(p.pkey, "priv", &m->value);
	p.public_parts.value = number(p.pkey, "pub", &m->public_value);
	p.private_parts.class = CKO_PRIVATE_KEY;
	p.public_parts.class = CKO_PUBLIC_KEY;
	ATF_REQUIRE_EQ(key_new(&p.private_parts, &p.private), CKR_OK);
	ATF_REQUIRE_EQ(key_new(&p.public_parts, &p.public), CKR_OK);
	*out = p;
}
