/*
 * The derivations of NIST SP 800-108 (PKCS#11 6.42): keys from the segments
 * that a pseudo-random function gives, whose input is what the caller composes
 * of fields.
 */
#include "module/mech/derived.h"

#include <string.h>

#include "common/log.h"
#include "module/mech/prf.h"
#include "module/mech/rows.h"

#define FIELDS_MAX 256

/* The row's arg. */
enum mode { COUNTER, FEEDBACK, PIPELINE };

/* A number of the input, to be written anew for each segment. */
struct number {
	uint8_t bytes[8];
	size_t len; /* 0: there is none */
	bool little;
};

struct kdf {
	enum mode mode;
	struct prf prf;
	struct span parts[FIELDS_MAX]; /* of the input, in order */
	struct key *keys[FIELDS_MAX];  /* held: a part is its value */
	size_t count;
	/* which part each of these is, if there */
	struct span *iteration, *counter, *length;
	struct number i, l;
	CK_SP800_108_DKM_LENGTH_METHOD method;
	size_t lens[DERIVED_MAX]; /* of the keys that are wanted */
	size_t wanted;
	struct span iv;
};

static void
kdf_done(struct kdf *k)
{
	prf_close(&k->prf);
	for (size_t i = 0; i < k->count; i++)
		if (k->keys[i] != NULL)
			key_put(k->keys[i]);
}

static CK_RV
invalid(const char *why)
{
	return fail_quiet(CKR_MECHANISM_PARAM_INVALID, "%s", why);
}

/* The function */

static const struct {
	CK_MECHANISM_TYPE type;
	const char *md;     /* of HMAC, which takes any secret */
	const char *cipher; /* of CMAC, which takes its own keys */
	CK_KEY_TYPE key;
} prfs[] = {
	{ CKM_SHA_1_HMAC, "SHA1" },
	{ CKM_SHA224_HMAC, "SHA2-224" },
	{ CKM_SHA256_HMAC, "SHA2-256" },
	{ CKM_SHA384_HMAC, "SHA2-384" },
	{ CKM_SHA512_HMAC, "SHA2-512" },
	{ CKM_SHA3_224_HMAC, "SHA3-224" },
	{ CKM_SHA3_256_HMAC, "SHA3-256" },
	{ CKM_SHA3_384_HMAC, "SHA3-384" },
	{ CKM_SHA3_512_HMAC, "SHA3-512" },
	{ CKM_AES_CMAC, NULL, "AES-%u-CBC", CKK_AES },
	{ CKM_DES3_CMAC, NULL, "DES-EDE3-CBC", CKK_DES3 },
	{ CKM_DES3_CMAC, NULL, "DES-EDE-CBC", CKK_DES2 },
};

static CK_RV
hmac_open(const char *md, const struct key *base, struct prf *out)
{
	const struct digest *digest = digest_find(md);

	return digest != NULL ? prf_hmac(digest, key_value(base), out)
	                      : CKR_FUNCTION_FAILED;
}

/* Where the policy lets nobody sign with it, nobody derives with it. */
static CK_RV
policy_check(CK_SP800_108_PRF_TYPE type)
{
	const struct mech *mac = mech_find(type);

	if (mac == NULL)
		return CKR_FUNCTION_FAILED;
	return (mech_flags(mac) & CKF_SIGN) != 0
	    ? CKR_OK
	    : invalid("prfType is not offered");
}

static CK_RV
prf_read(CK_SP800_108_PRF_TYPE type, const struct key *base, struct prf *out)
{
	bool known = false;

	for (size_t i = 0; i < COUNT(prfs); i++) {
		if (prfs[i].type != type)
			continue;
		TRY(policy_check(type));
		if (prfs[i].md != NULL)
			return hmac_open(prfs[i].md, base, out);
		if (prfs[i].key == key_type(base))
			return prf_cmac(prfs[i].cipher, key_value(base), out);
		known = true;
	}
	return known ? CKR_KEY_TYPE_INCONSISTENT
	             : invalid("prfType is none of the standard's");
}

/* The fields */

static void
number_write(struct number *n, uint64_t v)
{
	for (size_t i = 0; i < n->len; i++) {
		n->bytes[n->little ? i : n->len - 1 - i] = (uint8_t)v;
		v >>= 8;
	}
}

static uint64_t
number_max(const struct number *n)
{
	return n->len == 8 ? ~0ULL : (1ULL << n->len * 8) - 1;
}

static CK_RV
format_read(const CK_PRF_DATA_PARAM *from, void *out, size_t size)
{
	if (from->pValue == NULL || from->ulValueLen != size)
		return invalid("a field's format is absent or has the wrong "
		    "size");
	memcpy(out, from->pValue, size);
	return CKR_OK;
}

static CK_RV
number_read(CK_ULONG bits, CK_ULONG most, CK_BBOOL little, struct number *out)
{
	if (bits == 0 || bits > most || bits % 8 != 0)
		return invalid("a number's width is not offered");
	out->len = bits / 8;
	out->little = little != CK_FALSE;
	return CKR_OK;
}

/* The standard's counters have at most 32 bits (SP 800-108, 5). */
static CK_RV
counter_format(const CK_PRF_DATA_PARAM *from, struct kdf *k, struct span *part)
{
	CK_SP800_108_COUNTER_FORMAT format;

	TRY(format_read(from, &format, sizeof(format)));
	TRY(number_read(format.ulWidthInBits, 32, format.bLittleEndian,
	    &k->i));
	*part = (struct span){ k->i.bytes, k->i.len };
	k->counter = part;
	return CKR_OK;
}

static CK_RV
iteration_read(const CK_PRF_DATA_PARAM *from, const struct derive_args *args,
    struct kdf *k, struct span *part)
{
	(void)args;
	if (k->iteration != NULL)
		return invalid("the iteration variable is there twice");
	k->iteration = part;
	if (k->mode == COUNTER)
		return counter_format(from, k, part);
	return from->pValue == NULL && from->ulValueLen == 0
	    ? CKR_OK
	    : invalid("the iteration variable has a format of its own");
}

static CK_RV
counter_read(const CK_PRF_DATA_PARAM *from, const struct derive_args *args,
    struct kdf *k, struct span *part)
{
	(void)args;
	if (k->mode == COUNTER || k->counter != NULL)
		return invalid("there is a counter already");
	return counter_format(from, k, part);
}

static CK_RV
length_read(const CK_PRF_DATA_PARAM *from, const struct derive_args *args,
    struct kdf *k, struct span *part)
{
	CK_SP800_108_DKM_LENGTH_FORMAT format;

	(void)args;
	if (k->length != NULL)
		return invalid("the length is there twice");
	TRY(format_read(from, &format, sizeof(format)));
	if (format.dkmLengthMethod != CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS &&
	    format.dkmLengthMethod != CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS)
		return invalid("no such dkmLengthMethod");
	TRY(number_read(format.ulWidthInBits, 64, format.bLittleEndian,
	    &k->l));
	k->method = format.dkmLengthMethod;
	k->length = part;
	*part = (struct span){ k->l.bytes, k->l.len };
	return CKR_OK;
}

static CK_RV
bytes_read(const CK_PRF_DATA_PARAM *from, const struct derive_args *args,
    struct kdf *k, struct span *part)
{
	(void)args;
	(void)k;
	return param_bytes(from->pValue, from->ulValueLen, part);
}

static CK_RV
key_read(const CK_PRF_DATA_PARAM *from, const struct derive_args *args,
    struct kdf *k, struct span *part)
{
	struct key **to = &k->keys[part - k->parts];
	CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;

	TRY(format_read(from, &handle, sizeof(handle)));
	TRY(args->keys.find(args->keys.arg, handle, to));
	if (key_class(*to) != CKO_SECRET_KEY)
		return CKR_KEY_TYPE_INCONSISTENT;
	*part = key_value(*to);
	return CKR_OK;
}

static const struct {
	CK_PRF_DATA_TYPE type;
	CK_RV (*read)(const CK_PRF_DATA_PARAM *from,
	    const struct derive_args *args, struct kdf *k, struct span *part);
} fields[] = {
	{ CK_SP800_108_ITERATION_VARIABLE, iteration_read },
	{ CK_SP800_108_OPTIONAL_COUNTER, counter_read },
	{ CK_SP800_108_DKM_LENGTH, length_read },
	{ CK_SP800_108_BYTE_ARRAY, bytes_read },
	{ CK_SP800_108_KEY_HANDLE, key_read },
};

static CK_RV
field_read(const CK_PRF_DATA_PARAM *from, const struct derive_args *args,
    struct kdf *k)
{
	struct span *part = &k->parts[k->count++];

	for (size_t i = 0; i < COUNT(fields); i++)
		if (fields[i].type == from->type)
			return fields[i].read(from, args, k, part);
	return invalid("a field's type is unknown");
}

static CK_RV
fields_read(const CK_PRF_DATA_PARAM *from, CK_ULONG count,
    const struct derive_args *args, struct kdf *k)
{
	if (from == NULL || count > FIELDS_MAX)
		return invalid("the fields are absent or too many");
	for (CK_ULONG i = 0; i < count; i++)
		TRY(field_read(&from[i], args, k));
	return k->iteration != NULL
	    ? CKR_OK
	    : invalid("the iteration variable is missing");
}

/* The keys */

static CK_RV
more_read(const CK_DERIVED_KEY *more, const struct derive_args *args,
    struct kdf *k)
{
	struct derive_args own = { .keys = args->keys };

	TRY(args->keys.look(args->keys.arg, more->pTemplate,
	    more->ulAttributeCount, &own));
	if (own.class != CKO_SECRET_KEY)
		return CKR_TEMPLATE_INCONSISTENT;
	return derived_length(&own, 0, &k->lens[k->wanted++]);
}

/* A template that is to blame is told by its handle (Deriving Additional
 * Keys). */
static CK_RV
keys_read(const CK_DERIVED_KEY *more, CK_ULONG count,
    const struct derive_args *args, struct kdf *k)
{
	CK_RV rv = CKR_OK;

	if ((more == NULL) != (count == 0) || count >= DERIVED_MAX)
		return invalid("the additional keys are absent or too many");
	for (CK_ULONG i = 0; i < count; i++)
		if (more[i].phKey == NULL)
			return invalid("an additional key has no phKey");
	TRY(derived_length(args, 0, &k->lens[k->wanted++]));
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		rv = more_read(&more[i], args, k);
		if (rv != CKR_OK)
			*more[i].phKey = CK_INVALID_HANDLE;
	}
	return rv;
}

/* No two keys share a segment. */
static size_t
segments(const struct kdf *k, size_t len)
{
	return (len + k->prf.size - 1) / k->prf.size;
}

static size_t
segments_all(const struct kdf *k)
{
	size_t n = 0;

	for (size_t i = 0; i < k->wanted; i++)
		n += segments(k, k->lens[i]);
	return n;
}

static CK_RV
numbers_set(struct kdf *k)
{
	uint64_t bits = 0;

	if (k->counter != NULL && segments_all(k) > number_max(&k->i))
		return CKR_KEY_SIZE_RANGE;
	if (k->length == NULL)
		return CKR_OK;
	for (size_t i = 0; i < k->wanted; i++)
		bits += 8 * k->lens[i];
	if (k->method == CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS)
		bits = 8 * k->prf.size * segments_all(k);
	if (bits > number_max(&k->l))
		return invalid("the length does not fit its field");
	number_write(&k->l, bits);
	return CKR_OK;
}

/* A(0): all fields but the two that change. */
static CK_RV
pipeline_start(struct kdf *k, uint8_t *a)
{
	struct span counter = { NULL, 0 };

	if (k->counter != NULL)
		counter = *k->counter;
	*k->iteration = (struct span){ NULL, 0 };
	if (k->counter != NULL)
		*k->counter = (struct span){ NULL, 0 };
	TRY(prf_call(&k->prf, k->parts, k->count, a));
	if (k->counter != NULL)
		*k->counter = counter;
	*k->iteration = (struct span){ a, k->prf.size };
	return CKR_OK;
}

static CK_RV
segments_make(struct kdf *k, uint8_t *a, struct secret *out)
{
	size_t size = k->prf.size;

	if (k->mode == FEEDBACK)
		*k->iteration = k->iv;
	if (k->mode == PIPELINE)
		TRY(pipeline_start(k, a));
	for (size_t at = 0; at < out->len; at += size) {
		number_write(&k->i, at / size + 1);
		TRY(prf_call(&k->prf, k->parts, k->count, out->data + at));
		if (k->mode == FEEDBACK)
			*k->iteration = (struct span){ out->data + at, size };
		if (k->mode == PIPELINE)
			TRY(prf_call(&k->prf, k->iteration, 1, a));
	}
	return CKR_OK;
}

static CK_RV
keys_make(struct kdf *k, const CK_DERIVED_KEY *more, struct derived *out)
{
	_cleanup_(secret_wipe) struct secret all = { NULL, 0 };
	uint8_t a[PRF_SIZE_MAX];
	const uint8_t *at;
	CK_RV rv;

	TRY(numbers_set(k));
	TRY(secret_new(segments_all(k) * k->prf.size, &all));
	rv = segments_make(k, a, &all);
	explicit_bzero(a, sizeof(a));
	at = all.data;
	for (size_t i = 0; rv == CKR_OK && i < k->wanted; i++) {
		struct derived_key *key = &out->keys[i];

		*key = (struct derived_key){ .handle = NULL };
		if (i != 0)
			*key = (struct derived_key){ .handle = more[i - 1].phKey,
				.t = more[i - 1].pTemplate,
				.n = more[i - 1].ulAttributeCount };
		rv = secret_dup(at, k->lens[i], &key->made.value);
		at += segments(k, k->lens[i]) * k->prf.size;
		out->count++;
	}
	return rv;
}

static CK_RV
derive(const struct mech *mech, const CK_SP800_108_FEEDBACK_KDF_PARAMS *p,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(kdf_done) struct kdf k = { .mode = (enum mode)mech->arg };

	if ((p->pIV == NULL) != (p->ulIVLen == 0))
		return invalid("the IV is absent or empty");
	TRY(param_bytes_or_none(p->pIV, p->ulIVLen, &k.iv));
	TRY(prf_read(p->prfType, base, &k.prf));
	TRY(fields_read(p->pDataParams, p->ulNumberOfDataParams, args, &k));
	TRY(keys_read(p->pAdditionalDerivedKeys, p->ulAdditionalDerivedKeys,
	    args, &k));
	return keys_make(&k, p->pAdditionalDerivedKeys, out);
}

static CK_RV
plain_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	CK_SP800_108_KDF_PARAMS p;

	TRY(param_copy(mechanism, &p, sizeof(p)));
	return derive(mech, &(CK_SP800_108_FEEDBACK_KDF_PARAMS){
	    .prfType = p.prfType,
	    .ulNumberOfDataParams = p.ulNumberOfDataParams,
	    .pDataParams = p.pDataParams,
	    .ulAdditionalDerivedKeys = p.ulAdditionalDerivedKeys,
	    .pAdditionalDerivedKeys = p.pAdditionalDerivedKeys,
	}, base, args, out);
}

static CK_RV
feedback_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	CK_SP800_108_FEEDBACK_KDF_PARAMS p;

	TRY(param_copy(mechanism, &p, sizeof(p)));
	return derive(mech, &p, base, args, out);
}

static const struct mech_ops plain_ops = {
	.unit = 1,
	.inherits = INHERITS_UNSAID,
	.derive = plain_derive,
};
static const struct mech_ops feedback_ops = {
	.unit = 1,
	.inherits = INHERITS_UNSAID,
	.derive = feedback_derive,
};

#define SIZES 8, 8 * DERIVED_BYTES_MAX

static const struct mech sp800108_rows[] = {
	{ CKM_SP800_108_COUNTER_KDF, MECH_ANY_SECRET, SIZES, CKF_DERIVE, NULL,
	    COUNTER, &plain_ops },
	{ CKM_SP800_108_FEEDBACK_KDF, MECH_ANY_SECRET, SIZES, CKF_DERIVE, NULL,
	    FEEDBACK, &feedback_ops },
	{ CKM_SP800_108_DOUBLE_PIPELINE_KDF, MECH_ANY_SECRET, SIZES,
	    CKF_DERIVE, NULL, PIPELINE, &plain_ops },
};

const struct mech_family sp800108_family = FAMILY(sp800108_rows);
