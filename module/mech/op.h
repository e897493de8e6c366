/*
 * An operation from the inside, for the families of this folder.  An ended
 * operation of a key goes back to the key's pool with its contexts prepared;
 * the next one with the same row and parameters only begins.
 */
#ifndef VECS_OP_H
#define VECS_OP_H

#include "common/buf.h"
#include "module/crypto/digest.h"
#include "module/crypto/keypool.h"
#include "module/mech/mech.h"
#include "module/mech/param.h"

struct op {
	struct idle idle; /* first: the pool's view of it */
	const struct mech *mech;
	mech_use use;
	struct key *key; /* held while the operation is in progress */
	struct param param;
	struct secret label; /* param.label points here */
	EVP_PKEY_CTX *pkey;
	EVP_MD_CTX *md;
	const struct digest *digest; /* of the row, or NULL */
	EVP_MAC_CTX *mac;
	size_t len;      /* of the result, for families that ask for it */
	struct buf data; /* fed so far, for rows that need all at once */
	bool prepared;   /* has begun before */
	bool ended;
};

/* What a family offers; NULL where a row's flags never lead. */
struct mech_ops {
	/* bits in one unit of the row's min and max */
	unsigned unit;
	/* the digest of the row hashes the input before finish or verify */
	bool hashes;
	CK_RV (*read)(const struct mech *mech, mech_use use,
	    const CK_MECHANISM *mechanism, struct param *out);
	/* makes the contexts of a new operation, whose key it may look at */
	CK_RV (*prepare)(struct op *op);
	/* before each operation, new or again; NULL: nothing to do */
	CK_RV (*begin)(struct op *op);
	size_t (*size)(const struct op *op, size_t in_len);
	/* takes a part of the input; NULL: hashes, or single-part only */
	CK_RV (*feed)(struct op *op, const void *in, size_t len);
	/* the rest of the input (or its hash) in, the result out */
	CK_RV (*finish)(struct op *op, const void *in, size_t in_len,
	    void *out, size_t *out_len);
	CK_RV (*verify)(struct op *op, const void *in, size_t in_len,
	    const void *sig, size_t sig_len);
	CK_RV (*generate)(const struct mech *mech,
	    const struct generate_args *args, struct key_made *out);
};

extern const struct mech_ops digest_ops, hmac_ops, hmac_general_ops;
extern const struct mech_ops rsa_pkcs1_ops, rsa_pkcs1_hash_ops, rsa_oaep_ops;
extern const struct mech_ops rsa_pss_ops, rsa_pss_hash_ops;
extern const struct mech_ops ecdsa_ops, ecdsa_hash_ops, eddsa_ops;
extern const struct mech_ops rsa_keygen_ops, ec_keygen_ops;
extern const struct mech_ops secret_keygen_ops, aes_keygen_ops;

#endif
