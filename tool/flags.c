/* The names of flags. */
#include "tool/flags.h"

const struct flag_name token_flag_names[] = {
	{ CKF_RNG, "rng" },
	{ CKF_WRITE_PROTECTED, "write-protected" },
	{ CKF_LOGIN_REQUIRED, "login-required" },
	{ CKF_USER_PIN_INITIALIZED, "user-pin-initialized" },
	{ CKF_RESTORE_KEY_NOT_NEEDED, "restore-key-not-needed" },
	{ CKF_CLOCK_ON_TOKEN, "clock-on-token" },
	{ CKF_PROTECTED_AUTHENTICATION_PATH, "protected-authentication-path" },
	{ CKF_DUAL_CRYPTO_OPERATIONS, "dual-crypto-operations" },
	{ CKF_TOKEN_INITIALIZED, "token-initialized" },
	{ CKF_SECONDARY_AUTHENTICATION, "secondary-authentication" },
	{ CKF_USER_PIN_COUNT_LOW, "user-pin-count-low" },
	{ CKF_USER_PIN_FINAL_TRY, "user-pin-final-try" },
	{ CKF_USER_PIN_LOCKED, "user-pin-locked" },
	{ CKF_USER_PIN_TO_BE_CHANGED, "user-pin-to-be-changed" },
	{ CKF_SO_PIN_COUNT_LOW, "so-pin-count-low" },
	{ CKF_SO_PIN_FINAL_TRY, "so-pin-final-try" },
	{ CKF_SO_PIN_LOCKED, "so-pin-locked" },
	{ CKF_SO_PIN_TO_BE_CHANGED, "so-pin-to-be-changed" },
	{ CKF_ERROR_STATE, "error-state" },
	{ 0, NULL },
};

const struct flag_name mechanism_flag_names[] = {
	{ CKF_HW, "hw" },
	{ CKF_MESSAGE_ENCRYPT, "message-encrypt" },
	{ CKF_MESSAGE_DECRYPT, "message-decrypt" },
	{ CKF_MESSAGE_SIGN, "message-sign" },
	{ CKF_MESSAGE_VERIFY, "message-verify" },
	{ CKF_ENCRYPT, "encrypt" },
	{ CKF_DECRYPT, "decrypt" },
	{ CKF_DIGEST, "digest" },
	{ CKF_SIGN, "sign" },
	{ CKF_SIGN_RECOVER, "sign-recover" },
	{ CKF_VERIFY, "verify" },
	{ CKF_VERIFY_RECOVER, "verify-recover" },
	{ CKF_GENERATE, "generate" },
	{ CKF_GENERATE_KEY_PAIR, "generate-key-pair" },
	{ CKF_WRAP, "wrap" },
	{ CKF_UNWRAP, "unwrap" },
	{ CKF_DERIVE, "derive" },
	{ CKF_ENCAPSULATE, "encapsulate" },
	{ CKF_DECAPSULATE, "decapsulate" },
	{ 0, NULL },
};

json_t *
flags_json(const struct flag_name *names, CK_FLAGS flags)
{
	json_t *list = json_array();

	for (; names->name != NULL; names++)
		if ((flags & names->flag) != 0)
			json_array_append_new(list, json_string(names->name));
	return list;
}
