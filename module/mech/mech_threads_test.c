/* Eight threads on shared keys: signatures are right, and TSan is content. */
#include <atf-c.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "module/mech/mech_fixture.h"

#define THREADS 8
#define ROUNDS 40

static const struct {
	const char *key;
	CK_MECHANISM_TYPE mech;
} rows[] = {
	{ "RSA-2048", CKM_SHA256_RSA_PKCS },
	{ "RSA-2048", CKM_SHA384_RSA_PKCS_PSS },
	{ "P-256", CKM_ECDSA_SHA256 },
	{ "ED25519", CKM_EDDSA },
};

static struct pair pairs[COUNT(rows)];
static struct key *mac_key;

struct worker {
	pthread_t id;
	unsigned number, wrong;
};

static void
work_round(struct worker *w, unsigned round)
{
	size_t r = (w->number + round) % COUNT(rows), len, mac_len;
	const struct mech *m = mech_find(rows[r].mech);
	const struct mech *hmac = mech_find(CKM_SHA256_HMAC);
	uint8_t text[2] = { (uint8_t)w->number, (uint8_t)round };
	uint8_t sig[1024], mac[1024];
	struct key *key = key_hold(pairs[r].private);

	if (sign_once(m, key, text, 2, sig, &len) != CKR_OK ||
	    verify_once(m, pairs[r].public, text, 2, sig, len) != CKR_OK)
		w->wrong++;
	key_put(key);
	if (sign_once(hmac, mac_key, text, 2, mac, &mac_len) != CKR_OK ||
	    verify_parts(hmac, mac_key, text, 2, 1, mac, mac_len) != CKR_OK)
		w->wrong++;
}

static void *
work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < ROUNDS; i++)
		work_round(w, i);
	return NULL;
}

static void
keys_make(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		pair_make(rows[i].key, &pairs[i]);
	mac_key = secret_key_make(CKK_GENERIC_SECRET, "key", 3);
}

static void
keys_wipe(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		pair_wipe(&pairs[i]);
	key_put(mac_key);
}

ATF_TC_WITHOUT_HEAD(threads__share_keys);
ATF_TC_BODY(threads__share_keys, tc)
{
	struct worker w[THREADS];

	keys_make();
	for (unsigned i = 0; i < THREADS; i++) {
		w[i] = (struct worker){ .number = i };
		ATF_REQUIRE_EQ(pthread_create(&w[i].id, NULL, work, &w[i]),
		    0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(w[i].id, NULL);
		ATF_CHECK_EQ(w[i].wrong, 0);
	}
	keys_wipe();
}

/* As in the library: calls share the gate, a fork waits until none is in. */
static pthread_rwlock_t gate =
    PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static atomic_bool stop;
static atomic_uint under_way;

static void *
sign_on(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; !stop; i++) {
		pthread_rwlock_rdlock(&gate);
		work_round(w, i);
		pthread_rwlock_unlock(&gate);
		under_way += i == 0;
	}
	return NULL;
}

/* A thread's birth takes locks of the system's (a sanitizer's, too) that no
 * gate of ours knows: it is over before the first fork. */
static void
wait_for_workers(unsigned count)
{
	while (under_way < count)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

static void
fork_once(void)
{
	uint8_t sig[1024];
	size_t len;
	int status;
	pid_t pid;

	pthread_rwlock_wrlock(&gate);
	pid = fork();
	if (pid != 0)
		pthread_rwlock_unlock(&gate);
	ATF_REQUIRE(pid >= 0);
	if (pid == 0) {
		alarm(30); /* a child that waits for ever is a failure */
		_exit(sign_once(mech_find(rows[2].mech), pairs[2].private,
		    "x", 1, sig, &len) == CKR_OK && other_verify(
		    mech_find(rows[2].mech), pairs[2].pkey, "x", 1, sig,
		    len) ? 0 : 1);
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_EQ(status, 0);
}

/* A child of a process whose other threads sign finds the pool whole. */
ATF_TC_WITHOUT_HEAD(fork__in_the_middle_of_signing);
ATF_TC_BODY(fork__in_the_middle_of_signing, tc)
{
	struct worker w[2] = { { .number = 0 }, { .number = 1 } };

	keys_make();
	for (size_t i = 0; i < COUNT(w); i++)
		ATF_REQUIRE_EQ(pthread_create(&w[i].id, NULL, sign_on, &w[i]),
		    0);
	wait_for_workers(COUNT(w));
	for (int i = 0; i < 20; i++)
		fork_once();
	stop = true;
	for (size_t i = 0; i < COUNT(w); i++) {
		pthread_join(w[i].id, NULL);
		ATF_CHECK_EQ(w[i].wrong, 0);
	}
	keys_wipe();
}

/* Randomness of parent and child differs: so do their signatures' nonces. */
ATF_TC_WITHOUT_HEAD(fork__nonces_differ);
ATF_TC_BODY(fork__nonces_differ, tc)
{
	uint8_t mine[1024], theirs[64];
	struct pair p;
	size_t len;
	int ends[2], status;
	pid_t pid;

	pair_make("P-256", &p);
	/* prepared context and seeded generator, as in a real server */
	ATF_REQUIRE_EQ(sign_once(mech_find(CKM_ECDSA_SHA256), p.private, "x",
	    1, mine, &len), CKR_OK);
	ATF_REQUIRE_EQ(pipe(ends), 0);
	pid = fork();
	ATF_REQUIRE(pid >= 0);
	ATF_REQUIRE_EQ(sign_once(mech_find(CKM_ECDSA_SHA256), p.private, "x",
	    1, mine, &len), CKR_OK);
	if (pid == 0)
		_exit(write(ends[1], mine, 64) == 64 ? 0 : 1);
	ATF_REQUIRE_EQ(read(ends[0], theirs, 64), 64);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK(memcmp(mine, theirs, 32) != 0);
	pair_wipe(&p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, threads__share_keys);
	ATF_TP_ADD_TC(tp, fork__in_the_middle_of_signing);
	ATF_TP_ADD_TC(tp, fork__nonces_differ);
	return atf_no_error();
}
