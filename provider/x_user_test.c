/* x-user= in a URI: the provider logs in as a named user of the token. */
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <unistd.h>

#include "tests/lib/users.h"

static OSSL_LIB_CTX *lib;

/* A token with a key, its user PIN and a user "web" who may use it; then the
 * provider in a library context of its own. */
static void
start(void)
{
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	p11_start();
	s = so_session(&slot);
	user_add(s, "web", "use");
	user_add(s, "other", "use");
	REQUIRE_OK(p11->C_Logout(s));
	REQUIRE_OK(p11->C_Login(s, CKU_USER, user_pin, 8));
	p11_key_pair(s, true, "key", &public, &private);
	REQUIRE_OK(p11->C_Finalize(NULL));
	setenv("VECS_MODULE", VECS_TEST_MODULE, 1);
	lib = OSSL_LIB_CTX_new();
	ATF_REQUIRE(lib != NULL);
	ATF_REQUIRE(OSSL_PROVIDER_set_default_search_path(lib,
	    VECS_TEST_PROVIDERS));
	ATF_REQUIRE(OSSL_PROVIDER_load(lib, "default") != NULL);
	ATF_REQUIRE(OSSL_PROVIDER_load(lib, "vecs") != NULL);
}

static bool
sign(EVP_PKEY *key)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char signature[128];
	size_t len = sizeof(signature);
	bool done;

	done = EVP_DigestSignInit_ex(md, NULL, "SHA256", lib, NULL, key,
		   NULL) == 1 &&
	    EVP_DigestSign(md, signature, &len, (const unsigned char *)"text",
		4) == 1;
	EVP_MD_CTX_free(md);
	return done;
}

/* Whether the key behind this query of a URI signs. */
static bool
signs(const char *query)
{
	char uri[256];
	OSSL_STORE_CTX *store;
	OSSL_STORE_INFO *info;
	bool done = false;

	snprintf(uri, sizeof(uri),
	    "pkcs11:token=HSM;object=key;type=private?%s", query);
	store = OSSL_STORE_open_ex(uri, lib, NULL, NULL, NULL, NULL, NULL,
	    NULL);
	while (store != NULL && !OSSL_STORE_eof(store)) {
		if ((info = OSSL_STORE_load(store)) == NULL)
			break;
		if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			done = sign(OSSL_STORE_INFO_get0_PKEY(info));
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	return done;
}

/* In a process of its own: the provider has one login in each. */
static bool
signs_alone(const char *query)
{
	pid_t pid = fork();

	ATF_REQUIRE(pid >= 0);
	if (pid == 0)
		_exit(signs(query) ? 0 : 1);
	return child_status(pid) == 0;
}

ATF_TC_WITHOUT_HEAD(x_user__signs_by_his_pin);
ATF_TC_BODY(x_user__signs_by_his_pin, tc)
{
	start();
	ATF_CHECK(signs_alone("x-user=web&pin-value=web-pin"));
	ATF_CHECK(signs_alone("pin-value=web-pin&x-user=w%65b"));
	ATF_CHECK(signs_alone("pin-value=user-pin"));
	ATF_CHECK(!signs_alone("pin-value=web-pin"));
	ATF_CHECK(!signs_alone("x-user=web&pin-value=user-pin"));
	ATF_CHECK(!signs_alone("x-user=nobody&pin-value=web-pin"));
}

ATF_TC_WITHOUT_HEAD(x_user__is_one_in_a_process);
ATF_TC_BODY(x_user__is_one_in_a_process, tc)
{
	start();
	ATF_REQUIRE(signs("x-user=web&pin-value=web-pin"));
	ATF_CHECK(signs("x-user=web"));
	ATF_CHECK(!signs("x-user=other&pin-value=web-pin"));
	ATF_CHECK(signs("pin-source=/dev/null"));
}

/* What one user's login refused is not held against another, nor is the PIN of
 * one sent for the other. */
ATF_TC_WITHOUT_HEAD(x_user__pins_are_kept_apart);
ATF_TC_BODY(x_user__pins_are_kept_apart, tc)
{
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;

	start();
	ATF_CHECK(!signs("x-user=other&pin-value=user-pin"));
	ATF_CHECK(signs("pin-value=user-pin"));
	REQUIRE_OK(p11->C_Initialize(NULL) == CKR_CRYPTOKI_ALREADY_INITIALIZED
	    ? CKR_OK : CKR_GENERAL_ERROR);
	slot = p11_slot("HSM");
	REQUIRE_OK(p11->C_GetTokenInfo(slot, &info));
	ATF_CHECK_EQ(info.flags & CKF_USER_PIN_COUNT_LOW, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, x_user__signs_by_his_pin);
	ATF_TP_ADD_TC(tp, x_user__is_one_in_a_process);
	ATF_TP_ADD_TC(tp, x_user__pins_are_kept_apart);
	return atf_no_error();
}
