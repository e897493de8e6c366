/*
 * Tokens with a known number of objects.  Certificates are forged from one
 * that is signed: only name and serial number differ, nobody verifies them.
 */
#include "tests/bench/stock.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "common/vendor.h"
#include "tests/bench/bench.h"
#include "tests/bench/keys.h"
#include "tests/bench/process.h"
#include "tests/bench/template.h"

#define CHUNK 10000 /* objects of a batch */
#define NAME_LEN (STOCK_NAME - 1)

static const CK_BYTE first_serial[8] = { 0x5a, 0x91, 0x33, 0xc7, 0x5a, 0x91,
	0x33, 0xc7 };

/* The certificate that the others are made from, and where they differ. */
static struct {
	CK_BYTE der[STOCK_CERT];
	size_t name, serial, subject, subject_len, issuer, issuer_len;
} forge;

void
stock_name(unsigned number, char out[STOCK_NAME])
{
	snprintf(out, STOCK_NAME, "object-%06u", number % 1000000);
}

void
stock_id(unsigned number, CK_BYTE out[STOCK_ID])
{
	char name[STOCK_NAME];

	stock_name(number, name);
	SHA1((const unsigned char *)name, NAME_LEN, out);
}

static void
add_comment(X509 *cert, int len)
{
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	NEED(len >= 0 && ASN1_STRING_set(text, NULL, len) == 1);
	memset(text->data, 'x', (size_t)len);
	NEED(X509_add1_ext_i2d(cert, NID_netscape_comment, text, 0,
	    X509V3_ADD_REPLACE) == 1);
	ASN1_IA5STRING_free(text);
}

static void
set_name(X509_NAME *name, const char *text)
{
	NEED(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)text, -1, -1, 0) == 1);
}

static size_t
forge_find(const void *what, size_t len)
{
	const CK_BYTE *at = memmem(forge.der, STOCK_CERT, what, len);

	NEED(at != NULL);
	return (size_t)(at - forge.der);
}

static size_t
forge_find_name(const X509_NAME *name, size_t *len)
{
	const unsigned char *der;

	NEED(X509_NAME_get0_der(name, &der, len) == 1);
	return forge_find(der, *len);
}

static X509 *
forge_cert(void)
{
	X509 *cert = X509_new();
	EVP_PKEY *key = key_load("ed25519"); /* signatures of one length */
	BIGNUM *serial = BN_bin2bn(first_serial, sizeof(first_serial), NULL);
	int comment = 900, len;

	X509_set_version(cert, X509_VERSION_3);
	BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert));
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 30L * 86400);
	set_name(X509_get_subject_name(cert), "object-000000");
	set_name(X509_get_issuer_name(cert), "Benchmark CA");
	X509_set_pubkey(cert, key);
	for (int i = 0; i < 2; i++) {
		add_comment(cert, comment);
		NEED(X509_sign(cert, key, NULL) > 0);
		len = i2d_X509(cert, NULL);
		comment += STOCK_CERT - len;
	}
	NEED(len == STOCK_CERT);
	EVP_PKEY_free(key);
	BN_free(serial);
	return cert;
}

static void
forge_make(void)
{
	X509 *cert = forge_cert();
	unsigned char *to = forge.der;

	NEED(i2d_X509(cert, &to) == STOCK_CERT);
	forge.name = forge_find("object-000000", NAME_LEN);
	forge.serial = forge_find(first_serial, sizeof(first_serial));
	forge.subject = forge_find_name(X509_get_subject_name(cert),
	    &forge.subject_len);
	forge.issuer = forge_find_name(X509_get_issuer_name(cert),
	    &forge.issuer_len);
	X509_free(cert);
}

const CK_BYTE *
stock_der(unsigned number)
{
	char name[STOCK_NAME];

	if (forge.name == 0)
		forge_make();
	stock_name(number, name);
	memcpy(forge.der + forge.name, name, NAME_LEN);
	for (size_t i = 0; i < 4; i++)
		forge.der[forge.serial + 4 + i] =
		    (CK_BYTE)(number >> (24 - 8 * i));
	return forge.der;
}

CK_OBJECT_HANDLE
stock_create(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, unsigned number,
    const char *label)
{
	const CK_BYTE *der = stock_der(number);
	struct template t = { .count = 0 };
	CK_OBJECT_HANDLE object;
	char name[STOCK_NAME];
	CK_BYTE id[STOCK_ID];

	stock_name(number, name);
	stock_id(number, id);
	if (label == NULL)
		label = name;
	template_number(&t, CKA_CLASS, CKO_CERTIFICATE);
	template_number(&t, CKA_CERTIFICATE_TYPE, CKC_X_509);
	template_flag(&t, CKA_TOKEN, true);
	template_flag(&t, CKA_PRIVATE, false);
	template_bytes(&t, CKA_LABEL, label, strlen(label));
	template_bytes(&t, CKA_ID, id, sizeof(id));
	template_bytes(&t, CKA_SUBJECT, der + forge.subject,
	    forge.subject_len);
	template_bytes(&t, CKA_ISSUER, der + forge.issuer, forge.issuer_len);
	/* the INTEGER with its two bytes of header */
	template_bytes(&t, CKA_SERIAL_NUMBER, der + forge.serial - 2, 10);
	template_bytes(&t, CKA_VALUE, der, STOCK_CERT);
	NEED_OK(f->C_CreateObject(session, t.at, t.count, &object));
	return object;
}

unsigned
stock_certs(unsigned objects)
{
	unsigned keys = 0;

	while (key_names[keys] != NULL)
		keys++;
	return objects > 2 * keys ? objects - 2 * keys : 0;
}

/* A product without Ed25519 has fewer objects. */
static void
fill_keys(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session)
{
	for (size_t i = 0; key_names[i] != NULL; i++) {
		CK_RV rv = key_import(f, session, key_names[i], true);

		if (rv != CKR_OK && strcmp(key_names[i], "ed25519") != 0)
			die("import of %s: 0x%lx", key_names[i], rv);
	}
}

static CK_OBJECT_HANDLE
batch_begin(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session)
{
	struct template t = { .count = 0 };
	CK_OBJECT_HANDLE batch;
	CK_BYTE id[16];

	NEED(RAND_bytes(id, sizeof(id)) == 1);
	template_number(&t, CKA_CLASS, CKO_VECS_BATCH);
	template_flag(&t, CKA_TOKEN, false);
	template_bytes(&t, CKA_VECS_BATCH_ID, id, sizeof(id));
	NEED_OK(f->C_CreateObject(session, t.at, t.count, &batch));
	return batch;
}

static void
batch_commit(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session,
    CK_OBJECT_HANDLE batch)
{
	CK_BYTE one[] = "1";
	CK_ATTRIBUTE commit = { CKA_VECS_COMMIT, one, 1 };

	NEED_OK(f->C_SetAttributeValue(session, batch, &commit, 1));
}

/* The keys come in the middle of the certificates. */
static void
fill(const struct brand *brand, unsigned objects, const char *home)
{
	CK_FUNCTION_LIST *f = brand_open(brand, home);
	CK_SESSION_HANDLE session = brand_session(brand, f, true);
	unsigned certs = stock_certs(objects);

	if (objects == 1) {
		NEED_OK(key_import(f, session, "p-256", false));
		return;
	}
	for (unsigned at = 0; at < certs;) {
		unsigned end = at + CHUNK < certs ? at + CHUNK : certs;
		CK_SESSION_HANDLE s = brand_session(brand, f, true);
		CK_OBJECT_HANDLE batch = brand->batches ? batch_begin(f, s)
		                                        : 0;

		if (at <= certs / 2 && certs / 2 < end)
			fill_keys(f, session);
		for (; at < end; at++)
			stock_create(f, s, at, NULL);
		if (brand->batches)
			batch_commit(f, s, batch);
		NEED_OK(f->C_CloseSession(s));
	}
}

struct order {
	const struct brand *brand;
	unsigned objects;
	const char *home;
};

static void
fill_run(const void *arg)
{
	const struct order *order = arg;

	fill(order->brand, order->objects, order->home);
}

void
stock_home(const struct brand *brand, unsigned objects, char *out)
{
	struct order order = { brand, objects, out };
	char made[BENCH_PATH];

	bench_path(out, "%s-%u", brand->folder, objects);
	bench_path(made, "%s-%u.made", brand->folder, objects);
	if (access(made, F_OK) == 0)
		return;
	if (!process_do(fill_run, &order))
		die("%s: %u objects could not be made", brand->name, objects);
	NEED(close(open(made, O_CREAT | O_WRONLY, 0600)) == 0);
}

void
stock_all(unsigned ours, unsigned others)
{
	char home[BENCH_PATH];

	for (size_t i = 0; brands[i] != NULL; i++)
		if (brand_is_there(brands[i]))
			stock_home(brands[i],
			    brands[i] == &vecs_brand ? ours : others, home);
}
