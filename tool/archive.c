/* vecs-cli backup, restore and rekey: streams through vendor objects. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/vendor.h"
#include "tool/envelope.h"
#include "tool/file.h"
#include "tool/object.h"
#include "tool/print.h"
#include "tool/progress.h"
#include "tool/prompt.h"
#include "tool/verbs.h"

#define PIECE 65536

/* The named store, or the empty slot, which stands for all. */
static CK_RV
scope_open(const struct args *args, struct p11 *p11, bool write,
    struct token *out)
{
	if (args->store != NULL)
		return token_get(p11, args->store, "Error: no such store\n",
		    write, LOGIN_NONE, out);
	*out = (struct token){ .p11 = p11, .present = true,
		.name = "database", .session = CK_INVALID_HANDLE };
	TRY(token_empty_slot(p11, &out->slot));
	return token_open(out, false, LOGIN_NONE);
}

static CK_RV
transfer_open(const struct token *token, struct attrs *a,
    CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *out)
{
	attrs_ulong(a, CKA_CLASS, class);
	attrs_bool(a, CKA_TOKEN, false);
	TRY(attrs_check(a));
	return token->p11->calls->C_CreateObject(token->session, a->list,
	    a->count, out);
}

/* The passphrase: from a file, or asked for, twice for a new one. */
static CK_RV
passphrase_get(const struct args *args, bool new, struct secret *out)
{
	_cleanup_(secret_wipe) struct secret again = { NULL, 0 };
	bool known = false;

	if (args->password_file != NULL)
		return prompt_source(args->password_file, out);
	TRY(prompt_terminal("Passphrase of the backup: ", out, &known));
	if (known && new)
		TRY(prompt_terminal("The same again: ", &again, &known));
	if (!known) {
		error_say("Error: a passphrase is needed: --password-file, "
		          "or --recipient\n");
		return E_WRONG_PASSWORD;
	}
	if (new && (again.len != out->len ||
	    memcmp(again.data, out->data, out->len) != 0)) {
		error_say("Error: the passphrases differ\n");
		return E_WRONG_PASSWORD;
	}
	return CKR_OK;
}

/* Backup */

static CK_RV
envelope_make(const struct args *args, const struct secret *key, FILE *out)
{
	_cleanup_(secret_wipe) struct secret with = { NULL, 0 };

	if (args->recipient != NULL) {
		TRY(file_read(args->recipient, &with));
		return envelope_to_recipient(&with, key, out);
	}
	TRY(passphrase_get(args, true, &with));
	return envelope_to_passphrase(&with, key, out);
}

static CK_RV
piece_get(const struct token *token, CK_OBJECT_HANDLE object,
    struct secret *piece, size_t *len)
{
	CK_ATTRIBUTE t = { CKA_VECS_CHUNK, piece->data, piece->len };

	TRY(token->p11->calls->C_GetAttributeValue(token->session, object, &t,
	    1));
	*len = t.ulValueLen;
	return CKR_OK;
}

static CK_RV
stream_save(const struct token *token, CK_OBJECT_HANDLE object, FILE *out)
{
	_cleanup_(secret_wipe) struct secret piece = { NULL, 0 };
	_cleanup_(progress_end) struct progress bar = PROGRESS("backup");
	size_t len, all = 0;

	TRY(secret_new(PIECE, &piece));
	do {
		TRY(piece_get(token, object, &piece, &len));
		if (fwrite(piece.data, 1, len, out) != len)
			return error_errno(errno);
		progress_show(&bar, all += len, 0);
	} while (len != 0);
	return fflush(out) == 0 ? CKR_OK : error_errno(errno);
}

static CK_RV
backup_to(const struct args *args, struct p11 *p11, FILE *out)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };
	CK_OBJECT_HANDLE object;

	TRY(scope_open(args, p11, false, &token));
	TRY(secret_new(ENVELOPE_KEY, &key));
	if (RAND_priv_bytes(key.data, ENVELOPE_KEY) != 1)
		return CKR_RANDOM_NO_RNG;
	TRY(envelope_make(args, &key, out));
	attrs_bytes(&a, CKA_VECS_BACKUP_KEY, key.data, key.len);
	TRY(transfer_open(&token, &a, CKO_VECS_BACKUP, &object));
	return stream_save(&token, object, out);
}

/* Beside the file that it becomes, which is whole or not there. */
static CK_RV
backup_file(const struct args *args, struct p11 *p11, const char *path)
{
	_cleanup_(freep) char *temporary = NULL;
	FILE *out;
	CK_RV rv;
	int fd;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return CKR_HOST_MEMORY;
	if ((fd = mkostemp(temporary, O_CLOEXEC)) < 0 ||
	    (out = fdopen(fd, "w")) == NULL)
		return error_errno(errno);
	rv = backup_to(args, p11, out);
	if (rv == CKR_OK && fsync(fd) != 0)
		rv = error_errno(errno);
	if (fclose(out) != 0 && rv == CKR_OK)
		rv = error_errno(errno);
	if (rv == CKR_OK && rename(temporary, path) != 0)
		rv = error_errno(errno);
	if (rv != CKR_OK)
		unlink(temporary);
	return rv;
}

static CK_RV
file_needed(const struct args *args)
{
	if (args->file != NULL)
		return CKR_OK;
	error_say("Error: a FILE is needed\n");
	return USAGE_ERROR;
}

CK_RV
backup_make(const struct args *args, struct p11 *p11)
{
	TRY(file_needed(args));
	TRY(p11_native(p11, "backup"));
	TRY(strcmp(args->file, "-") == 0 ? backup_to(args, p11, stdout)
	                                 : backup_file(args, p11, args->file));
	if (strcmp(args->file, "-") == 0)
		return CKR_OK;
	if (args->json)
		return print_json(json_pack("{s:s,s:s}", "result", "saved",
		    "file", args->file));
	printf("Saved %s [%s] to [%s]\n", args->store != NULL ? "store" : "all",
	    args->store != NULL ? args->store : "stores", args->file);
	return CKR_OK;
}

/* Restore */

static CK_RV
envelope_key(const struct args *args, FILE *in, struct secret *key)
{
	_cleanup_(envelope_wipe) struct envelope e = { .payload = { NULL, 0 } };
	_cleanup_(secret_wipe) struct secret with = { NULL, 0 };

	TRY(envelope_read(in, &e));
	if (e.kind == ENVELOPE_PASSPHRASE) {
		TRY(passphrase_get(args, false, &with));
	} else if (args->key != NULL) {
		TRY(file_read(args->key, &with));
	} else {
		error_say("Error: the backup is sealed to a recipient, whose "
		          "private key is needed: --key\n");
		return E_WRONG_PASSWORD;
	}
	return envelope_open(&e, &with, key);
}

static CK_RV
piece_set(const struct token *token, CK_OBJECT_HANDLE object,
    const struct secret *piece, size_t len)
{
	CK_ATTRIBUTE t = { CKA_VECS_CHUNK, len != 0 ? piece->data : NULL,
		len };

	return token->p11->calls->C_SetAttributeValue(token->session, object,
	    &t, 1);
}

static CK_RV
stream_load(const struct token *token, CK_OBJECT_HANDLE object, FILE *in)
{
	_cleanup_(secret_wipe) struct secret piece = { NULL, 0 };
	_cleanup_(progress_end) struct progress bar = PROGRESS("restore");
	struct stat st = { .st_size = 0 };
	size_t len, all = 0;

	(void)fstat(fileno(in), &st);
	TRY(secret_new(PIECE, &piece));
	do {
		len = fread(piece.data, 1, PIECE, in);
		if (len == 0 && ferror(in) != 0)
			return error_errno(errno);
		TRY(piece_set(token, object, &piece, len));
		progress_show(&bar, all += len, (size_t)st.st_size);
	} while (len != 0);
	return CKR_OK;
}

static CK_RV
restore_from(const struct args *args, struct p11 *p11, FILE *in)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	_cleanup_(secret_wipe) struct secret key = { NULL, 0 };
	struct args all = *args;
	CK_OBJECT_HANDLE object;

	TRY(envelope_key(args, in, &key));
	all.store = NULL;
	TRY(scope_open(&all, p11, false, &token));
	attrs_bytes(&a, CKA_VECS_BACKUP_KEY, key.data, key.len);
	if (args->as != NULL)
		attrs_text(&a, CKA_VECS_RESTORE_AS, args->as);
	if (args->replace)
		attrs_text(&a, CKA_VECS_REPLACE, "yes");
	TRY(transfer_open(&token, &a, CKO_VECS_RESTORE, &object));
	return stream_load(&token, object, in);
}

CK_RV
backup_restore(const struct args *args, struct p11 *p11)
{
	FILE *in = stdin;
	CK_RV rv;

	TRY(file_needed(args));
	TRY(p11_native(p11, "restore"));
	if (strcmp(args->file, "-") != 0 &&
	    (in = fopen(args->file, "re")) == NULL) {
		int number = errno;

		error_say("Error: Failed to open file [%s] \n", args->file);
		return error_errno(number);
	}
	rv = restore_from(args, p11, in);
	if (in != stdin)
		fclose(in);
	TRY(rv);
	if (args->json)
		return print_json(json_pack("{s:s,s:s}", "result", "restored",
		    "file", args->file));
	printf("Restored from [%s]\n", args->file);
	return CKR_OK;
}

/* Rekey */

static CK_RV
rekey_steps(const struct token *token, CK_OBJECT_HANDLE object,
    size_t *total)
{
	_cleanup_(progress_end) struct progress bar = PROGRESS("rekey");
	size_t done;

	do {
		_cleanup_(freep) char *text = NULL;

		TRY(object_set_text(token, object, CKA_VECS_PROGRESS, "next"));
		TRY(object_get_text(token, object, CKA_VECS_PROGRESS, &text));
		if (sscanf(text, "%zu/%zu", &done, total) != 2)
			return CKR_DEVICE_ERROR;
		progress_show(&bar, done, *total);
	} while (done < *total);
	return CKR_OK;
}

CK_RV
rekey(const struct args *args, struct p11 *p11)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	struct args all = *args;
	CK_OBJECT_HANDLE object;
	size_t total = 0;

	TRY(p11_native(p11, "rekey"));
	all.store = NULL;
	TRY(scope_open(&all, p11, false, &token));
	TRY(transfer_open(&token, &a, CKO_VECS_REKEY, &object));
	TRY(rekey_steps(&token, object, &total));
	if (args->json)
		return print_json(json_pack("{s:s,s:i}", "result", "rekeyed",
		    "stores", (int)total));
	printf("New keys for the database and %zu stores\n", total);
	return CKR_OK;
}
