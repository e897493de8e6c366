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
#include "module/mech/keywork.h"
#include "module/mech/param.h"
#include "module/mech/run.h"

struct op {
	struct idle idle; /* first: the pool's view of it */
	const struct mech *mech;
	/* wrapping counts as encryption, unwrapping as decryption */
	mech_use use;
	struct key *key; /* held while the operation is in progress */
	struct param param;
	struct secret label; /* param.label points here */
	EVP_PKEY_CTX *pkey;
	EVP_MD_CTX *md;
	const struct digest *digest; /* of the row, or NULL */
	EVP_MAC_CTX *mac;
	EVP_CIPHER_CTX *cipher;
	void *own;       /* the family's own, let go by ops->forget */
	size_t len;      /* of the result, for families that ask for it */
	size_t fed;      /* bytes of input so far, of families that count */
	struct buf data; /* fed so far, for rows that need all at once */
	size_t messages; /* begun with this key and parameter */
	bool wraps;      /* the one message is a key */
	bool prepared;   /* has begun before */
	bool ended;
};

/* What a family offers; NULL where a row's flags never lead. */
struct mech_ops {
	/* bits in one unit of the row's min and max */
	unsigned unit;
	/* the digest of the row hashes the input before finish or verify */
	bool hashes;
	/* false when this libcrypto has not what the row needs beside its md */
	bool (*is_offered)(const struct mech *mech);

	/* Operations */
	CK_RV (*read)(const struct mech *mech, mech_use use,
	    const CK_MECHANISM *mechanism, struct param *out);
	/* two parameters of which one's prepared operation serves the other;
	 * NULL: the same hash, mgf and len, and no label */
	bool (*is_same)(const struct param *a, const struct param *b);
	/* makes the contexts of a new operation, whose key it may look at */
	CK_RV (*prepare)(struct op *op);
	/* before each operation, new or again; NULL: nothing to do */
	CK_RV (*begin)(struct op *op);
	size_t (*size)(const struct op *op, size_t in_len);
	/* takes a part of the input; NULL: hashes, step, or single-part only */
	CK_RV (*feed)(struct op *op, const void *in, size_t len);
	/* takes a part of the input and writes exactly step_size bytes */
	CK_RV (*step)(struct op *op, const void *in, size_t in_len, void *out,
	    size_t *out_len);
	size_t (*step_size)(const struct op *op, size_t in_len);
	/* the rest of the input (or its hash) in, the result out */
	CK_RV (*finish)(struct op *op, const void *in, size_t in_len,
	    void *out, size_t *out_len);
	CK_RV (*verify)(struct op *op, const void *in, size_t in_len,
	    const void *sig, size_t sig_len);
	CK_RV (*message_begin)(struct op *op, void *parameter, size_t len,
	    struct span aad);
	CK_RV (*message_end)(struct op *op, void *parameter, size_t len,
	    void *out, size_t *out_len);
	bool (*makes_ivs)(const struct op *op);
	CK_RV (*save)(const struct op *op, struct buf *out);
	CK_RV (*restore)(struct op *op, struct span state);
	void (*forget)(struct op *op);

	/* Keys; mechanism's parameter is checked by the function itself */
	CK_RV (*generate)(const struct mech *mech,
	    const CK_MECHANISM *mechanism, const struct generate_args *args,
	    struct key_made *out);
	/* NULL: an encryption or a decryption of the bytes */
	CK_RV (*wrap)(const struct mech *mech, const CK_MECHANISM *mechanism,
	    struct key *key, struct span plain, struct secret *out);
	CK_RV (*unwrap)(const struct mech *mech, const CK_MECHANISM *mechanism,
	    struct key *key, struct span wrapped, struct secret *out);
	bool fills_front; /* see mech_fills_front */
	CK_RV (*derive)(const struct mech *mech, const CK_MECHANISM *mechanism,
	    struct key *base, const struct derive_args *args,
	    struct derived *out);
	enum inheritance inherits;
	bool takes_data, makes_data; /* see mech_takes_data */
	CK_RV (*encapsulate)(const struct mech *mech,
	    const CK_MECHANISM *mechanism, struct key *key,
	    struct secret *ciphertext, struct secret *shared);
	CK_RV (*decapsulate)(const struct mech *mech,
	    const CK_MECHANISM *mechanism, struct key *key,
	    struct span ciphertext, struct secret *shared);
	/* the same where a secret is as long as it is asked for, 0: as it is */
	CK_RV (*encapsulate_as)(const struct mech *mech,
	    const CK_MECHANISM *mechanism, struct key *key, size_t len,
	    struct secret *ciphertext, struct secret *shared);
	CK_RV (*decapsulate_as)(const struct mech *mech,
	    const CK_MECHANISM *mechanism, struct key *key, size_t len,
	    struct span ciphertext, struct secret *shared);
	size_t (*encapsulated_size)(const struct mech *mech,
	    const struct key *key);
};

/* The verify of a MAC, of at most OP_MAC_MAX bytes: its finish again, and both
 * compared in constant time. */
#define OP_MAC_MAX 64
CK_RV op_mac_verify(struct op *op, const void *in, size_t in_len,
    const void *sig, size_t sig_len) MUST_USE;

/* Wraps as an encryption of the key's bytes with zeros behind them, up to whole
 * blocks; whoever unwraps knows the length (6.10, 6.16). */
CK_RV wrap_filled(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *key, struct span plain, size_t block,
    struct secret *out) MUST_USE;

/* Does the row take this key for this use?  Errors as of op_start. */
CK_RV op_key_check(const struct mech *mech, mech_use use,
    const struct key *key) MUST_USE;

#endif
