/* One row for each type of secret key whose lengths are few. */
#include "module/object/keylen.h"

#include "common/cleanup.h"

static const struct {
	CK_KEY_TYPE type;
	size_t lengths[4]; /* ends with 0 */
} rows[] = {
	{ CKK_AES, { 16, 24, 32 } },
	{ CKK_AES_XTS, { 32, 64 } },
	{ CKK_CAMELLIA, { 16, 24, 32 } },
	{ CKK_CHACHA20, { 32 } },
	{ CKK_DES, { 8 } },
	{ CKK_DES2, { 16 } },
	{ CKK_DES3, { 24 } },
	{ CKK_POLY1305, { 32 } },
};

static const size_t *
lengths_of(CK_KEY_TYPE type)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].type == type)
			return rows[i].lengths;
	return NULL;
}

bool
keylen_is_right(CK_KEY_TYPE type, size_t len)
{
	const size_t *lengths = lengths_of(type);

	if (lengths == NULL)
		return len != 0;
	for (; *lengths != 0; lengths++)
		if (*lengths == len)
			return true;
	return false;
}

size_t
keylen_of(CK_KEY_TYPE type)
{
	const size_t *lengths = lengths_of(type);

	return lengths != NULL && lengths[1] == 0 ? lengths[0] : 0;
}
