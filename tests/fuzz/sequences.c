/*
 * Target functions: every call that begins, feeds or ends an operation of a
 * session, messages and operation states too, in whatever order.
 *
 * The input is a list of steps: u8 call, then what it needs: for a beginning
 * u8 mechanism and u8 key, else data and the room for what comes out.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/token.h"

#define STEPS_MAX 24
#define ALL_OPERATIONS (CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | \
	CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY | CKF_ENCRYPT | CKF_DECRYPT | \
	CKF_DIGEST | CKF_SIGN | CKF_SIGN_RECOVER | CKF_VERIFY | \
	CKF_VERIFY_RECOVER)

static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE keys[5];
static CK_BBOOL yes = CK_TRUE;

#define MAY(usage) { usage, &yes, sizeof(yes) }

static void
keys_make(void)
{
	static CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1,
		7 };
	CK_ULONG len = 16, bits = 2048;
	CK_MECHANISM m = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ATTRIBUTE secret[] = { { CKA_VALUE_LEN, &len, sizeof(len) },
		MAY(CKA_ENCRYPT), MAY(CKA_DECRYPT), MAY(CKA_SIGN),
		MAY(CKA_VERIFY) };
	CK_ATTRIBUTE ec = { CKA_EC_PARAMS, p256, sizeof(p256) },
	    rsa = { CKA_MODULUS_BITS, &bits, sizeof(bits) };

	FUZZ_HOLDS(p11->C_GenerateKey(session, &m, secret, COUNT(secret),
	    &keys[0]) == CKR_OK);
	m.mechanism = CKM_EC_KEY_PAIR_GEN;
	FUZZ_HOLDS(p11->C_GenerateKeyPair(session, &m, &ec, 1, NULL, 0,
	    &keys[1], &keys[2]) == CKR_OK);
	m.mechanism = CKM_RSA_PKCS_KEY_PAIR_GEN;
	FUZZ_HOLDS(p11->C_GenerateKeyPair(session, &m, &rsa, 1, NULL, 0,
	    &keys[3], &keys[4]) == CKR_OK);
}

/* Mechanisms with parameters that are good. */

static CK_BYTE iv[16];
static CK_GCM_PARAMS gcm = { iv, 12, 96, iv, 4, 128 };
static CK_AES_CTR_PARAMS ctr = { 128, { 0 } };
static CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA256, CKG_MGF1_SHA256, 32 };

static const CK_MECHANISM mechanisms[] = {
	{ CKM_AES_CBC_PAD, iv, sizeof(iv) },
	{ CKM_AES_CBC, iv, sizeof(iv) },
	{ CKM_AES_ECB, NULL, 0 },
	{ CKM_AES_CTR, &ctr, sizeof(ctr) },
	{ CKM_AES_GCM, &gcm, sizeof(gcm) },
	{ CKM_AES_GCM, NULL, 0 }, /* for messages */
	{ CKM_AES_CCM, NULL, 0 },
	{ CKM_AES_CMAC, NULL, 0 },
	{ CKM_SHA256, NULL, 0 },
	{ CKM_SHA_1, NULL, 0 },
	{ CKM_ECDSA_SHA256, NULL, 0 },
	{ CKM_ECDSA, NULL, 0 },
	{ CKM_SHA256_RSA_PKCS_PSS, &pss, sizeof(pss) },
	{ CKM_RSA_PKCS, NULL, 0 },
};

struct step {
	struct reader *r;
	void *in, *out;
	CK_ULONG len, room;
};

static void
answer(CK_RV rv)
{
	token_answer("sequence", rv);
}

/* Beginnings */

typedef CK_RV (*begin_call)(CK_SESSION_HANDLE, CK_MECHANISM *,
    CK_OBJECT_HANDLE);

static CK_RV
digest_init(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	(void)key;
	return p11->C_DigestInit(s, m);
}

static void
begin(size_t which, struct step *st)
{
	const begin_call calls[] = { p11->C_EncryptInit, p11->C_DecryptInit,
		p11->C_SignInit, p11->C_VerifyInit, digest_init,
		p11->C_SignRecoverInit, p11->C_VerifyRecoverInit,
		p11->C_MessageEncryptInit, p11->C_MessageDecryptInit,
		p11->C_MessageSignInit, p11->C_MessageVerifyInit };
	CK_MECHANISM m =
	    mechanisms[reader_u8(st->r) % COUNT(mechanisms)];
	CK_OBJECT_HANDLE key = keys[reader_u8(st->r) % COUNT(keys)];

	answer(calls[which % COUNT(calls)](session, &m, key));
}

/* Data and room: what comes out fits. */

static void
step_read(struct step *st)
{
	uint8_t room = reader_u8(st->r);

	input_bytes(st->r, &st->in, &st->len);
	st->room = room;
	st->out = room == 0xff ? NULL : input_room(room);
}

static void
out_check(const struct step *st, CK_RV rv, CK_ULONG len)
{
	answer(rv);
	FUZZ_HOLDS(rv != CKR_OK || st->out == NULL || len <= st->room);
}

static void
piece(size_t which, struct step *st)
{
	CK_RV (*const calls[])(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG,
	    CK_BYTE *, CK_ULONG *) = { p11->C_Encrypt, p11->C_EncryptUpdate,
		p11->C_Decrypt, p11->C_DecryptUpdate, p11->C_Sign,
		p11->C_Digest, p11->C_SignRecover, p11->C_VerifyRecover,
		p11->C_DigestEncryptUpdate, p11->C_DecryptDigestUpdate,
		p11->C_SignEncryptUpdate, p11->C_DecryptVerifyUpdate };
	CK_ULONG len;

	step_read(st);
	len = st->room;
	out_check(st, calls[which % COUNT(calls)](session, st->in, st->len,
	    st->out, &len), len);
}

static void
feed(size_t which, struct step *st)
{
	CK_RV (*const calls[])(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG) = {
		p11->C_SignUpdate, p11->C_VerifyUpdate, p11->C_DigestUpdate,
		p11->C_VerifyFinal };

	step_read(st);
	answer(calls[which % COUNT(calls)](session, st->in, st->len));
}

static void
end(size_t which, struct step *st)
{
	CK_RV (*const calls[])(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG *) = {
		p11->C_EncryptFinal, p11->C_DecryptFinal, p11->C_SignFinal,
		p11->C_DigestFinal, p11->C_GetOperationState };
	CK_ULONG len;

	step_read(st);
	len = st->room;
	out_check(st, calls[which % COUNT(calls)](session, st->out, &len),
	    len);
}

/* Others */

/* A state as the module gives it, perhaps changed in one place. */
static void
state(size_t which, struct step *st)
{
	CK_BYTE bytes[1024];
	CK_ULONG len = sizeof(bytes), at;
	CK_RV rv = p11->C_GetOperationState(session, bytes, &len);

	(void)which;
	answer(rv);
	if (rv != CKR_OK)
		return;
	at = input_number(st->r);
	if (at < len)
		bytes[at] ^= reader_u8(st->r);
	answer(p11->C_SetOperationState(session, bytes, len,
	    keys[reader_u8(st->r) % COUNT(keys)],
	    keys[reader_u8(st->r) % COUNT(keys)]));
}

static void
state_raw(size_t which, struct step *st)
{
	(void)which;
	step_read(st);
	answer(p11->C_SetOperationState(session, st->in, st->len, keys[0],
	    keys[0]));
}

static void
cancel(size_t which, struct step *st)
{
	(void)which;
	answer(p11->C_SessionCancel(session, input_number(st->r)));
}

static void
message_end(size_t which, struct step *st)
{
	CK_RV (*const calls[])(CK_SESSION_HANDLE) = {
		p11->C_MessageEncryptFinal, p11->C_MessageDecryptFinal,
		p11->C_MessageSignFinal, p11->C_MessageVerifyFinal };

	(void)st;
	answer(calls[which % COUNT(calls)](session));
}

/* One of a GCM message, in which all numbers are the input's; the tag has the
 * room that the standard's longest one needs. */
static void *
message_parameter(struct step *st, CK_ULONG *len)
{
	CK_GCM_MESSAGE_PARAMS *p = input_room(sizeof(*p));
	void *bytes;

	input_bytes(st->r, &bytes, &p->ulIvLen);
	p->pIv = bytes;
	p->ulIvFixedBits = input_number(st->r);
	p->ivGenerator = reader_u8(st->r) % 6;
	p->pTag = reader_u8(st->r) == 0xff ? NULL : input_room(16);
	p->ulTagBits = input_number(st->r);
	*len = sizeof(*p);
	return p;
}

static void
message(size_t which, struct step *st)
{
	CK_RV (*const calls[])(CK_SESSION_HANDLE, void *, CK_ULONG,
	    CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG, CK_BYTE *,
	    CK_ULONG *) = { p11->C_EncryptMessage, p11->C_DecryptMessage };
	CK_ULONG parameter_len, aad_len, len;
	void *parameter = message_parameter(st, &parameter_len), *aad;

	input_bytes(st->r, &aad, &aad_len);
	step_read(st);
	len = st->room;
	out_check(st, calls[which % COUNT(calls)](session, parameter,
	    parameter_len, aad, aad_len, st->in, st->len, st->out, &len),
	    len);
}

static void
message_begin(size_t which, struct step *st)
{
	CK_RV (*const calls[])(CK_SESSION_HANDLE, void *, CK_ULONG,
	    CK_BYTE *, CK_ULONG) = { p11->C_EncryptMessageBegin,
		p11->C_DecryptMessageBegin };
	CK_ULONG parameter_len, aad_len;
	void *parameter = message_parameter(st, &parameter_len), *aad;

	input_bytes(st->r, &aad, &aad_len);
	answer(calls[which % COUNT(calls)](session, parameter, parameter_len,
	    aad, aad_len));
}

static void
message_next(size_t which, struct step *st)
{
	CK_RV (*const calls[])(CK_SESSION_HANDLE, void *, CK_ULONG,
	    CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *, CK_FLAGS) = {
		p11->C_EncryptMessageNext, p11->C_DecryptMessageNext };
	CK_FLAGS flags = reader_u8(st->r) % 2 == 0 ? 0 : CKF_END_OF_MESSAGE;
	CK_ULONG parameter_len, len;
	void *parameter = message_parameter(st, &parameter_len);

	step_read(st);
	len = st->room;
	out_check(st, calls[which % COUNT(calls)](session, parameter,
	    parameter_len, st->in, st->len, st->out, &len, flags), len);
}

static void
message_sign(size_t which, struct step *st)
{
	CK_ULONG len;

	step_read(st);
	len = st->room;
	if (which % 3 == 0)
		answer(p11->C_SignMessageBegin(session, NULL, 0));
	else if (which % 3 == 1)
		out_check(st, p11->C_SignMessage(session, NULL, 0, st->in,
		    st->len, st->out, &len), len);
	else
		out_check(st, p11->C_SignMessageNext(session, NULL, 0,
		    st->in, st->len, st->out, &len), len);
}

static void (*const steps[])(size_t, struct step *) = { begin, piece, feed,
	end, message, message_begin, message_next, message_sign, message_end,
	state, state_raw, cancel };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = { data, size, false };

	if (session == 0) {
		session = token_session();
		keys_make();
	}
	for (int n = 0; n < STEPS_MAX && r.left > 0; n++) {
		struct step st = { .r = &r };
		uint8_t call = reader_u8(&r);

		steps[call % COUNT(steps)](call / COUNT(steps), &st);
	}
	FUZZ_HOLDS(p11->C_SessionCancel(session, ALL_OPERATIONS) == CKR_OK);
	input_release();
	return 0;
}
