/* Keys of passwords: PBKDF2 (RFC 8018; PKCS#11 6.37). */
#include "module/mech/derived.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <string.h>

#include "common/log.h"
#include "module/crypto/libctx.h"
#include "module/mech/rows.h"

DEFINE_CLEANUP(EVP_KDF *, EVP_KDF_free)
DEFINE_CLEANUP(EVP_KDF_CTX *, EVP_KDF_CTX_free)

/* A minute or so: who asks for more means something else. */
#define ITERATIONS_MAX 100000000UL

static const struct {
	CK_PKCS5_PBKD2_PSEUDO_RANDOM_FUNCTION_TYPE type;
	const char *md;
} prfs[] = {
	{ CKP_PKCS5_PBKD2_HMAC_SHA1, "SHA1" },
	{ CKP_PKCS5_PBKD2_HMAC_SHA224, "SHA2-224" },
	{ CKP_PKCS5_PBKD2_HMAC_SHA256, "SHA2-256" },
	{ CKP_PKCS5_PBKD2_HMAC_SHA384, "SHA2-384" },
	{ CKP_PKCS5_PBKD2_HMAC_SHA512, "SHA2-512" },
	{ CKP_PKCS5_PBKD2_HMAC_SHA512_224, "SHA2-512/224" },
	{ CKP_PKCS5_PBKD2_HMAC_SHA512_256, "SHA2-512/256" },
};

struct pbkdf2 {
	const char *md;
	struct span password, salt;
	uint64_t iterations;
};

static CK_RV
invalid(const char *why)
{
	return fail_quiet(CKR_MECHANISM_PARAM_INVALID, "%s", why);
}

/*
 * Before 2.40's errata the length of the password was a pointer to it, in a
 * structure of the same size.  What is no length that we take is an address:
 * no page is that low.
 */
static CK_RV
password_read(const CK_PKCS5_PBKD2_PARAMS2 *p, struct span *out)
{
	CK_ULONG len = p->ulPasswordLen;

	if (len >= DERIVED_BYTES_MAX) {
		if (len % _Alignof(CK_ULONG) != 0)
			return invalid("the password is too long");
		memcpy(&len, (const void *)len, sizeof(len));
	}
	return param_bytes_or_none(p->pPassword, len, out);
}

static CK_RV
pbkdf2_read(const CK_MECHANISM *mechanism, struct pbkdf2 *out)
{
	CK_PKCS5_PBKD2_PARAMS2 p;

	_Static_assert(sizeof(p) == sizeof(CK_PKCS5_PBKD2_PARAMS),
	    "both structures are read as one");
	TRY(param_copy(mechanism, &p, sizeof(p)));
	if (p.saltSource != CKZ_SALT_SPECIFIED)
		return invalid("saltSource is not CKZ_SALT_SPECIFIED");
	TRY(param_bytes(p.pSaltSourceData, p.ulSaltSourceDataLen, &out->salt));
	if (p.iterations == 0 || p.iterations > ITERATIONS_MAX)
		return invalid("no such number of iterations");
	out->iterations = p.iterations;
	if (p.pPrfData != NULL || p.ulPrfDataLen != 0)
		return invalid("the prf takes no data");
	for (size_t i = 0; i < COUNT(prfs); i++)
		if (prfs[i].type == p.prf)
			out->md = prfs[i].md;
	if (out->md == NULL)
		return invalid("the prf is not offered");
	return password_read(&p, &out->password);
}

static CK_RV
pbkdf2_run(struct pbkdf2 *p, struct secret *out)
{
	_cleanup_(EVP_KDF_freep) EVP_KDF *kdf = EVP_KDF_fetch(libctx_get(),
	    "PBKDF2", NULL);
	_cleanup_(EVP_KDF_CTX_freep) EVP_KDF_CTX *ctx = NULL;
	/* the letter of the RFC, without the limits of SP 800-132 */
	int plain = 1;
	const void *password = p->password.len != 0 ? p->password.data : "";
	/* libcrypto only reads them. */
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
		    (char *)(uintptr_t)p->md, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD,
		    (void *)(uintptr_t)password, p->password.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
		    (void *)(uintptr_t)p->salt.data, p->salt.len),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER,
		    &p->iterations),
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &plain),
		OSSL_PARAM_construct_end(),
	};

	if (kdf == NULL || (ctx = EVP_KDF_CTX_new(kdf)) == NULL ||
	    EVP_KDF_derive(ctx, out->data, out->len, params) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV
pbkdf2_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, struct key_made *out)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	struct pbkdf2 p = { .md = NULL };

	(void)mech;
	TRY(pbkdf2_read(mechanism, &p));
	if (args->type == CK_UNAVAILABLE_INFORMATION || args->len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (args->len > DERIVED_BYTES_MAX)
		return CKR_KEY_SIZE_RANGE;
	TRY(secret_new(args->len, &made));
	TRY(pbkdf2_run(&p, &made));
	parity_set(args->type, &made);
	out->value = made;
	made = (struct secret){ NULL, 0 };
	return CKR_OK;
}

static const struct mech_ops pbkdf2_ops = {
	.unit = 8,
	.generate = pbkdf2_generate,
};

static const struct mech pbkdf2_rows[] = {
	{ CKM_PKCS5_PBKD2, MECH_ANY_SECRET, 1, DERIVED_BYTES_MAX, CKF_GENERATE,
	    NULL, 0, &pbkdf2_ops },
};

const struct mech_family pbkdf2_family = FAMILY(pbkdf2_rows);
