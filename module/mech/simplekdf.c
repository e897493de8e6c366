/* Keys put together of keys and data, and cut out of keys (PKCS#11 6.43). */
#include "module/mech/derived.h"

#include <string.h>

#include "common/log.h"
#include "module/mech/rows.h"

/* Two pieces, one after the other. */
static CK_RV
concatenate(struct span first, struct span second,
    const struct derive_args *args, struct derived *out)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	size_t len;

	TRY(derived_length(args, first.len + second.len, &len));
	TRY(secret_new(first.len + second.len, &made));
	memcpy(made.data, first.data, first.len);
	memcpy(made.data + first.len, second.data, second.len);
	return derived_add(&made, len, out);
}

static CK_RV
base_and_key(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(key_putp) struct key *other = NULL;
	CK_OBJECT_HANDLE handle;

	(void)mech;
	TRY(param_copy(mechanism, &handle, sizeof(handle)));
	TRY(args->keys.find(args->keys.arg, handle, &other));
	if (key_class(other) != CKO_SECRET_KEY)
		return CKR_KEY_TYPE_INCONSISTENT;
	return concatenate(key_value(base), key_value(other), args, out);
}

static CK_RV
data_read(const CK_MECHANISM *mechanism, struct span *out)
{
	CK_KEY_DERIVATION_STRING_DATA data;

	TRY(param_copy(mechanism, &data, sizeof(data)));
	return param_bytes(data.pData, data.ulLen, out);
}

static CK_RV
base_and_data(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	struct span data;

	(void)mech;
	TRY(data_read(mechanism, &data));
	return concatenate(key_value(base), data, args, out);
}

static CK_RV
data_and_base(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	struct span data;

	(void)mech;
	TRY(data_read(mechanism, &data));
	return concatenate(data, key_value(base), args, out);
}

static CK_RV
xor_base_and_data(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	struct span data, key = key_value(base);
	size_t shorter, len;

	(void)mech;
	TRY(data_read(mechanism, &data));
	shorter = data.len < key.len ? data.len : key.len;
	TRY(derived_length(args, shorter, &len));
	TRY(secret_dup(key.data, shorter, &made));
	for (size_t i = 0; i < shorter; i++)
		made.data[i] ^= ((const uint8_t *)data.data)[i];
	return derived_add(&made, len, out);
}

/* Bits are counted from the most significant one of the first byte, and the
 * first bit follows the last. */
static CK_RV
extract(const struct mech *mech, const CK_MECHANISM *mechanism,
    struct key *base, const struct derive_args *args, struct derived *out)
{
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	struct span key = key_value(base);
	const uint8_t *bytes = key.data;
	CK_EXTRACT_PARAMS first;
	size_t len;

	(void)mech;
	TRY(param_copy(mechanism, &first, sizeof(first)));
	if (first >= key.len * 8)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "the key has no such bit");
	TRY(derived_length(args, 0, &len));
	if (len > key.len)
		return CKR_KEY_SIZE_RANGE;
	TRY(secret_new(len, &made));
	for (size_t i = 0; i < len; i++) {
		size_t at = first / 8 + i;
		unsigned two = (unsigned)bytes[at % key.len] << 8 |
		    bytes[(at + 1) % key.len];

		made.data[i] = (uint8_t)(two >> (8 - first % 8));
	}
	return derived_add(&made, len, out);
}

#define SIMPLE .unit = 8, .inherits = INHERITS_LIMITS

static const struct mech_ops base_and_key_ops = { SIMPLE,
	.derive = base_and_key };
static const struct mech_ops base_and_data_ops = { SIMPLE,
	.derive = base_and_data };
static const struct mech_ops data_and_base_ops = { SIMPLE,
	.derive = data_and_base };
static const struct mech_ops xor_ops = { SIMPLE,
	.derive = xor_base_and_data };
static const struct mech_ops extract_ops = { SIMPLE, .derive = extract };

#define SIZES 1, DERIVED_BYTES_MAX
#define D CKF_DERIVE

static const struct mech simplekdf_rows[] = {
	{ CKM_CONCATENATE_BASE_AND_KEY, MECH_ANY_SECRET, SIZES, D, NULL, 0,
	    &base_and_key_ops },
	{ CKM_CONCATENATE_BASE_AND_DATA, MECH_ANY_SECRET, SIZES, D, NULL, 0,
	    &base_and_data_ops },
	{ CKM_CONCATENATE_DATA_AND_BASE, MECH_ANY_SECRET, SIZES, D, NULL, 0,
	    &data_and_base_ops },
	{ CKM_XOR_BASE_AND_DATA, MECH_ANY_SECRET, SIZES, D, NULL, 0,
	    &xor_ops },
	{ CKM_EXTRACT_KEY_FROM_KEY, MECH_ANY_SECRET, SIZES, D, NULL, 0,
	    &extract_ops },
};

const struct mech_family simplekdf_family = FAMILY(simplekdf_rows);
