/* RSA without a padding and signatures that give their data back, against plain
 * libcrypto. */
#include <atf-c.h>
#include <openssl/rsa.h>
#include <string.h>

#include "module/mech/agree_fixture.h"

static CK_RV
run(CK_MECHANISM_TYPE type, mech_use use, struct key *key, const void *in,
    size_t in_len, uint8_t out[SECRET_MAX], size_t *out_len)
{
	_cleanup_(op_freep) struct op *op = NULL;
	CK_MECHANISM how = { type, NULL, 0 };

	TRY(op_start(mech_find(type), use, &how, key, &op));
	ATF_CHECK(!op_is_multipart(op));
	*out_len = op_size(op, in_len);
	return op_once(op, in, in_len, out, out_len);
}

static CK_RV
verify(CK_MECHANISM_TYPE type, struct key *key, const void *in, size_t in_len,
    const void *sig, size_t sig_len)
{
	_cleanup_(op_freep) struct op *op = NULL;
	CK_MECHANISM how = { type, NULL, 0 };

	TRY(op_start(mech_find(type), CKF_VERIFY, &how, key, &op));
	return op_verify_once(op, in, in_len, sig, sig_len);
}

/* Plain libcrypto's exponentiation of as many bytes as the modulus has. */
static void
other_run(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *),
    int (*step)(EVP_PKEY_CTX *, unsigned char *, size_t *,
    const unsigned char *, size_t), int padding, struct span in,
    uint8_t out[SECRET_MAX], size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture_open(), pkey,
	    NULL);

	*len = SECRET_MAX;
	ATF_REQUIRE_EQ(init(ctx), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
	ATF_REQUIRE_EQ(step(ctx, out, len, in.data, in.len), 1);
	EVP_PKEY_CTX_free(ctx);
}

/* Signed, recovered, encrypted, decrypted: of every length. */
ATF_TC_WITHOUT_HEAD(x509__is_a_bare_exponentiation);
ATF_TC_BODY(x509__is_a_bare_exponentiation, tc)
{
	static const size_t lengths[] = { 1, 20, 128, 255, 256 };
	static const mech_use writes[] = { CKF_SIGN, CKF_SIGN_RECOVER };
	uint8_t in[256] = { 0 }, is[SECRET_MAX], want[SECRET_MAX];
	struct pair p;
	size_t len, want_len;

	pair_make("RSA-2048", &p);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		size_t n = lengths[i];
		const uint8_t *end = in + sizeof(in) - n;

		memset(in, 0, sizeof(in));
		memset(in + sizeof(in) - n, 0x5c, n);
		other_run(p.pkey, EVP_PKEY_sign_init, EVP_PKEY_sign,
		    RSA_NO_PADDING, (struct span){ in, 256 }, want,
		    &want_len);
		for (size_t k = 0; k < COUNT(writes); k++) {
			ATF_REQUIRE_EQ(run(CKM_RSA_X_509, writes[k],
			    p.private, end, n, is, &len), CKR_OK);
			ATF_CHECK_EQ(len, 256);
			ATF_CHECK_EQ(memcmp(is, want, len), 0);
		}
		ATF_CHECK_EQ(verify(CKM_RSA_X_509, p.public, end, n, want,
		    256), CKR_OK);
		want[100] ^= 1;
		ATF_CHECK_EQ(verify(CKM_RSA_X_509, p.public, end, n, want,
		    256), CKR_SIGNATURE_INVALID);
		want[100] ^= 1;
		ATF_CHECK_EQ(verify(CKM_RSA_X_509, p.public, end, n, want,
		    255), CKR_SIGNATURE_LEN_RANGE);
		ATF_REQUIRE_EQ(run(CKM_RSA_X_509, CKF_VERIFY_RECOVER,
		    p.public, want, 256, is, &len), CKR_OK);
		ATF_CHECK_EQ(len, 256);
		ATF_CHECK_EQ(memcmp(is, in, len), 0);

		other_run(p.pkey, EVP_PKEY_encrypt_init, EVP_PKEY_encrypt,
		    RSA_NO_PADDING, (struct span){ in, 256 }, want,
		    &want_len);
		ATF_REQUIRE_EQ(run(CKM_RSA_X_509, CKF_ENCRYPT, p.public, end,
		    n, is, &len), CKR_OK);
		ATF_CHECK_EQ(memcmp(is, want, len), 0);
		ATF_REQUIRE_EQ(run(CKM_RSA_X_509, CKF_DECRYPT, p.private,
		    want, 256, is, &len), CKR_OK);
		ATF_CHECK_EQ(len, 256);
		ATF_CHECK_EQ(memcmp(is, in, len), 0);
	}
	pair_wipe(&p);
}

ATF_TC_WITHOUT_HEAD(x509__numbers_that_are_too_large);
ATF_TC_BODY(x509__numbers_that_are_too_large, tc)
{
	uint8_t in[257], is[SECRET_MAX];
	struct pair p;
	size_t len;

	memset(in, 0xff, sizeof(in));
	pair_make("RSA-2048", &p);
#define TELLS(use, key, n, rv) ATF_CHECK_EQ(run(CKM_RSA_X_509, use, p.key, \
    in, n, is, &len), rv)
	TELLS(CKF_SIGN, private, 256, CKR_DATA_INVALID);
	TELLS(CKF_SIGN_RECOVER, private, 256, CKR_DATA_INVALID);
	TELLS(CKF_ENCRYPT, public, 256, CKR_DATA_INVALID);
	TELLS(CKF_DECRYPT, private, 256, CKR_ENCRYPTED_DATA_INVALID);
	TELLS(CKF_VERIFY_RECOVER, public, 256, CKR_SIGNATURE_INVALID);
	TELLS(CKF_SIGN, private, 257, CKR_DATA_LEN_RANGE);
	TELLS(CKF_SIGN, private, 0, CKR_DATA_LEN_RANGE);
	TELLS(CKF_ENCRYPT, public, 257, CKR_DATA_LEN_RANGE);
	TELLS(CKF_DECRYPT, private, 255, CKR_ENCRYPTED_DATA_LEN_RANGE);
	TELLS(CKF_VERIFY_RECOVER, public, 255, CKR_SIGNATURE_LEN_RANGE);
	ATF_CHECK_EQ(verify(CKM_RSA_X_509, p.public, in, 256, in, 256),
	    CKR_SIGNATURE_INVALID);
	pair_wipe(&p);
}

/* A PKCS #1 signature gives back what was signed. */
ATF_TC_WITHOUT_HEAD(pkcs1__recovers);
ATF_TC_BODY(pkcs1__recovers, tc)
{
	static const size_t lengths[] = { 1, 35, 245 };
	uint8_t in[245], sig[SECRET_MAX], is[SECRET_MAX], want[SECRET_MAX];
	struct pair p;
	size_t len, sig_len;

	memset(in, 0x31, sizeof(in));
	pair_make("RSA-2048", &p);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		size_t n = lengths[i];

		other_run(p.pkey, EVP_PKEY_sign_init, EVP_PKEY_sign,
		    RSA_PKCS1_PADDING, (struct span){ in, n }, want,
		    &sig_len);
		ATF_REQUIRE_EQ(run(CKM_RSA_PKCS, CKF_SIGN_RECOVER, p.private,
		    in, n, sig, &len), CKR_OK);
		ATF_CHECK_EQ(len, sig_len);
		ATF_CHECK_EQ(memcmp(sig, want, len), 0);
		ATF_REQUIRE_EQ(run(CKM_RSA_PKCS, CKF_VERIFY_RECOVER, p.public,
		    want, sig_len, is, &len), CKR_OK);
		ATF_CHECK_EQ(len, n);
		ATF_CHECK_EQ(memcmp(is, in, n), 0);
		want[7] ^= 1;
		ATF_CHECK_EQ(run(CKM_RSA_PKCS, CKF_VERIFY_RECOVER, p.public,
		    want, sig_len, is, &len), CKR_SIGNATURE_INVALID);
	}
	ATF_CHECK_EQ(run(CKM_RSA_PKCS, CKF_VERIFY_RECOVER, p.public, sig, 255,
	    is, &len), CKR_SIGNATURE_LEN_RANGE);
	ATF_CHECK_EQ(run(CKM_RSA_PKCS, CKF_SIGN_RECOVER, p.private, in, 246,
	    is, &len), CKR_DATA_LEN_RANGE);
	ATF_CHECK_EQ(run(CKM_RSA_PKCS, CKF_SIGN_RECOVER, p.public, in, 16,
	    is, &len), CKR_KEY_FUNCTION_NOT_PERMITTED);
	pair_wipe(&p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, x509__is_a_bare_exponentiation);
	ATF_TP_ADD_TC(tp, x509__numbers_that_are_too_large);
	ATF_TP_ADD_TC(tp, pkcs1__recovers);
	return atf_no_error();
}
