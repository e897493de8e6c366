/*
 * What vecs-cli can do: one row for each verb, and above it the rows of its
 * options, with the original's rule for a repeated one as a column.
 */
#include "tool/rows.h"

static const struct option store_name_options[] = {
	{ "--name", AT(name), TEXT, LAST, "NAME", "the store" },
	REMOTE(LAST),
	{ 0 },
};

static const struct option store_list_options[] = {
	REMOTE(FIRST),
	{ 0 },
};

static const struct option store_delete_options[] = {
	{ "--name", AT(name), TEXT, LAST, "NAME", "the store" },
	YES,
	REMOTE(LAST),
	{ 0 },
};

static const struct option store_permission_options[] = {
	{ "--name", AT(name), TEXT, FIRST, "NAME", "the store" },
	{ "--user", AT(user), TEXT, FIRST, "USER",
	    "a user, %group or EVERYONE" },
	{ "--grant", AT(grant), TEXT, ONCE, "RIGHT",
	    "add a right: read, write or use" },
	{ "--revoke", AT(revoke), TEXT, ONCE, "RIGHT", "take a right away" },
	REMOTE(FIRST),
	{ 0 },
};

#define ENTRY_FILES \
	{ "--store", AT(store), TEXT, FIRST, "NAME", "the store" }, \
	{ "--alias", AT(alias), TEXT, FIRST, "NAME", \
	    "the entry; by default the certificate's SHA-1" }, \
	{ "--cert", AT(cert), TEXT, FIRST, "FILE", \
	    "the certificate and its chain, PEM or DER" }, \
	{ "--key", AT(key), TEXT, FIRST, "FILE", \
	    "its private key; without --cert any secret" }, \
	{ "--pkcs12", AT(pkcs12), TEXT, FIRST, "FILE", \
	    "key, certificate and chain in one file" }, \
	{ "--crl", AT(crl), TEXT, FIRST, "FILE", \
	    "a revocation list, for TRUSTED_ROOT_CRLS" }, \
	{ "--password", AT(password), SECRET, FIRST, "PASSWORD", \
	    "keep the key encrypted under this; prefer --password-file" }, \
	{ "--password-file", AT(password_file), TEXT, FIRST, "FILE", \
	    "a file that holds this password; - asks for it" }, \
	{ "--key-password-file", AT(key_password_file), TEXT, FIRST, "FILE", \
	    "a file that holds the input file's password" }, \
	{ "--sensitive", AT(sensitive), FLAG, FIRST, NULL, \
	    "the key leaves the store only wrapped" }, \
	{ "--non-extractable", AT(non_extractable), FLAG, FIRST, NULL, \
	    "the key never leaves the store" }, \
	{ "--force", AT(force), FLAG, FIRST, NULL, \
	    "accept a root that is no CA" }

static const struct option entry_create_options[] = {
	ENTRY_FILES,
	REMOTE(FIRST),
	{ 0 },
};

static const struct option entry_list_options[] = {
	{ "--store", AT(store), TEXT, FIRST, "NAME", "the store" },
	{ "--text", AT(text), FLAG, FIRST, NULL, "print certificates as text" },
	{ "--aliases", AT(aliases), FLAG, FIRST, NULL, "print aliases only" },
	REMOTE(FIRST),
	{ 0 },
};

static const struct option entry_getcert_options[] = {
	{ "--store", AT(store), TEXT, FIRST, "NAME", "the store" },
	{ "--alias", AT(alias), TEXT, FIRST, "NAME", "the entry" },
	{ "--output", AT(output), TEXT, FIRST, "FILE",
	    "write to this file, mode 0600; - is stdout" },
	{ "--text", AT(text), FLAG, FIRST, NULL, "print as text" },
	{ "--password", AT(password), SECRET, FIRST, "PASSWORD", "ignored" },
	REMOTE(FIRST),
	{ 0 },
};

static const struct option entry_getkey_options[] = {
	{ "--store", AT(store), TEXT, FIRST, "NAME", "the store" },
	{ "--alias", AT(alias), TEXT, FIRST, "NAME", "the entry" },
	{ "--output", AT(output), TEXT, FIRST, "FILE",
	    "write to this file, mode 0600; - is stdout" },
	{ "--text", AT(text), FLAG, FIRST, NULL, "print as text" },
	{ "--password", AT(password), SECRET, FIRST, "PASSWORD",
	    "of an encrypted key; prefer --password-file" },
	{ "--password-file", AT(password_file), TEXT, FIRST, "FILE",
	    "a file that holds this password; - asks for it" },
	{ "--reference", AT(reference), FLAG, FIRST, NULL,
	    "a PEM file that names the key by URI" },
	{ "--exact", AT(exact), FLAG, FIRST, NULL,
	    "with --reference: this very key, not its successors" },
	REMOTE(FIRST),
	{ 0 },
};

static const struct option entry_delete_options[] = {
	{ "--store", AT(store), TEXT, FIRST, "NAME", "the store" },
	{ "--alias", AT(alias), TEXT, FIRST, "NAME", "the entry" },
	YES,
	REMOTE(FIRST),
	{ 0 },
};

static const struct option entry_revert_options[] = {
	{ "--store", AT(store), TEXT, FIRST, "NAME", "the store" },
	{ "--alias", AT(alias), TEXT, FIRST, "NAME", "the entry" },
	REMOTE(FIRST),
	{ 0 },
};

static const struct option entry_generate_options[] = {
	{ "--store", AT(store), TEXT, FIRST, "NAME", "the store" },
	{ "--alias", AT(alias), TEXT, FIRST, "NAME", "the entry" },
	{ "--algorithm", AT(algorithm), TEXT, FIRST, "NAME",
	    "rsa:BITS, ec:CURVE or ed25519" },
	{ "--subject", AT(subject), TEXT, FIRST, "DN", "of the request" },
	{ "--csr", AT(csr), TEXT, FIRST, "FILE", "where to write the request" },
	REMOTE(FIRST),
	{ 0 },
};

static const struct option entry_import_cert_options[] = {
	{ "--store", AT(store), TEXT, FIRST, "NAME", "the store" },
	{ "--alias", AT(alias), TEXT, FIRST, "NAME", "the entry" },
	{ "--cert", AT(cert), TEXT, FIRST, "FILE", "the issued certificate" },
	REMOTE(FIRST),
	{ 0 },
};

static const struct option status_options[] = {
	{ "--days", AT(days), TEXT, FIRST, "N", "what counts as soon" },
	{ "--prometheus", AT(prometheus), FLAG, FIRST, NULL,
	    "print for a node exporter" },
	REMOTE(FIRST),
	{ 0 },
};

static const struct option remote_options[] = {
	REMOTE(FIRST),
	{ 0 },
};

#define PASSPHRASE_FILE \
	{ "--password-file", AT(password_file), TEXT, FIRST, "FILE", \
	    "a file that holds the passphrase; by default it is asked for" }

static const struct option backup_options[] = {
	{ "FILE", AT(file), OPERAND, ONCE, NULL, NULL },
	{ "--store", AT(store), TEXT, FIRST, "NAME",
	    "one store; by default all that the caller controls" },
	PASSPHRASE_FILE,
	{ "--recipient", AT(recipient), TEXT, FIRST, "FILE",
	    "seal to the key of this certificate instead" },
	REMOTE(FIRST),
	{ 0 },
};

static const struct option restore_options[] = {
	{ "FILE", AT(file), OPERAND, ONCE, NULL, NULL },
	PASSPHRASE_FILE,
	{ "--key", AT(key), TEXT, FIRST, "FILE",
	    "the private key of the backup's recipient" },
	{ "--as", AT(as), TEXT, FIRST, "NAME",
	    "give the one store in it another name" },
	{ "--replace", AT(replace), FLAG, FIRST, NULL,
	    "empty stores that are there before" },
	REMOTE(FIRST),
	{ 0 },
};

static const struct option check_options[] = {
	{ "--repair", AT(repair), FLAG, FIRST, NULL,
	    "keep what is good of a damaged database" },
	REMOTE(FIRST),
	{ 0 },
};

static CK_RV
later(const struct args *args, struct p11 *p11)
{
	(void)args;
	(void)p11;
	error_say("Error: this command comes with a later version of "
	          "vecs-cli\n");
	return E_NOT_SUPPORTED;
}

#define FILES_USAGE \
	"--store NAME [--alias NAME] [--cert FILE] [--key FILE] " \
	"[--pkcs12 FILE] [--crl FILE] [--password-file FILE]"

const struct verb verbs[] = {
	{ "store", "create", store_name_options, "--name NAME",
	    "make a store", store_create, true, false },
	{ "store", "list", store_list_options, "",
	    "the names of all stores", store_list, true, false },
	{ "store", "delete", store_delete_options, "--name NAME [-y]",
	    "delete a store and all that is in it", store_delete, true,
	    false },
	{ "store", "permission", store_permission_options,
	    "--name NAME --user USER --grant RIGHT|--revoke RIGHT",
	    "give or take the right read, write or use", store_permission,
	    true, false },
	{ "store", "permissions", store_permission_options,
	    "--name NAME --user USER --grant RIGHT|--revoke RIGHT",
	    "give or take the right read, write or use", store_permission,
	    true, true },
	{ "store", "get-permissions", store_name_options, "--name NAME",
	    "who may do what with a store", store_get_permissions, true,
	    false },
	{ "get-permissions", NULL, store_name_options, "--name NAME",
	    "who may do what with a store", store_get_permissions, true,
	    true },
	{ "entry", "create", entry_create_options, FILES_USAGE,
	    "put a certificate, its key, or a secret into a store",
	    entry_create, false, false },
	{ "entry", "list", entry_list_options,
	    "--store NAME [--text] [--aliases]",
	    "the entries of a store", entry_list, false, false },
	{ "entry", "getcert", entry_getcert_options,
	    "--store NAME --alias NAME [--output FILE] [--text]",
	    "the certificates of an entry", entry_getcert, false, false },
	{ "entry", "getkey", entry_getkey_options,
	    "--store NAME --alias NAME [--output FILE] [--text] "
	    "[--reference [--exact]]",
	    "the key of an entry, or a file that names it", entry_getkey,
	    false, false },
	{ "entry", "delete", entry_delete_options,
	    "--store NAME --alias NAME [-y]", "delete an entry",
	    entry_delete, false, false },
	{ "entry", "replace", entry_create_options, FILES_USAGE,
	    "put a new certificate and key in an entry's place, keep the old",
	    entry_replace, false, false },
	{ "entry", "revert", entry_revert_options,
	    "--store NAME --alias NAME",
	    "put back what the last replace took away", entry_revert, false,
	    false },
	{ "entry", "generate", entry_generate_options,
	    "--store NAME --alias NAME --algorithm NAME",
	    "make a key in the store (comes later)", later, false, false },
	{ "entry", "import-cert", entry_import_cert_options,
	    "--store NAME --alias NAME --cert FILE",
	    "complete a generated key (comes later)", later, false, false },
	{ "force-refresh", NULL, remote_options, "",
	    "fetch trusted roots from the directory (comes later)", later,
	    false, false },
	{ "status", NULL, status_options, "[--days N] [--prometheus]",
	    "what expires when (comes later)", later, false, false },
	{ "check", NULL, check_options, "[--repair]",
	    "walk every store and say what is damaged", check_all, false,
	    false },
	{ "token", "list", remote_options, "",
	    "the tokens of the module and the state of their PINs",
	    token_list, false, false },
	{ "token", "info", token_info_options,
	    "[--name NAME] [--mechanisms]",
	    "what a token says of itself", token_info, false, false },
	{ "token", "init", token_init_options, "--name NAME [-y]",
	    "make a token with PINs, or empty one that is there", token_init,
	    false, false },
	{ "token", "set-pin", token_set_pin_options, "[--name NAME] [--so]",
	    "change the PIN of the user or the security officer",
	    token_set_pin, false, false },
	{ "token", "unlock", token_unlock_options, "[--name NAME]",
	    "give the user a new PIN, with that of the security officer",
	    token_unlock, false, false },
	{ "token", "delete", store_delete_options, "--name NAME [-y]",
	    "delete a token and all that is in it", token_delete, false,
	    false },
	{ "token", "user list", token_user_list_options, "[--name NAME]",
	    "the named users of a token and their rights", token_user_list,
	    false, false },
	{ "token", "user add", token_user_add_options,
	    "--user USER [--name NAME] [--rights LIST]",
	    "let somebody log in to a token by a PIN of his own",
	    token_user_add, false, false },
	{ "token", "user set-pin", token_user_set_pin_options,
	    "--user USER [--name NAME] [--own]",
	    "give a named user another PIN", token_user_set_pin, false,
	    false },
	{ "token", "user remove", token_user_remove_options,
	    "--user USER [--name NAME] [-y]",
	    "take a named user away", token_user_remove, false, false },
	{ "object", "list", object_list_options,
	    "--store NAME [--class CLASS] [--label TEXT] [--id HEX]",
	    "the objects of a store, one a line", object_list, false, false },
	{ "object", "show", object_list_options,
	    "--store NAME [--class CLASS] [--label TEXT] [--id HEX]",
	    "every attribute of objects, but for secrets", object_show, false,
	    false },
	{ "object", "set", object_set_options,
	    "NAME=VALUE ... --store NAME [--class CLASS] [--label TEXT]",
	    "change attributes of an object", object_set, false, false },
	{ "object", "delete", object_delete_options,
	    "--store NAME [--class CLASS] [--label TEXT] [--id HEX] [-y]",
	    "delete objects", object_delete, false, false },
	{ "key", "generate", key_generate_options,
	    "--store NAME --label TEXT --algorithm NAME [--use LIST] "
	    "[--extractable]",
	    "make a key or a pair of keys in a store", key_generate, false,
	    false },
	{ "key", "wrap", key_wrap_options,
	    "--store NAME --label TEXT --with LABEL --output FILE",
	    "write a key to a file, encrypted by another key", key_wrap,
	    false, false },
	{ "key", "unwrap", key_unwrap_options,
	    "--store NAME --label TEXT --algorithm NAME --with LABEL "
	    "--input FILE",
	    "put back a key that was wrapped", key_unwrap, false, false },
	{ "import", NULL, import_options,
	    "--from softhsm2 DIR|--from MODULE [--from-token URI] "
	    "[--store NAME]",
	    "copy another token's objects into a store", import, false, false },
	{ "backup", NULL, backup_options,
	    "FILE [--store NAME] [--password-file FILE|--recipient FILE]",
	    "save stores, sealed under a passphrase or to a recipient",
	    backup_make, false, false },
	{ "restore", NULL, restore_options,
	    "FILE [--password-file FILE|--key FILE] [--as NAME] [--replace]",
	    "put back what backup has saved", backup_restore, false, false },
	{ "rekey", NULL, remote_options, "",
	    "give the database a new master key and every store new keys",
	    rekey, false, false },
	{ 0 },
};
