/* Sealing, and the keys derived for it. */
#include "module/store/seal.h"

#include <string.h>

#include "module/crypto/aead.h"
#include "module/crypto/kdf.h"
#include "module/crypto/libctx.h"

/* info = purpose, a zero byte, the format as 32 bits. */
static CK_RV
one_time_key(struct span key, const char *purpose, const uint8_t *salt,
    uint8_t out[AEAD_KEY])
{
	_cleanup_(buf_wipe) struct buf info = BUF_INIT;

	buf_bytes(&info, purpose, strlen(purpose) + 1);
	buf_u32(&info, SEAL_FORMAT);
	TRY(buf_check(&info));
	return hkdf_sha256(key, (struct span){ salt, SEAL_SALT },
	    (struct span){ info.data, info.len }, out);
}

CK_RV
seal_with_salt(struct span key, const char *purpose, struct span aad,
    struct span plain, const uint8_t salt[SEAL_SALT], struct buf *out)
{
	_cleanup_(secret_wipe) struct secret sealed = { NULL, 0 };
	uint8_t once[AEAD_KEY];
	CK_RV rv;

	TRY(secret_new(plain.len + SEAL_TAG, &sealed));
	rv = one_time_key(key, purpose, salt, once);
	if (rv == CKR_OK)
		rv = aead_seal(once, aad, plain, sealed.data);
	explicit_bzero(once, sizeof(once));
	TRY(rv);
	buf_bytes(out, salt, SEAL_SALT);
	buf_bytes(out, sealed.data, sealed.len);
	return buf_check(out);
}

CK_RV
seal(struct span key, const char *purpose, struct span aad, struct span plain,
    struct buf *out)
{
	uint8_t salt[SEAL_SALT];

	TRY(rng_bytes(salt, sizeof(salt)));
	return seal_with_salt(key, purpose, aad, plain, salt, out);
}

CK_RV
seal_open(struct span key, const char *purpose, struct span aad,
    struct span sealed, struct secret *out)
{
	const uint8_t *salt = sealed.data;
	struct secret plain = { NULL, 0 };
	uint8_t once[AEAD_KEY];
	CK_RV rv;

	if (salt == NULL || sealed.len < SEAL_SALT + SEAL_TAG)
		return CKR_ENCRYPTED_DATA_INVALID;
	TRY(secret_new(sealed.len - SEAL_SALT - SEAL_TAG, &plain));
	rv = one_time_key(key, purpose, salt, once);
	if (rv == CKR_OK)
		rv = aead_open(once, aad, (struct span){ salt + SEAL_SALT,
		    sealed.len - SEAL_SALT }, plain.data);
	explicit_bzero(once, sizeof(once));
	if (rv != CKR_OK) {
		secret_wipe(&plain);
		return rv;
	}
	*out = plain;
	return CKR_OK;
}

CK_RV
seal_subkey(struct span key, const char *use, uint8_t out[SEAL_KEY])
{
	return hkdf_sha256(key, (struct span){ NULL, 0 },
	    (struct span){ use, strlen(use) }, out);
}
