/* From numbers to EVP_PKEY and back; all copies in secret memory. */
#include "module/crypto/pkey.h"

#include <string.h>

#include "module/crypto/der.h"
#include "module/crypto/libctx.h"

CK_RV
pkey_add_number(struct pkey_parts *parts, const char *name,
    const BIGNUM *number)
{
	size_t len = (size_t)BN_num_bytes(number);
	struct secret *bytes = &parts->bytes[parts->count];

	if (len == 0)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	TRY(secret_new(len, bytes));
	if (BN_bn2nativepad(number, bytes->data, (int)len) < 0)
		return CKR_FUNCTION_FAILED;
	parts->params[parts->count++] =
	    OSSL_PARAM_construct_BN(name, bytes->data, len);
	return CKR_OK;
}

/* OSSL_PARAM has no const; EVP_PKEY_fromdata only reads. */
static void *
unconst(const void *p)
{
	union {
		const void *in;
		void *out;
	} u = { p };

	return u.out;
}

void
pkey_add_octets(struct pkey_parts *parts, const char *name,
    struct span octets)
{
	parts->params[parts->count++] = OSSL_PARAM_construct_octet_string(
	    name, unconst(octets.data), octets.len);
}

void
pkey_add_text(struct pkey_parts *parts, const char *name, const char *text)
{
	parts->params[parts->count++] =
	    OSSL_PARAM_construct_utf8_string(name, unconst(text), 0);
}

void
pkey_parts_wipe(struct pkey_parts *parts)
{
	for (size_t i = 0; i < COUNT(parts->bytes); i++)
		secret_wipe(&parts->bytes[i]);
}

/*
 * Libcrypto asks an engine first, whatever context is meant, if the application
 * has made one the default for keys of this name (as libp11's, which calls us);
 * by their object identifiers it knows no engines.
 */
EVP_PKEY_CTX *
pkey_context(const char *type)
{
	static const struct {
		const char *name, *oid;
	} rows[] = {
		{ "RSA", "1.2.840.113549.1.1.1" },
		{ "EC", "1.2.840.10045.2.1" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].name, type) == 0)
			type = rows[i].oid;
	return EVP_PKEY_CTX_new_from_name(libctx_get(), type, NULL);
}

CK_RV
pkey_make(const char *type, int selection, struct pkey_parts *parts,
    EVP_PKEY **out)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx =
	    pkey_context(type);

	parts->params[parts->count] = OSSL_PARAM_construct_end();
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		return CKR_FUNCTION_FAILED;
	if (EVP_PKEY_fromdata(ctx, out, selection, parts->params) != 1)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_OK;
}

CK_RV
pkey_number(const EVP_PKEY *pkey, const char *name, size_t len,
    struct secret *out)
{
	_cleanup_(BN_clear_freep) BIGNUM *number = NULL;
	_cleanup_(secret_wipe) struct secret bytes = { NULL, 0 };

	if (EVP_PKEY_get_bn_param(pkey, name, &number) != 1)
		return CKR_FUNCTION_FAILED;
	if (len == 0)
		len = (size_t)BN_num_bytes(number);
	TRY(secret_new(len, &bytes));
	if (BN_bn2binpad(number, bytes.data, (int)len) < 0)
		return CKR_FUNCTION_FAILED;
	*out = bytes;
	bytes = (struct secret){ NULL, 0 };
	return CKR_OK;
}

CK_RV
pkey_spki(struct span algorithm, struct span key, struct secret *out)
{
	size_t room = algorithm.len + key.len + 32;
	_cleanup_(secret_wipe) struct secret bytes = { NULL, 0 };
	struct der_writer w;
	const uint8_t *end, *inner;

	TRY(secret_new(room, &bytes));
	w = (struct der_writer){ bytes.data, bytes.data + room, false };
	end = w.at;
	der_put(&w, key.data, key.len);
	der_put(&w, "", 1); /* no unused bits */
	der_put_header(&w, DER_BIT_STRING, end);
	inner = w.at;
	der_put(&w, algorithm.data, algorithm.len);
	der_put_header(&w, DER_SEQUENCE, inner);
	der_put_header(&w, DER_SEQUENCE, end);
	if (w.failed)
		return CKR_GENERAL_ERROR;
	return secret_dup(w.at, (size_t)(end - w.at), out);
}
