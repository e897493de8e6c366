/* Pseudo-random functions for derivations. */
#include "module/mech/prf.h"

#include <openssl/core_names.h>

#include "common/log.h"
#include "module/crypto/cipher.h"
#include "module/crypto/mac.h"

static CK_RV
prf_open(EVP_MAC *mac, const char *what, const char *name, struct span key,
    struct prf *out)
{
	/* libcrypto only reads it. */
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(what,
		    (char *)(uintptr_t)name, 0),
		OSSL_PARAM_construct_end(),
	};

	out->ctx = EVP_MAC_CTX_new(mac);
	if (out->ctx == NULL)
		return CKR_HOST_MEMORY;
	return EVP_MAC_init(out->ctx, key.data, key.len, params) == 1
	    ? CKR_OK
	    : CKR_FUNCTION_FAILED;
}

CK_RV
prf_hmac(const struct digest *digest, struct span key, struct prf *out)
{
	EVP_MAC *mac = mac_find("HMAC");

	if (mac == NULL)
		return CKR_FUNCTION_FAILED;
	out->size = digest_size(digest);
	return prf_open(mac, OSSL_MAC_PARAM_DIGEST, digest_name(digest),
	    key, out);
}

CK_RV
prf_cmac(const char *cipher, struct span key, struct prf *out)
{
	EVP_MAC *mac = mac_find("CMAC");
	const EVP_CIPHER *block = cipher_find(cipher, (unsigned)key.len * 8);

	if (mac == NULL || block == NULL)
		return CKR_FUNCTION_FAILED;
	TRY(prf_open(mac, OSSL_MAC_PARAM_CIPHER, EVP_CIPHER_get0_name(block),
	    key, out));
	out->size = EVP_MAC_CTX_get_mac_size(out->ctx);
	return out->size != 0 && out->size <= PRF_SIZE_MAX
	    ? CKR_OK
	    : CKR_FUNCTION_FAILED;
}

void
prf_close(struct prf *prf)
{
	EVP_MAC_CTX_free(prf->ctx);
	*prf = (struct prf){ NULL, 0 };
}

CK_RV
prf_call(const struct prf *prf, const struct span *parts, size_t count,
    uint8_t *out)
{
	size_t len = 0;

	if (EVP_MAC_init(prf->ctx, NULL, 0, NULL) != 1)
		return CKR_FUNCTION_FAILED;
	for (size_t i = 0; i < count; i++)
		if (parts[i].len != 0 && EVP_MAC_update(prf->ctx,
		    parts[i].data, parts[i].len) != 1)
			return CKR_FUNCTION_FAILED;
	return EVP_MAC_final(prf->ctx, out, &len, prf->size) == 1 &&
	    len == prf->size
	    ? CKR_OK
	    : CKR_FUNCTION_FAILED;
}

/* Digests that have no parameter of their own and no doubts about them. */
static const struct {
	CK_MECHANISM_TYPE type;
	const char *md;
} digests[] = {
	{ CKM_SHA_1, "SHA1" },
	{ CKM_SHA224, "SHA2-224" },
	{ CKM_SHA256, "SHA2-256" },
	{ CKM_SHA384, "SHA2-384" },
	{ CKM_SHA512, "SHA2-512" },
	{ CKM_SHA512_224, "SHA2-512/224" },
	{ CKM_SHA512_256, "SHA2-512/256" },
	{ CKM_SHA3_224, "SHA3-224" },
	{ CKM_SHA3_256, "SHA3-256" },
	{ CKM_SHA3_384, "SHA3-384" },
	{ CKM_SHA3_512, "SHA3-512" },
};

CK_RV
prf_digest(CK_MECHANISM_TYPE type, const struct digest **out)
{
	for (size_t i = 0; i < COUNT(digests); i++)
		if (digests[i].type == type) {
			*out = digest_find(digests[i].md);
			return *out != NULL ? CKR_OK : CKR_FUNCTION_FAILED;
		}
	return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
	    "the parameter names no digest that is offered for this");
}
