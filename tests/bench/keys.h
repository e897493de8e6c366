/*
 * The keys of a run, the same on every side: in PEM files, and as objects of a
 * token.  They are named rsa-2048, p-256 and ed25519.
 */
#ifndef BENCH_KEYS_H
#define BENCH_KEYS_H

#include <openssl/evp.h>

#include "tests/bench/module.h"

/* NULL at the end. */
extern const char *const key_names[];

/* Makes the PEM files, in the folder of the run. */
void keys_make(void);
/* out has BENCH_PATH. */
void key_path(const char *name, char *out);
EVP_PKEY *key_load(const char *name);

/*
 * The private key of this name on a token, and its public key when pair is
 * set, with the name as label; returns what C_CreateObject answered.
 */
CK_RV key_import(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session,
    const char *name, bool pair);

/* What is signed: a digest, for RSA within a DigestInfo. */
struct signing {
	CK_MECHANISM mechanism;
	CK_BYTE input[64];
	CK_ULONG len;
};
struct signing key_signing(const char *name);

/* Dies unless the key of this name made the signature of that input. */
void key_check(const char *name, const CK_BYTE *signature, CK_ULONG len);

#endif
