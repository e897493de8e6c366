/* HKDF (RFC 5869; PKCS#11 6.62): keys, or data objects, of keys. */
#include "module/mech/derived.h"

#include <string.h>

#include "common/log.h"
#include "module/crypto/libctx.h"
#include "module/mech/prf.h"
#include "module/mech/rows.h"

struct hkdf {
	const struct digest *digest;
	bool extract, expand;
	struct span salt, info;
	struct key *salt_key; /* whose value the salt is, or NULL */
	size_t len;           /* of what is wanted */
};

static void
hkdf_done(struct hkdf *h)
{
	if (h->salt_key != NULL)
		key_put(h->salt_key);
}

static CK_RV
salt_none(const CK_HKDF_PARAMS *p, const struct derive_args *args,
    struct hkdf *out)
{
	(void)p;
	(void)args;
	(void)out;
	return CKR_OK;
}

static CK_RV
salt_data(const CK_HKDF_PARAMS *p, const struct derive_args *args,
    struct hkdf *out)
{
	(void)args;
	return param_bytes_or_none(p->pSalt, p->ulSaltLen, &out->salt);
}

static CK_RV
salt_key(const CK_HKDF_PARAMS *p, const struct derive_args *args,
    struct hkdf *out)
{
	TRY(args->keys.find(args->keys.arg, p->hSaltKey, &out->salt_key));
	if (key_class(out->salt_key) != CKO_SECRET_KEY)
		return CKR_KEY_TYPE_INCONSISTENT;
	out->salt = key_value(out->salt_key);
	return CKR_OK;
}

static const struct {
	CK_ULONG type;
	CK_RV (*read)(const CK_HKDF_PARAMS *p, const struct derive_args *args,
	    struct hkdf *out);
} salts[] = {
	{ CKF_HKDF_SALT_NULL, salt_none },
	{ CKF_HKDF_SALT_DATA, salt_data },
	{ CKF_HKDF_SALT_KEY, salt_key },
};

static CK_RV
salt_read(const CK_HKDF_PARAMS *p, const struct derive_args *args,
    struct hkdf *out)
{
	for (size_t i = 0; i < COUNT(salts); i++)
		if (salts[i].type == p->ulSaltType)
			return salts[i].read(p, args, out);
	return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
	    "ulSaltType is none of CKF_HKDF_SALT");
}

/* What is only extracted is as long as the digest. */
static CK_RV
length_read(const struct derive_args *args, struct hkdf *out)
{
	size_t size = digest_size(out->digest);

	if (!out->expand) {
		out->len = size;
		return args->len == 0 || args->len == size
		    ? CKR_OK
		    : CKR_KEY_SIZE_RANGE;
	}
	TRY(derived_length(args, 0, &out->len));
	return out->len <= 255 * size ? CKR_OK : CKR_KEY_SIZE_RANGE;
}

/* A data object is no secret: one is made of it by a salt alone (6.62). */
static CK_RV
base_check(const CK_HKDF_PARAMS *p, const struct hkdf *h,
    const struct key *base, const struct derive_args *args)
{
	size_t len = key_value(base).len;

	if (!args->base_is_data)
		return h->extract || len >= digest_size(h->digest)
		    ? CKR_OK
		    : CKR_KEY_SIZE_RANGE;
	if (!h->extract || p->ulSaltType == CKF_HKDF_SALT_NULL)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "a data object needs to be extracted with a salt");
	return len == digest_size(h->digest) ? CKR_OK : CKR_KEY_SIZE_RANGE;
}

/* The salt is ignored without extraction, the info without expansion; a key
 * that is not extracted must have been (RFC 5869, 2.3). */
static CK_RV
hkdf_read(const CK_MECHANISM *mechanism, const struct key *base,
    const struct derive_args *args, struct hkdf *out)
{
	CK_HKDF_PARAMS p;

	TRY(param_copy(mechanism, &p, sizeof(p)));
	out->extract = p.bExtract != CK_FALSE;
	out->expand = p.bExpand != CK_FALSE;
	if (!out->extract && !out->expand)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "neither bExtract nor bExpand is set");
	TRY(prf_digest(p.prfHashMechanism, &out->digest));
	if (out->expand)
		TRY(param_bytes_or_none(p.pInfo, p.ulInfoLen, &out->info));
	if (out->extract)
		TRY(salt_read(&p, args, out));
	TRY(base_check(&p, out, base, args));
	return length_read(args, out);
}

/* No salt is one of zeros (RFC 5869, 2.2). */
static CK_RV
extract(const struct hkdf *h, struct span key, uint8_t out[PRF_SIZE_MAX])
{
	static const uint8_t zeros[PRF_SIZE_MAX];
	_cleanup_(prf_close) struct prf prf = { NULL, 0 };
	struct span salt = h->salt;

	if (salt.len == 0)
		salt = (struct span){ zeros, digest_size(h->digest) };
	TRY(prf_hmac(h->digest, salt, &prf));
	return prf_call(&prf, &key, 1, out);
}

static CK_RV
expand(const struct hkdf *h, struct span prk, struct secret *out)
{
	_cleanup_(prf_close) struct prf prf = { NULL, 0 };
	uint8_t block[PRF_SIZE_MAX], i = 1;
	struct span parts[] = { { NULL, 0 }, h->info, { &i, 1 } };
	CK_RV rv = prf_hmac(h->digest, prk, &prf);

	for (size_t at = 0; rv == CKR_OK && at < out->len; at += prf.size) {
		size_t left = out->len - at;

		rv = prf_call(&prf, parts, COUNT(parts), block);
		memcpy(out->data + at, block,
		    left < prf.size ? left : prf.size);
		parts[0] = (struct span){ block, prf.size };
		i++;
	}
	explicit_bzero(block, sizeof(block));
	return rv;
}

static CK_RV
hkdf_run(const struct hkdf *h, struct span key, struct secret *out)
{
	uint8_t prk[PRF_SIZE_MAX];
	CK_RV rv = CKR_OK;

	if (h->extract) {
		rv = extract(h, key, prk);
		key = (struct span){ prk, digest_size(h->digest) };
	}
	if (rv == CKR_OK && h->expand)
		rv = expand(h, key, out);
	else if (rv == CKR_OK)
		memcpy(out->data, prk, out->len);
	explicit_bzero(prk, sizeof(prk));
	return rv;
}

static CK_RV
hkdf_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(hkdf_done) struct hkdf h = { .len = 0 };
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };

	(void)mech;
	TRY(hkdf_read(mechanism, base, args, &h));
	TRY(secret_new(h.len, &made));
	TRY(hkdf_run(&h, key_value(base), &made));
	return derived_add(&made, h.len, out);
}

static CK_RV
hkdf_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, struct key_made *out)
{
	_cleanup_(secret_wipe) struct secret value = { NULL, 0 };
	struct param none;

	TRY(param_none(mech, CKF_GENERATE, mechanism, &none));
	if (args->len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (args->len > mech->max)
		return CKR_KEY_SIZE_RANGE;
	TRY(secret_new(args->len, &value));
	TRY(rng_bytes(value.data, value.len));
	out->value = value;
	value = (struct secret){ NULL, 0 };
	return CKR_OK;
}

static const struct mech_ops hkdf_ops = {
	.unit = 8,
	.takes_data = true,
	.derive = hkdf_derive,
};
static const struct mech_ops hkdf_data_ops = {
	.unit = 8,
	.takes_data = true,
	.makes_data = true,
	.derive = hkdf_derive,
};
static const struct mech_ops hkdf_keygen_ops = {
	.unit = 8,
	.generate = hkdf_generate,
};

#define SIZES 1, DERIVED_BYTES_MAX

static const struct mech hkdf_rows[] = {
	{ CKM_HKDF_DERIVE, CKK_HKDF, SIZES, CKF_DERIVE, NULL, 0, &hkdf_ops,
	    .also = KEYS(CKK_GENERIC_SECRET) },
	{ CKM_HKDF_DATA, CKK_HKDF, SIZES, CKF_DERIVE, NULL, 0,
	    &hkdf_data_ops, .also = KEYS(CKK_GENERIC_SECRET) },
	{ CKM_HKDF_KEY_GEN, CKK_HKDF, SIZES, CKF_GENERATE, NULL, 0,
	    &hkdf_keygen_ops },
};

const struct mech_family hkdf_family = FAMILY(hkdf_rows);
