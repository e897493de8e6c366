/* Signing with keys in tokens; all else by our own libcrypto. */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#include "provider/core.h"
#include "provider/operations.h"
#include "provider/provider.h"
#include "provider/sigalg.h"

/* Either a token signs (alg, mdctx), or our own libcrypto does the work, for
 * verification and soft keys (soft, soft_md). */
struct sig {
	struct provider *prov;
	struct key *key;
	struct sigalg alg;
	EVP_MD_CTX *mdctx;
	EVP_MD_CTX *soft_md; /* owns soft if it is there */
	EVP_PKEY_CTX *soft;
};

static void
soft_end(struct sig *s)
{
	if (s->soft_md == NULL)
		EVP_PKEY_CTX_free(s->soft);
	EVP_MD_CTX_free(s->soft_md);
	s->soft_md = NULL;
	s->soft = NULL;
}

static void *
newctx(void *provctx, const char *propq)
{
	struct sig *s = calloc(1, sizeof(*s));

	(void)propq;
	if (s != NULL)
		s->prov = provctx;
	return s;
}

static void
freectx(void *ctx)
{
	struct sig *s = ctx;

	if (s == NULL)
		return;
	soft_end(s);
	EVP_MD_CTX_free(s->mdctx);
	if (s->key != NULL)
		key_free(s->key);
	free(s);
}

DEFINE_CLEANUP(void *, freectx)

static bool
soft_dup(const struct sig *from, struct sig *to)
{
	if (from->soft_md != NULL) {
		to->soft_md = EVP_MD_CTX_new();
		if (to->soft_md == NULL
		    || !EVP_MD_CTX_copy_ex(to->soft_md, from->soft_md))
			return false;
		to->soft = EVP_MD_CTX_get_pkey_ctx(to->soft_md);
	} else if (from->soft != NULL) {
		to->soft = EVP_PKEY_CTX_dup(from->soft);
		return to->soft != NULL;
	}
	return true;
}

static void *
dupctx(void *ctx)
{
	const struct sig *from = ctx;
	_cleanup_(freectxp) void *copy = newctx(from->prov, NULL);
	struct sig *to = copy;

	if (to == NULL)
		return NULL;
	to->alg = from->alg;
	to->key = from->key != NULL ? key_ref(from->key) : NULL;
	if (!soft_dup(from, to))
		return NULL;
	if (from->mdctx != NULL) {
		to->mdctx = EVP_MD_CTX_new();
		if (to->mdctx == NULL
		    || !EVP_MD_CTX_copy_ex(to->mdctx, from->mdctx))
			return NULL;
	}
	return TAKE(copy);
}

static bool
take_key(struct sig *s, void *provkey)
{
	struct key *k = provkey;

	if (k == NULL)
		return s->key != NULL;
	if (s->key != NULL)
		key_free(s->key);
	s->key = key_ref(k);
	soft_end(s);
	return k->pub != NULL;
}

static bool
set_params(struct sig *s, const OSSL_PARAM params[])
{
	if (params == NULL || params[0].key == NULL)
		return true;
	if (s->soft != NULL)
		return EVP_PKEY_CTX_set_params(s->soft, params) > 0;
	return s->key != NULL
	    && core_ok(s->prov, sigalg_set(&s->alg, s->key, params));
}

static int
set_ctx_params(void *ctx, const OSSL_PARAM params[])
{
	return set_params(ctx, params);
}

static int
get_ctx_params(void *ctx, OSSL_PARAM params[])
{
	struct sig *s = ctx;

	if (s->soft != NULL)
		return EVP_PKEY_CTX_get_params(s->soft, params) > 0;
	return s->key != NULL
	    && core_ok(s->prov, sigalg_get(&s->alg, s->key, params));
}

static const OSSL_PARAM *
settable_ctx_params(void *ctx, void *provctx)
{
	(void)ctx;
	(void)provctx;
	return sigalg_settable;
}

static const OSSL_PARAM *
gettable_ctx_params(void *ctx, void *provctx)
{
	(void)ctx;
	(void)provctx;
	return sigalg_gettable;
}

typedef int start_fn(EVP_PKEY_CTX *, const OSSL_PARAM *);
typedef int digest_start_fn(EVP_MD_CTX *, EVP_PKEY_CTX **, const char *,
    OSSL_LIB_CTX *, const char *, EVP_PKEY *, const OSSL_PARAM *);

static bool
soft_start(struct sig *s, start_fn *start, const OSSL_PARAM params[])
{
	s->soft = EVP_PKEY_CTX_new_from_pkey(soft_libctx(), s->key->pub, NULL);
	return s->soft != NULL && start(s->soft, NULL) > 0
	    && set_params(s, params);
}

static bool
soft_digest_start(struct sig *s, digest_start_fn *start, const char *mdname,
    const OSSL_PARAM params[])
{
	if (mdname != NULL && (mdname[0] == '\0'
	    || strcmp(mdname, "UNDEF") == 0))
		mdname = NULL;
	s->soft_md = EVP_MD_CTX_new();
	return s->soft_md != NULL && start(s->soft_md, &s->soft, mdname,
	    soft_libctx(), NULL, s->key->pub, NULL) > 0
	    && set_params(s, params);
}

static int
sign_init(void *ctx, void *provkey, const OSSL_PARAM params[])
{
	struct sig *s = ctx;

	if (!take_key(s, provkey))
		return 0;
	if (s->key->soft_private)
		return soft_start(s, EVP_PKEY_sign_init_ex, params);
	sigalg_init(&s->alg, s->key);
	return set_params(s, params);
}

static int
sign(void *ctx, unsigned char *sig, size_t *siglen, size_t sigsize,
    const unsigned char *tbs, size_t tbslen)
{
	struct sig *s = ctx;
	size_t len = sigsize;

	if (s->soft != NULL) {
		*siglen = sigsize;
		return EVP_PKEY_sign(s->soft, sig, siglen, tbs, tbslen) > 0;
	}
	if (sig == NULL) {
		*siglen = s->key->size;
		return 1;
	}
	if (!core_ok(s->prov, sigalg_sign(&s->alg, s->key, tbs, tbslen, sig,
	    &len)))
		return 0;
	*siglen = len;
	return 1;
}

static int
verify_init(void *ctx, void *provkey, const OSSL_PARAM params[])
{
	return take_key(ctx, provkey)
	    && soft_start(ctx, EVP_PKEY_verify_init_ex, params);
}

static int
verify(void *ctx, const unsigned char *sig, size_t siglen,
    const unsigned char *tbs, size_t tbslen)
{
	struct sig *s = ctx;

	return s->soft != NULL
	    && EVP_PKEY_verify(s->soft, sig, siglen, tbs, tbslen) == 1;
}

static int
verify_recover_init(void *ctx, void *provkey, const OSSL_PARAM params[])
{
	return take_key(ctx, provkey)
	    && soft_start(ctx, EVP_PKEY_verify_recover_init_ex, params);
}

static int
verify_recover(void *ctx, unsigned char *rout, size_t *routlen,
    size_t routsize, const unsigned char *sig, size_t siglen)
{
	struct sig *s = ctx;

	*routlen = routsize;
	return s->soft != NULL && EVP_PKEY_verify_recover(s->soft, rout,
	    routlen, sig, siglen) > 0;
}

static int
digest_sign_init(void *ctx, const char *mdname, void *provkey,
    const OSSL_PARAM params[])
{
	struct sig *s = ctx;

	if (!take_key(s, provkey))
		return 0;
	if (s->key->soft_private)
		return soft_digest_start(s, EVP_DigestSignInit_ex, mdname,
		    params);
	sigalg_init(&s->alg, s->key);
	return core_ok(s->prov, sigalg_set_digest(&s->alg, s->key, mdname))
	    && set_params(s, params);
}

/* The digest of what is to be signed, from the first byte on. */
static bool
digest_start(struct sig *s)
{
	if (s->alg.md == NULL)
		return core_ok(s->prov, CKR_MECHANISM_PARAM_INVALID);
	s->mdctx = EVP_MD_CTX_new();
	return s->mdctx != NULL
	    && EVP_DigestInit_ex2(s->mdctx, digest_md(s->alg.md), NULL);
}

static int
digest_sign_update(void *ctx, const unsigned char *data, size_t len)
{
	struct sig *s = ctx;

	if (s->soft_md != NULL)
		return EVP_DigestSignUpdate(s->soft_md, data, len) > 0;
	if (s->mdctx == NULL && !digest_start(s))
		return 0;
	return EVP_DigestUpdate(s->mdctx, data, len);
}

static int
digest_sign_final(void *ctx, unsigned char *sig, size_t *siglen,
    size_t sigsize)
{
	struct sig *s = ctx;
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int ok;

	if (s->soft_md != NULL) {
		*siglen = sigsize;
		return EVP_DigestSignFinal(s->soft_md, sig, siglen) > 0;
	}
	if (sig == NULL)
		return sign(s, NULL, siglen, 0, NULL, 0);
	if (s->mdctx == NULL && !digest_start(s))
		return 0;
	ok = EVP_DigestFinal_ex(s->mdctx, value, &len)
	    && sign(s, sig, siglen, sigsize, value, len);
	EVP_MD_CTX_free(s->mdctx);
	s->mdctx = NULL;
	return ok;
}

static int
digest_sign(void *ctx, unsigned char *sig, size_t *siglen, size_t sigsize,
    const unsigned char *tbs, size_t tbslen)
{
	struct sig *s = ctx;
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (s->soft_md != NULL) {
		*siglen = sigsize;
		return EVP_DigestSign(s->soft_md, sig, siglen, tbs, tbslen)
		    > 0;
	}
	if (sig == NULL || s->alg.md == NULL)
		return sign(s, sig, siglen, sigsize, tbs, tbslen);
	return EVP_Digest(tbs, tbslen, value, &len, digest_md(s->alg.md), NULL)
	    && sign(s, sig, siglen, sigsize, value, len);
}

static int
digest_verify_init(void *ctx, const char *mdname, void *provkey,
    const OSSL_PARAM params[])
{
	return take_key(ctx, provkey) && soft_digest_start(ctx,
	    EVP_DigestVerifyInit_ex, mdname, params);
}

static int
digest_verify_update(void *ctx, const unsigned char *data, size_t len)
{
	struct sig *s = ctx;

	return s->soft_md != NULL
	    && EVP_DigestVerifyUpdate(s->soft_md, data, len) > 0;
}

static int
digest_verify_final(void *ctx, const unsigned char *sig, size_t siglen)
{
	struct sig *s = ctx;

	return s->soft_md != NULL
	    && EVP_DigestVerifyFinal(s->soft_md, sig, siglen) == 1;
}

static int
digest_verify(void *ctx, const unsigned char *sig, size_t siglen,
    const unsigned char *tbs, size_t tbslen)
{
	struct sig *s = ctx;

	return s->soft_md != NULL && EVP_DigestVerify(s->soft_md, sig, siglen,
	    tbs, tbslen) == 1;
}

static const OSSL_DISPATCH functions[] = {
	FUNCTION(OSSL_FUNC_SIGNATURE_NEWCTX, newctx),
	FUNCTION(OSSL_FUNC_SIGNATURE_FREECTX, freectx),
	FUNCTION(OSSL_FUNC_SIGNATURE_DUPCTX, dupctx),
	FUNCTION(OSSL_FUNC_SIGNATURE_SIGN_INIT, sign_init),
	FUNCTION(OSSL_FUNC_SIGNATURE_SIGN, sign),
	FUNCTION(OSSL_FUNC_SIGNATURE_VERIFY_INIT, verify_init),
	FUNCTION(OSSL_FUNC_SIGNATURE_VERIFY, verify),
	FUNCTION(OSSL_FUNC_SIGNATURE_VERIFY_RECOVER_INIT, verify_recover_init),
	FUNCTION(OSSL_FUNC_SIGNATURE_VERIFY_RECOVER, verify_recover),
	FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, digest_sign_init),
	FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, digest_sign_update),
	FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, digest_sign_final),
	FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, digest_sign),
	FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, digest_verify_init),
	FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE,
	    digest_verify_update),
	FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, digest_verify_final),
	FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, digest_verify),
	FUNCTION(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, get_ctx_params),
	FUNCTION(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, gettable_ctx_params),
	FUNCTION(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, set_ctx_params),
	FUNCTION(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, settable_ctx_params),
	{ 0, NULL }
};

const struct offer signature_offers[] = {
	{ OPERATION_NAME, NULL, functions, "signatures by keys in tokens" },
	{ NULL, NULL, NULL, NULL }
};
