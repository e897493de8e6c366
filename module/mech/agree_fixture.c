/* Agreement for tests. */
#include "module/mech/agree_fixture.h"

#include <atf-c.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/dh.h>
#include <openssl/kdf.h>
#include <string.h>

size_t
hex_bytes(const char *hex, uint8_t *out)
{
	size_t len = 0;

	ATF_REQUIRE_EQ(OPENSSL_hexstr2buf_ex(out, SECRET_MAX, &len, hex, 0),
	    1);
	return len;
}

void
check_bytes(const void *is, size_t len, const char *hex)
{
	uint8_t want[SECRET_MAX];

	ATF_REQUIRE_EQ(hex_bytes(hex, want), len);
	ATF_CHECK_EQ(memcmp(is, want, len), 0);
}

CK_RV
derive_once(CK_MECHANISM_TYPE type, void *parameter, size_t len,
    struct key *base, size_t wanted, uint8_t out[SECRET_MAX], size_t *out_len)
{
	CK_MECHANISM how = { type, parameter, len };
	struct derive_args args = { .class = CKO_SECRET_KEY,
		.type = CKK_GENERIC_SECRET, .len = wanted };
	_cleanup_(derived_wipe) struct derived made = { .count = 0 };

	TRY(mech_derive(mech_find(type), &how, base, &args, &made));
	ATF_REQUIRE_EQ(made.count, 1);
	*out_len = made.keys[0].made.value.len;
	ATF_REQUIRE(*out_len <= SECRET_MAX);
	memcpy(out, made.keys[0].made.value.data, *out_len);
	return CKR_OK;
}

CK_RV
derive_plain(struct key *base, struct span point, uint8_t out[SECRET_MAX],
    size_t *out_len)
{
	CK_ECDH1_DERIVE_PARAMS p = { CKD_NULL, 0, NULL, point.len,
		(CK_BYTE *)(uintptr_t)point.data };

	return derive_once(CKM_ECDH1_DERIVE, &p, sizeof(p), base, 0, out,
	    out_len);
}

size_t
other_agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t out[SECRET_MAX])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture_open(), own,
	    NULL);
	size_t len = SECRET_MAX;

	ATF_REQUIRE_EQ(EVP_PKEY_derive_init(ctx), 1);
	if (EVP_PKEY_is_a(own, "DH") || EVP_PKEY_is_a(own, "DHX"))
		ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_dh_pad(ctx, 1), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_derive_set_peer(ctx, peer), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_derive(ctx, out, &len), 1);
	EVP_PKEY_CTX_free(ctx);
	return len;
}

void
other_kdf(const char *name, const char *md, struct span secret,
    struct span info, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(fixture_open(), name, NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
		    (char *)(uintptr_t)md, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
		    (void *)(uintptr_t)secret.data, secret.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
		    (void *)(uintptr_t)info.data, info.len),
		OSSL_PARAM_construct_end(),
	};

	if (info.len == 0)
		params[2] = params[3];
	ATF_REQUIRE(ctx != NULL);
	ATF_REQUIRE_EQ(EVP_KDF_derive(ctx, out, len, params), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}
