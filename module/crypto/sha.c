/* SHA-1, SHA-2 and their HMAC on open states. */
#include "module/crypto/sha.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"

struct sha_kind {
	size_t state, block;
	int (*update)(void *ctx, const void *in, size_t len);
	int (*final)(unsigned char *out, void *ctx);
};

/* One signature for all of them. */

static int
sha1_update(void *ctx, const void *in, size_t len)
{
	return SHA1_Update(ctx, in, len);
}

static int
sha1_final(unsigned char *out, void *ctx)
{
	return SHA1_Final(out, ctx);
}

static int
sha256_update(void *ctx, const void *in, size_t len)
{
	return SHA256_Update(ctx, in, len);
}

static int
sha256_final(unsigned char *out, void *ctx)
{
	return SHA256_Final(out, ctx);
}

static int
sha512_update(void *ctx, const void *in, size_t len)
{
	return SHA512_Update(ctx, in, len);
}

static int
sha512_final(unsigned char *out, void *ctx)
{
	return SHA512_Final(out, ctx);
}

static const struct sha_kind sha1_kind = { sizeof(SHA_CTX), 64, sha1_update,
	sha1_final };
static const struct sha_kind sha256_kind = { sizeof(SHA256_CTX), 64,
	sha256_update, sha256_final };
static const struct sha_kind sha512_kind = { sizeof(SHA512_CTX), 128,
	sha512_update, sha512_final };

static void
begin_1(struct sha *sha)
{
	SHA1_Init(&sha->u.sha1);
}

static void
begin_224(struct sha *sha)
{
	SHA224_Init(&sha->u.sha256);
}

static void
begin_256(struct sha *sha)
{
	SHA256_Init(&sha->u.sha256);
}

static void
begin_384(struct sha *sha)
{
	SHA384_Init(&sha->u.sha512);
}

static void
begin_512(struct sha *sha)
{
	SHA512_Init(&sha->u.sha512);
}

static void
begin_512_224(struct sha *sha)
{
	sha_begin_512t(sha, 224);
}

static void
begin_512_256(struct sha *sha)
{
	sha_begin_512t(sha, 256);
}

static const struct {
	const char *name;
	size_t size;
	const struct sha_kind *kind;
	void (*begin)(struct sha *sha);
} shas[] = {
	{ "SHA1", 20, &sha1_kind, begin_1 },
	{ "SHA2-224", 28, &sha256_kind, begin_224 },
	{ "SHA2-256", 32, &sha256_kind, begin_256 },
	{ "SHA2-384", 48, &sha512_kind, begin_384 },
	{ "SHA2-512", 64, &sha512_kind, begin_512 },
	{ "SHA2-512/224", 28, &sha512_kind, begin_512_224 },
	{ "SHA2-512/256", 32, &sha512_kind, begin_512_256 },
};

bool
sha_begin(struct sha *sha, const char *name)
{
	for (size_t i = 0; i < COUNT(shas); i++) {
		if (strcmp(shas[i].name, name) != 0)
			continue;
		*sha = (struct sha){ .kind = shas[i].kind,
			.size = shas[i].size };
		shas[i].begin(sha);
		return true;
	}
	return false;
}

/* The initial value is a digest of the name, by SHA-512 begun otherwise. */
bool
sha_begin_512t(struct sha *sha, unsigned long bits)
{
	uint8_t value[SHA_MAX];
	struct sha maker;
	char name[24];

	if (bits == 0 || bits >= 512 || bits % 8 != 0 || bits == 384)
		return false;
	sha_begin(&maker, "SHA2-512");
	for (int i = 0; i < 8; i++)
		maker.u.sha512.h[i] ^= 0xa5a5a5a5a5a5a5a5ULL;
	snprintf(name, sizeof(name), "SHA-512/%lu", bits);
	sha_update(&maker, name, strlen(name));
	sha_final(&maker, value);
	sha_begin(sha, "SHA2-512");
	sha->size = bits / 8;
	for (int i = 0; i < 64; i++)
		sha->u.sha512.h[i / 8] = sha->u.sha512.h[i / 8] << 8 |
		    value[i];
	return true;
}

void
sha_update(struct sha *sha, const void *in, size_t len)
{
	if (len != 0)
		sha->kind->update(&sha->u, in, len);
}

/* libcrypto writes the digest's own length, which for SHA-512/t is 64. */
void
sha_final(struct sha *sha, uint8_t out[SHA_MAX])
{
	sha->kind->final(out, &sha->u);
}

struct span
sha_state(const struct sha *sha)
{
	return (struct span){ &sha->u, sha->kind->state };
}

bool
sha_resume(struct sha *sha, struct span state)
{
	if (state.len != sha->kind->state)
		return false;
	memcpy(&sha->u, state.data, state.len);
	return true;
}

static void
pad_update(struct sha *sha, const uint8_t key[128], uint8_t pad)
{
	uint8_t block[128];

	for (size_t i = 0; i < sha->kind->block; i++)
		block[i] = key[i] ^ pad;
	sha_update(sha, block, sha->kind->block);
	explicit_bzero(block, sizeof(block));
}

void
sha_hmac_begin(struct sha_hmac *hmac, const struct sha *begun,
    struct span key)
{
	uint8_t block[128] = { 0 };

	*hmac = (struct sha_hmac){ *begun, *begun };
	if (key.len > begun->kind->block) {
		uint8_t digest[SHA_MAX];
		struct sha sha = *begun;

		sha_update(&sha, key.data, key.len);
		sha_final(&sha, digest);
		memcpy(block, digest, begun->size);
		explicit_bzero(digest, sizeof(digest));
		explicit_bzero(&sha, sizeof(sha));
	} else if (key.len != 0) {
		memcpy(block, key.data, key.len);
	}
	pad_update(&hmac->inner, block, 0x36);
	pad_update(&hmac->outer, block, 0x5c);
	explicit_bzero(block, sizeof(block));
}

void
sha_hmac_final(struct sha_hmac *hmac, uint8_t out[SHA_MAX])
{
	sha_final(&hmac->inner, out);
	sha_update(&hmac->outer, out, hmac->inner.size);
	sha_final(&hmac->outer, out);
}
