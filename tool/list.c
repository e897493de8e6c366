/* vecs-cli entry list. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "tool/create.h"
#include "tool/get.h"

void
cert_text(const struct entry *entry, const struct ders *ders)
{
	_cleanup_(BIO_free_allp) BIO *out = BIO_new_fp(stdout, BIO_NOCLOSE);
	const unsigned char *at = ders->list[0].data;
	long len = (long)ders->list[0].len;
	_cleanup_(X509_freep) X509 *cert = NULL;
	_cleanup_(X509_CRL_freep) X509_CRL *crl = NULL;

	if (out == NULL)
		return;
	if (entry->type == ENTRY_CRL && (crl = d2i_X509_CRL(NULL, &at, len)))
		X509_CRL_print(out, crl);
	else if (entry->type != ENTRY_CRL && (cert = d2i_X509(NULL, &at, len)))
		X509_print(out, cert);
	ERR_clear_error();
}

CK_RV
ders_pem(const struct entry *entry, const struct ders *ders, BIO *out)
{
	for (size_t i = 0; i < ders->count; i++)
		TRY(pem_wrap(entry_heading(entry), ders->list[i].data,
		    ders->list[i].len, out));
	return CKR_OK;
}

static CK_RV
pem_print(const struct entry *entry, const struct ders *ders)
{
	_cleanup_(BIO_free_allp) BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;

	if (out == NULL)
		return CKR_HOST_MEMORY;
	TRY(ders_pem(entry, ders, out));
	len = BIO_get_mem_data(out, &text);
	/* The original keeps a CRL without its last newline. */
	if (entry->type == ENTRY_CRL && len > 0)
		len--;
	printf("Certificate :\t%.*s\n\n", (int)len, len > 0 ? text : "");
	return CKR_OK;
}

/* An entry that somebody deletes meanwhile is listed without certificates. */
static CK_RV
listed_ders(const struct token *token, const struct entry *entry,
    struct ders *out)
{
	CK_RV rv = entry_ders(token, entry, out);

	return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_OK : rv;
}

static CK_RV
entry_print(const struct args *args, const struct token *token,
    const struct entry *entry)
{
	_cleanup_(ders_free) struct ders ders = { NULL, 0 };

	TRY(listed_ders(token, entry, &ders));
	printf("Alias :\t%s\nEntry type :\t%s\n", entry->alias,
	    entry_type_name(entry->type));
	if (args->text && ders.count != 0)
		cert_text(entry, &ders);
	else
		TRY(pem_print(entry, &ders));
	return CKR_OK;
}

json_t *
json_ders(const struct entry *entry, const struct ders *ders)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ders->count; i++)
		json_array_append_new(list, json_cert(&ders->list[i],
		    entry_heading(entry)));
	return list;
}

static CK_RV
entry_json(const struct token *token, const struct entry *entry,
    json_t *list)
{
	_cleanup_(ders_free) struct ders ders = { NULL, 0 };
	json_t *o = json_object();

	json_array_append_new(list, o);
	TRY(listed_ders(token, entry, &ders));
	json_object_set_new(o, "alias", json_text(entry->alias));
	json_object_set_new(o, "type",
	    json_string(entry_type_name(entry->type)));
	json_object_set_new(o, "certificates", json_ders(entry, &ders));
	return CKR_OK;
}

static CK_RV
list_json(const struct args *args, const struct token *token,
    const struct entries *entries)
{
	_cleanup_(json_decrefp) json_t *list = json_array();

	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->list[i];

		if (args->aliases)
			json_array_append_new(list, json_text(entry->alias));
		else
			TRY(entry_json(token, entry, list));
	}
	return print_json(json_pack("{s:o,s:O}", "store",
	    json_text(token->name), "entries", list));
}

static CK_RV
list_print(const struct args *args, const struct token *token,
    const struct entries *entries)
{
	printf("Number of entries in store :\t%zu\n", entries->count);
	for (size_t i = 0; i < entries->count; i++) {
		if (args->aliases)
			printf("%s\n", entries->list[i].alias);
		else
			TRY(entry_print(args, token, &entries->list[i]));
	}
	return CKR_OK;
}

static void
twins_note(const struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		if (entries->list[i].twin)
			error_say("note: several private keys are called "
			          "[%s]\n", entries->list[i].alias);
}

CK_RV
entry_list(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(entries_free) struct entries entries = ENTRIES_INIT;
	CK_RV rv;

	if (is_empty(args->store) && args->token == NULL) {
		error_say("Error : An invalid store name [] was "
		          "specified \n");
		return USAGE_ERROR;
	}
	rv = token_get(p11, args->store, "", false, LOGIN_IF_CAN, &token);
	if (rv == CKR_OK)
		rv = entries_load(&token, &entries);
	if (error_code(rv) == 5)
		error_say("Error: Could not retrieve number of entries in "
		          "store\n");
	TRY(rv);
	twins_note(&entries);
	return args->json ? list_json(args, &token, &entries)
	                  : list_print(args, &token, &entries);
}
