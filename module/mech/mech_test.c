/* The table: each row against plain libcrypto, and the reviewed snapshot. */
#include <atf-c.h>
#include <openssl/crypto.h>
#include <string.h>

#include "common/ckname.h"
#include "module/mech/mech_fixture.h"
#include "module/mech/op.h"

static const uint8_t message[] = "the message that every row of the table is "
    "asked to sign, longer than one block of any of the digests, so that "
    "parts of it end inside and at the borders of blocks, whatever they are";
#define LEN sizeof(message)

ATF_TC_WITHOUT_HEAD(table__is_sorted_and_every_row_is_found);
ATF_TC_BODY(table__is_sorted_and_every_row_is_found, tc)
{
	fixture_open();
	ATF_REQUIRE(mech_count() > 60);
	for (size_t i = 0; i < mech_count(); i++) {
		const struct mech *m = mech_at(i);

		ATF_CHECK(i == 0 || mech_at(i - 1)->type < m->type);
		ATF_CHECK_EQ(mech_find(m->type), m);
		ATF_CHECK(ckname_mechanism(m->type) != NULL);
		ATF_CHECK(m->min <= m->max);
	}
	ATF_CHECK(mech_at(mech_count()) == NULL);
	ATF_CHECK(mech_find(CKM_MD5) == NULL);
	ATF_CHECK(mech_find(CK_UNAVAILABLE_INFORMATION) == NULL);
}

/* Every flag of a row has the function behind it. */
/* What a row promises for each of its uses. */
static bool
is_served(const struct mech_ops *ops, CK_FLAGS use)
{
	bool writes = ops->size != NULL && ops->finish != NULL;

	switch (use) {
	case CKF_GENERATE:
	case CKF_GENERATE_KEY_PAIR:
		return ops->generate != NULL;
	case CKF_DERIVE:
		return ops->derive != NULL;
	case CKF_WRAP:
		return ops->wrap != NULL || writes;
	case CKF_UNWRAP:
		return ops->unwrap != NULL || writes;
	case CKF_ENCAPSULATE:
		return (ops->encapsulate != NULL ||
		    ops->encapsulate_as != NULL) &&
		    ops->encapsulated_size != NULL;
	case CKF_DECAPSULATE:
		return ops->decapsulate != NULL ||
		    ops->decapsulate_as != NULL;
	case CKF_VERIFY:
	case CKF_MESSAGE_VERIFY:
		return ops->verify != NULL;
	case CKF_MESSAGE_ENCRYPT:
	case CKF_MESSAGE_DECRYPT:
		return ops->message_begin != NULL && ops->message_end != NULL;
	default:
		return writes;
	}
}

static void
check_uses(const struct mech *m)
{
	static const CK_FLAGS uses[] = { CKF_ENCRYPT, CKF_DECRYPT, CKF_DIGEST,
		CKF_SIGN, CKF_SIGN_RECOVER, CKF_VERIFY, CKF_VERIFY_RECOVER,
		CKF_GENERATE, CKF_GENERATE_KEY_PAIR, CKF_WRAP, CKF_UNWRAP,
		CKF_DERIVE, CKF_MESSAGE_ENCRYPT, CKF_MESSAGE_DECRYPT,
		CKF_MESSAGE_SIGN, CKF_MESSAGE_VERIFY, CKF_ENCAPSULATE,
		CKF_DECAPSULATE };

	for (size_t i = 0; i < COUNT(uses); i++)
		if ((mech_flags(m) & uses[i]) != 0)
			ATF_CHECK_MSG(is_served(m->ops, uses[i]), "%s: %lx",
			    ckname_mechanism(m->type), uses[i]);
}

ATF_TC_WITHOUT_HEAD(table__flags_lead_to_functions);
ATF_TC_BODY(table__flags_lead_to_functions, tc)
{
	fixture_open();
	mech_set_policy(POLICY_LEGACY);
	for (size_t i = 0; i < mech_count(); i++) {
		const struct mech *m = mech_at(i);
		const struct mech_ops *ops = m->ops;

		check_uses(m);
		if (ops->finish != NULL || ops->verify != NULL)
			ATF_CHECK(ops->unit != 0 && ops->read != NULL);
		ATF_CHECK(!ops->hashes || (m->md != NULL && !ops->feed));
		ATF_CHECK(ops->step == NULL || ops->step_size != NULL);
	}
}

static void
snapshot_write(FILE *out)
{
	for (size_t i = 0; i < mech_count(); i++) {
		const struct mech *m = mech_at(i);

		fprintf(out, "%-30s %5lu %6lu 0x%08lx\n",
		    ckname_mechanism(m->type), m->min, m->max,
		    mech_flags(m));
	}
}

/* A page of the snapshot and the line of it that comes next. */
struct page {
	FILE *f;
	char line[128];
};

static void
page_turn(struct page *page)
{
	if (page->f == NULL || fgets(page->line, sizeof(page->line),
	    page->f) == NULL)
		page->line[0] = '\0';
}

static void
page_open(const char *path, struct page *page)
{
	page->f = fopen(path, "r");
	ATF_REQUIRE_MSG(page->f != NULL, "%s", path);
	page_turn(page);
}

/* What every libcrypto has, and, in between, what newer ones have. */
ATF_TC_WITHOUT_HEAD(table__is_the_reviewed_one);
ATF_TC_BODY(table__is_the_reviewed_one, tc)
{
	struct page all = { NULL, "" }, newer = { NULL, "" };
	FILE *is = fopen("mechanisms.actual", "w+");
	char line[128];

	fixture_open();
	ATF_REQUIRE(is != NULL);
	page_open(MECHANISMS_EXPECTED, &all);
	if (OpenSSL_version_num() >= 0x30500000UL)
		page_open(MECHANISMS_NEWER, &newer);
	snapshot_write(is);
	rewind(is);
	while (fgets(line, sizeof(line), is) != NULL) {
		struct page *from = strcmp(line, newer.line) == 0 ? &newer
		                                                  : &all;

		ATF_REQUIRE_MSG(strcmp(line, from->line) == 0,
		    "is: %swas: %s", line, from->line);
		page_turn(from);
	}
	ATF_CHECK_STREQ(all.line, "");
	ATF_CHECK_STREQ(newer.line, "");
	fclose(is);
}

static void
check_row(const struct mech *m, struct pair *pair, const uint8_t *in,
    size_t len)
{
	const char *name = ckname_mechanism(m->type);
	uint8_t sig[1024];
	size_t sig_len = other_sign(m, pair->pkey, in, len, sig);

	ATF_CHECK_MSG(verify_once(m, pair->public, in, len, sig,
	    sig_len) == CKR_OK, "%s: theirs", name);
	sig[sig_len - 1] ^= 1;
	ATF_CHECK_MSG(verify_once(m, pair->public, in, len, sig,
	    sig_len) == CKR_SIGNATURE_INVALID, "%s: flipped", name);
	sig[sig_len - 1] ^= 1;
	if (op_is_multipart(&(struct op){ .mech = m }))
		for (size_t step = 1; step <= len; step += 37)
			ATF_CHECK_MSG(verify_parts(m, pair->public, in, len,
			    step, sig, sig_len) == CKR_OK, "%s: parts", name);
	if ((mech_flags(m) & CKF_SIGN) == 0) {
		ATF_CHECK_MSG(sign_once(m, pair->private, in, len, sig,
		    &sig_len) == CKR_MECHANISM_INVALID, "%s: signs", name);
		return;
	}
	/* three times: new, from the pool, from the pool */
	for (int i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ_MSG(sign_once(m, pair->private, in, len, sig,
		    &sig_len), CKR_OK, "%s", name);
		ATF_CHECK_MSG(other_verify(m, pair->pkey, in, len, sig,
		    sig_len), "%s: ours, time %d", name, i);
	}
	if (!op_is_multipart(&(struct op){ .mech = m }))
		return;
	for (size_t step = 1; step <= len; step += 37) {
		ATF_REQUIRE_EQ(sign_parts(m, pair->private, in, len, step,
		    sig, &sig_len), CKR_OK);
		ATF_CHECK_MSG(other_verify(m, pair->pkey, in, len, sig,
		    sig_len), "%s: our parts of %zu", name, step);
	}
}

/* All signing rows of a key type, whole and in parts, both directions. */
static void
check_signatures(CK_KEY_TYPE type, const char *key)
{
	struct pair pair;
	unsigned rows = 0;

	pair_make(key, &pair);
	for (size_t i = 0; i < mech_count(); i++) {
		const struct mech *m = mech_at(i);
		bool raw = m->md == NULL && type != CKK_EC_EDWARDS;

		if (m->key_type != type || (m->flags & CKF_VERIFY) == 0 ||
		    m->type == CKM_RSA_X_509) /* in rsax509_test */
			continue;
		rows++;
		/* rows without a digest sign what looks like one */
		check_row(m, &pair, message, raw ? 32 : LEN);
	}
	ATF_CHECK(rows >= 1);
	pair_wipe(&pair);
}

#define SIGNATURES(key, name, type) \
	ATF_TC_WITHOUT_HEAD(signatures__##key); \
	ATF_TC_BODY(signatures__##key, tc) \
	{ \
		check_signatures(type, name); \
	}
SIGNATURES(rsa_2048, "RSA-2048", CKK_RSA)
SIGNATURES(rsa_2049, "RSA-2049", CKK_RSA)
SIGNATURES(rsa_3072, "RSA-3072", CKK_RSA)
SIGNATURES(p256, "P-256", CKK_EC)
SIGNATURES(p384, "P-384", CKK_EC)
SIGNATURES(p521, "P-521", CKK_EC)
SIGNATURES(p224, "P-224", CKK_EC)
SIGNATURES(secp256k1, "secp256k1", CKK_EC)
SIGNATURES(brainpool_p224r1, "brainpoolP224r1", CKK_EC)
SIGNATURES(brainpool_p256r1, "brainpoolP256r1", CKK_EC)
SIGNATURES(brainpool_p320r1, "brainpoolP320r1", CKK_EC)
SIGNATURES(brainpool_p384r1, "brainpoolP384r1", CKK_EC)
SIGNATURES(brainpool_p512r1, "brainpoolP512r1", CKK_EC)
SIGNATURES(brainpool_p224t1, "brainpoolP224t1", CKK_EC)
SIGNATURES(brainpool_p256t1, "brainpoolP256t1", CKK_EC)
SIGNATURES(brainpool_p320t1, "brainpoolP320t1", CKK_EC)
SIGNATURES(brainpool_p384t1, "brainpoolP384t1", CKK_EC)
SIGNATURES(brainpool_p512t1, "brainpoolP512t1", CKK_EC)
SIGNATURES(ed25519, "ED25519", CKK_EC_EDWARDS)
SIGNATURES(ed448, "ED448", CKK_EC_EDWARDS)

static size_t
other_hmac(const char *md, const void *key, size_t key_len,
    uint8_t out[EVP_MAX_MD_SIZE])
{
	size_t len = 0;

	ATF_REQUIRE(EVP_Q_mac(fixture_open(), "HMAC", NULL, md, NULL, key,
	    key_len, message, LEN, out, EVP_MAX_MD_SIZE, &len) != NULL);
	return len;
}

static void
check_mac(const struct mech *m, size_t key_len)
{
	uint8_t bytes[300], want[EVP_MAX_MD_SIZE], mac[1024];
	struct key *key;
	size_t len, want_len;

	memset(bytes, 0x5a, sizeof(bytes));
	key = secret_key_make(CKK_GENERIC_SECRET, bytes, key_len);
	want_len = other_hmac(m->md, bytes, key_len, want);
	if (mechanism_make(m).pParameter != NULL)
		want_len = 13;
	for (int i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(sign_once(m, key, message, LEN, mac, &len),
		    CKR_OK);
		ATF_CHECK_EQ(len, want_len);
		ATF_CHECK_EQ(memcmp(mac, want, len), 0);
		ATF_REQUIRE_EQ(sign_parts(m, key, message, LEN, 17, mac,
		    &len), CKR_OK);
		ATF_CHECK_EQ(memcmp(mac, want, want_len), 0);
		ATF_CHECK_EQ(verify_parts(m, key, message, LEN, 64, mac, len),
		    CKR_OK);
	}
	mac[0] ^= 0x80;
	ATF_CHECK_EQ(verify_once(m, key, message, LEN, mac, len),
	    CKR_SIGNATURE_INVALID);
	ATF_CHECK_EQ(verify_once(m, key, message, LEN, mac, len - 1),
	    CKR_SIGNATURE_LEN_RANGE);
	key_put(key);
}

ATF_TC_WITHOUT_HEAD(hmac__matches_for_all_key_lengths);
ATF_TC_BODY(hmac__matches_for_all_key_lengths, tc)
{
	static const size_t lengths[] = { 1, 14, 20, 64, 65, 128, 144, 300 };
	unsigned rows = 0;

	fixture_open();
	mech_set_policy(POLICY_LEGACY);
	for (size_t i = 0; i < mech_count(); i++) {
		const struct mech *m = mech_at(i);

		if (m->key_type != CKK_GENERIC_SECRET || m->md == NULL ||
		    (mech_flags(m) & CKF_SIGN) == 0 ||
		    m->type == CKM_SHA512_T_HMAC)
			continue;
		rows++;
		for (size_t k = 0; k < COUNT(lengths); k++)
			check_mac(m, lengths[k]);
	}
	ATF_CHECK_EQ(rows, 26);
}

static void
check_digest(const struct mech *m)
{
	CK_MECHANISM how = { m->type, NULL, 0 };
	uint8_t want[EVP_MAX_MD_SIZE], is[EVP_MAX_MD_SIZE];
	size_t want_len = sizeof(want), len, none;
	struct op *op;

	ATF_REQUIRE_EQ(EVP_Q_digest(fixture_open(), m->md, NULL, message, LEN,
	    want, &want_len), 1);
	ATF_REQUIRE_EQ(op_start(m, CKF_DIGEST, &how, NULL, &op), CKR_OK);
	ATF_CHECK_EQ(op_size(op, LEN), want_len);
	ATF_REQUIRE_EQ(op_once(op, message, LEN, is, &len), CKR_OK);
	ATF_CHECK_EQ(len, want_len);
	ATF_CHECK_EQ(memcmp(is, want, len), 0);
	ATF_CHECK_EQ(op_once(op, message, LEN, is, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	op_free(op);

	ATF_REQUIRE_EQ(op_start(m, CKF_DIGEST, &how, NULL, &op), CKR_OK);
	for (size_t at = 0; at < LEN; at++)
		ATF_REQUIRE_EQ(op_update(op, message + at, 1, NULL, &none),
		    CKR_OK);
	memset(is, 0, sizeof(is));
	ATF_REQUIRE_EQ(op_final(op, is, &len), CKR_OK);
	ATF_CHECK_EQ(memcmp(is, want, want_len), 0);
	op_free(op);
}

ATF_TC_WITHOUT_HEAD(digest__matches);
ATF_TC_BODY(digest__matches, tc)
{
	unsigned rows = 0;

	fixture_open();
	mech_set_policy(POLICY_LEGACY);
	for (size_t i = 0; i < mech_count(); i++)
		if ((mech_flags(mech_at(i)) & CKF_DIGEST) != 0 &&
		    mech_at(i)->type != CKM_SHA512_T) {
			rows++;
			check_digest(mech_at(i));
		}
	ATF_CHECK_EQ(rows, 13);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, table__is_sorted_and_every_row_is_found);
	ATF_TP_ADD_TC(tp, table__flags_lead_to_functions);
	ATF_TP_ADD_TC(tp, table__is_the_reviewed_one);
	ATF_TP_ADD_TC(tp, signatures__rsa_2048);
	ATF_TP_ADD_TC(tp, signatures__rsa_2049);
	ATF_TP_ADD_TC(tp, signatures__rsa_3072);
	ATF_TP_ADD_TC(tp, signatures__p256);
	ATF_TP_ADD_TC(tp, signatures__p384);
	ATF_TP_ADD_TC(tp, signatures__p521);
	ATF_TP_ADD_TC(tp, signatures__p224);
	ATF_TP_ADD_TC(tp, signatures__secp256k1);
	ATF_TP_ADD_TC(tp, signatures__brainpool_p224r1);
	ATF_TP_ADD_TC(tp, signatures__brainpool_p256r1);
	ATF_TP_ADD_TC(tp, signatures__brainpool_p320r1);
	ATF_TP_ADD_TC(tp, signatures__brainpool_p384r1);
	ATF_TP_ADD_TC(tp, signatures__brainpool_p512r1);
	ATF_TP_ADD_TC(tp, signatures__brainpool_p224t1);
	ATF_TP_ADD_TC(tp, signatures__brainpool_p256t1);
	ATF_TP_ADD_TC(tp, signatures__brainpool_p320t1);
	ATF_TP_ADD_TC(tp, signatures__brainpool_p384t1);
	ATF_TP_ADD_TC(tp, signatures__brainpool_p512t1);
	ATF_TP_ADD_TC(tp, signatures__ed25519);
	ATF_TP_ADD_TC(tp, signatures__ed448);
	ATF_TP_ADD_TC(tp, hmac__matches_for_all_key_lengths);
	ATF_TP_ADD_TC(tp, digest__matches);
	return atf_no_error();
}
