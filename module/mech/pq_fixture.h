/* For tests: keys of FIPS 203 to 205 made by plain libcrypto, and the same as
 * this module has them. */
#ifndef VECS_PQ_FIXTURE_H
#define VECS_PQ_FIXTURE_H

#include <openssl/evp.h>

#include "module/crypto/pqkey.h"
#include "module/mech/mech_fixture.h"

struct pq_name {
	CK_KEY_TYPE type;
	CK_ULONG number;
	const char *name;
};

/* All 18 sets, by type. */
extern const struct pq_name pq_names[];
extern const size_t pq_name_count;

/*
 * Does the libcrypto of this test have the type?  If not, the test has nothing
 * more to do: that neither a mechanism is listed nor a key taken is checked.
 */
bool pq_is_there(CK_KEY_TYPE type, CK_MECHANISM_TYPE mech);

struct pq_pair {
	EVP_PKEY *pkey; /* of the test's context */
	struct secret pub, priv, seed; /* seed: empty where there is none */
	struct key_parts private_parts, public_parts;
	struct key *private, *public;
};

void pq_pair_make(const struct pq_name *name, struct pq_pair *out);
void pq_pair_wipe(struct pq_pair *pair);

/* A key of the test's context out of one part: "seed", "priv" or "pub". */
EVP_PKEY *pq_pkey(const char *name, const char *part, int selection,
    const void *data, size_t len);

/* A part of it. */
struct secret pq_part(const EVP_PKEY *pkey, const char *part);

/* libcrypto's encapsulation to a public key, with this randomness. */
void pq_encapsulate(const char *name, const struct secret *pub,
    const uint8_t random[32], uint8_t *text, size_t text_len,
    uint8_t shared[32]);

/* The longest signature of all. */
#define PQ_SIG_MAX 49856

/* In one call, with this parameter; *len is only set. */
CK_RV pq_sign(CK_MECHANISM m, struct key *key, struct span in, uint8_t *out,
    size_t *len);
CK_RV pq_verify(CK_MECHANISM m, struct key *key, struct span in,
    const uint8_t *sig, size_t len);

#endif
