/* The pseudo-random function of TLS 1.2. */
#include "module/mech/tlsprf.h"

#include <string.h>

#include "module/mech/prf.h"

/* Names as in the RFC: A(i), and the output for A(i) and the seed. */
static CK_RV
run(const struct prf *prf, const struct span *seed, size_t count,
    uint8_t *out, size_t len)
{
	uint8_t a[PRF_SIZE_MAX], block[PRF_SIZE_MAX];
	struct span parts[1 + TLS_SEED_MAX] = { { a, prf->size } };
	CK_RV rv = prf_call(prf, seed, count, a);

	memcpy(&parts[1], seed, count * sizeof(*seed));
	for (size_t at = 0; rv == CKR_OK && at < len; at += prf->size) {
		size_t left = len - at;

		rv = prf_call(prf, parts, 1 + count, block);
		memcpy(out + at, block, left < prf->size ? left : prf->size);
		if (rv == CKR_OK)
			rv = prf_call(prf, parts, 1, a);
	}
	explicit_bzero(a, sizeof(a));
	explicit_bzero(block, sizeof(block));
	return rv;
}

CK_RV
tls_prf(const struct digest *digest, struct span secret,
    const struct span *seed, size_t count, uint8_t *out, size_t len)
{
	_cleanup_(prf_close) struct prf prf = { NULL, 0 };

	TRY(prf_hmac(digest, secret, &prf));
	return run(&prf, seed, count, out, len);
}
