/* What the client must know of a certificate or a CRL. */
#include "tool/cert.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "common/text.h"
#include "common/vendor.h"

CK_RV
cert_alias(const X509 *cert, char out[SHA1_HEX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!X509_digest(cert, EVP_sha1(), digest, &len))
		return CKR_FUNCTION_FAILED;
	text_hex(digest, len, out);
	return CKR_OK;
}

CK_RV
crl_alias(const X509_CRL *crl, char out[SHA1_HEX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!X509_CRL_digest(crl, EVP_sha1(), digest, &len))
		return CKR_FUNCTION_FAILED;
	text_hex(digest, len, out);
	return CKR_OK;
}

bool
cert_is_ca(X509 *cert)
{
	return X509_check_ca(cert) != 0;
}

static bool
issued(X509 *issuer, X509 *subject)
{
	return X509_check_issued(issuer, subject) == X509_V_OK;
}

void
certs_unique(STACK_OF(X509) *certs)
{
	for (int i = 0; i < sk_X509_num(certs); i++)
		for (int k = sk_X509_num(certs) - 1; k > i; k--)
			if (X509_cmp(sk_X509_value(certs, i),
			        sk_X509_value(certs, k)) == 0)
				X509_free(sk_X509_delete(certs, k));
}

/* Brings the certificate at index from to index to, others keep order. */
static void
cert_move(STACK_OF(X509) *certs, int from, int to)
{
	X509 *cert = sk_X509_delete(certs, from);

	/* Cannot fail: the stack has just shrunk by one. */
	sk_X509_insert(certs, cert, to);
}

/* The index of the key's certificate, or of one that issued no other. */
static int
leaf_find(STACK_OF(X509) *certs, EVP_PKEY *key)
{
	int n = sk_X509_num(certs);

	for (int i = 0; i < n; i++) {
		X509 *cert = sk_X509_value(certs, i);
		bool issuer = false;

		if (key != NULL) {
			if (X509_check_private_key(cert, key) == 1)
				return i;
			continue;
		}
		for (int k = 0; k < n; k++)
			issuer = issuer ||
			    (k != i && issued(cert, sk_X509_value(certs, k)));
		if (!issuer)
			return i;
	}
	ERR_clear_error();
	return key != NULL ? -1 : 0;
}

static CK_RV
unrelated(X509 *cert)
{
	char name[256] = "";

	X509_NAME_oneline(X509_get_subject_name(cert), name, sizeof(name));
	error_say("Error: certificate [%s] does not belong to the chain\n",
	    name);
	return E_BAD_FORMAT;
}

CK_RV
chain_sort(STACK_OF(X509) *certs, EVP_PKEY *key, bool lax)
{
	int leaf, n;

	certs_unique(certs);
	n = sk_X509_num(certs);
	if ((leaf = leaf_find(certs, key)) < 0)
		return E_KEY_MISMATCH;
	cert_move(certs, leaf, 0);
	for (int i = 1; i < n; i++) {
		int next = i;

		while (next < n && !issued(sk_X509_value(certs, next),
		                       sk_X509_value(certs, i - 1)))
			next++;
		if (next == n && lax)
			return CKR_OK;
		if (next == n)
			return unrelated(sk_X509_value(certs, i));
		cert_move(certs, next, i);
	}
	return CKR_OK;
}

CK_RV
cert_id(const X509 *cert, struct secret *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!X509_pubkey_digest(cert, EVP_sha1(), digest, &len))
		return E_BAD_FORMAT;
	return secret_dup(digest, len, out);
}

/* A DER encoding that libcrypto allocated, into the template. */
static void
attrs_der(struct attrs *a, CK_ATTRIBUTE_TYPE type, unsigned char *der,
    int len)
{
	if (len <= 0)
		a->failed = true;
	else
		attrs_bytes(a, type, der, (size_t)len);
	OPENSSL_free(der);
}

CK_RV
name_der(const X509_NAME *name, struct secret *out)
{
	const unsigned char *der = NULL;
	size_t len = 0;

	if (!X509_NAME_get0_der(name, &der, &len))
		return E_BAD_FORMAT;
	return secret_dup(der, len, out);
}

static void
attrs_name(struct attrs *a, CK_ATTRIBUTE_TYPE type, const X509_NAME *name)
{
	_cleanup_(secret_wipe) struct secret der = { NULL, 0 };

	if (name_der(name, &der) != CKR_OK)
		a->failed = true;
	else
		attrs_bytes(a, type, der.data, der.len);
}

CK_RV
cert_attrs(X509 *cert, const char *label, bool authority, struct attrs *out)
{
	_cleanup_(secret_wipe) struct secret id = { NULL, 0 };
	unsigned char *der = NULL;
	int len;

	TRY(cert_id(cert, &id));
	attrs_ulong(out, CKA_CLASS, CKO_CERTIFICATE);
	attrs_bool(out, CKA_TOKEN, true);
	attrs_bool(out, CKA_PRIVATE, false);
	attrs_text(out, CKA_LABEL, label);
	attrs_ulong(out, CKA_CERTIFICATE_TYPE, CKC_X_509);
	/* The standard's numbers: 1 token user, 2 authority. */
	attrs_ulong(out, CKA_CERTIFICATE_CATEGORY, authority ? 2 : 1);
	attrs_bytes(out, CKA_ID, id.data, id.len);
	attrs_name(out, CKA_SUBJECT, X509_get_subject_name(cert));
	attrs_name(out, CKA_ISSUER, X509_get_issuer_name(cert));
	len = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert), &der);
	attrs_der(out, CKA_SERIAL_NUMBER, der, len);
	der = NULL;
	len = i2d_X509(cert, &der);
	attrs_der(out, CKA_VALUE, der, len);
	return attrs_check(out);
}

CK_RV
crl_attrs(const X509_CRL *crl, const char *label, bool native,
    struct attrs *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);

	attrs_ulong(out, CKA_CLASS, native ? VECS_CKO_NSS_CRL : CKO_DATA);
	attrs_bool(out, CKA_TOKEN, true);
	attrs_bool(out, CKA_PRIVATE, false);
	attrs_text(out, CKA_LABEL, label);
	if (native) {
		attrs_name(out, CKA_SUBJECT, X509_CRL_get_issuer(crl));
		attrs_bool(out, VECS_CKA_NSS_KRL, false);
	} else {
		attrs_text(out, CKA_APPLICATION, VECS_APP_CRL);
	}
	attrs_der(out, CKA_VALUE, der, len);
	return attrs_check(out);
}

int
crl_compare(const X509_CRL *a, const X509_CRL *b)
{
	ASN1_INTEGER *x = X509_CRL_get_ext_d2i(a, NID_crl_number, NULL, NULL);
	ASN1_INTEGER *y = X509_CRL_get_ext_d2i(b, NID_crl_number, NULL, NULL);
	int result;

	if (x != NULL && y != NULL)
		result = ASN1_INTEGER_cmp(x, y);
	else
		result = ASN1_TIME_compare(X509_CRL_get0_lastUpdate(a),
		    X509_CRL_get0_lastUpdate(b));
	ASN1_INTEGER_free(x);
	ASN1_INTEGER_free(y);
	return result;
}

void
crls_newest(STACK_OF(X509_CRL) *crls)
{
	for (int i = 0; i < sk_X509_CRL_num(crls); i++)
		for (int k = sk_X509_CRL_num(crls) - 1; k > i; k--) {
			X509_CRL *a = sk_X509_CRL_value(crls, i);
			X509_CRL *b = sk_X509_CRL_value(crls, k);
			bool newer = crl_compare(b, a) > 0;

			if (X509_NAME_cmp(X509_CRL_get_issuer(a),
			        X509_CRL_get_issuer(b)) != 0)
				continue;
			if (newer)
				sk_X509_CRL_set(crls, i, b);
			sk_X509_CRL_delete(crls, k);
			X509_CRL_free(newer ? a : b);
		}
}
