/*
 * Keys of any length wrapped by a temporary AES key (PKCS#11 6.1, 6.3), which an
 * RSA key encrypts or two EC keys agree on.  RFC 5649 wraps in both.
 */
#include <string.h>

#include "common/log.h"
#include "module/crypto/der.h"
#include "module/crypto/curve.h"
#include "module/crypto/libctx.h"
#include "module/mech/agree.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

static CK_RV
kwp(mech_use use, const struct secret *aes, struct span in,
    struct secret *out)
{
	const struct mech *mech = mech_find(CKM_AES_KEY_WRAP_KWP);
	const CK_MECHANISM how = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	const struct key_parts parts = { .class = CKO_SECRET_KEY,
		.type = CKK_AES, .value = { aes->data, aes->len } };
	_cleanup_(key_putp) struct key *key = NULL;

	if (mech == NULL)
		return CKR_MECHANISM_INVALID;
	TRY(key_new(&parts, &key));
	return use == CKF_WRAP ? mech_wrap(mech, &how, key, in, out)
	                       : mech_unwrap(mech, &how, key, in, out);
}

static CK_RV
bits_check(CK_ULONG bits)
{
	return bits == 128 || bits == 192 || bits == 256
	    ? CKR_OK
	    : fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		"ulAESKeyBits is none of 128, 192, 256");
}

static CK_RV
join(struct span front, struct span back, struct secret *out)
{
	TRY(secret_new(front.len + back.len, out));
	memcpy(out->data, front.data, front.len);
	memcpy(out->data + front.len, back.data, back.len);
	return CKR_OK;
}

static struct span
span_of(const struct secret *s)
{
	return (struct span){ s->data, s->len };
}

/* RSA */

static CK_RV
rsa_read(const CK_MECHANISM *mechanism, CK_ULONG *bits, CK_MECHANISM *oaep)
{
	CK_RSA_AES_KEY_WRAP_PARAMS p;

	TRY(param_copy(mechanism, &p, sizeof(p)));
	TRY(bits_check(p.ulAESKeyBits));
	*bits = p.ulAESKeyBits;
	*oaep = (CK_MECHANISM){ CKM_RSA_PKCS_OAEP, p.pOAEPParams,
		sizeof(*p.pOAEPParams) };
	return CKR_OK;
}

static CK_RV
rsa_wrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span plain, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret aes = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret first = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret second = { NULL, 0 };
	CK_MECHANISM oaep;
	CK_ULONG bits;

	(void)mech;
	TRY(rsa_read(mechanism, &bits, &oaep));
	TRY(secret_new(bits / 8, &aes));
	TRY(rng_bytes(aes.data, aes.len));
	TRY(mech_wrap(mech_find(oaep.mechanism), &oaep, key, span_of(&aes),
	    &first));
	TRY(kwp(CKF_WRAP, &aes, plain, &second));
	return join(span_of(&first), span_of(&second), out);
}

static CK_RV
rsa_unwrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span wrapped, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret aes = { NULL, 0 };
	struct span front = { wrapped.data, (key_bits(key) + 7) / 8 };
	CK_MECHANISM oaep;
	CK_ULONG bits;

	(void)mech;
	TRY(rsa_read(mechanism, &bits, &oaep));
	if (wrapped.len <= front.len)
		return CKR_WRAPPED_KEY_LEN_RANGE;
	TRY(mech_unwrap(mech_find(oaep.mechanism), &oaep, key, front, &aes));
	if (aes.len != bits / 8)
		return CKR_WRAPPED_KEY_INVALID;
	return kwp(CKF_UNWRAP, &aes, (struct span){
	    (const uint8_t *)wrapped.data + front.len,
	    wrapped.len - front.len }, out);
}

/* EC */

/* How the other half of the agreement stands in front, in the row's arg. */
enum point_form { BARE, IN_DER };

static CK_RV
ec_read(const CK_MECHANISM *mechanism, size_t *len, struct agree_kdf *kdf)
{
	CK_ECDH_AES_KEY_WRAP_PARAMS p;

	TRY(param_copy(mechanism, &p, sizeof(p)));
	TRY(bits_check(p.ulAESKeyBits));
	*len = p.ulAESKeyBits / 8;
	*kdf = (struct agree_kdf){ p.kdf, p.pSharedData, p.ulSharedDataLen };
	return agree_kdf_check(kdf);
}

/* The first bytes of what is agreed on. */
static CK_RV
ec_agree(EVP_PKEY *own, EVP_PKEY *peer, const struct agree_kdf *kdf,
    size_t len, struct secret *out)
{
	TRY(agree_secret(own, peer, out));
	TRY(agree_derive(kdf, kdf->type == CKD_NULL ? 0 : len, out));
	if (out->len < len)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "the shared secret is too short without a kdf");
	return secret_cut(out, len);
}

static CK_RV
ec_wrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span plain, struct secret *out)
{
	const struct curve *curve = curve_of(key_pkey(key));
	_cleanup_(key_made_wipe) struct key_made made = { 0 };
	_cleanup_(key_putp) struct key *own = NULL;
	_cleanup_(secret_wipe) struct secret aes = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret second = { NULL, 0 };
	struct agree_kdf kdf;
	struct span front;
	size_t len;

	if (curve == NULL)
		return CKR_FUNCTION_FAILED;
	TRY(ec_read(mechanism, &len, &kdf));
	TRY(ecdh_ephemeral(key, &made, &own));
	TRY(ec_agree(key_pkey(own), key_pkey(key), &kdf, len, &aes));
	TRY(kwp(CKF_WRAP, &aes, plain, &second));
	front = span_of(&made.point);
	if (mech->arg == BARE)
		TRY(curve_point(curve, front, &front));
	return join(front, span_of(&second), out);
}

/* Takes the other half off the front. */
static CK_RV
point_take(const struct mech *mech, const struct curve *curve,
    struct span *in, struct span *out)
{
	size_t len = curve->type == CKK_EC ? 1 + 2 * curve->len : curve->len;

	if (mech->arg == IN_DER)
		return der_take(in, DER_OCTET_STRING, out) == CKR_OK
		    ? CKR_OK
		    : CKR_WRAPPED_KEY_INVALID;
	if (in->len <= len)
		return CKR_WRAPPED_KEY_LEN_RANGE;
	*out = (struct span){ in->data, len };
	*in = (struct span){ (const uint8_t *)in->data + len, in->len - len };
	return CKR_OK;
}

static CK_RV
ec_unwrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span wrapped, struct secret *out)
{
	const struct curve *curve = curve_of(key_pkey(key));
	_cleanup_(key_putp) struct key *peer = NULL;
	_cleanup_(secret_wipe) struct secret aes = { NULL, 0 };
	struct agree_kdf kdf;
	struct span point;
	size_t len;

	if (curve == NULL)
		return CKR_FUNCTION_FAILED;
	TRY(ec_read(mechanism, &len, &kdf));
	TRY(point_take(mech, curve, &wrapped, &point));
	if (ecdh_peer(key, point, &peer) != CKR_OK)
		return CKR_WRAPPED_KEY_INVALID;
	TRY(ec_agree(key_pkey(key), key_pkey(peer), &kdf, len, &aes));
	return kwp(CKF_UNWRAP, &aes, wrapped, out);
}

static bool
kwp_is_there(const struct mech *mech)
{
	(void)mech;
	return mech_find(CKM_AES_KEY_WRAP_KWP) != NULL;
}

static const struct mech_ops rsa_ops = { .unit = 1,
	.is_offered = kwp_is_there, .wrap = rsa_wrap, .unwrap = rsa_unwrap };
static const struct mech_ops ec_ops = { .unit = 1,
	.is_offered = kwp_is_there, .wrap = ec_wrap, .unwrap = ec_unwrap };

static const struct mech hybridwrap_rows[] = {
	{ CKM_RSA_AES_KEY_WRAP, CKK_RSA, RSA_SIZES, WU, NULL, 0, &rsa_ops },
	{ CKM_ECDH_AES_KEY_WRAP, CKK_EC, EC_SIZES, WU | EC_FLAGS,
	    NULL, BARE, &ec_ops, .also = KEYS(CKK_EC_MONTGOMERY) },
	{ CKM_ECDH_COF_AES_KEY_WRAP, CKK_EC, EC_SIZES, WU | EC_FLAGS,
	    NULL, IN_DER, &ec_ops },
	{ CKM_ECDH_X_AES_KEY_WRAP, CKK_EC_MONTGOMERY, 255, 448,
	    WU | CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME,
	    NULL, BARE, &ec_ops },
};

const struct mech_family hybridwrap_family = FAMILY(hybridwrap_rows);
