/* The digests of our libcrypto, fetched at their first use. */
#include "module/crypto/digest.h"

#include <stdatomic.h>
#include <string.h>

#include "module/crypto/errors.h"
#include "module/crypto/libctx.h"

struct digest {
	const char *name;
	size_t size;
	EVP_MD *_Atomic md;
};

static struct digest digests[] = {
	{ "SHA1", 20, NULL },
	{ "SHA2-224", 28, NULL },
	{ "SHA2-256", 32, NULL },
	{ "SHA2-384", 48, NULL },
	{ "SHA2-512", 64, NULL },
	{ "SHA2-512/224", 28, NULL },
	{ "SHA2-512/256", 32, NULL },
	{ "SHA3-224", 28, NULL },
	{ "SHA3-256", 32, NULL },
	{ "SHA3-384", 48, NULL },
	{ "SHA3-512", 64, NULL },
	{ "BLAKE2B-512", 64, NULL },
	{ "MD5", 16, NULL },
	{ "SHAKE128", 32, NULL },
	{ "SHAKE256", 64, NULL },
};

/* Of several threads that fetch at once, one fetched digest is kept. */
static EVP_MD *
digest_fetch(struct digest *digest)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	EVP_MD *md = EVP_MD_fetch(libctx_get(), digest->name, NULL);
	EVP_MD *other = NULL;

	if (md == NULL)
		return NULL;
	if (!atomic_compare_exchange_strong(&digest->md, &other, md)) {
		EVP_MD_free(md);
		return other;
	}
	return md;
}

const struct digest *
digest_find(const char *name)
{
	struct digest *found = NULL;

	for (size_t i = 0; i < COUNT(digests); i++)
		if (strcmp(digests[i].name, name) == 0)
			found = &digests[i];
	if (found == NULL)
		return NULL;
	if (atomic_load(&found->md) == NULL && digest_fetch(found) == NULL)
		return NULL;
	return found;
}

const char *
digest_name(const struct digest *digest)
{
	return digest->name;
}

size_t
digest_size(const struct digest *digest)
{
	return digest->size;
}

bool
digest_final(const struct digest *digest, EVP_MD_CTX *ctx, void *out)
{
	const EVP_MD *md = digest_md(digest);

	/* an extendable one has no size of its own */
	if ((EVP_MD_get_flags(md) & EVP_MD_FLAG_XOF) != 0)
		return EVP_DigestFinalXOF(ctx, out, digest->size) == 1;
	return EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

const EVP_MD *
digest_md(const struct digest *digest)
{
	return atomic_load_explicit(&digest->md, memory_order_acquire);
}
