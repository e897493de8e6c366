/* Authenticated encryption (PKCS#11 6.13, 6.61), in one go, in parts, as
 * messages and for keys. */
#include <string.h>

#include "common/log.h"
#include "module/crypto/cipher.h"
#include "module/mech/aeadop.h"
#include "module/mech/rows.h"

/* Bytes of the tag in the output or input itself. */
static size_t
tag_within(const struct op *op)
{
	return aeadop_is_message(op->use) ? 0 : op->param.len;
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

	if (aeadop_is_message(use))
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

static CK_RV
aead_begin(struct op *op)
{
	return aeadop_is_message(op->use) ? CKR_OK : aeadop_start(op);
}

/* Input and output */

static size_t
aead_step_size(const struct op *op, size_t in_len)
{
	return aeadop_streams(op) ? in_len : 0;
}

static size_t
aead_size(const struct op *op, size_t in_len)
{
	size_t all = op->data.len + in_len, tag = tag_within(op);

	if (aeadop_encrypts(op))
		return all + tag;
	return all > tag ? all - tag : 0;
}

static CK_RV
aead_finish(struct op *op, const void *bytes, size_t in_len, void *out,
    size_t *out_len)
{
	struct span in = { bytes, in_len };
	uint8_t tag[16];

	if (!aeadop_encrypts(op)) {
		TRY(aeadop_whole(op, &in));
		return aeadop_open_tagged(op, in, out, out_len);
	}
	TRY(aeadop_seal(op, in, out, out_len, tag));
	memcpy((uint8_t *)out + *out_len, tag, op->param.len);
	*out_len += op->param.len;
	return CKR_OK;
}

/* Messages */

static CK_RV
message_param(const struct op *op, const void *parameter, size_t len,
    struct aead_param *out)
{
	return aead_param_read(aeadop_scheme_of(op), AEAD_MESSAGE, parameter, len,
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

	if (!aeadop_encrypts(op)) {
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
	return aeadop_start(op);
}

static CK_RV
aead_message_begin(struct op *op, void *parameter, size_t len, struct span aad)
{
	struct aead_param p;

	TRY(message_param(op, parameter, len, &p));
	p.aad = aad;
	if (aad.len > AEAD_INPUT_MAX)
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
	if (!aeadop_encrypts(op))
		return aeadop_open(op, (struct span){ op->data.data, op->data.len },
		    p.tag, out, out_len);
	TRY(aeadop_seal(op, (struct span){ NULL, 0 }, out, out_len, tag));
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
	TRY(aeadop_seal(op, plain, made.data, &len, made.data + plain.len));
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
	if (wrapped.len <= p.tag_len || wrapped.len > AEAD_INPUT_MAX)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	TRY(wrap_start(mech, CKF_MESSAGE_DECRYPT, &p, key, &op));
	TRY(secret_new(wrapped.len - p.tag_len, &made));
	TRY(aeadop_open_tagged(op, wrapped, made.data, &len));
	*out = made;
	made = (struct secret){ NULL, 0 };
	return CKR_OK;
}

static const struct mech_ops aead_ops = {
	.unit = 8,
	.is_offered = aead_is_offered,
	.read = aead_read,
	.is_same = aead_is_same,
	.prepare = aeadop_prepare,
	.begin = aead_begin,
	.size = aead_size,
	.step = aeadop_step,
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
