/* The life of an operation: what is the same for all families. */
#include "module/mech/op.h"

#include <string.h>

#include "common/log.h"
#include "module/crypto/errors.h"

#define HASH_MAX 64

static void
op_destroy(struct idle *idle)
{
	struct op *op = (struct op *)(void *)idle;

	EVP_PKEY_CTX_free(op->pkey);
	EVP_MD_CTX_free(op->md);
	EVP_MAC_CTX_free(op->mac);
	EVP_CIPHER_CTX_free(op->cipher);
	if (op->mech->ops->forget != NULL)
		op->mech->ops->forget(op);
	secret_wipe(&op->label);
	buf_wipe(&op->data);
	free(op);
}

/* For a cleanup of one that no pool and no caller has seen yet. */
static void
op_destroyp(struct op **op)
{
	if (*op != NULL)
		op_destroy(&(*op)->idle);
}

struct wanted {
	const struct mech *mech;
	mech_use use;
	struct param param;
};

/* Unless the family says otherwise, what has a label is of no use to another.
 */
static bool
is_common(const struct op *op)
{
	return op->mech->ops->is_same != NULL ||
	    (op->param.label.data == NULL && !op->param.has_context);
}

static bool
is_same(const struct param *a, const struct param *b)
{
	return a->hash == b->hash && a->mgf == b->mgf && a->len == b->len &&
	    b->label.data == NULL && !b->has_context;
}

static bool
matches(const struct idle *idle, const void *wanted)
{
	const struct op *op = (const struct op *)(const void *)idle;
	const struct wanted *w = wanted;

	if (op->mech != w->mech || op->use != w->use)
		return false;
	return op->mech->ops->is_same != NULL
	    ? op->mech->ops->is_same(&op->param, &w->param)
	    : is_same(&op->param, &w->param);
}

/* The parameter of this operation: its label is the caller's memory. */
static CK_RV
param_take(struct op *op, const struct param *param)
{
	secret_wipe(&op->label);
	op->param = *param;
	op->param.label = (struct span){ NULL, 0 };
	if (param->label.len == 0)
		return CKR_OK;
	TRY(secret_dup(param->label.data, param->label.len, &op->label));
	op->param.label = (struct span){ op->label.data, op->label.len };
	return CKR_OK;
}

static CK_RV
hash_prepare(struct op *op)
{
	if (op->mech->md != NULL &&
	    (op->digest = digest_find(op->mech->md)) == NULL)
		return CKR_MECHANISM_INVALID;
	if (op->mech->ops->hashes && (op->md = EVP_MD_CTX_new()) == NULL)
		return CKR_HOST_MEMORY;
	return CKR_OK;
}

static CK_RV
op_new(const struct wanted *w, struct key *key, struct op **out)
{
	_cleanup_(op_destroyp) struct op *op = calloc(1, sizeof(*op));

	if (op == NULL)
		return CKR_HOST_MEMORY;
	*op = (struct op){ .idle.free = op_destroy, .mech = w->mech,
		.use = w->use, .data = BUF_INIT };
	TRY(param_take(op, &w->param));
	op->key = key; /* not yet held: it outlives this call */
	TRY(hash_prepare(op));
	if (w->mech->ops->prepare != NULL)
		TRY(w->mech->ops->prepare(op));
	op->key = NULL;
	*out = TAKE(op);
	return CKR_OK;
}

static CK_RV
begin(struct op *op)
{
	const struct mech_ops *ops = op->mech->ops;

	op->ended = false;
	op->fed = 0;
	buf_wipe(&op->data);
	if (ops->hashes &&
	    EVP_DigestInit_ex2(op->md, digest_md(op->digest), NULL) != 1)
		return CKR_FUNCTION_FAILED;
	if (ops->begin != NULL)
		TRY(ops->begin(op));
	op->prepared = true;
	return CKR_OK;
}

/* Which half of a key pair a use asks for. */
static bool
is_right_class(const struct key *key, mech_use use)
{
	const CK_FLAGS private = CKF_SIGN | CKF_SIGN_RECOVER | CKF_DECRYPT |
	    CKF_UNWRAP | CKF_DERIVE | CKF_DECAPSULATE | CKF_MESSAGE_SIGN |
	    CKF_MESSAGE_DECRYPT;
	CK_OBJECT_CLASS class = key_class(key);

	if (class == CKO_SECRET_KEY)
		return true;
	return class == ((use & private) != 0 ? CKO_PRIVATE_KEY
	                                      : CKO_PUBLIC_KEY);
}

CK_RV
op_key_check(const struct mech *mech, mech_use use, const struct key *key)
{
	CK_ULONG size;

	if (mech->key_type == MECH_NO_KEY)
		return key == NULL ? CKR_OK : CKR_KEY_NOT_NEEDED;
	if (key == NULL)
		return CKR_KEY_NEEDED;
	if (!mech_takes(mech, key_class(key), key_type(key)))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (!is_right_class(key, use))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	size = key_bits(key) / mech->ops->unit;
	if (mech->max != 0 && (size < mech->min || size > mech->max))
		return fail_quiet(CKR_KEY_SIZE_RANGE,
		    "the mechanism takes no keys of this size");
	return CKR_OK;
}

/* A wrapped key is an encrypted one, a message's signature a signature. */
static mech_use
plain_use(mech_use use)
{
	static const struct {
		mech_use is, counts_as;
	} rows[] = {
		{ CKF_WRAP, CKF_ENCRYPT },
		{ CKF_UNWRAP, CKF_DECRYPT },
		{ CKF_MESSAGE_SIGN, CKF_SIGN },
		{ CKF_MESSAGE_VERIFY, CKF_VERIFY },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].is == use)
			return rows[i].counts_as;
	return use;
}

/* An operation for this key and parameter, from the key's pool or new. */
static CK_RV
op_obtain(const struct wanted *wanted, struct key *key, struct op **out)
{
	struct op *op = NULL;
	CK_RV rv;

	if (key != NULL)
		op = (struct op *)(void *)key_idle_take(key, matches, wanted);
	if (op == NULL)
		return op_new(wanted, key, out);
	rv = param_take(op, &wanted->param);
	if (rv != CKR_OK)
		op_destroy(&op->idle);
	else
		*out = op;
	return rv;
}

CK_RV
op_start(const struct mech *mech, mech_use use, const CK_MECHANISM *mechanism,
    struct key *key, struct op **out)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	_cleanup_(op_destroyp) struct op *op = NULL;
	struct wanted wanted = { .mech = mech, .use = plain_use(use) };

	if ((mech_flags(mech) & use) == 0 || mech->ops->read == NULL)
		return CKR_MECHANISM_INVALID;
	TRY(op_key_check(mech, use, key));
	TRY(mech->ops->read(mech, wanted.use, mechanism, &wanted.param));
	TRY(op_obtain(&wanted, key, &op));
	op->key = key;
	op->messages = 0;
	op->wraps = false;
	TRY(begin(op));
	if (key != NULL)
		key_hold(key);
	*out = TAKE(op);
	return CKR_OK;
}

const struct mech *
op_mech(const struct op *op)
{
	return op->mech;
}

const struct key *
op_key(const struct op *op)
{
	return op->key;
}

CK_RV
op_again(struct op *op)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();

	return begin(op);
}

void
op_free(struct op *op)
{
	struct key *key = op->key;

	buf_wipe(&op->data);
	op->key = NULL;
	if (key != NULL && is_common(op))
		key_idle_give(key, &op->idle);
	else
		op_destroy(&op->idle);
	if (key != NULL)
		key_put(key);
}

size_t
op_size(const struct op *op, size_t in_len)
{
	return op->mech->ops->size(op, in_len);
}

size_t
op_update_size(const struct op *op, size_t in_len)
{
	return op->mech->ops->step_size != NULL
	    ? op->mech->ops->step_size(op, in_len)
	    : 0;
}

bool
op_is_multipart(const struct op *op)
{
	const struct mech_ops *ops = op->mech->ops;

	return ops->hashes || ops->feed != NULL || ops->step != NULL;
}

/* No more input after the end. */
static CK_RV
state_check(const struct op *op)
{
	return op->ended ? CKR_OPERATION_NOT_INITIALIZED : CKR_OK;
}

static CK_RV
feed(struct op *op, const void *in, size_t len)
{
	if (len == 0)
		return CKR_OK;
	if (!op->mech->ops->hashes)
		return op->mech->ops->feed(op, in, len);
	return EVP_DigestUpdate(op->md, in, len) == 1 ? CKR_OK :
	    CKR_FUNCTION_FAILED;
}

/* Puts the hash of all input in the place of the rest of it. */
static CK_RV
hash(struct op *op, struct span *in, uint8_t out[HASH_MAX])
{
	if (!op->mech->ops->hashes)
		return CKR_OK;
	TRY(feed(op, in->data, in->len));
	if (!digest_final(op->digest, op->md, out))
		return CKR_FUNCTION_FAILED;
	*in = (struct span){ out, digest_size(op->digest) };
	return CKR_OK;
}

static CK_RV
finish(struct op *op, struct span in, void *out, size_t *out_len)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	uint8_t digest[HASH_MAX];

	op->ended = true;
	TRY(hash(op, &in, digest));
	return op->mech->ops->finish(op, in.data, in.len, out, out_len);
}

static CK_RV
verify(struct op *op, struct span in, const void *sig, size_t sig_len)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	uint8_t digest[HASH_MAX];

	op->ended = true;
	TRY(hash(op, &in, digest));
	return op->mech->ops->verify(op, in.data, in.len, sig, sig_len);
}

CK_RV
op_once(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	TRY(state_check(op));
	return finish(op, (struct span){ in, in_len }, out, out_len);
}

CK_RV
op_update(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();

	TRY(state_check(op));
	if (!op_is_multipart(op))
		return CKR_FUNCTION_NOT_SUPPORTED;
	if (op->mech->ops->step != NULL)
		return op->mech->ops->step(op, in, in_len, out, out_len);
	TRY(feed(op, in, in_len));
	if (out_len != NULL)
		*out_len = 0;
	return CKR_OK;
}

CK_RV
op_final(struct op *op, void *out, size_t *out_len)
{
	TRY(state_check(op));
	if (!op_is_multipart(op))
		return CKR_FUNCTION_NOT_SUPPORTED;
	return finish(op, (struct span){ NULL, 0 }, out, out_len);
}

CK_RV
op_verify_once(struct op *op, const void *in, size_t in_len, const void *sig,
    size_t sig_len)
{
	TRY(state_check(op));
	return verify(op, (struct span){ in, in_len }, sig, sig_len);
}

CK_RV
op_verify_final(struct op *op, const void *sig, size_t sig_len)
{
	TRY(state_check(op));
	if (!op_is_multipart(op))
		return CKR_FUNCTION_NOT_SUPPORTED;
	return verify(op, (struct span){ NULL, 0 }, sig, sig_len);
}

CK_RV
op_mac_verify(struct op *op, const void *in, size_t in_len, const void *sig,
    size_t sig_len)
{
	uint8_t want[OP_MAC_MAX];
	size_t len = op->mech->ops->size(op, in_len);
	int same;

	if (sig_len != len || len > sizeof(want))
		return CKR_SIGNATURE_LEN_RANGE;
	TRY(op->mech->ops->finish(op, in, in_len, want, &len));
	same = secret_equal(want, sig, len);
	explicit_bzero(want, sizeof(want));
	return same ? CKR_OK : CKR_SIGNATURE_INVALID;
}

/* Messages */

CK_RV
op_message_begin(struct op *op, void *parameter, size_t len, struct span aad)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();

	TRY(begin(op));
	TRY(op->mech->ops->message_begin(op, parameter, len, aad));
	op->messages++;
	return CKR_OK;
}

CK_RV
op_message_end(struct op *op, void *parameter, size_t len, void *out,
    size_t *out_len)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	CK_RV rv;

	TRY(state_check(op));
	op->ended = true;
	rv = op->mech->ops->message_end(op, parameter, len, out, out_len);
	/* The next message's size is asked for before it begins. */
	buf_wipe(&op->data);
	return rv;
}

bool
op_makes_ivs(const struct op *op)
{
	return op->mech->ops->makes_ivs != NULL &&
	    op->mech->ops->makes_ivs(op);
}

/* Saved states.  The parameter of what can be saved is one number or none. */

CK_RV
op_save(const struct op *op, struct secret *out)
{
	_cleanup_(buf_wipe) struct buf state = BUF_INIT;

	if (op->mech->ops->save == NULL || op->ended)
		return CKR_STATE_UNSAVEABLE;
	buf_u64(&state, op->param.bits != 0 ? op->param.bits : op->param.len);
	TRY(op->mech->ops->save(op, &state));
	TRY(buf_check(&state));
	return secret_dup(state.data, state.len, out);
}

CK_RV
op_restore(const struct mech *mech, mech_use use, struct span state,
    struct key *key, struct op **out)
{
	struct reader r = { state.data, state.len, false };
	CK_ULONG number = (CK_ULONG)reader_u64(&r);
	CK_MECHANISM mechanism = { mech->type, NULL, 0 };
	_cleanup_(op_freep) struct op *op = NULL;

	if (mech->ops->restore == NULL)
		return CKR_SAVED_STATE_INVALID;
	if (number != 0)
		mechanism = (CK_MECHANISM){ mech->type, &number,
			sizeof(number) };
	TRY(op_start(mech, use, &mechanism, key, &op));
	TRY(mech->ops->restore(op, (struct span){ r.at, r.left }));
	*out = TAKE(op);
	return CKR_OK;
}
