/*
 * Target functions: every C_*Init, C_WrapKey, C_UnwrapKey, C_DeriveKey and
 * C_GenerateKey of the built module, and the operations that they begin.
 *
 * The input: u8 call, u16 mechanism, u8 key, u8 another, the mechanism's
 * parameter (params.h), the data, what the call needs more.  A mechanism that
 * the token has not stands for one that it has; call 0xff is every call with
 * every mechanism.  Lengths that are asked for suffice; no byte behind a buffer
 * is touched.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/params.h"

#include <string.h>

#define MECHANISMS_MAX 512

static CK_MECHANISM_TYPE mechanisms[MECHANISMS_MAX];
static CK_ULONG mechanism_count;
static CK_OBJECT_HANDLE keys[16];
static size_t key_count;
static CK_SESSION_HANDLE session;

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* What every key here may: at most these for a secret one. */
#define MAY(usage) { usage, &yes, sizeof(yes) }

/* A mechanism that is not there leaves the key's place to another's. */
static void
key_count_on(CK_RV rv, CK_ULONG made)
{
	FUZZ_HOLDS(rv == CKR_OK || rv == CKR_MECHANISM_INVALID);
	for (; made > 0; made--, key_count++)
		if (rv != CKR_OK)
			keys[key_count] = keys[0];
}

static void
secret_key(CK_MECHANISM_TYPE type, CK_ULONG len)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_ATTRIBUTE t[] = { MAY(CKA_ENCRYPT), MAY(CKA_DECRYPT), MAY(CKA_SIGN),
		MAY(CKA_VERIFY), MAY(CKA_WRAP), MAY(CKA_UNWRAP),
		MAY(CKA_DERIVE), MAY(CKA_EXTRACTABLE),
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_VALUE_LEN, &len, sizeof(len) } };

	key_count_on(p11->C_GenerateKey(session, &m, t, COUNT(t) - (len == 0),
	    &keys[key_count]), 1);
}

/* The usages of both halves: up to the first 0. */
#define USAGES 4

static CK_ULONG
usages_add(const CK_ATTRIBUTE_TYPE usages[USAGES], CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	for (size_t i = 0; i < USAGES && usages[i] != 0; i++)
		t[n++] = (CK_ATTRIBUTE)MAY(usages[i]);
	return n;
}

static const struct pair {
	CK_MECHANISM_TYPE type;
	CK_ATTRIBUTE_TYPE what;
	const void *value;
	CK_ULONG len;
	CK_ATTRIBUTE_TYPE public[USAGES], private[USAGES];
} pairs[] = {
	{ CKM_RSA_PKCS_KEY_PAIR_GEN, CKA_MODULUS_BITS,
	    &(const CK_ULONG){ 2048 }, sizeof(CK_ULONG),
	    { CKA_VERIFY, CKA_ENCRYPT, CKA_WRAP },
	    { CKA_SIGN, CKA_DECRYPT, CKA_UNWRAP } },
	{ CKM_EC_KEY_PAIR_GEN, CKA_EC_PARAMS,
	    "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10,
	    { CKA_VERIFY }, { CKA_SIGN, CKA_DERIVE } },
	{ CKM_EC_EDWARDS_KEY_PAIR_GEN, CKA_EC_PARAMS,
	    "\x06\x03\x2b\x65\x70", 5, { CKA_VERIFY }, { CKA_SIGN } },
	{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKA_EC_PARAMS,
	    "\x06\x03\x2b\x65\x6e", 5, { 0 }, { CKA_DERIVE } },
};

static void
key_pair(const struct pair *pair)
{
	CK_MECHANISM m = { pair->type, NULL, 0 };
	CK_ATTRIBUTE public[1 + USAGES] = { { pair->what,
		(void *)(uintptr_t)pair->value, pair->len } };
	CK_ATTRIBUTE private[1 + USAGES] = { MAY(CKA_EXTRACTABLE) };

	key_count_on(p11->C_GenerateKeyPair(session, &m, public,
	    usages_add(pair->public, public, 1), private,
	    usages_add(pair->private, private, 1), &keys[key_count],
	    &keys[key_count + 1]), 2);
}

static void
keys_make(void)
{
	for (size_t i = 0; i < 3; i++)
		key_pair(&pairs[i]);
	secret_key(CKM_AES_KEY_GEN, 16);
	secret_key(CKM_AES_KEY_GEN, 32);
	secret_key(CKM_GENERIC_SECRET_KEY_GEN, 20);
	secret_key(CKM_DES3_KEY_GEN, 0);
	key_pair(&pairs[3]);
	secret_key(CKM_AES_XTS_KEY_GEN, 64);
	secret_key(CKM_CHACHA20_KEY_GEN, 0);
	secret_key(CKM_HKDF_KEY_GEN, 32);
}

static void
set_up(void)
{
	if (session != 0)
		return;
	session = token_session();
	mechanism_count = MECHANISMS_MAX;
	FUZZ_HOLDS(p11->C_GetMechanismList(token_slot(), mechanisms,
	    &mechanism_count) == CKR_OK);
	keys_make();
}

/* What an operation works on. */
struct work {
	struct reader *r;
	CK_MECHANISM m;
	CK_OBJECT_HANDLE key, other;
	void *data;
	CK_ULONG len;
};

typedef CK_RV (*piece_call)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG,
    CK_BYTE *, CK_ULONG *);
typedef CK_RV (*end_call)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG *);
typedef CK_RV (*feed_call)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG);

/* Asks for the length, then gives exactly that. */
static void
piece(const char *name, piece_call call, const struct work *w)
{
	CK_ULONG len = 0, room;
	CK_RV rv = call(session, w->data, w->len, NULL, &len);
	void *out;

	token_answer(name, rv);
	if (rv != CKR_OK)
		return;
	FUZZ_HOLDS(len < 1 << 20);
	out = input_room(room = len);
	rv = call(session, w->data, w->len, out, &len);
	token_answer(name, rv);
	FUZZ_HOLDS(rv != CKR_BUFFER_TOO_SMALL);
	FUZZ_HOLDS(rv != CKR_OK || len <= room);
}

static void
end(const char *name, end_call call)
{
	CK_ULONG len = 0, room;
	CK_RV rv = call(session, NULL, &len);

	token_answer(name, rv);
	if (rv != CKR_OK)
		return;
	FUZZ_HOLDS(len < 1 << 20);
	room = len;
	rv = call(session, input_room(room), &len);
	token_answer(name, rv);
	FUZZ_HOLDS(rv != CKR_BUFFER_TOO_SMALL);
	FUZZ_HOLDS(rv != CKR_OK || len <= room);
}

static void
feed(const char *name, feed_call call, const struct work *w)
{
	token_answer(name, call(session, w->data, w->len));
}

/* One operation: by one call, or piece by piece. */
struct steps {
	const char *name;
	piece_call once, update;
	feed_call feed;
	end_call end;
};

static void
steps_walk(const struct steps *s, const struct work *w)
{
	uint8_t pieces = reader_u8(w->r) % 4;

	if (pieces == 0)
		piece(s->name, s->once, w);
	for (; pieces > 1; pieces--)
		if (s->update != NULL)
			piece(s->name, s->update, w);
		else
			feed(s->name, s->feed, w);
	end(s->name, s->end);
}

static void
encrypt(struct work *w)
{
	const struct steps s = { "encrypt", p11->C_Encrypt,
		p11->C_EncryptUpdate, NULL, p11->C_EncryptFinal };
	CK_RV rv = p11->C_EncryptInit(session, &w->m, w->key);

	token_answer(s.name, rv);
	if (rv == CKR_OK)
		steps_walk(&s, w);
}

static void
decrypt(struct work *w)
{
	const struct steps s = { "decrypt", p11->C_Decrypt,
		p11->C_DecryptUpdate, NULL, p11->C_DecryptFinal };
	CK_RV rv = p11->C_DecryptInit(session, &w->m, w->key);

	token_answer(s.name, rv);
	if (rv == CKR_OK)
		steps_walk(&s, w);
}

static void
sign(struct work *w)
{
	const struct steps s = { "sign", p11->C_Sign, NULL, p11->C_SignUpdate,
		p11->C_SignFinal };
	CK_RV rv = p11->C_SignInit(session, &w->m, w->key);

	token_answer(s.name, rv);
	if (rv == CKR_OK)
		steps_walk(&s, w);
}

static void
digest(struct work *w)
{
	const struct steps s = { "digest", p11->C_Digest, NULL,
		p11->C_DigestUpdate, p11->C_DigestFinal };
	CK_RV rv = p11->C_DigestInit(session, &w->m);

	token_answer(s.name, rv);
	if (rv == CKR_OK && w->len % 2 == 1)
		token_answer(s.name, p11->C_DigestKey(session, w->key));
	if (rv == CKR_OK)
		steps_walk(&s, w);
}

static void
verify(struct work *w)
{
	CK_RV rv = p11->C_VerifyInit(session, &w->m, w->key);
	CK_ULONG len;
	void *signature;

	token_answer("verify", rv);
	if (rv != CKR_OK)
		return;
	input_bytes(w->r, &signature, &len);
	if (w->len % 2 == 0) {
		token_answer("verify", p11->C_Verify(session, w->data, w->len,
		    signature, len));
		return;
	}
	feed("verify", p11->C_VerifyUpdate, w);
	token_answer("verify", p11->C_VerifyFinal(session, signature, len));
}

static void
recover(struct work *w)
{
	CK_RV rv = p11->C_SignRecoverInit(session, &w->m, w->key);

	token_answer("sign-recover", rv);
	if (rv == CKR_OK)
		piece("sign-recover", p11->C_SignRecover, w);
	rv = p11->C_VerifyRecoverInit(session, &w->m, w->key);
	token_answer("verify-recover", rv);
	if (rv == CKR_OK)
		piece("verify-recover", p11->C_VerifyRecover, w);
}

static void
wrap(struct work *w)
{
	CK_ULONG len = 0, room;
	CK_RV rv = p11->C_WrapKey(session, &w->m, w->key, w->other, NULL,
	    &len);

	token_answer("wrap", rv);
	if (rv != CKR_OK)
		return;
	FUZZ_HOLDS(len < 1 << 20);
	room = len;
	rv = p11->C_WrapKey(session, &w->m, w->key, w->other,
	    input_room(room), &len);
	token_answer("wrap", rv);
	FUZZ_HOLDS(rv != CKR_BUFFER_TOO_SMALL && len <= room);
}

/* A new key that goes again. */
static void
made(const char *name, CK_RV rv, const CK_OBJECT_HANDLE *key)
{
	token_answer(name, rv);
	if (rv == CKR_OK)
		FUZZ_HOLDS(p11->C_DestroyObject(session, *key) == CKR_OK);
}

static CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY,
                       private_class = CKO_PRIVATE_KEY;
static CK_KEY_TYPE types[] = { CKK_AES, CKK_GENERIC_SECRET, CKK_DES3, CKK_RSA,
	CKK_EC, CKK_DES };

/* Class, type, and the length or none. */
static CK_ULONG
new_template(struct work *w, CK_ATTRIBUTE t[3], CK_ULONG *len)
{
	size_t type = reader_u8(w->r) % COUNT(types);
	bool private = types[type] == CKK_RSA || types[type] == CKK_EC;

	*len = input_number(w->r);
	t[0] = (CK_ATTRIBUTE){ CKA_CLASS, private ? &private_class
		: &secret_class, sizeof(secret_class) };
	t[1] = (CK_ATTRIBUTE){ CKA_KEY_TYPE, &types[type], sizeof(types[0]) };
	t[2] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, len, sizeof(*len) };
	return *len == 0 ? 2 : 3;
}

static void
unwrap(struct work *w)
{
	CK_OBJECT_HANDLE key = 0;
	CK_ATTRIBUTE t[3];
	CK_ULONG len, n = new_template(w, t, &len);

	made("unwrap", p11->C_UnwrapKey(session, &w->m, w->key, w->data,
	    w->len, t, n, &key), &key);
}

static void
derive(struct work *w)
{
	CK_OBJECT_HANDLE key = 0;
	CK_ATTRIBUTE t[3];
	CK_ULONG len, n = new_template(w, t, &len);

	made("derive", p11->C_DeriveKey(session, &w->m, w->key, t, n, &key),
	    &key);
}

static void
generate(struct work *w)
{
	CK_OBJECT_HANDLE key = 0;
	CK_ATTRIBUTE t[3];
	CK_ULONG len, n = new_template(w, t, &len);

	made("generate", p11->C_GenerateKey(session, &w->m, t, n, &key), &key);
}

static void (*const calls[])(struct work *) = { encrypt, decrypt, sign,
	verify, digest, recover, wrap, unwrap, derive, generate };

static CK_MECHANISM_TYPE
mechanism_pick(unsigned number)
{
	for (CK_ULONG i = 0; i < mechanism_count; i++)
		if (mechanisms[i] == number)
			return number;
	return mechanisms[number % mechanism_count];
}

static void
run(size_t call, CK_MECHANISM_TYPE mechanism, struct reader r)
{
	struct work w = { .r = &r };

	w.key = keys[reader_u8(&r) % key_count];
	w.other = keys[reader_u8(&r) % key_count];
	params_make(&r, mechanism, &w.m);
	input_bytes(&r, &w.data, &w.len);
	calls[call](&w);
	p11->C_SessionCancel(session, CKF_ENCRYPT | CKF_DECRYPT | CKF_SIGN |
	    CKF_VERIFY | CKF_DIGEST | CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER);
	input_release();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = { data, size, false };
	uint8_t call = reader_u8(&r);
	unsigned number = reader_u8(&r);

	set_up();
	number |= (unsigned)reader_u8(&r) << 8;
	if (call != 0xff) {
		run(call % COUNT(calls), mechanism_pick(number), r);
		return 0;
	}
	for (CK_ULONG i = 0; i < mechanism_count; i++)
		for (size_t c = 0; c < COUNT(calls); c++)
			run(c, mechanisms[i], r);
	return 0;
}
