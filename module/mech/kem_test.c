/* Encapsulation by agreement and by RSA: plain libcrypto opens what is closed
 * here, and the other way round. */
#include <atf-c.h>
#include <openssl/rsa.h>
#include <string.h>

#include "module/mech/agree_fixture.h"
#include "module/mech/ffc_fixture.h"

static CK_ECDH1_DERIVE_PARAMS ec_plain = { CKD_NULL, 0, NULL, 0, NULL };
static CK_ECDH1_DERIVE_PARAMS ec_kdf = { CKD_SHA256_KDF, 0, NULL, 0, NULL };
static CK_X9_42_DH1_DERIVE_PARAMS x942 = { CKD_NULL, 0, NULL, 0, NULL };
static CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA256, CKG_MGF1_SHA256,
	CKZ_DATA_SPECIFIED, NULL, 0 };

static const struct row {
	CK_MECHANISM how;
	const char *pair;
	size_t len, cipher; /* of the secret asked for, of the ciphertext */
	size_t whole;       /* of the secret that nobody asks about; 0: must */
	int padding;        /* of RSA */
} rows[] = {
	{ { CKM_ECDH1_DERIVE, &ec_plain, sizeof(ec_plain) }, "P-256", 24, 65,
	    32, 0 },
	{ { CKM_ECDH1_DERIVE, &ec_kdf, sizeof(ec_kdf) }, "P-256", 48, 65, 0,
	    0 },
	{ { CKM_ECDH1_DERIVE, &ec_plain, sizeof(ec_plain) }, "X25519", 32, 32,
	    32, 0 },
	{ { CKM_ECDH1_DERIVE, &ec_kdf, sizeof(ec_kdf) }, "X448", 32, 56, 0,
	    0 },
	{ { CKM_ECDH1_COFACTOR_DERIVE, &ec_plain, sizeof(ec_plain) },
	    "brainpoolP512r1", 32, 129, 64, 0 },
	{ { CKM_DH_PKCS_DERIVE, NULL, 0 }, "ffdhe2048", 32, 256, 256, 0 },
	{ { CKM_X9_42_DH_DERIVE, &x942, sizeof(x942) }, "dh_2048_256", 16,
	    256, 256, 0 },
	{ { CKM_RSA_PKCS, NULL, 0 }, "RSA-2048", 48, 256, 0,
	    RSA_PKCS1_PADDING },
	{ { CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) }, "RSA-2048", 32, 256, 0,
	    RSA_PKCS1_OAEP_PADDING },
	{ { CKM_RSA_X_509, NULL, 0 }, "RSA-2048", 256, 256, 256,
	    RSA_NO_PADDING },
};

static void
make(const char *name, struct pair *out)
{
	if (strncmp(name, "ff", 2) == 0 || strncmp(name, "dh", 2) == 0)
		ffc_pair_make(name, out);
	else
		pair_make(name, out);
}

static EVP_PKEY *
other_peer(const struct row *row, EVP_PKEY *like, const struct secret *bytes)
{
	EVP_PKEY *peer = NULL;

	if (row->pair[0] == 'X')
		return EVP_PKEY_new_raw_public_key_ex(fixture_open(),
		    row->pair, NULL, bytes->data, bytes->len);
	peer = EVP_PKEY_new();
	ATF_REQUIRE_EQ(EVP_PKEY_copy_parameters(peer, like), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_set1_encoded_public_key(peer, bytes->data,
	    bytes->len), 1);
	return peer;
}

/* What the row makes of an agreement: a hash of it, or its end. */
static void
shape(const struct row *row, const uint8_t *secret, size_t n, uint8_t *out)
{
	if (row->how.pParameter == &ec_kdf)
		other_kdf("X963KDF", "SHA2-256", (struct span){ secret, n },
		    (struct span){ NULL, 0 }, out, row->len);
	else
		memcpy(out, secret + n - row->len, row->len);
}

static void
other_open(const struct row *row, const struct pair *p,
    const struct secret *ciphertext, uint8_t out[SECRET_MAX])
{
	uint8_t secret[SECRET_MAX];
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *peer;
	size_t n = SECRET_MAX;

	if (row->padding == 0) {
		peer = other_peer(row, p->pkey, ciphertext);
		ATF_REQUIRE(peer != NULL);
		n = other_agree(p->pkey, peer, secret);
		shape(row, secret, n, out);
		EVP_PKEY_free(peer);
		return;
	}
	ctx = EVP_PKEY_CTX_new_from_pkey(fixture_open(), p->pkey, NULL);
	ATF_REQUIRE_EQ(EVP_PKEY_decrypt_init(ctx), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_rsa_padding(ctx, row->padding), 1);
	if (row->padding == RSA_PKCS1_OAEP_PADDING)
		ATF_REQUIRE_EQ(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx,
		    "SHA2-256", NULL), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_decrypt(ctx, out, &n, ciphertext->data,
	    ciphertext->len), 1);
	ATF_CHECK_EQ(n, row->len);
	EVP_PKEY_CTX_free(ctx);
}

static CK_RV
encapsulate(const struct row *row, struct key *key, size_t len,
    struct secret *text, struct secret *shared)
{
	const struct mech *m = mech_find(row->how.mechanism);

	ATF_CHECK_EQ(mech_encapsulated_size(m, key), row->cipher);
	return mech_encapsulate_as(m, &row->how, key, len, text, shared);
}

static CK_RV
decapsulate(const struct row *row, struct key *key, size_t len,
    const struct secret *text, struct secret *shared)
{
	return mech_decapsulate_as(mech_find(row->how.mechanism), &row->how,
	    key, len, (struct span){ text->data, text->len }, shared);
}

ATF_TC_WITHOUT_HEAD(kem__both_ways);
ATF_TC_BODY(kem__both_ways, tc)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct secret text = { NULL, 0 }, ours = { NULL, 0 };
		struct secret back = { NULL, 0 };
		uint8_t theirs[SECRET_MAX];
		struct pair p;

		make(row->pair, &p);
		ATF_REQUIRE_EQ_MSG(encapsulate(row, p.public, row->len, &text,
		    &ours), CKR_OK, "row %zu", i);
		ATF_REQUIRE_EQ(text.len, row->cipher);
		ATF_REQUIRE_EQ(ours.len, row->len);
		other_open(row, &p, &text, theirs);
		ATF_CHECK_EQ_MSG(memcmp(theirs, ours.data, row->len), 0,
		    "row %zu", i);
		ATF_REQUIRE_EQ(decapsulate(row, p.private, row->len, &text,
		    &back), CKR_OK);
		ATF_REQUIRE_EQ(back.len, row->len);
		ATF_CHECK_EQ(memcmp(back.data, ours.data, row->len), 0);
		secret_wipe(&text);
		secret_wipe(&ours);
		secret_wipe(&back);
		pair_wipe(&p);
	}
}

/* No two are the same. */
ATF_TC_WITHOUT_HEAD(kem__new_each_time);
ATF_TC_BODY(kem__new_each_time, tc)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct secret text[2] = { { NULL, 0 } };
		struct secret ours[2] = { { NULL, 0 } };
		struct pair p;

		make(row->pair, &p);
		for (size_t k = 0; k < 2; k++)
			ATF_REQUIRE_EQ(encapsulate(row, p.public, row->len,
			    &text[k], &ours[k]), CKR_OK);
		ATF_CHECK(memcmp(text[0].data, text[1].data,
		    row->cipher) != 0);
		ATF_CHECK(memcmp(ours[0].data, ours[1].data, row->len) != 0);
		for (size_t k = 0; k < 2; k++) {
			secret_wipe(&text[k]);
			secret_wipe(&ours[k]);
		}
		pair_wipe(&p);
	}
}

ATF_TC_WITHOUT_HEAD(kem__lengths);
ATF_TC_BODY(kem__lengths, tc)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct secret text = { NULL, 0 }, ours = { NULL, 0 };
		struct pair p;

		make(row->pair, &p);
		ATF_CHECK_EQ_MSG(encapsulate(row, p.public, 0, &text, &ours),
		    row->whole != 0 ? CKR_OK : CKR_TEMPLATE_INCOMPLETE,
		    "row %zu", i);
		ATF_CHECK_EQ(ours.len, row->whole);
		secret_wipe(&text);
		secret_wipe(&ours);
		if (row->padding != 0) {
			ATF_REQUIRE_EQ(encapsulate(row, p.public, row->len,
			    &text, &ours), CKR_OK);
			secret_wipe(&ours);
			ATF_CHECK_EQ(decapsulate(row, p.private, row->len - 1,
			    &text, &ours), CKR_WRAPPED_KEY_LEN_RANGE);
			secret_wipe(&text);
		}
		ATF_CHECK_EQ(encapsulate(row, p.public, 1UL << 20, &text,
		    &ours), CKR_TEMPLATE_INCONSISTENT);
		ATF_CHECK_EQ(encapsulate(row, p.private, row->len, &text,
		    &ours), CKR_KEY_FUNCTION_NOT_PERMITTED);
		pair_wipe(&p);
	}
}

ATF_TC_WITHOUT_HEAD(kem__ciphertexts_that_are_none);
ATF_TC_BODY(kem__ciphertexts_that_are_none, tc)
{
	uint8_t zeros[256] = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct secret text = { zeros, row->cipher - 1 };
		struct secret back = { NULL, 0 };
		struct pair p;
		CK_RV rv;

		make(row->pair, &p);
		rv = decapsulate(row, p.private, row->len, &text, &back);
		ATF_CHECK_MSG(rv == CKR_WRAPPED_KEY_LEN_RANGE ||
		    rv == CKR_WRAPPED_KEY_INVALID, "row %zu: 0x%lx", i, rv);
		if (row->padding == RSA_NO_PADDING) {
			pair_wipe(&p);
			continue; /* zero is a number like any other */
		}
		text.len++;
		rv = decapsulate(row, p.private, row->len, &text, &back);
		ATF_CHECK_MSG(rv == CKR_WRAPPED_KEY_LEN_RANGE ||
		    rv == CKR_WRAPPED_KEY_INVALID, "row %zu: 0x%lx", i, rv);
		pair_wipe(&p);
	}
}

/* The other party's public value is the ciphertext, no parameter. */
ATF_TC_WITHOUT_HEAD(kem__parameters);
ATF_TC_BODY(kem__parameters, tc)
{
	struct secret text = { NULL, 0 }, ours = { NULL, 0 };
	CK_ECDH1_DERIVE_PARAMS params = ec_plain;
	CK_MECHANISM how = { CKM_ECDH1_DERIVE, &params, sizeof(params) };
	struct pair ec, dh;

	pair_make("P-256", &ec);
	ffc_pair_make("ffdhe2048", &dh);
	params.pPublicData = (CK_BYTE *)(uintptr_t)ec.public_parts.point.data;
	params.ulPublicDataLen = ec.public_parts.point.len;
	ATF_CHECK_EQ(mech_encapsulate_as(mech_find(how.mechanism), &how,
	    ec.public, 32, &text, &ours), CKR_MECHANISM_PARAM_INVALID);
	how.pParameter = NULL;
	ATF_CHECK_EQ(mech_encapsulate_as(mech_find(how.mechanism), &how,
	    ec.public, 32, &text, &ours), CKR_MECHANISM_PARAM_INVALID);
	how = (CK_MECHANISM){ CKM_DH_PKCS_DERIVE,
		(void *)(uintptr_t)dh.public_parts.value.data, 256 };
	ATF_CHECK_EQ(mech_encapsulate_as(mech_find(how.mechanism), &how,
	    dh.public, 32, &text, &ours), CKR_MECHANISM_PARAM_INVALID);
	pair_wipe(&ec);
	pair_wipe(&dh);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, kem__both_ways);
	ATF_TP_ADD_TC(tp, kem__new_each_time);
	ATF_TP_ADD_TC(tp, kem__lengths);
	ATF_TP_ADD_TC(tp, kem__ciphertexts_that_are_none);
	ATF_TP_ADD_TC(tp, kem__parameters);
	return atf_no_error();
}
