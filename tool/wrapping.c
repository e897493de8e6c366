/* C_WrapKey and C_UnwrapKey with the parameters that each mechanism wants. */
#include "tool/wrapping.h"

#include <openssl/rand.h>
#include <string.h>
#include <strings.h>

#include "common/ckname.h"

struct parameter {
	CK_MECHANISM mechanism;
	CK_RSA_PKCS_OAEP_PARAMS oaep;
	CK_RSA_AES_KEY_WRAP_PARAMS rsa_aes;
	CK_BYTE iv[WRAPPING_IV];
};

static const struct hash {
	const char *name;
	CK_MECHANISM_TYPE type;
	CK_RSA_PKCS_MGF_TYPE mgf;
} hashes[] = {
	{ "sha256", CKM_SHA256, CKG_MGF1_SHA256 },
	{ "sha1", CKM_SHA_1, CKG_MGF1_SHA1 },
	{ "sha384", CKM_SHA384, CKG_MGF1_SHA384 },
	{ "sha512", CKM_SHA512, CKG_MGF1_SHA512 },
};

static void
oaep(const struct wrapping *w, struct parameter *p)
{
	p->oaep = (CK_RSA_PKCS_OAEP_PARAMS){ .hashAlg = w->hash,
		.source = CKZ_DATA_SPECIFIED };
	for (size_t i = 0; i < COUNT(hashes); i++)
		if (hashes[i].type == w->hash)
			p->oaep.mgf = hashes[i].mgf;
	p->mechanism.pParameter = &p->oaep;
	p->mechanism.ulParameterLen = sizeof(p->oaep);
}

static void
rsa_aes(const struct wrapping *w, struct parameter *p)
{
	oaep(w, p);
	p->rsa_aes = (CK_RSA_AES_KEY_WRAP_PARAMS){ .ulAESKeyBits = 256,
		.pOAEPParams = &p->oaep };
	p->mechanism.pParameter = &p->rsa_aes;
	p->mechanism.ulParameterLen = sizeof(p->rsa_aes);
}

static void
vector(const struct wrapping *w, struct parameter *p)
{
	(void)w;
	p->mechanism.pParameter = p->iv;
	p->mechanism.ulParameterLen = sizeof(p->iv);
}

#define SECRETS 1U
#define PRIVATES 2U

/* The best first; those of no class only for who names them.  RSA by itself is
 * too small for a private key.  AES_KEY_WRAP_PAD has been understood in two
 * ways, so that it is the last resort. */
static const struct row {
	CK_MECHANISM_TYPE type;
	CK_KEY_TYPE with;
	unsigned wraps;
	size_t iv;
	void (*fill)(const struct wrapping *w, struct parameter *p);
} rows[] = {
	{ CKM_AES_KEY_WRAP_KWP, CKK_AES, SECRETS | PRIVATES, 0, NULL },
	{ CKM_AES_CBC_PAD, CKK_AES, SECRETS | PRIVATES, WRAPPING_IV, vector },
	{ CKM_AES_KEY_WRAP_PAD, CKK_AES, SECRETS | PRIVATES, 0, NULL },
	{ CKM_AES_KEY_WRAP, CKK_AES, 0, 0, NULL },
	{ CKM_AES_KEY_WRAP_PKCS7, CKK_AES, 0, 0, NULL },
	{ CKM_RSA_AES_KEY_WRAP, CKK_RSA, SECRETS | PRIVATES, 0, rsa_aes },
	{ CKM_RSA_PKCS_OAEP, CKK_RSA, SECRETS, 0, oaep },
	{ CKM_RSA_PKCS, CKK_RSA, 0, 0, NULL },
};

static const struct row *
row_find(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

/* Some modules describe mechanisms that they do not list, and do not do. */
static bool
listed(const struct token *token, CK_MECHANISM_TYPE type)
{
	CK_FUNCTION_LIST *calls = token->p11->calls;
	_cleanup_(freep) CK_MECHANISM_TYPE *all = NULL;
	CK_ULONG n = 0;
	bool found = false;

	if (calls->C_GetMechanismList(token->slot, NULL, &n) != CKR_OK ||
	    (all = calloc(n + 1, sizeof(*all))) == NULL ||
	    calls->C_GetMechanismList(token->slot, all, &n) != CKR_OK)
		return false;
	for (CK_ULONG i = 0; i < n; i++)
		found = found || all[i] == type;
	return found;
}

bool
wrapping_offered(const struct token *token, CK_MECHANISM_TYPE type,
    CK_FLAGS flag)
{
	CK_MECHANISM_INFO info;

	return listed(token, type) &&
	       token->p11->calls->C_GetMechanismInfo(token->slot, type,
	           &info) == CKR_OK && (info.flags & flag) != 0;
}

static CK_RV
hash_find(const char *name, CK_MECHANISM_TYPE *out)
{
	for (size_t i = 0; i < COUNT(hashes); i++)
		if (name == NULL || strcasecmp(hashes[i].name, name) == 0) {
			*out = hashes[i].type;
			return CKR_OK;
		}
	error_say("Error: [%s] is no hash: sha1, sha256, sha384 or sha512\n",
	    name);
	return E_INVALID_PARAMETER;
}

static CK_RV
named(const char *name, struct wrapping *out)
{
	if (ckname_mechanism_find(name, &out->type) &&
	    row_find(out->type) != NULL)
		return CKR_OK;
	error_say("Error: [%s] is no mechanism that wraps, such as "
	          "CKM_AES_KEY_WRAP_KWP\n", name);
	return E_INVALID_PARAMETER;
}

CK_RV
wrapping_choose(const struct token *token, CK_KEY_TYPE with,
    CK_OBJECT_CLASS class, CK_FLAGS flag, const char *name, const char *hash,
    struct wrapping *out)
{
	unsigned what = class == CKO_PRIVATE_KEY ? PRIVATES : SECRETS;

	TRY(hash_find(hash, &out->hash));
	if (name != NULL)
		return named(name, out);
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].with == with && (rows[i].wraps & what) != 0 &&
		    wrapping_offered(token, rows[i].type, flag)) {
			out->type = rows[i].type;
			return CKR_OK;
		}
	error_say("Error: the token has no mechanism that could wrap this key "
	          "with that one\n");
	return E_NOT_SUPPORTED;
}

static void
parameter_fill(const struct wrapping *w, struct parameter *p)
{
	const struct row *row = row_find(w->type);

	p->mechanism = (CK_MECHANISM){ w->type, NULL, 0 };
	if (row != NULL && row->fill != NULL)
		row->fill(w, p);
}

static size_t
iv_size(const struct wrapping *w)
{
	const struct row *row = row_find(w->type);

	return row != NULL ? row->iv : 0;
}

CK_RV
wrapping_wrap(const struct wrapping *w, const struct token *token,
    CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret all = { NULL, 0 };
	CK_FUNCTION_LIST *calls = token->p11->calls;
	struct parameter p = { .iv = { 0 } };
	size_t iv = iv_size(w);
	CK_ULONG len = 0;

	if (RAND_bytes(p.iv, sizeof(p.iv)) != 1)
		return CKR_RANDOM_NO_RNG;
	parameter_fill(w, &p);
	TRY(calls->C_WrapKey(token->session, &p.mechanism, with, key, NULL,
	    &len));
	TRY(secret_new(iv + len, &all));
	memcpy(all.data, p.iv, iv);
	TRY(calls->C_WrapKey(token->session, &p.mechanism, with, key,
	    all.data + iv, &len));
	TRY(secret_cut(&all, iv + len));
	*out = all;
	all = (struct secret){ NULL, 0 };
	return CKR_OK;
}

CK_RV
wrapping_unwrap(const struct wrapping *w, const struct token *token,
    CK_OBJECT_HANDLE with, const struct secret *wrapped,
    const struct attrs *a, CK_OBJECT_HANDLE *out)
{
	struct parameter p = { .iv = { 0 } };
	CK_ATTRIBUTE list[COUNT(a->list)];
	size_t iv = iv_size(w);

	TRY(attrs_check(a));
	if (wrapped->len <= iv)
		return CKR_WRAPPED_KEY_LEN_RANGE;
	memcpy(p.iv, wrapped->data, iv);
	memcpy(list, a->list, a->count * sizeof(list[0]));
	parameter_fill(w, &p);
	return token->p11->calls->C_UnwrapKey(token->session, &p.mechanism,
	    with, wrapped->data + iv, wrapped->len - iv, list, a->count, out);
}
