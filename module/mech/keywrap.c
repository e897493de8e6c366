/* AES Key Wrap (SP 800-38F, RFC 3394, RFC 5649): whole inputs only. */
#include <string.h>

#include "common/log.h"
#include "module/crypto/cipher.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

enum padding {
	NONE,     /* semiblocks; wrapped keys are filled up with zeros */
	KWP,      /* RFC 5649 */
	PKCS7,    /* to semiblocks, always some */
};

#define SEMIBLOCK 8
#define WRAP_MAX (1UL << 24)

static CK_RV
wrap_read(const struct mech *mech, mech_use use, const CK_MECHANISM *mechanism,
    struct param *out)
{
	size_t len = mech->arg == KWP ? 4 : SEMIBLOCK;

	(void)use;
	if (mechanism->ulParameterLen == 0)
		return CKR_OK;
	if (mechanism->pParameter == NULL || mechanism->ulParameterLen != len)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "the initial value has %zu bytes", len);
	memcpy(out->iv, mechanism->pParameter, len);
	out->iv_len = len;
	return CKR_OK;
}

static bool
wrap_is_same(const struct param *a, const struct param *b)
{
	return a->iv_len == b->iv_len;
}

static bool
wrap_is_offered(const struct mech *mech)
{
	return cipher_find(mech->alg, 256) != NULL;
}

static bool
encrypts(const struct op *op)
{
	return op->use == CKF_ENCRYPT;
}

static CK_RV
wrap_prepare(struct op *op)
{
	const EVP_CIPHER *cipher = cipher_find(op->mech->alg,
	    key_bits(op->key));

	op->cipher = EVP_CIPHER_CTX_new();
	if (cipher == NULL || op->cipher == NULL)
		return CKR_HOST_MEMORY;
	EVP_CIPHER_CTX_set_flags(op->cipher, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	return EVP_CipherInit_ex2(op->cipher, cipher,
	    key_value(op->key).data, NULL, encrypts(op), NULL) == 1
	    ? CKR_OK
	    : CKR_FUNCTION_FAILED;
}

/* Without an IV of the caller's, the standard's own is set again. */
static CK_RV
wrap_begin(struct op *op)
{
	static const uint8_t a6[SEMIBLOCK] = { 0xa6, 0xa6, 0xa6, 0xa6, 0xa6,
		0xa6, 0xa6, 0xa6 };
	static const uint8_t kwp[4] = { 0xa6, 0x59, 0x59, 0xa6 };
	const uint8_t *iv = op->mech->arg == KWP ? kwp : a6;

	return EVP_CipherInit_ex2(op->cipher, NULL, NULL,
	    op->param.iv_len != 0 ? op->param.iv : iv, -1, NULL) == 1
	    ? CKR_OK
	    : CKR_FUNCTION_FAILED;
}

/* What goes into the wrap for so much input. */
static size_t
padded(const struct op *op, size_t len)
{
	if (op->mech->arg == PKCS7)
		return (len / SEMIBLOCK + 1) * SEMIBLOCK;
	return (len + SEMIBLOCK - 1) / SEMIBLOCK * SEMIBLOCK;
}

static size_t
wrap_size(const struct op *op, size_t in_len)
{
	if (encrypts(op))
		return padded(op, in_len) + SEMIBLOCK;
	return in_len > SEMIBLOCK ? in_len - SEMIBLOCK : 0;
}

static CK_RV
wrap_run(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	int len = 0;

	if (EVP_CipherUpdate(op->cipher, out, &len, in, (int)in_len) != 1 ||
	    len <= 0)
		return encrypts(op) ? CKR_FUNCTION_FAILED
		                    : CKR_ENCRYPTED_DATA_INVALID;
	*out_len = (size_t)len;
	return CKR_OK;
}

static CK_RV
encrypt(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	_cleanup_(secret_wipe) struct secret copy = { NULL, 0 };
	size_t len = op->mech->arg == KWP ? in_len : padded(op, in_len);

	if (in_len == 0 || in_len > WRAP_MAX ||
	    (op->mech->arg == NONE && (len != in_len || len < 16)))
		return CKR_DATA_LEN_RANGE;
	TRY(secret_new(len, &copy));
	memset(copy.data, (int)(len - in_len), len);
	memcpy(copy.data, in, in_len);
	/* One semiblock alone is not wrapped: PKCS #7 makes it two. */
	if (op->mech->arg == PKCS7 && len < 16)
		return CKR_DATA_LEN_RANGE;
	return wrap_run(op, copy.data, len, out, out_len);
}

static CK_RV
pkcs7_cut(const uint8_t *out, size_t *len)
{
	uint8_t n = out[*len - 1], wrong = 0;

	if (n < 1 || n > SEMIBLOCK || n > *len)
		return CKR_ENCRYPTED_DATA_INVALID;
	for (size_t i = 0; i < n; i++)
		wrong |= out[*len - 1 - i] ^ n;
	if (wrong != 0)
		return CKR_ENCRYPTED_DATA_INVALID;
	*len -= n;
	return CKR_OK;
}

static CK_RV
decrypt(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	size_t least = op->mech->arg == KWP ? 16 : 24;

	if (in_len < least || in_len % SEMIBLOCK != 0 || in_len > WRAP_MAX)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	TRY(wrap_run(op, in, in_len, out, out_len));
	return op->mech->arg == PKCS7 ? pkcs7_cut(out, out_len) : CKR_OK;
}

/* libcrypto's KWP writes more than it keeps: into memory of its own. */
static CK_RV
wrap_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	size_t len = 0;

	TRY(secret_new(in_len + 4 * SEMIBLOCK, &made));
	TRY(encrypts(op) ? encrypt(op, in, in_len, made.data, &len)
	                 : decrypt(op, in, in_len, made.data, &len));
	memcpy(out, made.data, len);
	*out_len = len;
	return CKR_OK;
}

static CK_RV
zeros_wrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span plain, struct secret *out)
{
	return wrap_filled(mech, mechanism, key, plain, SEMIBLOCK, out);
}

#define WRAP \
	.unit = 8, .is_offered = wrap_is_offered, .is_same = wrap_is_same, \
	.read = wrap_read, .prepare = wrap_prepare, .begin = wrap_begin, \
	.size = wrap_size, .finish = wrap_finish

static const struct mech_ops kw_ops = { WRAP, .wrap = zeros_wrap };
static const struct mech_ops padded_ops = { WRAP };

/* KEY_WRAP_PAD is a deprecated name, which clients mean RFC 5649 by. */
static const struct mech keywrap_rows[] = {
	{ CKM_AES_KEY_WRAP, CKK_AES, AES_SIZES, ED | WU, NULL, NONE, &kw_ops,
	    .alg = "AES-%u-WRAP" },
	{ CKM_AES_KEY_WRAP_PAD, CKK_AES, AES_SIZES, ED | WU, NULL, KWP,
	    &padded_ops, .alg = "AES-%u-WRAP-PAD" },
	{ CKM_AES_KEY_WRAP_KWP, CKK_AES, AES_SIZES, ED | WU, NULL, KWP,
	    &padded_ops, .alg = "AES-%u-WRAP-PAD" },
	{ CKM_AES_KEY_WRAP_PKCS7, CKK_AES, AES_SIZES, ED | WU, NULL, PKCS7,
	    &padded_ops, .alg = "AES-%u-WRAP" },
};

const struct mech_family keywrap_family = FAMILY(keywrap_rows);
