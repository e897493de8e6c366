/* DH of PKCS #3 and X9.42 against plain libcrypto, known answers, and numbers
 * that are no honest party's. */
#include <atf-c.h>
#include <openssl/bn.h>
#include <openssl/x509.h>
#include <string.h>

#include "module/crypto/pkcs8.h"
#include "module/mech/agree_fixture.h"
#include "module/mech/ffc_fixture.h"

static CK_RV
derive(const struct key_parts *own, struct key *key, struct span value,
    uint8_t out[SECRET_MAX], size_t *len)
{
	CK_X9_42_DH1_DERIVE_PARAMS p = { CKD_NULL, 0, NULL, value.len,
		(CK_BYTE *)(uintptr_t)value.data };

	if (own->type == CKK_DH)
		return derive_once(CKM_DH_PKCS_DERIVE,
		    (void *)(uintptr_t)value.data, value.len, key, 0, out,
		    len);
	return derive_once(CKM_X9_42_DH_DERIVE, &p, sizeof(p), key, 0, out,
	    len);
}

static const char *const groups[] = { "ffdhe2048", "ffdhe3072", "modp_1536",
	"modp_2048", "modp_4096", "dh_1024_160", "dh_2048_224",
	"dh_2048_256" };

static EVP_PKEY *
with_parameters(EVP_PKEY *own, struct span value)
{
	EVP_PKEY *peer = EVP_PKEY_new();

	ATF_REQUIRE_EQ(EVP_PKEY_copy_parameters(peer, own), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_set1_encoded_public_key(peer, value.data,
	    value.len), 1);
	return peer;
}

ATF_TC_WITHOUT_HEAD(derive__is_libcryptos_in_every_group);
ATF_TC_BODY(derive__is_libcryptos_in_every_group, tc)
{
	for (size_t i = 0; i < COUNT(groups); i++) {
		uint8_t want[SECRET_MAX], is[SECRET_MAX];
		struct pair a, b;
		size_t len;

		ffc_pair_make(groups[i], &a);
		ffc_pair_make(groups[i], &b);
		ATF_CHECK_EQ(key_bits(a.private), (unsigned)
		    EVP_PKEY_get_bits(a.pkey));
		ATF_REQUIRE_EQ(other_agree(a.pkey, b.pkey, want),
		    a.public_parts.prime.len);
		ATF_REQUIRE_EQ_MSG(derive(&a.private_parts, a.private,
		    b.public_parts.value, is, &len), CKR_OK, "%s", groups[i]);
		ATF_REQUIRE_EQ(len, a.public_parts.prime.len);
		ATF_CHECK_EQ(memcmp(is, want, len), 0);
		ATF_REQUIRE_EQ(derive(&b.private_parts, b.private,
		    a.public_parts.value, is, &len), CKR_OK);
		ATF_CHECK_EQ(memcmp(is, want, len), 0);
		pair_wipe(&a);
		pair_wipe(&b);
	}
}

/* RFC 5114 A.1. */
ATF_TC_WITHOUT_HEAD(derive__known_answer);
ATF_TC_BODY(derive__known_answer, tc)
{
	uint8_t x[SECRET_MAX], y[SECRET_MAX], is[SECRET_MAX];
	struct key_parts parts;
	struct key *key = NULL;
	struct pair p;
	size_t len, y_len = hex_bytes(
	    "717a6cb053371ff4a3b932941c1e5663f861a1d6ad34ae66"
	    "576dfb98f6c6cbf9ddd5a56c7833f6bcfdff095582ad868e"
	    "440e8d09fd769e3ceccdc3d3b1e4cfa057776caaf9739b6a"
	    "9fee8e7411f8d6dac09d6a4edb46cc2b5d5203090eae6126"
	    "311e53fd2c14b574e6a3109a3da1be41bdceaa186f5ce067"
	    "16a2b6a07b3c33fe", y);

	ffc_pair_make("dh_1024_160", &p);
	parts = p.private_parts;
	parts.value = (struct span){ x,
		hex_bytes("b9a3b3ae8fefc1a2930496507086f8455d48943e", x) };
	ATF_REQUIRE_EQ(key_new(&parts, &key), CKR_OK);
	ATF_REQUIRE_EQ(derive(&parts, key, (struct span){ y, y_len }, is,
	    &len), CKR_OK);
	check_bytes(is, len,
	    "5c804f454d30d9c4df85271f93528c91df6b48ab5f80b3b5"
	    "9caac1b28f8acba9cd3e39f3cb614525d9521d2e644c53b8"
	    "07b810f340062f257d7d6fbfe8d5e8f072e9b6e9afda9413"
	    "eafb2e8b0699b1fb5a0caceddeaead7e9cfbb36ae2b42083"
	    "5bd83a19fb0b5e96bf8fa4d09e345525167ecd9155416f46"
	    "f408ed31b63c6e6d");
	key_put(key);
	pair_wipe(&p);
}

/* One secret of 256 begins with a zero: this number and the one of RFC 5114
 * make one. */
ATF_TC_WITHOUT_HEAD(derive__keeps_zeros_in_front);
ATF_TC_BODY(derive__keeps_zeros_in_front, tc)
{
	uint8_t x[SECRET_MAX], is[SECRET_MAX], want[SECRET_MAX];
	struct key *keys[2] = { NULL, NULL };
	struct key_made made = { 0 };
	struct key_parts parts;
	struct pair p;
	size_t len;

	ffc_pair_make("dh_1024_160", &p);
	parts = p.private_parts;
	parts.value = (struct span){ "\x01\x4e", 2 };
	ATF_REQUIRE_EQ(key_new(&parts, &keys[0]), CKR_OK);
	ATF_REQUIRE_EQ(key_public_parts(keys[0], &made), CKR_OK);
	parts.value = (struct span){ x,
		hex_bytes("b9a3b3ae8fefc1a2930496507086f8455d48943e", x) };
	ATF_REQUIRE_EQ(key_new(&parts, &keys[1]), CKR_OK);
	ATF_REQUIRE_EQ(derive(&parts, keys[1], (struct span){
	    made.public_value.data, made.public_value.len }, is, &len),
	    CKR_OK);
	ATF_REQUIRE_EQ(len, 128);
	ATF_CHECK_EQ(is[0], 0);
	ATF_CHECK(is[1] != 0);
	key_made_wipe(&made);
	ATF_REQUIRE_EQ(key_public_parts(keys[1], &made), CKR_OK);
	ATF_REQUIRE_EQ(derive(&parts, keys[0], (struct span){
	    made.public_value.data, made.public_value.len }, want, &len),
	    CKR_OK);
	ATF_REQUIRE_EQ(len, 128);
	ATF_CHECK_EQ(memcmp(is, want, len), 0);
	key_made_wipe(&made);
	key_put(keys[0]);
	key_put(keys[1]);
	pair_wipe(&p);
}

ATF_TC_WITHOUT_HEAD(x942__kdf_and_lengths);
ATF_TC_BODY(x942__kdf_and_lengths, tc)
{
	uint8_t secret[SECRET_MAX], want[SECRET_MAX], is[SECRET_MAX];
	CK_X9_42_DH1_DERIVE_PARAMS p = { .kdf = CKD_SHA1_KDF_CONCATENATE };
	struct pair a, b;
	size_t len;

	ffc_pair_make("dh_2048_224", &a);
	ffc_pair_make("dh_2048_224", &b);
	ATF_REQUIRE_EQ(other_agree(a.pkey, b.pkey, secret), 256);
	p.pPublicData = (CK_BYTE *)(uintptr_t)b.public_parts.value.data;
	p.ulPublicDataLen = b.public_parts.value.len;
	p.pOtherInfo = (CK_BYTE *)(uintptr_t)"other info";
	p.ulOtherInfoLen = 10;
	other_kdf("X963KDF", "SHA1", (struct span){ secret, 256 },
	    (struct span){ "other info", 10 }, want, 64);
	ATF_REQUIRE_EQ(derive_once(CKM_X9_42_DH_DERIVE, &p, sizeof(p),
	    a.private, 64, is, &len), CKR_OK);
	ATF_CHECK_EQ(memcmp(is, want, 64), 0);
	p.kdf = CKD_NULL;
	ATF_CHECK_EQ(derive_once(CKM_X9_42_DH_DERIVE, &p, sizeof(p),
	    a.private, 64, is, &len), CKR_MECHANISM_PARAM_INVALID);
	p.pOtherInfo = NULL;
	p.ulOtherInfoLen = 0;
	ATF_REQUIRE_EQ(derive_once(CKM_X9_42_DH_DERIVE, &p, sizeof(p),
	    a.private, 32, is, &len), CKR_OK);
	ATF_CHECK_EQ(memcmp(is, secret + 256 - 32, 32), 0);
	ATF_CHECK_EQ(derive_once(CKM_X9_42_DH_DERIVE, &p, sizeof(p),
	    a.private, 257, is, &len), CKR_KEY_SIZE_RANGE);
	p.pPublicData = NULL;
	ATF_CHECK_EQ(derive_once(CKM_X9_42_DH_DERIVE, &p, sizeof(p),
	    a.private, 32, is, &len), CKR_MECHANISM_PARAM_INVALID);
	ATF_CHECK_EQ(derive_once(CKM_DH_PKCS_DERIVE, NULL, 0, a.private, 32,
	    is, &len), CKR_KEY_TYPE_INCONSISTENT);
	pair_wipe(&a);
	pair_wipe(&b);
}

/* An element whose order is a small factor of (p - 1) / q. */
static size_t
small_order(const struct key_parts *parts, uint8_t out[SECRET_MAX])
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = BN_bin2bn(parts->prime.data, (int)parts->prime.len, NULL);
	BIGNUM *last = BN_dup(p), *e = BN_dup(p), *h = BN_new();
	BN_ULONG r = 3;
	int len;

	BN_sub_word(last, 1);
	while (BN_mod_word(last, r) != 0)
		r += 2;
	BN_sub_word(e, 1);
	BN_div_word(e, r);
	for (BN_ULONG base = 2;; base++) {
		BN_set_word(h, base);
		BN_mod_exp(h, h, e, p, ctx);
		if (!BN_is_one(h))
			break;
	}
	len = BN_bn2bin(h, out);
	BN_free(p);
	BN_free(last);
	BN_free(e);
	BN_free(h);
	BN_CTX_free(ctx);
	return (size_t)len;
}

static void
check_hostile(const struct pair *p, struct span value, const char *what)
{
	uint8_t is[SECRET_MAX];
	size_t len;
	CK_RV rv = derive(&p->private_parts, p->private, value, is, &len);

	ATF_CHECK_MSG(rv == CKR_PUBLIC_KEY_INVALID, "%s: 0x%lx", what, rv);
}

ATF_TC_WITHOUT_HEAD(derive__hostile_numbers);
ATF_TC_BODY(derive__hostile_numbers, tc)
{
	static const char *const names[] = { "ffdhe2048", "dh_2048_256" };

	for (size_t i = 0; i < COUNT(names); i++) {
		uint8_t n[SECRET_MAX];
		struct pair p;
		size_t len;

		ffc_pair_make(names[i], &p);
		len = p.public_parts.prime.len;
		check_hostile(&p, (struct span){ "\0", 1 }, "zero");
		check_hostile(&p, (struct span){ "\1", 1 }, "one");
		memcpy(n, p.public_parts.prime.data, len);
		check_hostile(&p, (struct span){ n, len }, "p");
		n[len - 1] ^= 1;
		check_hostile(&p, (struct span){ n, len }, "p - 1");
		memset(n, 0xff, len);
		check_hostile(&p, (struct span){ n, len }, "more than p");
		check_hostile(&p, (struct span){ n, SECRET_MAX }, "longer");
		if (p.public_parts.type == CKK_X9_42_DH)
			check_hostile(&p, (struct span){ n,
			    small_order(&p.public_parts, n) },
			    "of a small order");
		pair_wipe(&p);
	}
}

static CK_RV
generate(CK_MECHANISM_TYPE type, const struct generate_args *args,
    struct key_made *out)
{
	CK_MECHANISM how = { type, NULL, 0 };
	CK_KEY_TYPE made;

	return mech_generate(mech_find(type), &how, args, &made, out);
}

static struct span
span_of(const struct secret *s)
{
	return (struct span){ s->data, s->len };
}

/* What is generated agrees with plain libcrypto's pair. */
static void
check_generated(CK_MECHANISM_TYPE mech, struct pair *other,
    const struct generate_args *args)
{
	uint8_t want[SECRET_MAX], is[SECRET_MAX];
	struct key_parts parts = other->private_parts;
	struct key_made made = { 0 };
	struct key *key = NULL;
	EVP_PKEY *peer;
	size_t len;

	ATF_REQUIRE_EQ(generate(mech, args, &made), CKR_OK);
	if (args->value_bits != 0)
		ATF_CHECK_EQ(made.value.len, args->value_bits / 8);
	parts.value = span_of(&made.value);
	ATF_REQUIRE_EQ(key_new(&parts, &key), CKR_OK);
	peer = with_parameters(other->pkey, span_of(&made.public_value));
	other_agree(other->pkey, peer, want);
	ATF_REQUIRE_EQ(derive(&parts, key, other->public_parts.value, is,
	    &len), CKR_OK);
	ATF_CHECK_EQ(memcmp(is, want, len), 0);
	EVP_PKEY_free(peer);
	key_put(key);
	key_made_wipe(&made);
}

ATF_TC_WITHOUT_HEAD(generate__in_a_domain);
ATF_TC_BODY(generate__in_a_domain, tc)
{
	static const struct {
		CK_MECHANISM_TYPE mech;
		const char *group;
	} rows[] = {
		{ CKM_DH_PKCS_KEY_PAIR_GEN, "ffdhe2048" },
		{ CKM_DH_PKCS_KEY_PAIR_GEN, "modp_2048" },
		{ CKM_X9_42_DH_KEY_PAIR_GEN, "dh_2048_256" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct generate_args args = { .value_bits = 0 };
		struct pair p;

		ffc_pair_make(rows[i].group, &p);
		args.prime = p.public_parts.prime;
		args.subprime = p.public_parts.subprime;
		args.base = p.public_parts.base;
		check_generated(rows[i].mech, &p, &args);
		if (p.public_parts.type == CKK_DH) {
			args.value_bits = 512;
			check_generated(rows[i].mech, &p, &args);
		}
		pair_wipe(&p);
	}
}

ATF_TC_WITHOUT_HEAD(generate__in_no_domain);
ATF_TC_BODY(generate__in_no_domain, tc)
{
	struct generate_args good = { .value_bits = 0 }, args;
	struct key_made made = { 0 };
	uint8_t prime[256];
	struct pair p;

	ffc_pair_make("ffdhe2048", &p);
	good.prime = p.public_parts.prime;
	good.base = p.public_parts.base;
#define TELLS(rv) ATF_CHECK_EQ(generate(CKM_DH_PKCS_KEY_PAIR_GEN, &args, \
    &made), rv)
	args = good;
	args.prime = (struct span){ NULL, 0 };
	TELLS(CKR_TEMPLATE_INCOMPLETE);
	args = good;
	args.base = (struct span){ NULL, 0 };
	TELLS(CKR_TEMPLATE_INCOMPLETE);
	args.base = (struct span){ "\1", 1 };
	TELLS(CKR_DOMAIN_PARAMS_INVALID);
	args.base = good.prime;
	TELLS(CKR_DOMAIN_PARAMS_INVALID);
	args = good;
	args.prime.len--;
	TELLS(CKR_KEY_SIZE_RANGE);
	memcpy(prime, good.prime.data, 256);
	prime[100] ^= 1; /* no prime, or it would be a miracle */
	args.prime.data = prime;
	args.prime.len = 256;
	TELLS(CKR_DOMAIN_PARAMS_INVALID);
	prime[255] ^= 1;
	TELLS(CKR_DOMAIN_PARAMS_INVALID);
	args = good;
	args.value_bits = 2048;
	TELLS(CKR_ATTRIBUTE_VALUE_INVALID);
	pair_wipe(&p);
}

/* Keys */

ATF_TC_WITHOUT_HEAD(key__encodings_are_libcryptos);
ATF_TC_BODY(key__encodings_are_libcryptos, tc)
{
	static const char *const names[] = { "ffdhe2048", "dh_2048_256",
		"DSA-1024" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct secret spki = { NULL, 0 }, info = { NULL, 0 };
		struct key_made made = { 0 };
		unsigned char *want = NULL;
		CK_KEY_TYPE type;
		struct pair p;
		int len;

		ffc_pair_make(names[i], &p);
		len = i2d_PUBKEY(p.pkey, &want);
		ATF_REQUIRE_EQ(key_spki(p.private, &spki), CKR_OK);
		ATF_REQUIRE_EQ_MSG(spki.len, (size_t)len, "%s", names[i]);
		ATF_CHECK_EQ(memcmp(spki.data, want, spki.len), 0);
		OPENSSL_free(want);
		secret_wipe(&spki);
		ATF_REQUIRE_EQ(pkcs8_write(p.private, &info), CKR_OK);
		ATF_REQUIRE_EQ(pkcs8_read((struct span){ info.data,
		    info.len }, &type, &made), CKR_OK);
		ATF_CHECK_EQ(type, p.private_parts.type);
		ATF_REQUIRE_EQ(made.value.len, p.private_parts.value.len);
		ATF_CHECK_EQ(memcmp(made.value.data,
		    p.private_parts.value.data, made.value.len), 0);
		ATF_REQUIRE_EQ(made.public_value.len,
		    p.public_parts.value.len);
		ATF_CHECK_EQ(memcmp(made.public_value.data,
		    p.public_parts.value.data, made.public_value.len), 0);
		secret_wipe(&info);
		key_made_wipe(&made);
		pair_wipe(&p);
	}
}

static CK_RV
load(const struct key_parts *parts)
{
	struct key *key = NULL;

	TRY(key_new(parts, &key));
	key_put(key);
	return CKR_OK;
}

ATF_TC_WITHOUT_HEAD(key__numbers_that_make_none);
ATF_TC_BODY(key__numbers_that_make_none, tc)
{
	static const size_t needed[] = { offsetof(struct key_parts, prime),
		offsetof(struct key_parts, subprime),
		offsetof(struct key_parts, base),
		offsetof(struct key_parts, value) };
	struct key_parts odd;
	uint8_t q[32];
	struct pair p;

	ffc_pair_make("dh_2048_256", &p);
	odd = p.public_parts;
	memcpy(q, odd.subprime.data, sizeof(q));
	odd.subprime.data = q;
	ATF_CHECK_EQ(load(&odd), CKR_OK);
	q[sizeof(q) - 1] ^= 2; /* divides nothing any more */
	ATF_CHECK_EQ(load(&odd), CKR_ATTRIBUTE_VALUE_INVALID);
	for (size_t i = 0; i < 2 * COUNT(needed); i++) {
		const struct key_parts *good = i % 2 != 0 ? &p.private_parts
		                                          : &p.public_parts;
		struct key_parts parts = *good;
		struct span *at = (struct span *)(void *)((char *)&parts +
		    needed[i / 2]);

		ATF_REQUIRE_EQ(load(&parts), CKR_OK);
		*at = (struct span){ NULL, 0 };
		ATF_CHECK_EQ(load(&parts), CKR_TEMPLATE_INCOMPLETE);
		*at = (struct span){ "\0", 1 };
		ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
		*at = good->prime;
		if (needed[i / 2] != offsetof(struct key_parts, prime))
			ATF_CHECK_EQ_MSG(load(&parts),
			    CKR_ATTRIBUTE_VALUE_INVALID, "row %zu", i);
	}
	pair_wipe(&p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, derive__is_libcryptos_in_every_group);
	ATF_TP_ADD_TC(tp, derive__known_answer);
	ATF_TP_ADD_TC(tp, derive__keeps_zeros_in_front);
	ATF_TP_ADD_TC(tp, x942__kdf_and_lengths);
	ATF_TP_ADD_TC(tp, derive__hostile_numbers);
	ATF_TP_ADD_TC(tp, generate__in_a_domain);
	ATF_TP_ADD_TC(tp, generate__in_no_domain);
	ATF_TP_ADD_TC(tp, key__encodings_are_libcryptos);
	ATF_TP_ADD_TC(tp, key__numbers_that_make_none);
	return atf_no_error();
}
