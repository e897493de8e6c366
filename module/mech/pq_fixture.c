/* Keys of FIPS 203 to 205, for tests. */
#include "module/mech/pq_fixture.h"

#include <atf-c.h>
#include <openssl/crypto.h>
#include <string.h>

#define SINCE 0x30500000UL

const struct pq_name pq_names[] = {
	{ CKK_ML_DSA, CKP_ML_DSA_44, "ML-DSA-44" },
	{ CKK_ML_DSA, CKP_ML_DSA_65, "ML-DSA-65" },
	{ CKK_ML_DSA, CKP_ML_DSA_87, "ML-DSA-87" },
	{ CKK_ML_KEM, CKP_ML_KEM_512, "ML-KEM-512" },
	{ CKK_ML_KEM, CKP_ML_KEM_768, "ML-KEM-768" },
	{ CKK_ML_KEM, CKP_ML_KEM_1024, "ML-KEM-1024" },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHA2_128S, "SLH-DSA-SHA2-128s" },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_128S, "SLH-DSA-SHAKE-128s" },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHA2_128F, "SLH-DSA-SHA2-128f" },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_128F, "SLH-DSA-SHAKE-128f" },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHA2_192S, "SLH-DSA-SHA2-192s" },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_192S, "SLH-DSA-SHAKE-192s" },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHA2_192F, "SLH-DSA-SHA2-192f" },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_192F, "SLH-DSA-SHAKE-192f" },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHA2_256S, "SLH-DSA-SHA2-256s" },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_256S, "SLH-DSA-SHAKE-256s" },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHA2_256F, "SLH-DSA-SHA2-256f" },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_256F, "SLH-DSA-SHAKE-256f" },
};

const size_t pq_name_count = COUNT(pq_names);

static void
check_absent(CK_KEY_TYPE type, CK_MECHANISM_TYPE mech)
{
	static const uint8_t zeros[800];
	struct key_parts parts = { .class = CKO_PUBLIC_KEY, .type = type,
		.parameter_set = 1, .value = { zeros, sizeof(zeros) } };
	struct key *key = NULL;

	ATF_CHECK(mech_find(mech) == NULL);
	for (size_t at = 0; ;) {
		const struct mech *m = mech_next(&at);

		if (m == NULL)
			break;
		ATF_CHECK(m->key_type != type);
	}
	ATF_CHECK_EQ(key_new(&parts, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	ATF_CHECK(key == NULL);
}

bool
pq_is_there(CK_KEY_TYPE type, CK_MECHANISM_TYPE mech)
{
	fixture_open();
	if (OpenSSL_version_num() >= SINCE)
		return true;
	check_absent(type, mech);
	return false;
}

struct secret
pq_part(const EVP_PKEY *pkey, const char *part)
{
	struct secret out = { NULL, 0 };
	uint8_t bytes[8192];
	size_t len = 0;

	if (EVP_PKEY_get_octet_string_param(pkey, part, bytes, sizeof(bytes),
	    &len) == 1 && len != 0)
		ATF_REQUIRE_EQ(secret_dup(bytes, len, &out), CKR_OK);
	return out;
}

EVP_PKEY *
pq_pkey(const char *name, const char *part, int selection, const void *data,
    size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(fixture_open(), name,
	    NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(part,
		    (void *)(uintptr_t)data, len),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *pkey = NULL;

	ATF_REQUIRE(ctx != NULL);
	ATF_REQUIRE_EQ(EVP_PKEY_fromdata_init(ctx), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_fromdata(ctx, &pkey, selection, params), 1);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

CK_RV
pq_sign(CK_MECHANISM m, struct key *key, struct span in, uint8_t *out,
    size_t *len)
{
	_cleanup_(op_freep) struct op *op = NULL;

	*len = PQ_SIG_MAX;
	TRY(op_start(mech_find(m.mechanism), CKF_SIGN, &m, key, &op));
	return op_once(op, in.data, in.len, out, len);
}

CK_RV
pq_verify(CK_MECHANISM m, struct key *key, struct span in,
    const uint8_t *sig, size_t len)
{
	_cleanup_(op_freep) struct op *op = NULL;

	TRY(op_start(mech_find(m.mechanism), CKF_VERIFY, &m, key, &op));
	return op_verify_once(op, in.data, in.len, sig, len);
}

void
pq_encapsulate(const char *name, const struct secret *pub,
    const uint8_t random[32], uint8_t *text, size_t text_len,
    uint8_t shared[32])
{
	EVP_PKEY *pkey = pq_pkey(name, "pub", EVP_PKEY_PUBLIC_KEY, pub->data,
	    pub->len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture_open(), pkey,
	    NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string("ikme",
		    (void *)(uintptr_t)random, 32),
		OSSL_PARAM_construct_end(),
	};
	size_t len = 32, made = text_len;

	ATF_REQUIRE_EQ(EVP_PKEY_encapsulate_init(ctx, params), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_encapsulate(ctx, text, &made, shared, &len),
	    1);
	ATF_REQUIRE_EQ(made, text_len);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

static struct span
span_of(const struct secret *s)
{
	return (struct span){ s->data, s->len };
}

static EVP_PKEY *
generate(const char *name)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(fixture_open(), name,
	    NULL);
	EVP_PKEY *pkey = NULL;

	ATF_REQUIRE(ctx != NULL);
	ATF_REQUIRE_EQ(EVP_PKEY_keygen_init(ctx), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_generate(ctx, &pkey), 1);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

void
pq_pair_make(const struct pq_name *name, struct pq_pair *out)
{
	struct pq_pair p = { .pkey = generate(name->name) };

	p.pub = pq_part(p.pkey, "pub");
	p.priv = pq_part(p.pkey, "priv");
	p.seed = pq_part(p.pkey, "seed");
	p.private_parts = (struct key_parts){ .class = CKO_PRIVATE_KEY,
		.type = name->type, .parameter_set = name->number,
		.value = span_of(&p.priv), .seed = span_of(&p.seed) };
	p.public_parts = (struct key_parts){ .class = CKO_PUBLIC_KEY,
		.type = name->type, .parameter_set = name->number,
		.value = span_of(&p.pub) };
	ATF_REQUIRE_EQ(key_new(&p.private_parts, &p.private), CKR_OK);
	ATF_REQUIRE_EQ(key_new(&p.public_parts, &p.public), CKR_OK);
	*out = p;
}

void
pq_pair_wipe(struct pq_pair *pair)
{
	EVP_PKEY_free(pair->pkey);
	secret_wipe(&pair->pub);
	secret_wipe(&pair->priv);
	secret_wipe(&pair->seed);
	key_put(pair->private);
	key_put(pair->public);
}
