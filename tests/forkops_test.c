/* Operations in progress at the moment of a fork: parent and child each go on
 * with one of their own, but for those whose IVs the token makes. */
#include "tests/lib/p11.h"

#include <stdlib.h>
#include <unistd.h>

#define HALF 40
#define WHOLE (2 * HALF)
#define OBJECTS 5

static CK_BYTE data[WHOLE];

/* One session for each operation, all of them begun. */
struct begun {
	CK_SESSION_HANDLE digest, sign, encrypt, find;
	CK_OBJECT_HANDLE public, aes;
	CK_BYTE cipher[WHOLE + 16];
	CK_ULONG cipher_len;
};

static CK_OBJECT_HANDLE
aes_key(CK_SESSION_HANDLE s)
{
	CK_MECHANISM make = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = 32;
	CK_ATTRIBUTE t = { CKA_VALUE_LEN, &len, sizeof(len) };
	CK_OBJECT_HANDLE o = 0;

	REQUIRE_OK(p11->C_GenerateKey(s, &make, &t, 1, &o));
	return o;
}

static CK_MECHANISM
aes_cbc(void)
{
	static CK_BYTE iv[16] = "sixteen of an iv";

	return (CK_MECHANISM){ CKM_AES_CBC_PAD, iv, sizeof(iv) };
}

static void
begin(struct begun *b)
{
	CK_MECHANISM sha = { CKM_SHA256, NULL, 0 };
	CK_MECHANISM ecdsa = { CKM_ECDSA_SHA256, NULL, 0 };
	CK_MECHANISM cbc = aes_cbc();
	CK_SLOT_ID slot = p11_slot("machine");
	CK_OBJECT_HANDLE private, found;
	CK_ULONG n = 0;

	for (int i = 0; i < WHOLE; i++)
		data[i] = (CK_BYTE)i;
	b->digest = p11_session(slot, true);
	b->sign = p11_session(slot, true);
	b->encrypt = p11_session(slot, true);
	b->find = p11_session(slot, true);
	for (int i = 0; i < OBJECTS; i++)
		p11_data(b->find, true, "data", "value");
	p11_key_pair(b->sign, false, "key", &b->public, &private);
	b->aes = aes_key(b->encrypt);
	REQUIRE_OK(p11->C_DigestInit(b->digest, &sha));
	REQUIRE_OK(p11->C_DigestUpdate(b->digest, data, HALF));
	REQUIRE_OK(p11->C_SignInit(b->sign, &ecdsa, private));
	REQUIRE_OK(p11->C_SignUpdate(b->sign, data, HALF));
	REQUIRE_OK(p11->C_EncryptInit(b->encrypt, &cbc, b->aes));
	b->cipher_len = sizeof(b->cipher);
	REQUIRE_OK(p11->C_EncryptUpdate(b->encrypt, data, HALF, b->cipher,
	    &b->cipher_len));
	REQUIRE_OK(p11->C_FindObjectsInit(b->find, NULL, 0));
	REQUIRE_OK(p11->C_FindObjects(b->find, &found, 1, &n));
	ATF_REQUIRE_EQ(n, 1);
}

static bool
digest_is_right(const struct begun *b)
{
	CK_MECHANISM sha = { CKM_SHA256, NULL, 0 };
	CK_BYTE parts[32], once[32];
	CK_ULONG len = sizeof(parts);

	return p11->C_DigestUpdate(b->digest, data + HALF, HALF) == CKR_OK &&
	    p11->C_DigestFinal(b->digest, parts, &len) == CKR_OK &&
	    p11->C_DigestInit(b->digest, &sha) == CKR_OK &&
	    p11->C_Digest(b->digest, data, WHOLE, once, &len) == CKR_OK &&
	    memcmp(parts, once, sizeof(once)) == 0;
}

static bool
signature_is_right(const struct begun *b)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA_SHA256, NULL, 0 };
	CK_BYTE signature[64];
	CK_ULONG len = sizeof(signature);

	return p11->C_SignUpdate(b->sign, data + HALF, HALF) == CKR_OK &&
	    p11->C_SignFinal(b->sign, signature, &len) == CKR_OK &&
	    p11->C_VerifyInit(b->sign, &ecdsa, b->public) == CKR_OK &&
	    p11->C_Verify(b->sign, data, WHOLE, signature, len) == CKR_OK;
}

static bool
cipher_is_right(struct begun *b)
{
	CK_MECHANISM cbc = aes_cbc();
	CK_BYTE plain[WHOLE + 16];
	CK_ULONG len = sizeof(b->cipher) - b->cipher_len;
	CK_ULONG plain_len = sizeof(plain);

	if (p11->C_EncryptUpdate(b->encrypt, data + HALF, HALF,
	    b->cipher + b->cipher_len, &len) != CKR_OK)
		return false;
	b->cipher_len += len;
	len = sizeof(b->cipher) - b->cipher_len;
	if (p11->C_EncryptFinal(b->encrypt, b->cipher + b->cipher_len,
	    &len) != CKR_OK)
		return false;
	b->cipher_len += len;
	return p11->C_DecryptInit(b->encrypt, &cbc, b->aes) == CKR_OK &&
	    p11->C_Decrypt(b->encrypt, b->cipher, b->cipher_len, plain,
	    &plain_len) == CKR_OK && plain_len == WHOLE &&
	    memcmp(plain, data, WHOLE) == 0;
}

static bool
search_is_right(const struct begun *b)
{
	CK_OBJECT_HANDLE found[16];
	CK_ULONG n = 0;

	return p11->C_FindObjects(b->find, found, 16, &n) == CKR_OK &&
	    n >= OBJECTS - 1 && p11->C_FindObjectsFinal(b->find) == CKR_OK;
}

/* 0, or which of them is not right. */
static int
end(struct begun *b)
{
	if (!digest_is_right(b))
		return 1;
	if (!signature_is_right(b))
		return 2;
	if (!cipher_is_right(b))
		return 3;
	return search_is_right(b) ? 0 : 4;
}

ATF_TC_WITHOUT_HEAD(operations__go_on_in_both);
ATF_TC_BODY(operations__go_on_in_both, tc)
{
	struct begun b = { .digest = 0 };
	pid_t pid;

	p11_start();
	begin(&b);
	if ((pid = fork()) == 0)
		_exit(end(&b));
	ATF_CHECK_EQ(child_status(pid), 0);
	ATF_CHECK_EQ(end(&b), 0);
}

/* The grandchild of a daemon, after its parents are gone. */
ATF_TC_WITHOUT_HEAD(operations__go_on_in_a_grandchild);
ATF_TC_BODY(operations__go_on_in_a_grandchild, tc)
{
	struct begun b = { .digest = 0 };
	pid_t pid;

	p11_start();
	begin(&b);
	if ((pid = fork()) == 0) {
		if ((pid = fork()) == 0)
			_exit(end(&b));
		_exit(child_status(pid));
	}
	ATF_CHECK_EQ(child_status(pid), 0);
	ATF_CHECK_EQ(end(&b), 0);
}

struct messages {
	CK_SESSION_HANDLE s;
	CK_BYTE iv[12], tag[16];
	CK_GCM_MESSAGE_PARAMS params;
	CK_BYTE out[HALF];
};

static CK_RV
message_encrypt(struct messages *m)
{
	CK_ULONG len = sizeof(m->out);

	m->params = (CK_GCM_MESSAGE_PARAMS){ m->iv, sizeof(m->iv), 32,
		CKG_GENERATE_COUNTER, m->tag, 128 };
	return p11->C_EncryptMessage(m->s, &m->params, sizeof(m->params), NULL,
	    0, data, HALF, m->out, &len);
}

static CK_RV
message_decrypt(struct messages *m)
{
	CK_BYTE plain[HALF];
	CK_ULONG len = sizeof(plain);

	m->params.ivGenerator = CKG_NO_GENERATE;
	return p11->C_DecryptMessage(m->s, &m->params, sizeof(m->params), NULL,
	    0, m->out, HALF, plain, &len);
}

static int
messages_in_child(struct messages *m, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM gcm = { CKM_AES_GCM, NULL, 0 };

	if (message_encrypt(m) != CKR_OPERATION_NOT_INITIALIZED)
		return 1;
	if (message_decrypt(m) != CKR_OK)
		return 2;
	/* It may begin one of its own. */
	return p11->C_MessageEncryptInit(m->s, &gcm, key) == CKR_OK &&
	    message_encrypt(m) == CKR_OK ? 0 : 3;
}

ATF_TC_WITHOUT_HEAD(operations__that_make_ivs_end_in_the_child);
ATF_TC_BODY(operations__that_make_ivs_end_in_the_child, tc)
{
	CK_MECHANISM gcm = { CKM_AES_GCM, NULL, 0 };
	CK_MECHANISM_INFO info;
	struct messages m = { .iv = "fixed" };
	CK_OBJECT_HANDLE key;
	CK_BYTE first[12];
	CK_SLOT_ID slot;
	pid_t pid;

	p11_start();
	slot = p11_slot("machine");
	if (p11->C_GetMechanismInfo(slot, CKM_AES_GCM, &info) != CKR_OK)
		atf_tc_skip("no AES-GCM here");
	m.s = p11_session(slot, true);
	key = aes_key(m.s);
	REQUIRE_OK(p11->C_MessageEncryptInit(m.s, &gcm, key));
	REQUIRE_OK(p11->C_MessageDecryptInit(m.s, &gcm, key));
	REQUIRE_OK(message_encrypt(&m));
	REQUIRE_OK(message_decrypt(&m));
	memcpy(first, m.iv, sizeof(first));
	if ((pid = fork()) == 0)
		_exit(messages_in_child(&m, key));
	ATF_CHECK_EQ(child_status(pid), 0);
	REQUIRE_OK(message_encrypt(&m));
	ATF_CHECK(memcmp(m.iv, first, sizeof(first)) != 0);
	REQUIRE_OK(message_decrypt(&m));
}

/* A login is the child's too, and its logout its own. */
static int
login_in_child(CK_SESSION_HANDLE s)
{
	CK_OBJECT_HANDLE o;

	if (p11_find(s, "private", NULL) != 1)
		return 1;
	if (p11_try_data(s, true, true, "from the child", "1", &o) != CKR_OK)
		return 2;
	if (p11->C_Logout(s) != CKR_OK)
		return 3;
	return p11_find(s, "private", NULL) == 0 ? 0 : 4;
}

ATF_TC_WITHOUT_HEAD(login__is_the_childs_too);
ATF_TC_BODY(login__is_the_childs_too, tc)
{
	CK_UTF8CHAR pin[] = "user-pin";
	CK_OBJECT_HANDLE o;
	CK_SESSION_HANDLE s;
	pid_t pid;

	p11_start();
	s = p11_session(p11_new_token("HSM"), true);
	REQUIRE_OK(p11->C_Login(s, CKU_USER, pin, 8));
	REQUIRE_OK(p11_try_data(s, true, true, "private", "1", &o));
	if ((pid = fork()) == 0)
		_exit(login_in_child(s));
	ATF_CHECK_EQ(child_status(pid), 0);
	ATF_CHECK_EQ(p11_find(s, "private", NULL), 1);
	ATF_CHECK_EQ(p11_find(s, "from the child", NULL), 1);
}

/* A backup on its way: its file is the parent's. */
static CK_RV
chunk_read(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_BYTE *out,
    CK_ULONG *len)
{
	CK_ATTRIBUTE t = { CKA_VECS_CHUNK, out, *len };
	CK_RV rv = p11->C_GetAttributeValue(s, o, &t, 1);

	*len = t.ulValueLen;
	return rv;
}

static int
backup_in_child(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
	CK_BYTE bytes[1 << 17];
	CK_ULONG len = sizeof(bytes);

	return chunk_read(s, o, bytes, &len) != CKR_OK ? 0 : 1;
}

ATF_TC_WITHOUT_HEAD(transfer__ends_in_the_child);
ATF_TC_BODY(transfer__ends_in_the_child, tc)
{
	static CK_BYTE bytes[1 << 17], backup_key[32] = "of a backup";
	CK_OBJECT_CLASS class = CKO_VECS_BACKUP;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_VECS_BACKUP_KEY, backup_key, sizeof(backup_key) } };
	CK_ULONG len = sizeof(bytes);
	CK_OBJECT_HANDLE o;
	CK_SESSION_HANDLE s;
	pid_t pid;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	p11_data(s, true, "data", "value");
	REQUIRE_OK(p11->C_CreateObject(s, t, COUNT(t), &o));
	if ((pid = fork()) == 0)
		_exit(backup_in_child(s, o));
	ATF_CHECK_EQ(child_status(pid), 0);
	REQUIRE_OK(chunk_read(s, o, bytes, &len));
	ATF_CHECK(len > 100 && memcmp(bytes, "VECSBKP1", 8) == 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, operations__go_on_in_both);
	ATF_TP_ADD_TC(tp, operations__go_on_in_a_grandchild);
	ATF_TP_ADD_TC(tp, operations__that_make_ivs_end_in_the_child);
	ATF_TP_ADD_TC(tp, login__is_the_childs_too);
	ATF_TP_ADD_TC(tp, transfer__ends_in_the_child);
	return atf_no_error();
}
