/* The way back into the application's libcrypto: errors and its BIOs. */
#include "provider/core.h"

#include <stdarg.h>
#include <string.h>

#include "common/ckname.h"
#include "common/log.h"
#include "provider/provider.h"

enum reason {
	REASON_GENERAL = 1,
	REASON_MODULE,
	REASON_ARGUMENT,
	REASON_NOT_FOUND,
	REASON_PIN,
	REASON_LOGIN,
	REASON_KEY,
	REASON_UNSUPPORTED,
	REASON_DATA,
	REASON_DEVICE,
	REASON_MEMORY,
	REASON_CHANGED
};

const OSSL_ITEM core_reasons[] = {
	{ REASON_GENERAL, (void *)(uintptr_t)"the PKCS#11 module failed" },
	{ REASON_MODULE, (void *)(uintptr_t)"the PKCS#11 module cannot be used" },
	{ REASON_ARGUMENT, (void *)(uintptr_t)"bad argument" },
	{ REASON_NOT_FOUND, (void *)(uintptr_t)"no such object" },
	{ REASON_PIN, (void *)(uintptr_t)"PIN refused" },
	{ REASON_LOGIN, (void *)(uintptr_t)"not logged in" },
	{ REASON_KEY, (void *)(uintptr_t)"the key does not allow this" },
	{ REASON_UNSUPPORTED, (void *)(uintptr_t)"not supported by the token" },
	{ REASON_DATA, (void *)(uintptr_t)"bad input" },
	{ REASON_DEVICE, (void *)(uintptr_t)"the token failed" },
	{ REASON_MEMORY, (void *)(uintptr_t)"out of memory" },
	{ REASON_CHANGED, (void *)(uintptr_t)"the key was replaced by another" },
	{ 0, NULL }
};

static const struct {
	CK_RV rv;
	enum reason reason;
} reason_of[] = {
	{ CKR_CRYPTOKI_NOT_INITIALIZED, REASON_MODULE },
	{ CKR_LIBRARY_LOAD_FAILED, REASON_MODULE },
	{ CKR_ARGUMENTS_BAD, REASON_ARGUMENT },
	{ CKR_OBJECT_HANDLE_INVALID, REASON_NOT_FOUND },
	{ CKR_TOKEN_NOT_PRESENT, REASON_NOT_FOUND },
	{ CKR_PIN_INCORRECT, REASON_PIN },
	{ CKR_PIN_INVALID, REASON_PIN },
	{ CKR_PIN_LEN_RANGE, REASON_PIN },
	{ CKR_PIN_EXPIRED, REASON_PIN },
	{ CKR_PIN_LOCKED, REASON_PIN },
	{ CKR_USER_NOT_LOGGED_IN, REASON_LOGIN },
	{ CKR_KEY_FUNCTION_NOT_PERMITTED, REASON_KEY },
	{ CKR_KEY_TYPE_INCONSISTENT, REASON_KEY },
	{ CKR_KEY_SIZE_RANGE, REASON_KEY },
	{ CKR_MECHANISM_INVALID, REASON_UNSUPPORTED },
	{ CKR_MECHANISM_PARAM_INVALID, REASON_UNSUPPORTED },
	{ CKR_FUNCTION_NOT_SUPPORTED, REASON_UNSUPPORTED },
	{ CKR_DATA_INVALID, REASON_DATA },
	{ CKR_DATA_LEN_RANGE, REASON_DATA },
	{ CKR_DEVICE_ERROR, REASON_DEVICE },
	{ CKR_DEVICE_REMOVED, REASON_DEVICE },
	{ CKR_HOST_MEMORY, REASON_MEMORY },
	{ CKR_KEY_CHANGED, REASON_CHANGED },
};

static void PRINTF_LIKE(3, 4)
raise_error(const struct provider *prov, enum reason reason, const char *format,
    ...)
{
	va_list args;

	if (prov->core.new_error == NULL || prov->core.vset_error == NULL)
		return;
	va_start(args, format);
	prov->core.new_error(prov->handle);
	prov->core.vset_error(prov->handle, (uint32_t)reason, format, args);
	va_end(args);
}

bool
core_ok(const struct provider *prov, CK_RV rv)
{
	enum reason reason = REASON_GENERAL;
	const char *name = ckname_rv(rv);
	char text[512];

	if (rv == CKR_OK)
		return true;
	for (size_t i = 0; i < COUNT(reason_of); i++)
		if (reason_of[i].rv == rv)
			reason = reason_of[i].reason;
	log_reason(text, sizeof(text));
	log_reason_clear();
	if (text[0] != '\0')
		raise_error(prov, reason, "%s", text);
	else if (name != NULL)
		raise_error(prov, reason, "%s", name);
	else
		raise_error(prov, reason, "CKR 0x%lx", rv);
	return false;
}

CK_RV
core_read(const struct provider *prov, OSSL_CORE_BIO *in, size_t limit,
    struct buf *out)
{
	char chunk[1024];
	size_t got;

	if (prov->core.bio_read == NULL)
		return CKR_FUNCTION_NOT_SUPPORTED;
	while (prov->core.bio_read(in, chunk, sizeof(chunk), &got) && got > 0) {
		buf_bytes(out, chunk, got);
		if (out->len > limit)
			return CKR_DATA_LEN_RANGE;
	}
	return buf_check(out);
}

bool
core_line(const struct provider *prov, OSSL_CORE_BIO *in, char *line, int size)
{
	return prov->core.bio_gets != NULL
	    && prov->core.bio_gets(in, line, size) > 0;
}

bool
core_write(const struct provider *prov, OSSL_CORE_BIO *out, const void *data,
    size_t len)
{
	size_t done = 0;

	return prov->core.bio_write != NULL
	    && prov->core.bio_write(out, data, len, &done) && done == len;
}
