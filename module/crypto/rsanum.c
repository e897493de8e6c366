/*
 * The arithmetic between the numbers of an RSA key.  With primes the checks
 * cost a few divisions: n = pq, e dp = 1 (mod p-1), e dq = 1 (mod q-1),
 * q qinv = 1 (mod p), and dp, dq are d's.  Without them one exponentiation
 * back and forth says whether d and e belong together.
 */
#include "module/crypto/rsanum.h"

#include "module/crypto/der.h"
#include "module/crypto/libctx.h"
#include "module/crypto/pkey.h"

#define BITS_MIN 512
#define BITS_MAX 16384

static CK_RV
number_read(struct span bytes, BIGNUM **out)
{
	BIGNUM *n;

	bytes = span_number(bytes);
	if (bytes.data == NULL)
		return CKR_OK;
	if (bytes.len == 0 || bytes.len > BITS_MAX / 8)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	n = BN_bin2bn(bytes.data, (int)bytes.len, NULL);
	if (n == NULL)
		return CKR_HOST_MEMORY;
	BN_set_flags(n, BN_FLG_CONSTTIME);
	*out = n;
	return CKR_OK;
}

CK_RV
rsanum_read(const struct key_parts *parts, bool private, struct rsanum *out)
{
	TRY(number_read(parts->modulus, &out->n));
	TRY(number_read(parts->public_exponent, &out->e));
	if (out->n == NULL || (out->e == NULL && !private))
		return CKR_TEMPLATE_INCOMPLETE;
	if (!private)
		return CKR_OK;
	TRY(number_read(parts->private_exponent, &out->d));
	TRY(number_read(parts->prime_1, &out->p));
	TRY(number_read(parts->prime_2, &out->q));
	TRY(number_read(parts->exponent_1, &out->dp));
	TRY(number_read(parts->exponent_2, &out->dq));
	TRY(number_read(parts->coefficient, &out->qinv));
	if (out->d == NULL || (out->p == NULL) != (out->q == NULL))
		return CKR_TEMPLATE_INCOMPLETE;
	if (out->p == NULL &&
	    (out->dp != NULL || out->dq != NULL || out->qinv != NULL))
		return CKR_TEMPLATE_INCOMPLETE;
	return CKR_OK;
}

void
rsanum_wipe(struct rsanum *num)
{
	BIGNUM *all[] = { num->n, num->e, num->d, num->p, num->q, num->dp,
		num->dq, num->qinv };

	for (size_t i = 0; i < COUNT(all); i++)
		BN_clear_free(all[i]);
	*num = (struct rsanum){ 0 };
}

CK_RV
rsanum_check_public(const struct rsanum *num)
{
	int bits = BN_num_bits(num->n);

	if (bits < BITS_MIN || bits > BITS_MAX || !BN_is_odd(num->n))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (num->e != NULL && (!BN_is_odd(num->e) || BN_is_one(num->e) ||
	    BN_cmp(num->e, num->n) >= 0))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_OK;
}

/* *out = number - 1. */
static CK_RV
less_one(const BIGNUM *number, BIGNUM **out)
{
	_cleanup_(BN_clear_freep) BIGNUM *n = BN_dup(number);

	if (n == NULL || BN_sub_word(n, 1) != 1)
		return CKR_HOST_MEMORY;
	BN_set_flags(n, BN_FLG_CONSTTIME);
	*out = TAKE(n);
	return CKR_OK;
}

/* a b = 1 (mod m)? */
static CK_RV
inverse_check(const BIGNUM *a, const BIGNUM *b, const BIGNUM *m, BN_CTX *ctx)
{
	_cleanup_(BN_clear_freep) BIGNUM *r = BN_new();

	if (r == NULL || BN_mod_mul(r, a, b, m, ctx) != 1)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return BN_is_one(r) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

/* Are e and d each other's inverse, as 2^(de) = 2 (mod n) shows? */
static CK_RV
exponents_check(const BIGNUM *n, const BIGNUM *e, const BIGNUM *d, BN_CTX *ctx)
{
	_cleanup_(BN_clear_freep) BIGNUM *two = BN_new(), *r = BN_new();

	if (two == NULL || r == NULL || BN_set_word(two, 2) != 1)
		return CKR_HOST_MEMORY;
	if (BN_mod_exp(r, two, d, n, ctx) != 1 ||
	    BN_mod_exp(r, r, e, n, ctx) != 1)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return BN_is_word(r, 2) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

/* e = 1/d (mod lcm(p-1, q-1)). */
static CK_RV
exponent_from_primes(struct rsanum *num, const BIGNUM *p1, const BIGNUM *q1,
    BN_CTX *ctx)
{
	_cleanup_(BN_clear_freep) BIGNUM *g = BN_new(), *m = BN_new();

	if (g == NULL || m == NULL)
		return CKR_HOST_MEMORY;
	if (BN_gcd(g, p1, q1, ctx) != 1 || BN_mul(m, p1, q1, ctx) != 1 ||
	    BN_div(m, NULL, m, g, ctx) != 1)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	BN_set_flags(m, BN_FLG_CONSTTIME);
	num->e = BN_mod_inverse(NULL, num->d, m, ctx);
	return num->e != NULL ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

static CK_RV
exponent_guess(struct rsanum *num, BN_CTX *ctx)
{
	static const BN_ULONG usual[] = { 65537, 3, 17, 5, 257 };

	for (size_t i = 0; i < COUNT(usual); i++) {
		_cleanup_(BN_clear_freep) BIGNUM *e = BN_new();

		if (e == NULL || BN_set_word(e, usual[i]) != 1)
			return CKR_HOST_MEMORY;
		if (exponents_check(num->n, e, num->d, ctx) == CKR_OK) {
			num->e = TAKE(e);
			return CKR_OK;
		}
	}
	return CKR_TEMPLATE_INCOMPLETE;
}

/* One half of the Chinese remainder theorem: is, or becomes, d mod m. */
static CK_RV
half_check(const struct rsanum *num, const BIGNUM *m, BIGNUM **half,
    BN_CTX *ctx)
{
	_cleanup_(BN_clear_freep) BIGNUM *r = BN_new();

	if (r == NULL || BN_mod(r, num->d, m, ctx) != 1)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (*half == NULL)
		*half = TAKE(r);
	else if (BN_cmp(*half, r) != 0)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return inverse_check(num->e, *half, m, ctx);
}

static CK_RV
primes_check(struct rsanum *num, BN_CTX *ctx)
{
	_cleanup_(BN_clear_freep) BIGNUM *p1 = NULL, *q1 = NULL;
	_cleanup_(BN_clear_freep) BIGNUM *n = BN_new();

	if (n == NULL || BN_mul(n, num->p, num->q, ctx) != 1)
		return CKR_HOST_MEMORY;
	if (BN_cmp(n, num->n) != 0 || BN_is_one(num->p) || BN_is_one(num->q))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	TRY(less_one(num->p, &p1));
	TRY(less_one(num->q, &q1));
	if (num->e == NULL)
		TRY(exponent_from_primes(num, p1, q1, ctx));
	TRY(half_check(num, p1, &num->dp, ctx));
	TRY(half_check(num, q1, &num->dq, ctx));
	if (num->qinv == NULL)
		num->qinv = BN_mod_inverse(NULL, num->q, num->p, ctx);
	if (num->qinv == NULL || BN_cmp(num->qinv, num->p) >= 0)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return inverse_check(num->q, num->qinv, num->p, ctx);
}

CK_RV
rsanum_check_private(struct rsanum *num)
{
	_cleanup_(BN_CTX_freep) BN_CTX *ctx = BN_CTX_new_ex(libctx_get());

	if (ctx == NULL)
		return CKR_HOST_MEMORY;
	if (BN_cmp(num->d, num->n) >= 0)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (num->p != NULL)
		return primes_check(num, ctx);
	if (num->e == NULL)
		return exponent_guess(num, ctx);
	return exponents_check(num->n, num->e, num->d, ctx);
}
