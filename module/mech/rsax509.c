/* RSA on bare numbers (PKCS#11 6.1, "X.509"): input is filled up with zeros in
 * front. */
#include <openssl/rsa.h>
#include <string.h>

#include "module/mech/rows.h"
#include "module/mech/rsa.h"

static CK_RV
fill(const struct op *op, struct span in, struct secret *out)
{
	size_t len = rsa_modulus_len(op);

	if (in.len == 0 || in.len > len)
		return CKR_DATA_LEN_RANGE;
	TRY(secret_new(len, out));
	memcpy(out->data + len - in.len, in.data, in.len);
	return CKR_OK;
}

static bool
is_filled(const struct op *op)
{
	return op->use == CKF_DECRYPT || op->use == CKF_VERIFY_RECOVER;
}

static CK_RV
x509_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	_cleanup_(secret_wipe) struct secret filled = { NULL, 0 };
	struct span bytes = { in, in_len };

	if (!is_filled(op)) {
		TRY(fill(op, bytes, &filled));
		bytes = (struct span){ filled.data, filled.len };
	}
	return rsa_run(op, bytes, CKR_DATA_INVALID, out, out_len);
}

static CK_RV
x509_verify(struct op *op, const void *in, size_t in_len, const void *sig,
    size_t sig_len)
{
	_cleanup_(secret_wipe) struct secret filled = { NULL, 0 };

	TRY(fill(op, (struct span){ in, in_len }, &filled));
	if (sig_len != rsa_modulus_len(op))
		return CKR_SIGNATURE_LEN_RANGE;
	return EVP_PKEY_verify(op->pkey, sig, sig_len, filled.data,
	    filled.len) == 1 ? CKR_OK : CKR_SIGNATURE_INVALID;
}

static const struct mech_ops x509_ops = {
	.unit = 1,
	.read = param_none,
	.prepare = rsa_prepare,
	.size = rsa_size,
	.finish = x509_finish,
	.verify = x509_verify,
	.fills_front = true,
	.encapsulate_as = rsasve_encapsulate,
	.decapsulate_as = rsa_decapsulate,
	.encapsulated_size = rsa_kem_size,
};

static const struct mech rsax509_rows[] = {
	{ CKM_RSA_X_509, CKK_RSA, RSA_SIZES, SV | SVR | ED | WU | KEM,
	    NULL, RSA_NO_PADDING, &x509_ops },
};

const struct mech_family rsax509_family = FAMILY(rsax509_rows);
