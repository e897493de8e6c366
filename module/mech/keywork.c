/* Keys made of keys: what is the same for all families. */
#include "module/mech/keywork.h"

#include <string.h>

#include "module/crypto/errors.h"
#include "module/mech/derived.h"

CK_RV
mech_generate(const struct mech *mech, const CK_MECHANISM *mechanism,
    const struct generate_args *args, CK_KEY_TYPE *type, struct key_made *out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	_cleanup_(key_made_wipe) struct key_made made = { 0 };

	if (mech->ops->generate == NULL)
		return CKR_MECHANISM_INVALID;
	TRY(mech->ops->generate(mech, mechanism, args, &made));
	*type = mech->key_type < MECH_ANY_PRIVATE ? mech->key_type
	                                          : args->type;
	*out = made;
	made = (struct key_made){ 0 };
	return CKR_OK;
}

/* The whole of an encryption or decryption. */
static CK_RV
crypt_whole(const struct mech *mech, mech_use use, const CK_MECHANISM *mechanism,
    struct key *key, struct span in, struct secret *out)
{
	_cleanup_(op_freep) struct op *op = NULL;
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	size_t len;

	TRY(op_start(mech, use, mechanism, key, &op));
	len = op_size(op, in.len);
	TRY(secret_new(len, &made));
	TRY(op_once(op, in.data, in.len, made.data, &len));
	return secret_dup(made.data, len, out);
}

CK_RV
wrap_filled(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span plain, size_t block, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret filled = { NULL, 0 };

	TRY(secret_new((plain.len + block - 1) / block * block, &filled));
	memcpy(filled.data, plain.data, plain.len);
	return crypt_whole(mech, CKF_WRAP, mechanism, key,
	    (struct span){ filled.data, filled.len }, out);
}

/* Each with the name that it has when it is about a wrapped key. */
static CK_RV
about_wrapped(CK_RV rv)
{
	static const struct {
		CK_RV is, told;
	} rows[] = {
		{ CKR_ENCRYPTED_DATA_INVALID, CKR_WRAPPED_KEY_INVALID },
		{ CKR_ENCRYPTED_DATA_LEN_RANGE, CKR_WRAPPED_KEY_LEN_RANGE },
		{ CKR_AEAD_DECRYPT_FAILED, CKR_WRAPPED_KEY_INVALID },
		{ CKR_KEY_TYPE_INCONSISTENT,
		    CKR_WRAPPING_KEY_TYPE_INCONSISTENT },
		{ CKR_DATA_LEN_RANGE, CKR_KEY_SIZE_RANGE },
		{ CKR_DATA_INVALID, CKR_KEY_SIZE_RANGE },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].is == rv)
			return rows[i].told;
	return rv;
}

static CK_RV
wrap_check(const struct mech *mech, mech_use use, const struct key *key)
{
	if ((mech_flags(mech) & use) == 0)
		return CKR_MECHANISM_INVALID;
	return op_key_check(mech, use, key);
}

CK_RV
mech_wrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span plain, struct secret *out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	CK_RV rv = wrap_check(mech, CKF_WRAP, key);

	if (rv == CKR_OK)
		rv = mech->ops->wrap != NULL
		    ? mech->ops->wrap(mech, mechanism, key, plain, out)
		    : crypt_whole(mech, CKF_WRAP, mechanism, key, plain, out);
	return about_wrapped(rv);
}

CK_RV
mech_unwrap(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span wrapped, struct secret *out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	CK_RV rv = wrap_check(mech, CKF_UNWRAP, key);

	if (rv == CKR_OK)
		rv = mech->ops->unwrap != NULL
		    ? mech->ops->unwrap(mech, mechanism, key, wrapped, out)
		    : crypt_whole(mech, CKF_UNWRAP, mechanism, key, wrapped, out);
	return about_wrapped(rv);
}

bool
mech_fills_front(const struct mech *mech)
{
	return mech->ops->fills_front;
}

/* One message: all of it in one part. */
static CK_RV
message_whole(const struct mech *mech, mech_use use,
    const CK_MECHANISM *mechanism, struct key *key, struct span aad,
    struct span in, struct secret *out)
{
	_cleanup_(op_freep) struct op *op = NULL;
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	size_t len, more;

	TRY(op_start(mech, use, mechanism, key, &op));
	op->wraps = true;
	TRY(op_message_begin(op, mechanism->pParameter,
	    mechanism->ulParameterLen, aad));
	TRY(secret_new(op_size(op, in.len), &made));
	len = more = made.len;
	TRY(op_update(op, in.data, in.len, made.data, &len));
	more -= len;
	TRY(op_message_end(op, mechanism->pParameter,
	    mechanism->ulParameterLen, made.data + len, &more));
	return secret_dup(made.data, len + more, out);
}

CK_RV
mech_wrap_authenticated(const struct mech *mech,
    const CK_MECHANISM *mechanism, struct key *key, struct span aad,
    struct span plain, struct secret *out)
{
	CK_RV rv = wrap_check(mech, CKF_WRAP, key);

	if (rv == CKR_OK)
		rv = message_whole(mech, CKF_MESSAGE_ENCRYPT, mechanism, key,
		    aad, plain, out);
	return about_wrapped(rv);
}

CK_RV
mech_unwrap_authenticated(const struct mech *mech,
    const CK_MECHANISM *mechanism, struct key *key, struct span aad,
    struct span wrapped, struct secret *out)
{
	CK_RV rv = wrap_check(mech, CKF_UNWRAP, key);

	if (rv == CKR_OK)
		rv = message_whole(mech, CKF_MESSAGE_DECRYPT, mechanism, key,
		    aad, wrapped, out);
	return about_wrapped(rv);
}

void
derived_wipe(struct derived *d)
{
	for (size_t i = 0; i < d->count; i++)
		key_made_wipe(&d->keys[i].made);
	d->count = 0;
}

/* Private keys make secrets and public keys, secrets what the row says. */
static bool
makes_class(const struct mech *mech, const struct key *base,
    CK_OBJECT_CLASS class)
{
	if (mech->ops->makes_data)
		return class == CKO_DATA;
	return class == CKO_SECRET_KEY ||
	    (class == CKO_PUBLIC_KEY && key_class(base) == CKO_PRIVATE_KEY);
}

static CK_KEY_TYPE
type_wanted(const struct derived_key *key, const struct derive_args *args)
{
	CK_KEY_TYPE type = key->t == NULL ? args->type : CKK_GENERIC_SECRET;

	for (CK_ULONG i = 0; key->t != NULL && i < key->n; i++)
		if (key->t[i].type == CKA_KEY_TYPE &&
		    key->t[i].ulValueLen == sizeof(type))
			memcpy(&type, key->t[i].pValue, sizeof(type));
	return type;
}

CK_RV
mech_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	_cleanup_(derived_wipe) struct derived made = { .count = 0 };

	if ((mech_flags(mech) & CKF_DERIVE) == 0 || mech->ops->derive == NULL)
		return CKR_MECHANISM_INVALID;
	TRY(op_key_check(mech, CKF_DERIVE, base));
	if (!makes_class(mech, base, args->class))
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(mech->ops->derive(mech, mechanism, base, args, &made));
	for (size_t i = 0; i < made.count; i++)
		parity_set(type_wanted(&made.keys[i], args),
		    &made.keys[i].made.value);
	*out = made;
	made.count = 0;
	return CKR_OK;
}

enum inheritance
mech_inherits(const struct mech *mech)
{
	return mech->ops->inherits;
}

bool
mech_takes_data(const struct mech *mech)
{
	return mech->ops->takes_data;
}

bool
mech_makes_data(const struct mech *mech)
{
	return mech->ops->makes_data;
}

CK_RV
mech_encapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct secret *ciphertext, struct secret *shared)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();

	TRY(wrap_check(mech, CKF_ENCAPSULATE, key));
	return mech->ops->encapsulate(mech, mechanism, key, ciphertext,
	    shared);
}

CK_RV
mech_decapsulate(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span ciphertext, struct secret *shared)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();

	TRY(wrap_check(mech, CKF_DECAPSULATE, key));
	return mech->ops->decapsulate(mech, mechanism, key, ciphertext,
	    shared);
}

CK_RV
mech_encapsulate_as(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, size_t len, struct secret *ciphertext,
    struct secret *shared)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();

	if (mech->ops->encapsulate_as == NULL)
		return mech_encapsulate(mech, mechanism, key, ciphertext,
		    shared);
	TRY(wrap_check(mech, CKF_ENCAPSULATE, key));
	return mech->ops->encapsulate_as(mech, mechanism, key, len,
	    ciphertext, shared);
}

CK_RV
mech_decapsulate_as(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, size_t len, struct span ciphertext,
    struct secret *shared)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();

	if (mech->ops->decapsulate_as == NULL)
		return mech_decapsulate(mech, mechanism, key, ciphertext,
		    shared);
	TRY(wrap_check(mech, CKF_DECAPSULATE, key));
	return mech->ops->decapsulate_as(mech, mechanism, key, len,
	    ciphertext, shared);
}

size_t
mech_encapsulated_size(const struct mech *mech, const struct key *key)
{
	return mech->ops->encapsulated_size(mech, key);
}
