/*
 * Target functions: C_CreateObject, C_CopyObject, C_SetAttributeValue,
 * C_GetAttributeValue, C_FindObjectsInit, C_GenerateKey and C_GenerateKeyPair
 * of the built module.
 *
 * The input: u8 call, then attributes: u8 kind of type and value.  What is made
 * can be read, found by all that may be told of it, copied and destroyed.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/token.h"

#include <string.h>

#include "common/vendor.h"

#define ATTRIBUTES_MAX 24

/* Those that rules are about; the input may name any other as well. */
static const CK_ATTRIBUTE_TYPE types[] = { CKA_CLASS, CKA_TOKEN, CKA_PRIVATE,
	CKA_LABEL, CKA_APPLICATION, CKA_VALUE, CKA_OBJECT_ID,
	CKA_CERTIFICATE_TYPE, CKA_ISSUER, CKA_SERIAL_NUMBER, CKA_TRUSTED,
	CKA_CERTIFICATE_CATEGORY, CKA_CHECK_VALUE, CKA_KEY_TYPE, CKA_SUBJECT,
	CKA_ID, CKA_SENSITIVE, CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP,
	CKA_SIGN, CKA_VERIFY, CKA_DERIVE, CKA_START_DATE, CKA_END_DATE,
	CKA_MODULUS, CKA_MODULUS_BITS, CKA_PUBLIC_EXPONENT,
	CKA_PRIVATE_EXPONENT, CKA_PUBLIC_KEY_INFO, CKA_VALUE_LEN,
	CKA_EXTRACTABLE, CKA_LOCAL, CKA_NEVER_EXTRACTABLE,
	CKA_ALWAYS_SENSITIVE, CKA_KEY_GEN_MECHANISM, CKA_MODIFIABLE,
	CKA_COPYABLE, CKA_DESTROYABLE, CKA_EC_PARAMS, CKA_EC_POINT,
	CKA_ALWAYS_AUTHENTICATE, CKA_WRAP_WITH_TRUSTED, CKA_WRAP_TEMPLATE,
	CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE, CKA_ALLOWED_MECHANISMS,
	CKA_UNIQUE_ID, CKA_VECS_FOLDED_LABEL, CKA_VECS_STORE,
	CKA_VECS_BATCH_ID, CKA_VECS_ABSENT, CKA_VECS_PRINCIPAL,
	CKA_VECS_RIGHTS, VECS_CKA_NSS_URL };

static CK_BBOOL no = CK_FALSE;

struct template {
	CK_ATTRIBUTE list[ATTRIBUTES_MAX + 1];
	CK_ULONG n;
};

/* A boolean, a number, bytes, or another template inside this one. */
static void
attribute_read(struct reader *r, struct template *t, unsigned depth)
{
	uint8_t type = reader_u8(r), kind = reader_u8(r) % 4;
	CK_ATTRIBUTE *a = &t->list[t->n++];

	a->type = type < COUNT(types) ? types[type] : type;
	if (kind == 0) {
		a->pValue = input_room(sizeof(CK_BBOOL));
		*(CK_BBOOL *)a->pValue = reader_u8(r);
		a->ulValueLen = sizeof(CK_BBOOL);
	} else if (kind == 1) {
		a->pValue = input_room(sizeof(CK_ULONG));
		*(CK_ULONG *)a->pValue = input_number(r);
		a->ulValueLen = sizeof(CK_ULONG);
	} else if (kind == 3 && depth == 0) {
		struct template *inner = input_room(sizeof(*inner));

		for (uint8_t n = reader_u8(r) % 4; n > 0; n--)
			attribute_read(r, inner, depth + 1);
		a->pValue = inner->list;
		a->ulValueLen = inner->n * sizeof(CK_ATTRIBUTE);
	} else {
		input_bytes(r, &a->pValue, &a->ulValueLen);
	}
	/* Bytes of the input are no template: their pointers lead nowhere. */
	if ((a->type & CKF_ARRAY_ATTRIBUTE) != 0 && kind != 3 &&
	    a->type != CKA_ALLOWED_MECHANISMS)
		a->type = CKA_LABEL;
}

static void
template_read(struct reader *r, struct template *t)
{
	t->n = 0;
	for (uint8_t n = reader_u8(r) % ATTRIBUTES_MAX; n > 0 && r->left > 0;
	    n--)
		attribute_read(r, t, 0);
}

/* What the token keeps is for the next run too: session objects only. */
static void
template_bind(struct template *t)
{
	t->list[t->n++] = (CK_ATTRIBUTE){ CKA_TOKEN, &no, sizeof(no) };
}

/* Every attribute: its length, then its value in exactly that.  Empty ones are
 * read where they are absent, but then match nothing. */
static CK_ULONG
object_tell(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *told)
{
	CK_ULONG n = 0;

	for (size_t i = 0; i < COUNT(types); i++) {
		CK_ATTRIBUTE a = { types[i], NULL, 0 };
		CK_RV rv = p11->C_GetAttributeValue(s, o, &a, 1);

		token_answer("get", rv);
		if (rv != CKR_OK || (a.type & CKF_ARRAY_ATTRIBUTE) != 0)
			continue;
		FUZZ_HOLDS(a.ulValueLen < 1 << 20);
		a.pValue = input_room(a.ulValueLen);
		FUZZ_HOLDS(p11->C_GetAttributeValue(s, o, &a, 1) == CKR_OK);
		if (a.ulValueLen != 0)
			told[n++] = a;
	}
	return n;
}

static bool
is_found(CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE o)
{
	CK_OBJECT_HANDLE some[64];
	CK_ULONG got = 0;
	bool found = false;

	FUZZ_HOLDS(p11->C_FindObjectsInit(s, t, n) == CKR_OK);
	FUZZ_HOLDS(p11->C_FindObjects(s, some, 64, &got) == CKR_OK);
	for (CK_ULONG i = 0; i < got; i++)
		found = found || some[i] == o;
	FUZZ_HOLDS(p11->C_FindObjectsFinal(s) == CKR_OK);
	return found;
}

static CK_BBOOL
flag(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = CK_TRUE;
	CK_ATTRIBUTE a = { type, &value, sizeof(value) };

	return p11->C_GetAttributeValue(s, o, &a, 1) != CKR_OK || value;
}

static void
object_end(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
	CK_RV rv = p11->C_DestroyObject(s, o);

	token_answer("destroy", rv);
	FUZZ_HOLDS(rv == CKR_OK || !flag(s, o, CKA_DESTROYABLE));
}

static void
object_use(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, struct reader *r)
{
	CK_ATTRIBUTE *told = input_room(COUNT(types) * sizeof(*told));
	CK_ULONG n = object_tell(s, o, told);
	CK_OBJECT_HANDLE copy = 0;
	struct template t;
	CK_RV rv;

	FUZZ_HOLDS(is_found(s, told, n, o));
	template_read(r, &t);
	token_answer("set", p11->C_SetAttributeValue(s, o, t.list, t.n));
	template_read(r, &t);
	template_bind(&t);
	rv = p11->C_CopyObject(s, o, t.list, t.n, &copy);
	token_answer("copy", rv);
	if (rv == CKR_OK)
		object_end(s, copy);
	object_end(s, o);
}

static void
create(CK_SESSION_HANDLE s, struct template *t, struct reader *r)
{
	CK_OBJECT_HANDLE o = 0;
	CK_RV rv;

	template_bind(t);
	rv = p11->C_CreateObject(s, t->list, t->n, &o);
	token_answer("create", rv);
	if (rv == CKR_OK)
		object_use(s, o, r);
}

static void
generate(CK_SESSION_HANDLE s, struct template *t, struct reader *r)
{
	static const CK_MECHANISM_TYPE ways[] = { CKM_AES_KEY_GEN,
		CKM_GENERIC_SECRET_KEY_GEN, CKM_DES3_KEY_GEN };
	CK_MECHANISM m = { ways[reader_u8(r) % COUNT(ways)], NULL, 0 };
	CK_OBJECT_HANDLE o = 0;
	CK_RV rv;

	template_bind(t);
	rv = p11->C_GenerateKey(s, &m, t->list, t->n, &o);
	token_answer("generate", rv);
	if (rv == CKR_OK)
		object_use(s, o, r);
}

static void
generate_pair(CK_SESSION_HANDLE s, struct template *t, struct reader *r)
{
	static const CK_MECHANISM_TYPE ways[] = { CKM_EC_KEY_PAIR_GEN,
		CKM_EC_EDWARDS_KEY_PAIR_GEN };
	CK_MECHANISM m = { ways[reader_u8(r) % COUNT(ways)], NULL, 0 };
	CK_OBJECT_HANDLE public = 0, private = 0;
	struct template other;
	CK_RV rv;

	template_bind(t);
	template_read(r, &other);
	template_bind(&other);
	rv = p11->C_GenerateKeyPair(s, &m, t->list, t->n, other.list, other.n,
	    &public, &private);
	token_answer("pair", rv);
	if (rv != CKR_OK)
		return;
	object_use(s, public, r);
	object_use(s, private, r);
}

static void
find(CK_SESSION_HANDLE s, struct template *t, struct reader *r)
{
	CK_RV rv = p11->C_FindObjectsInit(s, t->list, t->n);
	CK_OBJECT_HANDLE some[8];
	CK_ULONG got = 0;

	(void)r;
	token_answer("find", rv);
	if (rv != CKR_OK)
		return;
	FUZZ_HOLDS(p11->C_FindObjects(s, some, 8, &got) == CKR_OK && got <= 8);
	FUZZ_HOLDS(p11->C_FindObjectsFinal(s) == CKR_OK);
}

static void (*const calls[])(CK_SESSION_HANDLE, struct template *,
    struct reader *) = { create, generate, generate_pair, find };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = { data, size, false };
	uint8_t call = reader_u8(&r);
	CK_SESSION_HANDLE s = token_session(), own = 0;
	struct template t;

	(void)s;
	/* What a run leaves in a session ends with it. */
	FUZZ_HOLDS(p11->C_OpenSession(token_slot(), CKF_SERIAL_SESSION |
	    CKF_RW_SESSION, NULL, NULL, &own) == CKR_OK);
	template_read(&r, &t);
	calls[call % COUNT(calls)](own, &t, &r);
	FUZZ_HOLDS(p11->C_CloseSession(own) == CKR_OK);
	input_release();
	return 0;
}
