/* Keys wrapped under a temporary AES key: what plain libcrypto wraps is
 * unwrapped, and what is wrapped plain libcrypto unwraps. */
#include <atf-c.h>
#include <openssl/rsa.h>
#include <string.h>

#include "module/mech/agree_fixture.h"

static const size_t lengths[] = { 1, 16, 33, 700 };
static const CK_ULONG aes_bits[] = { 128, 192, 256 };
static uint8_t plain[700];

/* RFC 5649 by plain libcrypto. */
static size_t
other_kwp(bool wraps, struct span aes, struct span in, uint8_t *out)
{
	const char *name = aes.len == 16 ? "AES-128-WRAP-PAD"
	    : aes.len == 24 ? "AES-192-WRAP-PAD" : "AES-256-WRAP-PAD";
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(fixture_open(), name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ATF_REQUIRE_EQ(EVP_CipherInit_ex2(ctx, cipher, aes.data, NULL, wraps,
	    NULL), 1);
	ATF_REQUIRE_EQ(EVP_CipherUpdate(ctx, out, &len, in.data,
	    (int)in.len), 1);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return (size_t)len;
}

static size_t
other_oaep(EVP_PKEY *pkey, bool encrypts, struct span in, uint8_t *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture_open(), pkey,
	    NULL);
	size_t len = SECRET_MAX;

	ATF_REQUIRE_EQ((encrypts ? EVP_PKEY_encrypt_init
	                         : EVP_PKEY_decrypt_init)(ctx), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_rsa_padding(ctx,
	    RSA_PKCS1_OAEP_PADDING), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA2-384",
	    NULL), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, "SHA3-256",
	    NULL), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_CTX_set0_rsa_oaep_label(ctx,
	    OPENSSL_strdup("label"), 5), 1);
	ATF_REQUIRE_EQ((encrypts ? EVP_PKEY_encrypt : EVP_PKEY_decrypt)(ctx,
	    out, &len, in.data, in.len), 1);
	EVP_PKEY_CTX_free(ctx);
	return len;
}

static CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA384, CKG_MGF1_SHA3_256,
	CKZ_DATA_SPECIFIED, (void *)(uintptr_t)"label", 5 };

static CK_RV
wrap(const CK_MECHANISM *how, struct key *key, size_t len,
    struct secret *out)
{
	return mech_wrap(mech_find(how->mechanism), how, key,
	    (struct span){ plain, len }, out);
}

/* What is unwrapped is the first len bytes of plain. */
static void
check_unwraps(const CK_MECHANISM *how, struct key *key, struct span wrapped,
    size_t len)
{
	struct secret is = { NULL, 0 };

	ATF_REQUIRE_EQ(mech_unwrap(mech_find(how->mechanism), how, key,
	    wrapped, &is), CKR_OK);
	ATF_REQUIRE_EQ(is.len, len);
	ATF_CHECK_EQ(memcmp(is.data, plain, len), 0);
	secret_wipe(&is);
}

static void
check_plain(struct span aes, struct span wrapped, size_t len)
{
	uint8_t is[2 * SECRET_MAX];

	ATF_REQUIRE_EQ(other_kwp(false, aes, wrapped, is), len);
	ATF_CHECK_EQ(memcmp(is, plain, len), 0);
}

static void
check_rsa(struct pair *p, CK_ULONG bits, size_t len)
{
	CK_RSA_AES_KEY_WRAP_PARAMS param = { bits, &oaep };
	CK_MECHANISM how = { CKM_RSA_AES_KEY_WRAP, &param, sizeof(param) };
	uint8_t aes[SECRET_MAX], bytes[2 * SECRET_MAX];
	struct secret ours = { NULL, 0 };
	size_t n;

	ATF_REQUIRE_EQ(wrap(&how, p->public, len, &ours), CKR_OK);
	n = other_oaep(p->pkey, false, (struct span){ ours.data, 256 }, aes);
	ATF_REQUIRE_EQ(n, bits / 8);
	check_plain((struct span){ aes, n }, (struct span){ ours.data + 256,
	    ours.len - 256 }, len);
	check_unwraps(&how, p->private, (struct span){ ours.data, ours.len },
	    len);
	secret_wipe(&ours);

	n = other_oaep(p->pkey, true, (struct span){ aes, bits / 8 }, bytes);
	n += other_kwp(true, (struct span){ aes, bits / 8 },
	    (struct span){ plain, len }, bytes + n);
	check_unwraps(&how, p->private, (struct span){ bytes, n }, len);
}

ATF_TC_WITHOUT_HEAD(rsa__both_ways);
ATF_TC_BODY(rsa__both_ways, tc)
{
	struct pair p;

	memset(plain, 0x77, sizeof(plain));
	pair_make("RSA-2048", &p);
	for (size_t i = 0; i < COUNT(aes_bits); i++)
		for (size_t k = 0; k < COUNT(lengths); k++)
			check_rsa(&p, aes_bits[i], lengths[k]);
	pair_wipe(&p);
}

/* EC */

static EVP_PKEY *
other_peer(EVP_PKEY *own, const uint8_t *point, size_t len)
{
	EVP_PKEY *peer = EVP_PKEY_new();

	ATF_REQUIRE_EQ(EVP_PKEY_copy_parameters(peer, own), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_set1_encoded_public_key(peer, point, len), 1);
	return peer;
}

static EVP_PKEY *
other_raw(const char *curve, const uint8_t *point, size_t len)
{
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(fixture_open(),
	    curve, NULL, point, len);

	ATF_REQUIRE(peer != NULL);
	return peer;
}

static void
other_aes(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *out, size_t len)
{
	uint8_t secret[SECRET_MAX];
	size_t n = other_agree(own, peer, secret);

	other_kdf("X963KDF", "SHA2-256", (struct span){ secret, n },
	    (struct span){ "info", 4 }, out, len);
}

static const struct ec_row {
	CK_MECHANISM_TYPE mech;
	const char *curve;
	size_t header, point; /* bytes in front, and of the point behind them */
} ec_rows[] = {
	{ CKM_ECDH_AES_KEY_WRAP, "P-256", 0, 65 },
	{ CKM_ECDH_AES_KEY_WRAP, "P-521", 0, 133 },
	{ CKM_ECDH_AES_KEY_WRAP, "X25519", 0, 32 },
	{ CKM_ECDH_COF_AES_KEY_WRAP, "P-256", 2, 65 },
	{ CKM_ECDH_COF_AES_KEY_WRAP, "P-521", 3, 133 },
	{ CKM_ECDH_COF_AES_KEY_WRAP, "brainpoolP320r1", 2, 81 },
	{ CKM_ECDH_X_AES_KEY_WRAP, "X25519", 0, 32 },
	{ CKM_ECDH_X_AES_KEY_WRAP, "X448", 0, 56 },
};

/* Theirs: their key pair's point in front. */
static size_t
other_wrap(const struct ec_row *row, struct pair *own, size_t aes_len,
    size_t len, uint8_t *out)
{
	uint8_t aes[32];
	struct pair once;
	size_t n = row->header + row->point;

	pair_make(row->curve, &once);
	if (row->header == 2)
		memcpy(out, (uint8_t[]){ 4, (uint8_t)row->point }, 2);
	else if (row->header == 3)
		memcpy(out, (uint8_t[]){ 4, 0x81, (uint8_t)row->point }, 3);
	ATF_REQUIRE_EQ(once.public_parts.point.len, row->point);
	memcpy(out + row->header, once.public_parts.point.data, row->point);
	other_aes(once.pkey, own->pkey, aes, aes_len);
	n += other_kwp(true, (struct span){ aes, aes_len },
	    (struct span){ plain, len }, out + n);
	pair_wipe(&once);
	return n;
}

static void
check_ec(const struct ec_row *row, struct pair *p, CK_ULONG bits, size_t len)
{
	CK_ECDH_AES_KEY_WRAP_PARAMS param = { bits, CKD_SHA256_KDF, 4,
		(CK_BYTE *)(uintptr_t)"info" };
	CK_MECHANISM how = { row->mech, &param, sizeof(param) };
	size_t front = row->header + row->point, n;
	uint8_t aes[32], bytes[2 * SECRET_MAX];
	struct secret ours = { NULL, 0 };
	EVP_PKEY *peer;

	ATF_REQUIRE_EQ(wrap(&how, p->public, len, &ours), CKR_OK);
	ATF_REQUIRE(ours.len > front);
	peer = row->curve[0] == 'X'
	    ? other_raw(row->curve, ours.data, row->point)
	    : other_peer(p->pkey, ours.data + row->header, row->point);
	other_aes(p->pkey, peer, aes, bits / 8);
	check_plain((struct span){ aes, bits / 8 }, (struct span){ ours.data +
	    front, ours.len - front }, len);
	check_unwraps(&how, p->private, (struct span){ ours.data, ours.len },
	    len);
	EVP_PKEY_free(peer);
	secret_wipe(&ours);

	n = other_wrap(row, p, bits / 8, len, bytes);
	check_unwraps(&how, p->private, (struct span){ bytes, n }, len);
}

ATF_TC_WITHOUT_HEAD(ec__both_ways);
ATF_TC_BODY(ec__both_ways, tc)
{
	memset(plain, 0x77, sizeof(plain));
	for (size_t r = 0; r < COUNT(ec_rows); r++) {
		struct pair p;

		pair_make(ec_rows[r].curve, &p);
		for (size_t i = 0; i < COUNT(aes_bits); i++)
			for (size_t k = 0; k < COUNT(lengths); k++)
				check_ec(&ec_rows[r], &p, aes_bits[i],
				    lengths[k]);
		pair_wipe(&p);
	}
}

/* Without a kdf the AES key is the first bytes of the secret. */
ATF_TC_WITHOUT_HEAD(ec__secret_as_it_is);
ATF_TC_BODY(ec__secret_as_it_is, tc)
{
	CK_ECDH_AES_KEY_WRAP_PARAMS param = { 128, CKD_NULL, 0, NULL };
	CK_MECHANISM how = { CKM_ECDH_X_AES_KEY_WRAP, &param, sizeof(param) };
	uint8_t secret[SECRET_MAX];
	struct secret ours = { NULL, 0 };
	EVP_PKEY *peer;
	struct pair p;

	pair_make("X25519", &p);
	ATF_REQUIRE_EQ(wrap(&how, p.public, 40, &ours), CKR_OK);
	peer = other_raw("X25519", ours.data, 32);
	ATF_REQUIRE_EQ(other_agree(p.pkey, peer, secret), 32);
	check_plain((struct span){ secret, 16 }, (struct span){ ours.data +
	    32, ours.len - 32 }, 40);
	EVP_PKEY_free(peer);
	secret_wipe(&ours);
	pair_wipe(&p);
	/* 28 bytes are no AES key of 256 bits */
	pair_make("P-224", &p);
	param.ulAESKeyBits = 256;
	how.mechanism = CKM_ECDH_AES_KEY_WRAP;
	ATF_CHECK_EQ(wrap(&how, p.public, 40, &ours),
	    CKR_MECHANISM_PARAM_INVALID);
	pair_wipe(&p);
}

/* Each byte of what is wrapped counts, and so does its length. */
ATF_TC_WITHOUT_HEAD(wrapped__that_was_changed);
ATF_TC_BODY(wrapped__that_was_changed, tc)
{
	CK_RSA_AES_KEY_WRAP_PARAMS with_rsa = { 256, &oaep };
	CK_ECDH_AES_KEY_WRAP_PARAMS with_ec = { 256, CKD_SHA1_KDF, 0, NULL };
	const CK_MECHANISM ways[] = {
		{ CKM_RSA_AES_KEY_WRAP, &with_rsa, sizeof(with_rsa) },
		{ CKM_ECDH_AES_KEY_WRAP, &with_ec, sizeof(with_ec) },
		{ CKM_ECDH_COF_AES_KEY_WRAP, &with_ec, sizeof(with_ec) },
	};

	for (size_t i = 0; i < COUNT(ways); i++) {
		const struct mech *mech;
		struct secret w = { NULL, 0 }, is = { NULL, 0 };
		struct pair p;

		pair_make(i == 0 ? "RSA-2048" : "P-256", &p);
		mech = mech_find(ways[i].mechanism);
		ATF_REQUIRE_EQ(wrap(&ways[i], p.public, 32, &w), CKR_OK);
		for (size_t at = 0; at < w.len; at += 5) {
			w.data[at] ^= 1;
			ATF_CHECK(mech_unwrap(mech, &ways[i], p.private,
			    (struct span){ w.data, w.len }, &is) != CKR_OK);
			w.data[at] ^= 1;
		}
		for (size_t n = 0; n < w.len; n++)
			ATF_CHECK(mech_unwrap(mech, &ways[i], p.private,
			    (struct span){ w.data, n }, &is) != CKR_OK);
		secret_wipe(&w);
		pair_wipe(&p);
	}
}

/* The AES key is as long as the parameter says. */
ATF_TC_WITHOUT_HEAD(rsa__length_of_the_aes_key);
ATF_TC_BODY(rsa__length_of_the_aes_key, tc)
{
	CK_RSA_AES_KEY_WRAP_PARAMS param = { 128, &oaep };
	CK_MECHANISM how = { CKM_RSA_AES_KEY_WRAP, &param, sizeof(param) };
	struct secret w = { NULL, 0 }, is = { NULL, 0 };
	struct pair p;

	pair_make("RSA-2048", &p);
	ATF_REQUIRE_EQ(wrap(&how, p.public, 32, &w), CKR_OK);
	param.ulAESKeyBits = 256;
	ATF_CHECK_EQ(mech_unwrap(mech_find(how.mechanism), &how, p.private,
	    (struct span){ w.data, w.len }, &is), CKR_WRAPPED_KEY_INVALID);
	secret_wipe(&w);
	pair_wipe(&p);
}

ATF_TC_WITHOUT_HEAD(parameter__that_is_none);
ATF_TC_BODY(parameter__that_is_none, tc)
{
	CK_RSA_AES_KEY_WRAP_PARAMS with_rsa = { 256, NULL };
	CK_ECDH_AES_KEY_WRAP_PARAMS with_ec = { 0, CKD_SHA1_KDF, 0, NULL };
	CK_MECHANISM how = { CKM_RSA_AES_KEY_WRAP, &with_rsa,
		sizeof(with_rsa) };
	struct secret w = { NULL, 0 };
	struct pair rsa, ec;

	pair_make("RSA-2048", &rsa);
	pair_make("P-256", &ec);
	ATF_CHECK_EQ(wrap(&how, rsa.public, 32, &w),
	    CKR_MECHANISM_PARAM_INVALID);
	with_rsa.pOAEPParams = &oaep;
	with_rsa.ulAESKeyBits = 64;
	ATF_CHECK_EQ(wrap(&how, rsa.public, 32, &w),
	    CKR_MECHANISM_PARAM_INVALID);
	with_rsa.ulAESKeyBits = 128;
	ATF_CHECK_EQ(wrap(&how, rsa.private, 32, &w),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	ATF_CHECK_EQ(wrap(&how, ec.public, 32, &w),
	    CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
	how = (CK_MECHANISM){ CKM_ECDH_AES_KEY_WRAP, &with_ec,
		sizeof(with_ec) };
	ATF_CHECK_EQ(wrap(&how, ec.public, 32, &w),
	    CKR_MECHANISM_PARAM_INVALID);
	with_ec = (CK_ECDH_AES_KEY_WRAP_PARAMS){ 256, 0, 0, NULL };
	ATF_CHECK_EQ(wrap(&how, ec.public, 32, &w),
	    CKR_MECHANISM_PARAM_INVALID);
	how.pParameter = NULL;
	ATF_CHECK_EQ(wrap(&how, ec.public, 32, &w),
	    CKR_MECHANISM_PARAM_INVALID);
	pair_wipe(&rsa);
	pair_wipe(&ec);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, rsa__both_ways);
	ATF_TP_ADD_TC(tp, ec__both_ways);
	ATF_TP_ADD_TC(tp, ec__secret_as_it_is);
	ATF_TP_ADD_TC(tp, wrapped__that_was_changed);
	ATF_TP_ADD_TC(tp, rsa__length_of_the_aes_key);
	ATF_TP_ADD_TC(tp, parameter__that_is_none);
	return atf_no_error();
}
