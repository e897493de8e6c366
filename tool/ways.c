/* Keys on both sides, and what goes between them. */
#include "tool/ways.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>

#include "tool/kwp.h"

#define RSA_BITS 3072

/* The two ends of a way. */
struct ends {
	const struct token *from, *to;
};

/* One key that we make up */

static CK_RV
aes_create(const struct token *token, const struct secret *value,
    CK_ATTRIBUTE_TYPE use, CK_OBJECT_HANDLE *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	attrs_ulong(&a, CKA_CLASS, CKO_SECRET_KEY);
	attrs_ulong(&a, CKA_KEY_TYPE, CKK_AES);
	attrs_bool(&a, CKA_TOKEN, false);
	attrs_bool(&a, CKA_PRIVATE, true);
	attrs_bool(&a, CKA_SENSITIVE, true);
	attrs_bool(&a, CKA_EXTRACTABLE, false);
	attrs_bool(&a, use, true);
	attrs_bytes(&a, CKA_VALUE, value->data, value->len);
	TRY(attrs_check(&a));
	return token->p11->calls->C_CreateObject(token->session, a.list,
	    a.count, out);
}

static CK_RV
aes_make(const struct ends *e, struct way_keys *out)
{
	struct secret *kek = &out->kek;

	TRY(secret_new(KWP_KEY, kek));
	if (RAND_priv_bytes(kek->data, (int)kek->len) != 1)
		return CKR_RANDOM_NO_RNG;
	TRY(aes_create(e->from, kek, CKA_WRAP, &out->wraps));
	return aes_create(e->to, kek, CKA_UNWRAP, &out->unwraps);
}

/* A pair of the target's, for sources that let nobody bring a secret key */

static CK_RV
rsa_generate(const struct token *token, CK_OBJECT_HANDLE *public,
    CK_OBJECT_HANDLE *private)
{
	static const CK_BYTE exponent[] = { 1, 0, 1 };
	_cleanup_(attrs_wipe) struct attrs pub = ATTRS_INIT;
	_cleanup_(attrs_wipe) struct attrs priv = ATTRS_INIT;
	CK_MECHANISM mechanism = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };

	attrs_bool(&pub, CKA_TOKEN, false);
	attrs_bool(&pub, CKA_WRAP, true);
	attrs_ulong(&pub, CKA_MODULUS_BITS, RSA_BITS);
	attrs_bytes(&pub, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
	attrs_bool(&priv, CKA_TOKEN, false);
	attrs_bool(&priv, CKA_PRIVATE, true);
	attrs_bool(&priv, CKA_SENSITIVE, true);
	attrs_bool(&priv, CKA_EXTRACTABLE, false);
	attrs_bool(&priv, CKA_UNWRAP, true);
	TRY(attrs_check(&pub));
	TRY(attrs_check(&priv));
	return token->p11->calls->C_GenerateKeyPair(token->session,
	    &mechanism, pub.list, pub.count, priv.list, priv.count, public,
	    private);
}

static CK_RV
rsa_make(const struct ends *e, struct way_keys *out)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	_cleanup_(secret_wipe) struct secret n = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret exponent = { NULL, 0 };
	CK_OBJECT_HANDLE public;

	TRY(rsa_generate(e->to, &public, &out->unwraps));
	TRY(object_get(e->to, public, CKA_MODULUS, &n));
	TRY(object_get(e->to, public, CKA_PUBLIC_EXPONENT, &exponent));
	attrs_ulong(&a, CKA_CLASS, CKO_PUBLIC_KEY);
	attrs_ulong(&a, CKA_KEY_TYPE, CKK_RSA);
	attrs_bool(&a, CKA_TOKEN, false);
	attrs_bool(&a, CKA_WRAP, true);
	attrs_bytes(&a, CKA_MODULUS, n.data, n.len);
	attrs_bytes(&a, CKA_PUBLIC_EXPONENT, exponent.data, exponent.len);
	TRY(attrs_check(&a));
	return e->from->p11->calls->C_CreateObject(e->from->session, a.list,
	    a.count, &out->wraps);
}

/* How the two tokens call one format.  Softhsm2's AES_KEY_WRAP_PAD is what the
 * standard calls KWP, but of a key that it has filled up with zeros before. */
static const struct way {
	CK_MECHANISM_TYPE wrap, unwrap, hash;
	bool filled;
	CK_RV (*make)(const struct ends *e, struct way_keys *out);
} ways[WAYS] = {
	{ CKM_AES_KEY_WRAP_KWP, CKM_AES_KEY_WRAP_KWP, 0, false, aes_make },
	{ CKM_AES_KEY_WRAP_PAD, CKM_AES_KEY_WRAP_KWP, 0, true, aes_make },
	{ CKM_AES_KEY_WRAP_KWP, CKM_AES_KEY_WRAP_PAD, 0, false, aes_make },
	{ CKM_AES_CBC_PAD, CKM_AES_CBC_PAD, 0, false, aes_make },
	{ CKM_AES_KEY_WRAP_PAD, CKM_AES_KEY_WRAP_PAD, 0, true, aes_make },
	{ CKM_RSA_AES_KEY_WRAP, CKM_RSA_AES_KEY_WRAP, CKM_SHA256, false,
	    rsa_make },
	{ CKM_RSA_AES_KEY_WRAP, CKM_RSA_AES_KEY_WRAP, CKM_SHA_1, false,
	    rsa_make },
};

/* How long the key is without what fills it up; 0 where nobody knows. */
static size_t
key_length(const struct token *from, CK_OBJECT_HANDLE object,
    const struct secret *plain)
{
	const unsigned char *at = plain->data;
	CK_ULONG class = 0, len = 0;
	long inner = 0;
	int tag, group;

	if (object_get_ulong(from, object, CKA_CLASS, &class) != CKR_OK)
		return 0;
	if (class == CKO_PRIVATE_KEY) {
		if ((ASN1_get_object(&at, &inner, &tag, &group,
		        (long)plain->len) & 0x80) != 0)
			return 0;
		return (size_t)(at - plain->data) + (size_t)inner;
	}
	if (object_get_ulong(from, object, CKA_VALUE_LEN, &len) == CKR_OK &&
	    len != 0 && len <= plain->len)
		return len;
	return plain->len != 0 && plain->data[plain->len - 1] != 0
	    ? plain->len : 0;
}

/* The same key wrapped anew, without what filled it up. */
static CK_RV
unfill(const struct token *from, CK_OBJECT_HANDLE object,
    const struct secret *kek, struct secret *wrapped)
{
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	size_t len;

	TRY(kwp_unwrap(kek, wrapped, &plain));
	len = key_length(from, object, &plain);
	ERR_clear_error();
	if (len == 0 || len > plain.len)
		return CKR_WRAPPED_KEY_LEN_RANGE;
	TRY(secret_cut(&plain, len));
	secret_wipe(wrapped);
	return kwp_wrap(kek, &plain, wrapped);
}

static CK_RV
keys_get(const struct way *way, const struct ends *e, struct way_keys *keys)
{
	if (keys->tried)
		return keys->rv;
	keys->tried = true;
	keys->rv = CKR_MECHANISM_INVALID;
	if (wrapping_offered(e->from, way->wrap, CKF_WRAP) &&
	    wrapping_offered(e->to, way->unwrap, CKF_UNWRAP))
		keys->rv = way->make(e, keys);
	return keys->rv;
}

static CK_RV
way_go(const struct way *way, struct way_keys *keys, const struct ends *e,
    CK_OBJECT_HANDLE object, const struct attrs *copy)
{
	_cleanup_(secret_wipe) struct secret wrapped = { NULL, 0 };
	struct wrapping out = { .type = way->wrap, .hash = way->hash };
	struct wrapping in = { .type = way->unwrap, .hash = way->hash };
	CK_OBJECT_HANDLE made;

	TRY(keys_get(way, e, keys));
	TRY(wrapping_wrap(&out, e->from, keys->wraps, object, &wrapped));
	if (way->filled)
		TRY(unfill(e->from, object, &keys->kek, &wrapped));
	return wrapping_unwrap(&in, e->to, keys->unwraps, &wrapped, copy,
	    &made);
}

CK_RV
ways_go(struct ways *w, const struct token *from, const struct token *to,
    CK_OBJECT_HANDLE object, const struct attrs *copy)
{
	const struct ends e = { from, to };
	CK_RV first = CKR_MECHANISM_INVALID;

	for (size_t i = 0; i < WAYS; i++) {
		CK_RV rv = way_go(&ways[i], &w->keys[i], &e, object, copy);

		if (rv == CKR_OK)
			return CKR_OK;
		if (first == CKR_MECHANISM_INVALID)
			first = rv;
	}
	return first;
}

void
ways_wipe(struct ways *w)
{
	for (size_t i = 0; i < WAYS; i++)
		secret_wipe(&w->keys[i].kek);
}
