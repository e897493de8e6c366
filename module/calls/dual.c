/* Two operations on the same data in one pass (PKCS#11 5.17). */
#include "module/calls/calls.h"

#include "module/calls/operate.h"

/* Both in progress, and room for what the cipher writes: *answered when there
 * is nothing more to do. */
static CK_RV
both_check(struct operation *cipher, struct operation *other, CK_ULONG in_len,
    const struct output *out, bool *answered)
{
	size_t size;

	TRY(operation_check(cipher, UPDATE));
	TRY(operation_check(other, UPDATE));
	size = op_update_size(cipher->state, in_len);
	*answered = out->data == NULL || *out->len < size;
	if (!*answered)
		return CKR_OK;
	*out->len = size;
	return out->data == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
}

CK_RV
dual_encrypt(struct session *s, enum operation_kind other, const CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct output to = { out, out_len };
	bool answered;
	CK_RV rv;

	if (out_len == NULL || !bytes_given(in, in_len))
		return CKR_ARGUMENTS_BAD;
	rv = both_check(&s->operations[OPERATION_ENCRYPT],
	    &s->operations[other], in_len, &to, &answered);
	if (rv != CKR_OK || answered)
		return rv;
	TRY(crypt_absorb(s, other, in, in_len));
	return crypt_update(s, OPERATION_ENCRYPT, in, in_len, out, out_len);
}

CK_RV
dual_decrypt(struct session *s, enum operation_kind other, const CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct output to = { out, out_len };
	bool answered;
	CK_RV rv;

	if (out_len == NULL || !bytes_given(in, in_len))
		return CKR_ARGUMENTS_BAD;
	rv = both_check(&s->operations[OPERATION_DECRYPT],
	    &s->operations[other], in_len, &to, &answered);
	if (rv != CKR_OK || answered)
		return rv;
	TRY(crypt_update(s, OPERATION_DECRYPT, in, in_len, out, out_len));
	return crypt_absorb(s, other, out, *out_len);
}
