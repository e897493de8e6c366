/* ML-KEM against plain libcrypto, and what is refused. */
#include <atf-c.h>
#include <openssl/evp.h>
#include <string.h>

#include "module/mech/keywork.h"
#include "module/mech/pq_fixture.h"

#define TEXT_MAX 1568
#define SHARED 32

static CK_MECHANISM ml_kem = { CKM_ML_KEM, NULL, 0 };

static void
their_encapsulate(EVP_PKEY *pkey, uint8_t *text, size_t *text_len,
    uint8_t shared[SHARED])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture_open(), pkey,
	    NULL);
	size_t len = SHARED;

	*text_len = TEXT_MAX;
	ATF_REQUIRE_EQ(EVP_PKEY_encapsulate_init(ctx, NULL), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_encapsulate(ctx, text, text_len, shared,
	    &len), 1);
	EVP_PKEY_CTX_free(ctx);
}

static void
their_decapsulate(EVP_PKEY *pkey, const uint8_t *text, size_t text_len,
    uint8_t shared[SHARED])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture_open(), pkey,
	    NULL);
	size_t len = SHARED;

	ATF_REQUIRE_EQ(EVP_PKEY_decapsulate_init(ctx, NULL), 1);
	ATF_REQUIRE_EQ(EVP_PKEY_decapsulate(ctx, shared, &len, text,
	    text_len), 1);
	EVP_PKEY_CTX_free(ctx);
}

static void
check_theirs(struct pq_pair *p, struct key *private)
{
	struct secret shared = { NULL, 0 };
	uint8_t text[TEXT_MAX], want[SHARED];
	size_t len;

	their_encapsulate(p->pkey, text, &len, want);
	ATF_REQUIRE_EQ(mech_decapsulate(mech_find(CKM_ML_KEM), &ml_kem,
	    private, (struct span){ text, len }, &shared), CKR_OK);
	ATF_REQUIRE_EQ(shared.len, SHARED);
	ATF_CHECK_EQ(memcmp(shared.data, want, SHARED), 0);
	secret_wipe(&shared);
	/* an implicit rejection: some secret, always the same */
	text[0] ^= 1;
	their_decapsulate(p->pkey, text, len, want);
	ATF_REQUIRE_EQ(mech_decapsulate(mech_find(CKM_ML_KEM), &ml_kem,
	    private, (struct span){ text, len }, &shared), CKR_OK);
	ATF_CHECK_EQ(memcmp(shared.data, want, SHARED), 0);
	secret_wipe(&shared);
}

static void
check_ours(struct pq_pair *p)
{
	const struct mech *m = mech_find(CKM_ML_KEM);
	struct secret text[2] = { { NULL, 0 } }, shared[2] = { { NULL, 0 } };
	uint8_t is[SHARED];

	for (int i = 0; i < 2; i++) {
		ATF_REQUIRE_EQ(mech_encapsulate(m, &ml_kem, p->public,
		    &text[i], &shared[i]), CKR_OK);
		ATF_CHECK_EQ(text[i].len,
		    mech_encapsulated_size(m, p->public));
		their_decapsulate(p->pkey, text[i].data, text[i].len, is);
		ATF_REQUIRE_EQ(shared[i].len, SHARED);
		ATF_CHECK_EQ(memcmp(shared[i].data, is, SHARED), 0);
	}
	ATF_CHECK(memcmp(text[0].data, text[1].data, text[0].len) != 0);
	ATF_CHECK(memcmp(shared[0].data, shared[1].data, SHARED) != 0);
	for (int i = 0; i < 2; i++) {
		secret_wipe(&text[i]);
		secret_wipe(&shared[i]);
	}
}

ATF_TC_WITHOUT_HEAD(ml_kem__both_ways);
ATF_TC_BODY(ml_kem__both_ways, tc)
{
	static const size_t sizes[] = { 768, 1088, 1568 };

	if (!pq_is_there(CKK_ML_KEM, CKM_ML_KEM))
		return;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct pq_pair p;
		struct key *key = NULL;

		ATF_REQUIRE_EQ(pq_names[3 + i].type, CKK_ML_KEM);
		pq_pair_make(&pq_names[3 + i], &p);
		ATF_CHECK_EQ(mech_encapsulated_size(mech_find(CKM_ML_KEM),
		    p.public), sizes[i]);
		check_theirs(&p, p.private);
		check_ours(&p);
		/* the same key without its seed */
		p.private_parts.seed = (struct span){ NULL, 0 };
		ATF_REQUIRE_EQ(key_new(&p.private_parts, &key), CKR_OK);
		check_theirs(&p, key);
		key_put(key);
		pq_pair_wipe(&p);
	}
}

ATF_TC_WITHOUT_HEAD(ml_kem__what_is_refused);
ATF_TC_BODY(ml_kem__what_is_refused, tc)
{
	static const size_t lengths[] = { 0, 1, 767, 769, 1568, ~0UL };
	const struct mech *m = mech_find(CKM_ML_KEM);
	CK_MECHANISM with = { CKM_ML_KEM, &with, sizeof(with) };
	struct secret text = { NULL, 0 }, shared = { NULL, 0 };
	uint8_t bytes[TEXT_MAX] = { 0 };
	struct pq_pair p, dsa;

	if (!pq_is_there(CKK_ML_KEM, CKM_ML_KEM))
		return;
	pq_pair_make(&pq_names[3], &p);
	pq_pair_make(&pq_names[0], &dsa);
	for (size_t i = 0; i < COUNT(lengths); i++)
		ATF_CHECK_EQ(mech_decapsulate(m, &ml_kem, p.private,
		    (struct span){ bytes, lengths[i] }, &shared),
		    CKR_WRAPPED_KEY_LEN_RANGE);
	ATF_CHECK_EQ(mech_encapsulate(m, &ml_kem, p.private, &text, &shared),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	ATF_CHECK_EQ(mech_decapsulate(m, &ml_kem, p.public,
	    (struct span){ bytes, 768 }, &shared),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	ATF_CHECK_EQ(mech_encapsulate(m, &ml_kem, dsa.public, &text, &shared),
	    CKR_KEY_TYPE_INCONSISTENT);
	ATF_CHECK_EQ(mech_encapsulate(m, &with, p.public, &text, &shared),
	    CKR_MECHANISM_PARAM_INVALID);
	ATF_CHECK_EQ(mech_decapsulate(m, &with, p.private,
	    (struct span){ bytes, 768 }, &shared),
	    CKR_MECHANISM_PARAM_INVALID);
	ATF_CHECK(text.data == NULL && shared.data == NULL);
	pq_pair_wipe(&p);
	pq_pair_wipe(&dsa);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ml_kem__both_ways);
	ATF_TP_ADD_TC(tp, ml_kem__what_is_refused);
	return atf_no_error();
}
