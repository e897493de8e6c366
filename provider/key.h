/*
 * A key as libcrypto sees it: the public half in our own libcrypto and, for a
 * private key, where it is in a token.  A key that libcrypto generated or
 * handed to us is soft: our own libcrypto holds all of it.
 */
#ifndef VECS_PROVIDER_KEY_H
#define VECS_PROVIDER_KEY_H

#include <stdatomic.h>
#include <stdbool.h>

#include "provider/find.h"
#include "provider/soft.h"

struct provider;

enum key_kind { KEY_RSA, KEY_RSA_PSS, KEY_EC, KEY_ED25519, KEY_ED448 };
#define KEY_KINDS 5
/* libcrypto's names, by kind. */
extern const char *const key_names[KEY_KINDS];

struct key {
	atomic_uint refs;
	struct provider *prov;
	enum key_kind kind;
	EVP_PKEY *pub;     /* NULL until libcrypto imports something */
	bool parameters;   /* which has no key at all, */
	bool soft_private; /* or the private half, too */
	size_t size;       /* of a signature at most */
	size_t field;      /* bytes of an EC group's order */

	char *uri; /* that means this key alone; NULL: not in a token */
	bool had_pin; /* and pin-value= was in it */
	_Atomic(struct token *) token;
	atomic_ulong handle, epoch;
	bool always_authenticate;
};

CK_RV key_new(struct provider *prov, enum key_kind kind, struct key **out)
    MUST_USE;
struct key *key_ref(struct key *k);
void key_free(struct key *k);
DEFINE_CLEANUP(struct key *, key_free)

/* Takes pub over and works out what depends on it. */
CK_RV key_set_public(struct key *k, EVP_PKEY *pub) MUST_USE;

/* The key that was found.  uri (with its query) is kept to find it again. */
CK_RV key_load(struct provider *prov, const struct found *f, const char *uri,
    struct key **out) MUST_USE;

/* One signature of the private key in the token.  out_len: room, then size.
 * After a fork, or when the token came back, the key is found again. */
CK_RV key_sign(struct key *k, CK_MECHANISM *how, const void *in, size_t len,
    unsigned char *out, size_t *out_len) MUST_USE;

#endif
