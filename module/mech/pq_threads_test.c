/* Eight threads on shared ML-DSA and ML-KEM keys. */
#include <atf-c.h>
#include <pthread.h>
#include <string.h>

#include "module/mech/keywork.h"
#include "module/mech/pq_fixture.h"

#define THREADS 8
#define ROUNDS 20

static struct pq_pair dsa, kem;

struct worker {
	pthread_t id;
	unsigned number, wrong;
};

/* A context of its own each, so that prepared operations wander. */
static bool
signs(uint8_t number, uint8_t round)
{
	uint8_t text[2] = { number, round }, sig[2420];
	CK_SIGN_ADDITIONAL_CONTEXT with = { CKH_HEDGE_REQUIRED, &number, 1 };
	CK_MECHANISM m = { round % 2 == 0 ? CKM_ML_DSA
	                                  : CKM_HASH_ML_DSA_SHA256,
		&with, sizeof(with) };
	struct span in = { text, 2 };
	size_t len = 0;

	if (pq_sign(m, dsa.private, in, sig, &len) != CKR_OK ||
	    pq_verify(m, dsa.public, in, sig, len) != CKR_OK)
		return false;
	number ^= 0x80;
	return pq_verify(m, dsa.public, in, sig, len) ==
	    CKR_SIGNATURE_INVALID;
}

static bool
shares(void)
{
	CK_MECHANISM m = { CKM_ML_KEM, NULL, 0 };
	const struct mech *mech = mech_find(CKM_ML_KEM);
	_cleanup_(secret_wipe) struct secret text = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret mine = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret theirs = { NULL, 0 };

	return mech_encapsulate(mech, &m, kem.public, &text,
		   &mine) == CKR_OK &&
	    mech_decapsulate(mech, &m, kem.private,
		(struct span){ text.data, text.len }, &theirs) == CKR_OK &&
	    secret_equal(mine.data, theirs.data, mine.len);
}

static void *
work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < ROUNDS; i++)
		if (!signs((uint8_t)w->number, (uint8_t)i) || !shares())
			w->wrong++;
	return NULL;
}

ATF_TC_WITHOUT_HEAD(threads__share_keys);
ATF_TC_BODY(threads__share_keys, tc)
{
	struct worker workers[THREADS] = { { .number = 0 } };

	if (!pq_is_there(CKK_ML_DSA, CKM_ML_DSA))
		return;
	pq_pair_make(&pq_names[0], &dsa);
	pq_pair_make(&pq_names[4], &kem);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].number = i;
		ATF_REQUIRE_EQ(pthread_create(&workers[i].id, NULL, work,
		    &workers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(workers[i].id, NULL);
		ATF_CHECK_EQ(workers[i].wrong, 0);
	}
	pq_pair_wipe(&dsa);
	pq_pair_wipe(&kem);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, threads__share_keys);
	return atf_no_error();
}
