/* Keys of the lattice and hash based types: their sets, loading, parts. */
#include "module/crypto/pqkey.h"

#include <stdatomic.h>

#include "module/crypto/errors.h"
#include "module/crypto/keykind.h"
#include "module/crypto/libctx.h"

#define PUBLIC "pub"
#define PRIVATE "priv"
#define SEED "seed"

static const struct pqset sets[] = {
	{ CKK_ML_DSA, CKP_ML_DSA_44, "ML-DSA-44", { 3, 17 }, 1312, 2560, 32, 2420 },
	{ CKK_ML_DSA, CKP_ML_DSA_65, "ML-DSA-65", { 3, 18 }, 1952, 4032, 32, 3309 },
	{ CKK_ML_DSA, CKP_ML_DSA_87, "ML-DSA-87", { 3, 19 }, 2592, 4896, 32, 4627 },
	{ CKK_ML_KEM, CKP_ML_KEM_512, "ML-KEM-512", { 4, 1 }, 800, 1632, 64, 768 },
	{ CKK_ML_KEM, CKP_ML_KEM_768, "ML-KEM-768", { 4, 2 }, 1184, 2400, 64, 1088 },
	{ CKK_ML_KEM, CKP_ML_KEM_1024, "ML-KEM-1024", { 4, 3 }, 1568, 3168, 64, 1568 },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHA2_128S, "SLH-DSA-SHA2-128s", { 3, 20 }, 32, 64, 0, 7856 },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_128S, "SLH-DSA-SHAKE-128s", { 3, 26 }, 32, 64, 0, 7856 },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHA2_128F, "SLH-DSA-SHA2-128f", { 3, 21 }, 32, 64, 0, 17088 },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_128F, "SLH-DSA-SHAKE-128f", { 3, 27 }, 32, 64, 0, 17088 },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHA2_192S, "SLH-DSA-SHA2-192s", { 3, 22 }, 48, 96, 0, 16224 },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_192S, "SLH-DSA-SHAKE-192s", { 3, 28 }, 48, 96, 0, 16224 },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHA2_192F, "SLH-DSA-SHA2-192f", { 3, 23 }, 48, 96, 0, 35664 },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_192F, "SLH-DSA-SHAKE-192f", { 3, 29 }, 48, 96, 0, 35664 },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHA2_256S, "SLH-DSA-SHA2-256s", { 3, 24 }, 64, 128, 0, 29792 },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_256S, "SLH-DSA-SHAKE-256s", { 3, 30 }, 64, 128, 0, 29792 },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHA2_256F, "SLH-DSA-SHA2-256f", { 3, 25 }, 64, 128, 0, 49856 },
	{ CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_256F, "SLH-DSA-SHAKE-256f", { 3, 31 }, 64, 128, 0, 49856 },
};

/* libcrypto has all sets of a type or none: asked once, of the first. */
enum answer { UNKNOWN, OFFERED, ABSENT };

static struct {
	CK_KEY_TYPE type;
	const char *name;
	atomic_int answer;
} types[] = {
	{ CKK_ML_DSA, "ML-DSA-44", UNKNOWN },
	{ CKK_ML_KEM, "ML-KEM-512", UNKNOWN },
	{ CKK_SLH_DSA, "SLH-DSA-SHA2-128s", UNKNOWN },
};

static enum answer
ask(const char *name)
{
	_cleanup_(errors_forget) errors_scope mark = errors_mark();
	EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(libctx_get(), name, NULL);

	EVP_KEYMGMT_free(found);
	return found != NULL ? OFFERED : ABSENT;
}

bool
pqset_is_offered(CK_KEY_TYPE type)
{
	enum answer answer = ABSENT;

	for (size_t i = 0; i < COUNT(types); i++) {
		if (types[i].type != type)
			continue;
		answer = (enum answer)atomic_load(&types[i].answer);
		if (answer == UNKNOWN)
			answer = ask(types[i].name);
		atomic_store(&types[i].answer, (int)answer);
	}
	return answer == OFFERED;
}

CK_RV
pqset_find(CK_KEY_TYPE type, CK_ULONG number, const struct pqset **out)
{
	for (size_t i = 0; i < COUNT(sets); i++)
		if (sets[i].type == type && sets[i].number == number) {
			*out = &sets[i];
			return CKR_OK;
		}
	return CKR_PARAMETER_SET_NOT_SUPPORTED;
}

const struct pqset *
pqset_of(const EVP_PKEY *pkey)
{
	for (size_t i = 0; i < COUNT(sets); i++)
		if (EVP_PKEY_is_a(pkey, sets[i].name) == 1)
			return &sets[i];
	return NULL;
}

/* A part of a key whose length is known. */
static CK_RV
octets(const EVP_PKEY *pkey, const char *name, size_t len, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret bytes = { NULL, 0 };
	size_t got = 0;

	TRY(secret_new(len, &bytes));
	if (EVP_PKEY_get_octet_string_param(pkey, name, bytes.data, len,
	    &got) != 1 || got != len)
		return CKR_FUNCTION_FAILED;
	*out = bytes;
	bytes = (struct secret){ NULL, 0 };
	return CKR_OK;
}

/* A key that came without its seed has none to show. */
static CK_RV
seed_of(const struct pqset *set, const EVP_PKEY *pkey, struct secret *out)
{
	size_t len = 0;

	if (set->seed == 0 || EVP_PKEY_get_octet_string_param(pkey, SEED, NULL,
	    0, &len) != 1 || len != set->seed)
		return CKR_OK;
	return octets(pkey, SEED, set->seed, out);
}

static CK_RV
make_of(const struct pqset *set, const char *part, int selection,
    struct span value, EVP_PKEY **out)
{
	_cleanup_(pkey_parts_wipe) struct pkey_parts parts = { .count = 0 };

	pkey_add_octets(&parts, part, value);
	return pkey_make(set->name, selection, &parts, out);
}

static bool
is_long(struct span value, size_t len)
{
	return value.data == NULL || value.len == len;
}

/* Of seed and value, which belong together, one is enough. */
static CK_RV
load_private(const struct pqset *set, struct span seed, struct span value,
    EVP_PKEY **out)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;
	_cleanup_(secret_wipe) struct secret is = { NULL, 0 };

	if (value.data == NULL && seed.data == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	if (!is_long(value, set->private) || !is_long(seed, set->seed))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (seed.data == NULL)
		return make_of(set, PRIVATE, EVP_PKEY_KEYPAIR, value, out);
	TRY(make_of(set, SEED, EVP_PKEY_KEYPAIR, seed, &pkey));
	if (value.data != NULL) {
		TRY(octets(pkey, PRIVATE, set->private, &is));
		if (!secret_equal(is.data, value.data, value.len))
			return CKR_ATTRIBUTE_VALUE_INVALID;
	}
	*out = TAKE(pkey);
	return CKR_OK;
}

static CK_RV
load_public(const struct pqset *set, struct span value, EVP_PKEY **out)
{
	if (value.data == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	if (value.len != set->public)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return make_of(set, PUBLIC, EVP_PKEY_PUBLIC_KEY, value, out);
}

static CK_RV
pq_load(const struct key_parts *parts, EVP_PKEY **out, unsigned *bits)
{
	const struct pqset *set;

	if (!pqset_is_offered(parts->type))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (parts->parameter_set == CK_UNAVAILABLE_INFORMATION)
		return CKR_TEMPLATE_INCOMPLETE;
	TRY(pqset_find(parts->type, parts->parameter_set, &set));
	TRY(parts->class == CKO_PRIVATE_KEY
	    ? load_private(set, parts->seed, parts->value, out)
	    : load_public(set, parts->value, out));
	*bits = (unsigned)set->public * 8;
	return CKR_OK;
}

/* The AlgorithmIdentifier of every set is its OBJECT IDENTIFIER alone. */
static CK_RV
pq_public_parts(const EVP_PKEY *pkey, struct key_made *out)
{
	uint8_t oid[] = { 0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 3, 4, 0, 0 };
	const struct pqset *set = pqset_of(pkey);

	if (set == NULL)
		return CKR_GENERAL_ERROR;
	oid[9] = set->oid[0];
	oid[10] = set->oid[1];
	TRY(octets(pkey, PUBLIC, set->public, &out->public_value));
	out->parameter_set = set->number;
	return pkey_spki((struct span){ oid, sizeof(oid) },
	    (struct span){ out->public_value.data, set->public }, &out->spki);
}

static CK_RV
pq_export(CK_KEY_TYPE type, const EVP_PKEY *pkey, struct key_made *out)
{
	const struct pqset *set = pqset_of(pkey);

	if (set == NULL || set->type != type)
		return CKR_WRAPPED_KEY_INVALID;
	TRY(pq_public_parts(pkey, out));
	TRY(octets(pkey, PRIVATE, set->private, &out->value));
	return seed_of(set, pkey, &out->seed);
}

CK_RV
pqkey_generate(const struct pqset *set, struct key_made *out)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_name(libctx_get(), set->name, NULL);
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_generate(ctx, &pkey) != 1)
		return CKR_FUNCTION_FAILED;
	return pq_export(set->type, pkey, out);
}

static CK_RV
ml_dsa_export(const EVP_PKEY *pkey, struct key_made *out)
{
	return pq_export(CKK_ML_DSA, pkey, out);
}

static CK_RV
ml_kem_export(const EVP_PKEY *pkey, struct key_made *out)
{
	return pq_export(CKK_ML_KEM, pkey, out);
}

static CK_RV
slh_dsa_export(const EVP_PKEY *pkey, struct key_made *out)
{
	return pq_export(CKK_SLH_DSA, pkey, out);
}

/* The last quarter of a private SLH-DSA key is computed from the first three:
 * the work of a generation. */
static CK_RV
slh_dsa_prove(EVP_PKEY *pkey)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_pkey(libctx_get(), pkey, NULL);

	if (ctx == NULL)
		return CKR_HOST_MEMORY;
	return EVP_PKEY_pairwise_check(ctx) == 1
	    ? CKR_OK
	    : CKR_ATTRIBUTE_VALUE_INVALID;
}

const struct key_kind ml_dsa_kind = {
	.type = CKK_ML_DSA,
	.load = pq_load,
	.public_parts = pq_public_parts,
	.export = ml_dsa_export,
};

const struct key_kind ml_kem_kind = {
	.type = CKK_ML_KEM,
	.load = pq_load,
	.public_parts = pq_public_parts,
	.export = ml_kem_export,
};

const struct key_kind slh_dsa_kind = {
	.type = CKK_SLH_DSA,
	.load = pq_load,
	.public_parts = pq_public_parts,
	.export = slh_dsa_export,
	.prove = slh_dsa_prove,
};
