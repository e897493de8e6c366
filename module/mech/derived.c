/* What the derivations share. */
#include "module/mech/derived.h"

#include "common/log.h"

CK_RV
derived_length(const struct derive_args *args, size_t available, size_t *out)
{
	size_t len = args->len;

	if (len == 0 && args->type == CKK_GENERIC_SECRET)
		len = available;
	if (len == 0)
		return fail_quiet(CKR_TEMPLATE_INCOMPLETE,
		    "the derived key's length is not said");
	if (len > DERIVED_BYTES_MAX || (available != 0 && len > available))
		return fail_quiet(CKR_KEY_SIZE_RANGE,
		    "the mechanism does not give so many bytes");
	*out = len;
	return CKR_OK;
}

CK_RV
derived_add(struct secret *value, size_t len, struct derived *out)
{
	TRY(secret_cut(value, len));
	out->keys[out->count++].made.value = *value;
	*value = (struct secret){ NULL, 0 };
	return CKR_OK;
}

CK_RV
param_bytes_or_none(const void *data, CK_ULONG len, struct span *out)
{
	if (len > DERIVED_BYTES_MAX || (data == NULL && len != 0))
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "the parameter's data is absent or too long");
	*out = (struct span){ data, len };
	return CKR_OK;
}

CK_RV
param_bytes(const void *data, CK_ULONG len, struct span *out)
{
	if (len == 0)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "the parameter has no data");
	return param_bytes_or_none(data, len, out);
}

void
parity_set(CK_KEY_TYPE type, struct secret *value)
{
	if (type != CKK_DES && type != CKK_DES2 && type != CKK_DES3)
		return;
	for (size_t i = 0; i < value->len; i++) {
		uint8_t b = value->data[i] & 0xfe;

		value->data[i] = b | ((__builtin_popcount(b) & 1) == 0);
	}
}
