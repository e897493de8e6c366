/* Keys of FIPS 203 to 205 to attributes and back: a set, bytes, and a seed. */
#include "tool/pqkey.h"

#include <openssl/err.h>
#include <openssl/params.h>

DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)

static const struct pqset {
	const char *name;
	CK_KEY_TYPE type;
	CK_ULONG number;
} sets[] = {
	{ "ML-DSA-44", CKK_ML_DSA, CKP_ML_DSA_44 },
	{ "ML-DSA-65", CKK_ML_DSA, CKP_ML_DSA_65 },
	{ "ML-DSA-87", CKK_ML_DSA, CKP_ML_DSA_87 },
	{ "ML-KEM-512", CKK_ML_KEM, CKP_ML_KEM_512 },
	{ "ML-KEM-768", CKK_ML_KEM, CKP_ML_KEM_768 },
	{ "ML-KEM-1024", CKK_ML_KEM, CKP_ML_KEM_1024 },
	{ "SLH-DSA-SHA2-128s", CKK_SLH_DSA, CKP_SLH_DSA_SHA2_128S },
	{ "SLH-DSA-SHA2-128f", CKK_SLH_DSA, CKP_SLH_DSA_SHA2_128F },
	{ "SLH-DSA-SHA2-192s", CKK_SLH_DSA, CKP_SLH_DSA_SHA2_192S },
	{ "SLH-DSA-SHA2-192f", CKK_SLH_DSA, CKP_SLH_DSA_SHA2_192F },
	{ "SLH-DSA-SHA2-256s", CKK_SLH_DSA, CKP_SLH_DSA_SHA2_256S },
	{ "SLH-DSA-SHA2-256f", CKK_SLH_DSA, CKP_SLH_DSA_SHA2_256F },
	{ "SLH-DSA-SHAKE-128s", CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_128S },
	{ "SLH-DSA-SHAKE-128f", CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_128F },
	{ "SLH-DSA-SHAKE-192s", CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_192S },
	{ "SLH-DSA-SHAKE-192f", CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_192F },
	{ "SLH-DSA-SHAKE-256s", CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_256S },
	{ "SLH-DSA-SHAKE-256f", CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_256F },
};

static const struct pqset *
set_of(EVP_PKEY *key)
{
	for (size_t i = 0; i < COUNT(sets); i++)
		if (EVP_PKEY_is_a(key, sets[i].name))
			return &sets[i];
	return NULL;
}

bool
pqkey_is(EVP_PKEY *key)
{
	return set_of(key) != NULL;
}

/* A part of the key that it may not have; true if it has. */
static bool
part_attr(EVP_PKEY *key, const char *part, CK_ATTRIBUTE_TYPE type,
    struct attrs *out)
{
	_cleanup_(secret_wipe) struct secret bytes = { NULL, 0 };
	size_t len = 0;

	if (!EVP_PKEY_get_octet_string_param(key, part, NULL, 0, &len) ||
	    len == 0)
		return false;
	if (secret_new(len, &bytes) != CKR_OK ||
	    !EVP_PKEY_get_octet_string_param(key, part, bytes.data, len, &len))
		return false;
	attrs_bytes(out, type, bytes.data, len);
	return true;
}

/* What a key is not good for is said too: many a token's default is true. */
static void
uses_attrs(const struct pqset *set, bool private, struct attrs *out)
{
	const bool kem = set->type == CKK_ML_KEM;

	attrs_bool(out, private ? CKA_SIGN : CKA_VERIFY, !kem);
	attrs_bool(out, private ? CKA_DECRYPT : CKA_ENCRYPT, false);
	attrs_bool(out, private ? CKA_UNWRAP : CKA_WRAP, false);
	if (kem)
		attrs_bool(out, private ? CKA_DECAPSULATE : CKA_ENCAPSULATE,
		    true);
}

void
pqkey_attrs(EVP_PKEY *key, bool private, struct attrs *out)
{
	const struct pqset *set = set_of(key);

	attrs_ulong(out, CKA_KEY_TYPE, set->type);
	attrs_ulong(out, CKA_PARAMETER_SET, set->number);
	uses_attrs(set, private, out);
	if (!part_attr(key, private ? "priv" : "pub", CKA_VALUE, out))
		out->failed = true;
	/* A key that came as its bytes alone has no seed. */
	if (private)
		(void)part_attr(key, "seed", CKA_SEED, out);
}

static CK_RV
key_of(const struct pqset *set, const char *part, const struct secret *bytes,
    EVP_PKEY **out)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_name(NULL, set->name, NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(part, bytes->data,
		    bytes->len),
		OSSL_PARAM_construct_end(),
	};

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, out, EVP_PKEY_KEYPAIR, params) <= 0)
		return E_BAD_FORMAT;
	return CKR_OK;
}

/* Out of the seed, where there is one, or the file would have none. */
CK_RV
pqkey_fetch(const struct token *token, CK_OBJECT_HANDLE object, EVP_PKEY **out)
{
	_cleanup_(secret_wipe) struct secret bytes = { NULL, 0 };
	CK_ULONG type = 0, number = 0;

	TRY(object_get_ulong(token, object, CKA_KEY_TYPE, &type));
	TRY(object_get_ulong(token, object, CKA_PARAMETER_SET, &number));
	for (size_t i = 0; i < COUNT(sets); i++) {
		if (sets[i].type != type || sets[i].number != number)
			continue;
		if (object_get(token, object, CKA_SEED, &bytes) == CKR_OK &&
		    bytes.len != 0)
			return key_of(&sets[i], "seed", &bytes, out);
		secret_wipe(&bytes);
		TRY(object_get(token, object, CKA_VALUE, &bytes));
		return key_of(&sets[i], "priv", &bytes, out);
	}
	return E_BAD_FORMAT;
}
