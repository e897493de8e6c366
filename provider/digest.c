/* One row for each digest: its names here, in PKCS#11 and in ASN.1. */
#include "provider/digest.h"

#include <openssl/objects.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

static const struct digest digests[] = {
	{ { "SHA2-256", "SHA256", "SHA-256" }, NID_sha256, 32,
	    CKM_SHA256, CKG_MGF1_SHA256, 1 },
	{ { "SHA2-384", "SHA384", "SHA-384" }, NID_sha384, 48,
	    CKM_SHA384, CKG_MGF1_SHA384, 2 },
	{ { "SHA2-512", "SHA512", "SHA-512" }, NID_sha512, 64,
	    CKM_SHA512, CKG_MGF1_SHA512, 3 },
	{ { "SHA2-224", "SHA224", "SHA-224" }, NID_sha224, 28,
	    CKM_SHA224, CKG_MGF1_SHA224, 4 },
	{ { "SHA2-512/224", "SHA512-224", "SHA-512/224" }, NID_sha512_224, 28,
	    CKM_SHA512_224, 0, 5 },
	{ { "SHA2-512/256", "SHA512-256", "SHA-512/256" }, NID_sha512_256, 32,
	    CKM_SHA512_256, 0, 6 },
	{ { "SHA3-224", NULL, NULL }, NID_sha3_224, 28,
	    CKM_SHA3_224, CKG_MGF1_SHA3_224, 7 },
	{ { "SHA3-256", NULL, NULL }, NID_sha3_256, 32,
	    CKM_SHA3_256, CKG_MGF1_SHA3_256, 8 },
	{ { "SHA3-384", NULL, NULL }, NID_sha3_384, 48,
	    CKM_SHA3_384, CKG_MGF1_SHA3_384, 9 },
	{ { "SHA3-512", NULL, NULL }, NID_sha3_512, 64,
	    CKM_SHA3_512, CKG_MGF1_SHA3_512, 10 },
	{ { "SHA1", "SHA-1", "SSL3-SHA1" }, NID_sha1, 20,
	    CKM_SHA_1, CKG_MGF1_SHA1, 0 },
	/* TLS before 1.2: no DigestInfo around it */
	{ { "MD5-SHA1", NULL, NULL }, NID_md5_sha1, 36, 0, 0, 0 },
};

static _Atomic(EVP_MD *) fetched[COUNT(digests)];

const struct digest *
digest_find(const char *name)
{
	for (size_t i = 0; i < COUNT(digests); i++)
		for (size_t k = 0; k < COUNT(digests[i].names); k++)
			if (digests[i].names[k] != NULL
			    && strcasecmp(digests[i].names[k], name) == 0)
				return &digests[i];
	return NULL;
}

const EVP_MD *
digest_md(const struct digest *d)
{
	_Atomic(EVP_MD *) *place = &fetched[d - digests];
	EVP_MD *md = *place, *other = NULL;

	if (md != NULL)
		return md;
	md = EVP_MD_fetch(soft_libctx(), d->names[0], NULL);
	if (md == NULL || atomic_compare_exchange_strong(place, &other, md))
		return md;
	EVP_MD_free(md);
	return other;
}

size_t
digest_info(const struct digest *d, const unsigned char *value,
    unsigned char out[DIGEST_INFO_MAX])
{
	static const unsigned char sha1[] = { 0x30, 0x21, 0x30, 0x09, 0x06,
	    0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14 };
	unsigned char sha2[] = { 0x30, (unsigned char)(17 + d->size), 0x30,
	    0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
	    d->arc, 0x05, 0x00, 0x04, (unsigned char)d->size };
	size_t head = 0;

	if (d->arc != 0)
		memcpy(out, sha2, head = sizeof(sha2));
	else if (d->nid == NID_sha1)
		memcpy(out, sha1, head = sizeof(sha1));
	memcpy(out + head, value, d->size);
	return head + d->size;
}
