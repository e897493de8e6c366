/* How a private key in a token signs. */
#include "provider/sigalg.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "provider/ecsig.h"

DEFINE_CLEANUP(X509_ALGOR *, X509_ALGOR_free)

struct word {
	const char *name;
	int value;
};

static const struct word pads[] = {
	{ OSSL_PKEY_RSA_PAD_MODE_PKCSV15, RSA_PKCS1_PADDING },
	{ OSSL_PKEY_RSA_PAD_MODE_PSS, RSA_PKCS1_PSS_PADDING },
	{ OSSL_PKEY_RSA_PAD_MODE_NONE, RSA_NO_PADDING },
	{ NULL, 0 }
};

#define SALT_DIGEST_MAX (-4) /* RSA_PSS_SALTLEN_AUTO_DIGEST_MAX, from 3.1 */

static const struct word salts[] = {
	{ "digest", RSA_PSS_SALTLEN_DIGEST },
	{ "max", RSA_PSS_SALTLEN_MAX },
	{ "auto", RSA_PSS_SALTLEN_AUTO },
	{ "auto-digestmax", SALT_DIGEST_MAX },
	{ NULL, 0 }
};

const OSSL_PARAM sigalg_settable[] = {
	OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PROPERTIES, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_PROPERTIES, NULL, 0),
	OSSL_PARAM_END
};

const OSSL_PARAM sigalg_gettable[] = {
	OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
	OSSL_PARAM_size_t(OSSL_SIGNATURE_PARAM_DIGEST_SIZE, NULL),
	OSSL_PARAM_END
};

static bool
is_rsa(const struct key *k)
{
	return k->kind == KEY_RSA || k->kind == KEY_RSA_PSS;
}

static bool
is_edwards(const struct key *k)
{
	return k->kind == KEY_ED25519 || k->kind == KEY_ED448;
}

void
sigalg_init(struct sigalg *a, const struct key *k)
{
	memset(a, 0, sizeof(*a));
	a->pad = k->kind == KEY_RSA_PSS ? RSA_PKCS1_PSS_PADDING
	    : RSA_PKCS1_PADDING;
	a->salt = SALT_DIGEST_MAX;
}

/* A key of RSASSA-PSS may be bound to one digest. */
static CK_RV
check_bound(const struct digest *d, const struct key *k)
{
	char name[32];

	if (k->kind == KEY_RSA_PSS
	    && EVP_PKEY_get_default_digest_name(k->pub, name, sizeof(name)) == 2
	    && digest_find(name) != d)
		return fail_quiet(CKR_KEY_FUNCTION_NOT_PERMITTED,
		    "the key signs with %s only", name);
	return CKR_OK;
}

CK_RV
sigalg_set_digest(struct sigalg *a, const struct key *k, const char *name)
{
	const struct digest *d = NULL;
	bool none = name == NULL || name[0] == '\0'
	    || strcasecmp(name, "UNDEF") == 0;

	if (!none && is_edwards(k))
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "EdDSA takes no digest");
	if (!none) {
		d = digest_find(name);
		if (d == NULL || digest_md(d) == NULL)
			return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
			    "%s: unknown digest", name);
		TRY(check_bound(d, k));
	}
	a->md = d;
	return CKR_OK;
}

/* A number, the number as text, or one of the words. */
static CK_RV
word_get(const OSSL_PARAM *p, const struct word *words, int *out)
{
	const char *text;
	char *end;

	if (p->data_type != OSSL_PARAM_UTF8_STRING)
		return OSSL_PARAM_get_int(p, out) ? CKR_OK
		    : CKR_MECHANISM_PARAM_INVALID;
	if (!OSSL_PARAM_get_utf8_string_ptr(p, &text))
		return CKR_MECHANISM_PARAM_INVALID;
	for (; words->name != NULL; words++)
		if (strcmp(words->name, text) == 0) {
			*out = words->value;
			return CKR_OK;
		}
	*out = (int)strtol(text, &end, 10);
	return end != text && *end == '\0' ? CKR_OK
	    : CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV
set_pad(struct sigalg *a, const struct key *k, const OSSL_PARAM *p)
{
	int pad;

	TRY(word_get(p, pads, &pad));
	for (const struct word *w = pads; w->name != NULL; w++)
		if (w->value == pad && (k->kind != KEY_RSA_PSS
		    || pad == RSA_PKCS1_PSS_PADDING)) {
			a->pad = pad;
			return CKR_OK;
		}
	return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
	    "this padding is not for this key");
}

static CK_RV
set_mgf(struct sigalg *a, const OSSL_PARAM *p)
{
	const char *name;

	if (!OSSL_PARAM_get_utf8_string_ptr(p, &name))
		return CKR_MECHANISM_PARAM_INVALID;
	a->mgf_md = digest_find(name);
	return a->mgf_md != NULL ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

CK_RV
sigalg_set(struct sigalg *a, const struct key *k, const OSSL_PARAM params[])
{
	const OSSL_PARAM *p;
	const char *name;

	if (params == NULL)
		return CKR_OK;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
	if (p != NULL) {
		if (!OSSL_PARAM_get_utf8_string_ptr(p, &name))
			return CKR_MECHANISM_PARAM_INVALID;
		TRY(sigalg_set_digest(a, k, name));
	}
	if (!is_rsa(k))
		return CKR_OK;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (p != NULL)
		TRY(set_pad(a, k, p));
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	if (p != NULL)
		TRY(word_get(p, salts, &a->salt));
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
	if (p != NULL)
		TRY(set_mgf(a, p));
	return CKR_OK;
}

/* RFC 8017 section 9.1.1: what is left of the encoded message. */
static CK_RV
salt_size(const struct sigalg *a, const struct key *k, CK_ULONG *out)
{
	long em = (EVP_PKEY_get_bits(k->pub) + 6) / 8;
	long max = em - (long)a->md->size - 2;
	long salt = a->salt;

	if (salt == RSA_PSS_SALTLEN_DIGEST)
		salt = (long)a->md->size;
	else if (salt == RSA_PSS_SALTLEN_MAX || salt == RSA_PSS_SALTLEN_AUTO)
		salt = max;
	else if (salt == SALT_DIGEST_MAX)
		salt = max < (long)a->md->size ? max : (long)a->md->size;
	if (salt < 0 || salt > max)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "a salt of %ld bytes does not fit this key", salt);
	*out = (CK_ULONG)salt;
	return CKR_OK;
}

/* AlgorithmIdentifier of RSASSA-PSS (RFC 8017 appendix A.2.3). */
static CK_RV
pss_params(const struct sigalg *a, const struct key *k, ASN1_STRING **out)
{
	const struct digest *mgf = a->mgf_md != NULL ? a->mgf_md : a->md;
	RSA_PSS_PARAMS *pss = RSA_PSS_PARAMS_new();
	X509_ALGOR *inner = X509_ALGOR_new();
	CK_ULONG salt = 0;
	CK_RV rv = salt_size(a, k, &salt);

	if (rv == CKR_OK && pss != NULL && inner != NULL
	    && (pss->hashAlgorithm = X509_ALGOR_new()) != NULL
	    && (pss->maskGenAlgorithm = X509_ALGOR_new()) != NULL
	    && (pss->saltLength = ASN1_INTEGER_new()) != NULL
	    && X509_ALGOR_set0(pss->hashAlgorithm, OBJ_nid2obj(a->md->nid),
	        V_ASN1_NULL, NULL)
	    && X509_ALGOR_set0(inner, OBJ_nid2obj(mgf->nid), V_ASN1_NULL, NULL)
	    && ASN1_INTEGER_set(pss->saltLength, (long)salt)) {
		ASN1_STRING *s = ASN1_item_pack(inner,
		    ASN1_ITEM_rptr(X509_ALGOR), NULL);

		X509_ALGOR_set0(pss->maskGenAlgorithm, OBJ_nid2obj(NID_mgf1),
		    V_ASN1_SEQUENCE, s);
		*out = ASN1_item_pack(pss, ASN1_ITEM_rptr(RSA_PSS_PARAMS),
		    NULL);
		rv = *out != NULL ? CKR_OK : CKR_HOST_MEMORY;
	} else if (rv == CKR_OK)
		rv = CKR_HOST_MEMORY;
	RSA_PSS_PARAMS_free(pss);
	X509_ALGOR_free(inner);
	return rv;
}

static int
signature_nid(const struct sigalg *a, const struct key *k)
{
	int nid = NID_undef;

	if (k->kind == KEY_ED25519)
		return NID_ED25519;
	if (k->kind == KEY_ED448)
		return NID_ED448;
	if (a->md == NULL)
		return NID_undef;
	OBJ_find_sigid_by_algs(&nid, a->md->nid, is_rsa(k)
	    ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey);
	return nid;
}

static CK_RV
algorithm_id(const struct sigalg *a, const struct key *k, OSSL_PARAM *p)
{
	_cleanup_(X509_ALGOR_freep) X509_ALGOR *id = X509_ALGOR_new();
	bool pss = is_rsa(k) && a->pad == RSA_PKCS1_PSS_PADDING;
	int nid = pss ? NID_rsassaPss : signature_nid(a, k);
	int type = pss ? V_ASN1_SEQUENCE : is_rsa(k) ? V_ASN1_NULL
	    : V_ASN1_UNDEF;
	ASN1_STRING *value = NULL;
	unsigned char *der = NULL;
	int len, ok;

	if (nid == NID_undef || (pss && a->md == NULL))
		return CKR_MECHANISM_PARAM_INVALID;
	if (pss)
		TRY(pss_params(a, k, &value));
	if (id == NULL || !X509_ALGOR_set0(id, OBJ_nid2obj(nid), type, value)) {
		ASN1_STRING_free(value);
		return CKR_HOST_MEMORY;
	}
	len = i2d_X509_ALGOR(id, &der);
	ok = len > 0 && OSSL_PARAM_set_octet_string(p, der, (size_t)len);
	OPENSSL_free(der);
	return ok ? CKR_OK : CKR_HOST_MEMORY;
}

/* As the parameter asks: the number, or the word for it. */
static int
word_set(OSSL_PARAM *p, const struct word *words, int value)
{
	char number[16];

	if (p->data_type != OSSL_PARAM_UTF8_STRING)
		return OSSL_PARAM_set_int(p, value);
	for (; words->name != NULL; words++)
		if (words->value == value)
			return OSSL_PARAM_set_utf8_string(p, words->name);
	snprintf(number, sizeof(number), "%d", value);
	return OSSL_PARAM_set_utf8_string(p, number);
}

CK_RV
sigalg_get(const struct sigalg *a, const struct key *k, OSSL_PARAM params[])
{
	const struct digest *mgf = a->mgf_md != NULL ? a->mgf_md : a->md;
	OSSL_PARAM *p;
	int ok = 1;

	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
	if (p != NULL)
		TRY(algorithm_id(a, k, p));
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
	if (p != NULL)
		ok &= OSSL_PARAM_set_utf8_string(p, a->md != NULL
		    ? OBJ_nid2sn(a->md->nid) : "");
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST_SIZE);
	if (p != NULL)
		ok &= OSSL_PARAM_set_size_t(p, a->md != NULL ? a->md->size : 0);
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (p != NULL)
		ok &= word_set(p, pads, a->pad);
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	if (p != NULL)
		ok &= word_set(p, salts, a->salt);
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
	if (p != NULL)
		ok &= OSSL_PARAM_set_utf8_string(p, mgf != NULL
		    ? OBJ_nid2sn(mgf->nid) : "");
	return ok ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV
sign_rsa(const struct sigalg *a, struct key *k, const void *in, size_t in_len,
    unsigned char *out, size_t *len)
{
	CK_MECHANISM how = { CKM_RSA_PKCS, NULL, 0 };
	unsigned char info[DIGEST_INFO_MAX];

	if (a->md != NULL && in_len != a->md->size)
		return fail_quiet(CKR_DATA_LEN_RANGE,
		    "%zu bytes are no %s digest", in_len, a->md->names[0]);
	if (a->pad == RSA_NO_PADDING) {
		how.mechanism = CKM_RSA_X_509;
		if (in_len != k->size)
			return fail_quiet(CKR_DATA_LEN_RANGE,
			    "without padding the input has the key's size");
	} else if (a->md != NULL) {
		in_len = digest_info(a->md, in, info);
		in = info;
	}
	return key_sign(k, &how, in, in_len, out, len);
}

static CK_RV
sign_pss(const struct sigalg *a, struct key *k, const void *in, size_t in_len,
    unsigned char *out, size_t *len)
{
	CK_RSA_PKCS_PSS_PARAMS params = { 0 };
	CK_MECHANISM how = { CKM_RSA_PKCS_PSS, &params, sizeof(params) };
	const struct digest *mgf = a->mgf_md != NULL ? a->mgf_md : a->md;

	if (a->md == NULL || in_len != a->md->size || mgf->mgf == 0)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "PSS needs a digest, and input of its size");
	params.hashAlg = a->md->mechanism;
	params.mgf = mgf->mgf;
	TRY(salt_size(a, k, &params.sLen));
	return key_sign(k, &how, in, in_len, out, len);
}

static CK_RV
sign_ec(const struct sigalg *a, struct key *k, const void *in, size_t in_len,
    unsigned char *out, size_t *len)
{
	CK_MECHANISM how = { CKM_ECDSA, NULL, 0 };
	unsigned char raw[2 * 72];
	size_t raw_len = sizeof(raw);

	if (a->md != NULL && in_len != a->md->size)
		return CKR_DATA_LEN_RANGE;
	/* FIPS 186-5 section 6.4.1: the leftmost bits; no group here has an
	 * order of fewer bits than its bytes and longer digests. */
	if (k->field != 0 && in_len > k->field)
		in_len = k->field;
	TRY(key_sign(k, &how, in, in_len, raw, &raw_len));
	if (raw_len % 2 != 0)
		return CKR_DEVICE_ERROR;
	*len = ecsig_der(raw, raw_len / 2, out, *len);
	return *len > 0 ? CKR_OK : CKR_BUFFER_TOO_SMALL;
}

static CK_RV
sign_edwards(struct key *k, const void *in, size_t in_len, unsigned char *out,
    size_t *len)
{
	CK_EDDSA_PARAMS params = { CK_FALSE, 0, NULL };
	CK_MECHANISM how = { CKM_EDDSA, &params, sizeof(params) };
	size_t room = *len;
	CK_RV rv;

	/* Ed448 always has parameters, Ed25519 without a context has none. */
	if (k->kind == KEY_ED448) {
		rv = key_sign(k, &how, in, in_len, out, len);
		if (rv != CKR_MECHANISM_PARAM_INVALID
		    && rv != CKR_ARGUMENTS_BAD)
			return rv;
		*len = room;
	}
	how.pParameter = NULL;
	how.ulParameterLen = 0;
	return key_sign(k, &how, in, in_len, out, len);
}

CK_RV
sigalg_sign(const struct sigalg *a, struct key *k, const void *in,
    size_t in_len, unsigned char *out, size_t *len)
{
	if (*len < k->size)
		return fail_quiet(CKR_BUFFER_TOO_SMALL,
		    "a signature needs %zu bytes", k->size);
	if (is_edwards(k))
		return sign_edwards(k, in, in_len, out, len);
	if (k->kind == KEY_EC)
		return sign_ec(a, k, in, in_len, out, len);
	if (a->pad == RSA_PKCS1_PSS_PADDING)
		return sign_pss(a, k, in, in_len, out, len);
	return sign_rsa(a, k, in, in_len, out, len);
}
