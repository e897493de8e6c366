/*
 * Authenticated encryption inside: no plaintext leaves before its tag is right,
 * so that what is fed to a decryption is kept until then.  CCM wants all its
 * input at once for encryption too.
 */
#include "module/mech/aeadop.h"

#include <string.h>

#include "common/log.h"
#include "module/crypto/cipher.h"

bool
aeadop_is_message(mech_use use)
{
	return use == CKF_MESSAGE_ENCRYPT || use == CKF_MESSAGE_DECRYPT;
}

bool
aeadop_encrypts(const struct op *op)
{
	return op->use == CKF_ENCRYPT || op->use == CKF_MESSAGE_ENCRYPT;
}

enum aead_scheme
aeadop_scheme_of(const struct op *op)
{
	return (enum aead_scheme)op->mech->arg;
}

bool
aeadop_streams(const struct op *op)
{
	return aeadop_encrypts(op) && aeadop_scheme_of(op) != AEAD_CCM;
}

/* The context */

CK_RV
aeadop_prepare(struct op *op)
{
	const EVP_CIPHER *cipher = cipher_find(op->mech->alg,
	    key_bits(op->key));

	op->cipher = EVP_CIPHER_CTX_new();
	if (cipher == NULL || op->cipher == NULL)
		return CKR_HOST_MEMORY;
	if (EVP_CipherInit_ex2(op->cipher, cipher, aeadop_scheme_of(op) ==
	    AEAD_CCM ? NULL : key_value(op->key).data, NULL,
	    aeadop_encrypts(op), NULL) != 1)
		return CKR_FUNCTION_FAILED;
	op->len = (size_t)EVP_CIPHER_CTX_get_iv_length(op->cipher);
	return CKR_OK;
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

CK_RV
aeadop_start(struct op *op)
{
	if (aeadop_scheme_of(op) == AEAD_CCM)
		return CKR_OK;
	/* op->len: of the IVs that the context takes */
	if (op->len != op->param.iv_len &&
	    !control(op, EVP_CTRL_AEAD_SET_IVLEN, op->param.iv_len, NULL))
		return CKR_FUNCTION_FAILED;
	op->len = op->param.iv_len;
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
too_long(const struct op *op)
{
	return aeadop_encrypts(op) ? CKR_DATA_LEN_RANGE
	                    : CKR_ENCRYPTED_DATA_LEN_RANGE;
}

CK_RV
aeadop_step(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	int len = 0;

	if (in_len > AEAD_INPUT_MAX || op->data.len > AEAD_INPUT_MAX - in_len)
		return too_long(op);
	if (!aeadop_streams(op)) {
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

CK_RV
aeadop_whole(struct op *op, struct span *in)
{
	size_t none;

	if (in->len > AEAD_INPUT_MAX)
		return too_long(op);
	if (op->data.len == 0)
		return CKR_OK;
	TRY(aeadop_step(op, in->data, in->len, NULL, &none));
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

CK_RV
aeadop_seal(struct op *op, struct span in, uint8_t *out, size_t *out_len,
    uint8_t *tag)
{
	int last;

	if (aeadop_scheme_of(op) == AEAD_CCM) {
		TRY(aeadop_whole(op, &in));
		TRY(ccm_length_check(op, in.len));
		TRY(ccm_start(op, NULL, in.len));
		if (!ccm_run(op, in, out))
			return CKR_FUNCTION_FAILED;
		*out_len = in.len;
	} else {
		TRY(aeadop_step(op, in.data, in.len, out, out_len));
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
CK_RV
aeadop_open(struct op *op, struct span in, const uint8_t *tag, uint8_t *out,
    size_t *out_len)
{
	CK_RV rv = aeadop_scheme_of(op) == AEAD_CCM ? ccm_open(op, in, tag, out)
	                                     : stream_open(op, in, tag, out);

	if (rv != CKR_OK)
		explicit_bzero(out, in.len);
	else
		*out_len = in.len;
	return rv;
}

/* The tag stands behind the data.  It is copied before that is written over. */
CK_RV
aeadop_open_tagged(struct op *op, struct span in, uint8_t *out, size_t *out_len)
{
	uint8_t tag[16];

	if (in.len < op->param.len)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	in.len -= op->param.len;
	memcpy(tag, (const uint8_t *)in.data + in.len, op->param.len);
	return aeadop_open(op, in, tag, out, out_len);
}

