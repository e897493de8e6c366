/* Argon2id by libargon2: lanes as recorded, one thread, no thread of ours. */
#include "module/crypto/pinhash.h"

#include <argon2.h>
#include <string.h>

CK_RV
pinhash(struct span pin, const uint8_t salt[PINHASH_SALT],
    const struct pin_cost *cost, uint8_t out[PINHASH_LEN])
{
	uint8_t salt_copy[PINHASH_SALT];
	_cleanup_(secret_wipe) struct secret pin_copy = { NULL, 0 };
	argon2_context context = {
		.out = out, .outlen = PINHASH_LEN,
		.salt = salt_copy, .saltlen = PINHASH_SALT,
		.t_cost = cost->passes, .m_cost = cost->memory,
		.lanes = cost->lanes, .threads = 1,
		.version = ARGON2_VERSION_13,
	};

	TRY(secret_dup(pin.data, pin.len, &pin_copy));
	memcpy(salt_copy, salt, PINHASH_SALT);
	context.pwd = pin_copy.data;
	context.pwdlen = (uint32_t)pin_copy.len;
	return argon2id_ctx(&context) == ARGON2_OK ? CKR_OK : CKR_HOST_MEMORY;
}
