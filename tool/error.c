/* The rows of failures, and the last line that every failure ends in. */
#include "tool/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/ckname.h"
#include "common/vendor.h"

static const struct row {
	unsigned code;
	const char *name;     /* of Win32, or NULL */
	const char *sentence; /* before it, or alone */
} rows[] = {
	{ 2, "ERROR_FILE_NOT_FOUND", "No such file." },
	{ 5, "ERROR_ACCESS_DENIED", "Access denied." },
	{ 6, "ERROR_INVALID_HANDLE", NULL },
	{ 11, "ERROR_BAD_FORMAT", "Not in a format that is understood." },
	{ 13, "ERROR_INVALID_DATA", NULL },
	{ 14, "ERROR_OUTOFMEMORY", NULL },
	{ 29, "ERROR_WRITE_FAULT", NULL },
	{ 50, "ERROR_NOT_SUPPORTED", NULL },
	{ 87, "ERROR_INVALID_PARAMETER", NULL },
	{ 112, "ERROR_DISK_FULL", NULL },
	{ 126, "ERROR_MOD_NOT_FOUND", NULL },
	{ 154, "ERROR_LABEL_TOO_LONG", NULL },
	{ 170, "ERROR_BUSY", "Changed by somebody else meanwhile." },
	{ 183, "ERROR_ALREADY_EXISTS", NULL },
	{ 223, "ERROR_FILE_TOO_LARGE", NULL },
	{ 1167, "ERROR_DEVICE_NOT_CONNECTED", NULL },
	{ 1292, "ERROR_IMPLEMENTATION_LIMIT", NULL },
	{ 1317, "ERROR_NO_SUCH_USER", "No such user or group." },
	{ 1323, "ERROR_WRONG_PASSWORD", "Wrong or missing password." },
	{ 1325, "ERROR_PASSWORD_RESTRICTION", NULL },
	{ 1330, "ERROR_PASSWORD_EXPIRED", NULL },
	{ 1359, "ERROR_INTERNAL_ERROR", NULL },
	{ 1627, "ERROR_FUNCTION_FAILED", NULL },
	{ 1909, "ERROR_ACCOUNT_LOCKED_OUT", "The PIN is locked." },
	{ 4312, "ERROR_OBJECT_NOT_FOUND", "No such store or entry." },
	{ 4313, "ERROR_DATABASE_FAILURE", NULL },
	{ 4317, "ERROR_INVALID_OPERATION", NULL },
	{ 5023, "ERROR_INVALID_STATE", NULL },
	{ 90018, NULL, "Private key does not match certificate" },
};

static const struct token_row {
	CK_RV rv;
	unsigned code;
} token_rows[] = {
	{ CKR_VECS_EXISTS, 183 },
	{ CKR_HOST_MEMORY, 14 },
	{ CKR_SLOT_ID_INVALID, 4312 },
	{ CKR_TOKEN_NOT_PRESENT, 4312 },
	{ CKR_OBJECT_HANDLE_INVALID, 4312 },
	{ CKR_KEY_HANDLE_INVALID, 4312 },
	{ CKR_ACTION_PROHIBITED, 5 },
	{ CKR_ATTRIBUTE_READ_ONLY, 5 },
	{ CKR_ATTRIBUTE_SENSITIVE, 5 },
	{ CKR_KEY_FUNCTION_NOT_PERMITTED, 5 },
	{ CKR_KEY_NOT_WRAPPABLE, 5 },
	{ CKR_KEY_UNEXTRACTABLE, 5 },
	{ CKR_SESSION_READ_ONLY, 5 },
	{ CKR_TOKEN_WRITE_PROTECTED, 5 },
	{ CKR_USER_NOT_LOGGED_IN, 5 },
	{ CKR_ATTRIBUTE_TYPE_INVALID, 11 },
	{ CKR_ATTRIBUTE_VALUE_INVALID, 11 },
	{ CKR_CURVE_NOT_SUPPORTED, 11 },
	{ CKR_DOMAIN_PARAMS_INVALID, 11 },
	{ CKR_ENCRYPTED_DATA_INVALID, 11 },
	{ CKR_KEY_SIZE_RANGE, 11 },
	{ CKR_TEMPLATE_INCOMPLETE, 11 },
	{ CKR_TEMPLATE_INCONSISTENT, 11 },
	{ CKR_WRAPPED_KEY_INVALID, 11 },
	{ CKR_WRAPPED_KEY_LEN_RANGE, 11 },
	{ CKR_FUNCTION_NOT_SUPPORTED, 50 },
	{ CKR_MECHANISM_INVALID, 50 },
	{ CKR_ARGUMENTS_BAD, 87 },
	{ CKR_DEVICE_MEMORY, 112 },
	{ CKR_DEVICE_ERROR, 4313 },
	{ CKR_TOKEN_NOT_RECOGNIZED, 4313 },
	{ CKR_DEVICE_REMOVED, 1167 },
	{ CKR_SESSION_COUNT, 1292 },
	{ CKR_PIN_INCORRECT, 1323 },
	{ CKR_USER_PIN_NOT_INITIALIZED, 1323 },
	{ CKR_PIN_INVALID, 1325 },
	{ CKR_PIN_LEN_RANGE, 1325 },
	{ CKR_PIN_EXPIRED, 1330 },
	{ CKR_PIN_LOCKED, 1909 },
	{ CKR_FUNCTION_FAILED, 1627 },
	{ CKR_FUNCTION_REJECTED, 5 },
};

static const struct {
	int number;
	unsigned code;
} errno_rows[] = {
	{ ENOENT, 2 },
	{ EACCES, 5 },
	{ EEXIST, 183 },
	{ EINVAL, 87 },
	{ ENOMEM, 14 },
	{ ENOSPC, 112 },
	{ EPERM, 4317 },
};

bool
error_is_token(CK_RV rv)
{
	return (rv & 0xff000000UL) != 0xd7000000UL && rv != USAGE_ERROR;
}

unsigned
error_code(CK_RV rv)
{
	if (!error_is_token(rv))
		return (unsigned)(rv & 0xffffffUL);
	for (size_t i = 0; i < COUNT(token_rows); i++)
		if (token_rows[i].rv == rv)
			return token_rows[i].code;
	return 1359;
}

int
error_status(CK_RV rv)
{
	unsigned code = error_code(rv);

	return code % 256 != 0 ? (int)(code % 256) : 1;
}

CK_RV
error_errno(int number)
{
	for (size_t i = 0; i < COUNT(errno_rows); i++)
		if (errno_rows[i].number == number)
			return WIN32_ERROR(errno_rows[i].code);
	return WIN32_ERROR((unsigned)number);
}

void
error_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
}

void
error_tail(CK_RV rv)
{
	unsigned code = error_code(rv);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];

		if (row->code != code)
			continue;
		error_say("vecs-cli failed. Error %u: %s", code,
		    row->sentence != NULL ? row->sentence : "");
		if (row->name != NULL)
			error_say("%sOperation failed with error %s (%u)",
			    row->sentence != NULL ? " " : "", row->name, code);
		error_say(" \n");
		return;
	}
	error_say("vecs-cli failed. Error %u: Error %u. \n", code, code);
}
