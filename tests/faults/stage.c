/* The token that the scenarios play on. */
#include "tests/faults/stage.h"

static CK_BBOOL yes = CK_TRUE;
static CK_UTF8CHAR user[] = "user-pin";

/* The private key may leave, wrapped. */
static void
pair_make(struct stage *st)
{
	static CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1,
		7 };
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE params = { CKA_EC_PARAMS, p256, sizeof(p256) };
	CK_ATTRIBUTE private[] = { { CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_SIGN, &yes, sizeof(yes) } };

	REQUIRE_OK(p11->C_GenerateKeyPair(st->s, &m, &params, 1, private,
	    COUNT(private), &st->public, &st->private));
}

static void
keys_make(struct stage *st)
{
	CK_MECHANISM aes = { CKM_AES_KEY_GEN, NULL, 0 },
	    rsa = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_ULONG len = 16, bits = 2048;
	CK_ATTRIBUTE key[] = { { CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_WRAP, &yes, sizeof(yes) },
		{ CKA_UNWRAP, &yes, sizeof(yes) },
		{ CKA_ENCRYPT, &yes, sizeof(yes) },
		{ CKA_DECRYPT, &yes, sizeof(yes) } };
	CK_ATTRIBUTE modulus = { CKA_MODULUS_BITS, &bits, sizeof(bits) };

	pair_make(st);
	REQUIRE_OK(p11->C_GenerateKey(st->s, &aes, key, COUNT(key),
	    &st->aes));
	REQUIRE_OK(p11->C_GenerateKeyPair(st->s, &rsa, &modulus, 1, NULL, 0,
	    &st->rsa_public, &st->rsa));
}

void
stage_set(struct stage *st)
{
	CK_OBJECT_HANDLE secret;

	fault_sqlite();
	p11_start();
	st->store = p11_slot("machine");
	st->token = p11_new_token("token");
	st->s = p11_session(st->store, true);
	st->look = p11_session(st->store, false);
	st->pin = p11_session(st->token, true);
	keys_make(st);
	p11_data(st->s, true, "kept", "value");
	REQUIRE_OK(p11->C_Login(st->pin, CKU_USER, user, sizeof(user) - 1));
	REQUIRE_OK(p11_try_data(st->pin, true, true, "secret", "s", &secret));
	REQUIRE_OK(p11->C_Logout(st->pin));
}
