/* vecs-cli entry getcert, entry getkey. */
#include "tool/get.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "common/vendor.h"
#include "tool/create.h"
#include "tool/file.h"
#include "tool/key.h"
#include "tool/prompt.h"
#include "tool/reference.h"

#define TRIES 5

/* Opens the store that the arguments name. */
static CK_RV
store_open(const struct args *args, struct p11 *p11, enum login how,
    struct token *token)
{
	if ((is_empty(args->store) && args->token == NULL) ||
	    is_empty(args->alias)) {
		error_say("Error: The store name [%s] or the Alias [%s] is "
		          "invalid \n", args->store != NULL ? args->store : "",
		    args->alias != NULL ? args->alias : "");
		return USAGE_ERROR;
	}
	return token_get(p11, args->store, "Error: Failed to open the store.\n",
	    false, how, token);
}

static CK_RV
entry_find(const struct args *args, const struct token *token,
    struct entries *found)
{
	TRY(entries_find(token, args->alias, found));
	if (found->count == 0)
		return E_OBJECT_NOT_FOUND;
	if (found->count > 1)
		error_say("note: several private keys are called [%s]; this "
		          "is the first\n", args->alias);
	return CKR_OK;
}

/* The BIO's bytes to --output or stdout. */
static CK_RV
bio_output(const struct args *args, BIO *bio)
{
	char *text = NULL;
	long len = BIO_get_mem_data(bio, &text);

	return file_write(args->output, text, len > 0 ? (size_t)len : 0);
}

static CK_RV
json_output(const struct args *args, json_t *value)
{
	_cleanup_(json_decrefp) json_t *v = value;
	char *text = json_dumps(v, JSON_INDENT(2));
	_cleanup_(BIO_free_allp) BIO *out = bio_secret();
	CK_RV rv = CKR_HOST_MEMORY;

	if (text != NULL && out != NULL && BIO_puts(out, text) > 0 &&
	    BIO_puts(out, "\n") > 0)
		rv = bio_output(args, out);
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
	return rv;
}

static CK_RV
getcert_once(const struct args *args, const struct token *token)
{
	_cleanup_(entries_free) struct entries found = ENTRIES_INIT;
	_cleanup_(ders_free) struct ders ders = { NULL, 0 };
	_cleanup_(BIO_free_allp) BIO *out = bio_secret();
	const struct entry *entry;

	TRY(entry_find(args, token, &found));
	entry = &found.list[0];
	TRY(entry_ders(token, entry, &ders));
	if (ders.count == 0) {
		error_say("Error: No certificates were found for entry [%s] "
		          "of type [%s].\n", args->alias,
		    entry_type_name(entry->type));
		return E_INVALID_PARAMETER;
	}
	if (args->json)
		return json_output(args, json_pack("{s:o,s:s,s:o}", "alias",
		    json_text(entry->alias), "type",
		    entry_type_name(entry->type), "certificates",
		    json_ders(entry, &ders)));
	if (args->text)
		cert_text(entry, &ders);
	if (args->text && args->output == NULL)
		return CKR_OK;
	if (out == NULL)
		return CKR_HOST_MEMORY;
	TRY(ders_pem(entry, &ders, out));
	/* The original's blank line; a CRL lacks its own newline there. */
	if (entry->type != ENTRY_CRL && BIO_puts(out, "\n") <= 0)
		return CKR_HOST_MEMORY;
	return bio_output(args, out);
}

/* Again if somebody replaced the entry while it was read. */
static CK_RV
retry(const struct args *args, const struct token *token,
    CK_RV (*once)(const struct args *args, const struct token *token))
{
	CK_RV rv = CKR_OBJECT_HANDLE_INVALID;

	for (int i = 0; i < TRIES && rv == CKR_OBJECT_HANDLE_INVALID; i++)
		rv = once(args, token);
	return rv;
}

CK_RV
entry_getcert(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;

	TRY(store_open(args, p11, LOGIN_IF_CAN, &token));
	return retry(args, &token, getcert_once);
}

static CK_RV
password_of_key(const struct args *args, struct secret *out)
{
	bool known = true;

	if (args->password_file != NULL &&
	    strcmp(args->password_file, "-") != 0)
		return prompt_source(args->password_file, out);
	if (args->password != NULL)
		return secret_dup(args->password, strlen(args->password), out);
	TRY(prompt_terminal("Password of the key: ", out, &known));
	return known ? CKR_OK : E_WRONG_PASSWORD;
}

/* A private key of either kind. */
static CK_RV
private_fetch(const struct args *args, const struct token *token,
    const struct entry *entry, EVP_PKEY **out)
{
	_cleanup_(secret_wipe) struct secret sealed = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret password = { NULL, 0 };
	const struct object *key = entry_object(entry, ROLE_PRIVATE);
	const struct object *data = entry_object(entry, ROLE_ENCRYPTED);
	CK_RV rv;

	if (key != NULL) {
		rv = key_fetch(token, key->handle, out);
		if (rv != CKR_ATTRIBUTE_SENSITIVE)
			return rv;
		error_say("Error: the key of entry [%s] does not leave its "
		          "store; --reference names it\n", args->alias);
		return E_ACCESS_DENIED;
	}
	TRY(object_get(token, data->handle, CKA_VALUE, &sealed));
	TRY(password_of_key(args, &password));
	return pkcs8_open(&sealed, &password, out);
}

static CK_RV
text_print(EVP_PKEY *key)
{
	_cleanup_(BIO_free_allp) BIO *out = BIO_new_fp(stdout, BIO_NOCLOSE);

	if (out == NULL)
		return CKR_HOST_MEMORY;
	EVP_PKEY_print_private(out, key, 0, NULL);
	ERR_clear_error();
	return CKR_OK;
}

static CK_RV
secret_value(const struct token *token, const struct object *object,
    struct secret *out)
{
	CK_RV rv = object_get(token, object->handle, CKA_VALUE, out);

	if (rv != CKR_ATTRIBUTE_TYPE_INVALID)
		return rv;
	error_say("Error: this secret key does not leave its store\n");
	return E_ACCESS_DENIED;
}

/* The key as bytes for out, and as a key when it is one that prints as text. */
static CK_RV
key_bytes(const struct args *args, const struct token *token,
    const struct entry *entry, BIO *out, EVP_PKEY **key)
{
	_cleanup_(secret_wipe) struct secret value = { NULL, 0 };
	struct input_password no_password = { .asked = true };

	if (entry->type == ENTRY_PRIVATE_KEY ||
	    entry->type == ENTRY_ENCRYPTED_KEY) {
		TRY(private_fetch(args, token, entry, key));
		return pem_write_key(*key, out);
	}
	TRY(secret_value(token, entry_object(entry, ROLE_SECRET), &value));
	if (args->text && pem_key(&value, &no_password, key) != CKR_OK)
		*key = NULL;
	if (value.len != 0 &&
	    BIO_write(out, value.data, (int)value.len) <= 0)
		return CKR_HOST_MEMORY;
	return CKR_OK;
}

static CK_RV
reference_write(const struct args *args, const struct token *token,
    const struct entry *entry, BIO *out)
{
	_cleanup_(secret_wipe) struct secret der = { NULL, 0 };

	TRY(reference_der(token, entry, args->exact, &der));
	return pem_wrap(REFERENCE_HEADING, der.data, der.len, out);
}

static CK_RV
key_json(const struct args *args, const struct entry *entry, BIO *key)
{
	char *text = NULL;
	long len = BIO_get_mem_data(key, &text);

	return json_output(args, json_pack("{s:o,s:s,s:o}", "alias",
	    json_text(entry->alias), "type", entry_type_name(entry->type),
	    args->reference ? "reference" : "key",
	    json_stringn(text, len > 0 ? (size_t)len : 0)));
}

static CK_RV
no_key(const struct args *args, const struct entry *entry)
{
	if (entry->type == ENTRY_CRL)
		return E_OBJECT_NOT_FOUND;
	error_say("Error: No key was found for entry [%s] of type [%s]\n",
	    args->alias, entry_type_name(entry->type));
	return E_INVALID_PARAMETER;
}

static bool
has_key(const struct args *args, const struct entry *entry)
{
	if (args->reference)
		return entry_object(entry, ROLE_PRIVATE) != NULL;
	return entry->type == ENTRY_PRIVATE_KEY ||
	       entry->type == ENTRY_ENCRYPTED_KEY ||
	       entry->type == ENTRY_SECRET_KEY;
}

static CK_RV
getkey_once(const struct args *args, const struct token *token)
{
	_cleanup_(entries_free) struct entries found = ENTRIES_INIT;
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	_cleanup_(BIO_free_allp) BIO *out = bio_secret();
	const struct entry *entry;

	TRY(entry_find(args, token, &found));
	entry = &found.list[0];
	if (!has_key(args, entry))
		return no_key(args, entry);
	if (out == NULL)
		return CKR_HOST_MEMORY;
	if (args->reference)
		TRY(reference_write(args, token, entry, out));
	else
		TRY(key_bytes(args, token, entry, out, &key));
	if (args->json)
		return key_json(args, entry, out);
	if (args->text && key != NULL)
		TRY(text_print(key));
	if (args->text && args->output == NULL)
		return CKR_OK;
	if (!args->reference && BIO_puts(out, "\n") <= 0)
		return CKR_HOST_MEMORY;
	return bio_output(args, out);
}

CK_RV
entry_getkey(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;

	TRY(store_open(args, p11, LOGIN_MUST, &token));
	return retry(args, &token, getkey_once);
}
