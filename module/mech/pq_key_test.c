/* Keys of FIPS 203 to 205: from their attributes, generated, and as PKCS #8;
 * all sets, against plain libcrypto. */
#include <atf-c.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "module/crypto/pkcs8.h"
#include "module/mech/keywork.h"
#include "module/mech/pq_fixture.h"

static CK_RV
load(const struct key_parts *parts)
{
	struct key *key = NULL;
	CK_RV rv = key_new(parts, &key);

	ATF_CHECK_EQ(rv == CKR_OK, key != NULL);
	if (key != NULL)
		key_put(key);
	return rv;
}

static bool
is_same(const struct secret *a, const struct secret *b)
{
	return a->len == b->len &&
	    (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* Nothing, or the key that libcrypto would write. */
static void
check_spki(const struct key *key, EVP_PKEY *pkey)
{
	_cleanup_(secret_wipe) struct secret spki = { NULL, 0 };
	unsigned char *want = NULL;
	int len = i2d_PUBKEY(pkey, &want);

	ATF_REQUIRE(len > 0);
	ATF_REQUIRE_EQ(key_spki(key, &spki), CKR_OK);
	ATF_REQUIRE_EQ(spki.len, (size_t)len);
	ATF_CHECK_EQ(memcmp(spki.data, want, spki.len), 0);
	OPENSSL_free(want);
}

/* A private key has all that its pair has, whichever part it came from. */
static void
check_private(const struct key_parts *parts, const struct pq_pair *p,
    bool has_seed)
{
	struct key_made made = { 0 };
	struct key *key = NULL;

	ATF_REQUIRE_EQ(key_new(parts, &key), CKR_OK);
	check_spki(key, p->pkey);
	ATF_CHECK_EQ(key_bits(key), p->pub.len * 8);
	ATF_CHECK_EQ(key_prove(key), CKR_OK);
	ATF_REQUIRE_EQ(key_public_parts(key, &made), CKR_OK);
	ATF_CHECK(is_same(&made.public_value, &p->pub));
	ATF_CHECK_EQ(made.parameter_set, parts->parameter_set);
	ATF_CHECK(made.value.data == NULL && made.seed.data == NULL);
	key_made_wipe(&made);
	ATF_REQUIRE_EQ(key_private_parts(key, &made), CKR_OK);
	ATF_CHECK(is_same(&made.value, &p->priv));
	ATF_CHECK(is_same(&made.public_value, &p->pub));
	ATF_CHECK_EQ(made.parameter_set, parts->parameter_set);
	if (has_seed)
		ATF_CHECK(is_same(&made.seed, &p->seed));
	else
		ATF_CHECK_EQ(made.seed.len, 0);
	key_made_wipe(&made);
	key_put(key);
}

ATF_TC_WITHOUT_HEAD(load__seed_value_or_both);
ATF_TC_BODY(load__seed_value_or_both, tc)
{
	if (!pq_is_there(CKK_ML_DSA, CKM_ML_DSA))
		return;
	for (size_t i = 0; i < pq_name_count; i++) {
		struct key_parts parts;
		struct pq_pair p;
		bool seeded;

		pq_pair_make(&pq_names[i], &p);
		seeded = p.seed.len != 0;
		ATF_CHECK_EQ(seeded, pq_names[i].type != CKK_SLH_DSA);
		check_spki(p.public, p.pkey);
		ATF_CHECK_EQ(key_bits(p.public), p.pub.len * 8);
		check_private(&p.private_parts, &p, seeded);
		parts = p.private_parts;
		parts.seed = (struct span){ NULL, 0 };
		check_private(&parts, &p, false);
		parts.value = (struct span){ NULL, 0 };
		ATF_CHECK_EQ(load(&parts), CKR_TEMPLATE_INCOMPLETE);
		parts.seed = p.private_parts.seed;
		if (seeded)
			check_private(&parts, &p, true);
		pq_pair_wipe(&p);
	}
}

/* Bytes that are too few, too many, or wrong. */
static void
check_lengths(const struct key_parts *good, size_t part)
{
	static const uint8_t zeros[8192];
	struct key_parts parts = *good;
	struct span *span = (struct span *)(void *)((char *)&parts + part);
	const size_t lengths[] = { 0, 1, span->len - 1, span->len + 1,
		sizeof(zeros) };

	for (size_t i = 0; i < COUNT(lengths); i++) {
		*span = (struct span){ zeros, lengths[i] };
		ATF_CHECK_EQ(load(&parts), CKR_ATTRIBUTE_VALUE_INVALID);
	}
}

/* A bit of each quarter; of SLH-DSA's, the second is anything. */
static void
check_flips(const struct pq_pair *p)
{
	uint8_t bytes[8192];
	struct key_parts parts = p->private_parts;

	memcpy(bytes, p->priv.data, p->priv.len);
	parts.value.data = bytes;
	for (size_t at = 0; at < p->priv.len; at += p->priv.len / 4) {
		bool free = at == p->priv.len / 4 && p->seed.len == 0;
		struct key *key = NULL;
		CK_RV rv;

		bytes[at] ^= 1;
		rv = key_new(&parts, &key);
		if (rv == CKR_OK)
			rv = key_prove(key);
		ATF_CHECK_EQ_MSG(rv, free ? CKR_OK
		    : CKR_ATTRIBUTE_VALUE_INVALID, "%zu", at);
		if (key != NULL)
			key_put(key);
		bytes[at] ^= 1;
	}
}

ATF_TC_WITHOUT_HEAD(load__what_is_no_key);
ATF_TC_BODY(load__what_is_no_key, tc)
{
	static const size_t some[] = { 0, 2, 3, 5, 6, 8, 17 };

	if (!pq_is_there(CKK_ML_DSA, CKM_ML_DSA))
		return;
	for (size_t i = 0; i < COUNT(some); i++) {
		struct key_parts parts;
		struct pq_pair p;

		pq_pair_make(&pq_names[some[i]], &p);
		check_lengths(&p.private_parts,
		    offsetof(struct key_parts, value));
		check_lengths(&p.public_parts,
		    offsetof(struct key_parts, value));
		if (p.seed.len != 0)
			check_lengths(&p.private_parts,
			    offsetof(struct key_parts, seed));
		check_flips(&p);
		parts = p.public_parts;
		parts.parameter_set = 13;
		ATF_CHECK_EQ(load(&parts), CKR_PARAMETER_SET_NOT_SUPPORTED);
		parts.parameter_set = CK_UNAVAILABLE_INFORMATION;
		ATF_CHECK_EQ(load(&parts), CKR_TEMPLATE_INCOMPLETE);
		parts = p.public_parts;
		parts.value = (struct span){ NULL, 0 };
		ATF_CHECK_EQ(load(&parts), CKR_TEMPLATE_INCOMPLETE);
		pq_pair_wipe(&p);
	}
}

/* The seed of one key with the value of another. */
ATF_TC_WITHOUT_HEAD(load__seed_and_value_belong_together);
ATF_TC_BODY(load__seed_and_value_belong_together, tc)
{
	if (!pq_is_there(CKK_ML_DSA, CKM_ML_DSA))
		return;
	for (size_t i = 0; i < 6; i++) {
		struct pq_pair a, b;

		pq_pair_make(&pq_names[i], &a);
		pq_pair_make(&pq_names[i], &b);
		a.private_parts.seed = b.private_parts.seed;
		ATF_CHECK_EQ(load(&a.private_parts),
		    CKR_ATTRIBUTE_VALUE_INVALID);
		pq_pair_wipe(&a);
		pq_pair_wipe(&b);
	}
}

static CK_MECHANISM_TYPE
generator_of(CK_KEY_TYPE type)
{
	static const struct {
		CK_KEY_TYPE type;
		CK_MECHANISM_TYPE mech;
	} rows[] = {
		{ CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN },
		{ CKK_ML_KEM, CKM_ML_KEM_KEY_PAIR_GEN },
		{ CKK_SLH_DSA, CKM_SLH_DSA_KEY_PAIR_GEN },
	};
	size_t i = 0;

	while (rows[i].type != type)
		i++;
	return rows[i].mech;
}

static CK_RV
generate(CK_MECHANISM_TYPE type, CK_ULONG set, struct key_made *out)
{
	struct generate_args args = { .parameter_set = set };
	CK_MECHANISM m = { type, NULL, 0 };
	CK_KEY_TYPE made;

	return mech_generate(mech_find(type), &m, &args, &made, out);
}

ATF_TC_WITHOUT_HEAD(generate__all_sets);
ATF_TC_BODY(generate__all_sets, tc)
{
	if (!pq_is_there(CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN))
		return;
	for (size_t i = 0; i < pq_name_count; i++) {
		CK_MECHANISM_TYPE type = generator_of(pq_names[i].type);
		struct key_made made = { 0 }, again = { 0 };
		const unsigned char *at;
		EVP_PKEY *pkey;

		ATF_REQUIRE_EQ(generate(type, pq_names[i].number, &made),
		    CKR_OK);
		ATF_REQUIRE_EQ(generate(type, pq_names[i].number, &again),
		    CKR_OK);
		ATF_CHECK(!is_same(&made.value, &again.value));
		ATF_CHECK_EQ(made.parameter_set, pq_names[i].number);
		ATF_CHECK_EQ(made.seed.len != 0,
		    pq_names[i].type != CKK_SLH_DSA);
		at = made.spki.data;
		pkey = d2i_PUBKEY_ex(NULL, &at, (long)made.spki.len,
		    fixture_open(), NULL);
		ATF_REQUIRE(pkey != NULL);
		ATF_CHECK_EQ(EVP_PKEY_is_a(pkey, pq_names[i].name), 1);
		EVP_PKEY_free(pkey);
		pkey = pq_pkey(pq_names[i].name, "priv", EVP_PKEY_KEYPAIR,
		    made.value.data, made.value.len);
		secret_wipe(&again.public_value);
		again.public_value = pq_part(pkey, "pub");
		ATF_CHECK(is_same(&made.public_value, &again.public_value));
		EVP_PKEY_free(pkey);
		key_made_wipe(&made);
		key_made_wipe(&again);
	}
}

ATF_TC_WITHOUT_HEAD(generate__what_is_no_set);
ATF_TC_BODY(generate__what_is_no_set, tc)
{
	static const struct {
		CK_KEY_TYPE type;
		CK_ULONG set;
		CK_RV rv;
	} rows[] = {
		{ CKK_ML_DSA, 0, CKR_PARAMETER_SET_NOT_SUPPORTED },
		{ CKK_ML_DSA, 4, CKR_PARAMETER_SET_NOT_SUPPORTED },
		{ CKK_ML_KEM, 4, CKR_PARAMETER_SET_NOT_SUPPORTED },
		{ CKK_SLH_DSA, 13, CKR_PARAMETER_SET_NOT_SUPPORTED },
		{ CKK_SLH_DSA, CK_UNAVAILABLE_INFORMATION,
		    CKR_TEMPLATE_INCOMPLETE },
	};
	CK_MECHANISM m = { CKM_ML_KEM_KEY_PAIR_GEN, &m, sizeof(m) };
	struct generate_args args = { .parameter_set = CKP_ML_KEM_512 };
	struct key_made made = { 0 };
	CK_KEY_TYPE type;

	if (!pq_is_there(CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN))
		return;
	for (size_t i = 0; i < COUNT(rows); i++)
		ATF_CHECK_EQ(generate(generator_of(rows[i].type),
		    rows[i].set, &made), rows[i].rv);
	ATF_CHECK_EQ(mech_generate(mech_find(m.mechanism), &m, &args, &type,
	    &made), CKR_MECHANISM_PARAM_INVALID);
	ATF_CHECK(made.value.data == NULL);
}

/* What is written libcrypto reads, what libcrypto writes is read; a seed, where
 * there is one, goes along. */
static void
check_pkcs8(const struct pq_name *name, struct pq_pair *p)
{
	_cleanup_(secret_wipe) struct secret der = { NULL, 0 };
	struct key_made made = { 0 };
	const unsigned char *at;
	unsigned char *theirs = NULL;
	EVP_PKEY *pkey;
	CK_KEY_TYPE type = 0;
	int len;

	ATF_REQUIRE_EQ(pkcs8_write(p->private, &der), CKR_OK);
	at = der.data;
	pkey = d2i_AutoPrivateKey_ex(NULL, &at, (long)der.len, fixture_open(),
	    NULL);
	ATF_REQUIRE(pkey != NULL);
	ATF_CHECK_EQ(EVP_PKEY_eq(pkey, p->pkey), 1);
	EVP_PKEY_free(pkey);
	len = i2d_PrivateKey(p->pkey, &theirs);
	ATF_REQUIRE(len > 0);
	ATF_REQUIRE_EQ(pkcs8_read((struct span){ theirs, (size_t)len }, &type,
	    &made), CKR_OK);
	ATF_CHECK_EQ(type, name->type);
	ATF_CHECK_EQ(made.parameter_set, name->number);
	ATF_CHECK(is_same(&made.value, &p->priv));
	ATF_CHECK(is_same(&made.seed, &p->seed));
	key_made_wipe(&made);
	OPENSSL_free(theirs);
	ATF_CHECK_EQ(pkcs8_write(p->public, &der), CKR_KEY_NOT_WRAPPABLE);
}

ATF_TC_WITHOUT_HEAD(pkcs8__all_sets);
ATF_TC_BODY(pkcs8__all_sets, tc)
{
	if (!pq_is_there(CKK_ML_DSA, CKM_ML_DSA))
		return;
	for (size_t i = 0; i < pq_name_count; i++) {
		struct pq_pair p;

		pq_pair_make(&pq_names[i], &p);
		check_pkcs8(&pq_names[i], &p);
		pq_pair_wipe(&p);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, load__seed_value_or_both);
	ATF_TP_ADD_TC(tp, load__what_is_no_key);
	ATF_TP_ADD_TC(tp, load__seed_and_value_belong_together);
	ATF_TP_ADD_TC(tp, generate__all_sets);
	ATF_TP_ADD_TC(tp, generate__what_is_no_set);
	ATF_TP_ADD_TC(tp, pkcs8__all_sets);
	return atf_no_error();
}
