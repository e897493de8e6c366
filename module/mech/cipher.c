/*
 * Block and stream ciphers by libcrypto's modes.  The context keeps the key's
 * schedule in the pool; each operation sets its IV.
 */
#include <string.h>

#include "common/log.h"
#include "module/crypto/cipher.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

enum mode {
	BLOCKS, /* whole blocks only */
	PADDED, /* PKCS #7 */
	STREAM, /* any length, byte by byte */
	WHOLE,  /* all input at once: ciphertext stealing, XTS */
};

#define UPDATE_MAX (1 << 30) /* libcrypto counts in int */

/* Parameters */

static CK_RV
iv_take(struct param *out, const void *iv, size_t len, size_t wanted)
{
	if (iv == NULL || len != wanted)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "the parameter is not an IV of %zu bytes", wanted);
	memcpy(out->iv, iv, len);
	out->iv_len = len;
	return CKR_OK;
}

static CK_RV
read_iv16(const struct mech *mech, mech_use use, const CK_MECHANISM *mechanism,
    struct param *out)
{
	(void)mech;
	(void)use;
	return iv_take(out, mechanism->pParameter, mechanism->ulParameterLen,
	    16);
}

static CK_RV
read_iv8(const struct mech *mech, mech_use use, const CK_MECHANISM *mechanism,
    struct param *out)
{
	(void)mech;
	(void)use;
	return iv_take(out, mechanism->pParameter, mechanism->ulParameterLen,
	    8);
}

/* The blocks that a counter of n bits in front of its overflow still gives. */
static uint64_t
counter_room(const uint8_t block[16], CK_ULONG bits)
{
	uint64_t low = 0, all = bits >= 64 ? UINT64_MAX : (1ULL << bits) - 1;

	for (int i = 8; i < 16; i++)
		low = low << 8 | block[i];
	if (bits >= 64)
		return UINT64_MAX;
	return all - (low & all) + 1;
}

static CK_RV
read_counter(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct param *out)
{
	CK_AES_CTR_PARAMS ctr; /* Camellia's is the same */

	(void)mech;
	(void)use;
	TRY(param_copy(mechanism, &ctr, sizeof(ctr)));
	if (ctr.ulCounterBits < 1 || ctr.ulCounterBits > 128)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "a counter has 1 to 128 bits");
	out->bits = ctr.ulCounterBits;
	return iv_take(out, ctr.cb, sizeof(ctr.cb), 16);
}

/* Block counter, then nonce: 32 and 96 bits, or 64 and 64. */
static CK_RV
read_chacha20(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct param *out)
{
	CK_CHACHA20_PARAMS p;
	size_t counter, nonce;

	(void)mech;
	(void)use;
	TRY(param_copy(mechanism, &p, sizeof(p)));
	counter = p.blockCounterBits / 8;
	nonce = p.ulNonceBits / 8;
	if (p.pBlockCounter == NULL || p.pNonce == NULL ||
	    !((p.blockCounterBits == 32 && p.ulNonceBits == 96) ||
		(p.blockCounterBits == 64 && p.ulNonceBits == 64)))
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "counter and nonce have 32 and 96, or 64 and 64 bits");
	memcpy(out->iv, p.pBlockCounter, counter);
	memcpy(out->iv + counter, p.pNonce, nonce);
	out->iv_len = counter + nonce;
	return CKR_OK;
}

/* Any prepared context serves any IV. */
static bool
is_same(const struct param *a, const struct param *b)
{
	(void)a;
	(void)b;
	return true;
}

/* The life of an operation */

static bool
encrypts(const struct op *op)
{
	return op->use == CKF_ENCRYPT;
}

/* XTS has two keys of these bits in one; two-key Triple DES is the three-key one
 * whose third is the first again. */
static const EVP_CIPHER *
cipher_of(const struct mech *mech, unsigned bits)
{
	return cipher_find(mech->alg,
	    mech->key_type == CKK_AES_XTS ? bits / 2 : bits);
}

static CK_RV
cipher_key(const struct op *op, struct secret *out)
{
	struct span key = key_value(op->key);

	if (key_type(op->key) != CKK_DES2)
		return secret_dup(key.data, key.len, out);
	TRY(secret_new(24, out));
	memcpy(out->data, key.data, 16);
	memcpy(out->data + 16, key.data, 8);
	return CKR_OK;
}

static bool
cipher_is_offered(const struct mech *mech)
{
	return cipher_of(mech, (unsigned)mech->min * 8) != NULL;
}

static CK_RV
cipher_prepare(struct op *op)
{
	const EVP_CIPHER *cipher = cipher_of(op->mech, key_bits(op->key));
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };

	if (cipher == NULL)
		return CKR_KEY_SIZE_RANGE;
	op->cipher = EVP_CIPHER_CTX_new();
	if (op->cipher == NULL)
		return CKR_HOST_MEMORY;
	TRY(cipher_key(op, &key));
	if (EVP_CipherInit_ex2(op->cipher, cipher, key.data, NULL,
	    encrypts(op), NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(op->cipher,
	    op->mech->arg == PADDED) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV
cipher_begin(struct op *op)
{
	return EVP_CipherInit_ex2(op->cipher, NULL, NULL,
	    op->param.iv_len != 0 ? op->param.iv : NULL, -1, NULL) == 1
	    ? CKR_OK
	    : CKR_FUNCTION_FAILED;
}

static size_t
block_of(const struct op *op)
{
	return (size_t)EVP_CIPHER_CTX_get_block_size(op->cipher);
}

/* What has been written once n bytes are fed: a padded decryption keeps its
 * last block, which may be padding. */
static size_t
written(const struct op *op, size_t n)
{
	size_t block = block_of(op);

	if (op->mech->arg == STREAM)
		return n;
	if (op->mech->arg == PADDED && !encrypts(op))
		return n == 0 ? 0 : (n - 1) / block * block;
	return n / block * block;
}

static size_t
cipher_step_size(const struct op *op, size_t in_len)
{
	return written(op, op->fed + in_len) - written(op, op->fed);
}

static size_t
cipher_size(const struct op *op, size_t in_len)
{
	size_t all = op->fed + in_len, before = written(op, op->fed);

	if (op->mech->arg == PADDED && encrypts(op))
		return (all / block_of(op) + 1) * block_of(op) - before;
	return all - before;
}

static CK_RV
update(struct op *op, const uint8_t *in, size_t in_len, uint8_t *out,
    size_t *out_len)
{
	size_t all = 0;

	while (in_len != 0) {
		int part = in_len < UPDATE_MAX ? (int)in_len : UPDATE_MAX;
		int len = 0;

		if (EVP_CipherUpdate(op->cipher, out + all, &len, in,
		    part) != 1)
			return CKR_FUNCTION_FAILED;
		all += (size_t)len;
		in += part;
		in_len -= (size_t)part;
	}
	*out_len = all;
	return CKR_OK;
}

/* With bytes of an earlier part in the context, what is written to the place of
 * the input would overtake it. */
static CK_RV
update_apart(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	_cleanup_(secret_wipe) struct secret copy = { NULL, 0 };

	if (in != out || op->mech->arg == STREAM ||
	    op->fed % block_of(op) == 0)
		return update(op, in, in_len, out, out_len);
	TRY(secret_dup(in, in_len, &copy));
	return update(op, copy.data, copy.len, out, out_len);
}

static CK_RV
counter_check(const struct op *op, size_t in_len)
{
	uint64_t blocks = ((uint64_t)op->fed + in_len + 15) / 16;

	if (op->param.bits == 0 ||
	    blocks <= counter_room(op->param.iv, op->param.bits))
		return CKR_OK;
	return encrypts(op) ? CKR_DATA_LEN_RANGE
	                    : CKR_ENCRYPTED_DATA_LEN_RANGE;
}

static CK_RV
cipher_step(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	TRY(counter_check(op, in_len));
	TRY(update_apart(op, in, in_len, out, out_len));
	op->fed += in_len;
	return CKR_OK;
}

/* The length of all input, when it is known. */
static CK_RV
length_check(const struct op *op)
{
	bool whole = op->fed % block_of(op) == 0;

	if (op->mech->arg == BLOCKS && !whole)
		return encrypts(op) ? CKR_DATA_LEN_RANGE
		                    : CKR_ENCRYPTED_DATA_LEN_RANGE;
	if (op->mech->arg == PADDED && !encrypts(op) &&
	    (!whole || op->fed == 0))
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	return CKR_OK;
}

static CK_RV
cipher_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	size_t len;
	int last = 0;

	TRY(cipher_step(op, in, in_len, out, &len));
	TRY(length_check(op));
	if (len != 0) /* out may be NULL where nothing is written */
		out = (uint8_t *)out + len;
	if (EVP_CipherFinal_ex(op->cipher, out, &last) != 1)
		return encrypts(op) ? CKR_FUNCTION_FAILED
		                    : CKR_ENCRYPTED_DATA_INVALID;
	*out_len = len + (size_t)last;
	return CKR_OK;
}

/* Ciphertext stealing and XTS: the end decides about the block before it, so
 * that all is kept and done at once. */

#define WHOLE_MIN 16
#define XTS_MAX (1UL << 24) /* bytes of a data unit: 2^20 blocks */

static size_t
whole_size(const struct op *op, size_t in_len)
{
	return op->data.len + in_len;
}

static CK_RV
whole_feed(struct op *op, const void *in, size_t len)
{
	buf_bytes(&op->data, in, len);
	return buf_check(&op->data);
}

static CK_RV
whole_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	size_t max = op->mech->key_type == CKK_AES_XTS ? XTS_MAX : UPDATE_MAX;
	struct span all = { in, in_len };
	int len = 0;

	if (op->data.len != 0) {
		TRY(whole_feed(op, in, in_len));
		all = (struct span){ op->data.data, op->data.len };
	}
	if (all.len < WHOLE_MIN || all.len > max)
		return encrypts(op) ? CKR_DATA_LEN_RANGE
		                    : CKR_ENCRYPTED_DATA_LEN_RANGE;
	if (EVP_CipherUpdate(op->cipher, out, &len, all.data,
	    (int)all.len) != 1)
		return CKR_FUNCTION_FAILED;
	*out_len = (size_t)len;
	return CKR_OK;
}

static CK_RV
blocks_wrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span plain, struct secret *out)
{
	size_t block = mech->key_type == CKK_AES ||
	    mech->key_type == CKK_CAMELLIA ? 16 : 8;

	return wrap_filled(mech, mechanism, key, plain, block, out);
}

#define CIPHER \
	.unit = 8, .is_offered = cipher_is_offered, .is_same = is_same, \
	.prepare = cipher_prepare, .begin = cipher_begin, \
	.size = cipher_size, .step = cipher_step, \
	.step_size = cipher_step_size, .finish = cipher_finish

static const struct mech_ops ecb_ops = {
	CIPHER,
	.read = param_none,
	.wrap = blocks_wrap,
};

static const struct mech_ops cbc16_ops = {
	CIPHER,
	.read = read_iv16,
	.wrap = blocks_wrap,
};

static const struct mech_ops cbc8_ops = {
	CIPHER,
	.read = read_iv8,
	.wrap = blocks_wrap,
};

static const struct mech_ops iv16_ops = { CIPHER, .read = read_iv16 };
static const struct mech_ops iv8_ops = { CIPHER, .read = read_iv8 };
static const struct mech_ops counter_ops = { CIPHER, .read = read_counter };
static const struct mech_ops chacha20_ops = { CIPHER, .read = read_chacha20 };

static const struct mech_ops whole_ops = {
	.unit = 8,
	.is_offered = cipher_is_offered,
	.is_same = is_same,
	.read = read_iv16,
	.prepare = cipher_prepare,
	.begin = cipher_begin,
	.size = whole_size,
	.feed = whole_feed,
	.finish = whole_finish,
};

#define ALL (ED | WU)
#define DECRYPT (CKF_DECRYPT | CKF_UNWRAP)
#define ENCRYPT (CKF_ENCRYPT | CKF_WRAP)

static const CK_KEY_TYPE des_keys[] = { CKK_DES2, MECH_NO_KEY };

/* Of Triple DES the standard counts no sizes: its key types say them. */
static const struct mech cipher_rows[] = {
	{ CKM_AES_ECB, CKK_AES, AES_SIZES, ALL, NULL, BLOCKS, &ecb_ops,
	    .alg = "AES-%u-ECB" },
	{ CKM_AES_CBC, CKK_AES, AES_SIZES, ALL, NULL, BLOCKS, &cbc16_ops,
	    .alg = "AES-%u-CBC" },
	{ CKM_AES_CBC_PAD, CKK_AES, AES_SIZES, ALL, NULL, PADDED, &iv16_ops,
	    .alg = "AES-%u-CBC" },
	{ CKM_AES_CTR, CKK_AES, AES_SIZES, ALL, NULL, STREAM, &counter_ops,
	    .alg = "AES-%u-CTR" },
	{ CKM_AES_CTS, CKK_AES, AES_SIZES, ALL, NULL, WHOLE, &whole_ops,
	    .alg = "AES-%u-CBC-CTS" },
	{ CKM_AES_OFB, CKK_AES, AES_SIZES, ALL, NULL, STREAM, &iv16_ops,
	    .alg = "AES-%u-OFB" },
	{ CKM_AES_CFB8, CKK_AES, AES_SIZES, ALL, NULL, STREAM, &iv16_ops,
	    .alg = "AES-%u-CFB8" },
	{ CKM_AES_CFB128, CKK_AES, AES_SIZES, ALL, NULL, STREAM, &iv16_ops,
	    .alg = "AES-%u-CFB" },
	{ CKM_AES_XTS, CKK_AES_XTS, 32, 64, ALL, NULL, WHOLE, &whole_ops,
	    .alg = "AES-%u-XTS" },
	{ CKM_CAMELLIA_ECB, CKK_CAMELLIA, AES_SIZES, ALL, NULL, BLOCKS,
	    &ecb_ops, .alg = "CAMELLIA-%u-ECB" },
	{ CKM_CAMELLIA_CBC, CKK_CAMELLIA, AES_SIZES, ALL, NULL, BLOCKS,
	    &cbc16_ops, .alg = "CAMELLIA-%u-CBC" },
	{ CKM_CAMELLIA_CBC_PAD, CKK_CAMELLIA, AES_SIZES, ALL, NULL, PADDED,
	    &iv16_ops, .alg = "CAMELLIA-%u-CBC" },
	{ CKM_CAMELLIA_CTR, CKK_CAMELLIA, AES_SIZES, ALL, NULL, STREAM,
	    &counter_ops, .alg = "CAMELLIA-%u-CTR" },
	{ CKM_CHACHA20, CKK_CHACHA20, 32, 32, ALL, NULL, STREAM,
	    &chacha20_ops, .alg = "ChaCha20" },
	{ CKM_DES_ECB, CKK_DES, 8, 8, DECRYPT, NULL, BLOCKS, &ecb_ops,
	    .alg = "DES-ECB", .legacy = ENCRYPT },
	{ CKM_DES_CBC, CKK_DES, 8, 8, DECRYPT, NULL, BLOCKS, &cbc8_ops,
	    .alg = "DES-CBC", .legacy = ENCRYPT },
	{ CKM_DES_CBC_PAD, CKK_DES, 8, 8, DECRYPT, NULL, PADDED, &iv8_ops,
	    .alg = "DES-CBC", .legacy = ENCRYPT },
	{ CKM_DES_OFB64, CKK_DES, 8, 8, DECRYPT, NULL, STREAM, &iv8_ops,
	    .alg = "DES-OFB", .legacy = ENCRYPT },
	{ CKM_DES_CFB8, CKK_DES, 8, 8, DECRYPT, NULL, STREAM, &iv8_ops,
	    .alg = "DES-CFB8", .legacy = ENCRYPT },
	{ CKM_DES_CFB64, CKK_DES, 8, 8, DECRYPT, NULL, STREAM, &iv8_ops,
	    .alg = "DES-CFB", .legacy = ENCRYPT },
	{ CKM_DES3_ECB, CKK_DES3, 16, 24, DECRYPT, NULL, BLOCKS, &ecb_ops,
	    .alg = "DES-EDE3-ECB", .also = des_keys, .standard = ENCRYPT },
	{ CKM_DES3_CBC, CKK_DES3, 16, 24, DECRYPT, NULL, BLOCKS, &cbc8_ops,
	    .alg = "DES-EDE3-CBC", .also = des_keys, .standard = ENCRYPT },
	{ CKM_DES3_CBC_PAD, CKK_DES3, 16, 24, DECRYPT, NULL, PADDED,
	    &iv8_ops, .alg = "DES-EDE3-CBC", .also = des_keys,
	    .standard = ENCRYPT },
};

const struct mech_family cipher_family = FAMILY(cipher_rows);
