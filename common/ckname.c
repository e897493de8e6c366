/* Names of PKCS#11's numbers, looked up in tables made from the standard's. */
#include "common/ckname.h"

#include <string.h>

#include "common/cleanup.h"
#include "common/vendor.h"

struct name {
	CK_ULONG value;
	const char *text;
};

#define CK_N(n) { n, #n },

static const struct name rvs[] = {
#define CK_NAMES_CKR
#include "common/ckname_rows.h"
	CK_N(CKR_VECS_EXISTS)
};

static const struct name attributes[] = {
#define CK_NAMES_CKA
#include "common/ckname_rows.h"
	CK_N(CKA_VECS_OWNER)
	CK_N(CKA_VECS_CREATED)
	CK_N(CKA_VECS_FLAGS)
	CK_N(CKA_VECS_FORMAT)
	CK_N(CKA_VECS_PRINCIPAL)
	CK_N(CKA_VECS_RIGHTS)
	CK_N(CKA_VECS_BATCH_ID)
	CK_N(CKA_VECS_ABSENT)
	CK_N(CKA_VECS_COMMIT)
	CK_N(CKA_VECS_REPORT)
	CK_N(CKA_VECS_FOLDED_LABEL)
	CK_N(CKA_VECS_STORE)
	CK_N(CKA_VECS_USER_NAME)
};

static const struct name mechanisms[] = {
#define CK_NAMES_CKM
#include "common/ckname_rows.h"
};

static const struct name classes[] = {
#define CK_NAMES_CKO
#include "common/ckname_rows.h"
	CK_N(CKO_VECS_STORE)
	CK_N(CKO_VECS_GRANT)
	CK_N(CKO_VECS_BATCH)
	CK_N(CKO_VECS_CHECK)
	CK_N(CKO_VECS_USER)
};

static const struct name key_types[] = {
#define CK_NAMES_CKK
#include "common/ckname_rows.h"
};

static const char *
find(const struct name *names, size_t count, CK_ULONG value)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].value == value)
			return names[i].text;
	return NULL;
}

const char *
ckname_rv(CK_RV rv)
{
	return find(rvs, COUNT(rvs), rv);
}

const char *
ckname_attribute(CK_ATTRIBUTE_TYPE type)
{
	return find(attributes, COUNT(attributes), type);
}

const char *
ckname_mechanism(CK_MECHANISM_TYPE type)
{
	return find(mechanisms, COUNT(mechanisms), type);
}

const char *
ckname_class(CK_OBJECT_CLASS class)
{
	return find(classes, COUNT(classes), class);
}

const char *
ckname_key_type(CK_KEY_TYPE type)
{
	return find(key_types, COUNT(key_types), type);
}

bool
ckname_mechanism_find(const char *name, CK_MECHANISM_TYPE *out)
{
	for (size_t i = 0; i < COUNT(mechanisms); i++)
		if (strcmp(mechanisms[i].text, name) == 0) {
			*out = mechanisms[i].value;
			return true;
		}
	return false;
}
