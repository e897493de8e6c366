/* The rows of algorithms and uses. */
#include "tool/algorithm.h"

#include <ctype.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <string.h>
#include <strings.h>

#include "tool/error.h"

DEFINE_CLEANUP(ASN1_OBJECT *, ASN1_OBJECT_free)

static CK_RV
bits_parse(const char *text, CK_ULONG *out)
{
	char *end;
	CK_ULONG n = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)text[0]) || *end != '\0' || n > 65536)
		return E_INVALID_PARAMETER;
	*out = n;
	return CKR_OK;
}

static CK_RV
modulus(const char *parameter, struct attrs *out)
{
	static const CK_BYTE exponent[] = { 1, 0, 1 };
	CK_ULONG bits;

	TRY(bits_parse(parameter, &bits));
	attrs_ulong(out, CKA_MODULUS_BITS, bits);
	attrs_bytes(out, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
	return CKR_OK;
}

static CK_RV
length(const char *parameter, struct attrs *out)
{
	CK_ULONG bits;

	TRY(bits_parse(parameter, &bits));
	if (bits == 0 || bits % 8 != 0)
		return E_INVALID_PARAMETER;
	attrs_ulong(out, CKA_VALUE_LEN, bits / 8);
	return CKR_OK;
}

static CK_RV
curve(const char *parameter, struct attrs *out)
{
	int nid = EC_curve_nist2nid(parameter);
	_cleanup_(ASN1_OBJECT_freep) ASN1_OBJECT *oid = OBJ_nid2obj(
	    nid != NID_undef ? nid : OBJ_txt2nid(parameter));
	unsigned char *der = NULL;
	int len = oid != NULL ? i2d_ASN1_OBJECT(oid, &der) : 0;

	if (len > 0)
		attrs_bytes(out, CKA_EC_PARAMS, der, (size_t)len);
	OPENSSL_free(der);
	return len > 0 ? CKR_OK : E_INVALID_PARAMETER;
}

static CK_RV
edwards25519(const char *parameter, struct attrs *out)
{
	(void)parameter;
	return curve("ED25519", out);
}

static CK_RV
edwards448(const char *parameter, struct attrs *out)
{
	(void)parameter;
	return curve("ED448", out);
}

static CK_RV
montgomery25519(const char *parameter, struct attrs *out)
{
	(void)parameter;
	return curve("X25519", out);
}

static CK_RV
montgomery448(const char *parameter, struct attrs *out)
{
	(void)parameter;
	return curve("X448", out);
}

struct set {
	const char *name;
	CK_ULONG number;
};

static CK_RV
set_add(const struct set *sets, size_t count, const char *parameter,
    struct attrs *out)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(sets[i].name, parameter) == 0) {
			attrs_ulong(out, CKA_PARAMETER_SET, sets[i].number);
			return CKR_OK;
		}
	return E_INVALID_PARAMETER;
}

static CK_RV
ml_dsa(const char *parameter, struct attrs *out)
{
	static const struct set sets[] = {
		{ "44", CKP_ML_DSA_44 },
		{ "65", CKP_ML_DSA_65 },
		{ "87", CKP_ML_DSA_87 },
	};

	return set_add(sets, COUNT(sets), parameter, out);
}

static CK_RV
ml_kem(const char *parameter, struct attrs *out)
{
	static const struct set sets[] = {
		{ "512", CKP_ML_KEM_512 },
		{ "768", CKP_ML_KEM_768 },
		{ "1024", CKP_ML_KEM_1024 },
	};

	return set_add(sets, COUNT(sets), parameter, out);
}

static CK_RV
slh_dsa(const char *parameter, struct attrs *out)
{
	static const struct set sets[] = {
		{ "sha2-128s", CKP_SLH_DSA_SHA2_128S },
		{ "shake-128s", CKP_SLH_DSA_SHAKE_128S },
		{ "sha2-128f", CKP_SLH_DSA_SHA2_128F },
		{ "shake-128f", CKP_SLH_DSA_SHAKE_128F },
		{ "sha2-192s", CKP_SLH_DSA_SHA2_192S },
		{ "shake-192s", CKP_SLH_DSA_SHAKE_192S },
		{ "sha2-192f", CKP_SLH_DSA_SHA2_192F },
		{ "shake-192f", CKP_SLH_DSA_SHAKE_192F },
		{ "sha2-256s", CKP_SLH_DSA_SHA2_256S },
		{ "shake-256s", CKP_SLH_DSA_SHAKE_256S },
		{ "sha2-256f", CKP_SLH_DSA_SHA2_256F },
		{ "shake-256f", CKP_SLH_DSA_SHAKE_256F },
	};

	return set_add(sets, COUNT(sets), parameter, out);
}

static const struct algorithm rows[] = {
	{ "rsa", CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, true,
	    USE_SIGN | USE_ENCRYPT | USE_WRAP, "3072", modulus },
	{ "ec", CKK_EC, CKM_EC_KEY_PAIR_GEN, true, USE_SIGN | USE_DERIVE,
	    "P-256", curve },
	{ "ed25519", CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, true,
	    USE_SIGN, NULL, edwards25519 },
	{ "ed448", CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, true,
	    USE_SIGN, NULL, edwards448 },
	{ "x25519", CKK_EC_MONTGOMERY, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, true,
	    USE_DERIVE, NULL, montgomery25519 },
	{ "x448", CKK_EC_MONTGOMERY, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, true,
	    USE_DERIVE, NULL, montgomery448 },
	{ "ml-dsa", CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN, true, USE_SIGN,
	    "65", ml_dsa },
	{ "ml-kem", CKK_ML_KEM, CKM_ML_KEM_KEY_PAIR_GEN, true,
	    USE_ENCAPSULATE, "768", ml_kem },
	{ "slh-dsa", CKK_SLH_DSA, CKM_SLH_DSA_KEY_PAIR_GEN, true, USE_SIGN,
	    "sha2-128s", slh_dsa },
	{ "aes", CKK_AES, CKM_AES_KEY_GEN, false, USE_ENCRYPT | USE_WRAP,
	    "256", length },
	{ "generic", CKK_GENERIC_SECRET, CKM_GENERIC_SECRET_KEY_GEN, false,
	    USE_SIGN | USE_DERIVE, "256", length },
	{ "chacha20", CKK_CHACHA20, CKM_CHACHA20_KEY_GEN, false, USE_ENCRYPT,
	    NULL, NULL },
	{ "des3", CKK_DES3, CKM_DES3_KEY_GEN, false, USE_ENCRYPT, NULL, NULL },
};

CK_RV
algorithm_find(const char *word, const struct algorithm **out,
    const char **parameter)
{
	size_t len = strcspn(word, ":");
	const char *given = word[len] == ':' ? word + len + 1 : NULL;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct algorithm *row = &rows[i];
		_cleanup_(attrs_wipe) struct attrs try = ATTRS_INIT;

		if (strlen(row->name) != len ||
		    strncasecmp(row->name, word, len) != 0)
			continue;
		if (given != NULL && (row->parameter == NULL ||
		                         row->shape(given, &try) != CKR_OK))
			break;
		*out = row;
		*parameter = given != NULL ? given : row->parameter;
		return CKR_OK;
	}
	error_say("Error: [%s] is no algorithm such as ec:P-256, rsa:3072 or "
	          "aes:256\n", word);
	return E_INVALID_PARAMETER;
}

/* Each use with its attributes on the side that keeps the secret, and on the
 * other, which a secret key has both; 0 is none. */
static const struct use {
	const char *name;
	unsigned use;
	CK_ATTRIBUTE_TYPE secret, open;
} uses_rows[] = {
	{ "sign", USE_SIGN, CKA_SIGN, CKA_VERIFY },
	{ "encrypt", USE_ENCRYPT, CKA_DECRYPT, CKA_ENCRYPT },
	{ "wrap", USE_WRAP, CKA_UNWRAP, CKA_WRAP },
	{ "derive", USE_DERIVE, CKA_DERIVE, 0 },
	{ "encapsulate", USE_ENCAPSULATE, CKA_DECAPSULATE, CKA_ENCAPSULATE },
};

static CK_RV
use_find(const char *word, size_t len, unsigned *out)
{
	for (size_t i = 0; i < COUNT(uses_rows); i++)
		if (strlen(uses_rows[i].name) == len &&
		    strncasecmp(uses_rows[i].name, word, len) == 0) {
			*out |= uses_rows[i].use;
			return CKR_OK;
		}
	error_say("Error: [%.*s] is no use: sign, encrypt, wrap, derive or "
	          "encapsulate\n", (int)len, word);
	return E_INVALID_PARAMETER;
}

CK_RV
algorithm_uses(const struct algorithm *row, const char *words, unsigned *out)
{
	unsigned uses = 0;

	*out = row->uses;
	if (words == NULL)
		return CKR_OK;
	while (*words != '\0') {
		size_t len = strcspn(words, ",");

		TRY(use_find(words, len, &uses));
		words += len;
		words += *words == ',';
	}
	*out = uses;
	return CKR_OK;
}

void
algorithm_use_attrs(CK_OBJECT_CLASS class, unsigned uses, struct attrs *out)
{
	for (size_t i = 0; i < COUNT(uses_rows); i++) {
		const struct use *u = &uses_rows[i];
		bool may = (uses & u->use) != 0;

		/* Modules before 3.2 know no encapsulation to forbid. */
		if (u->use == USE_ENCAPSULATE && !may)
			continue;
		if (class != CKO_PUBLIC_KEY)
			attrs_bool(out, u->secret, may);
		if (class != CKO_PRIVATE_KEY && u->open != 0)
			attrs_bool(out, u->open, may);
	}
}
