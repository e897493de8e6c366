/* For tests of agreement: bytes in hexadecimal, our derivation in one call, and
 * plain libcrypto's. */
#ifndef VECS_AGREE_FIXTURE_H
#define VECS_AGREE_FIXTURE_H

#include "module/mech/keywork.h"
#include "module/mech/mech_fixture.h"

#define SECRET_MAX 1024

size_t hex_bytes(const char *hex, uint8_t *out);
void check_bytes(const void *is, size_t len, const char *hex);

/* A derived secret of a length, or with 0 as long as it is; its bytes in out. */
CK_RV derive_once(CK_MECHANISM_TYPE type, void *parameter, size_t len,
    struct key *base, size_t wanted, uint8_t out[SECRET_MAX],
    size_t *out_len);
/* The same, by CK_ECDH1_DERIVE_PARAMS and CKD_NULL. */
CK_RV derive_plain(struct key *base, struct span point,
    uint8_t out[SECRET_MAX], size_t *out_len);

size_t other_agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t out[SECRET_MAX]);
/* name: "X963KDF" or "SSKDF" */
void other_kdf(const char *name, const char *md, struct span secret,
    struct span info, uint8_t *out, size_t len);

#endif
