/* The option rows of the administration's verbs, and what they share. */
#include "tool/rows.h"

#define TOKEN_NAME \
	{ "--name", AT(name), TEXT, FIRST, "NAME", \
	    "the token; by default the one that --token leaves" }
#define NEW_PIN \
	{ "--new-pin-source", AT(new_pin_source), TEXT, FIRST, "file:PATH", \
	    "a file that holds the new PIN; by default it is asked for" }

const struct option token_info_options[] = {
	TOKEN_NAME,
	{ "--mechanisms", AT(mechanisms), FLAG, FIRST, NULL,
	    "list its mechanisms too" },
	REMOTE(FIRST),
	{ 0 },
};

const struct option token_init_options[] = {
	TOKEN_NAME,
	YES,
	REMOTE(FIRST),
	{ 0 },
};

const struct option token_set_pin_options[] = {
	TOKEN_NAME,
	{ "--so", AT(so), FLAG, FIRST, NULL,
	    "the PIN of the security officer" },
	NEW_PIN,
	REMOTE(FIRST),
	{ 0 },
};

const struct option token_unlock_options[] = {
	TOKEN_NAME,
	NEW_PIN,
	REMOTE(FIRST),
	{ 0 },
};

#define USER(repeat) \
	{ "--user", AT(user), TEXT, repeat, "USER", "the user's name" }

const struct option token_user_list_options[] = {
	TOKEN_NAME,
	REMOTE(FIRST),
	{ 0 },
};

const struct option token_user_add_options[] = {
	TOKEN_NAME,
	USER(ONCE),
	{ "--rights", AT(rights), TEXT, ONCE, "LIST",
	    "read, write, use; by default use" },
	NEW_PIN,
	REMOTE(FIRST),
	{ 0 },
};

const struct option token_user_set_pin_options[] = {
	TOKEN_NAME,
	USER(ONCE),
	{ "--own", AT(own), FLAG, FIRST, NULL,
	    "by the user himself, whose old PIN is needed" },
	NEW_PIN,
	REMOTE(FIRST),
	{ 0 },
};

const struct option token_user_remove_options[] = {
	TOKEN_NAME,
	USER(ONCE),
	YES,
	REMOTE(FIRST),
	{ 0 },
};

#define SELECT \
	{ "--store", AT(store), TEXT, FIRST, "NAME", "the store" }, \
	{ "--class", AT(class), TEXT, FIRST, "CLASS", \
	    "data, certificate, public-key, private-key, secret-key" }, \
	{ "--label", AT(label), TEXT, FIRST, "TEXT", "the object's label" }, \
	{ "--id", AT(id), TEXT, FIRST, "HEX", "its CKA_ID" }, \
	{ "--uid", AT(uid), TEXT, FIRST, "TEXT", "its CKA_UNIQUE_ID" }
#define ALL \
	{ "--all", AT(all), FLAG, FIRST, NULL, \
	    "every object that matches, not one" }
#define VALUE(n) { "VALUE", AT(values[n]), OPERAND, ONCE, NULL, NULL }

const struct option object_list_options[] = {
	SELECT,
	REMOTE(FIRST),
	{ 0 },
};

const struct option object_set_options[] = {
	VALUE(0), VALUE(1), VALUE(2), VALUE(3),
	VALUE(4), VALUE(5), VALUE(6), VALUE(7),
	SELECT,
	ALL,
	REMOTE(FIRST),
	{ 0 },
};

const struct option object_delete_options[] = {
	SELECT,
	ALL,
	YES,
	REMOTE(FIRST),
	{ 0 },
};

#define NEW_KEY \
	{ "--store", AT(store), TEXT, FIRST, "NAME", "the store" }, \
	{ "--label", AT(label), TEXT, FIRST, "TEXT", "of the new key" }, \
	{ "--algorithm", AT(algorithm), TEXT, FIRST, "NAME", \
	    "rsa:BITS, ec:CURVE, ed25519, aes:BITS, generic:BITS, ..." }, \
	{ "--use", AT(use), TEXT, FIRST, "LIST", \
	    "sign, encrypt, wrap, derive, encapsulate" }, \
	{ "--id", AT(id), TEXT, FIRST, "HEX", \
	    "its CKA_ID; by default SHA-1 of the public key" }, \
	{ "--extractable", AT(extractable), FLAG, FIRST, NULL, \
	    "the key may leave the store wrapped" }
#define WRAP_WITH \
	{ "--with", AT(with), TEXT, FIRST, "LABEL", "the wrapping key" }, \
	{ "--mechanism", AT(mechanism), TEXT, FIRST, "NAME", \
	    "CKM_AES_KEY_WRAP_KWP and the like" }, \
	{ "--hash", AT(hash), TEXT, FIRST, "NAME", \
	    "of RSA mechanisms; by default sha256" }

const struct option key_generate_options[] = {
	NEW_KEY,
	REMOTE(FIRST),
	{ 0 },
};

const struct option key_wrap_options[] = {
	SELECT,
	WRAP_WITH,
	{ "--output", AT(output), TEXT, FIRST, "FILE",
	    "where to write the wrapped key; - is stdout" },
	REMOTE(FIRST),
	{ 0 },
};

const struct option key_unwrap_options[] = {
	NEW_KEY,
	WRAP_WITH,
	{ "--input", AT(input), TEXT, FIRST, "FILE", "the wrapped key" },
	REMOTE(FIRST),
	{ 0 },
};

const struct option import_options[] = {
	{ "DIR", AT(file), OPERAND, ONCE, NULL, NULL },
	{ "--from", AT(from), TEXT, ONCE, "SOURCE",
	    "softhsm2 and its folder of tokens, or a module; without it "
	    "--module is the source" },
	{ "--from-token", AT(from_token), TEXT, FIRST, "URI",
	    "which of its tokens" },
	{ "--from-pin-source", AT(from_pin_source), TEXT, FIRST, "file:PATH",
	    "a file that holds that token's PIN" },
	{ "--store", AT(store), TEXT, FIRST, "NAME",
	    "where to; by default a store of the token's name" },
	REMOTE(FIRST),
	{ 0 },
};
