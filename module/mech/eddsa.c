/* EdDSA, which reads its input twice: what is fed is kept until the end. */
#include "module/mech/op.h"
#include "module/mech/rows.h"

#include <openssl/crypto.h>

#include "common/log.h"
#include "module/crypto/libctx.h"

/* Since when libcrypto has the schemes with a context and a pre-hash. */
#define SCHEMES_SINCE 0x30200000UL

static bool
is_ed448(const struct op *op)
{
	return key_bits(op->key) == 448;
}

static size_t
eddsa_size(const struct op *op, size_t in_len)
{
	(void)in_len;
	return is_ed448(op) ? 114 : 64;
}

static CK_RV
eddsa_prepare(struct op *op)
{
	if (op->param.has_context && OpenSSL_version_num() < SCHEMES_SINCE)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "this libcrypto knows pure EdDSA only");
	op->md = EVP_MD_CTX_new();
	return op->md != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

/* Ed25519ctx differs from Ed25519; Ed448 always has a context, maybe empty. */
static const char *
scheme(const struct op *op)
{
	if (is_ed448(op))
		return op->param.prehash ? "Ed448ph" : "Ed448";
	return op->param.prehash ? "Ed25519ph" : "Ed25519ctx";
}

static CK_RV
init(struct op *op, EVP_PKEY *pkey, const OSSL_PARAM *params)
{
	int ok;

	if (op->use == CKF_SIGN)
		ok = EVP_DigestSignInit_ex(op->md, NULL, NULL, libctx_get(),
		    NULL, pkey, params);
	else
		ok = EVP_DigestVerifyInit_ex(op->md, NULL, NULL, libctx_get(),
		    NULL, pkey, params);
	return ok == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
}

static CK_RV
begin_scheme(struct op *op)
{
	/* libcrypto only reads it. */
	char *name = (char *)(uintptr_t)scheme(op);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("instance", name, 0),
		OSSL_PARAM_construct_octet_string("context-string",
		    op->label.data, op->label.len),
		OSSL_PARAM_construct_end(),
	};

	if (op->label.len == 0)
		params[1] = params[2];
	return init(op, key_pkey(op->key), params);
}

/* Used again, the context keeps its key; where libcrypto refuses that, it is
 * set anew. */
static CK_RV
eddsa_begin(struct op *op)
{
	if (op->param.has_context)
		return begin_scheme(op);
	if (op->prepared && init(op, NULL, NULL) == CKR_OK)
		return CKR_OK;
	return init(op, key_pkey(op->key), NULL);
}

static CK_RV
eddsa_feed(struct op *op, const void *in, size_t len)
{
	buf_bytes(&op->data, in, len);
	return buf_check(&op->data);
}

/* All of the input, wherever it came from. */
static CK_RV
gather(struct op *op, struct span *in)
{
	if (op->data.len != 0) {
		TRY(eddsa_feed(op, in->data, in->len));
		*in = (struct span){ op->data.data, op->data.len };
	} else if (in->len == 0) {
		*in = (struct span){ "", 0 };
	}
	return CKR_OK;
}

static CK_RV
eddsa_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	struct span all = { in, in_len };
	size_t len = eddsa_size(op, 0);

	TRY(gather(op, &all));
	if (EVP_DigestSign(op->md, out, &len, all.data, all.len) != 1)
		return CKR_FUNCTION_FAILED;
	*out_len = len;
	return CKR_OK;
}

static CK_RV
eddsa_verify(struct op *op, const void *in, size_t in_len, const void *sig,
    size_t sig_len)
{
	struct span all = { in, in_len };

	if (sig_len != eddsa_size(op, 0))
		return CKR_SIGNATURE_LEN_RANGE;
	TRY(gather(op, &all));
	if (EVP_DigestVerify(op->md, sig, sig_len, all.data, all.len) != 1)
		return CKR_SIGNATURE_INVALID;
	return CKR_OK;
}

static const struct mech_ops eddsa_ops = {
	.unit = 1,
	.read = param_eddsa,
	.prepare = eddsa_prepare,
	.begin = eddsa_begin,
	.size = eddsa_size,
	.feed = eddsa_feed,
	.finish = eddsa_finish,
	.verify = eddsa_verify,
};

static const struct mech eddsa_rows[] = {
	{ CKM_EDDSA, CKK_EC_EDWARDS, 255, 448, SVM | CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME,
	    NULL, 0, &eddsa_ops },
};

const struct mech_family eddsa_family = FAMILY(eddsa_rows);
