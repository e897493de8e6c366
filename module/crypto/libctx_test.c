/* The context of our own, and the application's configuration. */
#include <atf-c.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <string.h>

#include "module/crypto/libctx.h"

/* A configuration that is seen to have been read: it activates a provider. */
static void
conf_write(void)
{
	FILE *conf = fopen("openssl.cnf", "w");

	ATF_REQUIRE(conf != NULL);
	fputs("openssl_conf = init\n[init]\nproviders = p\n"
	    "[p]\nbase = b\n[b]\nactivate = 1\n", conf);
	ATF_REQUIRE_EQ(fclose(conf), 0);
	ATF_REQUIRE_EQ(setenv("OPENSSL_CONF", "openssl.cnf", 1), 0);
}

ATF_TC_WITHOUT_HEAD(settle__configuration_is_read_for_the_application_only);
ATF_TC_BODY(settle__configuration_is_read_for_the_application_only, tc)
{
	uint8_t random[16];

	conf_write();
	libctx_settle();
	/* what is asked from here on would read it too, if it were there */
	ATF_REQUIRE_EQ(unlink("openssl.cnf"), 0);
	ATF_CHECK_EQ(OSSL_PROVIDER_available(NULL, "base"), 1);
	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	ATF_REQUIRE_EQ(rng_bytes(random, sizeof(random)), CKR_OK);
	ATF_CHECK_EQ(OSSL_PROVIDER_available(libctx_get(), "base"), 0);
	ATF_CHECK_EQ(OSSL_PROVIDER_available(libctx_get(), "default"), 1);
}

ATF_TC_WITHOUT_HEAD(open__twice_is_once);
ATF_TC_BODY(open__twice_is_once, tc)
{
	OSSL_LIB_CTX *ctx;

	ATF_CHECK_EQ(libctx_get(), NULL);
	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	ctx = libctx_get();
	ATF_REQUIRE(ctx != NULL);
	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	ATF_CHECK_EQ(libctx_get(), ctx);
}

ATF_TC_WITHOUT_HEAD(rng__bytes_differ);
ATF_TC_BODY(rng__bytes_differ, tc)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	ATF_REQUIRE_EQ(rng_bytes(a, sizeof(a)), CKR_OK);
	ATF_REQUIRE_EQ(rng_bytes(b, sizeof(b)), CKR_OK);
	ATF_CHECK(memcmp(a, b, sizeof(a)) != 0);
}

/* How often this thread's generator has been seeded. */
static unsigned
seedings(void)
{
	unsigned count = 0;
	OSSL_PARAM asked[] = {
		OSSL_PARAM_construct_uint(OSSL_DRBG_PARAM_RESEED_COUNTER,
		    &count),
		OSSL_PARAM_construct_end()
	};

	ATF_REQUIRE_EQ(EVP_RAND_CTX_get_params(
	    RAND_get0_private(libctx_get()), asked), 1);
	return count;
}

ATF_TC_WITHOUT_HEAD(rng__a_seed_is_mixed_in);
ATF_TC_BODY(rng__a_seed_is_mixed_in, tc)
{
	static const uint8_t seed[100000];
	uint8_t random[16];
	unsigned before;

	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	ATF_REQUIRE_EQ(rng_bytes(random, sizeof(random)), CKR_OK);
	before = seedings();
	ATF_CHECK_EQ(rng_mix(seed, 1), CKR_OK);
	ATF_CHECK_EQ(seedings(), before + 1);
	ATF_CHECK_EQ(rng_mix(seed, sizeof(seed)), CKR_OK);
	ATF_CHECK_EQ(seedings(), before + 2);
	ATF_CHECK_EQ(rng_bytes(random, sizeof(random)), CKR_OK);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp,
	    settle__configuration_is_read_for_the_application_only);
	ATF_TP_ADD_TC(tp, open__twice_is_once);
	ATF_TP_ADD_TC(tp, rng__bytes_differ);
	ATF_TP_ADD_TC(tp, rng__a_seed_is_mixed_in);
	return atf_no_error();
}
