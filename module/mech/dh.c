/* Diffie-Hellman in finite fields (PKCS#11 6.4): of PKCS #3 and of X9.42. */
#include <string.h>

#include "common/log.h"
#include "module/crypto/ffckey.h"
#include "module/mech/agree.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

static CK_RV
dh_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, struct key_made *out)
{
	const struct ffc_domain domain = { args->prime, args->subprime,
		args->base };
	struct param none;
	CK_ULONG bits = ffckey_bits(&domain);

	TRY(param_none(mech, CKF_GENERATE_KEY_PAIR, mechanism, &none));
	if (args->prime.data == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	if (bits < mech->min || bits > mech->max)
		return CKR_KEY_SIZE_RANGE;
	if (args->value_bits >= bits)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return ffckey_generate(mech->key_type, &domain,
	    (unsigned)args->value_bits, out);
}

static struct span
span_of(const struct secret *s)
{
	return (struct span){ s->data, s->len };
}

/* A number as a key in the domain of another one. */
static CK_RV
key_in(const struct key_made *domain, CK_KEY_TYPE type, CK_OBJECT_CLASS class,
    struct span value, struct key **out)
{
	struct key_parts parts = { .class = class, .type = type,
		.prime = span_of(&domain->prime),
		.base = span_of(&domain->base), .value = value };

	if (domain->subprime.len != 0)
		parts.subprime = span_of(&domain->subprime);
	return key_new(&parts, out);
}

static CK_RV
peer_load(const struct key *base, const void *value, CK_ULONG len,
    struct key **out)
{
	_cleanup_(key_made_wipe) struct key_made own = { 0 };
	CK_RV rv;

	if (value == NULL || len == 0)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "the other party's public value is absent");
	TRY(key_public_parts(base, &own));
	rv = key_in(&own, key_type(base), CKO_PUBLIC_KEY,
	    (struct span){ value, len }, out);
	return rv == CKR_ATTRIBUTE_VALUE_INVALID ? CKR_PUBLIC_KEY_INVALID
	                                         : rv;
}

static CK_RV
pkcs_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	const struct agree_kdf plain = { CKD_NULL, NULL, 0 };
	_cleanup_(key_putp) struct key *peer = NULL;

	(void)mech;
	TRY(peer_load(base, mechanism->pParameter, mechanism->ulParameterLen,
	    &peer));
	return agree_finish(key_pkey(base), key_pkey(peer), &plain, args,
	    out);
}

static CK_RV
x942_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(key_putp) struct key *peer = NULL;
	CK_X9_42_DH1_DERIVE_PARAMS p;
	struct agree_kdf kdf;

	(void)mech;
	TRY(param_copy(mechanism, &p, sizeof(p)));
	kdf = (struct agree_kdf){ p.kdf, p.pOtherInfo, p.ulOtherInfoLen };
	TRY(agree_kdf_check(&kdf));
	TRY(peer_load(base, p.pPublicData, p.ulPublicDataLen, &peer));
	return agree_finish(key_pkey(base), key_pkey(peer), &kdf, args, out);
}

/* Encapsulation: the ciphertext is the public half of a pair made for it. */

static CK_RV
kem_read(const CK_MECHANISM *mechanism, struct agree_kdf *kdf)
{
	CK_X9_42_DH1_DERIVE_PARAMS p = { .kdf = CKD_NULL };

	if (mechanism->mechanism == CKM_X9_42_DH_DERIVE)
		TRY(param_copy(mechanism, &p, sizeof(p)));
	else if (mechanism->ulParameterLen != 0)
		p.ulPublicDataLen = mechanism->ulParameterLen;
	if (p.pPublicData != NULL || p.ulPublicDataLen != 0)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "an encapsulation has no public data");
	*kdf = (struct agree_kdf){ p.kdf, p.pOtherInfo, p.ulOtherInfoLen };
	return agree_kdf_check(kdf);
}

/* As many bytes as the prime has. */
static CK_RV
padded(const struct secret *number, size_t len, struct secret *out)
{
	TRY(secret_new(len, out));
	memcpy(out->data + len - number->len, number->data, number->len);
	return CKR_OK;
}

static size_t
dh_size(const struct mech *mech, const struct key *key)
{
	(void)mech;
	return (key_bits(key) + 7) / 8;
}

static CK_RV
dh_encapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, size_t len, struct secret *ciphertext,
    struct secret *shared)
{
	_cleanup_(key_made_wipe) struct key_made own = { 0 };
	_cleanup_(key_made_wipe) struct key_made made = { 0 };
	_cleanup_(key_putp) struct key *once = NULL;
	struct ffc_domain domain = { .subprime = { NULL, 0 } };
	struct agree_kdf kdf;

	TRY(kem_read(mechanism, &kdf));
	TRY(key_public_parts(key, &own));
	domain.prime = span_of(&own.prime);
	domain.base = span_of(&own.base);
	if (own.subprime.len != 0)
		domain.subprime = span_of(&own.subprime);
	TRY(ffckey_generate(mech->key_type, &domain, 0, &made));
	TRY(key_in(&own, mech->key_type, CKO_PRIVATE_KEY,
	    span_of(&made.value), &once));
	TRY(agree_answer(agree_shared(key_pkey(once), key_pkey(key), &kdf,
	    len, shared)));
	return padded(&made.public_value, dh_size(mech, key), ciphertext);
}

static CK_RV
dh_decapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, size_t len, struct span ciphertext,
    struct secret *shared)
{
	_cleanup_(key_putp) struct key *peer = NULL;
	struct agree_kdf kdf;

	(void)mech;
	TRY(kem_read(mechanism, &kdf));
	TRY(agree_answer(peer_load(key, ciphertext.data, ciphertext.len,
	    &peer)));
	return agree_answer(agree_shared(key_pkey(key), key_pkey(peer),
	    &kdf, len, shared));
}

#define DH_KEM \
	.encapsulate_as = dh_encapsulate, .decapsulate_as = dh_decapsulate, \
	.encapsulated_size = dh_size

static const struct mech_ops keygen_ops = {
	.unit = 1,
	.generate = dh_generate,
};
static const struct mech_ops pkcs_ops = { .unit = 1, .derive = pkcs_derive,
	DH_KEM };
static const struct mech_ops x942_ops = { .unit = 1, .derive = x942_derive,
	DH_KEM };

static const struct mech dh_rows[] = {
	{ CKM_DH_PKCS_KEY_PAIR_GEN, CKK_DH, 2048, 8192,
	    CKF_GENERATE_KEY_PAIR, NULL, 0, &keygen_ops },
	{ CKM_DH_PKCS_DERIVE, CKK_DH, 1024, 8192, CKF_DERIVE | KEM,
	    NULL, 0, &pkcs_ops },
	{ CKM_X9_42_DH_KEY_PAIR_GEN, CKK_X9_42_DH, 2048, 8192,
	    CKF_GENERATE_KEY_PAIR, NULL, 0, &keygen_ops },
	{ CKM_X9_42_DH_DERIVE, CKK_X9_42_DH, 1024, 8192, CKF_DERIVE | KEM,
	    NULL, 0, &x942_ops },
};

const struct mech_family dh_family = FAMILY(dh_rows);
