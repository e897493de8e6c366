/* Templates, certificates and questions, for tests. */
#include "module/object/object_fixture.h"

#include <atf-c.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "common/ckname.h"

const struct maker nobody = { false, false };
const struct maker officer = { true, false };
const struct maker roots = { false, true };

static CK_ULONG
place_of(struct template *t, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG i = 0;

	while (i < t->n && t->list[i].type != type)
		i++;
	if (i == t->n)
		t->n++;
	ATF_REQUIRE(t->n <= TEMPLATE_MAX);
	t->list[i].type = type;
	return i;
}

void
put_bytes(struct template *t, CK_ATTRIBUTE_TYPE type, const void *value,
    size_t len)
{
	CK_ATTRIBUTE *a = &t->list[place_of(t, type)];

	memcpy(&a->pValue, &value, sizeof(value));
	a->ulValueLen = len;
}

void
put_ulong(struct template *t, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
	CK_ULONG i = place_of(t, type);

	t->numbers[i] = value;
	put_bytes(t, type, &t->numbers[i], sizeof(value));
}

void
put_bool(struct template *t, CK_ATTRIBUTE_TYPE type, bool value)
{
	CK_ULONG i = place_of(t, type);

	t->bools[i] = value ? CK_TRUE : CK_FALSE;
	put_bytes(t, type, &t->bools[i], 1);
}

void
drop(struct template *t, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG i = place_of(t, type);

	/* the numbers of the rest stay where they are pointed to */
	memmove(&t->list[i], &t->list[i + 1],
	    (t->n - i - 1) * sizeof(t->list[0]));
	t->n--;
}

void
template_data(struct template *t)
{
	t->n = 0;
	put_ulong(t, CKA_CLASS, CKO_DATA);
}

void
template_key(struct template *t, const struct key_parts *parts)
{
	const struct {
		CK_ATTRIBUTE_TYPE type;
		struct span value;
	} all[] = {
		{ CKA_MODULUS, parts->modulus },
		{ CKA_PUBLIC_EXPONENT, parts->public_exponent },
		{ CKA_PRIVATE_EXPONENT, parts->private_exponent },
		{ CKA_PRIME_1, parts->prime_1 },
		{ CKA_PRIME_2, parts->prime_2 },
		{ CKA_EXPONENT_1, parts->exponent_1 },
		{ CKA_EXPONENT_2, parts->exponent_2 },
		{ CKA_COEFFICIENT, parts->coefficient },
		{ CKA_EC_PARAMS, parts->params },
		{ CKA_EC_POINT, parts->point },
		{ CKA_VALUE, parts->value },
	};

	t->n = 0;
	put_ulong(t, CKA_CLASS, parts->class);
	put_ulong(t, CKA_KEY_TYPE, parts->type);
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].value.data != NULL)
			put_bytes(t, all[i].type, all[i].value.data,
			    all[i].value.len);
}

void
template_secret(struct template *t, CK_KEY_TYPE type, const void *value,
    size_t len)
{
	const struct key_parts parts = { .class = CKO_SECRET_KEY,
		.type = type, .value = { value, len } };

	template_key(t, &parts);
}

void
template_certificate(struct template *t, struct span der)
{
	t->n = 0;
	put_ulong(t, CKA_CLASS, CKO_CERTIFICATE);
	put_ulong(t, CKA_CERTIFICATE_TYPE, CKC_X_509);
	put_bytes(t, CKA_VALUE, der.data, der.len);
}

struct span
certificate_make(EVP_PKEY *pkey, bool ca, struct secret *out)
{
	X509 *x = X509_new_ex(fixture_open(), NULL);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL,
	    NID_basic_constraints, ca ? "critical,CA:TRUE" : "CA:FALSE");
	X509_NAME *name = X509_get_subject_name(x);
	unsigned char *der = NULL;
	int len;

	ATF_REQUIRE(x != NULL && e != NULL);
	X509_set_version(x, 2);
	ASN1_INTEGER_set_int64(X509_get_serialNumber(x), 0x80ff01);
	ATF_REQUIRE(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)"a", -1, -1, 0));
	X509_set_issuer_name(x, name);
	ASN1_TIME_set_string_X509(X509_getm_notBefore(x), "20240102030405Z");
	ASN1_TIME_set_string_X509(X509_getm_notAfter(x), "20340506070809Z");
	X509_set_pubkey(x, pkey);
	ATF_REQUIRE(X509_add_ext(x, e, -1) &&
	    X509_sign(x, pkey, EVP_sha256()) > 0);
	len = i2d_X509(x, &der);
	ATF_REQUIRE(len > 0);
	ATF_REQUIRE_EQ(secret_dup(der, (size_t)len, out), CKR_OK);
	OPENSSL_free(der);
	X509_EXTENSION_free(e);
	X509_free(x);
	return (struct span){ out->data, out->len };
}

CK_RV
create(const struct maker *who, const struct template *t, struct attrs *out)
{
	return object_create(who, t->list, t->n, out);
}

void
create_good(const struct maker *who, const struct template *t,
    struct attrs *out)
{
	CK_RV rv = create(who, t, out);

	ATF_REQUIRE_EQ_MSG(rv, CKR_OK, "%s", ckname_rv(rv));
}

void
check_bytes(const struct attrs *a, CK_ATTRIBUTE_TYPE type, const void *want,
    size_t len)
{
	struct span is = attrs_span(a, type);

	ATF_CHECK_MSG(is.data != NULL && is.len == len &&
	    (len == 0 || memcmp(is.data, want, len) == 0), "%s",
	    ckname_attribute(type));
}

int
bool_of(const struct attrs *a, CK_ATTRIBUTE_TYPE type)
{
	if (attrs_find(a, type) == NULL)
		return -1;
	return attrs_bool(a, type, false);
}
