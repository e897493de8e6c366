/* Agreement and key transport through the ABI: both sides come to the same key,
 * and private keys of every kind travel wrapped. */
#include "tests/lib/p11.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#define BYTES(text) (void *)(uintptr_t)(text), sizeof(text) - 1

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

struct keys {
	CK_OBJECT_HANDLE public, private;
};

/* Extractable, for everything that its type can. */
static void
generate(CK_SESSION_HANDLE s, CK_MECHANISM_TYPE type, CK_ATTRIBUTE *domain,
    CK_ULONG n, struct keys *out)
{
	CK_MECHANISM how = { type, NULL, 0 };
	CK_ATTRIBUTE private_t[] = {
		{ CKA_DERIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
	};

	REQUIRE_OK(p11->C_GenerateKeyPair(s, &how, domain, n, private_t,
	    COUNT(private_t), &out->public, &out->private));
}

static CK_ULONG
get(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type,
    CK_BYTE out[2048])
{
	CK_ATTRIBUTE t = { type, out, 2048 };

	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
	return t.ulValueLen;
}

static void
check_same(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE a, CK_OBJECT_HANDLE b,
    CK_ATTRIBUTE_TYPE type)
{
	CK_BYTE one[2048], two[2048];
	CK_ULONG len = get(s, a, type, one);

	ATF_REQUIRE_EQ(get(s, b, type, two), len);
	ATF_CHECK_EQ_MSG(memcmp(one, two, len), 0, "attribute 0x%lx", type);
}

/* The ways to a key pair: what generates it, and in what domain. */

static CK_BYTE prime[256];
static CK_BYTE prime_x942[256], base_x942[256], subprime_x942[32];
static CK_ULONG rsa_bits = 2048;

static const struct kind {
	CK_MECHANISM_TYPE generate, derive;
	CK_ATTRIBUTE domain[3];
	CK_ULONG n;
	CK_ATTRIBUTE_TYPE public; /* where the public value is */
} kinds[] = {
	{ CKM_RSA_PKCS_KEY_PAIR_GEN, 0,
	    { { CKA_MODULUS_BITS, &rsa_bits, sizeof(rsa_bits) } }, 1,
	    CKA_MODULUS },
	{ CKM_EC_KEY_PAIR_GEN, CKM_ECDH1_DERIVE,
	    { { CKA_EC_PARAMS, BYTES("\x13\x05P-224") } }, 1, CKA_EC_POINT },
	{ CKM_EC_KEY_PAIR_GEN, CKM_ECDH1_COFACTOR_DERIVE,
	    { { CKA_EC_PARAMS, BYTES("\x06\x05\x2b\x81\x04\x00\x23") } }, 1,
	    CKA_EC_POINT },
	{ CKM_EC_KEY_PAIR_GEN, CKM_ECDH1_DERIVE,
	    { { CKA_EC_PARAMS, BYTES("\x13\x09secp256k1") } }, 1,
	    CKA_EC_POINT },
	{ CKM_EC_KEY_PAIR_GEN, CKM_ECDH1_DERIVE,
	    { { CKA_EC_PARAMS, BYTES("\x13\x0f" "brainpoolP384r1") } }, 1,
	    CKA_EC_POINT },
	{ CKM_EC_KEY_PAIR_GEN, CKM_ECDH1_DERIVE,
	    { { CKA_EC_PARAMS, BYTES("\x13\x0f" "brainpoolP512t1") } }, 1,
	    CKA_EC_POINT },
	{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKM_ECDH1_DERIVE,
	    { { CKA_EC_PARAMS, BYTES("\x13\x0a" "curve25519") } }, 1,
	    CKA_EC_POINT },
	{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKM_ECDH1_DERIVE,
	    { { CKA_EC_PARAMS, BYTES("\x06\x03\x2b\x65\x6f") } }, 1,
	    CKA_EC_POINT },
	{ CKM_EC_EDWARDS_KEY_PAIR_GEN, 0,
	    { { CKA_EC_PARAMS, BYTES("\x06\x03\x2b\x65\x70") } }, 1,
	    CKA_EC_POINT },
	{ CKM_DH_PKCS_KEY_PAIR_GEN, CKM_DH_PKCS_DERIVE,
	    { { CKA_PRIME, prime, sizeof(prime) },
	      { CKA_BASE, BYTES("\2") } }, 2, CKA_VALUE },
	{ CKM_X9_42_DH_KEY_PAIR_GEN, CKM_X9_42_DH_DERIVE,
	    { { CKA_PRIME, prime_x942, sizeof(prime_x942) },
	      { CKA_BASE, base_x942, sizeof(base_x942) },
	      { CKA_SUBPRIME, subprime_x942, sizeof(subprime_x942) } }, 3,
	    CKA_VALUE },
};

static void
number(const EVP_PKEY *pkey, const char *name, CK_BYTE *out, int len)
{
	BIGNUM *n = NULL;

	ATF_REQUIRE_EQ(EVP_PKEY_get_bn_param(pkey, name, &n), 1);
	ATF_REQUIRE_EQ(BN_bn2binpad(n, out, len), len);
	BN_free(n);
}

static void
domains_fill(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DHX", NULL);
	char group[] = "dh_2048_256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("group", group, 0),
		OSSL_PARAM_construct_end(),
	};
	BIGNUM *p = BN_get_rfc3526_prime_2048(NULL);
	EVP_PKEY *pkey = NULL;

	ATF_REQUIRE_EQ(BN_bn2bin(p, prime), sizeof(prime));
	BN_free(p);
	ATF_REQUIRE_EQ(EVP_PKEY_fromdata_init(ctx), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEY_PARAMETERS,
	    params), 1);
	number(pkey, "p", prime_x942, sizeof(prime_x942));
	number(pkey, "g", base_x942, sizeof(base_x942));
	number(pkey, "q", subprime_x942, sizeof(subprime_x942));
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(ctx);
}

static void
make(CK_SESSION_HANDLE s, const struct kind *kind, struct keys *out)
{
	CK_ATTRIBUTE domain[3];

	memcpy(domain, kind->domain, sizeof(domain));
	generate(s, kind->generate, domain, kind->n, out);
}

static CK_OBJECT_HANDLE
derive(CK_SESSION_HANDLE s, const struct kind *kind, CK_OBJECT_HANDLE own,
    CK_OBJECT_HANDLE peer)
{
	CK_BYTE value[2048];
	CK_ULONG len = get(s, peer, kind->public, value), bytes = 24;
	CK_ECDH1_DERIVE_PARAMS ec = { CKD_NULL, 0, NULL, len, value };
	CK_X9_42_DH1_DERIVE_PARAMS x942 = { CKD_NULL, 0, NULL, len, value };
	CK_MECHANISM how = { kind->derive, &ec, sizeof(ec) };
	CK_KEY_TYPE aes = CKK_AES;
	CK_ATTRIBUTE t[] = {
		{ CKA_KEY_TYPE, &aes, sizeof(aes) },
		{ CKA_VALUE_LEN, &bytes, sizeof(bytes) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
	};
	CK_OBJECT_HANDLE made;

	if (kind->derive == CKM_DH_PKCS_DERIVE)
		how = (CK_MECHANISM){ kind->derive, value, len };
	else if (kind->derive == CKM_X9_42_DH_DERIVE)
		how = (CK_MECHANISM){ kind->derive, &x942, sizeof(x942) };
	REQUIRE_OK(p11->C_DeriveKey(s, &how, own, t, COUNT(t), &made));
	return made;
}

ATF_TC_WITHOUT_HEAD(derive__both_sides_agree);
ATF_TC_BODY(derive__both_sides_agree, tc)
{
	CK_SESSION_HANDLE s;
	CK_BYTE value[2048];

	domains_fill();
	p11_start();
	s = p11_session(p11_new_store("Alpha"), true);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		CK_OBJECT_HANDLE one, two;
		struct keys a, b;

		if (kinds[i].derive == 0)
			continue;
		make(s, &kinds[i], &a);
		make(s, &kinds[i], &b);
		one = derive(s, &kinds[i], a.private, b.public);
		two = derive(s, &kinds[i], b.private, a.public);
		ATF_CHECK_EQ(get(s, one, CKA_VALUE, value), 24);
		check_same(s, one, two, CKA_VALUE);
	}
}

/* Montgomery points are bare, all others in an OCTET STRING. */
ATF_TC_WITHOUT_HEAD(point__has_the_standards_form);
ATF_TC_BODY(point__has_the_standards_form, tc)
{
	CK_SESSION_HANDLE s;
	CK_BYTE point[2048];
	struct keys k;

	domains_fill();
	p11_start();
	s = p11_session(p11_new_store("Alpha"), true);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (kinds[i].public != CKA_EC_POINT)
			continue;
		make(s, &kinds[i], &k);
		if (kinds[i].generate == CKM_EC_MONTGOMERY_KEY_PAIR_GEN)
			ATF_CHECK_EQ(get(s, k.public, CKA_EC_POINT, point),
			    i == 6 ? 32 : 56);
		else if (get(s, k.public, CKA_EC_POINT, point) != 0)
			ATF_CHECK_EQ(point[0], 4);
	}
}

ATF_TC_WITHOUT_HEAD(public__from_private);
ATF_TC_BODY(public__from_private, tc)
{
	CK_MECHANISM how = { CKM_PUB_KEY_FROM_PRIV_KEY, NULL, 0 };
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY, secret = CKO_SECRET_KEY;
	CK_OBJECT_CLASS private = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE t[2] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE made;
	CK_KEY_TYPE aes = CKK_AES, x942 = CKK_X9_42_DH; /* the last kind */
	struct keys k;

	domains_fill();
	p11_start();
	s = p11_session(p11_new_store("Alpha"), true);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		make(s, &kinds[i], &k);
		REQUIRE_OK(p11->C_DeriveKey(s, &how, k.private, t, 1, &made));
		check_same(s, made, k.public, CKA_CLASS);
		check_same(s, made, k.public, CKA_KEY_TYPE);
		check_same(s, made, k.public, CKA_PUBLIC_KEY_INFO);
		check_same(s, made, k.public, kinds[i].public);
	}
	t[0] = (CK_ATTRIBUTE){ CKA_CLASS, &secret, sizeof(secret) };
	CHECK_RV(p11->C_DeriveKey(s, &how, k.private, t, 1, &made),
	    CKR_TEMPLATE_INCONSISTENT);
	t[0] = (CK_ATTRIBUTE){ CKA_CLASS, &private, sizeof(private) };
	t[1] = (CK_ATTRIBUTE){ CKA_KEY_TYPE, &x942, sizeof(x942) };
	CHECK_RV(p11->C_DeriveKey(s, &how, k.private, t, 2, &made),
	    CKR_TEMPLATE_INCONSISTENT);
	t[0] = (CK_ATTRIBUTE){ CKA_KEY_TYPE, &aes, sizeof(aes) };
	CHECK_RV(p11->C_DeriveKey(s, &how, k.private, t, 1, &made),
	    CKR_TEMPLATE_INCONSISTENT);
}

/* Wrapped and unwrapped again: the same public half. */
static void
check_travels(CK_SESSION_HANDLE s, CK_MECHANISM *how,
    const struct keys *wrapping, const struct keys *k)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = 0;
	CK_ATTRIBUTE is = { CKA_KEY_TYPE, &type, sizeof(type) };
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
	};
	CK_BYTE wrapped[4096];
	CK_ULONG len = 0, said;
	CK_OBJECT_HANDLE back;

	REQUIRE_OK(p11->C_GetAttributeValue(s, k->private, &is, 1));
	REQUIRE_OK(p11->C_WrapKey(s, how, wrapping->public, k->private, NULL,
	    &len));
	said = len;
	REQUIRE_OK(p11->C_WrapKey(s, how, wrapping->public, k->private,
	    wrapped, &len));
	ATF_CHECK(len <= said);
	REQUIRE_OK(p11->C_UnwrapKey(s, how, wrapping->private, wrapped, len,
	    t, COUNT(t), &back));
	check_same(s, back, k->private, CKA_PUBLIC_KEY_INFO);
	check_same(s, back, k->private, type == CKK_RSA
	    ? CKA_PRIVATE_EXPONENT
	    : CKA_VALUE);
	REQUIRE_OK(p11->C_DestroyObject(s, back));
	wrapped[len - 1] ^= 1;
	CHECK_RV(p11->C_UnwrapKey(s, how, wrapping->private, wrapped, len, t,
	    COUNT(t), &back), CKR_WRAPPED_KEY_INVALID);
}

ATF_TC_WITHOUT_HEAD(wrap__private_keys_of_every_kind);
ATF_TC_BODY(wrap__private_keys_of_every_kind, tc)
{
	CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA256, CKG_MGF1_SHA256,
		CKZ_DATA_SPECIFIED, NULL, 0 };
	CK_RSA_AES_KEY_WRAP_PARAMS with_rsa = { 256, &oaep };
	CK_ECDH_AES_KEY_WRAP_PARAMS with_ec = { 256, CKD_SHA256_KDF, 0,
		NULL };
	struct {
		CK_MECHANISM how;
		size_t kind; /* of the wrapping pair */
		struct keys pair;
	} ways[] = {
		{ { CKM_RSA_AES_KEY_WRAP, &with_rsa, sizeof(with_rsa) }, 0,
		    { 0, 0 } },
		{ { CKM_ECDH_AES_KEY_WRAP, &with_ec, sizeof(with_ec) }, 3,
		    { 0, 0 } },
		{ { CKM_ECDH_COF_AES_KEY_WRAP, &with_ec, sizeof(with_ec) }, 2,
		    { 0, 0 } },
		{ { CKM_ECDH_X_AES_KEY_WRAP, &with_ec, sizeof(with_ec) }, 6,
		    { 0, 0 } },
	};
	CK_SESSION_HANDLE s;

	domains_fill();
	p11_start();
	s = p11_session(p11_new_store("Alpha"), true);
	for (size_t w = 0; w < COUNT(ways); w++)
		make(s, &kinds[ways[w].kind], &ways[w].pair);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct keys k;

		make(s, &kinds[i], &k);
		for (size_t w = 0; w < COUNT(ways); w++)
			check_travels(s, &ways[w].how, &ways[w].pair, &k);
	}
}

/* A key closed for another's, and opened by it. */
ATF_TC_WITHOUT_HEAD(encapsulate__every_way);
ATF_TC_BODY(encapsulate__every_way, tc)
{
	CK_ECDH1_DERIVE_PARAMS ec = { CKD_SHA384_KDF, 0, NULL, 0, NULL };
	CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA256, CKG_MGF1_SHA256,
		CKZ_DATA_SPECIFIED, NULL, 0 };
	CK_X9_42_DH1_DERIVE_PARAMS x942 = { CKD_NULL, 0, NULL, 0, NULL };
	struct {
		CK_MECHANISM how;
		size_t kind;
	} ways[] = {
		{ { CKM_RSA_PKCS, NULL, 0 }, 0 },
		{ { CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) }, 0 },
		{ { CKM_ECDH1_DERIVE, &ec, sizeof(ec) }, 1 },
		{ { CKM_ECDH1_COFACTOR_DERIVE, &ec, sizeof(ec) }, 2 },
		{ { CKM_ECDH1_DERIVE, &ec, sizeof(ec) }, 6 },
		{ { CKM_DH_PKCS_DERIVE, NULL, 0 }, 9 },
		{ { CKM_X9_42_DH_DERIVE, &x942, sizeof(x942) }, 10 },
	};
	CK_KEY_TYPE aes = CKK_AES;
	CK_ULONG bytes = 32;
	CK_ATTRIBUTE t[] = {
		{ CKA_KEY_TYPE, &aes, sizeof(aes) },
		{ CKA_VALUE_LEN, &bytes, sizeof(bytes) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
	};
	CK_SESSION_HANDLE s;

	domains_fill();
	p11_start();
	s = p11_session(p11_new_store("Alpha"), true);
	for (size_t i = 0; i < COUNT(ways); i++) {
		CK_ATTRIBUTE may[] = {
			{ CKA_ENCAPSULATE, &yes, sizeof(yes) },
			{ CKA_DECAPSULATE, &yes, sizeof(yes) },
		};
		CK_BYTE text[512], value[2048];
		CK_ULONG len = sizeof(text);
		CK_OBJECT_HANDLE one, two;
		struct keys k;

		make(s, &kinds[ways[i].kind], &k);
		CHECK_RV(p11->C_EncapsulateKey(s, &ways[i].how, k.public, t,
		    COUNT(t), text, &len, &one),
		    CKR_KEY_FUNCTION_NOT_PERMITTED);
		REQUIRE_OK(p11->C_SetAttributeValue(s, k.public, &may[0], 1));
		REQUIRE_OK(p11->C_SetAttributeValue(s, k.private, &may[1],
		    1));
		len = sizeof(text);
		REQUIRE_OK(p11->C_EncapsulateKey(s, &ways[i].how, k.public, t,
		    COUNT(t), text, &len, &one));
		REQUIRE_OK(p11->C_DecapsulateKey(s, &ways[i].how, k.private,
		    t, COUNT(t), text, len, &two));
		ATF_CHECK_EQ(get(s, one, CKA_VALUE, value), 32);
		check_same(s, one, two, CKA_VALUE);
	}
}

/* The length of a private value may be asked for, and is told. */
ATF_TC_WITHOUT_HEAD(dh__value_bits);
ATF_TC_BODY(dh__value_bits, tc)
{
	CK_MECHANISM how = { CKM_DH_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_ULONG bits = 512, is = 0;
	CK_ATTRIBUTE domain[2], private_t = { CKA_VALUE_BITS, &bits,
		sizeof(bits) }, t = { CKA_VALUE_BITS, &is, sizeof(is) };
	CK_SESSION_HANDLE s;
	CK_BYTE value[2048];
	CK_ULONG len;
	struct keys k;

	domains_fill();
	p11_start();
	s = p11_session(p11_new_store("Alpha"), true);
	memcpy(domain, kinds[9].domain, sizeof(domain));
	/* half of the values are shorter than they may be */
	for (int i = 0; i < 16; i++) {
		REQUIRE_OK(p11->C_GenerateKeyPair(s, &how, domain, 2,
		    &private_t, 1, &k.public, &k.private));
		REQUIRE_OK(p11->C_GetAttributeValue(s, k.private, &t, 1));
		ATF_CHECK_EQ(is, 512);
	}
	generate(s, how.mechanism, domain, 2, &k);
	REQUIRE_OK(p11->C_GetAttributeValue(s, k.private, &t, 1));
	len = get(s, k.private, CKA_VALUE, value);
	ATF_CHECK(is > 8 * (len - 1) && is <= 8 * len);
	ATF_CHECK_EQ(value[0] >> (is - 8 * (len - 1) - 1), 1);
	bits = 4096;
	CHECK_RV(p11->C_GenerateKeyPair(s, &how, domain, 2, &private_t, 1,
	    &k.public, &k.private), CKR_ATTRIBUTE_VALUE_INVALID);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, derive__both_sides_agree);
	ATF_TP_ADD_TC(tp, point__has_the_standards_form);
	ATF_TP_ADD_TC(tp, public__from_private);
	ATF_TP_ADD_TC(tp, wrap__private_keys_of_every_kind);
	ATF_TP_ADD_TC(tp, encapsulate__every_way);
	ATF_TP_ADD_TC(tp, dh__value_bits);
	return atf_no_error();
}
