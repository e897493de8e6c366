/* vecs-cli key generate, and what it shares with unwrap. */
#include "tool/keys.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <string.h>

#include "tool/attribute.h"
#include "tool/create.h"
#include "tool/print.h"
#include "tool/verbs.h"

#define TRIES 5

DEFINE_CLEANUP(BIGNUM *, BN_free)
DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_CLEANUP(OSSL_PARAM *, OSSL_PARAM_free)
DEFINE_CLEANUP(OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)
DEFINE_CLEANUP(ASN1_OCTET_STRING *, ASN1_OCTET_STRING_free)
DEFINE_CLEANUP(X509_PUBKEY *, X509_PUBKEY_free)

CK_RV
new_key_parse(const struct args *args, struct new_key *out)
{
	if (is_empty(args->label) || is_empty(args->algorithm)) {
		error_say("Error: --label and --algorithm are needed\n");
		return USAGE_ERROR;
	}
	TRY(alias_check(args->label));
	TRY(algorithm_find(args->algorithm, &out->algorithm, &out->parameter));
	TRY(algorithm_uses(out->algorithm, args->use, &out->uses));
	if (args->id == NULL || attribute_unhex(args->id, &out->id) == CKR_OK)
		return CKR_OK;
	error_say("Error: [%s] is not hexadecimal\n", args->id);
	return E_INVALID_PARAMETER;
}

CK_RV
new_key_attrs(const struct args *args, const struct new_key *key,
    CK_OBJECT_CLASS class, struct attrs *out)
{
	bool open = class == CKO_PUBLIC_KEY;

	attrs_ulong(out, CKA_CLASS, class);
	attrs_ulong(out, CKA_KEY_TYPE, key->algorithm->type);
	attrs_bool(out, CKA_TOKEN, true);
	attrs_bool(out, CKA_PRIVATE, !open);
	attrs_text(out, CKA_LABEL, args->label);
	if (key->id.len != 0)
		attrs_bytes(out, CKA_ID, key->id.data, key->id.len);
	if (!open) {
		attrs_bool(out, CKA_SENSITIVE, true);
		attrs_bool(out, CKA_EXTRACTABLE, args->extractable);
	}
	algorithm_use_attrs(class, key->uses, out);
	return attrs_check(out);
}

/* The identifier of a key */

static CK_RV
sha1_of(const unsigned char *bytes, size_t len, struct secret *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (bytes == NULL ||
	    !EVP_Digest(bytes, len, digest, &n, EVP_sha1(), NULL))
		return CKR_FUNCTION_FAILED;
	return secret_dup(digest, n, out);
}

/* The bits of a SubjectPublicKeyInfo, which are all that is counted. */
static CK_RV
id_of_info(const struct secret *info, struct secret *out)
{
	const unsigned char *at = info->data, *bits = NULL;
	_cleanup_(X509_PUBKEY_freep) X509_PUBKEY *pub =
	    d2i_X509_PUBKEY(NULL, &at, (long)info->len);
	int len = 0;

	ERR_clear_error();
	if (pub == NULL ||
	    !X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, pub))
		return CKR_ATTRIBUTE_TYPE_INVALID;
	return sha1_of(bits, (size_t)len, out);
}

/* A point is kept inside a DER OCTET STRING, and by some modules bare. */
static CK_RV
id_of_point(const struct secret *point, struct secret *out)
{
	const unsigned char *at = point->data;
	_cleanup_(ASN1_OCTET_STRING_freep) ASN1_OCTET_STRING *octets =
	    d2i_ASN1_OCTET_STRING(NULL, &at, (long)point->len);

	ERR_clear_error();
	if (octets == NULL || at != point->data + point->len)
		return sha1_of(point->data, point->len, out);
	return sha1_of(ASN1_STRING_get0_data(octets),
	    (size_t)ASN1_STRING_length(octets), out);
}

static CK_RV
rsa_public(const struct secret *n, const struct secret *e, EVP_PKEY **out)
{
	_cleanup_(OSSL_PARAM_BLD_freep) OSSL_PARAM_BLD *builder =
	    OSSL_PARAM_BLD_new();
	_cleanup_(OSSL_PARAM_freep) OSSL_PARAM *params = NULL;
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	_cleanup_(BN_freep) BIGNUM *modulus =
	    BN_bin2bn(n->data, (int)n->len, NULL);
	_cleanup_(BN_freep) BIGNUM *exponent =
	    BN_bin2bn(e->data, (int)e->len, NULL);

	if (builder == NULL || ctx == NULL || modulus == NULL ||
	    exponent == NULL ||
	    !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) ||
	    !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent))
		return CKR_HOST_MEMORY;
	params = OSSL_PARAM_BLD_to_param(builder);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

/* RSAPublicKey, by libcrypto's encoder of the numbers. */
static CK_RV
id_of_modulus(const struct token *token, CK_OBJECT_HANDLE object,
    struct secret *out)
{
	_cleanup_(secret_wipe) struct secret n = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret e = { NULL, 0 };
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	unsigned char *der = NULL;
	CK_RV rv;
	int len;

	TRY(object_get(token, object, CKA_MODULUS, &n));
	TRY(object_get(token, object, CKA_PUBLIC_EXPONENT, &e));
	TRY(rsa_public(&n, &e, &key));
	len = i2d_PublicKey(key, &der);
	rv = len > 0 ? sha1_of(der, (size_t)len, out) : CKR_FUNCTION_FAILED;
	OPENSSL_free(der);
	return rv;
}

CK_RV
key_id(const struct token *token, CK_OBJECT_HANDLE object, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret value = { NULL, 0 };
	CK_ULONG type = 0, class = 0;

	if (object_get(token, object, CKA_PUBLIC_KEY_INFO, &value) == CKR_OK &&
	    value.len != 0)
		return id_of_info(&value, out);
	TRY(object_get_ulong(token, object, CKA_CLASS, &class));
	TRY(object_get_ulong(token, object, CKA_KEY_TYPE, &type));
	if (type == CKK_RSA)
		return id_of_modulus(token, object, out);
	secret_wipe(&value);
	if (object_get(token, object, CKA_EC_POINT, &value) == CKR_OK)
		return id_of_point(&value, out);
	if (class != CKO_PUBLIC_KEY)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	TRY(object_get(token, object, CKA_VALUE, &value));
	return sha1_of(value.data, value.len, out);
}

/* Generate */

static CK_RV
id_set(const struct token *token, const struct secret *id,
    const CK_OBJECT_HANDLE *objects, size_t count)
{
	CK_ATTRIBUTE a = { CKA_ID, id->data, id->len };

	for (size_t i = 0; i < count; i++)
		TRY(token->p11->calls->C_SetAttributeValue(token->session,
		    objects[i], &a, 1));
	return CKR_OK;
}

/* Both objects get the identifier of the key, unless one was given. */
static CK_RV
pair_generate(const struct args *args, const struct new_key *key,
    struct batch *batch)
{
	const struct token *token = batch->token;
	_cleanup_(attrs_wipe) struct attrs public = ATTRS_INIT;
	_cleanup_(attrs_wipe) struct attrs private = ATTRS_INIT;
	_cleanup_(secret_wipe) struct secret id = { NULL, 0 };
	CK_MECHANISM mechanism = { key->algorithm->generate, NULL, 0 };
	CK_OBJECT_HANDLE made[2] = { 0, 0 };

	TRY(new_key_attrs(args, key, CKO_PUBLIC_KEY, &public));
	TRY(new_key_attrs(args, key, CKO_PRIVATE_KEY, &private));
	TRY(key->algorithm->shape(key->parameter, &public));
	TRY(attrs_check(&public));
	TRY(token->p11->calls->C_GenerateKeyPair(token->session, &mechanism,
	    public.list, public.count, private.list, private.count, &made[0],
	    &made[1]));
	TRY(batch_made(batch, made[0]));
	TRY(batch_made(batch, made[1]));
	if (key->id.len != 0)
		return CKR_OK;
	TRY(key_id(token, made[0], &id));
	return id_set(token, &id, made, COUNT(made));
}

static CK_RV
secret_generate(const struct args *args, const struct new_key *key,
    struct batch *batch)
{
	const struct token *token = batch->token;
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_MECHANISM mechanism = { key->algorithm->generate, NULL, 0 };
	CK_OBJECT_HANDLE made;

	TRY(new_key_attrs(args, key, CKO_SECRET_KEY, &a));
	if (key->algorithm->shape != NULL)
		TRY(key->algorithm->shape(key->parameter, &a));
	TRY(attrs_check(&a));
	TRY(token->p11->calls->C_GenerateKey(token->session, &mechanism,
	    a.list, a.count, &made));
	return batch_made(batch, made);
}

static CK_RV
try_generate(const struct args *args, const struct token *token,
    const struct new_key *key)
{
	_cleanup_(batch_end) struct batch batch = BATCH_INIT;

	TRY(batch_begin(token, &batch));
	TRY(batch_absent(&batch, args->label));
	TRY(key->algorithm->pair ? pair_generate(args, key, &batch)
	                         : secret_generate(args, key, &batch));
	return batch_commit(&batch);
}

CK_RV
key_generate(const struct args *args, struct p11 *p11)
{
	_cleanup_(secret_wipe) struct secret id = { NULL, 0 };
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	struct new_key key = { .algorithm = NULL };
	CK_RV rv = new_key_parse(args, &key);

	id = key.id;
	TRY(rv);
	TRY(store_given(args));
	TRY(token_get(p11, args->store, "Error: no such store\n", true,
	    LOGIN_MUST, &token));
	rv = E_BUSY;
	for (int i = 0; i < TRIES && rv == E_BUSY; i++)
		rv = try_generate(args, &token, &key);
	if (rv == E_ALREADY_EXISTS)
		error_say("Error: alias [%s] exists already in store [%s]\n",
		    args->label, token.name);
	TRY(rv);
	if (args->json)
		return print_result("generated", token.name, args->label);
	printf("Successfully generated key [%s] in store [%s]\n", args->label,
	    token.name);
	return CKR_OK;
}
