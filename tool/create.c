/* vecs-cli entry create: one entry, or each root, or each CRL of a file. */
#include <string.h>

#include "common/text.h"
#include "common/vendor.h"
#include "tool/create.h"
#include "tool/print.h"
#include "tool/verbs.h"

#define ROOTS "TRUSTED_ROOTS"
#define CRLS "TRUSTED_ROOT_CRLS"
#define TRIES 5

static bool
is_store(const struct token *token, const char *name)
{
	return text_equal_folded(token->name, strlen(token->name), name,
	    strlen(name));
}

CK_RV
alias_check(const char *alias)
{
	size_t len = strlen(alias);
	bool good = len != 0 && text_is_utf8(alias, len);

	for (size_t i = 0; i < len; i++)
		good = good && (unsigned char)alias[i] >= 0x20 &&
		       alias[i] != 0x7f;
	if (good)
		return CKR_OK;
	error_say("Error: The alias [%s] is invalid \n", good ? alias : "");
	return E_INVALID_PARAMETER;
}

bool
is_empty(const char *text)
{
	return text == NULL || text[0] == '\0';
}

CK_RV
create_check(const struct args *args, const struct material *m)
{
	bool certs = m->cert_file.len != 0 || m->pkcs12_file.len != 0;

	if (!certs && m->key_file.len == 0 && m->crl_file.len == 0) {
		error_say("Error: A certificate or a key must be "
		          "specified. \n");
		return USAGE_ERROR;
	}
	if (!certs && m->crl_file.len == 0 && is_empty(args->alias)) {
		error_say("Error: The alias [] is invalid \n");
		return USAGE_ERROR;
	}
	if (m->pkcs12_file.len != 0 &&
	    (m->cert_file.len != 0 || m->key_file.len != 0)) {
		error_say("Error: --pkcs12 goes alone, without --cert and "
		          "--key\n");
		return USAGE_ERROR;
	}
	if (m->crl_file.len != 0 && (certs || m->key_file.len != 0)) {
		error_say("Error: --crl goes alone\n");
		return USAGE_ERROR;
	}
	return CKR_OK;
}

static CK_RV
created(const struct args *args, const struct token *token, const char *alias)
{
	const char *store = is_empty(args->store) ? token->name : args->store;

	if (args->json)
		return print_result("created", store, alias);
	printf("Entry with alias [%s] in store [%s] was created "
	       "successfully \n", alias, store);
	return CKR_OK;
}

static CK_RV
exists(CK_RV rv, const char *alias)
{
	if (rv == E_ALREADY_EXISTS || rv == CKR_VECS_EXISTS)
		error_say("Error: an entry with alias [%s] exists already\n",
		    alias);
	return rv == CKR_VECS_EXISTS ? E_ALREADY_EXISTS : rv;
}

static CK_RV
one_create(const struct args *args, const struct token *token,
    struct material *m)
{
	_cleanup_(batch_end) struct batch batch = BATCH_INIT;
	char made[SHA1_HEX];
	const char *alias = args->alias;

	if (m->certs != NULL)
		TRY(chain_sort(m->certs, m->key, false));
	if (is_empty(alias)) {
		TRY(material_alias(m, made));
		alias = made;
	}
	TRY(alias_check(alias));
	if (m->certs != NULL)
		TRY(subject_check(token, sk_X509_value(m->certs, 0),
		    alias));
	TRY(batch_begin(token, &batch));
	TRY(exists(batch_absent(&batch, alias), alias));
	TRY(material_create(m, alias, &batch));
	TRY(exists(batch_commit(&batch), alias));
	return created(args, token, alias);
}

static CK_RV
roots_check(const struct args *args, const struct material *m)
{
	if (m->key != NULL || m->key_file.len != 0 || m->certs == NULL) {
		error_say("Error: " ROOTS " holds certificates only\n");
		return E_INVALID_PARAMETER;
	}
	for (int i = 0; i < sk_X509_num(m->certs); i++) {
		char name[256] = "";
		X509 *cert = sk_X509_value(m->certs, i);

		if (args->force || cert_is_ca(cert))
			continue;
		X509_NAME_oneline(X509_get_subject_name(cert), name,
		    sizeof(name));
		error_say("Error: certificate [%s] is no CA; --force takes it "
		          "all the same\n", name);
		return E_INVALID_PARAMETER;
	}
	return CKR_OK;
}

static void
alias_note(const struct args *args)
{
	if (!is_empty(args->alias))
		error_say("note: --alias is ignored here: the alias is the "
		          "SHA-1 of the content\n");
}

/* One entry for each certificate of the file, named by its SHA-1. */
static CK_RV
roots_create(const struct args *args, const struct token *token,
    struct material *m)
{
	_cleanup_(batch_end) struct batch batch = BATCH_INIT;
	char alias[SHA1_HEX] = "";
	int count;

	TRY(roots_check(args, m));
	alias_note(args);
	certs_unique(m->certs);
	count = sk_X509_num(m->certs);
	TRY(batch_begin(token, &batch));
	for (int i = 0; i < count; i++) {
		TRY(cert_alias(sk_X509_value(m->certs, i), alias));
		TRY(exists(batch_absent(&batch, alias), alias));
		TRY(material_cert(m, i, alias, &batch));
	}
	/* Only a file of one certificate says by itself which one exists. */
	TRY(exists(batch_commit(&batch), count == 1 ? alias : "of the file"));
	for (int i = 0; i < count; i++) {
		TRY(cert_alias(sk_X509_value(m->certs, i), alias));
		TRY(created(args, token, alias));
	}
	return CKR_OK;
}

/* The stored entries that hold a CRL of this issuer go; unless newer. */
static CK_RV
crl_supersede(const struct token *token, const struct entries *entries,
    X509_CRL *crl, struct batch *batch)
{
	for (size_t i = 0; i < entries->count; i++) {
		const struct object *o =
		    entry_object(&entries->list[i], ROLE_CRL);
		_cleanup_(secret_wipe) struct secret der = { NULL, 0 };
		_cleanup_(X509_CRL_freep) X509_CRL *old = NULL;
		const unsigned char *at;

		if (o == NULL)
			continue;
		TRY(object_get(token, o->handle, CKA_VALUE, &der));
		at = der.data;
		old = d2i_X509_CRL(NULL, &at, (long)der.len);
		if (old == NULL || X509_NAME_cmp(X509_CRL_get_issuer(old),
		                       X509_CRL_get_issuer(crl)) != 0)
			continue;
		if (crl_compare(crl, old) <= 0) {
			error_say("Error: entry [%s] is a CRL of this issuer "
			          "that is not older\n",
			    entries->list[i].alias);
			return E_ALREADY_EXISTS;
		}
		TRY(batch_destroy(batch, token, o->handle));
	}
	return CKR_OK;
}

static CK_RV
crls_create(const struct args *args, const struct token *token,
    struct material *m)
{
	_cleanup_(entries_free) struct entries entries = ENTRIES_INIT;
	_cleanup_(batch_end) struct batch batch = BATCH_INIT;
	char alias[SHA1_HEX] = "";

	crls_newest(m->crls);
	TRY(entries_load(token, &entries));
	TRY(batch_begin(token, &batch));
	for (int i = 0; i < sk_X509_CRL_num(m->crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(m->crls, i);
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

		TRY(crl_alias(crl, alias));
		TRY(crl_attrs(crl, alias, token->p11->native, &a));
		TRY(exists(batch_absent(&batch, alias), alias));
		TRY(batch_create(&batch, &a));
		TRY(crl_supersede(token, &entries, crl, &batch));
	}
	TRY(exists(batch_commit(&batch), alias));
	for (int i = 0; i < sk_X509_CRL_num(m->crls); i++) {
		TRY(crl_alias(sk_X509_CRL_value(m->crls, i), alias));
		TRY(created(args, token, alias));
	}
	return CKR_OK;
}

/* Which of the three makings this store and these files ask for. */
static CK_RV
any_create(const struct args *args, const struct token *token,
    struct material *m)
{
	if (is_store(token, CRLS)) {
		if (m->crls == NULL) {
			error_say("Error: " CRLS " holds revocation lists "
			          "only: --crl\n");
			return E_INVALID_PARAMETER;
		}
		alias_note(args);
		return crls_create(args, token, m);
	}
	if (m->crls != NULL) {
		error_say("Error: revocation lists are kept in " CRLS "\n");
		return E_INVALID_PARAMETER;
	}
	if (is_store(token, ROOTS))
		return roots_create(args, token, m);
	return one_create(args, token, m);
}

CK_RV
store_given(const struct args *args)
{
	if (!is_empty(args->store) || args->token != NULL)
		return CKR_OK;
	error_say("Error: The store name [] is invalid \n");
	return USAGE_ERROR;
}

CK_RV
entry_create(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(material_free) struct material m = MATERIAL_INIT;
	char alias[SHA1_HEX];
	CK_RV rv = E_BUSY;

	TRY(store_given(args));
	TRY(material_read(args, &m));
	TRY(create_check(args, &m));
	if (is_empty(args->alias) && m.cert_file.len != 0)
		TRY(material_alias(&m, alias));
	m.trusted = args->so_pin_source != NULL && m.key_file.len == 0;
	TRY(token_get(p11, args->store, "Error: Failed to open the store.\n",
	    true, m.trusted ? LOGIN_SO : LOGIN_MUST, &token));
	TRY(material_parse(args, &m));
	for (int i = 0; i < TRIES && rv == E_BUSY; i++)
		rv = any_create(args, &token, &m);
	return rv;
}
