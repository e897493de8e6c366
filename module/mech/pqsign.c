/* ML-DSA and SLH-DSA signatures (FIPS 204, FIPS 205), pure ones and those of a
 * message's hash. */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "module/crypto/libctx.h"
#include "module/crypto/pqkey.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

#define CONTEXT_MAX 255
#define OID_LEN 11

/* What a signature of a hash covers before the hash: two bytes, the context,
 * the hash's OBJECT IDENTIFIER. */
#define PREFIX_MAX (2 + CONTEXT_MAX + OID_LEN)
#define HASH_MAX 64

/* What the input of an operation is: a message, which ML-DSA needs only once
 * and SLH-DSA twice; a hash; or a message to be hashed first. */
enum input { ONCE, TWICE, HASHED, HASHES };

#define MU_LEN 64

struct signing {
	EVP_MD_CTX *ctx; /* op->md hashes the message, if at all */
	uint8_t tr[MU_LEN]; /* the hash of an ML-DSA public key */
};

/* The functions behind 2.16.840.1.101.3.4.2 that a message may be hashed by. */
static const struct {
	CK_MECHANISM_TYPE type; /* what a parameter calls it */
	const char *md;
	uint8_t arc;
} hashes[] = {
	{ CKM_SHA256, "SHA2-256", 1 },
	{ CKM_SHA384, "SHA2-384", 2 },
	{ CKM_SHA512, "SHA2-512", 3 },
	{ CKM_SHA224, "SHA2-224", 4 },
	{ CKM_SHA512_224, "SHA2-512/224", 5 },
	{ CKM_SHA512_256, "SHA2-512/256", 6 },
	{ CKM_SHA3_224, "SHA3-224", 7 },
	{ CKM_SHA3_256, "SHA3-256", 8 },
	{ CKM_SHA3_384, "SHA3-384", 9 },
	{ CKM_SHA3_512, "SHA3-512", 10 },
	{ CKM_SHAKE_128_KEY_DERIVATION, "SHAKE128", 11 },
	{ CKM_SHAKE_256_KEY_DERIVATION, "SHAKE256", 12 },
};

static bool
is_offered(const struct mech *mech)
{
	return pqset_is_offered(mech->key_type);
}

/* Parameters */

static CK_RV
context_read(mech_use use, CK_HEDGE_TYPE hedge, const void *context,
    CK_ULONG len, struct param *out)
{
	if (use == CKF_SIGN && hedge > CKH_DETERMINISTIC_REQUIRED)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "hedgeVariant is not one of CKH_");
	if (len > CONTEXT_MAX || (context == NULL && len != 0))
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "the context is absent or longer than 255 bytes");
	out->deterministic = hedge == CKH_DETERMINISTIC_REQUIRED;
	if (len != 0)
		out->label = (struct span){ context, len };
	return CKR_OK;
}

static CK_RV
sign_read(const struct mech *mech, mech_use use, const CK_MECHANISM *mechanism,
    struct param *out)
{
	CK_SIGN_ADDITIONAL_CONTEXT given;

	(void)mech;
	if (mechanism->pParameter == NULL && mechanism->ulParameterLen == 0)
		return CKR_OK;
	TRY(param_copy(mechanism, &given, sizeof(given)));
	return context_read(use, given.hedgeVariant, given.pContext,
	    given.ulContextLen, out);
}

static CK_RV
hashed_read(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct param *out)
{
	CK_HASH_SIGN_ADDITIONAL_CONTEXT given;

	(void)mech;
	TRY(param_copy(mechanism, &given, sizeof(given)));
	for (size_t i = 0; i < COUNT(hashes); i++)
		if (hashes[i].type == given.hash)
			out->hash = digest_find(hashes[i].md);
	if (out->hash == NULL)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "hash is not one that is offered");
	return context_read(use, given.hedgeVariant, given.pContext,
	    given.ulContextLen, out);
}

/* All that a parameter says is set anew each time. */
static bool
is_same(const struct param *a, const struct param *b)
{
	(void)a;
	(void)b;
	return true;
}

/* Operations */

static CK_RV
sign_prepare(struct op *op)
{
	const struct pqset *set = pqset_of(key_pkey(op->key));
	struct signing *signing = calloc(1, sizeof(*signing));

	op->own = signing;
	if (signing == NULL || (signing->ctx = EVP_MD_CTX_new()) == NULL)
		return CKR_HOST_MEMORY;
	if (set == NULL)
		return CKR_GENERAL_ERROR;
	op->len = set->out;
	return CKR_OK;
}

static void
sign_forget(struct op *op)
{
	struct signing *signing = op->own;

	if (signing != NULL)
		EVP_MD_CTX_free(signing->ctx);
	free(signing);
}

/* The whole input of SHAKE256 is what was fed and this. */
static CK_RV
shake_final(struct op *op, struct span last, uint8_t out[MU_LEN])
{
	if (EVP_DigestUpdate(op->md, last.data, last.len) != 1 ||
	    EVP_DigestFinalXOF(op->md, out, MU_LEN) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV
shake_begin(struct op *op)
{
	const struct digest *shake = digest_find("SHAKE256");

	if (shake == NULL ||
	    EVP_DigestInit_ex2(op->md, digest_md(shake), NULL) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV
once_prepare(struct op *op)
{
	_cleanup_(key_made_wipe) struct key_made made = { 0 };
	struct signing *signing;

	TRY(sign_prepare(op));
	signing = op->own;
	op->md = EVP_MD_CTX_new();
	if (op->md == NULL)
		return CKR_HOST_MEMORY;
	TRY(key_public_parts(op->key, &made));
	TRY(shake_begin(op));
	return shake_final(op, (struct span){ made.public_value.data,
	    made.public_value.len }, signing->tr);
}

/* libcrypto only reads what a parameter points to. */
static void *
unconst(const void *p)
{
	return (void *)(uintptr_t)p;
}

/* What libcrypto gets is either the message, which it puts the context in front
 * of, or what was built here (FIPS 204, algorithm 4), or the hash that algorithm
 * 7 makes of key and message. */
static CK_RV
sign_begin(struct op *op)
{
	const bool pure = op->mech->arg == TWICE;
	const struct signing *signing = op->own;
	int encoding = pure ? 1 : 0, deterministic = op->param.deterministic;
	int mu = op->mech->arg == ONCE;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int("message-encoding", &encoding),
		OSSL_PARAM_construct_octet_string("context-string",
		    unconst(pure && op->label.len != 0 ? op->label.data
		                                       : (const void *)""),
		    pure ? op->label.len : 0),
		OSSL_PARAM_construct_int("deterministic", &deterministic),
		OSSL_PARAM_construct_int("mu", &mu),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *pkey = key_pkey(op->key);
	int ok;

	if (mu == 0) /* which SLH-DSA does not know */
		params[3] = params[4];
	if (op->use == CKF_SIGN)
		ok = EVP_DigestSignInit_ex(signing->ctx, NULL, NULL, libctx_get(),
		    NULL, pkey, params);
	else
		ok = EVP_DigestVerifyInit_ex(signing->ctx, NULL, NULL,
		    libctx_get(), NULL, pkey, params);
	return ok == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
}

static size_t
sign_size(const struct op *op, size_t in_len)
{
	(void)in_len;
	return op->len;
}

/* The beginning of the message representative (FIPS 204, algorithm 7): the key
 * and the context. */
static CK_RV
once_begin(struct op *op)
{
	const struct signing *signing = op->own;
	const uint8_t head[2] = { 0, (uint8_t)op->label.len };

	TRY(sign_begin(op));
	TRY(shake_begin(op));
	if (EVP_DigestUpdate(op->md, signing->tr, MU_LEN) != 1 ||
	    EVP_DigestUpdate(op->md, head, sizeof(head)) != 1 ||
	    EVP_DigestUpdate(op->md, op->label.data, op->label.len) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV
once_feed(struct op *op, const void *in, size_t len)
{
	return EVP_DigestUpdate(op->md, in, len) == 1 ? CKR_OK
	                                              : CKR_FUNCTION_FAILED;
}

static CK_RV
twice_feed(struct op *op, const void *in, size_t len)
{
	buf_bytes(&op->data, in, len);
	return buf_check(&op->data);
}

/* The message: given as a whole, or fed before. */
static struct span
whole(const struct op *op, struct span in)
{
	if (op->data.len != 0)
		return (struct span){ op->data.data, op->data.len };
	return in.len != 0 ? in : (struct span){ "", 0 };
}

/* In the place of a hash, what is signed for it. */
static CK_RV
encode(const struct op *op, uint8_t out[PREFIX_MAX + HASH_MAX],
    struct span *in)
{
	const struct digest *hash = op->digest != NULL ? op->digest
	                                               : op->param.hash;
	uint8_t oid[OID_LEN] = { 0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 3, 4,
		2, 0 };
	size_t n = op->label.len;

	for (size_t i = 0; i < COUNT(hashes); i++)
		if (strcmp(hashes[i].md, digest_name(hash)) == 0)
			oid[OID_LEN - 1] = hashes[i].arc;
	if (in->len != digest_size(hash) || in->len > HASH_MAX)
		return CKR_DATA_LEN_RANGE;
	out[0] = 1;
	out[1] = (uint8_t)n;
	if (n != 0)
		memcpy(out + 2, op->label.data, n);
	memcpy(out + 2 + n, oid, OID_LEN);
	memcpy(out + 2 + n + OID_LEN, in->data, in->len);
	*in = (struct span){ out, 2 + n + OID_LEN + in->len };
	return CKR_OK;
}

static CK_RV
signed_bytes(struct op *op, uint8_t room[PREFIX_MAX + HASH_MAX],
    struct span *in)
{
	if (op->mech->arg == TWICE) {
		*in = whole(op, *in);
		return CKR_OK;
	}
	if (op->mech->arg != ONCE)
		return encode(op, room, in);
	TRY(shake_final(op, *in, room));
	*in = (struct span){ room, MU_LEN };
	return CKR_OK;
}

static CK_RV
sign_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	const struct signing *signing = op->own;
	uint8_t room[PREFIX_MAX + HASH_MAX];
	struct span all = { in, in_len };
	size_t len = op->len;

	TRY(signed_bytes(op, room, &all));
	if (EVP_DigestSign(signing->ctx, out, &len, all.data, all.len) != 1)
		return CKR_FUNCTION_FAILED;
	*out_len = len;
	return CKR_OK;
}

static CK_RV
sign_verify(struct op *op, const void *in, size_t in_len, const void *sig,
    size_t sig_len)
{
	const struct signing *signing = op->own;
	uint8_t room[PREFIX_MAX + HASH_MAX];
	struct span all = { in, in_len };

	if (sig_len != op->len)
		return CKR_SIGNATURE_LEN_RANGE;
	TRY(signed_bytes(op, room, &all));
	if (EVP_DigestVerify(signing->ctx, sig, sig_len, all.data,
	    all.len) != 1)
		return CKR_SIGNATURE_INVALID;
	return CKR_OK;
}

#define SIGN \
	.unit = 8, .is_offered = is_offered, .is_same = is_same, \
	.size = sign_size, .finish = sign_finish, .verify = sign_verify, \
	.forget = sign_forget
#define BEGIN .prepare = sign_prepare, .begin = sign_begin

static const struct mech_ops once_ops = {
	SIGN, .read = sign_read, .prepare = once_prepare,
	.begin = once_begin, .feed = once_feed,
};
static const struct mech_ops twice_ops = {
	SIGN, BEGIN, .read = sign_read, .feed = twice_feed,
};
static const struct mech_ops hashed_ops = {
	SIGN, BEGIN, .read = hashed_read,
};
static const struct mech_ops hashes_ops = {
	SIGN, BEGIN, .read = sign_read, .hashes = true,
};

#define ML_DSA CKK_ML_DSA, ML_DSA_SIZES

static const struct mech ml_dsa_rows[] = {
	{ CKM_ML_DSA, ML_DSA, SVM, NULL, ONCE, &once_ops },
	{ CKM_HASH_ML_DSA, ML_DSA, SV, NULL, HASHED, &hashed_ops },
	{ CKM_HASH_ML_DSA_SHA224, ML_DSA, SVM, "SHA2-224", HASHES, &hashes_ops },
	{ CKM_HASH_ML_DSA_SHA256, ML_DSA, SVM, "SHA2-256", HASHES, &hashes_ops },
	{ CKM_HASH_ML_DSA_SHA384, ML_DSA, SVM, "SHA2-384", HASHES, &hashes_ops },
	{ CKM_HASH_ML_DSA_SHA512, ML_DSA, SVM, "SHA2-512", HASHES, &hashes_ops },
	{ CKM_HASH_ML_DSA_SHA3_224, ML_DSA, SVM, "SHA3-224", HASHES, &hashes_ops },
	{ CKM_HASH_ML_DSA_SHA3_256, ML_DSA, SVM, "SHA3-256", HASHES, &hashes_ops },
	{ CKM_HASH_ML_DSA_SHA3_384, ML_DSA, SVM, "SHA3-384", HASHES, &hashes_ops },
	{ CKM_HASH_ML_DSA_SHA3_512, ML_DSA, SVM, "SHA3-512", HASHES, &hashes_ops },
	{ CKM_HASH_ML_DSA_SHAKE128, ML_DSA, SVM, "SHAKE128", HASHES, &hashes_ops },
	{ CKM_HASH_ML_DSA_SHAKE256, ML_DSA, SVM, "SHAKE256", HASHES, &hashes_ops },
};

const struct mech_family ml_dsa_family = FAMILY(ml_dsa_rows);

#define SLH_DSA CKK_SLH_DSA, SLH_DSA_SIZES

static const struct mech slh_dsa_rows[] = {
	{ CKM_SLH_DSA, SLH_DSA, SVM, NULL, TWICE, &twice_ops },
	{ CKM_HASH_SLH_DSA, SLH_DSA, SV, NULL, HASHED, &hashed_ops },
	{ CKM_HASH_SLH_DSA_SHA224, SLH_DSA, SVM, "SHA2-224", HASHES, &hashes_ops },
	{ CKM_HASH_SLH_DSA_SHA256, SLH_DSA, SVM, "SHA2-256", HASHES, &hashes_ops },
	{ CKM_HASH_SLH_DSA_SHA384, SLH_DSA, SVM, "SHA2-384", HASHES, &hashes_ops },
	{ CKM_HASH_SLH_DSA_SHA512, SLH_DSA, SVM, "SHA2-512", HASHES, &hashes_ops },
	{ CKM_HASH_SLH_DSA_SHA3_224, SLH_DSA, SVM, "SHA3-224", HASHES, &hashes_ops },
	{ CKM_HASH_SLH_DSA_SHA3_256, SLH_DSA, SVM, "SHA3-256", HASHES, &hashes_ops },
	{ CKM_HASH_SLH_DSA_SHA3_384, SLH_DSA, SVM, "SHA3-384", HASHES, &hashes_ops },
	{ CKM_HASH_SLH_DSA_SHA3_512, SLH_DSA, SVM, "SHA3-512", HASHES, &hashes_ops },
	{ CKM_HASH_SLH_DSA_SHAKE128, SLH_DSA, SVM, "SHAKE128", HASHES, &hashes_ops },
	{ CKM_HASH_SLH_DSA_SHAKE256, SLH_DSA, SVM, "SHAKE256", HASHES, &hashes_ops },
};

const struct mech_family slh_dsa_family = FAMILY(slh_dsa_rows);
