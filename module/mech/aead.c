/*
 * Authenticated encryption (PKCS#11 6.13, 6.61), in one go, in parts and as
 * messages.  No plaintext leaves a decryption before its tag is right: what is
 * fed is kept until then.  CCM wants all its input at once for encryption too.
 */
#include <string.h>

#include "common/log.h"
#include "module/crypto/cipher.h"
#include "module/mech/aeadparam.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

#define INPUT_MAX (1UL << 30) /* libcrypto counts in int */

static bool
is_message(mech_use use)
{
	return use == CKF_MESSAGE_ENCRYPT || use == CKF_MESSAGE_DECRYPT;
}

static bool
encrypts(const struct op *op)
{
	return op->use == CKF_ENCRYPT || op->use == CKF_MESSAGE_ENCRYPT;
}

static enum aead_scheme
scheme_of(const struct op *op)
{
	return (enum aead_scheme)op->mech->arg;
}

/* Is what is fed written at once? */
static bool
streams(const struct op *op)
{
	return encrypts(op) && scheme_of(op) != AEAD_CCM;
}

/* Bytes of the tag in the output or input itself. */
static size_t
tag_within(const struct op *op)
{
	return is_message(op->use) ? 0 : op->param.len;
}

/* Parameters */

static void
param_set(const struct aead_param *p, struct param *out)
{
	memcpy(out->iv, p->iv, p->iv_len);
	out->iv_len = p->iv_len;
	out->label = p->aad;
	out->len = p->tag_len;
	out->bits = p->data_len;
}

/* That of messages comes with each of them. */
static CK_RV
aead_read(const struct mech *mech, mech_use use, const CK_MECHANISM *mechanism,
    struct param *out)
{
	struct aead_param p;

	if (is_message(use))
		return CKR_OK;
	TRY(aead_param_read((enum aead_scheme)mech->arg, AEAD_PLAIN,
	    mechanism->pParameter, mechanism->ulParameterLen, &p));
	param_set(&p, out);
	return CKR_OK;
}

/* Each begins with all that differs. */
static bool
aead_is_same(const struct param *a, const struct param *b)
{
	(void)a;
	(void)b;
	return true;
}

static bool
aead_is_offered(const struct mech *mech)
{
	return cipher_find(mech->alg, (unsigned)mech->min * 8) != NULL;
}

/* The context */

static CK_RV
aead_prepare(struct op *op)
{
	const EVP_CIPHER *cipher = cipher_find(op->mech->alg,
	    key_bits(op->key));

	op->cipher = EVP_CIPHER_CTX_new();
	if (cipher == NULL || op->cipher == NULL)
		return CKR_HOST_MEMORY;
	return EVP_CipherInit_ex2(op->cipher, cipher, scheme_of(op) ==
	    AEAD_CCM ? NULL : key_value(op->key).data, NULL, encrypts(op),
	    NULL) == 1
	    ? CKR_OK
	    : CKR_FUNCTION_FAILED;
}

static bool
control(struct op *op, int what, size_t len, const void *data)
{
	return EVP_CIPHER_CTX_ctrl(op->cipher, what, (int)len,
	    (void *)(uintptr_t)data) == 1;
}

static bool
aad_feed(struct op *op)
{
	int len;

	return op->param.label.len == 0 ||
	    EVP_CipherUpdate(op->cipher, NULL, &len, op->param.label.data,
	        (int)op->param.label.len) == 1;
}

/* IV and additional data in; for all but CCM, which has its own order. */
static CK_RV
stream_start(struct op *op)
{
	if ((size_t)EVP_CIPHER_CTX_get_iv_length(op->cipher) !=
	        op->param.iv_len &&
	    !control(op, EVP_CTRL_AEAD_SET_IVLEN, op->param.iv_len, NULL))
		return CKR_FUNCTION_FAILED;
	if (EVP_CipherInit_ex2(op->cipher, NULL, NULL, op->param.iv, -1,
	    NULL) != 1 || !aad_feed(op))
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

/* CCM derives its first block from all lengths, so that these come before the
 * key; tag: NULL to encrypt. */
static CK_RV
ccm_start(struct op *op, const uint8_t *tag, size_t data_len)
{
	int len;

	if (!control(op, EVP_CTRL_AEAD_SET_IVLEN, op->param.iv_len, NULL) ||
	    !control(op, EVP_CTRL_AEAD_SET_TAG, op->param.len, tag) ||
	    EVP_CipherInit_ex2(op->cipher, NULL, key_value(op->key).data,
	        op->param.iv, -1, NULL) != 1 ||
	    EVP_CipherUpdate(op->cipher, NULL, &len, NULL,
	        (int)data_len) != 1 || !aad_feed(op))
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV
aead_begin(struct op *op)
{
	if (is_message(op->use) || scheme_of(op) == AEAD_CCM)
		return CKR_OK;
	return stream_start(op);
}

/* Input and output */

static size_t
aead_step_size(const struct op *op, size_t in_len)
{
	return streams(op) ? in_len : 0;
}

static size_t
aead_size(const struct op *op, size_t in_len)
{
	size_t all = op->data.len + in_len, tag = tag_within(op);

	if (encrypts(op))
		return all + tag;
	return all > tag ? all - tag : 0;
}

static CK_RV
too_long(const struct op *op)
{
	return encrypts(op) ? CKR_DATA_LEN_RANGE
	                    : CKR_ENCRYPTED_DATA_LEN_RANGE;
}

static CK_RV
aead_step(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	int len = 0;

	if (in_len > INPUT_MAX || op->data.len > INPUT_MAX - in_len)
		return too_long(op);
	if (!streams(op)) {
		buf_bytes(&op->data, in, in_len);
		*out_len = 0;
		return buf_check(&op->data);
	}
	if (in_len != 0 && EVP_CipherUpdate(op->cipher, out, &len, in,
	    (int)in_len) != 1)
		return too_long(op);
	*out_len = (size_t)len;
	return CKR_OK;
}

/* All input: this, after what was fed. */
static CK_RV
whole(struct op *op, struct span *in)
{
	size_t none;

	if (in->len > INPUT_MAX)
		return too_long(op);
	if (op->data.len == 0)
		return CKR_OK;
	TRY(aead_step(op, in->data, in->len, NULL, &none));
	*in = (struct span){ op->data.data, op->data.len };
	return CKR_OK;
}

/* The parameter said how much would come; for a key, it need not. */
static CK_RV
ccm_length_check(const struct op *op, size_t len)
{
	if (!op->wraps && len != op->param.bits)
		return fail_quiet(too_long(op),
		    "the data has another length than ulDataLen");
	return CKR_OK;
}

/* One call for everything: libcrypto takes no NULL, even for no bytes. */
static bool
ccm_run(struct op *op, struct span in, uint8_t *out)
{
	static const uint8_t nothing[1] = { 0 };
	uint8_t none[1];
	int len;

	return EVP_CipherUpdate(op->cipher, in.len != 0 ? out : none, &len,
	    in.len != 0 ? in.data : nothing, (int)in.len) == 1;
}

static CK_RV
seal(struct op *op, struct span in, uint8_t *out, size_t *out_len,
    uint8_t *tag)
{
	int last;

	if (scheme_of(op) == AEAD_CCM) {
		TRY(whole(op, &in));
		TRY(ccm_length_check(op, in.len));
		TRY(ccm_start(op, NULL, in.len));
		if (!ccm_run(op, in, out))
			return CKR_FUNCTION_FAILED;
		*out_len = in.len;
	} else {
		TRY(aead_step(op, in.data, in.len, out, out_len));
		if (EVP_CipherFinal_ex(op->cipher, out + *out_len,
		    &last) != 1)
			return CKR_FUNCTION_FAILED;
	}
	return control(op, EVP_CTRL_AEAD_GET_TAG, op->param.len, tag)
	    ? CKR_OK
	    : CKR_FUNCTION_FAILED;
}

static CK_RV
ccm_open(struct op *op, struct span in, const uint8_t *tag, uint8_t *out)
{
	TRY(ccm_length_check(op, in.len));
	TRY(ccm_start(op, tag, in.len));
	return ccm_run(op, in, out) ? CKR_OK : CKR_AEAD_DECRYPT_FAILED;
}

static CK_RV
stream_open(struct op *op, struct span in, const uint8_t *tag, uint8_t *out)
{
	int len = 0;

	if ((in.len != 0 && EVP_CipherUpdate(op->cipher, out, &len, in.data,
	    (int)in.len) != 1) ||
	    !control(op, EVP_CTRL_AEAD_SET_TAG, op->param.len, tag))
		return CKR_FUNCTION_FAILED;
	return EVP_CipherFinal_ex(op->cipher, out + len, &len) == 1
	    ? CKR_OK
	    : CKR_AEAD_DECRYPT_FAILED;
}

/* What is not authentic is not left in the caller's memory. */
static CK_RV
open(struct op *op, struct span in, const uint8_t *tag, uint8_t *out,
    size_t *out_len)
{
	CK_RV rv = scheme_of(op) == AEAD_CCM ? ccm_open(op, in, tag, out)
	                                     : stream_open(op, in, tag, out);

	if (rv != CKR_OK)
		explicit_bzero(out, in.len);
	else
		*out_len = in.len;
	return rv;
}

/* The tag stands behind the data.  It is copied before that is written over. */
static CK_RV
open_tagged(struct op *op, struct span in, uint8_t *out, size_t *out_len)
{
	uint8_t tag[16];

	if (in.len < op->param.len)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	in.len -= op->param.len;
	memcpy(tag, (const uint8_t *)in.data + in.len, op->param.len);
	return open(op, in, tag, out, out_len);
}

static CK_RV
aead_finish(struct op *op, const void *bytes, size_t in_len, void *out,
    size_t *out_len)
{
	struct span in = { bytes, in_len };
	uint8_t tag[16];

	if (!encrypts(op)) {
		TRY(whole(op, &in));
		return open_tagged(op, in, out, out_len);
	}
	TRY(seal(op, in, out, out_len, tag));
	memcpy((uint8_t *)out + *out_len, tag, op->param.len);
	*out_len += op->param.len;
	return CKR_OK;
}

/* Messages */

static CK_RV
message_param(const struct op *op, const void *parameter, size_t len,
    struct aead_param *out)
{
	return aead_param_read(scheme_of(op), AEAD_MESSAGE, parameter, len,
	    out);
}

/* The counter of the operation's IVs.  A key's one message has none: each wrap
 * would begin at zero again. */
static CK_RV
maker_of(struct op *op, struct iv_maker **out)
{
	if (op->own == NULL)
		op->own = calloc(1, sizeof(struct iv_maker));
	if (op->own == NULL)
		return CKR_HOST_MEMORY;
	*out = op->own;
	if (op->messages == 0)
		(*out)->begun = false;
	return CKR_OK;
}

static CK_RV
message_iv(struct op *op, const struct aead_param *p)
{
	struct iv_maker *maker = NULL;

	if (!encrypts(op)) {
		memcpy(op->param.iv, p->iv, p->iv_len);
		return CKR_OK;
	}
	if (!op->wraps)
		TRY(maker_of(op, &maker));
	TRY(iv_make(maker, p, op->param.iv));
	memcpy(p->iv, op->param.iv, p->iv_len);
	return CKR_OK;
}

static CK_RV
aad_keep(struct op *op, struct span aad)
{
	secret_wipe(&op->label);
	op->param.label = (struct span){ NULL, 0 };
	if (aad.len == 0)
		return CKR_OK;
	TRY(secret_dup(aad.data, aad.len, &op->label));
	op->param.label = (struct span){ op->label.data, op->label.len };
	return CKR_OK;
}

static CK_RV
message_set(struct op *op, const struct aead_param *p)
{
	param_set(p, &op->param);
	TRY(aad_keep(op, p->aad));
	TRY(message_iv(op, p));
	return scheme_of(op) == AEAD_CCM ? CKR_OK : stream_start(op);
}

static CK_RV
aead_message_begin(struct op *op, void *parameter, size_t len, struct span aad)
{
	struct aead_param p;

	TRY(message_param(op, parameter, len, &p));
	p.aad = aad;
	if (aad.len > INPUT_MAX)
		return CKR_ARGUMENTS_BAD;
	return message_set(op, &p);
}

static CK_RV
aead_message_end(struct op *op, void *parameter, size_t len, void *out,
    size_t *out_len)
{
	struct aead_param p;
	uint8_t tag[16];

	if (out == NULL) /* nothing was held back */
		out = tag;
	TRY(message_param(op, parameter, len, &p));
	if (p.tag_len != op->param.len)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "the tag has another length than at the beginning");
	if (!encrypts(op))
		return open(op, (struct span){ op->data.data, op->data.len },
		    p.tag, out, out_len);
	TRY(seal(op, (struct span){ NULL, 0 }, out, out_len, tag));
	memcpy(p.tag, tag, op->param.len);
	return CKR_OK;
}

/* Their counters must not go on in two processes. */
static bool
aead_makes_ivs(const struct op *op)
{
	return op->use == CKF_MESSAGE_ENCRYPT;
}

static void
aead_forget(struct op *op)
{
	free(op->own);
}

/* Wrapping: with the structure of its own, or with that of an encryption. */

static CK_RV
wrap_param(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct aead_param *out)
{
	enum aead_scheme scheme = (enum aead_scheme)mech->arg;
	enum aead_form form = mechanism->ulParameterLen ==
	    aead_param_size(scheme, AEAD_WRAP)
	    ? AEAD_WRAP
	    : AEAD_PLAIN;

	return aead_param_read(scheme, form, mechanism->pParameter,
	    mechanism->ulParameterLen, out);
}

/* A message whose tag goes behind the data. */
static CK_RV
wrap_start(const struct mech *mech, mech_use use, struct aead_param *p,
    struct key *key, struct op **out)
{
	CK_MECHANISM mechanism = { mech->type, NULL, 0 };
	_cleanup_(op_freep) struct op *op = NULL;

	TRY(op_start(mech, use, &mechanism, key, &op));
	op->wraps = true;
	TRY(message_set(op, p));
	*out = TAKE(op);
	return CKR_OK;
}

static CK_RV
aead_wrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span plain, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	_cleanup_(op_freep) struct op *op = NULL;
	struct aead_param p;
	size_t len;

	TRY(wrap_param(mech, mechanism, &p));
	TRY(wrap_start(mech, CKF_MESSAGE_ENCRYPT, &p, key, &op));
	TRY(secret_new(plain.len + p.tag_len, &made));
	TRY(seal(op, plain, made.data, &len, made.data + plain.len));
	*out = made;
	made = (struct secret){ NULL, 0 };
	return CKR_OK;
}

static CK_RV
aead_unwrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span wrapped, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	_cleanup_(op_freep) struct op *op = NULL;
	struct aead_param p;
	size_t len;

	TRY(wrap_param(mech, mechanism, &p));
	if (wrapped.len <= p.tag_len || wrapped.len > INPUT_MAX)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	TRY(wrap_start(mech, CKF_MESSAGE_DECRYPT, &p, key, &op));
	TRY(secret_new(wrapped.len - p.tag_len, &made));
	TRY(open_tagged(op, wrapped, made.data, &len));
	*out = made;
	made = (struct secret){ NULL, 0 };
	return CKR_OK;
}

static const struct mech_ops aead_ops = {
	.unit = 8,
	.is_offered = aead_is_offered,
	.read = aead_read,
	.is_same = aead_is_same,
	.prepare = aead_prepare,
	.begin = aead_begin,
	.size = aead_size,
	.step = aead_step,
	.step_size = aead_step_size,
	.finish = aead_finish,
	.message_begin = aead_message_begin,
	.message_end = aead_message_end,
	.makes_ivs = aead_makes_ivs,
	.forget = aead_forget,
	.wrap = aead_wrap,
	.unwrap = aead_unwrap,
};

#define MESSAGES \
	(CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_MULTI_MESSAGE)

static const struct mech aead_rows[] = {
	{ CKM_AES_GCM, CKK_AES, AES_SIZES, ED | WU | MESSAGES, NULL, AEAD_GCM,
	    &aead_ops, .alg = "AES-%u-GCM" },
	{ CKM_AES_CCM, CKK_AES, AES_SIZES, ED | WU | MESSAGES, NULL, AEAD_CCM,
	    &aead_ops, .alg = "AES-%u-CCM" },
	{ CKM_CHACHA20_POLY1305, CKK_CHACHA20, 32, 32, ED | MESSAGES, NULL,
	    AEAD_CHACHA20, &aead_ops, .alg = "ChaCha20-Poly1305" },
};

const struct mech_family aead_family = FAMILY(aead_rows);
