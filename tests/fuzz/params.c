/*
 * The shapes of CK_*_PARAMS.  A mechanism whose parameter holds a pointer must
 * have its row here before the module has it: without one the bytes of the
 * input are the parameter, and a pointer made of them leads nowhere.
 */
#include "tests/fuzz/params.h"

#include <string.h>

/*
 * A field each: u a number, s one of rounds that end today, f a CK_BBOOL, 8 and 6 eight or sixteen bytes, P a
 * pointer to bytes whose length is the next field, L a length whose pointer is
 * the next, B like P with its length in bits, Z a pointer that is NULL, O one
 * to the parameter of OAEP, V one to a CK_VERSION, D a count and a pointer to so
 * many CK_PRF_DATA_PARAM.
 */
struct shape {
	CK_MECHANISM_TYPE type;
	const char *fields;
};

#define PSS "uuu"
#define OAEP "uuuP"
#define ECDH "uLL"
#define STRING "P"
#define EDDSA "fL"
#define SIGN_CONTEXT "uP"

static const struct shape shapes[] = {
	{ CKM_RSA_PKCS_PSS, PSS },
	{ CKM_SHA1_RSA_PKCS_PSS, PSS },
	{ CKM_SHA224_RSA_PKCS_PSS, PSS },
	{ CKM_SHA256_RSA_PKCS_PSS, PSS },
	{ CKM_SHA384_RSA_PKCS_PSS, PSS },
	{ CKM_SHA512_RSA_PKCS_PSS, PSS },
	{ CKM_SHA3_224_RSA_PKCS_PSS, PSS },
	{ CKM_SHA3_256_RSA_PKCS_PSS, PSS },
	{ CKM_SHA3_384_RSA_PKCS_PSS, PSS },
	{ CKM_SHA3_512_RSA_PKCS_PSS, PSS },
	{ CKM_RSA_PKCS_OAEP, OAEP },
	{ CKM_RSA_AES_KEY_WRAP, "uO" },
	{ CKM_ECDH1_DERIVE, ECDH },
	{ CKM_ECDH1_COFACTOR_DERIVE, ECDH },
	{ CKM_ECDH_AES_KEY_WRAP, "uuL" },
	{ CKM_X9_42_DH_DERIVE, ECDH },
	{ CKM_EDDSA, EDDSA },
	{ CKM_AES_CTR, "u6" },
	{ CKM_CAMELLIA_CTR, "u6" },
	{ CKM_AES_GCM, "PuPu" },
	{ CKM_AES_CCM, "uPPu" },
	{ CKM_AES_CBC_ENCRYPT_DATA, "6P" },
	{ CKM_CAMELLIA_CBC_ENCRYPT_DATA, "6P" },
	{ CKM_DES_CBC_ENCRYPT_DATA, "8P" },
	{ CKM_DES3_CBC_ENCRYPT_DATA, "8P" },
	{ CKM_AES_ECB_ENCRYPT_DATA, STRING },
	{ CKM_CAMELLIA_ECB_ENCRYPT_DATA, STRING },
	{ CKM_DES_ECB_ENCRYPT_DATA, STRING },
	{ CKM_DES3_ECB_ENCRYPT_DATA, STRING },
	{ CKM_CONCATENATE_BASE_AND_DATA, STRING },
	{ CKM_CONCATENATE_DATA_AND_BASE, STRING },
	{ CKM_XOR_BASE_AND_DATA, STRING },
	{ CKM_CHACHA20, "BB" },
	{ CKM_CHACHA20_POLY1305, "PP" },
	{ CKM_HKDF_DERIVE, "ffuuPuP" },
	{ CKM_HKDF_DATA, "ffuuPuP" },
	{ CKM_HKDF_KEY_GEN, "" },
	{ CKM_SP800_108_COUNTER_KDF, "uDuZ" },
	{ CKM_SP800_108_FEEDBACK_KDF, "uDLuZ" },
	{ CKM_SP800_108_DOUBLE_PIPELINE_KDF, "uDuZ" },
	{ CKM_PKCS5_PBKD2, "uPsuPP" },
	{ CKM_TLS12_MASTER_KEY_DERIVE, "PPVu" },
	{ CKM_TLS12_MASTER_KEY_DERIVE_DH, "PPVu" },
	{ CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE, "uPV" },
	{ CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH, "uPV" },
	{ CKM_TLS12_KEY_AND_MAC_DERIVE, "uuufPPZu" },
	{ CKM_TLS12_KEY_SAFE_DERIVE, "uuufPPZu" },
	{ CKM_TLS12_KDF, "uPPPP" },
	{ CKM_TLS_KDF, "uPPPP" },
	{ CKM_TLS_MAC, "uuu" },
	{ CKM_TLS12_MAC, "uuu" },
	{ CKM_ML_DSA, SIGN_CONTEXT },
	{ CKM_SLH_DSA, SIGN_CONTEXT },
	{ CKM_HASH_ML_DSA, "uPu" },
	{ CKM_HASH_SLH_DSA, "uPu" },
};

/* HashML-DSA and HashSLH-DSA with a digest of their own. */
static bool
is_hash_lattice(CK_MECHANISM_TYPE type)
{
	return (type >= CKM_HASH_ML_DSA_SHA224 &&
	    type <= CKM_HASH_ML_DSA_SHAKE256) ||
	    (type >= CKM_HASH_SLH_DSA_SHA224 &&
		type <= CKM_HASH_SLH_DSA_SHAKE256);
}

static const char *
shape_find(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < COUNT(shapes); i++)
		if (shapes[i].type == type)
			return shapes[i].fields;
	return is_hash_lattice(type) ? SIGN_CONTEXT : NULL;
}

/* A structure that grows field by field, each at its natural place. */
struct filling {
	uint8_t bytes[256];
	size_t len;
};

static void
fill(struct filling *f, const void *data, size_t len, size_t align)
{
	f->len = (f->len + align - 1) / align * align;
	memcpy(f->bytes + f->len, data, len);
	f->len += len;
}

static void
fill_number(struct filling *f, CK_ULONG n)
{
	fill(f, &n, sizeof(n), sizeof(n));
}

static void
fill_pointer(struct filling *f, const void *p)
{
	fill(f, &p, sizeof(p), sizeof(p));
}

static void
fill_raw(struct filling *f, struct reader *r, size_t len)
{
	uint8_t bytes[16] = { 0 };

	for (size_t i = 0; i < len; i++)
		bytes[i] = reader_u8(r);
	fill(f, bytes, len, 1);
}

static void
fill_bytes(struct filling *f, struct reader *r, char kind)
{
	CK_ULONG len;
	void *data;

	input_bytes(r, &data, &len);
	if (kind == 'L')
		fill_number(f, len);
	fill_pointer(f, data);
	if (kind != 'L')
		fill_number(f, kind == 'B' ? len * 8 : len);
}

static void *structure(struct reader *r, const char *fields, CK_ULONG *len);

/* A field of SP 800-108: one of a format has that, or nothing, the others any
 * bytes. */
static void
prf_data(struct reader *r, CK_PRF_DATA_PARAM *out)
{
	static const char *const formats[] = {
		[CK_SP800_108_ITERATION_VARIABLE] = "fu",
		[CK_SP800_108_OPTIONAL_COUNTER] = "fu",
		[CK_SP800_108_DKM_LENGTH] = "ufu",
		[CK_SP800_108_KEY_HANDLE] = "u",
		[CK_SP800_108_KEY_HANDLE + 1] = NULL,
	};

	out->type = reader_u8(r) % COUNT(formats);
	if (formats[out->type] == NULL)
		input_bytes(r, &out->pValue, &out->ulValueLen);
	else if (reader_u8(r) != 0)
		out->pValue = structure(r, formats[out->type],
		    &out->ulValueLen);
}

static void
fill_prf_data(struct filling *f, struct reader *r)
{
	CK_ULONG count = reader_u8(r) % 8;
	CK_PRF_DATA_PARAM *data = input_room(count * sizeof(*data));

	for (CK_ULONG i = 0; i < count; i++)
		prf_data(r, &data[i]);
	fill_number(f, count);
	fill_pointer(f, data);
}

static void
fill_field(struct filling *f, struct reader *r, char kind)
{
	CK_ULONG len;

	if (kind == 'u')
		fill_number(f, input_number(r));
	else if (kind == 's')
		fill_number(f, reader_u8(r));
	else if (kind == 'f' || kind == '8' || kind == '6')
		fill_raw(f, r, kind == 'f' ? 1 : kind == '8' ? 8 : 16);
	else if (kind == 'Z')
		fill_pointer(f, NULL);
	else if (kind == 'D')
		fill_prf_data(f, r);
	else if (kind == 'O')
		fill_pointer(f, structure(r, OAEP, &len));
	else if (kind == 'V')
		fill_pointer(f, input_room(sizeof(CK_VERSION)));
	else
		fill_bytes(f, r, kind);
}

static void *
structure(struct reader *r, const char *fields, CK_ULONG *len)
{
	struct filling f = { .len = 0 };
	void *made;

	for (const char *at = fields; *at != '\0'; at++)
		fill_field(&f, r, *at);
	f.len = (f.len + sizeof(CK_ULONG) - 1) / sizeof(CK_ULONG) *
	    sizeof(CK_ULONG);
	made = input_room(f.len);
	memcpy(made, f.bytes, f.len);
	*len = f.len;
	return made;
}

/* How the whole is given: as it is, shorter, longer, NULL. */
static void
spoil(uint8_t how, CK_MECHANISM *m)
{
	CK_ULONG len = m->ulParameterLen;
	void *copy;

	if (how == 1 || how == 2)
		m->pParameter = NULL;
	if (how == 2)
		m->ulParameterLen = 0;
	if ((how != 3 && how != 4) || len == 0)
		return;
	copy = input_room(how == 3 ? len - 1 : len + 8);
	memcpy(copy, m->pParameter, how == 3 ? len - 1 : len);
	m->pParameter = copy;
	m->ulParameterLen = how == 3 ? len - 1 : len + 8;
}

void
params_make(struct reader *r, CK_MECHANISM_TYPE type, CK_MECHANISM *out)
{
	const char *fields = shape_find(type);
	uint8_t how = reader_u8(r);

	out->mechanism = type;
	if (fields != NULL)
		out->pParameter = structure(r, fields, &out->ulParameterLen);
	else
		input_bytes(r, &out->pParameter, &out->ulParameterLen);
	if (out->pParameter != NULL)
		spoil(how, out);
}
