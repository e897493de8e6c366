/* From files to the objects of an entry. */
#include "tool/material.h"

#include <openssl/err.h>
#include <string.h>

#include "common/vendor.h"
#include "tool/file.h"
#include "tool/prompt.h"

static CK_RV
read_if_given(const char *path, struct secret *out)
{
	if (path == NULL || path[0] == '\0')
		return CKR_OK;
	return file_read(path, out);
}

CK_RV
material_read(const struct args *args, struct material *out)
{
	out->policy.sensitive = args->sensitive || args->non_extractable;
	out->policy.extractable = !args->non_extractable;
	out->input.file = args->key_password_file;
	out->input.fallback = args->password;
	TRY(read_if_given(args->cert, &out->cert_file));
	TRY(read_if_given(args->key, &out->key_file));
	TRY(read_if_given(args->pkcs12, &out->pkcs12_file));
	return read_if_given(args->crl, &out->crl_file);
}

static CK_RV
key_password(const struct args *args, struct secret *out, bool *wanted)
{
	*wanted = true;
	if (args->password_file != NULL &&
	    strcmp(args->password_file, "-") == 0) {
		TRY(prompt_terminal("Password for the stored key: ", out,
		    wanted));
		return *wanted ? CKR_OK : E_WRONG_PASSWORD;
	}
	if (args->password_file != NULL)
		return prompt_source(args->password_file, out);
	if (args->password != NULL)
		return secret_dup(args->password, strlen(args->password), out);
	*wanted = false;
	return CKR_OK;
}

static CK_RV
key_seal(const struct args *args, struct material *m)
{
	_cleanup_(secret_wipe) struct secret password = { NULL, 0 };
	bool wanted;

	TRY(key_password(args, &password, &wanted));
	if (!wanted)
		return CKR_OK;
	if (password.len == 0) {
		error_say("Error: The password is empty\n");
		return E_INVALID_PARAMETER;
	}
	return pkcs8_seal(m->key, &password, &m->sealed);
}

/* What --cert and --key hold; a key alone is a secret and is not parsed. */
static CK_RV
files_parse(struct material *m)
{
	CK_RV rv;

	if (m->pkcs12_file.len != 0)
		return pem_pkcs12(&m->pkcs12_file, &m->input, &m->key,
		    &m->certs);
	if (m->cert_file.len == 0)
		return CKR_OK;
	rv = m->certs == NULL ? pem_certs(&m->cert_file, &m->certs) : CKR_OK;
	if (rv == E_BAD_FORMAT)
		error_say("Error: the certificate file holds no certificate "
		          "that is understood\n");
	TRY(rv);
	if (m->key_file.len == 0)
		return CKR_OK;
	rv = pem_key(&m->key_file, &m->input, &m->key);
	if (rv == E_BAD_FORMAT)
		error_say("Error: the key file holds no private key that is "
		          "understood\n");
	return rv;
}

CK_RV
material_parse(const struct args *args, struct material *m)
{
	TRY(files_parse(m));
	if (m->crl_file.len != 0)
		TRY(pem_crls(&m->crl_file, &m->crls));
	if (m->key != NULL) {
		TRY(key_check(m->key));
		if (m->certs == NULL || sk_X509_num(m->certs) == 0)
			return E_KEY_MISMATCH;
		TRY(key_seal(args, m));
	}
	return CKR_OK;
}

CK_RV
material_alias(struct material *m, char out[SHA1_HEX])
{
	if (m->certs == NULL && m->cert_file.len != 0 &&
	    pem_certs(&m->cert_file, &m->certs) != CKR_OK) {
		error_say("Error: Could not generate alias from "
		          "certificate\n");
		return E_BAD_FORMAT;
	}
	if (m->certs == NULL || sk_X509_num(m->certs) == 0)
		return E_BAD_FORMAT;
	return cert_alias(sk_X509_value(m->certs, 0), out);
}

void
material_free(struct material *m)
{
	secret_wipe(&m->cert_file);
	secret_wipe(&m->key_file);
	secret_wipe(&m->crl_file);
	secret_wipe(&m->pkcs12_file);
	secret_wipe(&m->sealed);
	secret_wipe(&m->input.value);
	if (m->certs != NULL)
		certs_free(m->certs);
	if (m->crls != NULL)
		crls_free(m->crls);
	EVP_PKEY_free(m->key);
	*m = (struct material)MATERIAL_INIT;
}

static CK_RV
data_create(const char *application, const char *alias,
    const struct secret *value, struct batch *batch)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	attrs_ulong(&a, CKA_CLASS, CKO_DATA);
	attrs_bool(&a, CKA_TOKEN, true);
	attrs_bool(&a, CKA_PRIVATE, true);
	attrs_text(&a, CKA_LABEL, alias);
	attrs_text(&a, CKA_APPLICATION, application);
	attrs_bytes(&a, CKA_VALUE, value->data, value->len);
	return batch_create(batch, &a);
}

static CK_RV
secret_create(const struct material *m, const char *alias,
    struct batch *batch)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	attrs_ulong(&a, CKA_CLASS, CKO_SECRET_KEY);
	attrs_ulong(&a, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	attrs_bool(&a, CKA_TOKEN, true);
	attrs_bool(&a, CKA_PRIVATE, true);
	attrs_bool(&a, CKA_SENSITIVE, m->policy.sensitive);
	attrs_bool(&a, CKA_EXTRACTABLE, m->policy.extractable);
	attrs_text(&a, CKA_LABEL, alias);
	attrs_bytes(&a, CKA_VALUE, m->key_file.data, m->key_file.len);
	return batch_create(batch, &a);
}

static CK_RV
keys_create(const struct material *m, const char *alias,
    struct batch *batch)
{
	_cleanup_(attrs_wipe) struct attrs private = ATTRS_INIT;
	_cleanup_(attrs_wipe) struct attrs public = ATTRS_INIT;
	_cleanup_(secret_wipe) struct secret id = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret subject = { NULL, 0 };
	X509 *leaf = sk_X509_value(m->certs, 0);

	if (m->sealed.len != 0)
		return data_create(VECS_APP_ENCRYPTED_KEY, alias, &m->sealed,
		    batch);
	TRY(cert_id(leaf, &id));
	TRY(name_der(X509_get_subject_name(leaf), &subject));
	TRY(key_private_attrs(m->key, alias, &id, &subject, &m->policy,
	    &private));
	TRY(key_public_attrs(m->key, alias, &id, &public));
	TRY(batch_create(batch, &private));
	return batch_create(batch, &public);
}

CK_RV
material_cert(const struct material *m, int index, const char *alias,
    struct batch *batch)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	TRY(cert_attrs(sk_X509_value(m->certs, index), alias,
	    m->key == NULL || index > 0, &a));
	if (m->trusted)
		attrs_bool(&a, CKA_TRUSTED, true);
	return batch_create(batch, &a);
}

CK_RV
material_create(const struct material *m, const char *alias,
    struct batch *batch)
{
	int count = m->certs != NULL ? sk_X509_num(m->certs) : 0;

	if (count == 0)
		return secret_create(m, alias, batch);
	for (int i = 0; i < count; i++)
		TRY(material_cert(m, i, alias, batch));
	return m->key != NULL ? keys_create(m, alias, batch) : CKR_OK;
}
