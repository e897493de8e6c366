/* The keys of a stage, made anew for each. */
#include "tests/lib/stage.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_MECHANISM_TYPE only_ecb[] = { CKM_AES_ECB };

/* What each of the AES keys differs in: of the last attributes, how many. */
static void
aes_make(struct stage *g, enum stage_key which, CK_BBOOL *may,
    CK_BBOOL *extractable, CK_ATTRIBUTE *more)
{
	CK_MECHANISM make = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = 16;
	CK_ATTRIBUTE t[] = {
		{ CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_ENCRYPT, may, 1 },
		{ CKA_DECRYPT, may, 1 },
		{ CKA_WRAP, may, 1 },
		{ CKA_UNWRAP, may, 1 },
		{ CKA_DERIVE, may, 1 },
		{ CKA_SENSITIVE, which == KEY_OPEN ? &no : &yes, 1 },
		{ CKA_EXTRACTABLE, extractable, 1 },
		{ 0, NULL, 0 },
	};

	if (more != NULL)
		t[COUNT(t) - 1] = *more;
	REQUIRE_OK(p11->C_GenerateKey(g->other, &make, t,
	    more != NULL ? COUNT(t) : COUNT(t) - 1, &g->keys[which]));
}

static void
rsa_make(struct stage *g)
{
	CK_MECHANISM rsa = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_ULONG bits = 2048;
	CK_ATTRIBUTE public[] = {
		{ CKA_MODULUS_BITS, &bits, sizeof(bits) },
		{ CKA_VERIFY_RECOVER, &yes, 1 },
	};
	CK_ATTRIBUTE private = { CKA_SIGN_RECOVER, &yes, 1 };

	REQUIRE_OK(p11->C_GenerateKeyPair(g->other, &rsa, public, 2, &private,
	    1, &g->keys[KEY_RSA_PUBLIC], &g->keys[KEY_RSA_PRIVATE]));
}

static void
hmac_make(struct stage *g)
{
	CK_MECHANISM make = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
	CK_ULONG len = 32;
	CK_ATTRIBUTE t = { CKA_VALUE_LEN, &len, sizeof(len) };

	REQUIRE_OK(p11->C_GenerateKey(g->other, &make, &t, 1,
	    &g->keys[KEY_HMAC]));
}

static void
wrapped_make(struct stage *g)
{
	CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };

	g->wrapped_len = sizeof(g->wrapped);
	REQUIRE_OK(p11->C_WrapKey(g->other, &kwp, g->keys[KEY_AES],
	    g->keys[KEY_OPEN], g->wrapped, &g->wrapped_len));
}

void
stage_open(struct stage *g, bool rsa)
{
	CK_ATTRIBUTE list = { CKA_ALLOWED_MECHANISMS, only_ecb,
		sizeof(only_ecb) };
	CK_ATTRIBUTE trust = { CKA_WRAP_WITH_TRUSTED, &yes, 1 };
	CK_SLOT_ID slot = p11_slot("hsm");

	*g = (struct stage){ .text = "forty bytes that are no whole blocks ..",
		.text_len = 40 };
	g->s = p11_session(slot, true);
	g->other = p11_session(slot, true);
	REQUIRE_OK(p11->C_Login(g->other, CKU_USER,
	    (CK_UTF8CHAR *)(uintptr_t)"user-pin", 8));
	aes_make(g, KEY_AES, &yes, &yes, NULL);
	aes_make(g, KEY_TIED, &yes, &yes, &list);
	aes_make(g, KEY_IDLE, &no, &yes, NULL);
	aes_make(g, KEY_OPEN, &yes, &yes, NULL);
	aes_make(g, KEY_FIXED, &yes, &no, NULL);
	aes_make(g, KEY_TRUST, &yes, &yes, &trust);
	hmac_make(g);
	p11_key_pair(g->other, false, "ec", &g->keys[KEY_EC_PUBLIC],
	    &g->keys[KEY_EC_PRIVATE]);
	if (rsa)
		rsa_make(g);
	wrapped_make(g);
	g->keys[KEY_DATA] = p11_data(g->other, false, "data", "data");
	g->keys[KEY_NONE] = 0x7fffff00UL;
}

void
stage_close(struct stage *g)
{
	p11->C_CloseSession(g->s); /* a row may have closed it */
	REQUIRE_OK(p11->C_Logout(g->other));
	REQUIRE_OK(p11->C_CloseSession(g->other));
}
