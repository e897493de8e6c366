/* One row for each digest: its names here, in PKCS#11 and in ASN.1. */
#ifndef VECS_PROVIDER_DIGEST_H
#define VECS_PROVIDER_DIGEST_H

#include "provider/soft.h"

struct digest {
	const char *names[3]; /* the first is libcrypto's own */
	int nid;
	size_t size;
	CK_MECHANISM_TYPE mechanism;
	CK_RSA_PKCS_MGF_TYPE mgf;
	unsigned char arc; /* last arc of 2.16.840.1.101.3.4.2, 0: none */
};

#define DIGEST_SIZE_MAX 64
#define DIGEST_INFO_MAX (19 + DIGEST_SIZE_MAX)

/* The row, or NULL. */
const struct digest *digest_find(const char *name);

/* Fetched once, never freed; NULL when libcrypto does not have it. */
const EVP_MD *digest_md(const struct digest *d);

/* DigestInfo of RFC 8017 section 9.2 around the value; returns its size. */
size_t digest_info(const struct digest *d, const unsigned char *value,
    unsigned char out[DIGEST_INFO_MAX]);

#endif
