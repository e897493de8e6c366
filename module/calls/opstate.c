/*
 * Saved operations (PKCS#11 5.6.5, 5.6.6): a digest or a MAC in the middle of
 * its input.  The bytes that a client keeps are sealed under a key of this
 * process, so that they tell nothing and cannot be made up.
 */
#include "module/calls/calls.h"

#include <string.h>

#include "common/buf.h"
#include "module/calls/operate.h"
#include "module/crypto/aead.h"
#include "module/crypto/kdf.h"
#include "module/crypto/keypool.h"
#include "module/crypto/libctx.h"

#define SALT 32

struct saved {
	uint8_t kind;
	CK_MECHANISM_TYPE mechanism;
	uint8_t key[KDF_LEN]; /* a digest of the key; zeros without one */
	struct span state;
};

static struct span
state_key(const struct session *s)
{
	const struct secret *key = &s->context->instance->state_key;

	return (struct span){ key->data, key->len };
}

static CK_RV
once_key(const struct session *s, const uint8_t salt[SALT],
    uint8_t out[KDF_LEN])
{
	return hkdf_sha256(state_key(s), (struct span){ salt, SALT },
	    (struct span){ "vecs operation state", 20 }, out);
}

/* Which key it was; zeros for none. */
static CK_RV
key_print(const struct session *s, const struct key *key,
    uint8_t out[KDF_LEN])
{
	struct span value;

	memset(out, 0, KDF_LEN);
	if (key == NULL)
		return CKR_OK;
	value = key_value(key);
	return hmac_sha256(state_key(s), &value, 1, out);
}

/* The one operation that can be saved, when there is no other beside it. */
static CK_RV
operation_find(struct session *s, int *kind)
{
	int found = OPERATION_COUNT, count = 0;

	for (int k = OPERATION_ENCRYPT; k < OPERATION_COUNT; k++)
		if (s->operations[k].state != NULL) {
			found = k;
			count++;
		}
	if (count == 0)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (count > 1 || (found != OPERATION_DIGEST &&
	    found != OPERATION_SIGN && found != OPERATION_VERIFY))
		return CKR_STATE_UNSAVEABLE;
	*kind = found;
	return CKR_OK;
}

static CK_RV
saved_seal(struct session *s, struct span plain, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret sealed = { NULL, 0 };
	uint8_t key[KDF_LEN];
	CK_RV rv;

	TRY(secret_new(SALT + plain.len + AEAD_TAG, &sealed));
	TRY(rng_bytes(sealed.data, SALT));
	TRY(once_key(s, sealed.data, key));
	rv = aead_seal(key, (struct span){ "", 0 }, plain,
	    sealed.data + SALT);
	explicit_bzero(key, sizeof(key));
	TRY(rv);
	*out = sealed;
	sealed = (struct secret){ NULL, 0 };
	return CKR_OK;
}

static CK_RV
saved_write(struct session *s, int kind, struct secret *out)
{
	struct operation *operation = &s->operations[kind];
	_cleanup_(secret_wipe) struct secret state = { NULL, 0 };
	_cleanup_(buf_wipe) struct buf plain = BUF_INIT;
	uint8_t print[KDF_LEN];

	TRY(key_print(s, op_key(operation->state), print));
	TRY(op_save(operation->state, &state));
	buf_u8(&plain, (uint8_t)kind);
	buf_u64(&plain, op_mech(operation->state)->type);
	buf_bytes(&plain, print, KDF_LEN);
	buf_blob(&plain, state.data, state.len);
	TRY(buf_check(&plain));
	return saved_seal(s, (struct span){ plain.data, plain.len }, out);
}

CK_RV
get_operation_state(struct session *s, CK_BYTE *out, CK_ULONG *out_len)
{
	_cleanup_(secret_wipe) struct secret saved = { NULL, 0 };
	struct output to = { out, out_len };
	int kind;

	if (out_len == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(operation_find(s, &kind));
	TRY(saved_write(s, kind, &saved));
	return bytes_answer((struct span){ saved.data, saved.len }, &to);
}

static CK_RV
saved_open(struct session *s, const CK_BYTE *bytes, CK_ULONG len,
    struct secret *plain)
{
	uint8_t key[KDF_LEN];
	CK_RV rv;

	if (len < SALT + AEAD_TAG)
		return CKR_SAVED_STATE_INVALID;
	TRY(secret_new(len - SALT - AEAD_TAG, plain));
	TRY(once_key(s, bytes, key));
	rv = aead_open(key, (struct span){ "", 0 }, (struct span){ bytes +
	    SALT, len - SALT }, plain->data);
	explicit_bzero(key, sizeof(key));
	return rv == CKR_ENCRYPTED_DATA_INVALID ? CKR_SAVED_STATE_INVALID
	                                        : rv;
}

static CK_RV
saved_read(const struct secret *plain, struct saved *out)
{
	struct reader r = { plain->data, plain->len, false };
	const uint8_t *key;
	size_t len;

	out->kind = reader_u8(&r);
	out->mechanism = (CK_MECHANISM_TYPE)reader_u64(&r);
	key = reader_bytes(&r, KDF_LEN);
	out->state.data = reader_blob(&r, &len);
	out->state.len = len;
	if (!reader_done(&r) || out->kind >= OPERATION_COUNT)
		return CKR_SAVED_STATE_INVALID;
	memcpy(out->key, key, KDF_LEN);
	return CKR_OK;
}

/* The key that the operation had, and no other. */
static CK_RV
key_again(struct session *s, const struct saved *saved,
    CK_OBJECT_HANDLE handle, struct key_ref *out)
{
	static const uint8_t none[KDF_LEN];
	bool needed = memcmp(saved->key, none, KDF_LEN) != 0;
	_cleanup_(key_ref_put) struct key_ref ref = { NULL, NULL, false };
	uint8_t print[KDF_LEN];

	if (!needed)
		return handle == 0 ? CKR_OK : CKR_KEY_NOT_NEEDED;
	if (handle == 0)
		return CKR_KEY_NEEDED;
	TRY(key_object(s, saved->kind, handle, &ref.object));
	TRY(object_key_get(ref.object, &ref.key));
	TRY(key_print(s, ref.key, print));
	if (!secret_equal(print, saved->key, KDF_LEN))
		return CKR_KEY_CHANGED;
	*out = ref;
	ref = (struct key_ref){ NULL, NULL, false };
	return CKR_OK;
}

/* What the session was doing is replaced (5.6.6). */
static void
replace(struct session *s, int kind, struct op *op, bool private)
{
	for (int k = OPERATION_ENCRYPT; k < OPERATION_COUNT; k++)
		operation_end(&s->operations[k]);
	operation_begin(&s->operations[kind], op);
	s->operations[kind].multipart = true;
	s->operations[kind].private = private;
}

CK_RV
set_operation_state(struct session *s, const CK_BYTE *state, CK_ULONG len,
    CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentication_key)
{
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	_cleanup_(key_ref_put) struct key_ref ref = { NULL, NULL, false };
	const struct mech *mech;
	struct saved saved;
	struct op *op = NULL;

	if (state == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(saved_open(s, state, len, &plain));
	TRY(saved_read(&plain, &saved));
	if (encryption_key != 0)
		return CKR_KEY_NOT_NEEDED;
	TRY(key_again(s, &saved, authentication_key, &ref));
	if ((mech = mech_find(saved.mechanism)) == NULL)
		return CKR_SAVED_STATE_INVALID;
	TRY(op_restore(mech, uses[saved.kind].flag, saved.state, ref.key,
	    &op));
	replace(s, saved.kind, op, ref.object != NULL && ref.object->private);
	return CKR_OK;
}
