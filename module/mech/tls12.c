/* The keys of TLS 1.2 (RFC 5246, 8.1 and 6.3; RFC 7627; RFC 5705; PKCS#11
 * 6.40). */
#include "module/mech/derived.h"

#include <string.h>

#include "common/log.h"
#include "module/mech/prf.h"
#include "module/mech/rows.h"
#include "module/mech/tlsprf.h"

#define RANDOM_LEN 32
#define MASTER_LEN 48
/* of one key, more than any cipher suite has */
#define PIECE_MAX 1024

/* The row's arg. */
#define OF_DH 1       /* the premaster secret has no version in it */
#define WITHOUT_IVS 1 /* no IVs are made */

#define LABEL(text) { (text), sizeof(text) - 1 }

static CK_RV
invalid(const char *why)
{
	return fail_quiet(CKR_MECHANISM_PARAM_INVALID, "%s", why);
}

static CK_RV
randoms_read(const CK_SSL3_RANDOM_DATA *r, struct span *client,
    struct span *server)
{
	if (r->ulClientRandomLen != RANDOM_LEN ||
	    r->ulServerRandomLen != RANDOM_LEN)
		return invalid("a random has the wrong length");
	TRY(param_bytes(r->pClientRandom, RANDOM_LEN, client));
	return param_bytes(r->pServerRandom, RANDOM_LEN, server);
}

/* What is said of keys that are made, beside the template. */

static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static const CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;
static const CK_KEY_TYPE generic = CKK_GENERIC_SECRET;

#define SAYS(type, value) { type, (void *)(uintptr_t)&(value), sizeof(value) }

/* ... unless the template says otherwise. */
static const CK_ATTRIBUTE master_unsaid[] = { SAYS(CKA_DERIVE, yes) };
static const CK_ATTRIBUTE key_unsaid[] = {
	SAYS(CKA_ENCRYPT, yes),
	SAYS(CKA_DECRYPT, yes),
	SAYS(CKA_DERIVE, yes),
};

/* Master secrets */

static const CK_MECHANISM_TYPE master_mechanisms[] = {
	CKM_TLS12_KEY_AND_MAC_DERIVE, CKM_TLS12_KEY_SAFE_DERIVE, CKM_TLS_KDF,
	CKM_TLS_MAC, CKM_TLS12_KDF, CKM_TLS12_MAC,
};

/* What a master secret is for, whatever the template says. */
static const CK_ATTRIBUTE master_says[] = {
	{ CKA_ALLOWED_MECHANISMS, (void *)(uintptr_t)master_mechanisms,
	    sizeof(master_mechanisms) },
};

/* Where the version in front of an RSA premaster secret goes. */
static CK_RV
version_check(const struct mech *mech, const CK_VERSION *version)
{
	bool wanted = mech->arg != OF_DH;

	return (version != NULL) == wanted
	    ? CKR_OK
	    : invalid(wanted ? "pVersion is NULL" : "pVersion is not NULL");
}

static void
version_tell(const struct key *base, CK_VERSION *version)
{
	const uint8_t *premaster = key_value(base).data;

	if (version == NULL)
		return;
	version->major = premaster[0];
	version->minor = premaster[1];
}

static CK_RV
master_make(const struct digest *digest, const struct key *base,
    const struct span *seed, size_t count, const struct derive_args *args,
    struct derived *out)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };

	if (args->type != CKK_GENERIC_SECRET ||
	    (args->len != 0 && args->len != MASTER_LEN))
		return CKR_TEMPLATE_INCONSISTENT;
	TRY(secret_new(MASTER_LEN, &made));
	TRY(tls_prf(digest, key_value(base), seed, count, made.data,
	    made.len));
	TRY(derived_add(&made, MASTER_LEN, out));
	out->keys[0].says = master_says;
	out->keys[0].says_n = COUNT(master_says);
	out->keys[0].unsaid = master_unsaid;
	out->keys[0].unsaid_n = COUNT(master_unsaid);
	return CKR_OK;
}

static CK_RV
master_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	CK_TLS12_MASTER_KEY_DERIVE_PARAMS p;
	struct span seed[3] = { LABEL("master secret") };
	const struct digest *digest;

	TRY(param_copy(mechanism, &p, sizeof(p)));
	TRY(prf_digest(p.prfHashMechanism, &digest));
	TRY(version_check(mech, p.pVersion));
	TRY(randoms_read(&p.RandomInfo, &seed[1], &seed[2]));
	TRY(master_make(digest, base, seed, COUNT(seed), args, out));
	version_tell(base, p.pVersion);
	return CKR_OK;
}

/* The session's hash is one of the same digest (RFC 7627, 3). */
static CK_RV
extended_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS p;
	struct span seed[2] = { LABEL("extended master secret") };
	const struct digest *digest;

	TRY(param_copy(mechanism, &p, sizeof(p)));
	TRY(prf_digest(p.prfHashMechanism, &digest));
	TRY(version_check(mech, p.pVersion));
	TRY(param_bytes(p.pSessionHash, p.ulSessionHashLen, &seed[1]));
	if (seed[1].len != digest_size(digest))
		return invalid("the session hash has another length");
	TRY(master_make(digest, base, seed, COUNT(seed), args, out));
	version_tell(base, p.pVersion);
	return CKR_OK;
}

/* The key block */

struct block {
	const struct digest *digest;
	struct span client, server; /* the randoms */
	size_t mac, key, iv;        /* bytes of one of each */
	CK_SSL3_KEY_MAT_OUT *out;
};

static CK_RV
size_read(CK_ULONG bits, size_t *out)
{
	if (bits % 8 != 0 || bits / 8 > PIECE_MAX)
		return invalid("a size is not offered");
	*out = bits / 8;
	return CKR_OK;
}

static CK_RV
block_read(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct block *out)
{
	CK_TLS12_KEY_MAT_PARAMS p;

	TRY(param_copy(mechanism, &p, sizeof(p)));
	TRY(prf_digest(p.prfHashMechanism, &out->digest));
	TRY(randoms_read(&p.RandomInfo, &out->client, &out->server));
	TRY(size_read(p.ulMacSizeInBits, &out->mac));
	TRY(size_read(p.ulKeySizeInBits, &out->key));
	if (mech->arg != WITHOUT_IVS)
		TRY(size_read(p.ulIVSizeInBits, &out->iv));
	if (p.bIsExport != CK_FALSE)
		return invalid("bIsExport is set");
	out->out = p.pReturnedKeyMaterial;
	if (out->out == NULL)
		return invalid("pReturnedKeyMaterial is NULL");
	if (out->iv != 0 && (out->out->pIVClient == NULL ||
	    out->out->pIVServer == NULL))
		return invalid("there is no place for the IVs");
	return CKR_OK;
}

static const CK_ATTRIBUTE mac_template[] = {
	SAYS(CKA_CLASS, secret_class),
	SAYS(CKA_KEY_TYPE, generic),
	SAYS(CKA_SIGN, yes),
	SAYS(CKA_VERIFY, yes),
	SAYS(CKA_ENCRYPT, no),
	SAYS(CKA_DECRYPT, no),
	SAYS(CKA_WRAP, no),
	SAYS(CKA_UNWRAP, no),
};
/* The next bytes of the block as a key; there may be none. */
static CK_RV
piece_add(const uint8_t **at, size_t len, bool mac, CK_OBJECT_HANDLE *handle,
    struct derived *out)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	struct derived_key *key = &out->keys[out->count];

	*handle = CK_INVALID_HANDLE;
	if (len == 0)
		return CKR_OK;
	TRY(secret_dup(*at, len, &made));
	*at += len;
	TRY(derived_add(&made, len, out));
	key->handle = handle;
	if (mac) {
		key->t = mac_template;
		key->n = COUNT(mac_template);
	} else {
		key->unsaid = key_unsaid;
		key->unsaid_n = COUNT(key_unsaid);
	}
	return CKR_OK;
}

static CK_RV
block_cut(const struct block *b, const uint8_t *at, struct derived *out)
{
	CK_SSL3_KEY_MAT_OUT *to = b->out;

	TRY(piece_add(&at, b->mac, true, &to->hClientMacSecret, out));
	TRY(piece_add(&at, b->mac, true, &to->hServerMacSecret, out));
	TRY(piece_add(&at, b->key, false, &to->hClientKey, out));
	TRY(piece_add(&at, b->key, false, &to->hServerKey, out));
	if (b->iv == 0)
		return CKR_OK;
	memcpy(to->pIVClient, at, b->iv);
	memcpy(to->pIVServer, at + b->iv, b->iv);
	return CKR_OK;
}

static CK_RV
keys_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(secret_wipe) struct secret all = { NULL, 0 };
	struct block b = { .iv = 0 };
	struct span seed[3] = { LABEL("key expansion") };

	TRY(block_read(mech, mechanism, &b));
	if (args->len != 0 && args->len != b.key)
		return CKR_TEMPLATE_INCONSISTENT;
	seed[1] = b.server;
	seed[2] = b.client;
	TRY(secret_new(2 * (b.mac + b.key + b.iv), &all));
	TRY(tls_prf(b.digest, key_value(base), seed, COUNT(seed), all.data,
	    all.len));
	return block_cut(&b, all.data, out);
}

/* Exporters: an empty context is not the same as none (RFC 5705, 4). */
static CK_RV
export_derive(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	CK_TLS_KDF_PARAMS p;
	struct span seed[TLS_SEED_MAX];
	uint8_t context_len[2];
	const struct digest *digest;
	size_t len;

	(void)mech;
	TRY(param_copy(mechanism, &p, sizeof(p)));
	TRY(prf_digest(p.prfMechanism, &digest));
	TRY(param_bytes(p.pLabel, p.ulLabelLength, &seed[0]));
	TRY(randoms_read(&p.RandomInfo, &seed[1], &seed[2]));
	TRY(param_bytes_or_none(p.pContextData, p.ulContextDataLength,
	    &seed[4]));
	if (seed[4].len > 0xffff)
		return invalid("the context is too long");
	context_len[0] = (uint8_t)(seed[4].len >> 8);
	context_len[1] = (uint8_t)seed[4].len;
	seed[3] = (struct span){ context_len, sizeof(context_len) };
	TRY(derived_length(args, 0, &len));
	TRY(secret_new(len, &made));
	TRY(tls_prf(digest, key_value(base), seed,
	    p.pContextData != NULL ? 5 : 3, made.data, len));
	return derived_add(&made, len, out);
}

static const struct mech_ops master_ops = {
	.unit = 8,
	.derive = master_derive,
};
static const struct mech_ops extended_ops = {
	.unit = 8,
	.derive = extended_derive,
};
static const struct mech_ops keys_ops = {
	.unit = 8,
	.inherits = INHERITS_VALUES,
	.derive = keys_derive,
};
static const struct mech_ops export_ops = {
	.unit = 8,
	.inherits = INHERITS_BOTH,
	.derive = export_derive,
};

#define D CKF_DERIVE
#define MASTER MASTER_LEN, MASTER_LEN
#define ANY 1, DERIVED_BYTES_MAX

static const struct mech tls12_rows[] = {
	{ CKM_TLS12_MASTER_KEY_DERIVE, CKK_GENERIC_SECRET, MASTER, D, NULL, 0,
	    &master_ops },
	{ CKM_TLS12_MASTER_KEY_DERIVE_DH, CKK_GENERIC_SECRET, ANY, D, NULL,
	    OF_DH, &master_ops },
	{ CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE, CKK_GENERIC_SECRET, MASTER, D,
	    NULL, 0, &extended_ops },
	{ CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH, CKK_GENERIC_SECRET, ANY, D,
	    NULL, OF_DH, &extended_ops },
	{ CKM_TLS12_KEY_AND_MAC_DERIVE, CKK_GENERIC_SECRET, MASTER, D, NULL,
	    0, &keys_ops },
	{ CKM_TLS12_KEY_SAFE_DERIVE, CKK_GENERIC_SECRET, MASTER, D, NULL,
	    WITHOUT_IVS, &keys_ops },
	{ CKM_TLS_KDF, CKK_GENERIC_SECRET, ANY, D, NULL, 0, &export_ops },
	{ CKM_TLS12_KDF, CKK_GENERIC_SECRET, ANY, D, NULL, 0, &export_ops },
};

const struct mech_family tls12_family = FAMILY(tls12_rows);
