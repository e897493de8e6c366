/* Calls by name. */
#include "tests/lib/stage.h"

#include <stdio.h>

/* Mechanisms */

static CK_BYTE iv[16] = "sixteen bytes iv";
static CK_GCM_PARAMS gcm_params = { iv, 12, 96, NULL, 0, 128 };
static CK_MECHANISM cbc_pad = { CKM_AES_CBC_PAD, iv, 16 };
static CK_MECHANISM cbc = { CKM_AES_CBC, iv, 16 };
static CK_MECHANISM no_iv = { CKM_AES_CBC_PAD, NULL, 16 };
static CK_MECHANISM short_iv = { CKM_AES_CBC_PAD, iv, 15 };
static CK_MECHANISM gcm = { CKM_AES_GCM, &gcm_params, sizeof(gcm_params) };
static CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
static CK_MECHANISM hmac = { CKM_SHA256_HMAC, NULL, 0 };
static CK_MECHANISM ecdsa = { CKM_ECDSA_SHA256, NULL, 0 };
static CK_MECHANISM raw_ecdsa = { CKM_ECDSA, NULL, 0 };
static CK_MECHANISM rsa = { CKM_RSA_PKCS, NULL, 0 };
static CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
static CK_MECHANISM unknown = { 0x7ffffff0UL, NULL, 0 };
static CK_MECHANISM data_param = { CKM_SHA256, iv, 16 };

/* In which way an operation begins: NULL or KEY_DEFAULT is the call's own. */
static const struct way {
	const char *name;
	CK_MECHANISM *mechanism;
	enum stage_key key;
} ways[] = {
	{ "no such key", NULL, KEY_NONE },
	{ "a data object", NULL, KEY_DATA },
	{ "the key of another mechanism", NULL, KEY_EC_PRIVATE },
	{ "a key that may not", NULL, KEY_IDLE },
	{ "a key for other mechanisms", NULL, KEY_TIED },
	{ "the other half", NULL, KEY_EC_PUBLIC },
	{ "unknown mechanism", &unknown, KEY_DEFAULT },
	{ "a digest", &sha256, KEY_DEFAULT },
	{ "a cipher", &cbc_pad, KEY_DEFAULT },
	{ "an IV of NULL", &no_iv, KEY_DEFAULT },
	{ "a short IV", &short_iv, KEY_DEFAULT },
	{ "a parameter", &data_param, KEY_DEFAULT },
	{ "CBC", &cbc, KEY_DEFAULT },
	{ "GCM", &gcm, KEY_DEFAULT },
	{ "HMAC", &hmac, KEY_HMAC },
	{ "raw ECDSA", &raw_ecdsa, KEY_DEFAULT },
	{ "the key to be trusted", NULL, KEY_TRUST },
	{ "an unextractable key", NULL, KEY_FIXED },
	{ "a readable key", NULL, KEY_OPEN },
};

/* How much room the output has, and what the input is. */
enum room { ROOM, ASKED, SHORT, NO_LENGTH, NO_DATA, DAMAGED, CUT, LONGER };

static const struct {
	const char *name;
	enum room room;
} rooms[] = {
	{ "", ROOM },
	{ "size", ASKED },
	{ "short", SHORT },
	{ "no length", NO_LENGTH },
	{ "no data", NO_DATA },
	{ "damaged", DAMAGED },
	{ "cut", CUT },
	{ "longer", LONGER },
};

static enum room
room_of(const char *name)
{
	for (size_t i = 0; i < COUNT(rooms); i++)
		if (strcmp(rooms[i].name, name) == 0)
			return rooms[i].room;
	atf_tc_fail("no way to call: %s", name);
}

static const struct way *
way_of(const char *name)
{
	static const struct way none = { "", NULL, KEY_DEFAULT };

	for (size_t i = 0; i < COUNT(ways); i++)
		if (strcmp(ways[i].name, name) == 0)
			return &ways[i];
	if (*name != '\0')
		atf_tc_fail("no way to begin: %s", name);
	return &none;
}

/* Functions of one shape, by their place in the list. */

typedef CK_RV (*init_fn)(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE);
typedef CK_RV (*digest_init_fn)(CK_SESSION_HANDLE, CK_MECHANISM *);
typedef CK_RV (*whole_fn)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *,
    CK_ULONG *);
typedef CK_RV (*final_fn)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG *);
typedef CK_RV (*absorb_fn)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG);
typedef CK_RV (*verify_fn)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *,
    CK_ULONG);
typedef CK_RV (*plain_fn)(CK_SESSION_HANDLE);

#define AT(name) offsetof(CK_FUNCTION_LIST_3_2, name)

static const void *
function_at(size_t offset)
{
	const void *fn;

	memcpy(&fn, (const char *)p11 + offset, sizeof(fn));
	return fn;
}

#define FN(type, offset) ((type)(uintptr_t)function_at(offset))

static const struct begin {
	const char *name;
	size_t at;
	CK_MECHANISM *mechanism;
	enum stage_key key;
	/* what makes the bytes that are right for it */
	size_t maker_init, maker;
	enum stage_key maker_key;
} begins[] = {
	{ "C_EncryptInit", AT(C_EncryptInit), &cbc_pad, KEY_AES, 0, 0, 0 },
	{ "C_DecryptInit", AT(C_DecryptInit), &cbc_pad, KEY_AES,
	    AT(C_EncryptInit), AT(C_Encrypt), KEY_AES },
	{ "C_SignInit", AT(C_SignInit), &ecdsa, KEY_EC_PRIVATE, 0, 0, 0 },
	{ "C_VerifyInit", AT(C_VerifyInit), &ecdsa, KEY_EC_PUBLIC,
	    AT(C_SignInit), AT(C_Sign), KEY_EC_PRIVATE },
	{ "C_SignRecoverInit", AT(C_SignRecoverInit), &rsa, KEY_RSA_PRIVATE,
	    0, 0, 0 },
	{ "C_VerifyRecoverInit", AT(C_VerifyRecoverInit), &rsa,
	    KEY_RSA_PUBLIC, AT(C_SignRecoverInit), AT(C_SignRecover),
	    KEY_RSA_PRIVATE },
	{ "C_MessageEncryptInit", AT(C_MessageEncryptInit), &gcm, KEY_AES, 0,
	    0, 0 },
	{ "C_MessageDecryptInit", AT(C_MessageDecryptInit), &gcm, KEY_AES, 0,
	    0, 0 },
};

/* The ciphertext, or the signature, of the text. */
static void
right_make(struct stage *g, const struct begin *b, CK_MECHANISM *mechanism,
    enum stage_key key)
{
	g->right_len = sizeof(g->right);
	if (b->maker == 0 || FN(init_fn, b->maker_init)(g->other, mechanism,
	    g->keys[key != KEY_DEFAULT ? key : b->maker_key]) != CKR_OK)
		return;
	REQUIRE_OK(FN(whole_fn, b->maker)(g->other, g->text, g->text_len,
	    g->right, &g->right_len));
}

static CK_RV
begin_run(struct stage *g, const struct begin *b, const char *how)
{
	const struct way *way = way_of(how);
	CK_MECHANISM *mechanism = way->mechanism != NULL ? way->mechanism
	                                                 : b->mechanism;

	right_make(g, b, mechanism, way->key);
	return FN(init_fn, b->at)(g->s, mechanism, g->keys[
	    way->key != KEY_DEFAULT ? way->key : b->key]);
}

static const struct {
	const char *name;
	size_t at;
	bool of_right; /* the input is the ciphertext or signature */
} wholes[] = {
	{ "C_Encrypt", AT(C_Encrypt), false },
	{ "C_EncryptUpdate", AT(C_EncryptUpdate), false },
	{ "C_Decrypt", AT(C_Decrypt), true },
	{ "C_DecryptUpdate", AT(C_DecryptUpdate), true },
	{ "C_Digest", AT(C_Digest), false },
	{ "C_Sign", AT(C_Sign), false },
	{ "C_SignRecover", AT(C_SignRecover), false },
	{ "C_VerifyRecover", AT(C_VerifyRecover), true },
	{ "C_DigestEncryptUpdate", AT(C_DigestEncryptUpdate), false },
	{ "C_SignEncryptUpdate", AT(C_SignEncryptUpdate), false },
	{ "C_DecryptDigestUpdate", AT(C_DecryptDigestUpdate), true },
	{ "C_DecryptVerifyUpdate", AT(C_DecryptVerifyUpdate), true },
};

static CK_RV
whole_run(struct stage *g, size_t i, enum room room)
{
	CK_BYTE in[sizeof(g->right)];
	CK_ULONG len = wholes[i].of_right ? g->right_len : g->text_len;
	CK_ULONG out_len = room == SHORT ? 3 : sizeof(g->out);

	memcpy(in, wholes[i].of_right ? g->right : g->text, len);
	if (room == DAMAGED)
		in[len - 1] ^= 0x55;
	return FN(whole_fn, wholes[i].at)(g->s, room == NO_DATA ? NULL : in,
	    room == CUT ? len - 1 : len, room == ASKED ? NULL : g->out,
	    room == NO_LENGTH ? NULL : &out_len);
}

static const struct {
	const char *name;
	size_t at;
} finals[] = {
	{ "C_EncryptFinal", AT(C_EncryptFinal) },
	{ "C_DecryptFinal", AT(C_DecryptFinal) },
	{ "C_DigestFinal", AT(C_DigestFinal) },
	{ "C_SignFinal", AT(C_SignFinal) },
}, absorbs[] = {
	{ "C_DigestUpdate", AT(C_DigestUpdate) },
	{ "C_SignUpdate", AT(C_SignUpdate) },
	{ "C_VerifyUpdate", AT(C_VerifyUpdate) },
	{ "C_VerifySignature", AT(C_VerifySignature) },
	{ "C_VerifySignatureUpdate", AT(C_VerifySignatureUpdate) },
}, plains[] = {
	{ "C_FindObjectsFinal", AT(C_FindObjectsFinal) },
	{ "C_VerifySignatureFinal", AT(C_VerifySignatureFinal) },
	{ "C_MessageEncryptFinal", AT(C_MessageEncryptFinal) },
	{ "C_MessageDecryptFinal", AT(C_MessageDecryptFinal) },
	{ "C_CloseSession", AT(C_CloseSession) },
	{ "C_GetFunctionStatus", AT(C_GetFunctionStatus) },
	{ "C_CancelFunction", AT(C_CancelFunction) },
	{ "C_Logout", AT(C_Logout) },
};

static CK_RV
final_run(struct stage *g, size_t i, enum room room)
{
	CK_ULONG len = room == SHORT ? 3 : sizeof(g->out);

	return FN(final_fn, finals[i].at)(g->s, room == ASKED ? NULL : g->out,
	    room == NO_LENGTH ? NULL : &len);
}

static CK_RV
absorb_run(struct stage *g, size_t i, enum room room)
{
	return FN(absorb_fn, absorbs[i].at)(g->s,
	    room == NO_DATA ? NULL : g->text, room == DAMAGED
	    ? g->text_len - 1 : g->text_len);
}

/* Verification: the signature damaged, cut, or of the wrong text. */
static CK_RV
verify_run(struct stage *g, bool final, enum room room)
{
	CK_BYTE signature[sizeof(g->right)];
	CK_ULONG len = room == CUT ? g->right_len - 1 : g->right_len;

	memcpy(signature, g->right, sizeof(signature));
	if (room == DAMAGED)
		signature[5] ^= 1;
	if (room == LONGER)
		len++;
	return final
	    ? p11->C_VerifyFinal(g->s, room == NO_DATA ? NULL : signature,
	          len)
	    : p11->C_Verify(g->s, g->text, g->text_len,
	          room == NO_DATA ? NULL : signature, len);
}

/* The calls that are alone in their shape. */

static CK_RV
digest_init(struct stage *g, const char *how)
{
	const struct way *way = way_of(how);

	return p11->C_DigestInit(g->s,
	    way->mechanism != NULL ? way->mechanism : &sha256);
}

static CK_RV
digest_key(struct stage *g, const char *how)
{
	enum stage_key key = way_of(how)->key;

	return p11->C_DigestKey(g->s,
	    g->keys[key != KEY_DEFAULT ? key : KEY_OPEN]);
}

static CK_RV
verify_once(struct stage *g, const char *how)
{
	return verify_run(g, false, room_of(how));
}

static CK_RV
verify_final(struct stage *g, const char *how)
{
	return verify_run(g, true, room_of(how));
}

static CK_RV
verify_signature_init(struct stage *g, const char *how)
{
	static const struct begin b = { "", 0, &ecdsa, KEY_EC_PUBLIC,
		AT(C_SignInit), AT(C_Sign), KEY_EC_PRIVATE };
	enum stage_key key = way_of(how)->key;

	right_make(g, &b, &ecdsa, KEY_DEFAULT);
	return p11->C_VerifySignatureInit(g->s, &ecdsa,
	    g->keys[key != KEY_DEFAULT ? key : KEY_EC_PUBLIC], g->right,
	    g->right_len);
}

static CK_RV
wrap(struct stage *g, CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key,
    enum room room)
{
	CK_ULONG len = room == SHORT ? 3 : sizeof(g->out);

	return p11->C_WrapKey(g->s, &kwp, with, key,
	    room == ASKED ? NULL : g->out, room == NO_LENGTH ? NULL : &len);
}

static CK_RV
wrap_run(struct stage *g, const char *how)
{
	return wrap(g, g->keys[KEY_AES], g->keys[KEY_OPEN], room_of(how));
}

static CK_RV
wrap_with(struct stage *g, const char *how)
{
	return wrap(g, g->keys[way_of(how)->key], g->keys[KEY_OPEN], ROOM);
}

static CK_RV
wrap_of(struct stage *g, const char *how)
{
	return wrap(g, g->keys[KEY_AES], g->keys[way_of(how)->key], ROOM);
}

static CK_RV
unwrap(struct stage *g, CK_OBJECT_HANDLE with, enum room room)
{
	static CK_KEY_TYPE aes = CKK_AES;
	CK_ATTRIBUTE t = { CKA_KEY_TYPE, &aes, sizeof(aes) };
	CK_BYTE in[sizeof(g->wrapped)];
	CK_ULONG len = g->wrapped_len;
	CK_OBJECT_HANDLE key;

	memcpy(in, g->wrapped, sizeof(in));
	if (room == DAMAGED)
		in[9] ^= 1;
	return p11->C_UnwrapKey(g->s, &kwp, with, room == NO_DATA ? NULL : in,
	    room == CUT ? len - 1 : len, &t, 1, &key);
}

static CK_RV
unwrap_run(struct stage *g, const char *how)
{
	return unwrap(g, g->keys[KEY_AES], room_of(how));
}

static CK_RV
unwrap_with(struct stage *g, const char *how)
{
	return unwrap(g, g->keys[way_of(how)->key], ROOM);
}

static CK_RV
derive_run(struct stage *g, const char *how)
{
	CK_KEY_DERIVATION_STRING_DATA data = { g->text, 32 };
	CK_MECHANISM m = { CKM_AES_ECB_ENCRYPT_DATA, &data, sizeof(data) };
	const struct way *way = way_of(how);
	CK_OBJECT_HANDLE key;

	return p11->C_DeriveKey(g->s,
	    way->mechanism != NULL ? way->mechanism : &m, g->keys[
	    way->key != KEY_DEFAULT ? way->key : KEY_AES], NULL, 0, &key);
}

static CK_RV
find_init(struct stage *g, const char *how)
{
	(void)how;
	return p11->C_FindObjectsInit(g->s, NULL, 0);
}

static CK_RV
find(struct stage *g, const char *how)
{
	CK_OBJECT_HANDLE o;
	CK_ULONG n;

	return p11->C_FindObjects(g->s, strcmp(how, "no data") == 0 ? NULL
	    : &o, 1, strcmp(how, "no length") == 0 ? NULL : &n);
}

static CK_RV
cancel(struct stage *g, const char *how)
{
	static const struct {
		const char *name;
		CK_FLAGS flags;
	} all[] = {
		{ "", 0 },
		{ "encryption", CKF_ENCRYPT },
		{ "decryption", CKF_DECRYPT },
		{ "signature", CKF_SIGN },
		{ "search", CKF_FIND_OBJECTS },
		{ "digest", CKF_DIGEST },
	};

	for (size_t i = 0; i < COUNT(all); i++)
		if (strcmp(how, all[i].name) == 0)
			return p11->C_SessionCancel(g->s, all[i].flags);
	atf_tc_fail("nothing to cancel: %s", how);
}

static CK_RV
login(struct stage *g, const char *how)
{
	CK_UTF8CHAR pin[] = "user-pin";

	return p11->C_Login(g->s, strcmp(how, "nobody") == 0 ? 77
	    : strcmp(how, "for a key") == 0 ? CKU_CONTEXT_SPECIFIC : CKU_USER,
	    pin, 8);
}

static CK_RV
get_state(struct stage *g, const char *how)
{
	enum room room = room_of(how);

	g->right_len = room == SHORT ? 3 : sizeof(g->right);
	return p11->C_GetOperationState(g->s, room == ASKED ? NULL : g->right,
	    room == NO_LENGTH ? NULL : &g->right_len);
}

static CK_RV
set_state(struct stage *g, const char *how)
{
	if (room_of(how) == DAMAGED)
		g->right[40] ^= 1;
	return p11->C_SetOperationState(g->s, g->right, g->right_len, 0, 0);
}

static const struct {
	const char *name;
	CK_RV (*run)(struct stage *g, const char *how);
} alone[] = {
	{ "C_DigestInit", digest_init },
	{ "C_DigestKey", digest_key },
	{ "C_Verify", verify_once },
	{ "C_VerifyFinal", verify_final },
	{ "C_VerifySignatureInit", verify_signature_init },
	{ "C_WrapKey", wrap_run },
	{ "C_WrapKey with", wrap_with },
	{ "C_WrapKey of", wrap_of },
	{ "C_UnwrapKey", unwrap_run },
	{ "C_UnwrapKey with", unwrap_with },
	{ "C_DeriveKey", derive_run },
	{ "C_FindObjectsInit", find_init },
	{ "C_FindObjects", find },
	{ "C_SessionCancel", cancel },
	{ "C_Login", login },
	{ "C_GetOperationState", get_state },
	{ "C_SetOperationState", set_state },
};

static CK_RV
run(struct stage *g, const char *name, const char *how)
{
	for (size_t i = 0; i < COUNT(begins); i++)
		if (strcmp(begins[i].name, name) == 0)
			return strcmp(how, "no mechanism") == 0
			    ? FN(init_fn, begins[i].at)(g->s, NULL, 0)
			    : begin_run(g, &begins[i], how);
	for (size_t i = 0; i < COUNT(wholes); i++)
		if (strcmp(wholes[i].name, name) == 0)
			return whole_run(g, i, room_of(how));
	for (size_t i = 0; i < COUNT(finals); i++)
		if (strcmp(finals[i].name, name) == 0)
			return final_run(g, i, room_of(how));
	for (size_t i = 0; i < COUNT(absorbs); i++)
		if (strcmp(absorbs[i].name, name) == 0)
			return absorb_run(g, i, room_of(how));
	for (size_t i = 0; i < COUNT(plains); i++)
		if (strcmp(plains[i].name, name) == 0)
			return FN(plain_fn, plains[i].at)(g->s);
	for (size_t i = 0; i < COUNT(alone); i++)
		if (strcmp(alone[i].name, name) == 0)
			return alone[i].run(g, how);
	atf_tc_fail("no such step: %s", name);
}

CK_RV
stage_run(struct stage *g, const char *step)
{
	char name[64], how[64] = "";

	if (sscanf(step, "%63[^(](%63[^)])", name, how) < 1)
		atf_tc_fail("no step: %s", step);
	return run(g, name, how);
}
