/* The table of mechanisms: the rows of all families, sorted by number. */
#include "module/mech/mech.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "module/crypto/digest.h"
#include "module/mech/op.h"
#include "module/mech/rows.h"

#define ROWS_MAX 512

static const struct mech_family *const families[] = {
	&aead_family,
	&cipher_family,
	&cmac_family,
	&dh_family,
	&digest_family,
	&dsa_family,
	&ec_family,
	&ecdh_family,
	&eddsa_family,
	&encdata_family,
	&hashkdf_family,
	&hkdf_family,
	&hmac_family,
	&hybridwrap_family,
	&keygen_family,
	&keywrap_family,
	&ml_dsa_family,
	&ml_kem_family,
	&pbkdf2_family,
	&pqkeygen_family,
	&pubfromprv_family,
	&rsa_family,
	&rsax509_family,
	&simplekdf_family,
	&slh_dsa_family,
	&sp800108_family,
	&tls12_family,
	&tlsmac_family,
};

static pthread_once_t rows_once = PTHREAD_ONCE_INIT;
static const struct mech *rows[ROWS_MAX];
static size_t row_count;

/* What libcrypto has been seen to have; what it lacks may only have failed. */
static atomic_bool seen[ROWS_MAX];

static atomic_int policy = POLICY_STANDARD;

static int
by_type(const void *a, const void *b)
{
	CK_MECHANISM_TYPE x = (*(const struct mech *const *)a)->type;
	CK_MECHANISM_TYPE y = (*(const struct mech *const *)b)->type;

	return x < y ? -1 : x > y;
}

static void
rows_sort(void)
{
	for (size_t i = 0; i < COUNT(families); i++)
		for (size_t k = 0; k < families[i]->count &&
		     row_count < ROWS_MAX; k++)
			rows[row_count++] = &families[i]->rows[k];
	qsort(rows, row_count, sizeof(rows[0]), by_type);
}

void
mech_set_policy(enum mech_policy to)
{
	atomic_store(&policy, to);
	/* some rows are offered because others are */
	for (size_t i = 0; i < COUNT(seen); i++)
		atomic_store(&seen[i], false);
}

CK_FLAGS
mech_flags(const struct mech *mech)
{
	int now = atomic_load_explicit(&policy, memory_order_relaxed);

	return mech->flags |
	    (now != POLICY_MODERN ? mech->standard : 0) |
	    (now == POLICY_LEGACY ? mech->legacy : 0);
}

static bool
libcrypto_has(const struct mech *mech)
{
	if (mech->md != NULL && digest_find(mech->md) == NULL)
		return false;
	return mech->ops->is_offered == NULL || mech->ops->is_offered(mech);
}

/* What this libcrypto has not, or the policy allows for nothing, is left out.
 */
static bool
is_offered(size_t i)
{
	/* any of the bits that are a use, not the kind of a curve */
	const CK_FLAGS uses = 0x300fff1eUL;

	if ((mech_flags(rows[i]) & uses) == 0)
		return false;
	if (atomic_load_explicit(&seen[i], memory_order_relaxed))
		return true;
	if (!libcrypto_has(rows[i]))
		return false;
	atomic_store_explicit(&seen[i], true, memory_order_relaxed);
	return true;
}

const struct mech *
mech_next(size_t *at)
{
	pthread_once(&rows_once, rows_sort);
	while (*at < row_count) {
		size_t i = (*at)++;

		if (is_offered(i))
			return rows[i];
	}
	return NULL;
}

size_t
mech_count(void)
{
	size_t at = 0, n = 0;

	while (mech_next(&at) != NULL)
		n++;
	return n;
}

const struct mech *
mech_at(size_t i)
{
	const struct mech *mech;
	size_t at = 0;

	do
		mech = mech_next(&at);
	while (mech != NULL && i-- != 0);
	return mech;
}

/* Asks about its own row only: a first signature fetches one digest. */
const struct mech *
mech_find(CK_MECHANISM_TYPE type)
{
	size_t low = 0, high;

	pthread_once(&rows_once, rows_sort);
	high = row_count;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rows[middle]->type < type)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == row_count || rows[low]->type != type ||
	    !is_offered(low))
		return NULL;
	return rows[low];
}

static bool
type_fits(CK_KEY_TYPE wanted, CK_OBJECT_CLASS class, CK_KEY_TYPE type)
{
	if (wanted == MECH_ANY_SECRET)
		return class == CKO_SECRET_KEY;
	if (wanted == MECH_ANY_PRIVATE)
		return class == CKO_PRIVATE_KEY;
	return wanted == type;
}

bool
mech_takes(const struct mech *mech, CK_OBJECT_CLASS class, CK_KEY_TYPE type)
{
	const CK_KEY_TYPE *also = mech->also;

	if (mech->key_type == MECH_NO_KEY)
		return false;
	if (type_fits(mech->key_type, class, type))
		return true;
	for (; also != NULL && *also != MECH_NO_KEY; also++)
		if (type_fits(*also, class, type))
			return true;
	return false;
}
