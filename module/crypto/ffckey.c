/* Keys in finite fields: loading with checks, public halves, generation. */
#include "module/crypto/ffckey.h"

#include <openssl/core_names.h>
#include <stdbool.h>

#include "module/crypto/der.h"
#include "module/crypto/keykind.h"
#include "module/crypto/libctx.h"

#define PRIME_BITS_MIN 512
#define PRIME_BITS_MAX 8192
#define SUBPRIME_BITS_MIN 160
#define SUBPRIME_BITS_MAX 512

/* The order in which an AlgorithmIdentifier has the parameters. */
enum order { P_G, P_G_Q, P_Q_G };

#define OID(bytes) { bytes, sizeof(bytes) - 1 }

static const struct field {
	CK_KEY_TYPE type;
	const char *name; /* of EVP */
	enum order order;
	struct span oid;
} fields[] = {
	{ CKK_DH, "DH", P_G,
	    OID("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x03\x01") },
	{ CKK_X9_42_DH, "DHX", P_G_Q,
	    OID("\x06\x07\x2a\x86\x48\xce\x3e\x02\x01") },
	{ CKK_DSA, "DSA", P_Q_G,
	    OID("\x06\x07\x2a\x86\x48\xce\x38\x04\x01") },
};

static const struct field *
field_find(CK_KEY_TYPE type)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		if (fields[i].type == type)
			return &fields[i];
	return NULL;
}

static const struct field *
field_of(const EVP_PKEY *pkey)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		if (EVP_PKEY_is_a(pkey, fields[i].name))
			return &fields[i];
	return NULL;
}

/* Absent ones are NULL. */
struct numbers {
	BIGNUM *p, *q, *g, *x, *y;
};

static void
numbers_wipe(struct numbers *n)
{
	BIGNUM *all[] = { n->p, n->q, n->g, n->x, n->y };

	for (size_t i = 0; i < COUNT(all); i++)
		BN_clear_free(all[i]);
}

static CK_RV
number_read(struct span from, BIGNUM **out)
{
	from = span_number(from);
	if (from.len > PRIME_BITS_MAX / 8)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*out = BN_bin2bn(from.data, (int)from.len, NULL);
	return *out != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_RV
domain_read(const struct field *field, const struct ffc_domain *domain,
    struct numbers *n)
{
	if (domain->prime.data == NULL || domain->base.data == NULL ||
	    (field->order != P_G && domain->subprime.data == NULL))
		return CKR_TEMPLATE_INCOMPLETE;
	TRY(number_read(domain->prime, &n->p));
	TRY(number_read(domain->base, &n->g));
	if (field->order != P_G)
		TRY(number_read(domain->subprime, &n->q));
	return CKR_OK;
}

/* 1 < n < p - 1: what is no element, or one of order one or two, is none of
 * an honest party. */
static bool
is_element(const BIGNUM *n, const BIGNUM *p)
{
	_cleanup_(BN_clear_freep) BIGNUM *last = BN_dup(p);

	return last != NULL && BN_sub_word(last, 1) == 1 &&
	    BN_cmp(n, BN_value_one()) > 0 && BN_cmp(n, last) < 0;
}

/* The subprime divides p - 1. */
static CK_RV
subprime_check(const struct numbers *n)
{
	_cleanup_(BN_CTX_freep) BN_CTX *ctx = BN_CTX_new_ex(libctx_get());
	_cleanup_(BN_clear_freep) BIGNUM *rest = BN_new();
	int bits = BN_num_bits(n->q);

	if (bits < SUBPRIME_BITS_MIN || bits > SUBPRIME_BITS_MAX ||
	    !BN_is_odd(n->q))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (ctx == NULL || rest == NULL ||
	    BN_mod(rest, n->p, n->q, ctx) != 1)
		return CKR_HOST_MEMORY;
	return BN_is_one(rest) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

static CK_RV
domain_check(const struct numbers *n)
{
	int bits = BN_num_bits(n->p);

	if (bits < PRIME_BITS_MIN || bits > PRIME_BITS_MAX ||
	    !BN_is_odd(n->p) || !is_element(n->g, n->p))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return n->q != NULL ? subprime_check(n) : CKR_OK;
}

/* The public number of a private one, which libcrypto does not always work out
 * by itself. */
static CK_RV
public_compute(struct numbers *n)
{
	_cleanup_(BN_CTX_freep) BN_CTX *ctx = BN_CTX_new_ex(libctx_get());

	BN_set_flags(n->x, BN_FLG_CONSTTIME);
	n->y = BN_new();
	if (ctx == NULL || n->y == NULL)
		return CKR_HOST_MEMORY;
	return BN_mod_exp(n->y, n->g, n->x, n->p, ctx) == 1
	    ? CKR_OK
	    : CKR_FUNCTION_FAILED;
}

static CK_RV
value_read(const struct key_parts *parts, struct numbers *n)
{
	const BIGNUM *limit = n->q != NULL ? n->q : n->p;

	if (parts->value.data == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	if (parts->class == CKO_PRIVATE_KEY) {
		TRY(number_read(parts->value, &n->x));
		if (BN_is_zero(n->x) || BN_cmp(n->x, limit) >= 0)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		TRY(public_compute(n));
	} else {
		TRY(number_read(parts->value, &n->y));
	}
	return is_element(n->y, n->p) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

static CK_RV
make(const struct field *field, const struct numbers *n, int selection,
    EVP_PKEY **out)
{
	const struct {
		const char *name;
		const BIGNUM *number;
	} rows[] = {
		{ OSSL_PKEY_PARAM_FFC_P, n->p },
		{ OSSL_PKEY_PARAM_FFC_Q, n->q },
		{ OSSL_PKEY_PARAM_FFC_G, n->g },
		{ OSSL_PKEY_PARAM_PRIV_KEY, n->x },
		{ OSSL_PKEY_PARAM_PUB_KEY, n->y },
	};
	_cleanup_(pkey_parts_wipe) struct pkey_parts parts = { .count = 0 };

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].number != NULL)
			TRY(pkey_add_number(&parts, rows[i].name,
			    rows[i].number));
	return pkey_make(field->name, selection, &parts, out);
}

static CK_RV
ffc_load(const struct key_parts *parts, EVP_PKEY **out, unsigned *bits)
{
	const struct ffc_domain domain = { parts->prime, parts->subprime,
		parts->base };
	const struct field *field = field_find(parts->type);
	_cleanup_(numbers_wipe) struct numbers n = { .p = NULL };

	TRY(domain_read(field, &domain, &n));
	TRY(domain_check(&n));
	TRY(value_read(parts, &n));
	TRY(make(field, &n, n.x != NULL ? EVP_PKEY_KEYPAIR
	                                : EVP_PKEY_PUBLIC_KEY, out));
	*bits = (unsigned)BN_num_bits(n.p);
	return CKR_OK;
}

static void
put_number(struct der_writer *w, const struct secret *number)
{
	der_put_number(w, (struct span){ number->data, number->len });
}

static void
put_domain(struct der_writer *w, const struct field *field,
    const struct key_made *made)
{
	const struct secret *const orders[][3] = {
		[P_G] = { &made->prime, &made->base },
		[P_G_Q] = { &made->prime, &made->base, &made->subprime },
		[P_Q_G] = { &made->prime, &made->subprime, &made->base },
	};
	const uint8_t *end = w->at;

	for (size_t i = 3; i-- > 0;)
		if (orders[field->order][i] != NULL)
			put_number(w, orders[field->order][i]);
	der_put_header(w, DER_SEQUENCE, end);
	der_put(w, field->oid.data, field->oid.len);
}

static CK_RV
ffc_spki(const struct field *field, const struct key_made *made,
    struct secret *out)
{
	_cleanup_(secret_wipe) struct secret room = { NULL, 0 };
	struct der_writer w;
	const uint8_t *end, *middle;

	TRY(secret_new(made->prime.len + made->base.len +
	    made->subprime.len + made->public_value.len + 64, &room));
	end = room.data + room.len;
	w = (struct der_writer){ room.data, room.data + room.len, false };
	put_number(&w, &made->public_value);
	middle = w.at;
	put_domain(&w, field, made);
	if (w.failed)
		return CKR_GENERAL_ERROR;
	return pkey_spki((struct span){ w.at, (size_t)(middle - w.at) },
	    (struct span){ middle, (size_t)(end - middle) }, out);
}

static CK_RV
ffc_public_parts(const EVP_PKEY *pkey, struct key_made *out)
{
	const struct field *field = field_of(pkey);

	if (field == NULL)
		return CKR_KEY_TYPE_INCONSISTENT;
	TRY(pkey_number(pkey, OSSL_PKEY_PARAM_FFC_P, 0, &out->prime));
	TRY(pkey_number(pkey, OSSL_PKEY_PARAM_FFC_G, 0, &out->base));
	if (field->order != P_G)
		TRY(pkey_number(pkey, OSSL_PKEY_PARAM_FFC_Q, 0,
		    &out->subprime));
	TRY(pkey_number(pkey, OSSL_PKEY_PARAM_PUB_KEY, 0,
	    &out->public_value));
	return ffc_spki(field, out, &out->spki);
}

static CK_RV
export(CK_KEY_TYPE type, const EVP_PKEY *pkey, struct key_made *out)
{
	const struct field *field = field_of(pkey);

	if (field == NULL || field->type != type)
		return CKR_WRAPPED_KEY_INVALID;
	TRY(ffc_public_parts(pkey, out));
	return pkey_number(pkey, OSSL_PKEY_PARAM_PRIV_KEY, 0, &out->value);
}

static CK_RV
dh_export(const EVP_PKEY *pkey, struct key_made *out)
{
	return export(CKK_DH, pkey, out);
}

static CK_RV
x942_export(const EVP_PKEY *pkey, struct key_made *out)
{
	return export(CKK_X9_42_DH, pkey, out);
}

static CK_RV
dsa_export(const EVP_PKEY *pkey, struct key_made *out)
{
	return export(CKK_DSA, pkey, out);
}

/* Generation */

/* What libcrypto knows by name needs no proof that it is prime. */
static bool
is_named(const EVP_PKEY *pkey)
{
	char name[32];

	return EVP_PKEY_get_group_name(pkey, name, sizeof(name), NULL) == 1;
}

static CK_RV
prime_check(const struct numbers *n)
{
	_cleanup_(BN_CTX_freep) BN_CTX *ctx = BN_CTX_new_ex(libctx_get());

	if (ctx == NULL)
		return CKR_HOST_MEMORY;
	if (BN_check_prime(n->p, ctx, NULL) != 1 ||
	    (n->q != NULL && BN_check_prime(n->q, ctx, NULL) != 1))
		return CKR_DOMAIN_PARAMS_INVALID;
	return CKR_OK;
}

static CK_RV
length_set(EVP_PKEY_CTX *ctx, unsigned value_bits)
{
	int bits = (int)value_bits;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_DH_PRIV_LEN, &bits),
		OSSL_PARAM_construct_end(),
	};

	if (bits == 0)
		return CKR_OK;
	return EVP_PKEY_CTX_set_params(ctx, params) == 1
	    ? CKR_OK
	    : CKR_ATTRIBUTE_VALUE_INVALID;
}

unsigned
ffckey_bits(const struct ffc_domain *domain)
{
	struct span prime = span_number(domain->prime);
	const uint8_t *p = prime.data;
	unsigned bits = 0;

	if (prime.len == 0 || prime.len > PRIME_BITS_MAX)
		return 0;
	for (unsigned top = p[0]; top != 0; top >>= 1)
		bits++;
	return bits + 8 * (unsigned)(prime.len - 1);
}

CK_RV
ffckey_generate(CK_KEY_TYPE type, const struct ffc_domain *domain,
    unsigned value_bits, struct key_made *out)
{
	const struct field *field = field_find(type);
	_cleanup_(numbers_wipe) struct numbers n = { .p = NULL };
	_cleanup_(key_made_wipe) struct key_made made = { 0 };
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *params = NULL, *pkey = NULL;
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = NULL;

	TRY(domain_read(field, domain, &n));
	if (domain_check(&n) != CKR_OK || make(field, &n,
	    EVP_PKEY_KEY_PARAMETERS, &params) != CKR_OK)
		return CKR_DOMAIN_PARAMS_INVALID;
	if (!is_named(params))
		TRY(prime_check(&n));
	ctx = EVP_PKEY_CTX_new_from_pkey(libctx_get(), params, NULL);
	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1)
		return CKR_FUNCTION_FAILED;
	TRY(length_set(ctx, value_bits));
	if (EVP_PKEY_generate(ctx, &pkey) != 1)
		return CKR_FUNCTION_FAILED;
	TRY(export(type, pkey, &made));
	*out = made;
	made = (struct key_made){ 0 };
	return CKR_OK;
}

const struct key_kind dh_kind = {
	.type = CKK_DH,
	.load = ffc_load,
	.public_parts = ffc_public_parts,
	.export = dh_export,
};

const struct key_kind x942_kind = {
	.type = CKK_X9_42_DH,
	.load = ffc_load,
	.public_parts = ffc_public_parts,
	.export = x942_export,
};

const struct key_kind dsa_kind = {
	.type = CKK_DSA,
	.load = ffc_load,
	.public_parts = ffc_public_parts,
	.export = dsa_export,
};
