/* Keys by reference, and their pools. */
#include "module/crypto/key.h"

#include <stdatomic.h>

#include "common/lock.h"
#include "common/log.h"
#include "module/crypto/errors.h"
#include "module/crypto/keykind.h"
#include "module/crypto/keypool.h"

#define IDLE_MAX 8 /* enough for a thread each of a common machine */

struct key {
	atomic_uint refs;
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;
	unsigned bits;
	const struct key_kind *kind; /* NULL: a secret */
	EVP_PKEY *pkey;
	struct secret value;
	/* The pool: who takes or gives one exchanges it with NULL. */
	struct idle *_Atomic idle[IDLE_MAX];
};

/* Where a thread looks first: threads that share a key seldom meet there. */
static unsigned
idle_first(void)
{
	return thread_number() % IDLE_MAX;
}

static CK_RV
load_secret(const struct key_parts *parts, struct key *key)
{
	if (parts->value.data == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	if (parts->value.len == 0 || parts->value.len > UINT32_MAX / 16)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	key->bits = (unsigned)parts->value.len * 8;
	return secret_dup(parts->value.data, parts->value.len, &key->value);
}

static const struct key_kind *const kinds[] = {
	&rsa_kind,
	&ec_kind,
	&edwards_kind,
	&montgomery_kind,
	&ml_dsa_kind,
	&ml_kem_kind,
	&slh_dsa_kind,
	&dh_kind,
	&x942_kind,
	&dsa_kind,
};

static const struct key_kind *
kind_find(CK_KEY_TYPE type)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i]->type == type)
			return kinds[i];
	return NULL;
}

CK_RV
key_export(const EVP_PKEY *pkey, CK_KEY_TYPE *type, struct key_made *out)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		_cleanup_(key_made_wipe) struct key_made made = { 0 };
		CK_RV rv = kinds[i]->export(pkey, &made);

		if (rv == CKR_WRAPPED_KEY_INVALID)
			continue;
		TRY(rv);
		*type = kinds[i]->type;
		*out = made;
		made = (struct key_made){ 0 };
		return CKR_OK;
	}
	return CKR_WRAPPED_KEY_INVALID;
}

static CK_RV
load(const struct key_parts *parts, struct key *key)
{
	if (parts->class == CKO_SECRET_KEY)
		return load_secret(parts, key);
	if (parts->class != CKO_PUBLIC_KEY && parts->class != CKO_PRIVATE_KEY)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	key->kind = kind_find(parts->type);
	if (key->kind == NULL)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return key->kind->load(parts, &key->pkey, &key->bits);
}

CK_RV
key_new(const struct key_parts *parts, struct key **out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	_cleanup_(key_putp) struct key *key = calloc(1, sizeof(*key));
	CK_RV rv;

	if (key == NULL)
		return CKR_HOST_MEMORY;
	atomic_init(&key->refs, 1);
	key->class = parts->class;
	key->type = parts->type;
	rv = load(parts, key);
	if (rv != CKR_OK)
		return fail_quiet(rv, "the parts do not make a key");
	*out = TAKE(key);
	return CKR_OK;
}

struct key *
key_hold(struct key *key)
{
	atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
	return key;
}

void
key_put(struct key *key)
{
	if (atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < IDLE_MAX; i++) {
		struct idle *idle = atomic_load(&key->idle[i]);

		if (idle != NULL)
			idle->free(idle);
	}
	EVP_PKEY_free(key->pkey);
	secret_wipe(&key->value);
	free(key);
}

unsigned
key_bits(const struct key *key)
{
	return key->bits;
}

CK_OBJECT_CLASS
key_class(const struct key *key)
{
	return key->class;
}

CK_KEY_TYPE
key_type(const struct key *key)
{
	return key->type;
}

EVP_PKEY *
key_pkey(const struct key *key)
{
	return key->pkey;
}

struct span
key_value(const struct key *key)
{
	return (struct span){ key->value.data, key->value.len };
}

CK_RV
key_spki(const struct key *key, struct secret *out)
{
	_cleanup_(key_made_wipe) struct key_made made = { 0 };

	if (key->pkey == NULL)
		return CKR_KEY_TYPE_INCONSISTENT;
	TRY(key_public_parts(key, &made));
	*out = made.spki;
	made.spki = (struct secret){ NULL, 0 };
	return CKR_OK;
}

CK_RV
key_public_parts(const struct key *key, struct key_made *out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	_cleanup_(key_made_wipe) struct key_made made = { 0 };

	TRY(key->kind->public_parts(key->pkey, &made));
	*out = made;
	made = (struct key_made){ 0 };
	return CKR_OK;
}

CK_RV
key_private_parts(const struct key *key, struct key_made *out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	_cleanup_(key_made_wipe) struct key_made made = { 0 };

	TRY(key->kind->export(key->pkey, &made));
	*out = made;
	made = (struct key_made){ 0 };
	return CKR_OK;
}

CK_RV
key_prove(const struct key *key)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();

	if (key->class != CKO_PRIVATE_KEY || key->kind->prove == NULL)
		return CKR_OK;
	return key->kind->prove(key->pkey);
}

void
key_made_wipe(struct key_made *made)
{
	struct secret *all[] = { &made->modulus, &made->public_exponent,
		&made->private_exponent, &made->prime_1, &made->prime_2,
		&made->exponent_1, &made->exponent_2, &made->coefficient,
		&made->params, &made->point, &made->value, &made->prime,
		&made->subprime, &made->base, &made->seed,
		&made->public_value, &made->spki };

	for (size_t i = 0; i < COUNT(all); i++)
		secret_wipe(all[i]);
}

/* Puts it where nothing is, from `first` on; false when all is full. */
static bool
idle_put(struct key *key, unsigned first, struct idle *idle)
{
	for (unsigned i = 0; i < IDLE_MAX; i++) {
		struct idle *none = NULL;

		if (atomic_compare_exchange_strong_explicit(
		        &key->idle[(first + i) % IDLE_MAX], &none, idle,
		        memory_order_release, memory_order_relaxed))
			return true;
	}
	return false;
}

struct idle *
key_idle_take(struct key *key,
    bool (*matches)(const struct idle *idle, const void *wanted),
    const void *wanted)
{
	unsigned first = idle_first();

	for (unsigned i = 0; i < IDLE_MAX; i++) {
		struct idle *_Atomic *at = &key->idle[(first + i) % IDLE_MAX];
		struct idle *idle;

		if (atomic_load_explicit(at, memory_order_relaxed) == NULL)
			continue;
		idle = atomic_exchange_explicit(at, NULL,
		    memory_order_acquire);
		if (idle == NULL)
			continue;
		if (matches(idle, wanted))
			return idle;
		if (!idle_put(key, first + i, idle))
			idle->free(idle);
	}
	return NULL;
}

/* In a full pool it takes the place of the one that this thread meets first. */
void
key_idle_give(struct key *key, struct idle *idle)
{
	unsigned first = idle_first();
	struct idle *old;

	if (idle_put(key, first, idle))
		return;
	old = atomic_exchange_explicit(&key->idle[first], idle,
	    memory_order_acq_rel);
	if (old != NULL)
		old->free(old);
}
